//! Reading the log: nodes, entries and record ids, each from memory or from the files.
//!
//! What the files hold below the last state was written once, so readers take no lock over a read:
//! they look under a lock at what is in memory, and then read what never changes. sled is read at a
//! start only.

use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use witnessmark_log::{Latest, StoreError};
use witnessmark_merkle::NodeId;
use witnessmark_verifier::{Hash, LeafHash, LeafIndex, RecordId};

use crate::files::Files;
use crate::ids::Found;
use crate::run::{RUN_PIECES, RUN_WIDTH, index_in, parse_piece};
use crate::state::State;
use crate::tile::{
    NodeCache, Place, Sixteen, TILE_HEIGHT, TILE_LEVELS, TILE_WIDTH, Tile, TileCache, TileId,
    last_tile,
};
use crate::waiting::{CHUNK_ENTRIES, CHUNK_WIDTH};

/// Tiles above level 0 kept in memory: 8 MiB, all of a tree of 33 million entries.
const CACHE_TILES_MAX: usize = 512;
/// Nodes inside tiles of level 0 kept in memory, 64 bytes each: those of fourteen thousand proofs, each with
/// its leaf.
const CACHE_NODES_MAX: usize = 131_072;
/// Bytes at the end of the log that are hashed again when a store is opened.
const TAIL_BYTES: u64 = 2 << 20;

/// Hashes of a tile of level 0 that were read.
type Read = ((u64, Sixteen), Vec<Hash>);

/// The reading half of a store.
#[derive(Debug)]
pub(crate) struct View {
    files: Arc<Files>,
    tiles: TileCache,
    nodes: NodeCache,
    state: RwLock<State>,
}

impl View {
    /// A view of these files in this state.
    pub(crate) fn new(files: Files, state: State) -> Self {
        Self {
            files: Arc::new(files),
            tiles: TileCache::new(CACHE_TILES_MAX),
            nodes: NodeCache::new(CACHE_NODES_MAX),
            state: RwLock::new(state),
        }
    }

    /// The files.
    pub(crate) const fn files(&self) -> &Arc<Files> {
        &self.files
    }

    /// The state, which nobody changes meanwhile.
    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, to be changed.
    pub(crate) fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last state's head.
    pub(crate) fn latest(&self) -> Option<Latest> {
        self.state().latest.clone()
    }

    /// How many entries there are.
    pub(crate) fn size(&self) -> u64 {
        self.state().size()
    }

