//! Puts sequenced entries into the tree: a function of its arguments, with no I/O.
//!
//! The proofs of a batch need nothing from the store. Every perfect subtree beside the path of a
//! new leaf holds either old leaves alone, and then it is in the old frontier, or it is completed by
//! this batch.

use witnessmark_merkle::{ConsistencyPlan, Frontier, InclusionPlan, NodeId, PlanError};
use witnessmark_verifier::{ConsistencyProof, Hash, InclusionProof, LeafHash, TreeHead};

/// A batch in the tree, not signed yet.
#[derive(Debug)]
pub(crate) struct Integrated {
    /// The tree head before the batch.
    pub(crate) old: TreeHead,
    /// The tree head after it.
    pub(crate) new: TreeHead,
    /// The frontier after it.
    pub(crate) frontier: Frontier,
    /// The nodes that the batch completes, in that order.
    pub(crate) nodes: Vec<(NodeId, Hash)>,
    /// That the old tree is a beginning of the new one.
    pub(crate) consistency: ConsistencyProof,
    /// Of each entry of the batch, that it is in the new tree.
    pub(crate) inclusions: Vec<InclusionProof>,
}

/// Appends entries with these leaf hashes to the tree that ends in `frontier`.
///
/// # Errors
///
/// A node that a proof needs is neither in the frontier nor in the batch: a mistake of this program,
/// found before anything is signed.
pub(crate) fn integrate(frontier: &Frontier, leaves: &[LeafHash]) -> Result<Integrated, PlanError> {
    let mut known = Known::default();
    for (node, hash) in frontier.nodes() {
        known.add(node, hash);
    }
    let mut grown = frontier.clone();
    let mut nodes = Vec::with_capacity(leaves.len() * 2);
    for leaf in leaves {
        grown.push(*leaf, &mut |node, hash| {
            nodes.push((node, hash));
        });
    }
    for (node, hash) in &nodes {
        known.add(*node, *hash);
    }
    let (old, new) = (frontier.head(), grown.head());
    let plan = ConsistencyPlan::new(old.size.get(), new.size.get())?;
    let consistency = plan.assemble(&known.look_up(plan.nodes()))?;
    let inclusions = (old.size.get()..new.size.get())
        .map(|index| {
            let plan = InclusionPlan::new(index, new.size.get())?;
            plan.assemble(&known.look_up(plan.nodes()))
        })
        .collect::<Result<_, _>>()?;
    Ok(Integrated {
        old,
        new,
        frontier: grown,
        nodes,
        consistency,
        inclusions,
    })
}

/// The nodes that proofs of a batch may need. Those of one level are neighbours: the last of the tree before, if it is not one half of a
/// node above it, and those that the batch completes.
#[derive(Debug, Default)]
struct Known {
    /// Of each level, the place of its first node, and the hashes from there on.
    levels: Vec<(u64, Vec<Hash>)>,
}

impl Known {
    /// Adds the next node of its level.
    fn add(&mut self, node: NodeId, hash: Hash) {
        let level = usize::from(node.level);
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Default::default);
        }
        if let Some((first, hashes)) = self.levels.get_mut(level) {
            if hashes.is_empty() {
                *first = node.index;
            }
            hashes.push(hash);
        }
    }

    fn get(&self, node: NodeId) -> Option<Hash> {
        let (first, hashes) = self.levels.get(usize::from(node.level))?;
        let place = usize::try_from(node.index.checked_sub(*first)?).ok()?;
        hashes.get(place).copied()
    }

    /// The hashes of these nodes; a node that is not known is left out, and then the plan refuses.
    fn look_up(&self, nodes: &[NodeId]) -> Vec<Hash> {
        nodes.iter().filter_map(|node| self.get(*node)).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use witnessmark_verifier::LeafIndex;

    use super::*;

    pub(crate) fn entries(count: u8) -> Vec<Arc<[u8]>> {
        (0..count)
            .map(|byte| Arc::from([byte].as_slice()))
            .collect()
    }

    pub(crate) fn leaves(entries: &[Arc<[u8]>]) -> Vec<LeafHash> {
        entries.iter().map(|entry| LeafHash::of(entry)).collect()
    }

    #[test]
    fn a_batch_of_any_size_on_a_tree_of_any_size_proves_itself() {
        let all = entries(50);
        for old_size in 0..20 {
            let before = integrate(&Frontier::new(), &leaves(&all[..old_size])).unwrap();
            for new_size in old_size..=50 {
                let batch = &all[old_size..new_size];
                let after = integrate(&before.frontier, &leaves(batch)).unwrap();
                assert_eq!(after.old, before.new);
                assert_eq!(after.consistency.verify(&after.old, &after.new), Ok(()));
                assert_eq!(after.inclusions.len(), batch.len());
                for (index, (entry, proof)) in (old_size..).zip(batch.iter().zip(&after.inclusions))
                {
                    let index = LeafIndex::new(u64::try_from(index).unwrap());
                    let verified = proof.verify(LeafHash::of(entry), index, &after.new);
                    assert_eq!(verified, Ok(()));
                }
            }
        }
    }

    #[test]
    fn a_bit_that_flips_in_the_tree_before_is_caught_by_the_proof_that_it_is_continued() {
        let all = entries(23);
        let before = integrate(&Frontier::new(), &leaves(&all[..9])).unwrap();
        let good = leaves(&all[9..]);
        let signed = before.new;
        let nodes: Vec<Hash> = before.frontier.nodes().map(|(_, hash)| hash).collect();
        let flip = |hash: Hash, number: usize| {
            let mut bytes = *hash.as_bytes();
            bytes[number * 7 % 32] ^= 1 << (number % 8);
            Hash::new(bytes)
        };
        for place in 0..nodes.len() {
            let mut flipped = nodes.clone();
            flipped[place] = flip(nodes[place], place);
            let frontier = Frontier::from_nodes(9, flipped).unwrap();
            let after = integrate(&frontier, &good).unwrap();
            after.consistency.verify(&signed, &after.new).unwrap_err();
        }
        for number in 0..256 {
            let mut wrong = integrate(&before.frontier, &good).unwrap();
            wrong.new.root = flip(wrong.new.root, number);
            wrong.consistency.verify(&signed, &wrong.new).unwrap_err();
        }
    }
}
