//! Frontier and plans against the recursive definitions of RFC 6962 section 2.1, for all trees of
//! up to 257 leaves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::ops::Range;

use witnessmark_merkle::{ConsistencyPlan, Frontier, InclusionPlan, NodeId, RootPlan};
use witnessmark_verifier::{Hash, LeafHash, empty_root, node_hash};

const LEAVES: u64 = 257;

/// Every node that a frontier reported while the leaves were pushed.
struct Tree {
    leaves: Vec<Hash>,
    nodes: HashMap<NodeId, Hash>,
    /// The frontier's root at each size.
    roots: Vec<Hash>,
}

impl Tree {
    fn grown() -> Self {
        let mut tree = Self {
            leaves: Vec::new(),
            nodes: HashMap::new(),
            roots: Vec::new(),
        };
        let mut frontier = Frontier::new();
        tree.roots.push(frontier.root());
        for index in 0..LEAVES {
            let leaf = LeafHash::of(&index.to_be_bytes());
            tree.leaves.push(leaf.hash());
            frontier.push(leaf, &mut |node, hash| {
                assert!(
                    tree.nodes.insert(node, hash).is_none(),
                    "{node:?} was reported twice"
                );
            });
            tree.roots.push(frontier.root());
        }
        tree
    }

    fn read(&self, ids: &[NodeId]) -> Vec<Hash> {
        ids.iter().map(|id| self.nodes[id]).collect()
    }
}

/// The definitions of the RFC over ranges of leaves; hashes of ranges are remembered.
struct Definitions {
    leaves: Vec<Hash>,
    known: HashMap<Range<usize>, Hash>,
}

impl Definitions {
    fn new(leaves: &[Hash]) -> Self {
        Self {
            leaves: leaves.to_vec(),
            known: HashMap::new(),
        }
    }

    /// MTH(D\[n\]).
    fn mth(&mut self, range: Range<usize>) -> Hash {
        if let Some(hash) = self.known.get(&range) {
            return *hash;
        }
        let hash = match range.len() {
            0 => empty_root(),
            1 => self.leaves[range.start],
            n => {
                let (left, right) = split(&range, k(n));
                node_hash(&self.mth(left), &self.mth(right))
            }
        };
        self.known.insert(range, hash);
        hash
    }

    /// PATH(m, D\[n\]).
    fn path(&mut self, m: usize, range: Range<usize>) -> Vec<Hash> {
        if range.len() == 1 {
            return Vec::new();
        }
        let k = k(range.len());
        let (left, right) = split(&range, k);
        let (mut proof, other) = if m < k {
            (self.path(m, left), self.mth(right))
        } else {
            (self.path(m - k, right), self.mth(left))
        };
        proof.push(other);
        proof
    }

    /// SUBPROOF(m, D\[n\], b).
    fn subproof(&mut self, m: usize, range: Range<usize>, known: bool) -> Vec<Hash> {
        if m == range.len() {
            return if known {
                Vec::new()
            } else {
                vec![self.mth(range)]
            };
        }
        let k = k(range.len());
        let (left, right) = split(&range, k);
        let (mut proof, other) = if m <= k {
            (self.subproof(m, left, known), self.mth(right))
        } else {
            (self.subproof(m - k, right, false), self.mth(left))
        };
        proof.push(other);
        proof
    }
}

/// The largest power of two smaller than `n`.
fn k(n: usize) -> usize {
    n.next_power_of_two() / 2
}

fn split(range: &Range<usize>, k: usize) -> (Range<usize>, Range<usize>) {
    let middle = range.start + k;
    (range.start..middle, middle..range.end)
}

#[test]
fn the_reported_nodes_are_the_perfect_subtrees() {
    let tree = Tree::grown();
    let mut rfc = Definitions::new(&tree.leaves);
    let mut count = 0;
    for level in 0..9_u8 {
        for index in 0..(LEAVES >> level) {
            let node = NodeId { level, index };
            let leaves = node.leaves().unwrap();
            let (start, end) = (to_usize(leaves.start), to_usize(leaves.end));
            assert_eq!(tree.nodes[&node], rfc.mth(start..end), "{node:?}");
            count += 1;
        }
    }
    assert_eq!(tree.nodes.len(), count, "no other node was reported");
}

#[test]
fn roots_agree() {
    let tree = Tree::grown();
    let mut rfc = Definitions::new(&tree.leaves);
    for size in 0..=LEAVES {
        let expected = rfc.mth(0..to_usize(size));
        assert_eq!(tree.roots[to_usize(size)], expected, "frontier at {size}");
        let plan = RootPlan::new(size);
        assert!(plan.nodes().iter().all(|node| node.is_complete_at(size)));
        assert_eq!(
            plan.assemble(&tree.read(plan.nodes())),
            Ok(expected),
            "plan at {size}"
        );
    }
}

#[test]
fn inclusion_proofs_agree() {
    let tree = Tree::grown();
    let mut rfc = Definitions::new(&tree.leaves);
    for size in 1..=LEAVES {
        for index in 0..size {
            let plan = InclusionPlan::new(index, size).unwrap();
            assert!(plan.nodes().iter().all(|node| node.is_complete_at(size)));
            let proof = plan.assemble(&tree.read(plan.nodes())).unwrap();
            let expected = rfc.path(to_usize(index), 0..to_usize(size));
            assert_eq!(proof.hashes(), expected, "index {index}, size {size}");
        }
    }
}

#[test]
fn consistency_proofs_agree() {
    let tree = Tree::grown();
    let mut rfc = Definitions::new(&tree.leaves);
    for new in 1..=LEAVES {
        for old in 1..=new {
            let plan = ConsistencyPlan::new(old, new).unwrap();
            assert!(plan.nodes().iter().all(|node| node.is_complete_at(new)));
            let proof = plan.assemble(&tree.read(plan.nodes())).unwrap();
            let expected = rfc.subproof(to_usize(old), 0..to_usize(new), true);
            assert_eq!(proof.hashes(), expected, "old {old}, new {new}");
        }
        let from_nothing = ConsistencyPlan::new(0, new).unwrap();
        assert!(from_nothing.nodes().is_empty());
    }
}

fn to_usize(n: u64) -> usize {
    usize::try_from(n).unwrap()
}
