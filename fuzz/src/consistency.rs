//! Consistency proofs: the verdict is that of the recursive definition, for any two sizes; a changed bit is refused.

use witnessmark_verifier::{ConsistencyProof, Hash, PROOF_HASHES_MAX, TreeHead, TreeSize};

use crate::inclusion::hashes;
use crate::input::{self, Input};
use crate::{memory, tree};

/// Checks all that is said above on one input.
///
/// # Panics
///
/// When it does not hold.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    if input.byte() % 2 == 0 {
        any_trees(&mut input, data);
    } else {
        real_trees(&mut input, data);
    }
}

/// A proof between sizes of any magnitude. Its roots are those it leads to.
fn any_trees(input: &mut Input<'_>, data: &[u8]) {
    let (old, new) = (input.number(), input.number());
    let known = Hash::new([input.byte(); 32]);
    let count = input.below(70);
    let proof: Vec<Hash> = (0..count).map(|_| Hash::new([input.byte(); 32])).collect();
    let (old_root, new_root) = expected(old, new, known, &proof).unwrap_or((known, known));
    let is_good = is_consistent(old, new, old_root, new_root, &proof);
    let verdict = verify(data, old, new, old_root, new_root, &proof);
    assert_eq!(verdict, is_good, "{old} to {new}: {count} hashes");
}

/// A proof between two trees of up to 256 leaves, with edits; each of them is refused.
fn real_trees(input: &mut Input<'_>, data: &[u8]) {
    let new = u64::from(input.byte()) + 1;
    let old = u64::from(input.byte()) % new + 1;
    let leaves: Vec<Hash> = (0..new).map(|it| tree::leaf(&it.to_be_bytes())).collect();
    let before = tree::root(&leaves[..old as usize]);
    let after = tree::root(&leaves);
    let proof = tree::consistency(old, &leaves);
    assert!(
        verify(data, old, new, before, after, &proof),
        "{old} to {new}"
    );
    let bytes: Vec<u8> = proof.iter().flat_map(|hash| *hash.as_bytes()).collect();
    for bit in input::some_bits(&bytes) {
        let other = hashes(&input::flipped(&bytes, bit));
        assert!(!verify(data, old, new, before, after, &other), "bit {bit}");
    }
    for bit in input::some_bits(before.as_bytes()) {
        let other = hashes(&input::flipped(before.as_bytes(), bit))[0];
        assert!(
            !verify(data, old, new, other, after, &proof),
            "old root, bit {bit}"
        );
        let other = hashes(&input::flipped(after.as_bytes(), bit))[0];
        assert!(
            !verify(data, old, new, before, other, &proof),
            "new root, bit {bit}"
        );
    }
    let edited = hashes(&input::edited(&bytes, input));
    let is_good = is_consistent(old, new, before, after, &edited);
    assert_eq!(verify(data, old, new, before, after, &edited), is_good);
}

/// The verdict of the definition.
fn is_consistent(old: u64, new: u64, old_root: Hash, new_root: Hash, proof: &[Hash]) -> bool {
    if old == 0 {
        let is_empty = old_root == tree::root(&[]);
        return is_empty && proof.is_empty() && (new > 0 || new_root == old_root);
    }
    proof.len() <= PROOF_HASHES_MAX
        && expected(old, new, old_root, proof) == Some((old_root, new_root))
}

/// The roots that the proof leads to, for 0 < old <= new.
fn expected(old: u64, new: u64, known: Hash, proof: &[Hash]) -> Option<(Hash, Hash)> {
    let in_order = 0 < old && old <= new;
    in_order
        .then(|| tree::roots_of_proof(old, new, Some(known), proof))
        .flatten()
}

fn verify(data: &[u8], old: u64, new: u64, before: Hash, after: Hash, proof: &[Hash]) -> bool {
    let proof = ConsistencyProof::new(proof.to_vec());
    let head = |size, root| TreeHead {
        size: TreeSize::new(size),
        root,
    };
    let (old, new) = (head(old, before), head(new, after));
    memory::bounded(data, 1_024, 0, || proof.verify(&old, &new)).is_ok()
}
