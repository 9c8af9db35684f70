//! The store: one batch, one flush, one sync, then the anchor; and reads below the latest size.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use witnessmark_log::{Commit, Latest, SignedCheckpoint, Store, StoreError};
use witnessmark_merkle::NodeId;
use witnessmark_verifier::{Hash, LeafIndex, RecordId};

use crate::OpenError;
use crate::anchor::Anchor;
use crate::db::{Writes, from_sled};
use crate::files::{FileWrite, Files, Kind, encode_chunk, tile_write};
use crate::folder::{Folder, SyncedFiles};
use crate::fsck::{Findings, Judge, fsck};
use crate::ids;
use crate::keeper::{Keeper, Kept};
use crate::layout::{CHECKPOINT_BYTES_MAX, Ends, HEAD_KEY, encode_head};
use crate::open::{self, Opened, StoreOptions};
use crate::state::State;
use crate::tile::Edge;
use crate::view::View;
use crate::waiting::Waiting;

/// What sled may write for each byte of a batch, generously: 1.5 to 2.3 was measured.
const SPACE_FACTOR: u64 = 4;

/// The embedded store of one ledger.
///
/// It holds the lock of its folder until it is dropped. After a commit failed half-way, or did not end
/// within its limit, it takes no more commits and goes on answering reads of what was acknowledged before;
/// what became of that commit is learnt by opening the store again. If sled hangs, the lock is held until
/// the process ends.
pub struct SledStore {
    view: View,
    commits: Mutex<Commits>,
    read_only: Option<String>,
    folder: Folder,
    reserve_bytes: u64,
}

/// The way to whoever makes commits.
struct Commits {
    keeper: Keeper,
    /// Why none are taken.
    closed: Option<String>,
}

/// What a commit is written with.
pub(crate) struct Writer {
    anchor: Anchor,
    files: SyncedFiles,
}

/// What a commit writes: to the files, to sled, to the anchor.
struct Written {
    files: Vec<FileWrite>,
    writes: Writes,
    epoch: u64,
    checkpoint: SignedCheckpoint,
}

/// The state that a commit leaves.
struct Left {
    waiting: Waiting,
    /// Where the new chunks begin, and where the last ends.
    chunks: (Vec<u64>, u64),
    edge: Edge,
    ids: ids::Change,
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
        Self::new(folder, options, opened)
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
        Self::new(folder, options, opened)
    }

    /// What the anchor in `dir` says was signed last, whatever has become of the store beside it. Nothing in the folder is
    /// written; it may be a copy. Whether the signature is good is for the caller to ask.
    ///
    /// # Errors
    ///
    /// The anchor says nothing, a process has the store open, or the file system failed.
    pub fn anchored(dir: &Path) -> Result<SignedCheckpoint, OpenError> {
        open::anchored(&Folder::new(dir))
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
    /// this for its last entries only. Gives the bytes of the entries.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] names the first entry or tile that is not what it was;
    /// [`StoreError::Beyond`] for a range that ends after the latest size.
    pub fn check(&self, range: Range<u64>) -> Result<u64, StoreError> {
        let size = self.view.size();
        if range.end > size {
            let asked = range.end;
            return Err(StoreError::Beyond { asked, size });
        }
        self.view.check(range)
    }

    /// Derives everything that is stored again from the bytes of the entries, and says all that is
    /// wrong and where. Reads everything once; what it keeps in memory does not grow with the log.
    pub fn fsck(&self, judge: &mut Judge<'_>) -> Findings {
        fsck(&self.folder, &self.view, judge)
    }

    fn new(folder: Folder, options: &StoreOptions, opened: Opened) -> Result<Self, OpenError> {
        let Opened {
            view,
            db,
            writer,
            lock,
        } = opened;
        let read_only = writer.as_ref().err().cloned();
        let kept = Kept::new(db, writer.ok(), lock);
        let keeper =
            Keeper::start(kept, options.commit_limit).map_err(OpenError::io(folder.dir()))?;
        Ok(Self {
            view,
            commits: Mutex::new(Commits {
                keeper,
                closed: read_only.clone(),
            }),
            read_only,
            folder,
            reserve_bytes: options.reserve_bytes,
        })
    }

    fn refuse_when_full(&self, written: &Written) -> Result<(), StoreError> {
        let in_sled = written.writes.iter();
        let in_sled = in_sled
            .map(|(key, value)| key.len() + value.len())
            .sum::<usize>();
        let in_files = written
            .files
            .iter()
            .map(|write| write.bytes.len())
            .sum::<usize>();
        let of = |bytes| u64::try_from(bytes).unwrap_or(u64::MAX);
        let needed = of(in_sled)
            .saturating_mul(SPACE_FACTOR)
            .saturating_add(of(in_files))
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
        Ok(self.view.latest())
    }

    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        // Held to the end: one commit at a time.
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = &commits.closed {
            return Err(StoreError::ReadOnly(reason.clone()));
        }
        commit.check_follows(self.latest()?.as_ref())?;
        let (written, left) = plan(&self.view.state(), commit)?;
        self.refuse_when_full(&written)?;
        // From here on an error leaves it unknown what is on the disk, and a sync that failed is
        // never tried again: the kernel may have dropped what it could not write.
        let files = Arc::clone(self.view.files());
        let write = move |kept: &mut Kept| {
            let no_writer = || StoreError::ReadOnly("the store has no writer".to_owned());
            let writer = kept.writer.as_mut().ok_or_else(no_writer)?;
            writer.write(&files, kept.db.sled(), &written)
        };
        if let Err(error) = commits.keeper.run(write) {
            let size = commit.new_size();
            commits.closed = Some(format!(
                "the commit to size {size} failed ({error}) and its outcome is unknown: the store \
                 must be opened again"
            ));
            return Err(error);
        }
        let mut state = self.view.state_mut();
        state.latest = Some(Latest {
            epoch: commit.epoch,
            checkpoint: commit.checkpoint.clone(),
        });
        state.waiting = left.waiting;
        let (starts, end) = left.chunks;
        state.chunks.extend(&starts, end);
        state.edge = left.edge;
        if let Ok(ids) = &mut state.ids {
            ids.apply(left.ids);
        }
        Ok(())
    }

    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>, StoreError> {
        self.view.nodes(ids)
    }

    fn entries(&self, range: Range<u64>) -> Result<Vec<Arc<[u8]>>, StoreError> {
        self.view.entries(range)
    }

    fn index_of(&self, record: &RecordId) -> Result<Option<LeafIndex>, StoreError> {
        self.view.index_of(record)
    }

    fn nodes_at_hand(&self, ids: &[NodeId]) -> Option<Vec<Hash>> {
        self.view.nodes_at_hand(ids)
    }
}

