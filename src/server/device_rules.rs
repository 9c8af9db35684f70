//! What the ledger can say of the device that signed a record: warnings that travel with the answer, never a refusal.

use std::sync::Arc;

use witnessmark_log::{Appended, LogError};
use witnessmark_proto::{Reason, Refusal, Warning};
use witnessmark_record::{Problem, Record, SeenTree, check_seen};
use witnessmark_verifier::{Entry, EntryKind, LeafIndex};

use super::core::Core;
use super::door::Place;
use super::status;
use super::telemetry::fault;

/// Whether the checkpoint that the signer had seen is one of this ledger's, as of what is published.
///
/// # Errors
///
/// The ledger cannot be read.
pub(crate) fn seen(core: &Core, record: &Record) -> Result<Vec<Problem>, Refusal> {
    // A size of 0 is refused for its form.
    let Some(last) = (record.message().seen.as_ref()).and_then(|seen| seen.size.checked_sub(1))
    else {
        return Ok(Vec::new());
    };
    let tree = tree_after(core, LeafIndex::new(last))?;
    Ok(check_seen(record.message(), tree.as_ref()))
}

/// The tree that ends with the entry at `last`, if that is published.
fn tree_after(core: &Core, last: LeafIndex) -> Result<Option<SeenTree>, Refusal> {
    let bytes = match core.reader.entry(last) {
        Err(LogError::IndexBeyond { .. }) => return Ok(None),
        read => read.map_err(|error| status::of_log(&error))?,
    };
    let entry = Entry::parse(&bytes)
        .map_err(|error| fault(Reason::StoreCorrupt, &format!("entry {last}: {error}")))?;
    let frontier = core.reader.frontier(last.get().saturating_add(1));
    let frontier = frontier.map_err(|error| status::of_log(&error))?;
    Ok(Some(SeenTree {
        root: frontier.root(),
        last_registered_at: entry.registered_at,
    }))
}

/// The warnings about a logged record because of the earlier ones of its device. For one that was logged before, also those
/// about the checkpoint that its signer had seen: the first answer may have been lost.
///
/// # Errors
///
/// The ledger cannot be read. The record is logged, and is recognised when it is submitted again.
pub(crate) async fn of_logged(
    core: &Arc<Core>,
    place: &Place,
    appended: &Appended,
) -> Result<Vec<Warning>, Refusal> {
    let index = appended.index.get();
    let problems = match core.links.of_device_now(index) {
        Some(problems) if !appended.already_logged => problems,
        _ => {
            let (entry, again) = (Arc::clone(&appended.entry), appended.already_logged);
            let check = core.begin_check(place.account().clone(), move |core| {
                let asked = core.links.of_device(index);
                let mut problems = asked.map_err(|error| status::of_log(&error))?;
                let record = again.then(|| record_of(&entry)).flatten();
                if let Some(record) = record {
                    problems.extend(seen(core, &record)?);
                }
                Ok(problems)
            });
            check.found().await??
        }
    };
    status::of_problems(problems)
}

/// The record in an entry, if there is one that this version can read.
fn record_of(entry: &[u8]) -> Option<Record> {
    let entry = Entry::parse(entry).ok()?;
    let is_record = entry.kind == EntryKind::Record;
    is_record.then(|| Record::decode(&entry.payload).ok())?
}
