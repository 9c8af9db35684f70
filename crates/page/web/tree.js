// The tree of RFC 6962 and the proofs of RFC 9162 (FORMAT section 5).

import { concat, fail, same } from './bytes.js';

/** The longest proof, in hashes. */
export const PROOF_HASHES_MAX = 63;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The hash of a leaf that holds `entry`. */
export function leafHash(crypto, entry) {
  return crypto.sha256(concat(LEAF, entry));
}

function nodeHash(crypto, left, right) {
  return crypto.sha256(concat(NODE, left, right));
}

/** Refuses unless `proof` leads from the leaf at `index` to `root` in a tree of `size`: RFC 9162, section 2.1.3.2. */
export async function checkInclusion(crypto, { leaf, index, size, root, proof }) {
  if (index >= size) {
    fail('the index is not below the size of the tree');
  }
  if (proof.length > PROOF_HASHES_MAX) {
    fail('the proof has too many hashes');
  }
  let [fn, sn, hash] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (sn === 0n) {
      fail('the proof is too long');
    }
    if ((fn & 1n) === 1n || fn === sn) {
      hash = await nodeHash(crypto, sibling, hash);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      hash = await nodeHash(crypto, hash, sibling);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  if (sn !== 0n) {
    fail('the proof is too short');
  }
  if (!same(hash, root)) {
    fail('the proof does not lead to the root');
  }
}

/** Refuses unless the tree `from` is the beginning of the tree `to`, each a size and a root: RFC 9162, section 2.1.4.2. */
export async function checkConsistency(crypto, from, to, proof) {
  if (from.size > to.size) {
    fail('the older tree is the larger one');
  }
  if (from.size === 0n && !same(from.root, await crypto.sha256(new Uint8Array()))) {
    fail('an empty tree has another root than this');
  }
  if (from.size === to.size || from.size === 0n) {
    if (proof.length > 0) {
      fail('the proof should be empty');
    }
    if (from.size === to.size && !same(from.root, to.root)) {
      fail('two trees of one size have different roots');
    }
    return;
  }
  if (proof.length === 0 || proof.length > PROOF_HASHES_MAX) {
    fail('the proof has the wrong length');
  }
  const isPower = (from.size & (from.size - 1n)) === 0n;
  const path = isPower ? [from.root, ...proof] : [...proof];
  let [fn, sn] = [from.size - 1n, to.size - 1n];
  while ((fn & 1n) === 1n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  let [older, newer] = [path[0], path[0]];
  for (const hash of path.slice(1)) {
    if (sn === 0n) {
      fail('the proof is too long');
    }
    if ((fn & 1n) === 1n || fn === sn) {
      older = await nodeHash(crypto, hash, older);
      newer = await nodeHash(crypto, hash, newer);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      newer = await nodeHash(crypto, newer, hash);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  if (sn !== 0n) {
    fail('the proof is too short');
  }
  if (!same(older, from.root) || !same(newer, to.root)) {
    fail('the proof does not lead to both roots');
  }
}
