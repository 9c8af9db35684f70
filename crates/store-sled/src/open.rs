//! Creating and opening a store, guarded: what sled does on damage is not known beforehand.

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use witnessmark_log::{SignedCheckpoint, StoreError};

use crate::OpenError;
use crate::anchor::{Anchor, Anchored};
use crate::db::{Db, panic_text};
use crate::examine::examine;
use crate::files::Files;
use crate::folder::{Folder, SyncedFiles, sync_folder};
use crate::layout::{HEAD_KEY, Head, HeadError, parse_head};
use crate::state::State;
use crate::store::Writer;
use crate::view::View;

/// Bytes of a sled segment, fixed when a store is created. A leaf node above a quarter of it would
/// become a file that sled never syncs.
const SEGMENT_BYTES: usize = 2 << 20;
/// How often sled writes by itself what nobody flushed, and collects garbage.
const FLUSH_EVERY_MS: u64 = 500;
/// How long to wait for sled's own lock, which a store closed in this process lets go of late.
const SLED_LOCK_LIMIT: Duration = Duration::from_secs(5);

/// How a store is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// Memory for sled's cache of pages; 64 to 256 MiB are sensible.
    pub cache_bytes: u64,
    /// Bytes of the file system that commits leave free. sled must never meet a full disk: a
    /// commit that would go below this is refused before anything is written.
    pub reserve_bytes: u64,
    /// How long opening may take. `None` allows a minute, and 20 s more for each GiB of the
    /// store: the first open after a crash replays it, at about 5 s for each GB.
    pub open_limit: Option<Duration>,
    /// How long a commit may take, and closing the store. A commit that takes longer has failed: its
    /// outcome is unknown, and the store takes no more.
    pub commit_limit: Duration,
}

/// How long a commit may take when nothing else is said. It waits for two or three syncs, each some
/// milliseconds on a disk in order; this is long enough for one that has to spin up, or is busy.
const COMMIT_LIMIT: Duration = Duration::from_secs(30);

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            cache_bytes: 64 << 20,
            reserve_bytes: 64 << 20,
            open_limit: None,
            commit_limit: COMMIT_LIMIT,
        }
    }
}

/// A store that was opened and examined.
pub(crate) struct Opened {
    pub(crate) view: View,
    pub(crate) db: Db,
    /// The writer, or why there is none.
    pub(crate) writer: Result<Writer, String>,
    pub(crate) lock: File,
}

/// Makes an empty store in `folder`, which is made too if need be, and opens it.
pub(crate) fn create(folder: &Folder, options: &StoreOptions) -> Result<Opened, OpenError> {
    let dir = folder.dir();
    fs::create_dir_all(dir).map_err(OpenError::io(dir))?;
    let lock = folder.lock()?;
    let path = folder.anchor();
    let (_, anchored) = Anchor::open(&path).map_err(OpenError::io(&path))?;
    let created_before = match anchored {
        Anchored::Missing => false,
        // A creation that was cut short.
        Anchored::Nothing => true,
        Anchored::Unreadable | Anchored::Commit { .. } => {
            return Err(OpenError::AlreadyAStore {
                dir: dir.to_owned(),
            });
        }
    };
    if is_there(&folder.db())? {
        return Err(OpenError::AlreadyAStore {
            dir: dir.to_owned(),
        });
    }
    if !created_before {
        Anchor::create(&path).map_err(OpenError::io(&path))?;
    }
    Files::create(&folder.log())?;
    sync_folder(dir).map_err(OpenError::io(dir))?;
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        sync_folder(parent).map_err(OpenError::io(parent))?;
    }
    open_within_limit(folder, options, lock)
}

/// Opens the store in `folder`.
pub(crate) fn open(folder: &Folder, options: &StoreOptions) -> Result<Opened, OpenError> {
    // Before the lock is made: a folder without a store is left as it is.
    if !is_there(&folder.db())? {
        let path = folder.anchor();
        let not_a_folder = |error: &io::Error| error.kind() == io::ErrorKind::NotADirectory;
        let anchored = match Anchor::open(&path) {
            Ok((_, anchored)) => anchored,
            Err(error) if not_a_folder(&error) => Anchored::Missing,
            Err(error) => return Err(OpenError::io(path)(error)),
        };
        let dir = folder.dir().to_owned();
        return Err(match anchored {
            Anchored::Commit { checkpoint, .. } => {
                let head = checkpoint.head();
                OpenError::StoreGone {
                    dir,
                    size: head.size.get(),
                    root: head.root,
                }
            }
            Anchored::Missing | Anchored::Unreadable | Anchored::Nothing => {
                OpenError::NotAStore { dir }
            }
        });
    }
    let lock = folder.lock()?;
    open_within_limit(folder, options, lock)
}

/// What the anchor says, in a folder that nobody has open.
pub(crate) fn anchored(folder: &Folder) -> Result<SignedCheckpoint, OpenError> {
    let in_use = folder.in_use().map_err(OpenError::io(folder.dir()))?;
    let (dir, path) = (folder.dir().to_owned(), folder.anchor());
    if in_use {
        return Err(OpenError::InUse { dir });
    }
    let what = match Anchor::read(&path).map_err(OpenError::io(&path))? {
        Anchored::Commit { checkpoint, .. } => return Ok(checkpoint),
        Anchored::Missing => "is missing",
        Anchored::Unreadable => "is damaged",
        Anchored::Nothing => "was never written",
    };
    Err(OpenError::NoAnchor { dir, what })
}

