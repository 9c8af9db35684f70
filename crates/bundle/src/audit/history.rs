//! The tree at every size that the log has had, made again when somebody asks for it.
//!
//! What the tree above a tile says of it is in memory or read from a tile that was checked in the same way, so a tile file
//! that was altered is found out here too. In a folder nothing is kept but a few tiles and the times of the newest entries; without
//! one every leaf hash and time is, forty bytes an entry.

use std::collections::{BTreeMap, HashMap};

use witnessmark_record::SeenTree;
use witnessmark_tlog::{TILE_WIDTH, Tile, parse_entry_bundle};
use witnessmark_verifier::{Entry, Hash, LeafHash};

use crate::export::{ENTRIES_BYTES_MAX, ExportReader};
use crate::tiles::{Tiler, root_of, tile_hashes};

use super::prepare::Prepared;

/// Tiles in memory: 8 KiB each.
const TILES_MAX: usize = 256;

/// Tiles of which the times are in memory: 2 KiB each.
const TIMES_MAX: usize = 1_024;

/// Trees in memory.
const TREES_MAX: usize = 4_096;

/// What is needed for a tree cannot be read, or is not what it was; the audit says so elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Where tiles and entries that were read can be read again.
#[derive(Debug)]
enum Source {
    Memory {
        tiles: HashMap<(u8, u64), Vec<Hash>>,
        times: Vec<u64>,
    },
    Folder {
        reader: ExportReader,
        /// How many entries are in the folder.
        size: u64,
    },
}

/// The trees of the log so far.
#[derive(Debug)]
pub(super) struct History {
    source: Source,
    tiles: HashMap<(u8, u64), Vec<Hash>>,
    /// By tile: the place of the first entry that there is a time for, and the times.
    times: BTreeMap<u64, (u64, Vec<u64>)>,
    /// By tile: those of full tiles that were read again.
    times_again: HashMap<u64, Vec<u64>>,
    trees: HashMap<u64, SeenTree>,
}

impl History {
    /// Of entries that cannot be read again.
    pub(super) fn in_memory() -> Self {
        Self::new(Source::Memory {
            tiles: HashMap::new(),
            times: Vec::new(),
        })
    }

    /// Of the export in a folder, which has `size` entries.
    pub(super) fn in_folder(reader: ExportReader, size: u64) -> Self {
        Self::new(Source::Folder { reader, size })
    }

    fn new(source: Source) -> Self {
        Self {
            source,
            tiles: HashMap::new(),
            times: BTreeMap::new(),
            times_again: HashMap::new(),
            trees: HashMap::new(),
        }
    }

    /// Takes the next entries.
    pub(super) fn push(&mut self, prepared: &Prepared) {
        if let Source::Memory { times, .. } = &mut self.source {
            times.extend(prepared.times());
            return;
        }
        let tile = prepared.first / u64::from(TILE_WIDTH);
        let times = (prepared.first, prepared.times().collect());
        self.times.insert(tile, times);
        if self.times.len() > TIMES_MAX {
            self.times.pop_first();
        }
    }

    /// Takes a tile that was filled.
    pub(super) fn push_tile(&mut self, tile: Tile, hashes: &[Hash]) {
        let place = (tile.level, tile.index);
        match &mut self.source {
            Source::Memory { tiles, .. } => {
                tiles.insert(place, hashes.to_vec());
            }
            // What signers have seen was mostly new then.
            Source::Folder { .. } => self.keep(place, hashes.to_vec()),
        }
    }

    fn keep(&mut self, place: (u8, u64), hashes: Vec<Hash>) {
        if self.tiles.len() >= TILES_MAX {
            self.tiles.clear();
        }
        self.tiles.insert(place, hashes);
    }

    /// The tree of the first `size` entries, when `tiler` has at least as many; not that of none.
    pub(super) fn tree_at(&mut self, tiler: &Tiler, size: u64) -> Result<SeenTree, Unreadable> {
        if let Some(tree) = self.trees.get(&size) {
            return Ok(*tree);
        }
        let root = self.root_at(tiler, size)?;
        let last = size.checked_sub(1).ok_or(Unreadable)?;
        let tree = SeenTree {
            root,
            last_registered_at: self.time_of(tiler, last)?,
        };
        if self.trees.len() >= TREES_MAX {
            self.trees.clear();
        }
        self.trees.insert(size, tree);
        Ok(tree)
    }

    /// The root of the first `size` entries, when `tiler` has at least as many.
    pub(super) fn root_at(&mut self, tiler: &Tiler, size: u64) -> Result<Hash, Unreadable> {
        let edge = Tiler::of_edge(size, |tile| {
            let hashes = self.tile(tiler, tile.level, tile.index)?;
            let hashes = hashes.get(..usize::from(tile.width));
            hashes.map(<[Hash]>::to_vec).ok_or(Unreadable)
        })?;
        Ok(edge.root())
    }

