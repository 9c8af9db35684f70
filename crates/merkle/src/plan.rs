//! Which stored nodes a proof or a root is made of, and the proof or root made of them.
//!
//! A plan asks for what it needs and then computes: [`InclusionPlan::nodes`] are read by the
//! caller, and [`InclusionPlan::assemble`] makes the proof of their hashes. The recursion of RFC
//! 6962 section 2.1 is followed from the root down, over ranges of leaves.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use witnessmark_verifier::{ConsistencyProof, Hash, InclusionProof};

use crate::frontier::fold;
use crate::node::{NodeId, push_cover};

/// The nodes of an inclusion proof (RFC 6962 section 2.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionPlan(Plan);

impl InclusionPlan {
    /// Plans the proof that the leaf at `index` is in the tree of `size` leaves.
    ///
    /// # Errors
    ///
    /// There is no leaf `index` in a tree of that size.
    pub fn new(index: u64, size: u64) -> Result<Self, PlanError> {
        if index >= size {
            return Err(PlanError::IndexBeyond { index, size });
        }
        let mut siblings = Vec::new();
        let mut tree = 0..size;
        while tree.end - tree.start > 1 {
            let (left, right) = split(&tree);
            if right.contains(&index) {
                siblings.push(left);
                tree = right;
            } else {
                siblings.push(right);
                tree = left;
            }
        }
        Ok(Self(Plan::leaf_first(siblings)))
    }

    /// The nodes whose hashes the proof needs.
    pub fn nodes(&self) -> &[NodeId] {
        &self.0.nodes
    }

    /// The proof made of the hashes of [`InclusionPlan::nodes`], in that order.
    ///
    /// # Errors
    ///
    /// There are not as many hashes as nodes.
    pub fn assemble(&self, hashes: &[Hash]) -> Result<InclusionProof, PlanError> {
        self.0.fold_groups(hashes).map(InclusionProof::new)
    }
}

/// The nodes of a consistency proof (RFC 6962 section 2.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyPlan(Plan);

impl ConsistencyPlan {
    /// Plans the proof that the tree of `old` leaves is a beginning of the tree of `new` leaves.
    ///
    /// From the empty tree, and between trees of one size, the proof is empty.
    ///
    /// # Errors
    ///
    /// `old` is greater than `new`.
    pub fn new(old: u64, new: u64) -> Result<Self, PlanError> {
        if old > new {
            return Err(PlanError::OldBeyondNew { old, new });
        }
        let mut parts = Vec::new();
        if old == 0 || old == new {
            return Ok(Self(Plan::leaf_first(parts)));
        }
        let mut tree = 0..new;
        // As long as the old tree ends inside `tree` and not at its end.
        while tree.end != old {
            let (left, right) = split(&tree);
            if old > left.end {
                parts.push(left);
                tree = right;
            } else {
                parts.push(right);
                tree = left;
            }
        }
        // The verifier has the old root already, so a proof does not repeat it.
        if tree.start > 0 {
            parts.push(tree);
        }
        Ok(Self(Plan::leaf_first(parts)))
    }

    /// The nodes whose hashes the proof needs.
    pub fn nodes(&self) -> &[NodeId] {
        &self.0.nodes
    }

    /// The proof made of the hashes of [`ConsistencyPlan::nodes`], in that order.
    ///
    /// # Errors
    ///
    /// There are not as many hashes as nodes.
    pub fn assemble(&self, hashes: &[Hash]) -> Result<ConsistencyProof, PlanError> {
        self.0.fold_groups(hashes).map(ConsistencyProof::new)
    }
}

/// The nodes of the root that the tree had at a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootPlan {
    nodes: Vec<NodeId>,
}

impl RootPlan {
    /// Plans the root of the tree of `size` leaves, however large the tree is by this time.
    pub fn new(size: u64) -> Self {
        let mut nodes = Vec::new();
        push_cover(0..size, &mut nodes);
        Self { nodes }
    }

    /// The nodes whose hashes the root needs.
    pub fn nodes(&self) -> &[NodeId] {
        &self.nodes
    }

    /// The root made of the hashes of [`RootPlan::nodes`], in that order.
    ///
    /// # Errors
    ///
    /// There are not as many hashes as nodes.
    pub fn assemble(&self, hashes: &[Hash]) -> Result<Hash, PlanError> {
        check_count(&self.nodes, hashes)?;
        Ok(fold(hashes))
    }
}

/// A list of hashes, each over a group of perfect subtrees.
///
/// Invariant: the lengths in `groups` add up to the number of `nodes`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Plan {
    nodes: Vec<NodeId>,
    groups: Vec<usize>,
}

