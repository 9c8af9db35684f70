//! An export: a whole log as files, in the static layout of C2SP tlog-tiles and nothing else.
//!
//! Every file is written beside its place, synced and renamed, and the checkpoint comes last: whoever
//! finds a checkpoint finds everything that it speaks of. A run that was cut short goes on where it
//! stopped, because full tiles never change.

mod reader;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use witnessmark_verifier::{
    Checkpoint, LeafHash, Note, TILE_WIDTH, Tile, TreeHead, encode_entry_bundle,
};

use crate::tiles::{Tiler, entry_tiles, hash_tiles, tile_bytes};

pub(crate) use reader::ExportReader;

/// The file that names the size and the root.
pub(crate) const CHECKPOINT: &str = "checkpoint";

/// The largest bundle of entries: 256 entries of 65,535 bytes, each with its length.
pub(crate) const ENTRIES_BYTES_MAX: usize = 256 * (65_535 + 2);

/// Where a file is written before it gets its name.
const UNFINISHED: &str = ".unfinished";

/// Why an export was not written, or not wholly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A file could not be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The checkpoint is not one.
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(String),
    /// The folder holds something that is not an export.
    #[error("the folder holds something else than an export; name an empty or a new folder")]
    NotAnExport,
    /// The folder holds the export of another log, or a later one of this log.
    #[error("the folder holds an export of another ledger, or a later one of this ledger")]
    OtherExport,
    /// A file that never changes is there with other bytes.
    #[error("{0}: the file is there with other bytes; export into a new folder and compare")]
    Differs(PathBuf),
    /// An entry is longer than a bundle of entries allows.
    #[error("entry {0} is longer than 65,535 bytes")]
    EntryTooLong(u64),
    /// The entries that were given do not make the tree of the checkpoint.
    #[error(
        "{given} entries were given, and they do not make the tree of {size} in the checkpoint"
    )]
    Tree {
        /// How many entries were given.
        given: u64,
        /// The size in the checkpoint.
        size: u64,
    },
}

/// What an export wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The size of the log.
    pub size: u64,
    /// Files written by this run.
    pub files_written: u64,
    /// Files that were there already with the same bytes.
    pub files_kept: u64,
}

/// Writes an export, entry by entry.
#[derive(Debug)]
pub struct ExportWriter {
    dir: PathBuf,
    checkpoint: String,
    head: TreeHead,
    old_size: u64,
    tiler: Tiler,
    entries: Vec<Vec<u8>>,
    done: Exported,
    /// Folders whose names must reach the disk before the checkpoint does.
    folders: BTreeSet<PathBuf>,
}

impl ExportWriter {
    /// Begins or continues an export in `dir`, up to `checkpoint`, a signed note.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made, holds anything else, or holds the export of another ledger
    /// or of a later checkpoint.
    pub fn create(dir: impl Into<PathBuf>, checkpoint: &str) -> Result<Self, ExportError> {
        let dir = dir.into();
        let new = read_checkpoint(checkpoint)?;
        fs::create_dir_all(&dir).map_err(|error| io_error(&dir, error))?;
        for name in fs::read_dir(&dir).map_err(|error| io_error(&dir, error))? {
            let name = name.map_err(|error| io_error(&dir, error))?.file_name();
            if name != CHECKPOINT && name != "tile" && name != UNFINISHED {
                return Err(ExportError::NotAnExport);
            }
        }
        let mut old_size = 0;
        let path = dir.join(CHECKPOINT);
        if path.exists() {
            let text = fs::read_to_string(&path).map_err(|error| io_error(&path, error))?;
            let old = read_checkpoint(&text)?;
            if old.origin != new.origin || old.head.size > new.head.size {
                return Err(ExportError::OtherExport);
            }
            old_size = old.head.size.get();
        }
        Ok(Self {
            dir,
            checkpoint: checkpoint.to_owned(),
            head: new.head,
            old_size,
            tiler: Tiler::default(),
            entries: Vec::new(),
            done: Exported::default(),
            folders: BTreeSet::new(),
        })
    }

