//! What is in memory of a log: its last state, the entries and record ids that wait, where chunks
//! begin, and the right edge of the tree; and how a start finds all that again.

use witnessmark_log::{Latest, StoreError};
use witnessmark_verifier::LeafHash;

use crate::db::Db;
use crate::files::{CHUNKS_IN_GROUP, Files};
use crate::ids::{Ids, parse_value};
use crate::layout::{Ends, Head, waiting_entries_key, waiting_ids_key};
use crate::run::RUN_WIDTH;
use crate::tile::{Edge, TILE_HEIGHT, TILE_LEVELS, TILE_WIDTH, Tile, TileId, last_tile};
use crate::waiting::{CHUNK_WIDTH, Waiting};

/// The state that the last commit left.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) latest: Option<Latest>,
    pub(crate) waiting: Waiting,
    pub(crate) chunks: Chunks,
    pub(crate) edge: Edge,
    /// The record ids, or why it is not known which records the log has.
    pub(crate) ids: Result<Ids, StoreError>,
}

/// Where the full chunks begin, eight bytes for each 256 entries.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    starts: Vec<u64>,
    end: u64,
}

impl Chunks {
    /// Where a chunk begins, if there is one with this number.
    pub(crate) fn start(&self, number: u64) -> Option<u64> {
        self.starts.get(usize::try_from(number).ok()?).copied()
    }

    /// Where the chunks of a group begin, with those that follow: `None` if some are not known.
    pub(crate) fn group(&self, index: u64, following: &[u64]) -> Option<Vec<u64>> {
        let first = usize::try_from(index.checked_mul(CHUNKS_IN_GROUP)?).ok()?;
        let known = self.starts.get(first..).unwrap_or_default();
        let skip = first.saturating_sub(self.starts.len());
        let following = following.iter().skip(skip);
        let count = usize::try_from(CHUNKS_IN_GROUP).ok()?;
        let group: Vec<u64> = known.iter().chain(following).take(count).copied().collect();
        (group.len() == count).then_some(group)
    }

    /// Where the next chunk begins.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Adds chunks that begin at `starts`, the last of which ends at `end`.
    pub(crate) fn extend(&mut self, starts: &[u64], end: u64) {
        self.starts.extend_from_slice(starts);
        self.end = end;
    }

    /// Reads where the chunks of a log of `size` entries begin; after an error, of those before it.
    fn read(files: &Files, size: u64) -> (Self, Result<(), StoreError>) {
        let mut chunks = Self::default();
        let outcome = chunks.read_all(files, size / CHUNK_WIDTH);
        (chunks, outcome)
    }

    fn read_all(&mut self, files: &Files, count: u64) -> Result<(), StoreError> {
        for group in 0..count / CHUNKS_IN_GROUP {
            self.starts.extend(files.starts(group)?);
        }
        if let Some(last) = self.starts.last() {
            self.end = last.saturating_add(files.lengths(*last)?.chunk_bytes());
        }
        while u64::try_from(self.starts.len()).is_ok_and(|known| known < count) {
            let length = files.lengths(self.end)?.chunk_bytes();
            self.starts.push(self.end);
            self.end = self.end.saturating_add(length);
        }
        if self.starts.is_sorted() {
            Ok(())
        } else {
            Err(corrupt(
                "the places of the chunks are not in order".to_owned(),
            ))
        }
    }
}

impl State {
    /// The state of a log without a commit.
    pub(crate) fn new() -> Self {
        Self {
            latest: None,
            waiting: Waiting::default(),
            chunks: Chunks::default(),
            edge: Edge::default(),
            ids: Ok(Ids::default()),
        }
    }