impl fmt::Debug for SledStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledStore")
            .field("dir", &self.folder.dir())
            .field("size", &self.view.size())
            .field("read_only", &self.read_only)
            .finish_non_exhaustive()
    }
}

/// What is to be written for `commit`, and what it then leaves. Nothing changes yet.
fn plan(state: &State, commit: &Commit) -> Result<(Written, Left), StoreError> {
    let bytes = commit.checkpoint.text().len();
    if bytes > CHECKPOINT_BYTES_MAX {
        return Err(StoreError::Io(format!(
            "a checkpoint of {bytes} bytes is longer than the {CHECKPOINT_BYTES_MAX} that fit"
        )));
    }
    let grown = state
        .waiting
        .extend(&commit.entries)
        .map_err(|_| too_long())?;
    let (tiles, edge) = state
        .edge
        .extend(commit.old_size, commit.new_size(), &commit.nodes)
        .map_err(|error| {
            StoreError::Io(format!("the commit has no right node for {:?}", error.0))
        })?;
    let (mut files, mut starts, mut end) = (Vec::new(), Vec::new(), state.chunks.end());
    let mut full = grown.chunks.iter();
    for (id, tile) in tiles {
        if id.level > 0 {
            let unknown = || StoreError::Corrupt("where chunks begin is not known".to_owned());
            let group = (id.level == 1).then(|| state.chunks.group(id.index, &starts));
            let group = group.map(|group| group.ok_or_else(unknown)).transpose()?;
            files.push(tile_write(id, tile, &group.unwrap_or_default()));
        } else if let Some(entries) = full.next() {
            let bytes = encode_chunk(&tile, entries).ok_or_else(too_long)?;
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            starts.push(end);
            files.push(FileWrite {
                kind: Kind::Chunks,
                at: end,
                bytes,
            });
            end = end.saturating_add(length);
        }
    }
    let ids = state.ids.as_ref().map_err(Clone::clone)?;
    let (id_writes, mut ids) = ids.extend(&commit.record_ids);
    files.append(&mut ids.files);
    let ends = Ends {
        entry_values: grown.waiting.values(),
        id_values: ids.values(),
    };
    let head = encode_head(commit.epoch, ends, &commit.checkpoint);
    let writes = [grown.writes, id_writes, vec![(HEAD_KEY.to_vec(), head)]].concat();
    let written = Written {
        files,
        writes,
        epoch: commit.epoch,
        checkpoint: commit.checkpoint.clone(),
    };
    let left = Left {
        waiting: grown.waiting,
        chunks: (starts, end),
        edge,
        ids,
    };
    Ok((written, left))
}

impl Writer {
    /// The writer of a store.
    pub(crate) fn new(anchor: Anchor, files: SyncedFiles) -> Self {
        Self { anchor, files }
    }

