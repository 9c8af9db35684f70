//! Proofs made by RFC 6962's recursive definitions, for every tree of up to 257 entries.

use std::collections::HashMap;

use witnessmark_verifier::{
    ConsistencyError, ConsistencyProof, Hash, InclusionError, InclusionProof, LeafHash, LeafIndex,
    PROOF_HASHES_MAX, TreeHead, TreeSize, empty_root, node_hash, sha256,
};

const SIZE_MAX: u64 = 257;

/// The definitions of RFC 6962 section 2.1 over entries that are all different.
#[derive(Default)]
struct Definitions {
    known: HashMap<(u64, u64), Hash>,
}

impl Definitions {
    fn leaf(index: u64) -> LeafHash {
        LeafHash::of(&index.to_be_bytes())
    }

    /// The largest power of two smaller than n.
    fn split(n: u64) -> u64 {
        n.next_power_of_two() / 2
    }

    /// MTH(D[start:end]).
    fn root(&mut self, start: u64, end: u64) -> Hash {
        if let Some(hash) = self.known.get(&(start, end)) {
            return *hash;
        }
        let hash = match end - start {
            0 => empty_root(),
            1 => Self::leaf(start).hash(),
            n => {
                let middle = start + Self::split(n);
                node_hash(&self.root(start, middle), &self.root(middle, end))
            }
        };
        self.known.insert((start, end), hash);
        hash
    }

    /// PATH(m, D[start:end]).
    fn path(&mut self, m: u64, start: u64, end: u64) -> Vec<Hash> {
        let n = end - start;
        if n == 1 {
            return Vec::new();
        }
        let k = Self::split(n);
        if m < k {
            let mut path = self.path(m, start, start + k);
            path.push(self.root(start + k, end));
            path
        } else {
            let mut path = self.path(m - k, start + k, end);
            path.push(self.root(start, start + k));
            path
        }
    }

    /// SUBPROOF(m, D[start:end], whole).
    fn subproof(&mut self, m: u64, start: u64, end: u64, whole: bool) -> Vec<Hash> {
        let n = end - start;
        if m == n {
            return if whole {
                Vec::new()
            } else {
                vec![self.root(start, end)]
            };
        }
        let k = Self::split(n);
        if m <= k {
            let mut proof = self.subproof(m, start, start + k, whole);
            proof.push(self.root(start + k, end));
            proof
        } else {
            let mut proof = self.subproof(m - k, start + k, end, false);
            proof.push(self.root(start, start + k));
            proof
        }
    }

    fn head(&mut self, size: u64) -> TreeHead {
        TreeHead {
            size: TreeSize::new(size),
            root: self.root(0, size),
        }
    }
}

#[test]
fn every_honest_inclusion_proof_is_accepted() {
    let mut tree = Definitions::default();
    for size in 1..=SIZE_MAX {
        let head = tree.head(size);
        for index in 0..size {
            let proof = InclusionProof::new(tree.path(index, 0, size));
            let verdict = proof.verify(Definitions::leaf(index), LeafIndex::new(index), &head);
            assert_eq!(verdict, Ok(()), "{index}/{size}");
        }
    }
}

#[test]
fn every_honest_consistency_proof_is_accepted() {
    let mut tree = Definitions::default();
    for new in 1..=SIZE_MAX {
        let new_head = tree.head(new);
        for old in 1..=new {
            let old_head = tree.head(old);
            let proof = ConsistencyProof::new(tree.subproof(old, 0, new, true));
            assert_eq!(proof.verify(&old_head, &new_head), Ok(()), "{old}..{new}");
        }
    }
}

#[test]
fn an_inclusion_proof_is_refused_at_every_other_honest_head() {
    let mut tree = Definitions::default();
    let places: Vec<(u64, u64)> = (1..=20)
        .flat_map(|size| (0..size).map(move |index| (index, size)))
        .collect();
    for (index, size) in &places {
        let proof = InclusionProof::new(tree.path(*index, 0, *size));
        for (other_index, other_size) in &places {
            let head = tree.head(*other_size);
            let place = LeafIndex::new(*other_index);
            let verdict = proof.verify(Definitions::leaf(*index), place, &head);
            let same = (index, size) == (other_index, other_size);
            assert_eq!(
                verdict.is_ok(),
                same,
                "{index}/{size} at {other_index}/{other_size}"
            );
        }
    }
}