    /// Adds the next entry, from entry 0 on.
    ///
    /// # Errors
    ///
    /// When a file cannot be written, or is there with other bytes.
    pub fn push(&mut self, entry: &[u8]) -> Result<(), ExportError> {
        let index = self.tiler.size();
        if entry.len() > usize::from(u16::MAX) {
            return Err(ExportError::EntryTooLong(index));
        }
        self.entries.push(entry.to_vec());
        let mut filled = Vec::new();
        self.tiler.push(LeafHash::of(entry), &mut |tile, hashes| {
            filled.push((tile, tile_bytes(hashes)));
        });
        if self.entries.len() == usize::from(TILE_WIDTH) {
            let width = u64::from(TILE_WIDTH);
            self.write_entries(Tile {
                level: 0,
                index: index / width,
                width: TILE_WIDTH,
            })?;
        }
        for (tile, bytes) in filled {
            self.write(&tile.path(), &bytes)?;
        }
        Ok(())
    }

    /// Writes what is left and, last of all, the checkpoint; then removes partial tiles that the
    /// new checkpoint no longer speaks of.
    ///
    /// # Errors
    ///
    /// When the entries do not make the tree of the checkpoint, or a file cannot be written. There is
    /// then no new checkpoint.
    pub fn finish(mut self) -> Result<Exported, ExportError> {
        let size = self.head.size.get();
        let given = self.tiler.size();
        if given != size || self.tiler.root() != self.head.root {
            return Err(ExportError::Tree { given, size });
        }
        if let Some(tile) = entry_tiles(0, size)
            .last()
            .filter(|tile| tile.width < TILE_WIDTH)
        {
            self.write_entries(tile)?;
        }
        let partial: Vec<_> = self
            .tiler
            .partial()
            .map(|(tile, hashes)| (tile.path(), tile_bytes(hashes)))
            .collect();
        for (path, bytes) in partial {
            self.write(&path, &bytes)?;
        }
        for folder in &self.folders {
            sync_folder(folder)?;
        }
        let checkpoint = self.checkpoint.clone();
        self.replace(CHECKPOINT, checkpoint.as_bytes())?;
        sync_folder(&self.dir)?;
        self.remove_outdated();
        self.done.size = size;
        Ok(self.done)
    }

    fn write_entries(&mut self, tile: Tile) -> Result<(), ExportError> {
        let bytes = encode_entry_bundle(&self.entries)
            .map_err(|_| ExportError::EntryTooLong(self.tiler.size()))?;
        self.entries.clear();
        self.write(&tile.entries_path(), &bytes)
    }

    /// Writes a file that never changes once it is there.
    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let place = self.dir.join(path);
        match fs::read(&place) {
            Ok(there) if there == bytes => {
                self.done.files_kept += 1;
                return Ok(());
            }
            Ok(_) => return Err(ExportError::Differs(place)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(io_error(&place, error)),
        }
        let mut folder = place.parent();
        if let Some(folder) = folder {
            fs::create_dir_all(folder).map_err(|error| io_error(folder, error))?;
        }
        while let Some(above) = folder.filter(|above| above.starts_with(&self.dir)) {
            self.folders.insert(above.to_owned());
            folder = above.parent();
        }
        self.replace(path, bytes)
    }

    fn replace(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let unfinished = self.dir.join(UNFINISHED);
        let place = self.dir.join(path);
        let write = || -> io::Result<()> {
            let mut file = File::create(&unfinished)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, &place)
        };
        write().map_err(|error| io_error(&place, error))?;
        self.done.files_written += 1;
        Ok(())
    }

    /// A left-over partial tile is correct and of no use, so that it stays is no failure.
    fn remove_outdated(&self) {
        let partial = |tile: &Tile| tile.width < TILE_WIDTH;
        let paths = |size: u64| -> BTreeSet<String> {
            let entries = entry_tiles(0, size)
                .filter(partial)
                .map(|tile| tile.entries_path());
            let hashes = hash_tiles(size).filter(partial).map(|tile| tile.path());
            entries.chain(hashes).collect()
        };
        let new = paths(self.head.size.get());
        for path in paths(self.old_size).difference(&new) {
            let place = self.dir.join(path);
            let removed = fs::remove_file(&place);
            if let (Ok(()), Some(folder)) = (removed, place.parent()) {
                // It goes only when it is empty.
                fs::remove_dir(folder).unwrap_or_default();
            }
        }
    }
}

fn read_checkpoint(text: &str) -> Result<Checkpoint, ExportError> {
    let note = Note::parse(text).map_err(|error| ExportError::Checkpoint(error.to_string()))?;
    Checkpoint::parse(note.text()).map_err(|error| ExportError::Checkpoint(error.to_string()))
}

fn io_error(path: &Path, error: io::Error) -> ExportError {
    ExportError::Io {
        path: path.to_owned(),
        error,
    }
}

fn sync_folder(folder: &Path) -> Result<(), ExportError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| io_error(folder, error))
}
