// The files that travel beside a bundle: named by the record, there, and the same bytes (FORMAT section 13).

import { fail } from './bytes.js';
import { digestOf } from './digest.js';
import { quote } from './show.js';

/** Ends with CANNOT TELL: a file that is named is not there. */
export class MissingFile extends Error {}

/** The check `files`. `open` gives the file of a name, a Blob, or null. */
export async function checkFiles(named, attachments, open, onProgress) {
  const isSame = (a, b) => a.name === b.name && a.sha256 === b.sha256 && a.size === b.size;
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
  const missing = [];
  for (const file of named) {
    const blob = await open(file.name);
    if (blob === null) {
      missing.push(file.name);
    } else if (!(await compare(file, blob, onProgress))) {
      missing.push(file.name);
    }
  }
  // A file that differs outweighs one that is missing.
  if (missing.length > 0) {
    throw new MissingFile(`not beside the bundle, or not readable: ${missing.map(quote).join(', ')}`);
  }
  const files = attachments.map((attachment) => ({ ...attachment, beside: seen.has(attachment.name) }));
  const detail = named.length === 0 ? 'none travels with the bundle' : `${named.length} compared, the same bytes`;
  return [files, detail];
}

/** Whether the file could be read; it is then the same. */
async function compare(file, blob, onProgress) {
  if (BigInt(blob.size) !== file.size) {
    fail(`the file ${quote(file.name)} has another size than was recorded`);
  }
  let digest = null;
  try {
    digest = await digestOf(blob, (done) => onProgress(file.name, done, blob.size));
  } catch (error) {
    // What browsers say of a file that was moved or locked since it was chosen.
    if (error instanceof DOMException) {
      return false;
    }
    throw error;
  }
  return digest === file.sha256 || fail(`the file ${quote(file.name)} has another SHA-256 than was recorded`);
}
