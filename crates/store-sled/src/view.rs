//! Reading the tree: head, nodes, entries and index, each checked for form as it is read.
//!
//! A range scan of sled is no snapshot and a batch is visible before it is durable. Neither
//! matters below a committed size: there only the last chunk and the last tiles are rewritten,
//! and only by longer ones that begin with the same bytes.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use witnessmark_log::{Latest, StoreError};
use witnessmark_merkle::NodeId;
use witnessmark_verifier::{Hash, LeafHash, LeafIndex, RecordId};

use crate::chunk::Chunk;
use crate::layout::{HEAD_KEY, chunk_key, parse_chunk_key, parse_head, record_key, tile_key};
use crate::tile::{Edge, Place, TILE_HEIGHT, TILE_LEVELS, TILE_WIDTH, Tile, TileCache, TileId};

/// Tiles kept with all their nodes: 4 MiB, the edge and the upper levels of any tree.
const CACHE_TILES_MAX: usize = 256;
/// Bytes at the end of the log that are hashed again when a store is opened: one sled segment.
const TAIL_BYTES: usize = 2 << 20;

/// The reading half of a store. It asks for nothing beyond what its caller knows is committed.
#[derive(Debug)]
pub(crate) struct View {
    db: sled::Db,
    tiles: TileCache,
}

impl View {
    /// A view of this database.
    pub(crate) fn new(db: sled::Db) -> Self {
        Self {
            db,
            tiles: TileCache::new(CACHE_TILES_MAX),
        }
    }

    /// The database.
    pub(crate) fn db(&self) -> &sled::Db {
        &self.db
    }

    /// The head, if there is one.
    pub(crate) fn head(&self) -> Result<Option<Latest>, StoreError> {
        let Some(value) = guarded(|| self.db.get(HEAD_KEY).map_err(|error| from_sled(&error)))?
        else {
            return Ok(None);
        };
        parse_head(&value)
            .map(Some)
            .map_err(|reason| StoreError::Corrupt(reason.to_owned()))
    }

    /// The hashes of stored nodes.
    pub(crate) fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>, StoreError> {
        ids.iter().map(|id| self.node(*id)).collect()
    }

    /// The entries in `range`.
    pub(crate) fn entries(&self, range: Range<u64>) -> Result<Vec<Arc<[u8]>>, StoreError> {
        let mut entries = Vec::new();
        let mut next = range.start;
        for chunk in self.chunks(range.clone())? {
            for (index, entry) in chunk.entries().filter(|(index, _)| range.contains(index)) {
                if index != next {
                    return Err(missing_entry(next));
                }
                entries.push(entry.into());
                next = next.saturating_add(1);
            }
        }
        if next < range.end {
            Err(missing_entry(next))
        } else {
            Ok(entries)
        }
    }

    /// The index under which a record was written.
    pub(crate) fn index_of(&self, record: &RecordId) -> Result<Option<LeafIndex>, StoreError> {
        let Some(value) = guarded(|| {
            self.db
                .get(record_key(record))
                .map_err(|error| from_sled(&error))
        })?
        else {
            return Ok(None);
        };
        let index = <[u8; 8]>::try_from(value.as_ref())
            .map_err(|_| StoreError::Corrupt(format!("the index of record {record} is cut")))?;
        Ok(Some(LeafIndex::new(u64::from_be_bytes(index))))
    }

    /// The last chunk of a log of `size` entries.
    pub(crate) fn last_chunk(&self, size: u64) -> Result<Chunk, StoreError> {
        let Some(last) = size.checked_sub(1) else {
            return Ok(Chunk::new(0));
        };
        let chunk = self.chunks(last..size)?.pop();
        chunk.filter(|chunk| chunk.end() == size).ok_or_else(|| {
            StoreError::Corrupt(format!("the last entries do not end at size {size}"))
        })
    }

    /// The right edge of a tree of `size` leaves.
    pub(crate) fn edge(&self, size: u64) -> Result<Edge, StoreError> {
        let mut partial = Vec::new();
        for level in 0..TILE_LEVELS {
            let stored = size >> (level * TILE_HEIGHT);
            let width = usize::try_from(stored % TILE_WIDTH).unwrap_or(usize::MAX);
            let mut hashes = Vec::new();
            if width > 0 {
                let tile = self.load(TileId {
                    level,
                    index: stored / TILE_WIDTH,
                })?;
                hashes.extend_from_slice(tile.hashes());
            }
            if hashes.len() != width {
                let text = format!("the last tile of level {level} does not end at size {size}");
                return Err(StoreError::Corrupt(text));
            }
            partial.push(hashes);
        }
        Ok(Edge::new(partial))
    }

    /// The index from which the entries are about one segment long, in a log of `size` entries.
    pub(crate) fn tail_start(&self, size: u64) -> Result<u64, StoreError> {
        guarded(|| {
            let (mut bytes, mut start) = (0_usize, size);
            for item in self.db.range(chunk_key(0, 0)..chunk_key(size, 0)).rev() {
                let (key, value) = item.map_err(|error| from_sled(&error))?;
                (start, _) = parse_chunk_key(&key).ok_or_else(no_chunk_key)?;
                bytes = bytes.saturating_add(value.len());
                if bytes >= TAIL_BYTES {
                    break;
                }
            }
            Ok(start)
        })
    }

