// The SHA-256 of a file of any size, piece by piece, so that the page stays alive and memory stays small.

import { hex } from './bytes.js';
import { sha256 } from './vendor/noble-hashes/sha2.js';

const PIECE_BYTES = 1 << 20;

/**
 * The digest of a file, in hexadecimal digits. `file` is a Blob, or whatever has `size` and `slice` like one;
 * `onProgress` is told how many bytes are done.
 */
export async function digestOf(file, onProgress = () => {}) {
  const hash = sha256.create();
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    const piece = file.slice(at, Math.min(at + PIECE_BYTES, file.size));
    hash.update(new Uint8Array(await piece.arrayBuffer()));
    onProgress(Math.min(at + PIECE_BYTES, file.size));
  }
  return hex(hash.digest());
}
