//! Puts sequenced entries into the tree: a function of its arguments, with no I/O.
//!
//! The proofs of a batch need nothing from the store. Every perfect subtree beside the path of a
//! new leaf holds either old leaves alone, and then it is in the old frontier, or it is completed by
//! this batch.

use std::collections::HashMap;
use std::sync::Arc;

use witnessmark_merkle::{ConsistencyPlan, Frontier, InclusionPlan, NodeId, PlanError};
use witnessmark_verifier::{
    ConsistencyProof, Hash, InclusionError, InclusionProof, LeafHash, LeafIndex, TreeHead,
};

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

impl Integrated {
    /// Has the verifier accept the inclusion proof of every entry, which also computes the new root
    /// again for each of them, by other code than made it. The leaf hashes are computed again, too, from the bytes that will be
    /// stored: a bit of any of them that has flipped since is caught here.
    pub(crate) fn check_inclusions(&self, entries: &[Arc<[u8]>]) -> Result<(), InclusionError> {
        for (index, (entry, proof)) in
            (self.old.size.get()..).zip(entries.iter().zip(&self.inclusions))
        {
            proof.verify(LeafHash::of(entry), LeafIndex::new(index), &self.new)?;
        }
        Ok(())
    }
}

/// Appends entries with these leaf hashes to the tree that ends in `frontier`.
///
/// # Errors
///
/// A node that a proof needs is neither in the frontier nor in the batch: a mistake of this program,
/// found before anything is signed.
pub(crate) fn integrate(frontier: &Frontier, leaves: &[LeafHash]) -> Result<Integrated, PlanError> {
    let mut known: HashMap<NodeId, Hash> = frontier.nodes().collect();
    let mut grown = frontier.clone();
    let mut nodes = Vec::with_capacity(leaves.len() * 2);
    for leaf in leaves {
        grown.push(*leaf, &mut |node, hash| {
            nodes.push((node, hash));
        });
    }
    known.extend(nodes.iter().copied());
    let (old, new) = (frontier.head(), grown.head());
    let plan = ConsistencyPlan::new(old.size.get(), new.size.get())?;
    let consistency = plan.assemble(&look_up(&known, plan.nodes()))?;
    let inclusions = (old.size.get()..new.size.get())
        .map(|index| {
            let plan = InclusionPlan::new(index, new.size.get())?;
            plan.assemble(&look_up(&known, plan.nodes()))
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

/// The hashes of these nodes; a node that is not known is left out, and then the plan refuses.
fn look_up(known: &HashMap<NodeId, Hash>, ids: &[NodeId]) -> Vec<Hash> {
    ids.iter().filter_map(|id| known.get(id).copied()).collect()
}

#[cfg(test)]
mod tests {
    use witnessmark_verifier::TreeSize;

    use super::*;

    fn entries(count: u8) -> Vec<Arc<[u8]>> {
        (0..count)
            .map(|byte| Arc::from([byte].as_slice()))
            .collect()
    }

    fn leaves(entries: &[Arc<[u8]>]) -> Vec<LeafHash> {
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
                assert_eq!(after.check_inclusions(batch), Ok(()));
            }
        }
    }

    #[test]
    fn a_wrong_root_is_found_before_it_is_signed() {
        let all = entries(9);
        let mut batch = integrate(&Frontier::new(), &leaves(&all)).unwrap();
        batch.new = TreeHead {
            size: TreeSize::new(9),
            root: LeafHash::of(b"other").hash(),
        };
        assert!(batch.check_inclusions(&all).is_err());
    }

    /// A hash with one of its bits flipped, another one each time.
    fn flip(hash: Hash, number: usize) -> Hash {
        let mut bytes = *hash.as_bytes();
        bytes[number * 7 % 32] ^= 1 << (number % 8);
        Hash::new(bytes)
    }

    #[test]
    fn a_bit_that_flips_between_the_leaf_hash_and_the_signature_is_caught() {
        let all = entries(23);
        let before = integrate(&Frontier::new(), &leaves(&all[..9])).unwrap();
        let batch = &all[9..];
        let made = |leaves: &[LeafHash]| integrate(&before.frontier, leaves).unwrap();
        let good = leaves(batch);
        made(&good).check_inclusions(batch).unwrap();
        for place in 0..batch.len() {
            // In the bytes, after they were hashed.
            let mut flipped = batch.to_vec();
            flipped[place] = Arc::from([batch[place][0] ^ 4].as_slice());
            made(&good).check_inclusions(&flipped).unwrap_err();
            // In the leaf hash.
            let mut flipped = good.clone();
            flipped[place] = LeafHash::new(flip(good[place].hash(), place));
            made(&flipped).check_inclusions(batch).unwrap_err();
        }
        // In a node of the tree before: the new tree does not continue the one that was signed.
        let signed = before.new;
        let nodes: Vec<Hash> = before.frontier.nodes().map(|(_, hash)| hash).collect();
        for place in 0..nodes.len() {
            let mut flipped = nodes.clone();
            flipped[place] = flip(nodes[place], place);
            let frontier = Frontier::from_nodes(9, flipped).unwrap();
            let after = integrate(&frontier, &good).unwrap();
            after.consistency.verify(&signed, &after.new).unwrap_err();
        }
        // In the root.
        for number in 0..256 {
            let mut wrong = made(&good);
            wrong.new.root = flip(wrong.new.root, number);
            wrong.check_inclusions(batch).unwrap_err();
            wrong.consistency.verify(&signed, &wrong.new).unwrap_err();
        }
    }
}
