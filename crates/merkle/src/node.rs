//! The name of a stored node: a perfect subtree of the Merkle tree.

use std::ops::Range;

/// A perfect subtree: the node at `index`, counted from the left, among those that cover
/// `1 << level` leaves each.
///
/// Level 0 are the leaf hashes. A node exists once all leaves it covers do, and its hash never
/// changes afterwards, whatever the tree grows to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    /// The height of the subtree, at most 63.
    pub level: u8,
    /// The place of the subtree among those of its height, from 0.
    pub index: u64,
}

impl NodeId {
    /// The node of one leaf.
    pub const fn leaf(index: u64) -> Self {
        Self { level: 0, index }
    }

    /// The leaves below the node, or `None` if there can be no such node: its leaves would not
    /// all have an index of 64 bits.
    pub fn leaves(&self) -> Option<Range<u64>> {
        let width = 1_u64.checked_shl(u32::from(self.level))?;
        let start = self.index.checked_mul(width)?;
        Some(start..start.checked_add(width)?)
    }

    /// Whether the node is complete, and so stored, in a tree of `size` leaves.
    pub fn is_complete_at(&self, size: u64) -> bool {
        self.leaves().is_some_and(|leaves| leaves.end <= size)
    }
}

/// Adds to `nodes` the perfect subtrees that cover `leaves`, from left to right.
///
/// `leaves` starts at a multiple of the smallest power of two that holds it, as every subtree of
/// RFC 6962 does. So the widths of the parts are the bits of its length, greatest first.
pub(crate) fn push_cover(leaves: Range<u64>, nodes: &mut Vec<NodeId>) {
    let mut start = leaves.start;
    while start < leaves.end {
        let level = (leaves.end - start).ilog2();
        nodes.push(NodeId {
            // At most 63: `ilog2` of 64 bits.
            level: u8::try_from(level).unwrap_or(u8::MAX),
            index: start >> level,
        });
        start += 1 << level;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_complete_with_its_last_leaf() {
        let node = NodeId { level: 2, index: 3 };
        assert_eq!(node.leaves(), Some(12..16));
        assert!(!node.is_complete_at(15));
        assert!(node.is_complete_at(16));
    }

    #[test]
    fn a_node_beyond_64_bits_is_never_complete() {
        assert!(
            !NodeId {
                level: 64,
                index: 0
            }
            .is_complete_at(u64::MAX)
        );
        assert!(
            !NodeId {
                level: 63,
                index: 1
            }
            .is_complete_at(u64::MAX)
        );
        assert!(
            NodeId {
                level: 63,
                index: 0
            }
            .is_complete_at(u64::MAX)
        );
    }

    #[test]
    fn a_cover_has_one_node_for_each_bit() {
        let mut nodes = Vec::new();
        push_cover(8..15, &mut nodes);
        let expected = [(2, 2), (1, 6), (0, 14)].map(|(level, index)| NodeId { level, index });
        assert_eq!(nodes, expected);
    }
}
