//! The postings compared with a plain map, however they were kept, and whatever happened to their files.

use std::fs;
use std::path::Path;

use witnessmark_verifier::sha256;

use super::*;
use crate::run::tests::key;

const SIZES: Sizes = Sizes {
    entries: 10,
    postings: 100,
    waiting: 3,
};

/// The root of a log of this name.
fn root(log: u8, size: u64) -> Hash {
    sha256(&[[log].as_slice(), &size.to_be_bytes()].concat())
}

fn open(dir: &Path, log: u8, size: u64) -> Postings {
    let fits = |end, found: &Hash| end <= size && *found == root(log, end);
    Postings::open(dir, SIZES, true, fits).0
}

/// What entry `index` has: a key that every entry has, one of a few, one of its own.
fn keys(index: u64) -> [u64; 3] {
    [key(0), key(1 + index % 7), key(1_000 + index)]
}

/// Brings the postings up to `size`, and does the work beside it only if `works`.
fn grow(postings: &mut Postings, log: u8, size: u64, works: bool) {
    while postings.size() < size {
        let index = postings.size();
        for key in keys(index) {
            let value = index;
            postings.insert(Posting { key, value });
        }
        if postings.advance(index + 1) {
            postings.freeze(root(log, index + 1));
        }
        while works && finish_next(postings) {}
    }
}

/// Does the next thing that is to be done; false if there is none.
fn finish_next(postings: &mut Postings) -> bool {
    let Some(work) = postings.work() else {
        return false;
    };
    let done = work.run(&|| true).unwrap().unwrap();
    postings.finish(done).unwrap();
    true
}

fn find(postings: &Postings, key: u64) -> Vec<u64> {
    postings.find(key).map(Result::unwrap).collect()
}

/// Every entry up to `size` is found by each of its keys, and nothing else is.
fn check(postings: &Postings, size: u64) {
    assert_eq!(postings.size(), size);
    assert_eq!(find(postings, key(0)), (0..size).collect::<Vec<_>>());
    for kind in 0..7 {
        let own: Vec<_> = (0..size).filter(|index| index % 7 == kind).collect();
        assert_eq!(find(postings, key(1 + kind)), own);
    }
    for index in 0..size + 3 {
        let own: &[u64] = if index < size { &[index] } else { &[] };
        assert_eq!(find(postings, key(1_000 + index)), own);
    }
}

fn files(dir: &Path) -> Vec<String> {
    let files = fs::read_dir(dir).unwrap();
    let mut files: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    files
}

#[test]
fn all_are_found_whatever_has_been_written_and_merged() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("links");
    let mut postings = open(&path, 1, 0);
    check(&postings, 0);
    for size in [1, 9, 10, 11, 79, 80, 81, 640, 1_285] {
        grow(&mut postings, 1, size, true);
        check(&postings, size);
    }
    // Two of 640 entries, and the last five in memory.
    assert_eq!(postings.in_memory_from(), 1_280);
    let expected = ["000000000000-000000000640-2", "000000000640-000000001280-2"];
    assert_eq!(files(&path), expected);
    drop(postings);
    // What was in memory is made again.
    let mut postings = open(&path, 1, 1_285);
    assert_eq!(postings.size(), 1_280);
    grow(&mut postings, 1, 1_285, true);
    check(&postings, 1_285);
}

#[test]
fn what_waits_for_being_written_is_found_and_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let mut postings = open(dir.path(), 1, 0);
    grow(&mut postings, 1, 29, false);
    assert!(!postings.is_behind());
    grow(&mut postings, 1, 35, false);
    assert!(postings.is_behind() && files(dir.path()).is_empty());
    check(&postings, 35);
    assert!(postings.find_in_memory(key(1_003)).eq([3]));
    assert!(finish_next(&mut postings));
    assert!(!postings.is_behind());
    assert_eq!(postings.in_memory_from(), 10);
    check(&postings, 35);
}

#[test]
fn many_postings_of_few_entries_are_written_early() {
    let dir = tempfile::tempdir().unwrap();
    let mut postings = open(dir.path(), 1, 0);
    for value in 0..100 {
        assert!(!postings.advance(1));
        let key = key(value);
        postings.insert(Posting { key, value });
    }
    assert!(postings.advance(1));
    postings.freeze(root(1, 1));
    assert!(finish_next(&mut postings));
    assert_eq!(files(dir.path()), ["000000000000-000000000001-0"]);
}

