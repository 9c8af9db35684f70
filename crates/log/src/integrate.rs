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
    /// again for each of them, by other code than made it.
    pub(crate) fn check_inclusions(&self, entries: &[Arc<[u8]>]) -> Result<(), InclusionError> {
        for (index, (entry, proof)) in
            (self.old.size.get()..).zip(entries.iter().zip(&self.inclusions))
        {
            proof.verify(LeafHash::of(entry), LeafIndex::new(index), &self.new)?;
        }
        Ok(())
    }
}

/// Appends `entries` to the tree that ends in `frontier`.
///
/// # Errors
///
/// A node that a proof needs is neither in the frontier nor in the batch: a mistake of this program,
/// found before anything is signed.
pub(crate) fn integrate(
    frontier: &Frontier,
    entries: &[Arc<[u8]>],
) -> Result<Integrated, PlanError> {
    let mut known: HashMap<NodeId, Hash> = frontier.nodes().collect();
    let mut grown = frontier.clone();
    let mut nodes = Vec::with_capacity(entries.len() * 2);
    for entry in entries {
        grown.push(LeafHash::of(entry), &mut |node, hash| {
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

    #[test]
    fn a_batch_of_any_size_on_a_tree_of_any_size_proves_itself() {
        let all = entries(50);
        for old_size in 0..20 {
            let before = integrate(&Frontier::new(), &all[..old_size]).unwrap();
            for new_size in old_size..=50 {
                let batch = &all[old_size..new_size];
                let after = integrate(&before.frontier, batch).unwrap();
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
        let mut batch = integrate(&Frontier::new(), &all).unwrap();
        batch.new = TreeHead {
            size: TreeSize::new(9),
            root: LeafHash::of(b"other").hash(),
        };
        assert!(batch.check_inclusions(&all).is_err());
    }
}