impl Plan {
    /// The plan for the hashes of these subtrees, which were found from the root down: a proof
    /// has them from the leaf up.
    fn leaf_first(parts: Vec<Range<u64>>) -> Self {
        let mut nodes = Vec::new();
        let mut groups = Vec::with_capacity(parts.len());
        for part in parts.into_iter().rev() {
            let before = nodes.len();
            push_cover(part, &mut nodes);
            groups.push(nodes.len() - before);
        }
        Self { nodes, groups }
    }

    fn fold_groups(&self, hashes: &[Hash]) -> Result<Vec<Hash>, PlanError> {
        check_count(&self.nodes, hashes)?;
        let mut rest = hashes;
        let mut folded = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let (now, later) = rest.split_at(*group);
            folded.push(fold(now));
            rest = later;
        }
        Ok(folded)
    }
}

fn check_count(nodes: &[NodeId], hashes: &[Hash]) -> Result<(), PlanError> {
    if nodes.len() == hashes.len() {
        Ok(())
    } else {
        Err(PlanError::WrongCount {
            needed: nodes.len(),
            given: hashes.len(),
        })
    }
}

/// The two children of the subtree over `tree`, which has more than one leaf: the left one has
/// as many leaves as the greatest power of two *below* their number (`k` in RFC 6962).
fn split(tree: &Range<u64>) -> (Range<u64>, Range<u64>) {
    let width = tree.end - tree.start;
    let middle = tree.start + (1 << (width - 1).ilog2());
    (tree.start..middle, middle..tree.end)
}

/// Why there is no such proof or root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// The tree has no such leaf.
    IndexBeyond {
        /// The leaf asked for.
        index: u64,
        /// The leaves there are.
        size: u64,
    },
    /// The old tree is larger than the new one.
    OldBeyondNew {
        /// The size of the old tree.
        old: u64,
        /// The size of the new tree.
        new: u64,
    },
    /// The hashes given are not those of the plan's nodes.
    WrongCount {
        /// How many nodes the plan has.
        needed: usize,
        /// How many hashes were given.
        given: usize,
    },
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IndexBeyond { index, size } => {
                write!(f, "index {index} is not in a tree of size {size}")
            }
            Self::OldBeyondNew { old, new } => {
                write!(f, "the old size {old} is greater than the new size {new}")
            }
            Self::WrongCount { needed, given } => {
                write!(
                    f,
                    "the plan has {needed} nodes and {given} hashes were given"
                )
            }
        }
    }
}

impl Error for PlanError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(nodes: &[(u8, u64)]) -> Vec<NodeId> {
        nodes
            .iter()
            .map(|&(level, index)| NodeId { level, index })
            .collect()
    }

    /// The example of RFC 6962 section 2.1.3: a tree of seven leaves.
    #[test]
    fn the_example_of_the_rfc() {
        // [b, h, l] for d0, [c, g, l] for d3, [f, j, k] for d4, [i, k] for d6.
        let inclusion = |index| InclusionPlan::new(index, 7).unwrap().nodes().to_vec();
        assert_eq!(inclusion(0), ids(&[(0, 1), (1, 1), (1, 2), (0, 6)]));
        assert_eq!(inclusion(3), ids(&[(0, 2), (1, 0), (1, 2), (0, 6)]));
        assert_eq!(inclusion(4), ids(&[(0, 5), (0, 6), (2, 0)]));
        assert_eq!(inclusion(6), ids(&[(1, 2), (2, 0)]));
        // [c, d, g, l] from 3, [l] from 4, [i, j, k] from 6.
        let consistency = |old| ConsistencyPlan::new(old, 7).unwrap().nodes().to_vec();
        assert_eq!(
            consistency(3),
            ids(&[(0, 2), (0, 3), (1, 0), (1, 2), (0, 6)])
        );
        assert_eq!(consistency(4), ids(&[(1, 2), (0, 6)]));
        assert_eq!(consistency(6), ids(&[(1, 2), (0, 6), (2, 0)]));
    }

    #[test]
    fn what_is_not_in_the_tree_has_no_plan() {
        assert_eq!(
            InclusionPlan::new(7, 7),
            Err(PlanError::IndexBeyond { index: 7, size: 7 })
        );
        assert_eq!(
            InclusionPlan::new(0, 0),
            Err(PlanError::IndexBeyond { index: 0, size: 0 })
        );
        assert_eq!(
            ConsistencyPlan::new(8, 7),
            Err(PlanError::OldBeyondNew { old: 8, new: 7 })
        );
    }

    #[test]
    fn a_wrong_number_of_hashes_is_refused() {
        let plan = InclusionPlan::new(6, 7).unwrap();
        let error = plan.assemble(&[Hash::new([0; 32])]).unwrap_err();
        assert_eq!(
            error,
            PlanError::WrongCount {
                needed: 2,
                given: 1
            }
        );
        let plan = RootPlan::new(0);
        assert!(plan.assemble(&[Hash::new([0; 32])]).is_err());
    }
}