#[test]
fn runs_of_another_log_or_ahead_of_this_one_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut postings = open(dir.path(), 1, 0);
    grow(&mut postings, 1, 110, true);
    assert_eq!(files(dir.path()).len(), 4);
    drop(postings);
    for (log, has, kept) in [
        (1, 200, 110),
        (1, 109, 100),
        (1, 99, 90),
        (1, 79, 0),
        (2, 110, 0),
    ] {
        let fits = |end, found: &Hash| end <= has && *found == root(log, end);
        let (mut postings, notes) = Postings::open(dir.path(), SIZES, false, fits);
        assert_eq!((postings.size(), notes.is_empty()), (kept, kept == 110));
        grow(&mut postings, log, kept + 25, true);
        check(&postings, kept + 25);
        // Nothing was written.
        assert_eq!(files(dir.path()).len(), 4);
    }
    let mut postings = open(dir.path(), 2, 110);
    assert!(files(dir.path()).is_empty());
    grow(&mut postings, 2, 110, true);
    check(&postings, 110);
}

#[test]
fn a_crash_at_any_step_leaves_what_is_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut postings = open(dir.path(), 1, 0);
    grow(&mut postings, 1, 79, true);
    grow(&mut postings, 1, 80, false);
    assert!(finish_next(&mut postings));
    let before: Vec<_> = files(dir.path());
    // The merged run is there, and those that it is made of still are.
    let work = postings.work().unwrap();
    drop(work.run(&|| true).unwrap());
    drop(postings);
    assert_eq!(files(dir.path()).len(), before.len() + 1);
    fs::write(dir.path().join(UNFINISHED), "half a run").unwrap();
    fs::write(dir.path().join("note.txt"), "of somebody else").unwrap();
    let mut postings = open(dir.path(), 1, 80);
    check(&postings, 80);
    assert_eq!(
        files(dir.path()),
        ["000000000000-000000000080-1", "note.txt"]
    );
    grow(&mut postings, 1, 100, true);
    drop(postings);
    // A gap: what follows it counts for nothing.
    fs::remove_file(dir.path().join("000000000080-000000000090-0")).unwrap();
    let mut postings = open(dir.path(), 1, 100);
    assert_eq!(postings.size(), 80);
    grow(&mut postings, 1, 100, true);
    check(&postings, 100);
}

#[test]
fn damage_is_met_with_an_error_and_cut_away() {
    let dir = tempfile::tempdir().unwrap();
    let mut postings = open(dir.path(), 1, 0);
    grow(&mut postings, 1, 100, true);
    let path = dir.path().join("000000000080-000000000090-0");
    let sound = fs::read(&path).unwrap();
    let mut bytes = sound.clone();
    bytes[20] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let damaged = postings.find(key(0)).find_map(Result::err).unwrap();
    assert_eq!((&damaged.path, damaged.first), (&path, 80));
    // What lies before it is still told, and a key that is in other runs only.
    assert!(postings.find(key(0)).take(80).all(|value| value.is_ok()));
    assert_eq!(find(&postings, key(1_003)), [3]);
    postings.cut(damaged.first);
    assert_eq!(postings.size(), 80);
    grow(&mut postings, 1, 100, true);
    check(&postings, 100);

    // It is met by a merge.
    grow(&mut postings, 1, 159, true);
    fs::write(&path, &bytes).unwrap();
    grow(&mut postings, 1, 160, false);
    assert!(finish_next(&mut postings));
    let done = postings.work().unwrap().run(&|| true).unwrap().unwrap();
    let damaged = postings.finish(done).unwrap_err();
    postings.cut(damaged.first);
    grow(&mut postings, 1, 200, true);
    check(&postings, 200);
}

#[test]
fn work_that_comes_too_late_or_is_broken_off_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut postings = open(dir.path(), 1, 0);
    grow(&mut postings, 1, 15, false);
    let work = postings.work().unwrap();
    let done = work.run(&|| true).unwrap().unwrap();
    postings.cut(0);
    postings.finish(done).unwrap();
    assert_eq!((postings.size(), files(dir.path()).len()), (0, 0));
    grow(&mut postings, 1, 79, true);
    grow(&mut postings, 1, 80, false);
    assert!(finish_next(&mut postings));
    let broken_off = postings.work().unwrap().run(&|| false).unwrap();
    assert!(broken_off.is_none());
    check(&postings, 80);
}
