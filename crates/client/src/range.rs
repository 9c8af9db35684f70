//! Verifying a range of entries: the tree is grown over them, and must lead to the checkpoint.

use witnessmark_proto::EntryChunk;
use witnessmark_verifier::{
    ConsistencyProof, Hash, LeafHash, TreeHead, TreeSize, empty_root, node_hash,
};

/// Checks that the entries of `chunk` are those at its place in the tree of `latest`.
///
/// The perfect subtrees before the chunk are the server's word; but the root that they and the
/// entries lead to is the root of a beginning of `latest`, or the consistency proof fails, and no
/// other subtrees and entries lead to that root.
///
/// # Errors
///
/// What does not fit.
pub(crate) fn verify_chunk(chunk: &EntryChunk, latest: &TreeHead) -> Result<(), &'static str> {
    let start = chunk.start.get();
    let mut tree = LeftEdge::new(start, &chunk.left_nodes)?;
    for entry in &chunk.entries {
        tree.push(LeafHash::of(entry))
            .ok_or("the range ends beyond any tree")?;
    }
    ConsistencyProof::new(chunk.consistency.clone())
        .verify(&tree.head(), latest)
        .map_err(|_| "the entries do not lead to the checkpoint")
}

/// The perfect subtrees that cover a tree from the left, as height and root, the largest first.
struct LeftEdge {
    size: u64,
    subtrees: Vec<(u32, Hash)>,
}

impl LeftEdge {
    /// One subtree for each bit that is set in `size`.
    fn new(size: u64, roots: &[Hash]) -> Result<Self, &'static str> {
        let heights = (0..u64::BITS)
            .rev()
            .filter(|height| (size >> height) & 1 == 1);
        let subtrees: Vec<_> = heights.zip(roots.iter().copied()).collect();
        let needed = size.count_ones();
        if u32::try_from(roots.len()) == Ok(needed) {
            Ok(Self { size, subtrees })
        } else {
            Err("the number of subtrees does not fit the start of the range")
        }
    }

    fn push(&mut self, leaf: LeafHash) -> Option<()> {
        let (mut height, mut hash) = (0, leaf.hash());
        // Two subtrees of one height are the children of the next.
        while let Some((left_height, left)) = self.subtrees.pop() {
            if left_height != height {
                self.subtrees.push((left_height, left));
                break;
            }
            height = height.checked_add(1)?;
            hash = node_hash(&left, &hash);
        }
        self.subtrees.push((height, hash));
        self.size = self.size.checked_add(1)?;
        Some(())
    }

    fn head(&self) -> TreeHead {
        let root = self
            .subtrees
            .iter()
            .rev()
            .map(|(_, root)| *root)
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(empty_root);
        TreeHead {
            size: TreeSize::new(self.size),
            root,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use witnessmark_merkle::{ConsistencyPlan, Frontier, NodeId};
    use witnessmark_verifier::LeafIndex;

    use super::*;

    struct Tree {
        nodes: HashMap<NodeId, Hash>,
        head: TreeHead,
    }

    fn entry(index: u64) -> Vec<u8> {
        index.to_be_bytes().to_vec()
    }

    fn tree(size: u64) -> Tree {
        let mut nodes = HashMap::new();
        let mut frontier = Frontier::new();
        for index in 0..size {
            let leaf = LeafHash::of(&entry(index));
            frontier.push(leaf, &mut |id, hash| {
                assert!(nodes.insert(id, hash).is_none());
            });
        }
        Tree {
            nodes,
            head: frontier.head(),
        }
    }

    fn chunk(tree: &Tree, start: u64, end: u64) -> EntryChunk {
        let hashes = |ids: &[NodeId]| ids.iter().map(|id| tree.nodes[id]).collect::<Vec<_>>();
        let plan = ConsistencyPlan::new(end, tree.head.size.get()).unwrap();
        let proof = plan.assemble(&hashes(plan.nodes())).unwrap();
        EntryChunk {
            start: LeafIndex::new(start),
            entries: (start..end).map(entry).collect(),
            left_nodes: hashes(&Frontier::node_ids(start)),
            consistency: proof.hashes().to_vec(),
            checkpoint: String::new(),
        }
    }

    #[test]
    fn every_range_of_every_small_tree_verifies() {
        for size in 1..24 {
            let tree = tree(size);
            for start in 0..size {
                for end in start + 1..=size {
                    assert_eq!(verify_chunk(&chunk(&tree, start, end), &tree.head), Ok(()));
                }
            }
        }
    }

    #[test]
    fn a_chunk_that_was_tampered_with_is_refused() {
        let tree = tree(21);
        for (start, end) in [(0, 21), (5, 9), (16, 21), (20, 21), (3, 16)] {
            let good = chunk(&tree, start, end);
            let mut changed = good.clone();
            changed.entries[0][7] ^= 1;
            assert!(verify_chunk(&changed, &tree.head).is_err());
            let mut moved = good.clone();
            moved.start = LeafIndex::new(start + 1);
            assert!(verify_chunk(&moved, &tree.head).is_err());
            let mut shorter = good.clone();
            shorter.entries.pop();
            assert!(verify_chunk(&shorter, &tree.head).is_err());
            let mut longer = good.clone();
            longer.entries.push(entry(end));
            assert!(verify_chunk(&longer, &tree.head).is_err());
            for place in 0..good.left_nodes.len() {
                let mut other = good.clone();
                other.left_nodes[place] = empty_root();
                assert!(verify_chunk(&other, &tree.head).is_err());
            }
            let mut more = good;
            more.left_nodes.push(empty_root());
            assert!(verify_chunk(&more, &tree.head).is_err());
        }
    }
}
