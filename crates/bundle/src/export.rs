//! An export: a whole log as files, in the static layout of C2SP tlog-tiles and nothing else.
//!
//! Every file is written beside its place, synced and renamed, and the checkpoint comes last: whoever
//! finds a checkpoint finds everything that it speaks of. A run that was cut short goes on where it
//! stopped, because full tiles never change.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use witnessmark_tlog::{TILE_WIDTH, Tile, encode_entry_bundle};
use witnessmark_verifier::{Checkpoint, LeafHash, Note, TreeHead};

use crate::tiles::{Tiler, entry_tiles, hash_tiles, tile_bytes};

/// The file that names the size and the root.
pub(crate) const CHECKPOINT: &str = "checkpoint";

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
        if let Some(tile) = entry_tiles(size)
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
            let entries = entry_tiles(size)
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

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, what)
}

fn sync_folder(folder: &Path) -> Result<(), ExportError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| io_error(folder, error))
}

/// Reads the files of an export. Only regular files inside the folder are read.
#[derive(Clone, Debug)]
pub(crate) struct ExportReader {
    dir: PathBuf,
}

impl ExportReader {
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    /// The bytes of a file, `None` when there is no such file. Never more than `max` and one byte.
    pub(crate) fn read(&self, path: &str, max: usize) -> io::Result<Option<Vec<u8>>> {
        let place = self.dir.join(path);
        self.check_folders(path)?;
        match fs::symlink_metadata(&place) {
            Ok(meta) if meta.is_file() => {}
            Ok(_) => return Err(invalid("not a regular file")),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        let max = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        File::open(place)?.take(max).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// A link in the place of a folder would lead out of the export.
    fn check_folders(&self, path: &str) -> io::Result<()> {
        let mut place = self.dir.clone();
        for folder in Path::new(path).parent().into_iter().flatten() {
            place.push(folder);
            // What is not there is found out when the file is looked for.
            if fs::symlink_metadata(&place).is_ok_and(|meta| meta.is_symlink()) {
                return Err(invalid("a link in the place of its folder"));
            }
        }
        Ok(())
    }

    /// Files of the folder that are not in `known`, as paths inside it; no more than `max`.
    pub(crate) fn strays(
        &self,
        known: &dyn Fn(&str) -> bool,
        max: usize,
    ) -> io::Result<Vec<String>> {
        let mut strays = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            for item in fs::read_dir(self.dir.join(&folder))? {
                let item = item?;
                let name = item.file_name().to_string_lossy().into_owned();
                let path = if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                };
                if item.file_type()?.is_dir() {
                    folders.push(path);
                } else if !known(&path) {
                    strays.push(path);
                    if strays.len() >= max {
                        return Ok(strays);
                    }
                }
            }
        }
        strays.sort();
        Ok(strays)
    }
}
