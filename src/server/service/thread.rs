//! The thread of a record: everything about one subject, all of it in one tree.

use std::collections::BTreeSet;
use std::sync::Arc;

use witnessmark_log::LogError;
use witnessmark_proto::{
    CheckpointChoice, EntrySelector, ProvedEntry, Reason, Refusal, ThreadAnswer, ThreadRequest, v1,
};
use witnessmark_thread::{Extent, Ledger, Node, ReachError, Seen, reach};
use witnessmark_verifier::{Entry, LeafIndex, OrgName, RecordId, TreeSize};

use super::entry::index_of;
use crate::server::core::Core;
use crate::server::limits::{THREAD_ENTRY_BYTES_MAX, THREAD_RECORDS_MAX};
use crate::server::status;
use crate::server::telemetry::fault;

const EXTENT: Extent = Extent {
    records: THREAD_RECORDS_MAX,
    bytes: THREAD_ENTRY_BYTES_MAX,
};

/// The thread of a record, as of a size.
pub(super) async fn of_record(
    core: &Arc<Core>,
    choice: CheckpointChoice,
    request: v1::GetThreadRequest,
) -> Result<v1::GetThreadResponse, Refusal> {
    let request = ThreadRequest::try_from(request)?;
    let answer = core.read(move |core| gather(core, choice, request)).await?;
    Ok(answer.into())
}

fn gather(
    core: &Core,
    choice: CheckpointChoice,
    request: ThreadRequest,
) -> Result<ThreadAnswer, Refusal> {
    let checkpoint = core.shown(choice.newest(), 0)?;
    let latest = checkpoint.head().size.get();
    let size = request.size.map_or(latest, TreeSize::get);
    let log_error = |error: LogError| status::of_log(&error);
    // Before anything else, so that a size beyond the log is called that.
    let head = core.reader.frontier(size).map_err(log_error)?.head();
    let start = index_of(core, EntrySelector::RecordId(request.record))?.get();
    if start >= size {
        let message = format!("the record has index {start}, and the tree has size {size}");
        return Err(Refusal::new(Reason::IndexBeyondLog, message));
    }
    let mut asked = AsOf { core, size };
    let reached = reach(&mut asked, start, EXTENT).map_err(|error| refusal(start, error))?;

    let mut records = Vec::new();
    let mut orgs = BTreeSet::new();
    for index in reached.steps.into_keys() {
        let proved = prove(core, index, size).map_err(log_error)?;
        orgs.extend(parse(index, &proved.entry)?.org);
        records.push(proved);
    }
    Ok(ThreadAnswer {
        head,
        consistency: core
            .reader
            .consistency_proof(size, latest)
            .map_err(log_error)?,
        checkpoint: checkpoint.text().to_owned(),
        charter: prove(core, 0, size).map_err(log_error)?,
        key_events: key_events(core, &orgs, size)?,
        records,
        more: reached.more,
    })
}

fn refusal(start: u64, error: ReachError<Refusal>) -> Refusal {
    match error {
        ReachError::Ledger(refusal) => refusal,
        ReachError::TooLarge => {
            let message = "more is linked directly with the subject than one answer may hold";
            Refusal::new(Reason::ThreadTooLarge, message)
        }
        ReachError::NotRecord | _ => {
            let message = format!("entry {start} is not a record, and only records have threads");
            Refusal::new(Reason::RecordNotFound, message)
        }
    }
}

fn key_events(core: &Core, orgs: &BTreeSet<OrgName>, size: u64) -> Result<Vec<Vec<u8>>, Refusal> {
    let (mut events, mut bytes) = (Vec::new(), 0_usize);
    for org in orgs {
        let indexes = core.links.key_events_of(org, size);
        for index in indexes.map_err(|error| status::of_log(&error))? {
            let event = core.reader.entry(LeafIndex::new(index));
            let event = event.map_err(|error| status::of_log(&error))?.to_vec();
            bytes = bytes.saturating_add(event.len());
            if bytes > THREAD_ENTRY_BYTES_MAX {
                let message =
                    "the key events of those who signed are more than one answer may hold";
                return Err(Refusal::new(Reason::ThreadTooLarge, message));
            }
            events.push(event);
        }
    }
    Ok(events)
}

fn prove(core: &Core, index: u64, size: u64) -> Result<ProvedEntry, LogError> {
    let index = LeafIndex::new(index);
    Ok(ProvedEntry {
        index,
        entry: core.reader.entry(index)?.to_vec(),
        inclusion: core.reader.inclusion_proof(index, size)?,
    })
}

fn parse(index: u64, bytes: &[u8]) -> Result<Entry, Refusal> {
    Entry::parse(bytes)
        .map_err(|error| fault(Reason::StoreCorrupt, &format!("entry {index}: {error}")))
}

/// The ledger as of a size.
struct AsOf<'a> {
    core: &'a Core,
    size: u64,
}

impl Ledger for AsOf<'_> {
    type Error = Refusal;

    fn record(&mut self, index: u64) -> Result<Option<Seen>, Refusal> {
        if index >= self.size {
            return Ok(None);
        }
        let bytes = self.core.reader.entry(LeafIndex::new(index));
        let bytes = bytes.map_err(|error| status::of_log(&error))?;
        let node = Node::of(index, &parse(index, &bytes)?);
        Ok(node.map(|node| Seen {
            id: node.id,
            thread_id: node.thread_id().to_vec(),
            targets: node.links().iter().map(|link| link.target).collect(),
            bytes: bytes.len(),
        }))
    }

    fn index_of(&mut self, record: &RecordId) -> Result<Option<u64>, Refusal> {
        let index = self.core.reader.index_of(record);
        let index = index.map_err(|error| status::of_log(&error))?;
        Ok(index.map(LeafIndex::get).filter(|index| *index < self.size))
    }

    fn linking_to(&mut self, record: &RecordId) -> Result<Vec<u64>, Refusal> {
        // With one more than an answer holds, no step fits any more.
        let links = &self.core.links;
        let linking = links.linking_to(record, self.size, THREAD_RECORDS_MAX);
        linking.map_err(|error| status::of_log(&error))
    }

    fn of_thread(&mut self, thread_id: &[u8]) -> Result<Vec<u64>, Refusal> {
        let links = &self.core.links;
        let thread = links.of_thread(thread_id, self.size, THREAD_RECORDS_MAX);
        thread.map_err(|error| status::of_log(&error))
    }
}
