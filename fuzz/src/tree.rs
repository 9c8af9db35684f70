//! The oracle of proofs: RFC 6962 section 2.1 by its recursive definitions, with no line of the verifier or the prover but the
//! type of a hash.

use sha2::{Digest as _, Sha256};
use witnessmark_verifier::Hash;

/// SHA-256(0x00 || entry).
pub fn leaf(entry: &[u8]) -> Hash {
    let hasher = Sha256::new().chain_update([0]).chain_update(entry);
    Hash::new(hasher.finalize().into())
}

/// SHA-256(0x01 || left || right).
pub fn node(left: Hash, right: Hash) -> Hash {
    let hasher = Sha256::new().chain_update([1]);
    let hasher = hasher
        .chain_update(left.as_bytes())
        .chain_update(right.as_bytes());
    Hash::new(hasher.finalize().into())
}

/// The largest power of two below `n`, for `n` above 1.
fn split(n: u64) -> u64 {
    1 << (u64::BITS - 1 - (n - 1).leading_zeros())
}

/// MTH of these leaf hashes.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::new(Sha256::digest([]).into()),
        [one] => *one,
        more => {
            let (left, right) = more.split_at(split(more.len() as u64) as usize);
            node(root(left), root(right))
        }
    }
}

/// PATH(m, D[n]).
pub fn path(m: u64, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let k = split(leaves.len() as u64);
    let (left, right) = leaves.split_at(k as usize);
    let (mut path, beside) = if m < k {
        (self::path(m, left), root(right))
    } else {
        (self::path(m - k, right), root(left))
    };
    path.push(beside);
    path
}

/// PROOF(m, D[n]), for m from 1 to n.
pub fn consistency(m: u64, leaves: &[Hash]) -> Vec<Hash> {
    subproof(m, leaves, true)
}

fn subproof(m: u64, leaves: &[Hash], is_whole: bool) -> Vec<Hash> {
    let n = leaves.len() as u64;
    if m == n {
        return if is_whole {
            Vec::new()
        } else {
            vec![root(leaves)]
        };
    }
    let k = split(n);
    let (left, right) = leaves.split_at(k as usize);
    let (mut proof, beside) = if m <= k {
        (subproof(m, left, is_whole), root(right))
    } else {
        (subproof(m - k, right, false), root(left))
    };
    proof.push(beside);
    proof
}

/// The root that a path leads to, read by the definition of PATH; `None` when it has not the right length.
pub fn root_of_path(m: u64, n: u64, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    if n <= 1 {
        return (n == 1 && m == 0 && path.is_empty()).then_some(leaf);
    }
    let (beside, path) = path.split_last()?;
    let k = split(n);
    if m < k {
        Some(node(root_of_path(m, k, leaf, path)?, *beside))
    } else {
        Some(node(*beside, root_of_path(m - k, n - k, leaf, path)?))
    }
}

/// The old and the new root that a proof leads to, read by the definition of SUBPROOF; `old` is the old root that is known.
pub fn roots_of_proof(m: u64, n: u64, old: Option<Hash>, proof: &[Hash]) -> Option<(Hash, Hash)> {
    if m == n {
        return match (old, proof) {
            (Some(old), []) => Some((old, old)),
            (None, [one]) => Some((*one, *one)),
            _ => None,
        };
    }
    let (beside, proof) = proof.split_last()?;
    let k = split(n);
    if m <= k {
        let (before, after) = roots_of_proof(m, k, old, proof)?;
        Some((before, node(after, *beside)))
    } else {
        let (before, after) = roots_of_proof(m - k, n - k, None, proof)?;
        Some((node(*beside, before), node(*beside, after)))
    }
}