/// Every list that differs from `hashes` in one bit, or by one hash taken out, put in or exchanged.
fn mutants(hashes: &[Hash]) -> Vec<Vec<Hash>> {
    let mut mutants = Vec::new();
    for place in 0..hashes.len() {
        for bit in 0..256 {
            let mut bytes = *hashes[place].as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let mut mutant = hashes.to_vec();
            mutant[place] = Hash::new(bytes);
            mutants.push(mutant);
        }
        let mut shorter = hashes.to_vec();
        shorter.remove(place);
        mutants.push(shorter);
        for other in 0..place {
            let mut exchanged = hashes.to_vec();
            exchanged.swap(place, other);
            mutants.push(exchanged);
        }
    }
    for place in 0..=hashes.len() {
        let mut longer = hashes.to_vec();
        longer.insert(place, sha256(b"one more"));
        mutants.push(longer);
    }
    mutants
}

#[test]
fn a_changed_inclusion_proof_is_refused() {
    let mut tree = Definitions::default();
    for size in (1..=9).chain([64, 257]) {
        let head = tree.head(size);
        let step = usize::try_from(size / 9 + 1).unwrap();
        for index in (0..size).step_by(step) {
            let (leaf, place) = (Definitions::leaf(index), LeafIndex::new(index));
            for mutant in mutants(&tree.path(index, 0, size)) {
                let verdict = InclusionProof::new(mutant).verify(leaf, place, &head);
                assert!(verdict.is_err(), "{index}/{size}");
            }
            let proof = InclusionProof::new(tree.path(index, 0, size));
            let other = Definitions::leaf(size);
            assert_eq!(proof.verify(other, place, &head), Err(InclusionError::Root));
        }
    }
}

#[test]
fn a_changed_consistency_proof_is_refused() {
    let mut tree = Definitions::default();
    for new in (1..=9).chain([64, 257]) {
        let new_head = tree.head(new);
        let step = usize::try_from(new / 9 + 1).unwrap();
        for old in (1..=new).step_by(step) {
            let old_head = tree.head(old);
            let honest = tree.subproof(old, 0, new, true);
            for mutant in mutants(&honest) {
                let verdict = ConsistencyProof::new(mutant).verify(&old_head, &new_head);
                assert!(verdict.is_err(), "{old}..{new}");
            }
            let longer = ConsistencyProof::new([&honest[..], &[sha256(b"one more")]].concat());
            assert_eq!(
                longer.verify(&old_head, &new_head),
                Err(ConsistencyError::Length)
            );
            let proof = ConsistencyProof::new(honest);
            let forged = TreeHead {
                root: sha256(b"forged"),
                ..old_head
            };
            assert!(proof.verify(&forged, &new_head).is_err(), "{old}..{new}");
            let forged = TreeHead {
                root: sha256(b"forged"),
                ..new_head
            };
            assert_eq!(
                proof.verify(&old_head, &forged),
                Err(ConsistencyError::NewRoot)
            );
        }
    }
}

