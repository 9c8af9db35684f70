// What organisations, ledgers and keys may be called.

import { utf8 } from './bytes.js';

/** Whether this may be the name of an organisation (FORMAT section 4). */
export function isOrganisation(text) {
  return /^[a-z0-9][a-z0-9.-]{0,62}$/.test(text);
}

/** Whether this may be the name of somebody who signed a note, whoever that is (C2SP signed-note). */
export function isSignerName(text) {
  return text !== '' && !/[\p{White_Space}+]/u.test(text);
}

/** Whether this may be the origin of a log, or the name of a verifier key (FORMAT section 8). */
export function isOrigin(text) {
  const length = utf8(text).length;
  return length >= 1 && length <= 255 && !/[\p{White_Space}\p{Cc}+]/u.test(text);
}