    /// The state that is stored. What cannot be read is left out, so that the rest can still be
    /// read: the second value says what it is.
    pub(crate) fn read(
        db: &Db,
        files: &Files,
        head: Option<Head>,
    ) -> (Self, Result<(), StoreError>) {
        let Some(Head { latest, ends }) = head else {
            return (Self::new(), Ok(()));
        };
        let size = latest.size();
        let mut outcome = Ok(());
        let mut note = |error: StoreError| {
            if outcome.is_ok() {
                outcome = Err(error);
            }
        };
        let (chunks, known) = Chunks::read(files, size);
        if let Err(error) = known {
            note(error);
        }
        let waiting = read_waiting(db, size, ends).unwrap_or_else(|error| {
            note(error);
            Waiting::default()
        });
        let edge = read_edge(files, size, &chunks, &waiting).unwrap_or_else(|error| {
            note(error);
            Edge::default()
        });
        let ids = read_ids(db, files, size, ends);
        if let Err(error) = &ids {
            note(error.clone());
        }
        let state = Self {
            latest: Some(latest),
            waiting,
            chunks,
            edge,
            ids,
        };
        (state, outcome)
    }

    /// The number of entries.
    pub(crate) fn size(&self) -> u64 {
        self.latest.as_ref().map_or(0, Latest::size)
    }
}

fn corrupt(text: String) -> StoreError {
    StoreError::Corrupt(text)
}

fn read_waiting(db: &Db, size: u64, ends: Ends) -> Result<Waiting, StoreError> {
    let mut values = Vec::new();
    for number in 0..ends.entry_values {
        let value = db.get(&waiting_entries_key(number))?;
        let text = || corrupt(format!("value {number} of the last entries is missing"));
        values.push(value.ok_or_else(text)?.to_vec());
    }
    let first = size / CHUNK_WIDTH * CHUNK_WIDTH;
    let count = |waiting: &Waiting| u64::try_from(waiting.entries().len()).ok();
    Waiting::parse(&values)
        .filter(|waiting| count(waiting) == size.checked_sub(first))
        .ok_or_else(|| corrupt(format!("the entries from {first} to the end are malformed")))
}

fn read_ids(db: &Db, files: &Files, size: u64, ends: Ends) -> Result<Ids, StoreError> {
    let mut ids = Ids::default();
    let runs = size / RUN_WIDTH;
    files.begin_to_read_filters(runs);
    for first in (0..runs).step_by(8) {
        let runs = (first..runs).take(8).map(|run| files.run_filter(run));
        ids.push_runs(runs.collect::<Result<Vec<_>, _>>()?);
    }
    for number in 0..ends.id_values {
        let value = db.get(&waiting_ids_key(number))?;
        let value = value.and_then(|value| parse_value(number, &value));
        let pushed = value.and_then(|(first, value)| ids.push_value(first, &value));
        pushed.ok_or_else(|| {
            corrupt(format!(
                "value {number} of the last record ids is missing or damaged"
            ))
        })?;
    }
    if ids.end() == size {
        Ok(ids)
    } else {
        let end = ids.end();
        Err(corrupt(format!(
            "the record ids end at {end} and the checkpoint's size is {size}"
        )))
    }
}

/// The right edge of a tree of `size` leaves, from its last entries and the tiles below it.
fn read_edge(
    files: &Files,
    size: u64,
    chunks: &Chunks,
    waiting: &Waiting,
) -> Result<Edge, StoreError> {
    let mut partial = Vec::new();
    for level in 0..TILE_LEVELS {
        let first = last_tile(level, size).index.saturating_mul(TILE_WIDTH);
        let end = size >> (level * TILE_HEIGHT);
        let mut tile = Tile::default();
        match level {
            0 => {
                for entry in waiting.entries() {
                    tile.push(LeafHash::of(entry).hash());
                }
            }
            1 => {
                for number in first..end {
                    let text = || corrupt(format!("chunk {number} is not known"));
                    tile.push(files.chunk_root(chunks.start(number).ok_or_else(text)?)?);
                }
            }
            level => {
                for index in first..end {
                    let level = level.saturating_sub(1);
                    tile.push(files.tile_root(TileId { level, index })?);
                }
            }
        }
        partial.push(tile);
    }
    Ok(Edge::new(partial))
}