#[test]
fn a_consistency_proof_is_refused_between_every_other_two_heads() {
    let mut tree = Definitions::default();
    for new in 1..=18 {
        for old in 1..new {
            let proof = ConsistencyProof::new(tree.subproof(old, 0, new, true));
            for other_new in 0..=18 {
                for other_old in 0..=18 {
                    let same = (old, new) == (other_old, other_new);
                    let heads = (tree.head(other_old), tree.head(other_new));
                    let verdict = proof.verify(&heads.0, &heads.1);
                    assert_eq!(
                        verdict.is_ok(),
                        same,
                        "{old}..{new} {other_old}..{other_new}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_forged_one_of_two_heads_is_named() {
    let mut tree = Definitions::default();
    let forged = |head: &TreeHead| TreeHead {
        root: sha256(b"forged"),
        ..*head
    };
    for new in 2..=18_u64 {
        for old in 1..new {
            let proof = ConsistencyProof::new(tree.subproof(old, 0, new, true));
            let (old_head, new_head) = (tree.head(old), tree.head(new));
            // A perfect old tree is where the climb starts, so that only the new root shows it.
            let named = if old.is_power_of_two() {
                ConsistencyError::NewRoot
            } else {
                ConsistencyError::OldRoot
            };
            let forged_old = proof.verify(&forged(&old_head), &new_head);
            assert_eq!(forged_old, Err(named), "{old}..{new}");
            let forged_new = proof.verify(&old_head, &forged(&new_head));
            assert_eq!(forged_new, Err(ConsistencyError::NewRoot), "{old}..{new}");
        }
    }
}

#[test]
fn every_tree_begins_with_the_empty_one_and_with_itself() {
    let mut tree = Definitions::default();
    let nothing = ConsistencyProof::new(Vec::new());
    let something = ConsistencyProof::new(vec![sha256(b"x")]);
    for size in 0..=9 {
        let (empty, head) = (tree.head(0), tree.head(size));
        for old in [empty, head] {
            assert_eq!(nothing.verify(&old, &head), Ok(()));
            assert_eq!(something.verify(&old, &head), Err(ConsistencyError::Length));
        }
        let forged = TreeHead {
            root: sha256(b"forged"),
            ..empty
        };
        assert_eq!(
            nothing.verify(&forged, &head),
            Err(ConsistencyError::OldRoot)
        );
        let forged = TreeHead {
            root: sha256(b"forged"),
            ..head
        };
        assert!(nothing.verify(&head, &forged).is_err());
    }
    let (one, two) = (tree.head(1), tree.head(2));
    assert_eq!(
        nothing.verify(&two, &one),
        Err(ConsistencyError::NewIsSmaller)
    );
    assert_eq!(nothing.verify(&one, &two), Err(ConsistencyError::Length));
}

#[test]
fn the_largest_trees_end_in_a_verdict() {
    let leaf = Definitions::leaf(0);
    let beside = sha256(b"beside");
    for hashes in [0, 1, 62, PROOF_HASHES_MAX, PROOF_HASHES_MAX + 1, 1000] {
        let root = (0..hashes).fold(leaf.hash(), |hash, _| node_hash(&hash, &beside));
        let proof = InclusionProof::new(vec![beside; hashes]);
        let head = TreeHead {
            size: TreeSize::new(1 << 63),
            root,
        };
        let verdict = proof.verify(leaf, LeafIndex::new(0), &head);
        let expected = if hashes == PROOF_HASHES_MAX {
            Ok(())
        } else {
            Err(InclusionError::Length)
        };
        assert_eq!(verdict, expected, "{hashes}");
        for index in [1, 1 << 62, (1 << 63) - 1, u64::MAX - 1, u64::MAX] {
            let head = TreeHead {
                size: TreeSize::new(u64::MAX),
                root,
            };
            assert!(proof.verify(leaf, LeafIndex::new(index), &head).is_err());
            let old = TreeHead {
                size: TreeSize::new(index),
                root: beside,
            };
            assert!(
                ConsistencyProof::new(vec![beside; hashes])
                    .verify(&old, &head)
                    .is_err()
            );
        }
    }
    // One hash more than a proof may have is refused even where the tree is that high.
    let root = (0..64).fold(leaf.hash(), |hash, _| node_hash(&hash, &beside));
    let head = TreeHead {
        size: TreeSize::new(u64::MAX),
        root,
    };
    let verdict = InclusionProof::new(vec![beside; 64]).verify(leaf, LeafIndex::new(0), &head);
    assert_eq!(verdict, Err(InclusionError::Length));
    let none = TreeHead {
        size: TreeSize::new(0),
        root: empty_root(),
    };
    let proof = InclusionProof::new(Vec::new());
    let beyond = Err(InclusionError::IndexBeyondSize);
    assert_eq!(proof.verify(leaf, LeafIndex::new(0), &none), beyond);
}

/// Witnesses stop at 63 hashes, so a longer proof is refused even where a tree that large would need it.
#[test]
fn a_proof_of_64_hashes_is_refused_and_one_of_63_is_not() {
    let first = Definitions::leaf(0);
    let beside = sha256(b"beside");
    let table = [
        (63, 1 << 63, Ok(()), Ok(())),
        (
            64,
            u64::MAX,
            Err(InclusionError::Length),
            Err(ConsistencyError::Length),
        ),
    ];
    for (hashes, size, included, consistent) in table {
        let new = TreeHead {
            size: TreeSize::new(size),
            root: (0..hashes).fold(first.hash(), |hash, _| node_hash(&hash, &beside)),
        };
        let old = TreeHead {
            size: TreeSize::new(1),
            root: first.hash(),
        };
        let hashes = vec![beside; hashes];
        let proof = InclusionProof::new(hashes.clone());
        assert_eq!(proof.verify(first, LeafIndex::new(0), &new), included);
        assert_eq!(ConsistencyProof::new(hashes).verify(&old, &new), consistent);
    }
}
