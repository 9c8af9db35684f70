// The proof file: where an entry stands, the hashes that lead to the root, and the checkpoint (FORMAT section 10).

import { decimal, fail, fromBase64 } from './bytes.js';
import { parseNote } from './note.js';
import { PROOF_HASHES_MAX } from './tree.js';

/**
 * Reads a proof file without `extra`, as bundles hold them. The checkpoint in it is a note that
 * nobody has verified.
 */
export function parseProof(text) {
  const split = text.indexOf('\n\n');
  if (split < 0) {
    fail('a proof has no checkpoint');
  }
  const [header, indexLine, ...hashLines] = text.slice(0, split).split('\n');
  if (header !== 'c2sp.org/tlog-proof@v1') {
    fail('a proof is not of the form c2sp.org/tlog-proof@v1');
  }
  if (!indexLine?.startsWith('index ')) {
    fail('a proof has something else in the place of its index');
  }
  const index = decimal(indexLine.slice('index '.length)) ?? fail('the index of a proof is no whole number');
  if (hashLines.length > PROOF_HASHES_MAX) {
    fail('a proof has more than 63 hashes');
  }
  const checkpoint = text.slice(split + 2);
  return { index, hashes: hashLines.map(parseHash), checkpoint, note: parseNote(checkpoint) };
}

function parseHash(line) {
  const bytes = fromBase64(line);
  return bytes !== null && bytes.length === 32 ? bytes : fail('a proof has a line that is no hash');
}
