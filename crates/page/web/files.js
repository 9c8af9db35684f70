// The files that travel beside a bundle: named by the record, there, and the same bytes (FORMAT sections 13 and 14).

import { fail } from './bytes.js';
import { digestsOf } from './digest.js';
import { counting } from './erased.js';
import { quote } from './show.js';
import { Unclear } from './steps.js';

/** What was found of a file, in words. */
export const STATES = {
  matching: () => 'here, the same bytes',
  different: (what) => `here, and DIFFERENT: it has not the ${what}`,
  missing: () => 'not here',
  unreadable: (why) => `cannot be read: ${why}`,
  erased: () => 'not here, because it was erased',
  not_named: () => 'not named to travel with this bundle, and not looked for',
};

function isSame(a, b) {
  return a.name === b.name && a.sha256 === b.sha256 && a.size === b.size;
}

/** Refuses unless the bundle names only files of the record, each once. */
export function checkNamed(named, attachments) {
  const seen = new Set();
  for (const file of named) {
    if (!attachments.some((attachment) => isSame(attachment, file))) {
      fail(`the record does not name the file ${quote(file.name)} so`);
    }
    if (seen.has(file.name)) {
      fail('a file is named twice');
    }
    seen.add(file.name);
  }
}

/** Looks at every file, whatever the others are. `open` gives the file of a name, a Blob, or null. */
export async function lookAtFiles(named, attachments, told, open, onProgress) {
  const files = [];
  for (const attachment of attachments) {
    const erased = counting(told, 'attachment', attachment.sha256);
    const isNamed = named.some((file) => isSame(file, attachment));
    const [state, what] = isNamed ? await look(attachment, open, onProgress) : ['not_named', ''];
    const shown = state === 'missing' && erased !== null ? 'erased' : state;
    files.push({ ...attachment, state: shown, what, erased, words: STATES[shown](what) });
  }
  return files;
}

async function look(attachment, open, onProgress) {
  const blob = await open(attachment.name);
  if (blob === null) {
    return ['missing', ''];
  }
  // One byte more than there should be shows that there are too many.
  const part = attachment.size < BigInt(blob.size) ? blob.slice(0, Number(attachment.size) + 1) : blob;
  let digests = null;
  try {
    digests = await digestsOf(part, {
      withSha512: attachment.sha512 !== null,
      onProgress: (done) => onProgress(attachment.name, done, part.size),
    });
  } catch (error) {
    // What browsers say of a file that was moved or locked since it was chosen.
    if (error instanceof DOMException) {
      return ['unreadable', error.message];
    }
    throw error;
  }
  const differing = [
    BigInt(blob.size) !== attachment.size && 'size',
    digests.sha256 !== attachment.sha256 && 'SHA-256',
    attachment.sha512 !== null && digests.sha512 !== attachment.sha512 && 'SHA-512',
  ].filter((what) => what !== false);
  return differing.length === 0 ? ['matching', ''] : ['different', `${differing.join(' and the ')} that was signed`];
}

/** How the check `files` ends: by what differs, if anything does, else by what is not there. */
export function judgeFiles(files) {
  const [different, missing, unreadable, matching, erased] = ['different', 'missing', 'unreadable', 'matching', 'erased'].map(
    (state) => files.filter((file) => file.state === state),
  );
  if (different.length > 0) {
    fail(different.map(({ name, what }) => `the file ${quote(name)} has not the ${what}`).join('; '));
  }
  if (missing.length > 0 || unreadable.length > 0) {
    const names = [...missing, ...unreadable].map(({ name }) => quote(name));
    throw new Unclear(`not beside the bundle, or not readable: ${names.join(', ')}`);
  }
  const gone = erased.length === 0 ? '' : `; ${erased.length} erased`;
  return matching.length + erased.length === 0
    ? 'none travels with the bundle'
    : `${matching.length} compared, the same bytes${gone}`;
}
