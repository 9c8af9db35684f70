//! Reads a log from its store and checks it, as every start does: after a crash there is no other
//! way back.

use std::sync::Arc;

use witnessmark_keychain::Keychain;
use witnessmark_merkle::Frontier;
use witnessmark_verifier::{Entry, EntryKind, LeafHash, VerifierKey};

use crate::error::LogError;
use crate::limits::PAGE_ENTRIES_MAX;
use crate::published::{Published, StartPoint};
use crate::store::{Latest, Store};

/// A log as its store has it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) latest: Latest,
    pub(crate) frontier: Frontier,
    pub(crate) keychain: Arc<Keychain>,
    /// The places of the charter and of all key events.
    pub(crate) key_entries: Arc<Vec<u64>>,
    /// When the last entry was registered.
    pub(crate) registered_at: u64,
}

impl Loaded {
    pub(crate) fn published(&self) -> Published {
        Published {
            checkpoint: self.latest.checkpoint.clone(),
            keychain: Arc::clone(&self.keychain),
            key_entries: Arc::clone(&self.key_entries),
        }
    }
}

/// Reads and checks the log that was signed with this key: the checkpoint's signature, the root over
/// the stored nodes, the root over the stored entries, and that every key event was admitted rightly.
/// The signatures of records are not checked again; an audit does that.
///
/// With a start point that the log has, only the entries after it are read, and those that it names.
///
/// # Errors
///
/// There is no log, it cannot be read, or a check fails.
pub(crate) fn load(
    store: &impl Store,
    vkey: &VerifierKey,
    from: Option<&StartPoint>,
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
    let mut replay = match from.filter(|from| from.head.size.get() <= size) {
        Some(from) => Replay::resume(store, from)?.unwrap_or_default(),
        None => Replay::default(),
    };
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
        key_entries: Arc::new(replay.key_entries),
        registered_at,
    })
}

/// The views over the entries read so far.
#[derive(Default)]
struct Replay {
    frontier: Frontier,
    keychain: Keychain,
    key_entries: Vec<u64>,
    registered_at: u64,
}

impl Replay {
    /// The views at a start point; nothing if it is not one of this log.
    fn resume(store: &impl Store, from: &StartPoint) -> Result<Option<Self>, LogError> {
        let size = from.head.size.get();
        let nodes = store
            .nodes(&Frontier::node_ids(size))
            .map_err(LogError::of_read)?;
        let Some(frontier) = Frontier::from_nodes(size, nodes)
            .ok()
            .filter(|frontier| frontier.head() == from.head)
        else {
            return Ok(None);
        };
        let Some(last) = size.checked_sub(1) else {
            return Ok(None);
        };
        let last = read_entry(store, last)?;
        let mut replay = Self {
            frontier,
            registered_at: last.registered_at,
            ..Self::default()
        };
        for &index in &from.key_entries {
            let follows = replay.key_entries.last().is_none_or(|last| *last < index);
            if !follows || index >= size {
                return Ok(None);
            }
            let entry = read_entry(store, index)?;
            let of_keys = matches!(entry.kind, EntryKind::Charter | EntryKind::KeyEvent);
            if !of_keys || replay.keychain.replay(index, &entry).is_err() {
                return Ok(None);
            }
            replay.key_entries.push(index);
        }
        // The last entry says what the key chain of its organisation was.
        let chain = last
            .org
            .as_ref()
            .map(|org| replay.keychain.organisation(org));
        let agrees = chain.is_none_or(|chain| {
            chain.is_some_and(|chain| {
                (chain.seq(), chain.head()) == (last.org_key_seq, last.org_key_head)
            })
        });
        Ok(Some(replay).filter(|replay| agrees && replay.keychain.charter().is_some()))
    }

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
        if matches!(entry.kind, EntryKind::Charter | EntryKind::KeyEvent) {
            self.key_entries.push(index);
        }
        self.registered_at = entry.registered_at;
        self.frontier.push(LeafHash::of(bytes), &mut |_, _| {});
        visit(index, &entry);
        Ok(())
    }
}

fn read_entry(store: &impl Store, index: u64) -> Result<Entry, LogError> {
    let range = index..index.saturating_add(1);
    let entries = store.entries(range).map_err(LogError::of_read)?;
    let bytes = entries
        .first()
        .ok_or_else(|| LogError::Corrupt(format!("entry {index} is missing")))?;
    Entry::parse(bytes).map_err(|error| LogError::Corrupt(format!("entry {index}: {error}")))
}
