//! An export: a whole log as files, in the static layout of C2SP tlog-tiles and nothing else.
//!
//! Every file is written beside its place, synced and renamed, and the checkpoint comes last: whoever
//! finds a checkpoint finds everything that it speaks of. A later run adds what is new: it makes the right edge of the tree
//! from the tiles in the folder, which must have the root of the checkpoint there, and goes on from it to the new root. So
//! the new tree is an extension of the old one, and nothing but the edge is read again. Files that a run left that was cut
//! short are compared and kept.

mod log;
mod reader;

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use witnessmark_tlog::{TILE_WIDTH, Tile, encode_entry_bundle};
use witnessmark_verifier::{Checkpoint, Hash, LeafHash, Note, TreeHead};

use crate::tiles::{Tiler, edge_tiles, tile_bytes};

pub use log::ExportedLog;
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
    /// Another program is writing the export.
    #[error("another export into this folder is running; wait for it")]
    Busy,
    /// What is in the folder is not the tree of the checkpoint in the folder.
    #[error("the export in the folder is damaged: {0}; audit it, and export into a new folder")]
    Damaged(String),
    /// The log shows another history than the export that is in the folder.
    #[error(
        "{0}: this is another history than the one in the folder; keep the folder as evidence, and export into a new one"
    )]
    Forked(String),
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
    /// Entries that the folder did not have before, by its checkpoint.
    pub new_entries: u64,
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
    /// How many entries the checkpoint in the folder speaks of, and that checkpoint.
    old_size: u64,
    old_checkpoint: Option<String>,
    tiler: Tiler,
    /// The place of the next entry.
    next: u64,
    /// Leaf hashes of the last tile in the folder, when it is not full: those entries come again, to fill it.
    again: Vec<Hash>,
    entries: Vec<Vec<u8>>,
    done: Exported,
    /// Tiles that this run wrote, which no checkpoint speaks of yet.
    written: Vec<PathBuf>,
    /// Folders whose names must reach the disk before the checkpoint does.
    folders: BTreeSet<PathBuf>,
    /// Held while this exists, so that no two write at a time.
    _lock: Option<File>,
}

