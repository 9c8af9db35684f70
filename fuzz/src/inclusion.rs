//! Inclusion proofs: the verdict is that of the recursive definition, for any size and index; a changed bit is refused.
//!
//! The first byte says whether the rest is a proof of any tree there could be, or the choices for a proof from a small real
//! tree that is then edited.

use witnessmark_verifier::{
    Hash, InclusionProof, LeafHash, LeafIndex, PROOF_HASHES_MAX, TreeHead, TreeSize,
};

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
        any_tree(&mut input, data);
    } else {
        real_tree(&mut input, data);
    }
}

/// A proof with an index and a size of any magnitude. Its root is the one it leads to.
fn any_tree(input: &mut Input<'_>, data: &[u8]) {
    let (index, size) = (input.number(), input.number());
    let leaf = Hash::new([input.byte(); 32]);
    let count = input.below(70);
    let path: Vec<Hash> = (0..count).map(|_| Hash::new([input.byte(); 32])).collect();
    let root = (index < size)
        .then(|| tree::root_of_path(index, size, leaf, &path))
        .flatten();
    let is_short = path.len() <= PROOF_HASHES_MAX;
    let verdict = verify(data, leaf, index, size, root.unwrap_or(leaf), &path);
    assert_eq!(
        verdict,
        root.is_some() && is_short,
        "{index} of {size}: {count} hashes"
    );
}

/// A proof from a tree of up to 256 leaves, with edits; each of them is refused.
fn real_tree(input: &mut Input<'_>, data: &[u8]) {
    let size = u64::from(input.byte()) + 1;
    let index = u64::from(input.byte()) % size;
    let leaves: Vec<Hash> = (0..size).map(|it| tree::leaf(&it.to_be_bytes())).collect();
    let (root, path) = (tree::root(&leaves), tree::path(index, &leaves));
    let leaf = leaves[index as usize];
    assert!(
        verify(data, leaf, index, size, root, &path),
        "{index} of {size}"
    );
    let bytes: Vec<u8> = path.iter().flat_map(|hash| *hash.as_bytes()).collect();
    for bit in input::some_bits(&bytes) {
        let other = hashes(&input::flipped(&bytes, bit));
        assert!(!verify(data, leaf, index, size, root, &other), "bit {bit}");
    }
    // Another index or size may share the path, but then the definition says so too.
    let (other, larger) = (u64::from(input.byte()), u64::from(input.byte()));
    let expected = other < larger && tree::root_of_path(other, larger, leaf, &path) == Some(root);
    assert_eq!(verify(data, leaf, other, larger, root, &path), expected);
    let edited = hashes(&input::edited(&bytes, input));
    let expected = tree::root_of_path(index, size, leaf, &edited) == Some(root);
    assert_eq!(verify(data, leaf, index, size, root, &edited), expected);
}

/// The hashes that bytes are; what is left over is one hash more, padded.
pub(crate) fn hashes(bytes: &[u8]) -> Vec<Hash> {
    let hash = |chunk: &[u8]| {
        Hash::new(std::array::from_fn(|at| {
            chunk.get(at).copied().unwrap_or(0)
        }))
    };
    bytes.chunks(32).map(hash).collect()
}

fn verify(data: &[u8], leaf: Hash, index: u64, size: u64, root: Hash, path: &[Hash]) -> bool {
    let proof = InclusionProof::new(path.to_vec());
    let size = TreeSize::new(size);
    let (leaf, index) = (LeafHash::new(leaf), LeafIndex::new(index));
    let check = || proof.verify(leaf, index, &TreeHead { size, root });
    memory::bounded(data, 1_024, 0, check).is_ok()
}
