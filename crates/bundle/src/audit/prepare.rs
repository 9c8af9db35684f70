//! What can be done with the entries of one tile without any other: hashed, parsed, their ids made. On any core.

use witnessmark_tlog::TILE_WIDTH;
use witnessmark_verifier::{Entry, EntryError, Hash, LeafHash, RecordId};

use crate::tiles::root_of;

/// The entries of one tile, or of its beginning or end.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The place of the first entry.
    pub(super) first: u64,
    /// The leaf hashes of the tile that come before `first`, from the start of the tile.
    pub(super) before: Vec<Hash>,
    /// The leaf hashes of the entries.
    pub(super) leaves: Vec<Hash>,
    /// The entries.
    pub(super) entries: Vec<Ready>,
    /// The root over the whole tile, when these are all its entries.
    pub(super) root: Option<Hash>,
}

/// An entry, ready to be replayed.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) index: u64,
    pub(super) parsed: Result<(Entry, RecordId), EntryError>,
}

impl Prepared {
    /// Prepares the entries of the tile that starts at `start`, but for the first `skip` of them, which are only hashed.
    pub(super) fn new(start: u64, skip: usize, entries: &[&[u8]]) -> Self {
        let mut before: Vec<Hash> = entries
            .iter()
            .map(|bytes| LeafHash::of(bytes).hash())
            .collect();
        let is_whole = skip == 0 && before.len() == usize::from(TILE_WIDTH);
        let root = is_whole.then(|| root_of(before.clone()));
        let leaves = before.split_off(skip.min(before.len()));
        let entries = (start..).zip(entries).skip(skip).map(|(index, bytes)| {
            let parsed = Entry::parse(bytes).map(|entry| {
                let id = entry.record_id();
                (entry, id)
            });
            Ready { index, parsed }
        });
        Self {
            first: start.saturating_add(u64::try_from(skip).unwrap_or(u64::MAX)),
            entries: entries.collect(),
            before,
            leaves,
            root,
        }
    }

    /// The ledger's times of the entries; 0 for what is no entry.
    pub(super) fn times(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().map(|it| {
            it.parsed
                .as_ref()
                .map_or(0, |(entry, _)| entry.registered_at)
        })
    }
}