    /// Makes a batch durable.
    ///
    /// What is full goes into the files and is synced first; there it counts for nothing. Then
    /// sled's batch is the commit: a crash before its sync ends leaves the commit there or not
    /// there, never in part, and nobody has been told of it. After the sync it is there. The anchor
    /// is written last, so it is never ahead of what the disk holds.
    fn write(&mut self, files: &Files, db: &sled::Db, written: &Written) -> Result<(), StoreError> {
        files
            .write(&written.files)
            .map_err(|error| from_io(&error))?;
        let mut writes = sled::Batch::default();
        for (key, value) in &written.writes {
            writes.insert(key.as_slice(), value.as_slice());
        }
        db.apply_batch(writes).map_err(|error| from_sled(&error))?;
        db.flush().map_err(|error| from_sled(&error))?;
        self.files.sync().map_err(|error| from_io(&error))?;
        self.anchor
            .write(written.epoch, &written.checkpoint)
            .map_err(|error| from_io(&error))
    }
}

fn too_long() -> StoreError {
    StoreError::Io("an entry is longer than 65535 bytes".to_owned())
}

fn from_io(error: &io::Error) -> StoreError {
    StoreError::Io(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use witnessmark_log::testing::{Fixture, commit_of, first_checkpoint};
    use witnessmark_merkle::Frontier;
    use witnessmark_verifier::LeafHash;

    use super::*;

    /// The commit of one more entry.
    fn grow(frontier: &mut Frontier) -> Commit {
        let entry: Arc<[u8]> = frontier.size().to_be_bytes().as_slice().into();
        let id = RecordId::new(LeafHash::of(&entry).hash());
        let signer = Fixture::default().signer();
        let sign = |head| first_checkpoint(&signer, head);
        commit_of(frontier, 1, (vec![entry], vec![id]), sign).unwrap()
    }

    fn on_thread<T: Send + 'static>(
        store: &SledStore,
        work: impl FnOnce(&mut Kept) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        store.commits.lock().unwrap().keeper.run(work)
    }

    #[test]
    fn a_commit_that_does_not_end_is_given_up_and_the_folder_stays_locked() {
        let dir = tempfile::tempdir().unwrap();
        let options = StoreOptions {
            commit_limit: Duration::from_millis(200),
            ..StoreOptions::default()
        };
        let mut frontier = Frontier::new();
        let store = SledStore::create(dir.path(), &StoreOptions::default()).unwrap();
        store.commit(&grow(&mut frontier)).unwrap();
        drop(store);
        let store = SledStore::open(dir.path(), &options).unwrap();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let hang = move |_: &mut Kept| {
            let _: Result<(), _> = ended.recv();
            Ok(())
        };
        let error = on_thread(&store, hang).unwrap_err();
        assert!(error.to_string().contains("within 0.2 s"), "{error}");
        let second = grow(&mut frontier);
        assert!(matches!(store.commit(&second), Err(StoreError::Io(_))));
        assert!(matches!(
            store.commit(&second),
            Err(StoreError::ReadOnly(_))
        ));
        assert_eq!(store.entries(0..1).unwrap().len(), 1);
        // The thread may still write, so nobody else gets the folder; and nobody waits for it.
        drop(store);
        let again = SledStore::open(dir.path(), &options).unwrap_err();
        assert!(matches!(again, OpenError::InUse { .. }), "{again}");
        drop(end);
        let store = SledStore::open(dir.path(), &StoreOptions::default()).unwrap();
        assert_eq!((store.view.size(), store.read_only_reason()), (1, None));
    }

    #[test]
    fn after_a_commit_that_failed_half_way_no_other_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let mut frontier = Frontier::new();
        let store = SledStore::create(dir.path(), &StoreOptions::default()).unwrap();
        store.commit(&grow(&mut frontier)).unwrap();
        let path = dir.path().join("anchor");
        on_thread(&store, move |kept| {
            kept.writer.as_mut().unwrap().anchor.break_for_test(&path);
            Ok(())
        })
        .unwrap();
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
        assert_eq!(store.view.size(), 1);
        assert_eq!(store.entries(0..1).unwrap().len(), 1);
        assert_eq!(
            store.entries(0..2),
            Err(StoreError::Beyond { asked: 2, size: 1 })
        );
        drop(store);
        // Opening again tells what became of it: here it had reached the disk.
        let store = SledStore::open(dir.path(), &StoreOptions::default()).unwrap();
        assert_eq!((store.view.size(), store.read_only_reason()), (2, None));
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
            assert_eq!(on_thread(&store, |kept| kept.db.get(HEAD_KEY)), Ok(None));
        }
        store.commit(&whole).unwrap();
    }
}