impl ExportWriter {
    /// Begins or continues an export in `dir`, up to `checkpoint`, a signed note. Signatures are not checked here.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made, holds anything else, holds the export of another ledger, of a later checkpoint or of
    /// another history, is damaged, or is being written by another program.
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
        let lock = lock(&dir)?;
        let mut writer = Self {
            checkpoint: checkpoint.to_owned(),
            head: new.head,
            old_size: 0,
            old_checkpoint: None,
            tiler: Tiler::default(),
            next: 0,
            again: Vec::new(),
            entries: Vec::new(),
            done: Exported::default(),
            written: Vec::new(),
            folders: BTreeSet::new(),
            _lock: lock,
            dir,
        };
        let path = writer.dir.join(CHECKPOINT);
        if path.exists() {
            let text = fs::read_to_string(&path).map_err(|error| io_error(&path, error))?;
            let old = read_checkpoint(&text)?;
            if old.origin != new.origin || old.head.size > new.head.size {
                return Err(ExportError::OtherExport);
            }
            writer.go_on(&old.head)?;
            writer.old_checkpoint = Some(text);
        }
        Ok(writer)
    }

    /// Makes the tree of the folder's checkpoint from the tiles on its edge.
    fn go_on(&mut self, old: &TreeHead) -> Result<(), ExportError> {
        let size = old.size.get();
        let reader = ExportReader::new(&self.dir);
        self.tiler = Tiler::of_edge(size, |tile| reader.edge_tile(tile, size))
            .map_err(|(path, why)| ExportError::Damaged(format!("{path}: {why}")))?;
        if self.tiler.root() != old.root {
            let what = "its tiles do not make the root in its checkpoint";
            return Err(ExportError::Damaged(what.to_owned()));
        }
        if self.head.size == old.size && self.head.root != old.root {
            return Err(ExportError::Forked(format!(
                "the ledger has the root {} for {size} entries, and the checkpoint in the folder {}",
                self.head.root, old.root
            )));
        }
        self.old_size = size;
        self.next = size;
        if self.head.size > old.size {
            let edge = self.tiler.edge().next();
            self.again = edge.map(<[Hash]>::to_vec).unwrap_or_default();
            let count = u64::try_from(self.again.len()).unwrap_or(0);
            self.next = size.saturating_sub(count);
        }
        Ok(())
    }

    /// The place of the entry to be given next. At first it is 0 in a new folder; in an export that is continued it is the start of
    /// the last tile that is not full, or the new size when there is nothing new.
    pub const fn next_index(&self) -> u64 {
        self.next
    }

    /// Adds the entry at [`Self::next_index`].
    ///
    /// # Errors
    ///
    /// When a file cannot be written, or is there with other bytes, or the entry is another one than in the folder.
    pub fn push(&mut self, entry: &[u8]) -> Result<(), ExportError> {
        let index = self.next;
        if entry.len() > usize::from(u16::MAX) {
            return Err(ExportError::EntryTooLong(index));
        }
        let leaf = LeafHash::of(entry);
        let mut filled = Vec::new();
        if index < self.old_size {
            if self.again.get(self.entries.len()) != Some(&leaf.hash()) {
                return Err(ExportError::Forked(format!(
                    "entry {index} of the ledger is not the one in the folder"
                )));
            }
        } else {
            self.tiler.push(leaf, &mut |tile, hashes| {
                filled.push((tile, tile_bytes(hashes)));
            });
        }
        self.next = index.saturating_add(1);
        self.entries.push(entry.to_vec());
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
        let given = self.next;
        if given != size {
            return Err(ExportError::Tree { given, size });
        }
        if self.tiler.root() != self.head.root {
            // They are tiles of another history, and would stand in the way of those of this one.
            for place in &self.written {
                fs::remove_file(place).unwrap_or_default();
            }
            if self.old_size == 0 {
                return Err(ExportError::Tree { given, size });
            }
            return Err(ExportError::Forked(format!(
                "the {} entries in the folder and the new ones do not make the tree of {size} that was signed",
                self.old_size
            )));
        }
        if size > self.old_size {
            self.write_edge()?;
        }
        for folder in &self.folders {
            sync_folder(folder)?;
        }
        if self.old_checkpoint.as_deref() != Some(self.checkpoint.as_str()) {
            let checkpoint = self.checkpoint.clone();
            self.replace(CHECKPOINT, checkpoint.as_bytes())?;
            sync_folder(&self.dir)?;
        }
        self.remove_outdated();
        self.done.size = size;
        self.done.new_entries = size.saturating_sub(self.old_size);
        Ok(self.done)
    }

    /// Writes the tiles that are not full.
    fn write_edge(&mut self) -> Result<(), ExportError> {
        let size = self.head.size.get();
        if let Some(tile) = edge_tiles(size).find(|tile| tile.level == 0) {
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
        Ok(())
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
        self.replace(path, bytes)?;
        self.written.push(place);
        Ok(())
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

    /// Removes partial tiles that the checkpoint does not speak of, near the old edge and the new one, where a run that was cut
    /// short may have left some too. Such a tile is correct and of no use, so that it stays is no failure.
    fn remove_outdated(&self) {
        let size = self.head.size.get();
        let current: BTreeSet<String> = edge_tiles(size).flat_map(both_paths).collect();
        let edges = edge_tiles(size).chain(edge_tiles(self.old_size));
        // A folder has a thousand tiles at most.
        let folders: BTreeSet<String> = edges
            .flat_map(both_paths)
            .filter_map(|path| Some(path.split_once(".p/")?.0.rsplit_once('/')?.0.to_owned()))
            .collect();
        for folder in folders {
            for tile in names(&self.dir.join(&folder)) {
                if tile.strip_suffix(".p").is_none() {
                    continue;
                }
                let partial = self.dir.join(&folder).join(&tile);
                for width in names(&partial) {
                    let path = format!("{folder}/{tile}/{width}");
                    let is_tile = Tile::parse(&path)
                        .or_else(|_| Tile::parse_entries(&path))
                        .is_ok();
                    if is_tile && !current.contains(&path) {
                        fs::remove_file(partial.join(&width)).unwrap_or_default();
                    }
                }
                // It goes only when it is empty.
                fs::remove_dir(&partial).unwrap_or_default();
            }
        }
    }
}

/// Where a tile of hashes is and, on the lowest level, its entries.
fn both_paths(tile: Tile) -> impl Iterator<Item = String> {
    let entries = (tile.level == 0).then(|| tile.entries_path());
    entries.into_iter().chain([tile.path()])
}

/// The names in a folder, as far as they can be read.
fn names(folder: &Path) -> Vec<String> {
    let items = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = items.map(|item| item.file_name().into_string());
    names.filter_map(Result::ok).collect()
}

/// Nothing where the system cannot lock a folder.
fn lock(dir: &Path) -> Result<Option<File>, ExportError> {
    let Ok(folder) = File::open(dir) else {
        return Ok(None);
    };
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(TryLockError::WouldBlock) => Err(ExportError::Busy),
        Err(TryLockError::Error(_)) => Ok(None),
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
