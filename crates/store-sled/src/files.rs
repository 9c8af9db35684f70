//! The plain files of what is full: chunks of entries, tiles and runs, each written once.
//!
//! They are written and synced before the commit in sled that counts them, so what the head counts
//! is there. What lies beyond is of a commit that was never made.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Advice, fadvise};
use witnessmark_log::StoreError;
use witnessmark_verifier::Hash;

use crate::OpenError;
use crate::filter::Column;
use crate::folder::sync_folder;
use crate::layout::{seal, unseal};
use crate::run::{FILTER_PIECES, Fences, PIECE_BYTES, RUN_PIECES, parse_column};
use crate::tile::{
    SIXTEEN_BYTES, Sixteen, TILE_BYTES, TILE_HASHES, TILE_LEVELS, TILE_WIDTH, Tile, TileId,
    middle_root,
};

/// Bytes of the lengths at the beginning of a chunk.
const LENGTHS_BYTES: usize = 2 * TILE_HASHES;
/// Bytes of a chunk before its entries.
pub(crate) const CHUNK_HEAD_BYTES: usize = LENGTHS_BYTES + TILE_BYTES;
/// Bytes in `tiles-1` that say where chunks begin.
const STARTS_BYTES: usize = 8 * TILE_HASHES;
/// Bytes of the seal after a piece.
const SEAL_BYTES: usize = 32;

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Chunks,
    /// The tiles of a level from 1.
    Tiles(u8),
    Runs,
}

/// Bytes for a place in a file.
#[derive(Debug)]
pub(crate) struct FileWrite {
    pub(crate) kind: Kind,
    pub(crate) at: u64,
    pub(crate) bytes: Vec<u8>,
}

/// The files, opened.
#[derive(Debug)]
pub(crate) struct Files {
    chunks: File,
    tiles: Vec<File>,
    runs: File,
}

/// The lengths of the entries of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lengths(Vec<u16>);

impl Lengths {
    /// Where the entries with these places begin, after the start of the chunk, and how long all
    /// of them are.
    fn span(&self, places: std::ops::Range<usize>) -> (u64, usize) {
        let sum = |lengths: &[u16]| {
            lengths
                .iter()
                .map(|length| usize::from(*length))
                .sum::<usize>()
        };
        let before = sum(self.0.get(..places.start).unwrap_or_default());
        let inside = sum(self.0.get(places).unwrap_or_default());
        (offset(CHUNK_HEAD_BYTES.saturating_add(before)), inside)
    }

    /// How long the chunk is.
    pub(crate) fn chunk_bytes(&self) -> u64 {
        let (start, length) = self.span(0..TILE_HASHES);
        start.saturating_add(offset(length))
    }
}

impl Files {
    /// Makes the files of a store without entries in `folder`. Those that are there stay.
    pub(crate) fn create(folder: &Path) -> Result<(), OpenError> {
        fs::create_dir_all(folder).map_err(OpenError::io(folder))?;
        for path in paths(folder) {
            let file = OpenOptions::new().append(true).create(true).open(&path);
            file.and_then(|file| file.sync_all())
                .map_err(OpenError::io(&path))?;
        }
        sync_folder(folder).map_err(OpenError::io(folder))
    }

    /// Opens the files.
    pub(crate) fn open(folder: &Path) -> Result<Self, (PathBuf, io::Error)> {
        let open = |path: PathBuf| {
            let file = OpenOptions::new().read(true).write(true).open(&path);
            file.map_err(|error| (path, error))
        };
        let mut files = paths(folder).map(open);
        let mut next = || {
            files
                .next()
                .unwrap_or_else(|| Err((folder.to_owned(), io::ErrorKind::NotFound.into())))
        };
        Ok(Self {
            chunks: next()?,
            runs: next()?,
            tiles: files.collect::<Result<_, _>>()?,
        })
    }

    /// Writes all this and waits until it is on the disk.
    pub(crate) fn write(&self, writes: &[FileWrite]) -> io::Result<()> {
        let mut kinds: Vec<Kind> = Vec::new();
        for FileWrite { kind, at, bytes } in writes {
            self.file(*kind)?.write_all_at(bytes, *at)?;
            kinds.push(*kind);
        }
        kinds.sort_unstable();
        kinds.dedup();
        kinds
            .into_iter()
            .try_for_each(|kind| self.file(kind)?.sync_data())
    }

    /// The lengths of the entries of the chunk that begins at `start`.
    pub(crate) fn lengths(&self, start: u64) -> Result<Lengths, StoreError> {
        let bytes = self.read(Kind::Chunks, start, LENGTHS_BYTES)?;
        let (lengths, _) = bytes.as_chunks::<2>();
        Ok(Lengths(
            lengths
                .iter()
                .map(|length| u16::from_be_bytes(*length))
                .collect(),
        ))
    }

