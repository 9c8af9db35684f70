//! Bundles: everything that proves one record, all of it in one checkpoint.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use witnessmark_bundle::{
    AssembleError, BundleError, BundleFiles, BundleParts, LoggedEntry, RELATED_MAX,
};
use witnessmark_log::LogError;
use witnessmark_proto::{CheckpointChoice, EntrySelector, Reason, Refusal, convert, v1};
use witnessmark_verifier::{Entry, EntryKind, LeafIndex, RecordId};

use super::entry::index_of;
use crate::server::core::Core;
use crate::server::limits::BUNDLE_ENTRY_BYTES_MAX;
use crate::server::status;
use crate::server::telemetry::fault;

/// The bundle of a record.
pub(super) async fn of_record(
    core: &Arc<Core>,
    choice: CheckpointChoice,
    request: v1::GetBundleRequest,
) -> Result<v1::GetBundleResponse, Refusal> {
    let record = convert::record_id_from(&request)?;
    let bundle = core.read(move |core| make(core, choice, record)).await?;
    Ok(v1::GetBundleResponse {
        bundle: bundle.into_bytes(),
    })
}

fn make(core: &Core, choice: CheckpointChoice, record: RecordId) -> Result<String, Refusal> {
    let index = index_of(core, EntrySelector::RecordId(record))?;
    let parts = gather(core, choice, index, record)?;
    let bundle = parts.assemble().and_then(|bundle| Ok(bundle.encode()?));
    bundle.map_err(|error| match error {
        AssembleError::Bundle(BundleError::TooLarge | BundleError::TooMany { .. }) => {
            Refusal::new(Reason::BundleTooLarge, error.to_string())
        }
        // Everything else is about entries that were checked before they were logged.
        AssembleError::Bundle(_)
        | AssembleError::Entry { .. }
        | AssembleError::NotRelated(_)
        | AssembleError::NoSuchFile
        | _ => fault(Reason::ServerFault, &error),
    })
}

/// The parts, each relative to one checkpoint. What is related to the record is complete as of the newest one of the choice; all of it
/// may be proved in an earlier one that covers it.
fn gather(
    core: &Core,
    choice: CheckpointChoice,
    index: LeafIndex,
    record: RecordId,
) -> Result<BundleParts, Refusal> {
    let newest = core.shown(choice.newest(), index.get().saturating_add(1))?;
    let known = newest.head().size.get();
    let log_error = |error: LogError| status::of_log(&error);
    let mut budget = Budget {
        left: BUNDLE_ENTRY_BYTES_MAX,
    };

    let bytes = core.reader.entry(index).map_err(log_error)?;
    let entry = parse(index.get(), &bytes)?;
    if entry.kind != EntryKind::Record {
        let message = format!("entry {index} is not a record, and only records have bundles");
        return Err(Refusal::new(Reason::RecordNotFound, message));
    }
    let mut orgs: BTreeSet<_> = entry.org.into_iter().collect();
    let about = about(core, &record, known, &mut budget)?;
    let last = about.keys().copied().chain([index.get()]).max();
    let covered = last.map_or(known, |last| last.saturating_add(1));
    let checkpoint = match choice {
        CheckpointChoice::FirstWitnessed => core.shown(choice, covered)?,
        CheckpointChoice::Newest | CheckpointChoice::Witnessed => newest,
    };
    let size = checkpoint.head().size.get();
    let main = prove(core, index.get(), size).map_err(log_error)?;
    let mut related = Vec::new();
    for (index, entry) in about {
        related.push(prove(core, index, size).map_err(log_error)?);
        orgs.extend(entry.org);
    }
    let mut key_events = Vec::new();
    for org in orgs {
        let events = core.links.key_events_of(&org, size);
        for index in events.map_err(log_error)? {
            let event = core
                .reader
                .entry(LeafIndex::new(index))
                .map_err(log_error)?;
            budget.spend(event.len())?;
            key_events.push(event.to_vec());
        }
    }
    Ok(BundleParts {
        checkpoint: checkpoint.text().to_owned(),
        charter: prove(core, 0, size).map_err(log_error)?,
        record: main,
        related,
        key_events,
        disclosures: Vec::new(),
        files: BundleFiles::None,
    })
}

/// The records below `size` that link to `record`, and those that speak of one of these over any number of steps, by place.
fn about(
    core: &Core,
    record: &RecordId,
    size: u64,
    budget: &mut Budget,
) -> Result<BTreeMap<u64, Entry>, Refusal> {
    let linking = core.links.linking_to(record, size, RELATED_MAX);
    let mut waiting = linking.map_err(|error| status::of_log(&error))?;
    let mut found = BTreeMap::new();
    while let Some(index) = waiting.pop() {
        if found.contains_key(&index) {
            continue;
        }
        let bytes = core.reader.entry(LeafIndex::new(index));
        let bytes = bytes.map_err(|error| status::of_log(&error))?;
        budget.spend(bytes.len())?;
        let entry = parse(index, &bytes)?;
        let id = entry.record_id();
        let speaking = core.links.speaking_of(&id, size, RELATED_MAX);
        waiting.extend(speaking.map_err(|error| status::of_log(&error))?);
        found.insert(index, entry);
        if found.len() > RELATED_MAX {
            let message = format!("more than {RELATED_MAX} records are about this one");
            return Err(Refusal::new(Reason::BundleTooLarge, message));
        }
    }
    Ok(found)
}

fn prove(core: &Core, index: u64, size: u64) -> Result<LoggedEntry, LogError> {
    let place = LeafIndex::new(index);
    let entry = core.reader.entry(place)?.to_vec();
    let inclusion = core.reader.inclusion_proof(place, size)?;
    Ok(LoggedEntry {
        index,
        entry,
        inclusion,
    })
}

fn parse(index: u64, bytes: &[u8]) -> Result<Entry, Refusal> {
    Entry::parse(bytes)
        .map_err(|error| fault(Reason::StoreCorrupt, &format!("entry {index}: {error}")))
}

/// How many bytes of entries may still go into the bundle, so that a record with very many related
/// ones does not fill the memory before it is found to be too large.
struct Budget {
    left: usize,
}

impl Budget {
    fn spend(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            let message = "the records related to this one are larger than a bundle may be";
            Refusal::new(Reason::BundleTooLarge, message)
        })?;
        Ok(())
    }
}
