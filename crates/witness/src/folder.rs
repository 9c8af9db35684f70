//! The folder of a witness: its lock, and a file for each log it watches or has watched.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use witnessmark_verifier::sha256;

use crate::limits::LOCK_WAIT;
use crate::state::StateFile;

const LOGS_FOLDER: &str = "logs";

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Another process has the folder.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The file system refused.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        error: io::Error,
    },
}

/// The folder of a witness, taken for this process until this is dropped.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    logs: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes the folder `dir`, which exists, and makes what is missing of it.
    ///
    /// # Errors
    ///
    /// Another process has it, or the file system refuses.
    pub fn take(dir: &Path) -> Result<Self, FolderError> {
        let lock = lock(dir)?;
        let logs = dir.join(LOGS_FOLDER);
        if !logs.is_dir() {
            fs::create_dir(&logs)
                .and_then(|()| sync_folder(dir))
                .map_err(io_error(&logs))?;
        }
        Ok(Self {
            dir: dir.to_owned(),
            logs,
            _lock: lock,
        })
    }

    /// Replaces the file `name` of the folder as a whole. It is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// The file system refuses.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let path = self.dir.join(name);
        let unfinished = path.with_extension("new");
        write_synced(&unfinished, bytes)
            .and_then(|()| rename_synced(&unfinished, &path))
            .map_err(io_error(&path))
    }

    /// Begins to remember a log. Whatever is remembered of it already stays as it is.
    ///
    /// Only for a log that the witness does not watch yet: for one that it watches a missing file is damage.
    ///
    /// # Errors
    ///
    /// The file system refuses.
    pub fn begin(&self, origin: &str) -> Result<(), FolderError> {
        let file = self.state(origin);
        match file.path().try_exists() {
            Ok(true) => Ok(()),
            Ok(false) => file.create(origin).map_err(io_error(file.path())),
            Err(error) => Err(io_error(file.path())(error)),
        }
    }

    /// The file of the log `origin`.
    pub(crate) fn state(&self, origin: &str) -> StateFile {
        StateFile::new(&self.logs, &origin_hash(origin))
    }
}

/// What stands for an origin in file names and addresses: its SHA-256 in lower-case hex.
pub(crate) fn origin_hash(origin: &str) -> String {
    sha256(origin.as_bytes()).to_string()
}

/// Writes a file and waits until its bytes are on the disk.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives a file of a folder another name there, and waits until that is on the disk.
pub(crate) fn rename_synced(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    to.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn lock(dir: &Path) -> Result<File, FolderError> {
    let path = dir.join("lock");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.open(&path).map_err(io_error(&path))?;
    let begin = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begin.elapsed() < LOCK_WAIT => {
                thread::sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse(dir.to_owned())),
            Err(TryLockError::Error(error)) => return Err(io_error(&path)(error)),
        }
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    |error| FolderError::Io { path, error }
}
