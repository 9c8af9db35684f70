//! Why a store cannot be opened or created.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use witnessmark_verifier::Hash;

/// Why a folder cannot be used as a store. Nothing was written by this crate, except where a
/// variant says so; what sled itself writes when it fails to open is not undone, so copy the
/// folder before trying anything else with it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder holds neither a store nor an anchor.
    #[error("{} holds no store", dir.display())]
    NotAStore {
        /// The folder that was named.
        dir: PathBuf,
    },
    /// The folder holds a store, or the anchor of one, so none is created in it.
    #[error("{} holds a store already", dir.display())]
    AlreadyAStore {
        /// The folder that was named.
        dir: PathBuf,
    },
    /// The anchor is here and the store is not. An empty one is not made in its place.
    #[error(
        "the store in {} is gone, and its anchor says that it held {size} entries with root \
         {root}: rebuild it from an export or a mirror", dir.display()
    )]
    StoreGone {
        /// The folder that was named.
        dir: PathBuf,
        /// The size in the anchor.
        size: u64,
        /// The root in the anchor.
        root: Hash,
    },
    /// There is no anchor, it cannot be read, or it says that nothing was committed yet.
    #[error("the anchor in {} says nothing: it {what}", dir.display())]
    NoAnchor {
        /// The folder that was named.
        dir: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// Another process has the store open.
    #[error("{} is in use by another process", dir.display())]
    InUse {
        /// The folder that was named.
        dir: PathBuf,
    },
    /// sled refused or failed to open the store, or its head cannot be read.
    #[error(
        "the store in {} is damaged: {detail}; copy the folder, then rebuild the store from an \
         export or a mirror", dir.display()
    )]
    Damaged {
        /// The folder that was named.
        dir: PathBuf,
        /// What sled said.
        detail: String,
    },
    /// The store was written by an earlier version, whose layout this one does not read.
    #[error(
        "the store in {} has the layout of an earlier version, which this version does not read: \
         export the log with the version that wrote it, and keep the folder", dir.display()
    )]
    EarlierLayout {
        /// The folder that was named.
        dir: PathBuf,
    },
    /// Opening took longer than the limit. The store stays locked until this process ends.
    #[error("the store in {} did not open within {} s", dir.display(), limit.as_secs())]
    TimedOut {
        /// The folder that was named.
        dir: PathBuf,
        /// The time that was allowed.
        limit: Duration,
    },
    /// The file system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

impl OpenError {
    /// The file system failed at `path`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::Io { path, source }
    }
}
