//! The folder of a ledger as the store sees it: lock, leftovers, free space, and syncing.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::OpenError;

/// How long a lock that somebody else holds is waited for, before the folder counts as in use.
const LOCK_LIMIT: Duration = Duration::from_secs(2);

/// The paths inside one folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    dir: PathBuf,
}

impl Folder {
    /// The folder `dir`, which may not be there.
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    /// The folder itself.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The anchor's file.
    pub(crate) fn anchor(&self) -> PathBuf {
        self.dir.join("anchor")
    }

    /// The folder that sled has to itself.
    pub(crate) fn store(&self) -> PathBuf {
        self.dir.join("store")
    }

    /// The folder of the files of what is full.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// The file that holds sled's log.
    pub(crate) fn db(&self) -> PathBuf {
        self.store().join("db")
    }

    fn blobs(&self) -> PathBuf {
        self.store().join("blobs")
    }

    /// Takes the folder for this process, until the file is dropped.
    ///
    /// The lock belongs to the open file, not to the process, so a second opening in the same
    /// process is refused too. The kernel lets go of it when the process ends, however it ends: a
    /// moment later when another process was being started meanwhile, because that holds a copy of
    /// every open file until it runs its own program. So it is waited for.
    pub(crate) fn lock(&self) -> Result<File, OpenError> {
        let path = self.dir.join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).map_err(OpenError::io(&path))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if start.elapsed() < LOCK_LIMIT => {
                    thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(OpenError::InUse {
                        dir: self.dir.clone(),
                    });
                }
                Err(TryLockError::Error(error)) => return Err(OpenError::io(path)(error)),
            }
        }
    }

    /// Whether a process has the folder now. Nothing is written to it.
    pub(crate) fn in_use(&self) -> io::Result<bool> {
        match File::open(self.dir.join("lock")) {
            Ok(file) => match file.try_lock() {
                Ok(()) => Ok(false),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(error)) => Err(error),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Moves page-table snapshots that sled did not finish from `store` to `aside`. sled refuses
    /// to open while one is there, though the log itself lacks nothing.
    pub(crate) fn move_leftovers_aside(&self) -> io::Result<()> {
        let mut moved = false;
        for item in fs::read_dir(self.store())? {
            let item = item?;
            let name = item.file_name();
            let text = name.to_string_lossy();
            let unfinished = text.ends_with(".generating");
            if !text.starts_with("snap.") || !(unfinished || item.metadata()?.len() == 0) {
                continue;
            }
            let aside = self.dir.join("aside");
            fs::create_dir_all(&aside)?;
            fs::rename(item.path(), free_name(&aside, &name)?)?;
            moved = true;
        }
        if moved {
            sync_folder(&self.dir.join("aside"))?;
            sync_folder(&self.store())?;
            sync_folder(&self.dir)?;
        }
        Ok(())
    }

    /// The bytes that may still be written to the file system of the folder.
    pub(crate) fn free_bytes(&self) -> io::Result<u64> {
        let free = rustix::fs::statvfs(&self.dir)?;
        Ok(free.f_bavail.saturating_mul(free.f_frsize))
    }

    /// Syncs every file of the store and every folder that names one.
    pub(crate) fn sync_all(&self) -> io::Result<()> {
        for folder in [self.store(), self.blobs()] {
            match fs::read_dir(&folder) {
                Ok(items) => sync_files(items)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            }
            sync_folder(&folder)?;
        }
        sync_folder(&self.dir)
    }
}

/// The files that sled writes while it runs, and how they are made durable.
///
/// sled's `flush` starts the writing and does not wait for the disk, so this has a descriptor of
/// its own for `store/db`.
#[derive(Debug)]
pub(crate) struct SyncedFiles {
    db: File,
    blobs: PathBuf,
    synced_blobs: BTreeSet<OsString>,
}

impl SyncedFiles {
    /// The files of a store whose files have all been synced.
    pub(crate) fn open(folder: &Folder) -> io::Result<Self> {
        let blobs = folder.blobs();
        let synced_blobs = blob_names(&blobs)?;
        Ok(Self {
            db: File::open(folder.db())?,
            blobs,
            synced_blobs,
        })
    }

    /// Waits until everything sled has written is on the disk.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.db.sync_data()?;
        // With values of at most 16 KiB in segments of 2 MiB there are no blobs. Should there be
        // one after all, sled has not synced it.
        let blobs = blob_names(&self.blobs)?;
        if blobs != self.synced_blobs {
            for name in blobs.difference(&self.synced_blobs) {
                match File::open(self.blobs.join(name)) {
                    Ok(blob) => blob.sync_data()?,
                    // sled removed it again, so nothing refers to it.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            sync_folder(&self.blobs)?;
            self.synced_blobs = blobs;
        }
        Ok(())
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn sync_files(items: fs::ReadDir) -> io::Result<()> {
    for item in items {
        let item = item?;
        if item.file_type()?.is_file() {
            File::open(item.path())?.sync_all()?;
        }
    }
    Ok(())
}

fn blob_names(blobs: &Path) -> io::Result<BTreeSet<OsString>> {
    match fs::read_dir(blobs) {
        Ok(items) => items.map(|item| Ok(item?.file_name())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

fn free_name(aside: &Path, name: &OsString) -> io::Result<PathBuf> {
    let mut path = aside.join(name);
    let mut copies = 1_u32;
    while path.try_exists()? {
        let mut numbered = name.clone();
        numbered.push(format!(".{copies}"));
        path = aside.join(numbered);
        copies = copies.saturating_add(1);
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_leftovers_are_moved_and_none_replaces_another() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path());
        fs::create_dir(folder.store()).unwrap();
        for content in ["one", "two"] {
            for name in ["db", "snap.01", "snap.02.generating"] {
                fs::write(folder.store().join(name), content).unwrap();
            }
            fs::write(folder.store().join("snap.03"), "").unwrap();
            folder.move_leftovers_aside().unwrap();
        }
        let names = |path: &Path| blob_names(path).unwrap().into_iter().collect::<Vec<_>>();
        assert_eq!(names(&folder.store()), ["db", "snap.01"]);
        let aside = dir.path().join("aside");
        let moved = [
            "snap.02.generating",
            "snap.02.generating.1",
            "snap.03",
            "snap.03.1",
        ];
        assert_eq!(names(&aside), moved);
        assert_eq!(
            fs::read_to_string(aside.join("snap.02.generating")).unwrap(),
            "one"
        );
    }

    #[test]
    fn a_blob_that_appears_is_synced_once() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path());
        fs::create_dir_all(folder.blobs()).unwrap();
        fs::write(folder.db(), "").unwrap();
        let mut files = SyncedFiles::open(&folder).unwrap();
        fs::write(folder.blobs().join("7"), "x").unwrap();
        files.sync().unwrap();
        assert!(files.synced_blobs.contains(&OsString::from("7")));
    }
}