    /// The entries with these places in the chunk that begins at `start`.
    pub(crate) fn entries(
        &self,
        start: u64,
        places: std::ops::Range<usize>,
    ) -> Result<Vec<Arc<[u8]>>, StoreError> {
        let lengths = self.lengths(start)?;
        let (skip, length) = lengths.span(places.clone());
        let bytes = self.read(Kind::Chunks, start.saturating_add(skip), length)?;
        let (mut entries, mut rest) = (Vec::new(), bytes.as_slice());
        for length in lengths.0.get(places).unwrap_or_default() {
            let Some((entry, after)) = rest.split_at_checked(usize::from(*length)) else {
                break;
            };
            entries.push(entry.into());
            rest = after;
        }
        Ok(entries)
    }

    /// The tile of level 0 of the chunk that begins at `start`.
    pub(crate) fn chunk_tile(&self, start: u64) -> Result<Tile, StoreError> {
        let at = start.saturating_add(offset(LENGTHS_BYTES));
        let bytes = self.read(Kind::Chunks, at, TILE_BYTES)?;
        Tile::parse(&bytes).ok_or_else(|| malformed("a tile"))
    }

    /// Sixteen hashes of that tile.
    pub(crate) fn chunk_sixteen(
        &self,
        start: u64,
        sixteen: Sixteen,
    ) -> Result<Vec<Hash>, StoreError> {
        let at = start
            .saturating_add(offset(LENGTHS_BYTES))
            .saturating_add(sixteen.at());
        let length = usize::try_from(SIXTEEN_BYTES).unwrap_or(0);
        let bytes = self.read(Kind::Chunks, at, length)?;
        let (hashes, _) = bytes.as_chunks::<32>();
        let hashes = hashes.iter().map(|hash| Hash::new(*hash));
        Ok(hashes.collect())
    }

    /// The root of that tile, without reading all of it.
    pub(crate) fn chunk_root(&self, start: u64) -> Result<Hash, StoreError> {
        let at = start.saturating_add(offset(LENGTHS_BYTES));
        self.root(Kind::Chunks, at)
    }

    /// A tile of a level from 1.
    pub(crate) fn tile(&self, id: TileId) -> Result<Tile, StoreError> {
        let bytes = self.read(Kind::Tiles(id.level), tile_at(id), TILE_BYTES)?;
        Tile::parse(&bytes).ok_or_else(|| malformed("a tile"))
    }

    /// The root of such a tile, without reading all of it.
    pub(crate) fn tile_root(&self, id: TileId) -> Result<Hash, StoreError> {
        self.root(Kind::Tiles(id.level), tile_at(id))
    }

    /// Where the 256 chunks below a tile of level 1 begin.
    pub(crate) fn starts(&self, index: u64) -> Result<Vec<u64>, StoreError> {
        let at = tile_at(TileId { level: 1, index }).saturating_sub(offset(STARTS_BYTES));
        let bytes = self.read(Kind::Tiles(1), at, STARTS_BYTES)?;
        let (starts, _) = bytes.as_chunks::<8>();
        Ok(starts
            .iter()
            .map(|start| u64::from_be_bytes(*start))
            .collect())
    }

    /// The record ids of one piece of a run, as they are stored.
    pub(crate) fn run_piece(&self, run: u64, piece: u8) -> Result<Vec<u8>, StoreError> {
        let length = PIECE_BYTES.get(usize::from(piece)).copied().unwrap_or(0);
        let (at, sealed) = (piece_at(run, piece), length.saturating_add(SEAL_BYTES));
        let bytes = self.read(Kind::Runs, at, sealed)?;
        let found = unseal(&piece_name(run, piece), &bytes).map(<[u8]>::to_vec);
        found.ok_or_else(|| {
            let text = format!("piece {piece} of run {run} of the record ids is damaged");
            StoreError::Corrupt(text)
        })
    }

    /// What is kept in memory of a run.
    pub(crate) fn run_filter(&self, run: u64) -> Result<(Fences, Column), StoreError> {
        let mut values = Vec::new();
        for piece in RUN_PIECES..RUN_PIECES.saturating_add(FILTER_PIECES) {
            values.push(self.run_piece(run, piece)?);
        }
        let parsed = match values.as_slice() {
            [fences, column @ ..] => Fences::parse(fences).zip(parse_column(column)),
            [] => None,
        };
        parsed.ok_or_else(|| malformed("the filter of a run"))
    }

    /// Has the kernel begin to read what is kept in memory of the first `runs` runs: there are many places, and one after the
    /// other a cold disk would take seconds. It is only a hint.
    pub(crate) fn begin_to_read_filters(&self, runs: u64) {
        for run in 0..runs {
            let start = piece_at(run, RUN_PIECES);
            let length = NonZeroU64::new(piece_at(run.saturating_add(1), 0).saturating_sub(start));
            // Without it the pieces are read when they are asked for.
            let _: Result<(), _> = fadvise(&self.runs, start, length, Advice::WillNeed);
        }
    }

