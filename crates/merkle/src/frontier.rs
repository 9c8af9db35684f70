//! The right edge of the tree: all that is needed to append to it and to know its root.

use std::error::Error;
use std::fmt;

use witnessmark_verifier::{Hash, LeafHash, TreeHead, TreeSize, empty_root, node_hash};

use crate::node::{NodeId, push_cover};

/// The perfect subtrees that cover a tree, one for each bit of its size.
///
/// Invariant: `nodes` holds the hashes of `Frontier::node_ids(size)`, in that order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the empty tree.
    pub const fn new() -> Self {
        Self {
            size: 0,
            nodes: Vec::new(),
        }
    }

    /// The frontier of a tree of `size` leaves from its stored nodes, which are those of
    /// [`Frontier::node_ids`], in that order.
    ///
    /// # Errors
    ///
    /// The number of nodes is not the number that a tree of this size has.
    pub fn from_nodes(size: u64, nodes: Vec<Hash>) -> Result<Self, FrontierError> {
        let needed = Self::node_ids(size).len();
        if nodes.len() == needed {
            Ok(Self { size, nodes })
        } else {
            Err(FrontierError {
                needed,
                given: nodes.len(),
            })
        }
    }

    /// Appends one leaf, and tells `sink` every node that it completes: first the leaf itself,
    /// then upwards.
    ///
    /// # Panics
    ///
    /// The tree has `u64::MAX` leaves, which no log reaches.
    pub fn push(&mut self, leaf: LeafHash, sink: &mut impl FnMut(NodeId, Hash)) {
        assert!(self.size < u64::MAX, "the tree is full");
        let mut node = NodeId::leaf(self.size);
        let mut hash = leaf.hash();
        sink(node, hash);
        // A right child completes its parent; the left child is then the last frontier node.
        while node.index % 2 == 1
            && let Some(left) = self.nodes.pop()
        {
            node = NodeId {
                level: node.level + 1,
                index: node.index / 2,
            };
            hash = node_hash(&left, &hash);
            sink(node, hash);
        }
        self.nodes.push(hash);
        self.size += 1;
    }

    /// The nodes that make the frontier of a tree of `size` leaves, from left to right.
    pub fn node_ids(size: u64) -> Vec<NodeId> {
        let mut ids = Vec::new();
        push_cover(0..size, &mut ids);
        ids
    }

    /// The nodes of this frontier with their hashes, from left to right.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, Hash)> + '_ {
        Self::node_ids(self.size)
            .into_iter()
            .zip(self.nodes.iter().copied())
    }

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        fold(&self.nodes)
    }

    /// Size and root together.
    pub fn head(&self) -> TreeHead {
        TreeHead {
            size: TreeSize::new(self.size),
            root: self.root(),
        }
    }
}

/// The root over perfect subtrees from left to right: each is the left child of all that follows.
pub(crate) fn fold(nodes: &[Hash]) -> Hash {
    nodes
        .iter()
        .rev()
        .copied()
        .reduce(|right, left| node_hash(&left, &right))
        .unwrap_or_else(empty_root)
}

/// The nodes given are not as many as the frontier of that size has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrontierError {
    /// How many nodes the frontier has.
    pub needed: usize,
    /// How many were given.
    pub given: usize,
}

impl fmt::Display for FrontierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the frontier has {} nodes and {} were given",
            self.needed, self.given
        )
    }
}

impl Error for FrontierError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frontier_is_found_again_from_its_nodes() {
        let mut frontier = Frontier::new();
        for size in 0..70_u8 {
            let nodes: Vec<Hash> = frontier.nodes().map(|(_, hash)| hash).collect();
            assert_eq!(
                Frontier::from_nodes(u64::from(size), nodes),
                Ok(frontier.clone())
            );
            frontier.push(LeafHash::of(&[size]), &mut |_, _| {});
        }
    }

    #[test]
    fn a_missing_node_is_refused() {
        let error = Frontier::from_nodes(3, vec![empty_root()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the frontier has 2 nodes and 1 were given"
        );
    }

    #[test]
    fn a_leaf_reports_every_node_it_completes() {
        let mut frontier = Frontier::new();
        let mut seen = Vec::new();
        for leaf in 0..8_u8 {
            seen.clear();
            frontier.push(LeafHash::of(&[leaf]), &mut |node, _| seen.push(node));
        }
        let expected =
            [(0, 7), (1, 3), (2, 1), (3, 0)].map(|(level, index)| NodeId { level, index });
        assert_eq!(seen, expected);
    }
}
