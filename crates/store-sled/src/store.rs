//! The store: one batch, one flush, one sync, then the anchor; and reads below the latest size.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use witnessmark_log::{Commit, Latest, Store, StoreError};
use witnessmark_merkle::NodeId;
use witnessmark_verifier::{Hash, LeafIndex, RecordId};

use crate::OpenError;
use crate::anchor::Anchor;
use crate::chunk::{Chunk, pack};
use crate::folder::{Folder, SyncedFiles};
use crate::layout::{CHECKPOINT_BYTES_MAX, HEAD_KEY, encode_head, record_key, tile_key};
use crate::open::{self, Opened, StoreOptions};
use crate::tile::Edge;
use crate::view::{View, from_sled, guarded};

/// What sled may write for each byte of a batch, generously: 1.5 to 2.3 was measured.
const SPACE_FACTOR: u64 = 4;

/// The embedded store of one ledger.
///
/// It holds the lock of its folder until it is dropped. After a commit failed half-way it takes
/// no more commits and goes on answering reads of what was acknowledged before; what became of
/// that commit is learnt by opening the store again.
pub struct SledStore {
    // Fields are dropped in this order: the lock goes last.
    view: View,
    role: Mutex<Role>,
    latest: RwLock<Option<Latest>>,
    read_only: Option<String>,
    folder: Folder,
    reserve_bytes: u64,
    _lock: File,
}

/// Who takes commits.
enum Role {
    Writing(Box<Writer>),
    /// Nobody, for this reason.
    Closed(String),
}

/// What the next commit continues: the open ends of the log and the files to sync.
pub(crate) struct Writer {
    anchor: Anchor,
    files: SyncedFiles,
    last: Chunk,
    edge: Edge,
}

/// A commit as keys and values, and the ends that it leaves.
struct Batch {
    writes: Vec<(Vec<u8>, Vec<u8>)>,
    last: Chunk,
    edge: Edge,
}

impl SledStore {
    /// Makes an empty store in `dir`: a file `anchor`, a file `lock` and a folder `store`. The
    /// folder may hold other files, and is made if it is not there.
    ///
    /// # Errors
    ///
    /// `dir` holds a store already, another process is making one, or the file system failed.
    pub fn create(dir: &Path, options: &StoreOptions) -> Result<Self, OpenError> {
        let folder = Folder::new(dir);
        let opened = open::create(&folder, options)?;
        Ok(Self::new(folder, options, opened))
    }

    /// Opens the store in `dir` and examines it.
    ///
    /// A store that lacks anything its anchor says was acknowledged, or that contradicts itself,
    /// is opened for reading only: see [`SledStore::read_only_reason`].
    ///
    /// # Errors
    ///
    /// There is no store in `dir`, it is in use, sled cannot open it, its head cannot be read, or
    /// the file system failed.
    pub fn open(dir: &Path, options: &StoreOptions) -> Result<Self, OpenError> {
        let folder = Folder::new(dir);
        let opened = open::open(&folder, options)?;
        Ok(Self::new(folder, options, opened))
    }

    /// The folder that the store is in.
    pub fn dir(&self) -> &Path {
        self.folder.dir()
    }