    /// Hashes the entries in `range` again and compares them with their leaf hashes, and the
    /// tiles above them with each other. The tree has `size` leaves.
    pub(crate) fn check(&self, range: Range<u64>, size: u64) -> Result<(), StoreError> {
        let mut start = range.start;
        while start < range.end {
            let tile = TileId {
                level: 0,
                index: start / TILE_WIDTH,
            };
            let next_tile = tile.index.saturating_add(1).saturating_mul(TILE_WIDTH);
            let end = next_tile.min(range.end);
            let stored = self.load(tile)?;
            let first = usize::try_from(start % TILE_WIDTH).unwrap_or(usize::MAX);
            let mut leaves = stored.hashes().iter().skip(first);
            for (index, entry) in (start..end).zip(self.entries(start..end)?) {
                if leaves.next() != Some(&LeafHash::of(&entry).hash()) {
                    let text = format!("entry {index} does not have its leaf hash");
                    return Err(StoreError::Corrupt(text));
                }
            }
            self.check_above(tile, size)?;
            start = end;
        }
        Ok(())
    }

    /// Compares a tile with the hash that stands for it in the tile above, and so on upwards.
    fn check_above(&self, mut tile: TileId, size: u64) -> Result<(), StoreError> {
        while let Some(above) = tile
            .level
            .checked_add(1)
            .filter(|level| *level < TILE_LEVELS)
        {
            let node = NodeId {
                level: above * TILE_HEIGHT,
                index: tile.index,
            };
            if !node.is_complete_at(size) {
                return Ok(());
            }
            let place = Place::of(node);
            if self.load(tile)?.root() != self.load(place.tile)?.node(place) {
                return Err(StoreError::Corrupt(format!(
                    "the tile at level {} and index {} does not have the hash stored above it",
                    tile.level, tile.index
                )));
            }
            tile = place.tile;
        }
        Ok(())
    }

    fn node(&self, id: NodeId) -> Result<Hash, StoreError> {
        let place = Place::of(id);
        if let Some(hash) = self.tiles.find(place) {
            return Ok(hash);
        }
        let tile = Arc::new(self.load(place.tile)?);
        let hash = tile.node(place).ok_or_else(|| {
            let NodeId { level, index } = id;
            StoreError::Corrupt(format!(
                "the node at level {level} and index {index} is missing"
            ))
        })?;
        self.tiles.keep(place.tile, tile);
        Ok(hash)
    }

    fn load(&self, id: TileId) -> Result<Tile, StoreError> {
        let TileId { level, index } = id;
        let value = guarded(|| {
            self.db
                .get(tile_key(level, index))
                .map_err(|error| from_sled(&error))
        })?;
        let text = |what| format!("the tile at level {level} and index {index} is {what}");
        let value = value.ok_or_else(|| StoreError::Corrupt(text("missing")))?;
        Tile::parse(&value).ok_or_else(|| StoreError::Corrupt(text("malformed")))
    }

    /// The chunks that hold the entries in `range`: the first of them begins at or before it.
    fn chunks(&self, range: Range<u64>) -> Result<Vec<Chunk>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let found = guarded(|| {
            let upto = self
                .db
                .range(chunk_key(0, 0)..=chunk_key(range.start, 0))
                .next_back();
            let (key, _) = upto
                .ok_or_else(|| missing_entry(range.start))?
                .map_err(|error| from_sled(&error))?;
            let (first, _) = parse_chunk_key(&key).ok_or_else(no_chunk_key)?;
            let mut found: Vec<(u64, Vec<u8>)> = Vec::new();
            for item in self.db.range(chunk_key(first, 0)..chunk_key(range.end, 0)) {
                let (key, value) = item.map_err(|error| from_sled(&error))?;
                match (
                    parse_chunk_key(&key).ok_or_else(no_chunk_key)?,
                    found.last_mut(),
                ) {
                    ((first, 0), _) => found.push((first, value.to_vec())),
                    ((first, _), Some((open, bytes))) if first == *open => {
                        bytes.extend_from_slice(&value);
                    }
                    ((first, _), _) => return Err(missing_entry(first)),
                }
            }
            Ok(found)
        })?;
        let parse = |(first, bytes)| {
            let text = || StoreError::Corrupt(format!("the entries from {first} are malformed"));
            Chunk::parse(first, bytes).ok_or_else(text)
        };
        found.into_iter().map(parse).collect()
    }
}

/// Runs `work`, in which sled may panic: on damage it does so more often than it returns errors.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(StoreError::Corrupt(format!(
            "sled panicked: {}",
            panic_text(panic.as_ref())
        )))
    })
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

/// What sled said, as the log understands it.
pub(crate) fn from_sled(error: &sled::Error) -> StoreError {
    if matches!(error, sled::Error::Corruption { .. }) {
        StoreError::Corrupt(error.to_string())
    } else {
        StoreError::Io(error.to_string())
    }
}

fn missing_entry(index: u64) -> StoreError {
    StoreError::Corrupt(format!("entry {index} is missing"))
}

fn no_chunk_key() -> StoreError {
    StoreError::Corrupt("a key among the entries is malformed".to_owned())
}
