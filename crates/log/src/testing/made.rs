//! Commits of entries as they are given: nothing is checked, so that a store can be filled with anything.

use std::sync::Arc;

use witnessmark_merkle::Frontier;
use witnessmark_verifier::{ConsistencyProof, LeafHash, RecordId, TreeHead};

use crate::checkpoint::SignedCheckpoint;
use crate::signer::{CheckpointSigner, SignError};
use crate::store::Commit;

/// The commit that follows `frontier` with these entries, with whatever checkpoint `sign` makes of its tree.
///
/// # Errors
///
/// What `sign` says.
pub fn commit_of<E>(
    frontier: &mut Frontier,
    epoch: u64,
    (entries, record_ids): (Vec<Arc<[u8]>>, Vec<RecordId>),
    sign: impl FnOnce(TreeHead) -> Result<SignedCheckpoint, E>,
) -> Result<Commit, E> {
    let (old_size, mut nodes) = (frontier.size(), Vec::new());
    for entry in &entries {
        frontier.push(LeafHash::of(entry), &mut |id, hash| nodes.push((id, hash)));
    }
    Ok(Commit {
        epoch,
        old_size,
        entries,
        record_ids,
        nodes,
        checkpoint: sign(frontier.head())?,
    })
}

/// The checkpoint of `head`, signed as if it were the first of its log.
///
/// # Errors
///
/// The signer refuses.
pub fn first_checkpoint(
    signer: &CheckpointSigner,
    head: TreeHead,
) -> Result<SignedCheckpoint, SignError> {
    let nothing = ConsistencyProof::new(Vec::new());
    signer.sign(&Frontier::new().head(), &head, &nothing)
}
