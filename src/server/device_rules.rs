//! What the ledger can say of the device that signed a record: warnings that travel with the answer, never a refusal.

use witnessmark_log::LogError;
use witnessmark_proto::{Reason, Refusal};
use witnessmark_record::{Problem, Record, SeenTree, check_seen};
use witnessmark_verifier::{Entry, LeafIndex};

use super::core::Core;
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