    /// The hashes of nodes.
    pub(crate) fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        {
            let state = self.state();
            let size = state.size();
            for id in ids {
                let asked = id.leaves().map_or(u64::MAX, |leaves| leaves.end);
                if asked > size {
                    return Err(StoreError::Beyond { asked, size });
                }
                let place = Place::of(*id);
                let in_memory = place.tile == last_tile(place.tile.level, size);
                let hash =
                    in_memory.then(|| state.edge.node(place).ok_or_else(|| missing_node(*id)));
                found.push((*id, hash.transpose()?));
            }
        }
        let mut read = Vec::new();
        let hashes = found.into_iter();
        hashes
            .map(|(id, hash)| hash.map_or_else(|| self.stored_node(id, &mut read), Ok))
            .collect()
    }

    /// The hashes of nodes, if all of them are in memory.
    pub(crate) fn nodes_at_hand(&self, ids: &[NodeId]) -> Option<Vec<Hash>> {
        let state = self.state();
        let size = state.size();
        let at_hand = |id: &NodeId| {
            let place = Place::of(*id);
            if !id.is_complete_at(size) {
                None
            } else if place.tile == last_tile(place.tile.level, size) {
                state.edge.node(place)
            } else if place.tile.level == 0 {
                self.nodes.find(*id)
            } else {
                self.tiles.find(place)
            }
        };
        ids.iter().map(at_hand).collect()
    }

    /// The entries in `range`.
    pub(crate) fn entries(&self, range: Range<u64>) -> Result<Vec<Arc<[u8]>>, StoreError> {
        let mut stored: Vec<(u64, Range<usize>)> = Vec::new();
        let waiting;
        {
            let state = self.state();
            let size = state.size();
            if range.end > size {
                let asked = range.end;
                return Err(StoreError::Beyond { asked, size });
            }
            if range.is_empty() {
                return Ok(Vec::new());
            }
            let first = size / CHUNK_WIDTH * CHUNK_WIDTH;
            let mut next = range.start;
            while next < range.end.min(first) {
                let start = state.chunks.start(next / CHUNK_WIDTH);
                let end = (next / CHUNK_WIDTH + 1) * CHUNK_WIDTH;
                let last = end.min(range.end).saturating_sub(1);
                let places = place(next)..place(last).saturating_add(1);
                stored.push((start.ok_or_else(|| missing_entry(next))?, places));
                next = last.saturating_add(1);
            }
            // None of them, if the range ends before they begin.
            let waits = next.max(first)..range.end.max(first);
            let (from, to) = (waits.start - first, waits.end - first);
            let places = usize::try_from(from).ok().zip(usize::try_from(to).ok());
            let found = places.and_then(|(from, to)| state.waiting.entries().get(from..to));
            waiting = found.ok_or_else(|| missing_entry(waits.start))?.to_vec();
        }
        let mut entries = Vec::new();
        for (start, places) in stored {
            entries.extend(self.files.entries(start, places)?);
        }
        entries.extend(waiting);
        Ok(entries)
    }

    /// The index of a record's entry.
    pub(crate) fn index_of(&self, record: &RecordId) -> Result<Option<LeafIndex>, StoreError> {
        let found = {
            let state = self.state();
            let ids = state.ids.as_ref().map_err(Clone::clone)?;
            ids.find(record)
        };
        match found {
            Found::Waiting(index) => Ok(Some(LeafIndex::new(index))),
            Found::Perhaps(runs) => Ok(self.in_runs(record, runs)?.map(LeafIndex::new)),
        }
    }

    /// Another entry than that at `index` which the record ids name for this record.
    pub(crate) fn found_elsewhere(
        &self,
        record: &RecordId,
        index: u64,
    ) -> Result<Option<u64>, StoreError> {
        let found = {
            let state = self.state();
            let ids = state.ids.as_ref().map_err(Clone::clone)?;
            ids.find(record)
        };
        match found {
            Found::Waiting(found) => Ok((found != index).then_some(found)),
            Found::Perhaps(mut runs) => {
                runs.retain(|(run, _)| *run != index / RUN_WIDTH);
                self.in_runs(record, runs)
            }
        }
    }

    fn in_runs(
        &self,
        record: &RecordId,
        runs: Vec<(u64, RangeInclusive<u8>)>,
    ) -> Result<Option<u64>, StoreError> {
        for (run, pieces) in runs {
            for piece in pieces {
                let items = self.run_piece(run, piece)?;
                let found = items.binary_search_by(|(id, _)| id.as_bytes().cmp(record.as_bytes()));
                if let Some((_, place)) = found.ok().and_then(|at| items.get(at)) {
                    return Ok(Some(index_in(run, *place)));
                }
            }
        }
        Ok(None)
    }

    /// The record ids of the entries of a run, by entry; of the last, incomplete run those that
    /// there are. Checks that the run is sorted, has each entry once, and that a look-up finds each.
    pub(crate) fn run_ids(&self, run: u64) -> Result<Vec<RecordId>, StoreError> {
        let first = run.saturating_mul(RUN_WIDTH);
        let wrong =
            |what: &str| StoreError::Corrupt(format!("the record ids from entry {first} {what}"));
        {
            let state = self.state();
            let ids = state.ids.as_ref().map_err(Clone::clone)?;
            if run >= ids.runs() {
                return Ok(ids.waiting().to_vec());
            }
        }
        let mut sorted = Vec::new();
        for piece in 0..RUN_PIECES {
            let items = self.run_piece(run, piece)?;
            let state = self.state();
            let ids = state.ids.as_ref().map_err(Clone::clone)?;
            let fences = ids.fences(run).ok_or_else(|| wrong("have no fences"))?;
            for (id, _) in &items {
                if !fences.pieces(id).contains(&piece) || !ids.may_be_in(id, run) {
                    return Err(wrong("do not fit the filter beside them"));
                }
            }
            sorted.extend(items);
        }
        if !sorted.is_sorted_by(|(left, _), (right, _)| left.as_bytes() < right.as_bytes()) {
            return Err(wrong("are not sorted"));
        }
        sorted.sort_unstable_by_key(|(_, place)| *place);
        if !sorted
            .iter()
            .zip(0_u16..)
            .all(|((_, place), number)| *place == number)
        {
            return Err(wrong("do not name each entry once"));
        }
        Ok(sorted.into_iter().map(|(id, _)| id).collect())
    }

    /// The index from which the entries are about two megabytes long.
    pub(crate) fn tail_start(&self) -> u64 {
        let state = self.state();
        let mut number = state.size() / CHUNK_WIDTH;
        let from = state.chunks.end().saturating_sub(TAIL_BYTES);
        while number > 0
            && state
                .chunks
                .start(number - 1)
                .is_some_and(|start| start >= from)
        {
            number -= 1;
        }
        number.saturating_mul(CHUNK_WIDTH)
    }

    /// Hashes the entries in `range` again and compares them with their leaf hashes, the tiles
    /// above them with each other, and looks at each run of record ids that ends in it. Gives the bytes of the entries.
    pub(crate) fn check(&self, range: Range<u64>) -> Result<u64, StoreError> {
        let (mut start, mut bytes) = (range.start, 0_u64);
        while start < range.end {
            let tile = TileId {
                level: 0,
                index: start / TILE_WIDTH,
            };
            let next_tile = tile.index.saturating_add(1).saturating_mul(TILE_WIDTH);
            let end = next_tile.min(range.end);
            let first = usize::try_from(start % TILE_WIDTH).unwrap_or(usize::MAX);
            let leaves = self.leaves(tile)?;
            let mut leaves = leaves.iter().skip(first);
            for (index, entry) in (start..end).zip(self.entries(start..end)?) {
                bytes = bytes.saturating_add(u64::try_from(entry.len()).unwrap_or(u64::MAX));
                if leaves.next() != Some(&LeafHash::of(&entry).hash()) {
                    let text = format!("entry {index} does not have its leaf hash");
                    return Err(StoreError::Corrupt(text));
                }
            }
            self.check_above(tile)?;
            if end.is_multiple_of(RUN_WIDTH) {
                self.run_ids(end / RUN_WIDTH - 1)?;
            }
            start = end;
        }
        Ok(bytes)
    }

    /// The stored leaf hashes of a tile of level 0.
    fn leaves(&self, tile: TileId) -> Result<Vec<Hash>, StoreError> {
        {
            let state = self.state();
            if tile.index >= state.size() / TILE_WIDTH {
                return Ok(state.edge.leaves().to_vec());
            }
        }
        Ok(self.tile(tile)?.hashes().to_vec())
    }

    /// Compares a full tile with the hash that stands for it in the tile above, and so on upwards.
    fn check_above(&self, mut tile: TileId) -> Result<(), StoreError> {
        let size = self.size();
        let full = |tile: TileId| {
            let end = tile.index.saturating_add(1).saturating_mul(TILE_WIDTH);
            end <= size >> (tile.level * TILE_HEIGHT)
        };
        while tile.level < TILE_LEVELS && full(tile) {
            let found = self.tile(tile)?;
            let node = NodeId {
                level: tile.level.saturating_add(1) * TILE_HEIGHT,
                index: tile.index,
            };
            let place = Place::of(node);
            // In memory or in a file, as of one moment: a commit may fill the tile above meanwhile.
            let in_memory = {
                let state = self.state();
                let is_last = place.tile == last_tile(place.tile.level, state.size());
                is_last.then(|| state.edge.node(place))
            };
            let above = match in_memory {
                Some(node) => node,
                None => self.tile(place.tile)?.node(place),
            };
            let text = |what| {
                let TileId { level, index } = tile;
                StoreError::Corrupt(format!(
                    "the tile at level {level} and index {index} {what}"
                ))
            };
            if !found.agrees_with_itself() {
                return Err(text("does not agree with itself"));
            }
            if found.root() != above {
                return Err(text("does not have the hash stored above it"));
            }
            tile = place.tile;
        }
        Ok(())
    }

    /// A node in a full tile. Tiles of level 0 are many, so only the hashes are read of which the
    /// node is made, and the node is kept; `read` has those that were read just before.
    fn stored_node(&self, id: NodeId, read: &mut Vec<Read>) -> Result<Hash, StoreError> {
        let place = Place::of(id);
        if place.tile.level == 0 {
            if let Some(hash) = self.nodes.find(id) {
                return Ok(hash);
            }
            let wanted = (place.tile.index, place.sixteen());
            let before = read.iter().position(|(what, _)| *what == wanted);
            let at = if let Some(at) = before {
                at
            } else {
                let start = self.state().chunks.start(place.tile.index);
                let start = start.ok_or_else(|| missing_node(id))?;
                read.push((wanted, self.files.chunk_sixteen(start, place.sixteen())?));
                read.len().saturating_sub(1)
            };
            let node = read.get(at).and_then(|(_, hashes)| place.node_of(hashes));
            let node = node.ok_or_else(|| missing_node(id))?;
            self.nodes.keep(id, node);
            return Ok(node);
        }
        if let Some(hash) = self.tiles.find(place) {
            return Ok(hash);
        }
        let tile = self.tile(place.tile)?.with_all_nodes();
        let hash = tile.node(place);
        self.tiles.keep(place.tile, Arc::new(tile));
        hash.ok_or_else(|| missing_node(id))
    }

    /// A full tile.
    pub(crate) fn tile(&self, id: TileId) -> Result<Tile, StoreError> {
        let TileId { level, index } = id;
        let found = if level == 0 {
            let start = self.state().chunks.start(index);
            let missing = || StoreError::Corrupt("its chunk is missing".to_owned());
            start
                .ok_or_else(missing)
                .and_then(|start| self.files.chunk_tile(start))
        } else {
            self.files.tile(id)
        };
        found.map_err(|error| {
            let text =
                format!("the tile at level {level} and index {index} cannot be read: {error}");
            if matches!(error, StoreError::Corrupt(_)) {
                StoreError::Corrupt(text)
            } else {
                StoreError::Io(text)
            }
        })
    }

    /// Whether the chunks below a tile of level 1 follow each other where it says that they begin.
    /// Tiles of other levels say nothing about that.
    pub(crate) fn group_is_right(&self, id: TileId) -> bool {
        let group = (id.level == 1).then(|| self.state().chunks.group(id.index, &[]));
        let Some(group) = group else {
            return true;
        };
        let starts = group.unwrap_or_default();
        let length = |start: &u64| self.files.lengths(*start).ok().map(|it| it.chunk_bytes());
        let follows = |(start, next): (&u64, &u64)| {
            length(start).is_some_and(|length| start.checked_add(length) == Some(*next))
        };
        !starts.is_empty() && starts.iter().zip(starts.iter().skip(1)).all(follows)
    }

    fn run_piece(&self, run: u64, piece: u8) -> Result<Vec<(RecordId, u16)>, StoreError> {
        let bytes = self.files.run_piece(run, piece)?;
        let text = || StoreError::Corrupt(format!("piece {piece} of run {run} is malformed"));
        parse_piece(&bytes).ok_or_else(text)
    }
}

/// The place of an entry in its chunk.
fn place(index: u64) -> usize {
    usize::try_from(index % CHUNK_WIDTH).unwrap_or(CHUNK_ENTRIES)
}

fn missing_entry(index: u64) -> StoreError {
    StoreError::Corrupt(format!("entry {index} is missing"))
}

fn missing_node(id: NodeId) -> StoreError {
    let NodeId { level, index } = id;
    StoreError::Corrupt(format!(
        "the node at level {level} and index {index} is missing"
    ))
}
