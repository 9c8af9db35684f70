//! What a commit leaves, and what is refused.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use witnessmark_log::{Store, StoreError};
use witnessmark_merkle::NodeId;
use witnessmark_store_sled::{SledStore, StoreOptions};
use witnessmark_verifier::LeafIndex;

use crate::ledger::{Ledger, assert_holds, create, entry, open, record_id, stored};

#[test]
fn batches_of_every_kind_are_read_back_before_and_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::new();
    let mut store = create(dir.path());
    assert_eq!(store.latest(), Ok(None));
    for batch in [1, 0, 1, 2, 3, 1, 0, 240, 8, 1, 300, 17, 512, 5] {
        store.commit(&ledger.grow(batch)).unwrap();
        assert_eq!(store.latest(), Ok(Some(ledger.latest())));
        if batch % 2 == 1 {
            drop(store);
            store = open(dir.path());
            assert_eq!(store.read_only_reason(), None);
            assert_eq!(store.latest(), Ok(Some(ledger.latest())));
        }
        assert_holds(&store, ledger.size());
    }
    // sled would never sync one of these.
    assert_eq!(
        fs::read_dir(dir.path().join("store/blobs"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn a_record_at_a_time_gives_the_same_answers() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let mut ledger = Ledger::new();
    for _ in 0..270 {
        store.commit(&ledger.grow(1)).unwrap();
    }
    assert_holds(&store, 270);
}

#[test]
fn every_range_is_read_alone() {
    let dir = tempfile::tempdir().unwrap();
    stored(dir.path(), &[3, 45, 12, 60]);
    let store = open(dir.path());
    for start in 0..=120 {
        for end in [start, start + 1, start + 2, start + 30, 120] {
            let end = end.min(120);
            let found = store.entries(start..end).unwrap();
            let expected = (start..end).map(|index| Arc::from(entry(index)));
            assert_eq!(
                found,
                expected.collect::<Vec<Arc<[u8]>>>(),
                "{start}..{end}"
            );
        }
    }
}

#[test]
fn the_largest_and_the_smallest_entries_share_a_log() {
    let dir = tempfile::tempdir().unwrap();
    let lengths = [65_535, 65_535, 0, 0, 16_382, 16_383, 16_384, 1, 65_535];
    let entries: Vec<Arc<[u8]>> = lengths
        .iter()
        .map(|length| vec![9; *length].into())
        .collect();
    let ids = (0..9).map(record_id).collect();
    create(dir.path())
        .commit(&Ledger::new().commit(entries.clone(), ids))
        .unwrap();
    let store = open(dir.path());
    assert_eq!(store.entries(0..9).unwrap(), entries);
    for index in 0..9 {
        let at = usize::try_from(index).unwrap();
        assert_eq!(store.entries(index..index + 1).unwrap(), entries[at..=at]);
    }
    store.check(0..9).unwrap();
}

#[test]
fn a_stale_writer_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let mut ledger = Ledger::new();
    store.commit(&ledger.grow(4)).unwrap();
    let mut rival = ledger.clone();
    store.commit(&ledger.grow(0)).unwrap();
    let stale = StoreError::Stale { epoch: 2, size: 4 };
    assert_eq!(
        store.commit(&rival.clone().grow(1)),
        Err(stale.clone()),
        "an older epoch"
    );
    assert_eq!(
        store.commit(&rival.grow(0)),
        Err(stale),
        "the same epoch taken twice"
    );
    store.commit(&ledger.grow(1)).unwrap();
    let mut behind = Ledger::of(4);
    behind.epoch = 9;
    let stale = StoreError::Stale { epoch: 2, size: 5 };
    assert_eq!(store.commit(&behind.grow(2)), Err(stale), "an older size");
    assert_holds(&store, 5);
}

#[test]
fn nodes_and_records_beyond_the_size_are_not_answered() {
    let dir = tempfile::tempdir().unwrap();
    stored(dir.path(), &[5]);
    let store = open(dir.path());
    for (level, index, asked) in [
        (0, 5, 6),
        (1, 2, 6),
        (2, 1, 8),
        (3, 0, 8),
        (63, 9, u64::MAX),
    ] {
        let found = store.nodes(&[NodeId { level, index }]);
        assert_eq!(found, Err(StoreError::Beyond { asked, size: 5 }));
    }
    assert_eq!(store.index_of(&record_id(4)), Ok(Some(LeafIndex::new(4))));
    assert_eq!(store.index_of(&record_id(5)), Ok(None));
}

#[test]
fn a_full_disk_refuses_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::new();
    create(dir.path()).commit(&ledger.grow(3)).unwrap();
    let options = StoreOptions {
        reserve_bytes: 1 << 60,
        ..StoreOptions::default()
    };
    let store = SledStore::open(dir.path(), &options).unwrap();
    for _ in 0..2 {
        let refused = store.commit(&ledger.clone().grow(2)).unwrap_err();
        let StoreError::NoSpace { needed, free } = refused else {
            panic!("{refused}");
        };
        assert!(needed > 1 << 60 && free < needed);
        assert_holds(&store, 3);
    }
    drop(store);
    let store = open(dir.path());
    assert_holds(&store, 3);
    store.commit(&ledger.grow(2)).unwrap();
    assert_holds(&store, 5);
}

#[test]
fn what_is_below_a_committed_size_stays_the_same_while_the_log_grows() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let (size, done) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for reader in 0..2_u64 {
            let (store, size, done) = (&store, &size, &done);
            scope.spawn(move || {
                let mut at = reader;
                while !done.load(Ordering::Acquire) {
                    let size = size.load(Ordering::Acquire);
                    if size == 0 {
                        continue;
                    }
                    at = (at * 31 + 17) % size;
                    // Mostly the end of the log, where values are rewritten.
                    let start = if at % 3 == 0 {
                        at
                    } else {
                        size - 1 - at % size.min(5)
                    };
                    let end = size.min(start + 20);
                    for (found, index) in store.entries(start..end).unwrap().iter().zip(start..) {
                        assert_eq!(found.as_ref(), entry(index));
                    }
                    store
                        .nodes(&[NodeId::leaf(start), NodeId::leaf(size - 1)])
                        .unwrap();
                    assert_eq!(
                        store.index_of(&record_id(start)),
                        Ok(Some(LeafIndex::new(start)))
                    );
                }
            });
        }
        let mut ledger = Ledger::new();
        for batch in 0..400 {
            store.commit(&ledger.grow(1 + batch % 7)).unwrap();
            size.store(ledger.size(), Ordering::Release);
        }
        done.store(true, Ordering::Release);
    });
    assert_holds(&store, size.into_inner());
}
