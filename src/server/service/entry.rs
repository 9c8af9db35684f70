//! Entries: one with its proof, or a range in chunks that prove themselves.

use std::ops::Range;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use witnessmark_log::{LogError, SignedCheckpoint};
use witnessmark_proto::{
    CheckpointChoice, EntryChunk, EntrySelector, EntryWithProof, Reason, Refusal, v1,
};
use witnessmark_tlog::encode_proof;
use witnessmark_verifier::LeafIndex;

use super::Answers;
use crate::server::core::Core;
use crate::server::limits::{
    LIST_CHUNK_BYTES, LIST_CHUNK_ENTRIES_MAX, LIST_STEP_ENTRIES, STREAM_IDLE_TIMEOUT,
};
use crate::server::sequencer::stopping;
use crate::server::status;

/// One entry with its proof in the latest checkpoint.
pub(super) async fn one(
    core: &Arc<Core>,
    choice: CheckpointChoice,
    request: v1::GetEntryRequest,
) -> Result<v1::GetEntryResponse, Refusal> {
    let selector = EntrySelector::try_from(request)?;
    let answer = core
        .read(move |core| read_one(core, choice, selector))
        .await?;
    Ok(answer.into())
}

fn read_one(
    core: &Core,
    choice: CheckpointChoice,
    selector: EntrySelector,
) -> Result<EntryWithProof, Refusal> {
    let index = index_of(core, selector)?;
    let checkpoint = covering(core, choice, index)?;
    let size = checkpoint.head().size.get();
    let read = || {
        let entry = core.reader.entry(index)?.to_vec();
        let proof = core.reader.inclusion_proof(index, size)?;
        Ok((entry, encode_proof(index, &proof, checkpoint.text())))
    };
    let (entry, proof) = read().map_err(|error: LogError| status::of_log(&error))?;
    Ok(EntryWithProof {
        index,
        entry,
        proof,
    })
}

/// The index that a request means.
pub(super) fn index_of(core: &Core, selector: EntrySelector) -> Result<LeafIndex, Refusal> {
    match selector {
        EntrySelector::Index(index) => Ok(index),
        EntrySelector::RecordId(id) => {
            let index = core
                .reader
                .index_of(&id)
                .map_err(|error| status::of_log(&error))?;
            index.ok_or_else(|| {
                Refusal::new(
                    Reason::RecordNotFound,
                    format!("no entry has record id {id}"),
                )
            })
        }
    }
}

/// The checkpoint that covers the entry at this index. One beyond the log is left for whoever reads it to refuse.
pub(super) fn covering(
    core: &Core,
    choice: CheckpointChoice,
    index: LeafIndex,
) -> Result<SignedCheckpoint, Refusal> {
    let size = index.get().saturating_add(1);
    core.shown(choice, size.min(core.reader.published().size()))
}

/// The entries of a range, relative to the checkpoint that is the latest now.
pub(super) fn range(
    core: &Arc<Core>,
    choice: CheckpointChoice,
    request: v1::ListEntriesRequest,
) -> Result<Answers<v1::ListEntriesResponse>, Refusal> {
    let checkpoint = core.shown(choice.newest(), 0)?;
    let size = checkpoint.head().size.get();
    let range = range_of(&request, size)?;

    let (answers, listing) = mpsc::channel(1);
    let core = Arc::clone(core);
    tokio::spawn(async move {
        let mut stop = core.stopping.clone();
        let mut rest = range;
        while !rest.is_empty() {
            let (part, text) = (rest.clone(), checkpoint.text().to_owned());
            let chunk = tokio::select! {
                chunk = core.read(move |core| read_chunk(core, &part, size, text)) => chunk,
                _ = stop.wait_for(|stop| *stop) => Err(stopping()),
                () = answers.closed() => return,
            };
            let count = chunk.as_ref().map_or(0, |chunk| chunk.entries.len());
            let failed = chunk.is_err();
            let answer = chunk.map(Into::into).map_err(Into::into);
            if answers
                .send_timeout(answer, STREAM_IDLE_TIMEOUT)
                .await
                .is_err()
                || failed
            {
                return;
            }
            rest.start = rest
                .start
                .saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        }
    });
    Ok(ReceiverStream::new(listing))
}

fn range_of(request: &v1::ListEntriesRequest, size: u64) -> Result<Range<u64>, Refusal> {
    let v1::ListEntriesRequest { start, end } = *request;
    let end = if end == 0 { size } else { end };
    if end > size {
        let message = format!("the range ends at {end}, and the log has size {size}");
        return Err(Refusal::new(Reason::SizeBeyondLog, message));
    }
    if start >= size {
        let message = format!("the range starts at {start}, and the log has size {size}");
        return Err(Refusal::new(Reason::IndexBeyondLog, message));
    }
    if start >= end {
        return Err(Refusal::field(
            "end",
            "RANGE_EMPTY: a range ends after its start.",
        ));
    }
    Ok(start..end)
}

/// The first entries of `range`, as many as one message holds, with what proves them in the tree of
/// `size`.
fn read_chunk(
    core: &Core,
    range: &Range<u64>,
    size: u64,
    checkpoint: String,
) -> Result<EntryChunk, Refusal> {
    let read = || {
        let (mut entries, mut bytes) = (Vec::new(), 0_usize);
        let mut at = range.start;
        while at < range.end && entries.len() < LIST_CHUNK_ENTRIES_MAX && bytes < LIST_CHUNK_BYTES {
            let step = at..range.end.min(at.saturating_add(LIST_STEP_ENTRIES));
            at = step.end;
            for entry in core.reader.entries(step)? {
                bytes = bytes.saturating_add(entry.len());
                entries.push(entry.to_vec());
            }
        }
        let left_nodes = core
            .reader
            .frontier(range.start)?
            .nodes()
            .map(|(_, hash)| hash)
            .collect();
        let consistency = core.reader.consistency_proof(at, size)?.hashes().to_vec();
        let start = LeafIndex::new(range.start);
        Ok(EntryChunk {
            start,
            entries,
            left_nodes,
            consistency,
            checkpoint,
        })
    };
    read().map_err(|error: LogError| status::of_log(&error))
}
