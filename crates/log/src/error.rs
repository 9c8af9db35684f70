//! What goes wrong in the log, ordered by whose turn it is.

use witnessmark_keychain::KeychainError;
use witnessmark_verifier::{CharterError, EntryError, Origin};

use crate::limits::BATCH_ENTRIES_MAX;
use crate::signer::SignerError;
use crate::store::StoreError;

/// Why the log did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The caller's turn: what was submitted cannot be an entry.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The caller's turn: try again, with less at once.
    #[error("a batch has at most {BATCH_ENTRIES_MAX} submissions")]
    Busy,
    /// The caller's turn: the tree has no such entry, or not yet.
    #[error("index {index} is not in the log of size {size}")]
    IndexBeyond {
        /// The index asked for.
        index: u64,
        /// The size it was asked in.
        size: u64,
    },
    /// The caller's turn: the log has not had this size yet.
    #[error("size {asked} was asked for and there is {size}")]
    SizeBeyond {
        /// The size asked for.
        asked: u64,
        /// The greatest size it may have.
        size: u64,
    },
    /// The operator's turn: there is too little room. Nothing was written, and the log goes on
    /// when there is room again.
    #[error("storage is full: {needed} bytes are needed and {free} are free")]
    Full {
        /// The bytes the commit may need, with the reserve.
        needed: u64,
        /// The bytes that are free.
        free: u64,
    },
    /// The operator's turn: the clock is set too far back. Nothing was written, and the log goes on when the clock is right.
    #[error("the clock is {behind_ms} ms behind the time of the last entry")]
    Clock {
        /// How far the clock is behind, in milliseconds.
        behind_ms: u64,
    },
    /// The operator's turn: the key of the log gave no signature. Nothing was written, and the log goes on when it does.
    #[error("the checkpoint was not signed: {0}")]
    Signer(SignerError),
    /// The operator's turn: the store takes no writes. Nothing was written.
    #[error("the store takes no writes: {0}")]
    ReadOnly(String),
    /// The operator's turn: the store has a log already, so none can be created in it.
    #[error("the store has a log of {size} entries already")]
    Exists {
        /// Its size.
        size: u64,
    },
    /// The operator's turn: the store has no log that could be opened.
    #[error("the store has no log")]
    Empty,
    /// The operator's turn: reading failed. The log goes on.
    #[error("the store cannot be read: {0}")]
    Unreadable(String),
    /// The operator's turn: the outcome of a commit is unknown, or another writer has the log. This
    /// log appends nothing any more; opening it again finds out what is stored.
    #[error("the log has halted: {0}")]
    Halted(String),
    /// What is stored contradicts itself, or the key of this log.
    #[error("stored data contradicts itself: {0}")]
    Corrupt(String),
}

impl LogError {
    /// The error of a read from the store.
    pub(crate) fn of_read(error: StoreError) -> Self {
        match error {
            StoreError::Corrupt(what) => Self::Corrupt(what),
            // Callers ask for what is below a size that the store itself gave.
            StoreError::Beyond { asked, size } => Self::Corrupt(format!(
                "the store has size {size}, and size {asked} was published"
            )),
            StoreError::NoSpace { needed, free } => Self::Full { needed, free },
            StoreError::ReadOnly(reason) => Self::ReadOnly(reason),
            StoreError::Io(_) | StoreError::Stale { .. } => Self::Unreadable(error.to_string()),
        }
    }

    /// The error of a commit. `Full` and `ReadOnly` mean that nothing was written, as the store
    /// promises of the errors they are made from; with all others the log halts.
    pub(crate) fn of_commit(error: StoreError) -> Self {
        match error {
            StoreError::NoSpace { needed, free } => Self::Full { needed, free },
            StoreError::ReadOnly(reason) => Self::ReadOnly(reason),
            StoreError::Stale { .. }
            | StoreError::Beyond { .. }
            | StoreError::Io(_)
            | StoreError::Corrupt(_) => Self::Halted(error.to_string()),
        }
    }
}

/// Why one submission of a batch is not in the log; the others of the batch are not concerned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It cannot be written as an entry; it is too large.
    #[error("the submission cannot be an entry: {0}")]
    Entry(EntryError),
    /// Its organisation's keys do not allow it (any more).
    #[error(transparent)]
    Keys(KeychainError),
    /// The charter is not one, or its registrars did not sign it.
    #[error("the charter is not accepted: {0}")]
    Charter(CharterError),
    /// The charter names another log than the signing key does.
    #[error("the charter is of {charter} and the signing key of {signer}")]
    Origin {
        /// The origin in the charter.
        charter: Origin,
        /// The origin of the signing key.
        signer: Origin,
    },
}
