//! Two sides: what the plans make, the verifier accepts; what was changed, it refuses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;

use proptest::prelude::*;
use witnessmark_merkle::{ConsistencyPlan, Frontier, InclusionPlan, NodeId, RootPlan};
use witnessmark_verifier::{
    ConsistencyProof, Hash, InclusionProof, LeafHash, LeafIndex, TreeHead, TreeSize, node_hash,
};

const LEAVES: u64 = 70;

struct Tree {
    nodes: HashMap<NodeId, Hash>,
    heads: Vec<TreeHead>,
}

impl Tree {
    fn grown() -> Self {
        let mut nodes = HashMap::new();
        let mut frontier = Frontier::new();
        let mut heads = vec![frontier.head()];
        for index in 0..LEAVES {
            frontier.push(leaf(index), &mut |node, hash| {
                nodes.insert(node, hash);
            });
            heads.push(frontier.head());
        }
        Self { nodes, heads }
    }

    fn head(&self, size: u64) -> &TreeHead {
        &self.heads[usize::try_from(size).unwrap()]
    }

    fn inclusion(&self, index: u64, size: u64) -> InclusionProof {
        let plan = InclusionPlan::new(index, size).unwrap();
        let hashes: Vec<Hash> = plan.nodes().iter().map(|node| self.nodes[node]).collect();
        plan.assemble(&hashes).unwrap()
    }

    fn consistency(&self, old: u64, new: u64) -> ConsistencyProof {
        let plan = ConsistencyPlan::new(old, new).unwrap();
        let hashes: Vec<Hash> = plan.nodes().iter().map(|node| self.nodes[node]).collect();
        plan.assemble(&hashes).unwrap()
    }
}

fn leaf(index: u64) -> LeafHash {
    LeafHash::of(&index.to_be_bytes())
}

/// The lists that differ from `hashes` by one swap of unequal neighbours, cut, lengthening or bit.
fn spoiled(hashes: &[Hash]) -> Vec<Vec<Hash>> {
    let mut lists = Vec::new();
    for place in 0..hashes.len() {
        let mut cut = hashes.to_vec();
        cut.remove(place);
        lists.push(cut);
        let mut swapped = hashes.to_vec();
        swapped.swap(place, (place + 1) % hashes.len());
        if swapped != hashes {
            lists.push(swapped);
        }
        for bit in [0, 1, 100, 255_usize] {
            let mut bytes = *hashes[place].as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let mut flipped = hashes.to_vec();
            flipped[place] = Hash::new(bytes);
            lists.push(flipped);
        }
    }
    for place in 0..=hashes.len() {
        let mut longer = hashes.to_vec();
        longer.insert(place, Hash::new([7; 32]));
        lists.push(longer);
    }
    lists
}

#[test]
fn every_inclusion_proof_is_accepted_for_its_leaf_alone() {
    let tree = Tree::grown();
    for size in 1..=LEAVES {
        let head = tree.head(size);
        for index in 0..size {
            let proof = tree.inclusion(index, size);
            assert_eq!(
                proof.verify(leaf(index), LeafIndex::new(index), head),
                Ok(())
            );
            let other = (index + 1) % size;
            if other != index {
                assert!(
                    proof
                        .verify(leaf(other), LeafIndex::new(index), head)
                        .is_err()
                );
                assert!(
                    proof
                        .verify(leaf(index), LeafIndex::new(other), head)
                        .is_err()
                );
            }
        }
    }
}

#[test]
fn every_consistency_proof_is_accepted() {
    let tree = Tree::grown();
    for new in 0..=LEAVES {
        for old in 0..=new {
            let proof = tree.consistency(old, new);
            assert_eq!(
                proof.verify(tree.head(old), tree.head(new)),
                Ok(()),
                "{old} to {new}"
            );
        }
    }
}

#[test]
fn every_change_of_an_inclusion_proof_is_refused() {
    let tree = Tree::grown();
    for (index, size) in [
        (0, 1),
        (0, 2),
        (2, 3),
        (6, 7),
        (5, 8),
        (32, 33),
        (12, 64),
        (64, 70),
    ] {
        for hashes in spoiled(tree.inclusion(index, size).hashes()) {
            let proof = InclusionProof::new(hashes);
            let verdict = proof.verify(leaf(index), LeafIndex::new(index), tree.head(size));
            assert!(verdict.is_err(), "index {index}, size {size}");
        }
    }
}

#[test]
fn every_change_of_a_consistency_proof_is_refused() {
    let tree = Tree::grown();
    for (old, new) in [
        (1, 1),
        (1, 2),
        (2, 3),
        (3, 7),
        (4, 8),
        (6, 8),
        (33, 64),
        (64, 70),
    ] {
        for hashes in spoiled(tree.consistency(old, new).hashes()) {
            let proof = ConsistencyProof::new(hashes);
            let verdict = proof.verify(tree.head(old), tree.head(new));
            assert!(verdict.is_err(), "{old} to {new}");
        }
    }
}

/// A tree whose leaves are all equal, so that a node's hash is known from its level: a store of
/// any size.
fn synthetic(ids: &[NodeId]) -> Vec<Hash> {
    let mut levels = vec![leaf(0).hash()];
    while levels.len() < 64 {
        let below = levels[levels.len() - 1];
        levels.push(node_hash(&below, &below));
    }
    ids.iter().map(|id| levels[usize::from(id.level)]).collect()
}

fn synthetic_head(size: u64) -> TreeHead {
    let plan = RootPlan::new(size);
    let root = plan.assemble(&synthetic(plan.nodes())).unwrap();
    TreeHead {
        size: TreeSize::new(size),
        root,
    }
}

/// Sizes around 2^32 and just below 2^62, where a proof still has at most 63 hashes.
fn large_size() -> impl Strategy<Value = u64> {
    prop_oneof![
        (1 << 32) - 70..(1_u64 << 32) + 70,
        (1 << 62) - 70..=1_u64 << 62,
        1..1_u64 << 62
    ]
}

proptest! {
    #[test]
    fn proofs_of_huge_trees_are_accepted(size in large_size(), part in any::<u64>()) {
        let head = synthetic_head(size);
        let index = part % size;
        let plan = InclusionPlan::new(index, size).unwrap();
        let proof = plan.assemble(&synthetic(plan.nodes())).unwrap();
        prop_assert_eq!(proof.verify(leaf(0), LeafIndex::new(index), &head), Ok(()));

        let old = index + 1;
        let plan = ConsistencyPlan::new(old, size).unwrap();
        prop_assert!(plan.nodes().iter().all(|node| node.is_complete_at(size)));
        let proof = plan.assemble(&synthetic(plan.nodes())).unwrap();
        prop_assert_eq!(proof.verify(&synthetic_head(old), &head), Ok(()));
    }

    #[test]
    fn a_frontier_of_any_size_goes_on_growing(size in large_size()) {
        let hashes = synthetic(&Frontier::node_ids(size));
        let mut frontier = Frontier::from_nodes(size, hashes).unwrap();
        prop_assert_eq!(frontier.head(), synthetic_head(size));
        frontier.push(leaf(0), &mut |_, _| {});
        prop_assert_eq!(frontier.head(), synthetic_head(size + 1));
    }
}
