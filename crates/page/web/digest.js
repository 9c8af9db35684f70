// The digests of a file of any size, piece by piece, so that the page stays alive and memory stays small.

import { hex } from './bytes.js';
import { sha256, sha512 } from './vendor/noble-hashes/sha2.js';

const PIECE_BYTES = 1 << 20;

/**
 * The SHA-256 of a file, and the SHA-512 if it is asked for, in hexadecimal digits. `file` is a Blob, or whatever has `size` and
 * `slice` like one; `onProgress` is told how many bytes are done.
 */
export async function digestsOf(file, { withSha512 = false, onProgress = () => {} } = {}) {
  const hashes = { sha256: sha256.create(), ...(withSha512 ? { sha512: sha512.create() } : {}) };
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    const piece = file.slice(at, Math.min(at + PIECE_BYTES, file.size));
    const bytes = new Uint8Array(await piece.arrayBuffer());
    for (const hash of Object.values(hashes)) {
      hash.update(bytes);
    }
    onProgress(Math.min(at + PIECE_BYTES, file.size));
  }
  return Object.fromEntries(Object.entries(hashes).map(([name, hash]) => [name, hex(hash.digest())]));
}
