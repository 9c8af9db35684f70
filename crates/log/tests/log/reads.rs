//! What appending asks of the store: nothing but whether a record is logged.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use witnessmark_log::testing::{Fixture, MemoryStore};
use witnessmark_log::{Commit, Latest, Store, StoreError};
use witnessmark_merkle::NodeId;
use witnessmark_verifier::{Hash, LeafIndex, RecordId};

use crate::support::{admit, append_one, assert_proved, checked, created};

/// Counts the reads of nodes and entries.
#[derive(Debug, Default)]
struct Counting {
    store: MemoryStore,
    reads: AtomicU64,
}

impl Store for Counting {
    fn latest(&self) -> Result<Option<Latest>, StoreError> {
        self.store.latest()
    }

    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        self.store.commit(commit)
    }

    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.store.nodes(ids)
    }

    fn entries(&self, range: Range<u64>) -> Result<Vec<Arc<[u8]>>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.store.entries(range)
    }

    fn index_of(&self, record: &RecordId) -> Result<Option<LeafIndex>, StoreError> {
        self.store.index_of(record)
    }
}

#[test]
fn a_batch_is_proved_without_a_read_of_the_store() {
    let (fixture, store) = (Fixture::default(), Arc::new(Counting::default()));
    let mut log = created(&fixture, &store);
    let ada = admit(&fixture, &mut log);
    let reads = || store.reads.load(Ordering::Relaxed);
    let before = reads();
    let mut number = 0_u64;
    // Sizes on both sides of what is full at any level.
    for batch in [1_u64, 1, 2, 7, 250, 256, 3] {
        let records = (number..number + batch)
            .map(|it| checked(&log, ada.record("one", &it.to_be_bytes())))
            .collect();
        for answer in log.append(records, 10_000).unwrap() {
            assert_proved(&log, &answer.unwrap());
        }
        number += batch;
    }
    assert_eq!(reads(), before);
    // What is logged already is read, and the count can be more than nothing.
    let again = checked(&log, ada.record("one", &0_u64.to_be_bytes()));
    assert!(append_one(&mut log, again).unwrap().already_logged);
    assert!(reads() > before);
}