    /// Why the store was opened for reading only, in sentences for the operator: what is missing
    /// and what to do about it. `None` if it takes commits.
    pub fn read_only_reason(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    /// Hashes the entries in `range` again and compares them with their stored leaf hashes, and
    /// the stored tiles above them with each other: one step of a scrub. Opening a store does
    /// this for its last entries only.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] names the first entry or tile that is not what it was;
    /// [`StoreError::Beyond`] for a range that ends after the latest size.
    pub fn check(&self, range: Range<u64>) -> Result<(), StoreError> {
        let size = self.size();
        refuse_beyond(range.end, size)?;
        self.view.check(range, size)
    }

    fn new(folder: Folder, options: &StoreOptions, opened: Opened) -> Self {
        let Opened {
            view,
            latest,
            writer,
            lock,
        } = opened;
        let read_only = writer.as_ref().err().cloned();
        let role = writer.map_or_else(Role::Closed, |writer| Role::Writing(Box::new(writer)));
        Self {
            view,
            role: Mutex::new(role),
            latest: RwLock::new(latest),
            read_only,
            folder,
            reserve_bytes: options.reserve_bytes,
            _lock: lock,
        }
    }

    fn size(&self) -> u64 {
        let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
        latest.as_ref().map_or(0, Latest::size)
    }

    fn refuse_when_full(&self, batch: &Batch) -> Result<(), StoreError> {
        let bytes = batch
            .writes
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum::<usize>();
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let needed = bytes
            .saturating_mul(SPACE_FACTOR)
            .saturating_add(self.reserve_bytes);
        let free = self.folder.free_bytes().map_err(|error| from_io(&error))?;
        if free < needed {
            Err(StoreError::NoSpace { needed, free })
        } else {
            Ok(())
        }
    }
}

impl Store for SledStore {
    fn latest(&self) -> Result<Option<Latest>, StoreError> {
        Ok(self
            .latest
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        // Held to the end: one commit at a time.
        let mut role = self.role.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = match &mut *role {
            Role::Closed(reason) => return Err(StoreError::ReadOnly(reason.clone())),
            Role::Writing(writer) => writer,
        };
        commit.check_follows(self.latest()?.as_ref())?;
        let batch = writer.plan(commit)?;
        self.refuse_when_full(&batch)?;
        // From here on an error leaves it unknown what is on the disk, and a sync that failed is
        // never tried again: the kernel may have dropped what it could not write.
        if let Err(error) = guarded(|| writer.write(self.view.db(), commit, batch)) {
            let size = commit.new_size();
            *role = Role::Closed(format!(
                "the commit to size {size} failed ({error}) and its outcome is unknown: the store \
                 must be opened again"
            ));
            return Err(error);
        }
        let latest = Latest {
            epoch: commit.epoch,
            checkpoint: commit.checkpoint.clone(),
        };
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(latest);
        Ok(())
    }

    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>, StoreError> {
        let size = self.size();
        for id in ids {
            refuse_beyond(id.leaves().map_or(u64::MAX, |leaves| leaves.end), size)?;
        }
        self.view.nodes(ids)
    }

    fn entries(&self, range: Range<u64>) -> Result<Vec<Arc<[u8]>>, StoreError> {
        refuse_beyond(range.end, self.size())?;
        self.view.entries(range)
    }

    fn index_of(&self, record: &RecordId) -> Result<Option<LeafIndex>, StoreError> {
        let size = self.size();
        // A batch is visible to this lookup before it is durable.
        Ok(self
            .view
            .index_of(record)?
            .filter(|index| index.get() < size))
    }
}

impl fmt::Debug for SledStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledStore")
            .field("dir", &self.folder.dir())
            .field("size", &self.size())
            .field("read_only", &self.read_only)
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// The writer of a store that ends with these.
    pub(crate) fn new(anchor: Anchor, files: SyncedFiles, last: Chunk, edge: Edge) -> Self {
        Self {
            anchor,
            files,
            last,
            edge,
        }
    }

    /// What is to be written for `commit`. Nothing changes yet.
    fn plan(&self, commit: &Commit) -> Result<Batch, StoreError> {
        let bytes = commit.checkpoint.text().len();
        if bytes > CHECKPOINT_BYTES_MAX {
            return Err(StoreError::Io(format!(
                "a checkpoint of {bytes} bytes is longer than the {CHECKPOINT_BYTES_MAX} that fit"
            )));
        }
        let mut writes = vec![(
            HEAD_KEY.to_vec(),
            encode_head(commit.epoch, &commit.checkpoint),
        )];
        let chunks = pack(&self.last, &commit.entries)
            .map_err(|_| StoreError::Io("an entry is longer than 65535 bytes".to_owned()))?;
        let mut edge = self.edge.clone();
        let tiles = edge
            .extend(commit.old_size, commit.new_size(), &commit.nodes)
            .map_err(|error| {
                StoreError::Io(format!("the commit has no right node for {:?}", error.0))
            })?;
        if !commit.entries.is_empty() {
            let pieces = chunks.iter().flat_map(Chunk::pieces);
            writes.extend(pieces.map(|(key, value)| (key, value.to_vec())));
        }
        writes.extend(
            tiles
                .into_iter()
                .map(|(id, value)| (tile_key(id.level, id.index), value)),
        );
        let indexes = commit.old_size..commit.new_size();
        writes.extend(
            commit
                .record_ids
                .iter()
                .zip(indexes)
                .map(|(record, index)| (record_key(record), index.to_be_bytes().to_vec())),
        );
        let last = chunks
            .into_iter()
            .next_back()
            .unwrap_or_else(|| self.last.clone());
        Ok(Batch { writes, last, edge })
    }

