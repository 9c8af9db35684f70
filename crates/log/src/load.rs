//! Reads a log from its store and checks it, as every start does: after a crash there is no other
//! way back.

use std::sync::Arc;

use witnessmark_keychain::Keychain;
use witnessmark_merkle::Frontier;
use witnessmark_verifier::{Entry, LeafHash, VerifierKey};

use crate::error::LogError;
use crate::limits::PAGE_ENTRIES_MAX;
use crate::published::Published;
use crate::store::{Latest, Store};

/// A log as its store has it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) latest: Latest,
    pub(crate) frontier: Frontier,
    pub(crate) keychain: Arc<Keychain>,
    /// When the last entry was registered.
    pub(crate) registered_at: u64,
}

impl Loaded {
    pub(crate) fn published(&self) -> Published {
        Published {
            checkpoint: self.latest.checkpoint.clone(),
            keychain: Arc::clone(&self.keychain),
        }
    }
}

/// Reads and checks the log that was signed with this key: the checkpoint's signature, the root over
/// the stored nodes, the root over the stored entries, and that every key event was admitted rightly.
/// The signatures of records are not checked again; an audit does that.
///
/// # Errors
///
/// There is no log, it cannot be read, or a check fails.
pub(crate) fn load(
    store: &impl Store,
    vkey: &VerifierKey,
    visit: &mut dyn FnMut(u64, &Entry),
) -> Result<Loaded, LogError> {
    let latest = store
        .latest()
        .map_err(LogError::of_read)?
        .ok_or(LogError::Empty)?;
    latest.checkpoint.verify(vkey).map_err(|error| {
        LogError::Corrupt(format!("the last checkpoint is not one of {vkey}: {error}"))
    })?;
    let size = latest.size();
    let nodes = store
        .nodes(&Frontier::node_ids(size))
        .map_err(LogError::of_read)?;
    let frontier =
        Frontier::from_nodes(size, nodes).map_err(|error| LogError::Corrupt(error.to_string()))?;
    if frontier.head() != *latest.checkpoint.head() {
        return Err(LogError::Corrupt(
            "the stored nodes do not have the root of the last checkpoint".to_owned(),
        ));
    }
    let mut replay = Replay::default();
    while replay.frontier.size() < size {
        let start = replay.frontier.size();
        let end = size.min(start.saturating_add(PAGE_ENTRIES_MAX));
        let page = store.entries(start..end).map_err(LogError::of_read)?;
        if u64::try_from(page.len()) != Ok(end - start) {
            return Err(LogError::Corrupt(format!(
                "entries are missing from {start} on"
            )));
        }
        for bytes in &page {
            replay.push(bytes, visit)?;
        }
    }
    if replay.frontier != frontier {
        return Err(LogError::Corrupt(
            "the stored entries do not have the root of the last checkpoint".to_owned(),
        ));
    }
    if replay.keychain.charter().map(|charter| &charter.origin) != Some(latest.checkpoint.origin())
    {
        return Err(LogError::Corrupt(
            "the charter is of another log".to_owned(),
        ));
    }
    let (keychain, registered_at) = (Arc::new(replay.keychain), replay.registered_at);
    Ok(Loaded {
        latest,
        frontier,
        keychain,
        registered_at,
    })
}

/// The views over the entries read so far.
#[derive(Default)]
struct Replay {
    frontier: Frontier,
    keychain: Keychain,
    registered_at: u64,
}

impl Replay {
    fn push(&mut self, bytes: &[u8], visit: &mut dyn FnMut(u64, &Entry)) -> Result<(), LogError> {
        let index = self.frontier.size();
        let corrupt =
            |what: &dyn std::fmt::Display| LogError::Corrupt(format!("entry {index}: {what}"));
        let entry = Entry::parse(bytes).map_err(|error| corrupt(&error))?;
        if entry.registered_at < self.registered_at {
            return Err(corrupt(&"it is registered before the one before it"));
        }
        self.keychain
            .replay(index, &entry)
            .map_err(|error| corrupt(&error))?;
        self.registered_at = entry.registered_at;
        self.frontier.push(LeafHash::of(bytes), &mut |_, _| {});
        visit(index, &entry);
        Ok(())
    }
}
