//! Writing a log that was signed before into an empty store: the same entries at the same places, up to the same checkpoint.
//!
//! Nothing is signed here. The checkpoint comes from where the entries come from, and is committed as it is, with the last of
//! them. The commits before it need a note, too: it names the size and the root they have, under the signature of the last, which
//! is not good for it. So a store whose rebuilding was cut short has no checkpoint that anybody would accept.

use std::collections::HashSet;
use std::sync::Arc;

use witnessmark_merkle::{Frontier, NodeId};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{Checkpoint, Entry, Hash, LeafHash, RecordId, TreeHead};

use crate::checkpoint::SignedCheckpoint;
use crate::error::LogError;
use crate::store::{Commit, Store};

/// Entries, and bytes of them, after which a commit is made.
const BATCH_ENTRIES: usize = 1_024;
const BATCH_BYTES: usize = 8 << 20;

/// The epoch of a log that nobody has opened yet.
const FIRST_EPOCH: u64 = 1;

/// A log that is being written into an empty store.
///
/// That the checkpoint is signed by the right key, and that every entry is one that this log could have taken, is for the caller
/// to have checked.
#[derive(Debug)]
pub struct Rebuild<S> {
    store: Arc<S>,
    target: SignedCheckpoint,
    /// The tree over everything that was pushed.
    frontier: Frontier,
    batch: Batch,
}

/// What was pushed and is not committed yet.
#[derive(Debug, Default)]
struct Batch {
    entries: Vec<Arc<[u8]>>,
    bytes: usize,
    record_ids: Vec<RecordId>,
    known: HashSet<RecordId>,
    nodes: Vec<(NodeId, Hash)>,
}

impl<S: Store> Rebuild<S> {
    /// Begins to write the log with this checkpoint.
    ///
    /// # Errors
    ///
    /// [`LogError::Exists`] if the store has a log, or it cannot be read.
    pub fn begin(store: Arc<S>, target: SignedCheckpoint) -> Result<Self, LogError> {
        if let Some(latest) = store.latest().map_err(LogError::of_read)? {
            let size = latest.size();
            return Err(LogError::Exists { size });
        }
        Ok(Self {
            store,
            target,
            frontier: Frontier::new(),
            batch: Batch::default(),
        })
    }

    /// Takes the bytes of the next entry, exactly as they were.
    ///
    /// # Errors
    ///
    /// They are no entry, or one that the log has already, or a commit failed.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        // The last batch stays for the checkpoint.
        if self.batch.entries.len() >= BATCH_ENTRIES || self.batch.bytes >= BATCH_BYTES {
            let head = self.frontier.head();
            let note = self.note_for(head)?;
            self.commit(note)?;
        }
        let index = self.frontier.size();
        let corrupt = |what: &str| LogError::Corrupt(format!("entry {index}: {what}"));
        let entry = Entry::parse(bytes).map_err(|error| corrupt(&error.to_string()))?;
        let id = entry.record_id();
        let logged = self.store.index_of(&id).map_err(LogError::of_read)?;
        if logged.is_some() || !self.batch.known.insert(id) {
            return Err(corrupt("the same record is in the log before it"));
        }
        let batch = &mut self.batch;
        self.frontier.push(LeafHash::of(bytes), &mut |node, hash| {
            batch.nodes.push((node, hash));
        });
        batch.record_ids.push(id);
        batch.bytes = batch.bytes.saturating_add(bytes.len());
        batch.entries.push(Arc::from(bytes));
        Ok(())
    }

    /// The tree over what was pushed so far.
    pub fn head(&self) -> TreeHead {
        self.frontier.head()
    }

    /// Commits the last entries with the checkpoint. Then the store has the log.
    ///
    /// # Errors
    ///
    /// The entries do not make the tree of the checkpoint, or the commit failed. The store is then to be thrown away.
    pub fn finish(mut self) -> Result<(), LogError> {
        let (head, wanted) = (self.frontier.head(), *self.target.head());
        if head != wanted || self.batch.entries.is_empty() {
            return Err(LogError::Corrupt(format!(
                "the {} entries have the root {}, and the checkpoint is of {} with the root {}",
                head.size, head.root, wanted.size, wanted.root
            )));
        }
        self.commit(self.target.clone())
    }

    /// A note of this head under the signature of another.
    fn note_for(&self, head: TreeHead) -> Result<SignedCheckpoint, LogError> {
        let corrupt = |what: String| LogError::Corrupt(format!("the checkpoint: {what}"));
        let origin = self.target.origin().clone();
        let text = Checkpoint { origin, head }.encode();
        let signatures = self.target.text().split_once("\n\n");
        let (_, signatures) =
            signatures.ok_or_else(|| corrupt("it has no signature".to_owned()))?;
        SignedCheckpoint::parse(&format!("{text}\n{signatures}"))
            .map_err(|error| corrupt(error.to_string()))
    }

    fn commit(&mut self, checkpoint: SignedCheckpoint) -> Result<(), LogError> {
        let batch = std::mem::take(&mut self.batch);
        let count = u64::try_from(batch.entries.len()).unwrap_or(u64::MAX);
        let commit = Commit {
            epoch: FIRST_EPOCH,
            old_size: checkpoint.head().size.get().saturating_sub(count),
            entries: batch.entries,
            record_ids: batch.record_ids,
            nodes: batch.nodes,
            checkpoint,
        };
        self.store.commit(&commit).map_err(LogError::of_commit)
    }
}