    /// Makes a batch durable.
    ///
    /// A crash before the sync ends leaves the commit there or not there, never in part, and
    /// nobody has been told of it. After the sync it is there. The anchor is written last, so it
    /// is never ahead of what the disk holds.
    fn write(&mut self, db: &sled::Db, commit: &Commit, batch: Batch) -> Result<(), StoreError> {
        let mut writes = sled::Batch::default();
        for (key, value) in batch.writes {
            writes.insert(key, value);
        }
        db.apply_batch(writes).map_err(|error| from_sled(&error))?;
        db.flush().map_err(|error| from_sled(&error))?;
        self.files.sync().map_err(|error| from_io(&error))?;
        self.anchor
            .write(commit.epoch, &commit.checkpoint)
            .map_err(|error| from_io(&error))?;
        self.last = batch.last;
        self.edge = batch.edge;
        Ok(())
    }
}

fn refuse_beyond(asked: u64, size: u64) -> Result<(), StoreError> {
    if asked > size {
        Err(StoreError::Beyond { asked, size })
    } else {
        Ok(())
    }
}

fn from_io(error: &io::Error) -> StoreError {
    StoreError::Io(error.to_string())
}

#[cfg(test)]
mod tests {
    use witnessmark_log::SignedCheckpoint;
    use witnessmark_merkle::Frontier;
    use witnessmark_verifier::LeafHash;

    use super::*;

    /// The commit of one more entry.
    fn grow(frontier: &mut Frontier) -> Commit {
        let (old_size, mut nodes) = (frontier.size(), Vec::new());
        let entry: Arc<[u8]> = old_size.to_be_bytes().as_slice().into();
        let leaf = LeafHash::of(&entry);
        frontier.push(leaf, &mut |id, hash| nodes.push((id, hash)));
        let root = witnessmark_verifier::base64::encode(frontier.root().as_bytes());
        let size = frontier.size();
        let text = format!(
            "log.example\n{size}\n{root}\n\n\u{2014} log.example {}\n",
            "AQID".repeat(24)
        );
        Commit {
            epoch: 1,
            old_size,
            entries: vec![entry],
            record_ids: vec![RecordId::new(leaf.hash())],
            nodes,
            checkpoint: SignedCheckpoint::parse(&text).unwrap(),
        }
    }

    #[test]
    fn after_a_commit_that_failed_half_way_no_other_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let mut frontier = Frontier::new();
        let store = SledStore::create(dir.path(), &StoreOptions::default()).unwrap();
        store.commit(&grow(&mut frontier)).unwrap();
        if let Role::Writing(writer) = &mut *store.role.lock().unwrap() {
            writer.anchor.break_for_test(&dir.path().join("anchor"));
        }
        let second = grow(&mut frontier);
        assert!(matches!(store.commit(&second), Err(StoreError::Io(_))));
        for again in [second, grow(&mut frontier)] {
            let refused = store.commit(&again).unwrap_err();
            assert!(
                matches!(&refused, StoreError::ReadOnly(reason) if reason.contains("unknown")),
                "{refused}"
            );
        }
        // What was acknowledged is still answered, and nothing else is.
        assert_eq!(store.size(), 1);
        assert_eq!(store.entries(0..1).unwrap().len(), 1);
        assert_eq!(
            store.entries(0..2),
            Err(StoreError::Beyond { asked: 2, size: 1 })
        );
        drop(store);
        // Opening again tells what became of it: here it had reached the disk.
        let store = SledStore::open(dir.path(), &StoreOptions::default()).unwrap();
        assert_eq!((store.size(), store.read_only_reason()), (2, None));
        store
            .commit(&grow(
                &mut Frontier::from_nodes(
                    2,
                    store.nodes(&[NodeId { level: 1, index: 0 }]).unwrap(),
                )
                .unwrap(),
            ))
            .unwrap();
    }

    #[test]
    fn a_commit_that_lacks_a_node_or_is_too_long_writes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = SledStore::create(dir.path(), &StoreOptions::default()).unwrap();
        let whole = grow(&mut Frontier::new());
        let mut lacking = whole.clone();
        lacking.nodes.clear();
        let mut long_entry = whole.clone();
        long_entry.entries = vec![vec![0; 65_536].into()];
        let mut long_note = whole.clone();
        let line = format!("\u{2014} witness.example {}\n", "AQID".repeat(32));
        let text = format!("{}{}", whole.checkpoint.text(), line.repeat(90));
        long_note.checkpoint = SignedCheckpoint::parse(&text).unwrap();
        for wrong in [lacking, long_entry, long_note] {
            assert!(matches!(store.commit(&wrong), Err(StoreError::Io(_))));
            assert_eq!(store.view.head(), Ok(None));
        }
        store.commit(&whole).unwrap();
    }
}
