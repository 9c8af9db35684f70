//! A plain ledger in memory: it makes commits, and knows what a store must answer after them.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use witnessmark_log::testing::commit_of;
use witnessmark_log::{Commit, Latest, SignedCheckpoint, Store, StoreError};
use witnessmark_merkle::Frontier;
use witnessmark_store_sled::{SledStore, StoreOptions};
use witnessmark_tlog::{Encode as _, signature_line};
use witnessmark_verifier::{
    Checkpoint, Hash, LeafHash, LeafIndex, Origin, RecordId, TreeHead, sha256,
};

const ORIGIN: &str = "ledger.example/store";

/// The bytes of an entry for these tests: its length and content follow from its index. About one
/// in fifty does not fit into one value.
pub(crate) fn entry(index: u64) -> Vec<u8> {
    let length = match index % 101 {
        50 => 65_535,
        51 => 16_383,
        52 => 16_382,
        53 => 0,
        _ => 20 + index * 7919 % 1500,
    };
    sha256(&index.to_be_bytes())
        .as_bytes()
        .iter()
        .copied()
        .cycle()
        .take(usize::try_from(length).unwrap())
        .collect()
}

pub(crate) fn record_id(index: u64) -> RecordId {
    RecordId::new(sha256(format!("record {index}").as_bytes()))
}

pub(crate) fn create(dir: &Path) -> SledStore {
    SledStore::create(dir, &StoreOptions::default()).unwrap()
}

pub(crate) fn open(dir: &Path) -> SledStore {
    SledStore::open(dir, &StoreOptions::default()).unwrap()
}

/// A store in `dir` that took batches of these lengths, closed again; and its last root.
pub(crate) fn stored(dir: &Path, batches: &[u64]) -> Hash {
    let store = create(dir);
    let mut ledger = Ledger::new();
    for batch in batches {
        store.commit(&ledger.grow(*batch)).unwrap();
    }
    ledger.frontier.root()
}

#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    pub(crate) frontier: Frontier,
    pub(crate) epoch: u64,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self {
            frontier: Frontier::new(),
            epoch: 1,
        }
    }

    /// The ledger of the first `size` entries.
    pub(crate) fn of(size: u64) -> Self {
        let mut frontier = Frontier::new();
        for index in 0..size {
            frontier.push(LeafHash::of(&entry(index)), &mut |_, _| {});
        }
        Self { frontier, epoch: 1 }
    }

    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The commit of the next entries. With none it raises the epoch.
    pub(crate) fn grow(&mut self, count: u64) -> Commit {
        let indexes = self.size()..self.size() + count;
        let entries = indexes
            .clone()
            .map(|index| Arc::from(entry(index)))
            .collect();
        self.commit(entries, indexes.map(record_id).collect())
    }

    /// The commit of these entries.
    pub(crate) fn commit(&mut self, entries: Vec<Arc<[u8]>>, record_ids: Vec<RecordId>) -> Commit {
        if entries.is_empty() {
            self.epoch += 1;
        }
        let sign = |head| Ok::<_, Infallible>(checkpoint(head));
        let Ok(commit) = commit_of(&mut self.frontier, self.epoch, (entries, record_ids), sign);
        commit
    }

    pub(crate) fn latest(&self) -> Latest {
        Latest {
            epoch: self.epoch,
            checkpoint: checkpoint(self.frontier.head()),
        }
    }
}

/// The store has exactly the first `size` entries of [`entry`], with all their nodes and indexes.
pub(crate) fn assert_holds(store: &SledStore, size: u64) {
    let mut nodes = Vec::new();
    let mut frontier = Frontier::new();
    for index in 0..size {
        frontier.push(LeafHash::of(&entry(index)), &mut |id, hash| {
            nodes.push((id, hash));
        });
        assert_eq!(
            store.index_of(&record_id(index)),
            Ok(Some(LeafIndex::new(index)))
        );
    }
    let latest = store.latest().unwrap();
    assert_eq!(latest.as_ref().map_or(0, Latest::size), size);
    if let Some(latest) = latest {
        assert_eq!(latest.checkpoint.head(), &frontier.head());
    }
    let (ids, hashes): (Vec<_>, Vec<_>) = nodes.into_iter().unzip();
    assert_eq!(store.nodes(&ids).unwrap(), hashes);
    let entries = store.entries(0..size).unwrap();
    assert_eq!(u64::try_from(entries.len()).unwrap(), size);
    for (found, index) in entries.iter().zip(0..) {
        assert_eq!(found.as_ref(), entry(index), "entry {index}");
    }
    assert_eq!(store.index_of(&record_id(size)), Ok(None));
    assert_eq!(
        store.entries(0..size + 1),
        Err(StoreError::Beyond {
            asked: size + 1,
            size
        })
    );
    store.check(0..size).unwrap();
}

/// A checkpoint in the form of a signed one. The store does not judge signatures.
fn checkpoint(head: TreeHead) -> SignedCheckpoint {
    let origin = Origin::parse(ORIGIN).unwrap();
    let signature = signature_line(&origin, [1, 2, 3, 4], &[5; 64]);
    let text = Checkpoint { origin, head }.encode();
    SignedCheckpoint::parse(&format!("{text}\n{signature}")).unwrap()
}
