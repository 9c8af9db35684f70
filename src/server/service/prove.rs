//! Proofs: that an entry is in a tree, and that one tree is the beginning of another.

use std::sync::Arc;

use witnessmark_log::LogError;
use witnessmark_proto::{
    CheckpointChoice, ConsistencyAnswer, EntrySelector, LeafWithProof, Reason, Refusal, v1,
};
use witnessmark_verifier::{ConsistencyProof, TreeSize};

use super::entry::index_of;
use crate::server::core::Core;
use crate::server::status;

/// The proof that an entry is in the tree of a size, and that tree in the latest checkpoint's.
pub(super) async fn inclusion(
    core: &Arc<Core>,
    choice: CheckpointChoice,
    request: v1::GetInclusionProofRequest,
) -> Result<v1::GetInclusionProofResponse, Refusal> {
    let selector = EntrySelector::try_from(&request)?;
    if let Some(answer) = inclusion_at_hand(core, choice, (selector, request.size)) {
        return Ok(answer.into());
    }
    let answer = core
        .read(move |core| prove_inclusion(core, choice, (selector, request.size)))
        .await?;
    Ok(answer.into())
}

/// What nearly everybody asks for, the place in the latest tree, if nothing need be read for it: then no thread is asked that may wait for
/// the disk.
fn inclusion_at_hand(
    core: &Core,
    choice: CheckpointChoice,
    (selector, size): (EntrySelector, u64),
) -> Option<LeafWithProof> {
    let EntrySelector::Index(index) = selector else {
        return None;
    };
    let checkpoint = core.shown(choice.newest(), 0).ok()?;
    let head = *checkpoint.head();
    let latest = head.size.get();
    if size != 0 && size != latest {
        return None;
    }
    let (leaf, inclusion) = core.reader.inclusion_at_hand(index, latest)?;
    Some(LeafWithProof {
        index,
        leaf,
        head,
        inclusion,
        consistency: ConsistencyProof::new(Vec::new()),
        checkpoint: checkpoint.text().to_owned(),
    })
}

fn prove_inclusion(
    core: &Core,
    choice: CheckpointChoice,
    (selector, size): (EntrySelector, u64),
) -> Result<LeafWithProof, Refusal> {
    let checkpoint = core.shown(choice.newest(), 0)?;
    let latest = checkpoint.head().size.get();
    let size = if size == 0 { latest } else { size };
    let index = index_of(core, selector)?;
    let read = || {
        let inclusion = core.reader.inclusion_proof(index, size)?;
        Ok(LeafWithProof {
            index,
            leaf: core.reader.leaf(index)?,
            head: core.reader.frontier(size)?.head(),
            inclusion,
            consistency: core.reader.consistency_proof(size, latest)?,
            checkpoint: checkpoint.text().to_owned(),
        })
    };
    read().map_err(|error: LogError| status::of_log(&error))
}

/// The proof that the tree of one size is the beginning of the tree of another.
pub(super) async fn consistency(
    core: &Arc<Core>,
    choice: CheckpointChoice,
    request: v1::GetConsistencyProofRequest,
) -> Result<v1::GetConsistencyProofResponse, Refusal> {
    let v1::GetConsistencyProofRequest { old_size, new_size } = request;
    if let Some(answer) = consistency_at_hand(core, choice, [old_size, new_size]) {
        return Ok(answer.into());
    }
    let answer = core
        .read(move |core| prove_consistency(core, choice, [old_size, new_size]))
        .await?;
    Ok(answer.into())
}

/// The same, for the proof that the latest tree continues another.
fn consistency_at_hand(
    core: &Core,
    choice: CheckpointChoice,
    [old, new]: [u64; 2],
) -> Option<ConsistencyAnswer> {
    let checkpoint = core.shown(choice.newest(), 0).ok()?;
    let latest = checkpoint.head().size;
    if new != 0 && new != latest.get() {
        return None;
    }
    Some(ConsistencyAnswer {
        old: TreeSize::new(old),
        new: latest,
        proof: core.reader.consistency_at_hand(old, latest.get())?,
        checkpoint: checkpoint.text().to_owned(),
    })
}

fn prove_consistency(
    core: &Core,
    choice: CheckpointChoice,
    [old, new]: [u64; 2],
) -> Result<ConsistencyAnswer, Refusal> {
    let checkpoint = core.shown(choice.newest(), 0)?;
    let new = if new == 0 {
        checkpoint.head().size.get()
    } else {
        new
    };
    if old > new {
        let message = format!("the old size {old} is greater than the new size {new}");
        return Err(Refusal::new(Reason::SizeBeyondLog, message));
    }
    let proof = core
        .reader
        .consistency_proof(old, new)
        .map_err(|error| status::of_log(&error))?;
    Ok(ConsistencyAnswer {
        old: TreeSize::new(old),
        new: TreeSize::new(new),
        proof,
        checkpoint: checkpoint.text().to_owned(),
    })
}
