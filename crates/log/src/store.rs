//! The durable state of one log: a trait of five calls, and what its callers may rely on. A sixth only spares them a thread.
//!
//! The log is append-only, so a snapshot is a tree size: every read is of something below a size
//! that was committed, and what is below a committed size never changes. No engine needs
//! snapshots or locks for that. What an engine must give are these seven things, and
//! `testing::contract` asks any engine for them:
//!
//! 1. At most one commit succeeds for each old size (an epoch-raising commit without entries
//!    aside, which changes nothing but the epoch).
//! 2. The epoch never decreases; a commit with an older epoch fails.
//! 3. After `Ok` the commit survives the end of the process and loss of power.
//! 4. Entries, nodes, record ids and the checkpoint of a commit appear together or not at all.
//! 5. The latest state read by a new writer is at least every state that was acknowledged.
//! 6. What is read of a size never changes.
//! 7. An engine that ignores the conditions, or does not sync, is found out when it is opened,
//!    and refused.

use std::ops::Range;
use std::sync::Arc;

use witnessmark_merkle::NodeId;
use witnessmark_verifier::{Hash, LeafIndex, RecordId};

use crate::checkpoint::SignedCheckpoint;

/// The durable state of one log. One process opens it; one thread commits.
pub trait Store: Send + Sync + 'static {
    /// The state left by the last commit, or `None` if there has been none.
    ///
    /// # Errors
    ///
    /// The state cannot be read, or contradicts itself.
    fn latest(&self) -> Result<Option<Latest>, StoreError>;

    /// Makes `commit` durable, wholly or not at all, provided that
    /// [`commit.check_follows(latest)`](Commit::check_follows) holds.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`], [`StoreError::ReadOnly`] and [`StoreError::NoSpace`] promise that
    /// nothing was written. After any other error the outcome is unknown: the store must be
    /// opened again to learn it.
    fn commit(&self, commit: &Commit) -> Result<(), StoreError>;

    /// The hashes of stored nodes, in the order asked. Every node asked for is complete at the
    /// latest size.
    ///
    /// # Errors
    ///
    /// [`StoreError::Beyond`] for a node that is not complete at the latest size; or it cannot be
    /// read, or is missing ([`StoreError::Corrupt`]).
    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>, StoreError>;

    /// The bytes of the entries in `range`, which ends at or before the latest size. An empty
    /// range has no entries.
    ///
    /// # Errors
    ///
    /// [`StoreError::Beyond`] for a range that ends after the latest size; or an entry cannot be
    /// read, or is missing ([`StoreError::Corrupt`]).
    fn entries(&self, range: Range<u64>) -> Result<Vec<Arc<[u8]>>, StoreError>;

    /// Where the entry of this record is, if the log has it.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    fn index_of(&self, record: &RecordId) -> Result<Option<LeafIndex>, StoreError>;

    /// [`Store::nodes`] without reading anything: nothing unless all of them are in memory.
    fn nodes_at_hand(&self, ids: &[NodeId]) -> Option<Vec<Hash>> {
        // Whoever keeps nothing in memory has nothing at hand.
        ids.is_empty().then(Vec::new)
    }
}

impl<S: Store> Store for Arc<S> {
    fn latest(&self) -> Result<Option<Latest>, StoreError> {
        self.as_ref().latest()
    }

    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        self.as_ref().commit(commit)
    }

    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>, StoreError> {
        self.as_ref().nodes(ids)
    }

    fn entries(&self, range: Range<u64>) -> Result<Vec<Arc<[u8]>>, StoreError> {
        self.as_ref().entries(range)
    }

    fn index_of(&self, record: &RecordId) -> Result<Option<LeafIndex>, StoreError> {
        self.as_ref().index_of(record)
    }

    fn nodes_at_hand(&self, ids: &[NodeId]) -> Option<Vec<Hash>> {
        self.as_ref().nodes_at_hand(ids)
    }
}

/// The state left by the last commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// The epoch of the writer that made the last commit.
    pub epoch: u64,
    /// The checkpoint of the last commit; the size of the log is in it.
    pub checkpoint: SignedCheckpoint,
}

impl Latest {
    /// The number of entries the log has.
    pub fn size(&self) -> u64 {
        self.checkpoint.head().size.get()
    }
}

/// One batch to make durable: everything that appears with it.
///
/// Without entries it raises the epoch and changes nothing else: how a writer takes its role.
///
/// Invariants: the checkpoint's size is `old_size` and the number of entries; there is one record
/// id for each entry; `nodes` are exactly the nodes that the entries complete, the leaf hashes
/// among them, each once. Nodes come in the order in which they are completed.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The epoch of the writer.
    pub epoch: u64,
    /// The size of the log before this commit.
    pub old_size: u64,
    /// The bytes of the entries, from index `old_size` on.
    pub entries: Vec<Arc<[u8]>>,
    /// The record id of each entry, in the same order. None of them is in the log yet.
    pub record_ids: Vec<RecordId>,
    /// The nodes that the entries complete.
    pub nodes: Vec<(NodeId, Hash)>,
    /// The checkpoint after this commit; for a commit without entries, the one before it.
    pub checkpoint: SignedCheckpoint,
}

impl Commit {
    /// The size of the log after this commit.
    pub fn new_size(&self) -> u64 {
        self.checkpoint.head().size.get()
    }

    /// The condition inside every commit, for a store to check in the same step that writes:
    /// `latest` has this commit's old size, its epoch is not later than this commit's, and it is
    /// earlier if this commit has no entries, so that no two writers hold one epoch.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] when another commit came first.
    ///
    /// # Panics
    ///
    /// The commit does not hold its own invariants: a mistake of the program, not of the world.
    pub fn check_follows(&self, latest: Option<&Latest>) -> Result<(), StoreError> {
        let entries = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        assert_eq!(
            self.old_size.checked_add(entries),
            Some(self.new_size()),
            "the checkpoint of a commit counts its entries"
        );
        assert_eq!(
            self.entries.len(),
            self.record_ids.len(),
            "one record id for each entry"
        );
        let (epoch, size) = latest.map_or((0, 0), |latest| (latest.epoch, latest.size()));
        let epoch_follows = if self.entries.is_empty() {
            self.epoch > epoch
        } else {
            self.epoch >= epoch
        };
        let same_root = !self.entries.is_empty()
            || latest.is_some_and(|latest| latest.checkpoint.head() == self.checkpoint.head());
        if epoch_follows && self.old_size == size && same_root {
            Ok(())
        } else {
            Err(StoreError::Stale { epoch, size })
        }
    }
}

/// Why a store did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another commit came first; nothing was written.
    #[error("another writer is at epoch {epoch} and size {size}")]
    Stale {
        /// The epoch the store has.
        epoch: u64,
        /// The size the store has.
        size: u64,
    },
    /// The store was opened for reading, or takes no more writes; nothing was written.
    #[error("the store takes no writes: {0}")]
    ReadOnly(String),
    /// Too little room is left for this commit; nothing was written.
    #[error("storage is full: {needed} bytes are needed and {free} are free")]
    NoSpace {
        /// The bytes that this commit may need, with the reserve.
        needed: u64,
        /// The bytes that are free.
        free: u64,
    },
    /// What was asked for is beyond the latest size.
    #[error("size {asked} was asked for and the store has {size}")]
    Beyond {
        /// The least size that has what was asked for.
        asked: u64,
        /// The size the store has.
        size: u64,
    },
    /// The engine or the file system failed.
    #[error("{0}")]
    Io(String),
    /// What is stored contradicts itself.
    #[error("stored data contradicts itself: {0}")]
    Corrupt(String),
}