    /// The hashes of a tile as far as it is filled, checked against the tiles above it.
    fn tile(&mut self, tiler: &Tiler, level: u8, index: u64) -> Result<Vec<Hash>, Unreadable> {
        let (full, edge) = tiler.level(level).ok_or(Unreadable)?;
        if index >= full {
            return (index == full).then(|| edge.to_vec()).ok_or(Unreadable);
        }
        if let Some(hashes) = self.tiles.get(&(level, index)) {
            return Ok(hashes.clone());
        }
        let width = u64::from(TILE_WIDTH);
        let above = self.tile(tiler, level.saturating_add(1), index / width)?;
        let place = usize::try_from(index % width).map_err(|_| Unreadable)?;
        let root = *above.get(place).ok_or(Unreadable)?;
        let hashes = match &self.source {
            Source::Memory { tiles, .. } => tiles.get(&(level, index)).cloned(),
            Source::Folder { reader, size } => read_tile(reader, *size, level, index, root),
        };
        let hashes = hashes.ok_or(Unreadable)?;
        self.keep((level, index), hashes.clone());
        Ok(hashes)
    }

    fn time_of(&mut self, tiler: &Tiler, index: u64) -> Result<u64, Unreadable> {
        let width = u64::from(TILE_WIDTH);
        if let Source::Memory { times, .. } = &self.source {
            let at = usize::try_from(index).map_err(|_| Unreadable)?;
            return times.get(at).copied().ok_or(Unreadable);
        }
        if let Some((first, times)) = self.times.get(&(index / width))
            && let Some(at) = index.checked_sub(*first)
            && let Some(time) = usize::try_from(at).ok().and_then(|at| times.get(at))
        {
            return Ok(*time);
        }
        let place = usize::try_from(index % width).map_err(|_| Unreadable)?;
        if let Some(times) = self.times_again.get(&(index / width)) {
            return times.get(place).copied().ok_or(Unreadable);
        }
        let leaves = self.tile(tiler, 0, index / width)?;
        let times = self.read_times(index / width, &leaves)?;
        let time = times.get(place).copied().ok_or(Unreadable);
        // Of the newest tile more may come.
        if leaves.len() == usize::from(TILE_WIDTH) {
            if self.times_again.len() >= TIMES_MAX {
                self.times_again.clear();
            }
            self.times_again.insert(index / width, times);
        }
        time
    }

    /// The times of the entries with these leaf hashes, read again.
    fn read_times(&self, index: u64, leaves: &[Hash]) -> Result<Vec<u64>, Unreadable> {
        let Source::Folder { reader, size } = &self.source else {
            return Err(Unreadable);
        };
        let bytes = read_entries(reader, *size, index).ok_or(Unreadable)?;
        let entries = parse_entry_bundle(&bytes).map_err(|_| Unreadable)?;
        let times = leaves.iter().zip(entries).map(|(leaf, entry)| {
            if *leaf != LeafHash::of(entry).hash() {
                return Err(Unreadable);
            }
            Ok(Entry::parse(entry).map_or(0, |entry| entry.registered_at))
        });
        times.collect()
    }
}

/// A full tile whose root is `root`, from its file or, for leaves, from the entries.
fn read_tile(
    reader: &ExportReader,
    size: u64,
    level: u8,
    index: u64,
    root: Hash,
) -> Option<Vec<Hash>> {
    let tile = Tile {
        level,
        index,
        width: TILE_WIDTH,
    };
    let is_good = |hashes: &Vec<Hash>| {
        hashes.len() == usize::from(TILE_WIDTH) && root_of(hashes.clone()) == root
    };
    let read = reader.read(&tile.path(), usize::from(TILE_WIDTH) * 32);
    let hashes = read.ok().flatten().and_then(|bytes| tile_hashes(&bytes));
    if let Some(hashes) = hashes.filter(is_good) {
        return Some(hashes);
    }
    let bytes = read_entries(reader, size, index).filter(|_| level == 0)?;
    let entries = parse_entry_bundle(&bytes).ok()?;
    let hashes = entries.iter().map(|it| LeafHash::of(it).hash()).collect();
    Some(hashes).filter(is_good)
}

/// The bytes of a bundle of entries in a folder with `size` entries.
fn read_entries(reader: &ExportReader, size: u64, index: u64) -> Option<Vec<u8>> {
    let width = u64::from(TILE_WIDTH);
    let count = size.checked_sub(index.checked_mul(width)?)?.min(width);
    let tile = Tile {
        level: 0,
        index,
        width: u16::try_from(count).ok()?,
    };
    let bytes = reader.read(&tile.entries_path(), ENTRIES_BYTES_MAX);
    bytes.ok().flatten()
}

#[cfg(test)]
mod tests {
    use witnessmark_merkle::Frontier;

    use super::*;

    #[test]
    fn the_trees_agree_with_the_prover_at_every_size() {
        let mut history = History::in_memory();
        let mut tiler = Tiler::default();
        let mut frontier = Frontier::new();
        let mut roots = Vec::new();
        for index in 0..70_000_u64 {
            let leaf = LeafHash::of(&index.to_be_bytes());
            tiler.push(leaf, &mut |tile, hashes| history.push_tile(tile, hashes));
            frontier.push(leaf, &mut |_, _| {});
            roots.push(frontier.root());
        }
        for (size, root) in (1_u64..).zip(&roots) {
            if size < 600 || size % 251 == 0 || size > 69_990 || size % 65_536 < 2 {
                assert_eq!(history.root_at(&tiler, size), Ok(*root), "size {size}");
            }
        }
        assert_eq!(history.root_at(&tiler, 70_001), Err(Unreadable));
    }
}
