// Who signed: every signature must be good and by a known key, and no key signs twice.

import { fail } from './bytes.js';
import { keyIdOf } from './pae.js';

/** Public keys by their key ids. */
export async function keyring(crypto, keys) {
  const ring = new Map();
  for (const key of keys) {
    ring.set(await keyIdOf(crypto, key), key);
  }
  return ring;
}

/** How many keys of each ring signed. A signature by a key of no ring is refused. */
export async function countSigners(crypto, signatures, message, rings) {
  const counts = new Map(rings.map((ring) => [ring, 0]));
  const seen = new Set();
  for (const { keyId, signature } of signatures) {
    if (seen.has(keyId)) {
      fail('a key signed twice');
    }
    seen.add(keyId);
    const holders = rings.filter((ring) => ring.has(keyId));
    if (holders.length === 0) {
      fail('there is a signature by a key that has no part in this');
    }
    if (!(await crypto.verify(holders[0].get(keyId), message, signature))) {
      fail('a signature is not good');
    }
    for (const ring of holders) {
      counts.set(ring, counts.get(ring) + 1);
    }
  }
  return counts;
}