/// Opens on a thread of its own, because sled panics on most damage and hangs on some. The thread
/// holds the lock: if the limit passes, sled may still be writing.
fn open_within_limit(
    folder: &Folder,
    options: &StoreOptions,
    lock: File,
) -> Result<Opened, OpenError> {
    let limit = options
        .open_limit
        .unwrap_or_else(|| default_limit(&folder.db()));
    let (sender, receiver) = mpsc::sync_channel(1);
    let (inner, cache_bytes) = (folder.clone(), options.cache_bytes);
    let work = move || {
        let opened = catch_unwind(AssertUnwindSafe(|| open_now(&inner, cache_bytes, lock)));
        let opened = opened.unwrap_or_else(|panic| {
            let detail = format!("sled panicked: {}", panic_text(panic.as_ref()));
            Err(OpenError::Damaged {
                dir: inner.dir().to_owned(),
                detail,
            })
        });
        // Nobody waits any more when the limit has passed: the store is closed again here.
        drop(sender.send(opened));
    };
    let thread = thread::Builder::new().name("store-open".to_owned());
    thread.spawn(work).map_err(OpenError::io(folder.dir()))?;
    receiver.recv_timeout(limit).unwrap_or_else(|_| {
        Err(OpenError::TimedOut {
            dir: folder.dir().to_owned(),
            limit,
        })
    })
}

fn open_now(folder: &Folder, cache_bytes: u64, lock: File) -> Result<Opened, OpenError> {
    let store = folder.store();
    if is_there(&store)? {
        folder
            .move_leftovers_aside()
            .map_err(OpenError::io(&store))?;
    }
    let anchor_path = folder.anchor();
    let (anchor, anchored) = Anchor::open(&anchor_path).map_err(OpenError::io(&anchor_path))?;
    let db = Db::new(open_sled(folder, cache_bytes)?);
    // What sled read may never have reached the disk: the process before this one was killed.
    folder.sync_all().map_err(OpenError::io(&store))?;
    let head = read_head(folder, &db)?;
    let files = Files::open(&folder.log()).map_err(|(path, error)| {
        if error.kind() == io::ErrorKind::NotFound {
            let text = format!("{} is missing", path.display());
            damaged(folder, &StoreError::Corrupt(text))
        } else {
            OpenError::io(path)(error)
        }
    })?;
    let synced = SyncedFiles::open(folder).map_err(OpenError::io(&store))?;
    let (state, whole) = State::read(&db, &files, head);
    let latest = state.latest.clone();
    let view = View::new(files, state);
    let writer = examine(folder, &view, latest.as_ref(), &anchored, whole).and_then(|()| {
        let no_anchor = || "the anchor cannot be written".to_owned();
        Ok(Writer::new(anchor.ok_or_else(no_anchor)?, synced))
    });
    Ok(Opened {
        view,
        db,
        writer,
        lock,
    })
}

fn read_head(folder: &Folder, db: &Db) -> Result<Option<Head>, OpenError> {
    let value = db.get(HEAD_KEY).map_err(|error| damaged(folder, &error))?;
    let head = value.map(|value| parse_head(&value)).transpose();
    head.map_err(|error| match error {
        HeadError::Before => OpenError::EarlierLayout {
            dir: folder.dir().to_owned(),
        },
        HeadError::Damaged(what) => damaged(folder, &StoreError::Corrupt(what.to_owned())),
    })
}

fn open_sled(folder: &Folder, cache_bytes: u64) -> Result<sled::Db, OpenError> {
    let start = Instant::now();
    let config = sled::Config::default()
        .path(folder.store())
        .mode(sled::Mode::HighThroughput)
        .segment_size(SEGMENT_BYTES)
        .cache_capacity(cache_bytes)
        .flush_every_ms(Some(FLUSH_EVERY_MS))
        .use_compression(false);
    loop {
        let error = match config.open() {
            Ok(db) => return Ok(db),
            Err(error) => error,
        };
        // Our own lock is held, so a store that this process closed just now has sled's.
        let locked = error.to_string().contains("could not acquire lock");
        if !locked || start.elapsed() > SLED_LOCK_LIMIT {
            return Err(refused(folder, error));
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// sled did not open: because of what it found, or because the file system did not let it.
fn refused(folder: &Folder, error: sled::Error) -> OpenError {
    if let sled::Error::Io(source) = &error
        && matches!(
            source.kind(),
            io::ErrorKind::PermissionDenied
                | io::ErrorKind::StorageFull
                | io::ErrorKind::ReadOnlyFilesystem
        )
    {
        let source = io::Error::new(source.kind(), error);
        return OpenError::Io {
            path: folder.store(),
            source,
        };
    }
    OpenError::Damaged {
        dir: folder.dir().to_owned(),
        detail: error.to_string(),
    }
}

fn damaged(folder: &Folder, error: &StoreError) -> OpenError {
    OpenError::Damaged {
        dir: folder.dir().to_owned(),
        detail: error.to_string(),
    }
}

fn is_there(path: &Path) -> Result<bool, OpenError> {
    match path.try_exists() {
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        found => found.map_err(OpenError::io(path)),
    }
}

fn default_limit(db: &Path) -> Duration {
    let gib = fs::metadata(db).map_or(0, |db| db.len()) >> 30;
    Duration::from_secs(gib.saturating_mul(20).saturating_add(60))
}
