// What a reader has to know although every check passed.

import { quote, utc } from './show.js';
import { REMARKED_RELATIONS } from './words.js';

/** The remarks on a record, each one sentence. */
export function remarksOn(record, registeredAt) {
  return [
    ...record.signers.filter((signer) => isSuspect(signer, registeredAt)).map(suspicion),
    ...record.related.filter((it) => Object.hasOwn(REMARKED_RELATIONS, it.relation)).map(relation),
    ...(record.withheld > 0 ? [withheld(record.withheld)] : []),
  ];
}

function isSuspect(signer, registeredAt) {
  return signer.suspectedSince !== null && signer.suspectedSince <= registeredAt;
}

function suspicion(signer) {
  return (
    `The organisation later revoked key ${signer.keyId} and says that it may have been in other hands since ` +
    `${utc(signer.suspectedSince)}, which is before this record was registered.`
  );
}

function relation(related) {
  const words = REMARKED_RELATIONS[related.relation];
  return `Entry ${related.index} by ${related.organisation} ${words}: ${quote(related.title)}`;
}

function withheld(count) {
  return `${count} protected field(s) were committed to and are withheld here; some may stand for no field at all.`;
}
