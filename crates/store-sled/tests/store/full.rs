//! The files of what is full: what is left in them by a commit that was never made, and what is
//! said when they are not whole.

use std::fs::{self, OpenOptions};
use std::io::Write;

use witnessmark_log::{Store, StoreError};
use witnessmark_store_sled::{OpenError, SledStore, StoreOptions};
use witnessmark_verifier::LeafIndex;

use crate::fsck::small_entries;
use crate::ledger::{Ledger, assert_holds, open, record_id, stored};
use crate::opening::{copy_folder, edit};

#[test]
fn what_lies_beyond_the_end_of_a_file_means_nothing() {
    let dir = tempfile::tempdir().unwrap();
    stored(dir.path(), &[300]);
    for file in ["chunks", "runs", "tiles-1", "tiles-2"] {
        let path = dir.path().join("log").join(file);
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(&vec![0xA5; 70_000]).unwrap();
    }
    let store = open(dir.path());
    assert_eq!(store.read_only_reason(), None);
    assert_holds(&store, 300);
    store.commit(&Ledger::of(300).grow(500)).unwrap();
    drop(store);
    assert_holds(&open(dir.path()), 800);
}

#[test]
fn what_a_commit_wrote_that_was_never_made_is_written_over() {
    let (dir, before) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    stored(dir.path(), &[200, 100]);
    copy_folder(dir.path(), before.path());
    // A crash after the files were written and before sled had the batch: the new files, and
    // everything else as it was.
    let mut lost = Ledger::of(300);
    let entries = (0..400_u16).map(|number| number.to_be_bytes().as_slice().into());
    let commit = lost.commit(entries.collect(), (9_000..9_400).map(record_id).collect());
    open(dir.path()).commit(&commit).unwrap();
    for file in fs::read_dir(dir.path().join("log"))
        .unwrap()
        .map(Result::unwrap)
    {
        fs::copy(
            file.path(),
            before.path().join("log").join(file.file_name()),
        )
        .unwrap();
    }
    let store = open(before.path());
    assert_eq!(store.read_only_reason(), None);
    assert_holds(&store, 300);
    assert_eq!(store.index_of(&record_id(9_000)), Ok(None));
    store.commit(&Ledger::of(300).grow(300)).unwrap();
    drop(store);
    assert_holds(&open(before.path()), 600);
}

/// What is done to the file of runs, by name.
type Damage<'a> = (&'a str, &'a dyn Fn(&mut Vec<u8>));

#[test]
fn record_ids_that_are_not_whole_are_never_taken_for_a_record_that_is_not_there() {
    let whole = tempfile::tempdir().unwrap();
    small_entries(whole.path(), 33_000);
    let store = open(whole.path());
    assert_eq!(store.read_only_reason(), None);
    for index in (0..33_000).step_by(131) {
        let found = store.index_of(&record_id(index));
        assert_eq!(found, Ok(Some(LeafIndex::new(index))));
    }
    assert_eq!(store.index_of(&record_id(33_000)), Ok(None));
    drop(store);
    let run = fs::metadata(whole.path().join("log/runs")).unwrap().len() / 2;
    let run = usize::try_from(run).unwrap();
    let swap = |bytes: &mut Vec<u8>| bytes.rotate_left(run);
    let cut = |bytes: &mut Vec<u8>| bytes.truncate(run);
    let filter = |bytes: &mut Vec<u8>| bytes[2 * run - 50] ^= 1;
    let piece = |bytes: &mut Vec<u8>| bytes[run + 7] ^= 1;
    let cases: [Damage<'_>; 4] = [
        ("runs in each other's place", &swap),
        ("a missing run", &cut),
        ("a damaged filter", &filter),
        ("a damaged piece", &piece),
    ];
    for (name, damage) in cases {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(whole.path(), copy.path());
        let path = copy.path().join("log/runs");
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let store = open(copy.path());
        let reason = store.read_only_reason().unwrap();
        assert!(reason.contains("run"), "{name}: {reason}");
        for index in (0..33_000).step_by(131) {
            let found = store.index_of(&record_id(index));
            let right = found == Ok(Some(LeafIndex::new(index)));
            let refused = matches!(found, Err(StoreError::Corrupt(_)));
            assert!(right || refused, "{name}: entry {index}: {found:?}");
        }
        assert_eq!(store.entries(0..33_000).unwrap().len(), 33_000, "{name}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    stored(dir.path(), &[3]);
    fs::remove_file(dir.path().join("log/tiles-2")).unwrap();
    let found = SledStore::open(dir.path(), &StoreOptions::default()).unwrap_err();
    assert!(found.to_string().contains("tiles-2 is missing"), "{found}");
}

#[test]
fn a_store_of_the_layout_before_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    stored(dir.path(), &[3]);
    edit(dir.path(), b"h", |value| value[17] = b'1');
    let found = SledStore::open(dir.path(), &StoreOptions::default()).unwrap_err();
    assert!(matches!(found, OpenError::EarlierLayout { .. }), "{found}");
    assert!(found.to_string().contains("export the log"), "{found}");
    edit(dir.path(), b"h", |value| value[17] = b'2');
    assert_holds(&open(dir.path()), 3);
    // Of no version at all.
    edit(dir.path(), b"h", |value| value[17] = b'3');
    let found = SledStore::open(dir.path(), &StoreOptions::default()).unwrap_err();
    assert!(matches!(found, OpenError::Damaged { .. }), "{found}");
}