    fn root(&self, kind: Kind, tile: u64) -> Result<Hash, StoreError> {
        let hashes = offset(32 * TILE_HASHES);
        let bytes = self.read(
            kind,
            tile.saturating_add(hashes),
            TILE_BYTES - 32 * TILE_HASHES,
        )?;
        middle_root(&bytes).ok_or_else(|| malformed("a tile"))
    }

    fn read(&self, kind: Kind, at: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        let mut bytes = vec![0; length];
        let read = self
            .file(kind)
            .and_then(|file| file.read_exact_at(&mut bytes, at));
        read.map_err(|error| {
            let text = format!("{} at byte {at}: {error}", name(kind));
            if error.kind() == io::ErrorKind::UnexpectedEof {
                StoreError::Corrupt(format!("{text}: the file is cut short"))
            } else {
                StoreError::Io(text)
            }
        })?;
        Ok(bytes)
    }

    fn file(&self, kind: Kind) -> io::Result<&File> {
        match kind {
            Kind::Chunks => Ok(&self.chunks),
            Kind::Runs => Ok(&self.runs),
            Kind::Tiles(level) => {
                let place = usize::from(level).checked_sub(1);
                let file = place.and_then(|place| self.tiles.get(place));
                file.ok_or_else(|| io::ErrorKind::NotFound.into())
            }
        }
    }
}

/// The chunk of these entries with their tile.
pub(crate) fn encode_chunk(tile: &[u8], entries: &[Arc<[u8]>]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(CHUNK_HEAD_BYTES);
    for entry in entries {
        bytes.extend_from_slice(&u16::try_from(entry.len()).ok()?.to_be_bytes());
    }
    bytes.extend_from_slice(tile);
    for entry in entries {
        bytes.extend_from_slice(entry);
    }
    Some(bytes)
}

/// What to write for a tile of a level from 1; for level 1 with where its chunks begin.
pub(crate) fn tile_write(id: TileId, tile: Vec<u8>, starts: &[u64]) -> FileWrite {
    let before: Vec<u8> = starts
        .iter()
        .flat_map(|start| start.to_be_bytes())
        .collect();
    FileWrite {
        kind: Kind::Tiles(id.level),
        at: tile_at(id).saturating_sub(offset(before.len())),
        bytes: [before, tile].concat(),
    }
}

/// What to write for a run that has these pieces.
pub(crate) fn run_write(run: u64, pieces: Vec<Vec<u8>>) -> FileWrite {
    let sealed = (0..=u8::MAX)
        .zip(pieces)
        .flat_map(|(piece, bytes)| seal(&piece_name(run, piece), bytes));
    FileWrite {
        kind: Kind::Runs,
        at: piece_at(run, 0),
        bytes: sealed.collect(),
    }
}

fn paths(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let tiles = (1..TILE_LEVELS).map(Kind::Tiles);
    let kinds = [Kind::Chunks, Kind::Runs].into_iter().chain(tiles);
    kinds.map(|kind| folder.join(name(kind)))
}

fn name(kind: Kind) -> String {
    match kind {
        Kind::Chunks => "chunks".to_owned(),
        Kind::Tiles(level) => format!("tiles-{level}"),
        Kind::Runs => "runs".to_owned(),
    }
}

/// Where a tile of a level from 1 begins in its file.
fn tile_at(id: TileId) -> u64 {
    let before = if id.level == 1 { STARTS_BYTES } else { 0 };
    let each = offset(TILE_BYTES.saturating_add(before));
    id.index.saturating_mul(each).saturating_add(offset(before))
}

fn piece_at(run: u64, piece: u8) -> u64 {
    let sealed = |lengths: &[usize]| {
        let lengths = lengths
            .iter()
            .map(|length| length.saturating_add(SEAL_BYTES));
        offset(lengths.sum::<usize>())
    };
    let before = PIECE_BYTES
        .get(..usize::from(piece))
        .unwrap_or(&PIECE_BYTES);
    run.saturating_mul(sealed(&PIECE_BYTES))
        .saturating_add(sealed(before))
}

fn piece_name(run: u64, piece: u8) -> Vec<u8> {
    let mut name = b"run".to_vec();
    name.extend_from_slice(&run.to_be_bytes());
    name.push(piece);
    name
}

fn offset(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn malformed(what: &str) -> StoreError {
    StoreError::Corrupt(format!("{what} is malformed"))
}

/// How many chunks are below a tile of level 1.
pub(crate) const CHUNKS_IN_GROUP: u64 = TILE_WIDTH;
