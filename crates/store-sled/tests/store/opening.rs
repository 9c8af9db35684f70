//! What is noticed when a store is opened, and what is left alone.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use witnessmark_log::{Store, StoreError};
use witnessmark_store_sled::{OpenError, SledStore, StoreOptions};
use witnessmark_verifier::{Hash, LeafHash, node_hash};

use crate::ledger::{Ledger, assert_holds, create, entry, open, stored};

const SLOT_BYTES: usize = 16 * 1024;
const LOCK_CHILD: &str = "WITNESSMARK_TEST_LOCK_DIR";

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if item.file_type().unwrap().is_dir() {
            copy_folder(&item.path(), &to.join(item.file_name()));
        } else {
            fs::copy(item.path(), to.join(item.file_name())).unwrap();
        }
    }
}

fn error(dir: &Path) -> OpenError {
    SledStore::open(dir, &StoreOptions::default()).unwrap_err()
}

/// The store is served for reading, with all these words in the reason.
fn assert_read_only(dir: &Path, size: u64, words: &[&str]) {
    let store = open(dir);
    let reason = store.read_only_reason().unwrap().to_owned();
    for word in words {
        assert!(reason.contains(word), "{word:?} is not in: {reason}");
    }
    assert_eq!(
        store.latest().unwrap().map_or(0, |latest| latest.size()),
        size
    );
    let mut ledger = Ledger::of(size);
    ledger.epoch = 99;
    assert_eq!(
        store.commit(&ledger.grow(1)),
        Err(StoreError::ReadOnly(reason))
    );
    store.entries(0..size).unwrap();
}

/// Changes a stored value with sled's own means.
pub(crate) fn edit(dir: &Path, key: &[u8], change: impl FnOnce(&mut Vec<u8>)) {
    let config = sled::Config::default()
        .path(dir.join("store"))
        .segment_size(2 << 20);
    // sled lets go of its own lock a little after the store was closed.
    let retry = |_| {
        config
            .open()
            .inspect_err(|_| thread::sleep(Duration::from_millis(10)))
            .ok()
    };
    let db = (0..500).find_map(retry).unwrap();
    let mut value = db.get(key).unwrap().unwrap().to_vec();
    change(&mut value);
    db.insert(key, value).unwrap();
    db.flush().unwrap();
}

/// Changes one bit of a file of the folder `log`.
fn flip(dir: &Path, file: &str, at: usize) {
    let path = dir.join("log").join(file);
    let mut bytes = fs::read(&path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Where the entries begin in the first chunk, and its tile.
const ENTRIES_AT: usize = TILE_AT + 272 * 32;
const TILE_AT: usize = 2 * 256;

#[test]
fn an_older_store_put_back_is_noticed_and_what_is_missing_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let older = tempfile::tempdir().unwrap();
    let old_root = stored(dir.path(), &[1, 4]);
    copy_folder(&dir.path().join("store"), older.path());
    let store = open(dir.path());
    let mut ledger = Ledger::of(5);
    store.commit(&ledger.grow(2)).unwrap();
    drop(store);
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    copy_folder(older.path(), &dir.path().join("store"));
    let (old_root, root) = (old_root.to_string(), ledger.frontier.root().to_string());
    let words = ["holds 5 entries", &old_root, "held 7 with root", &root];
    assert_read_only(dir.path(), 5, &words);
    let words = [
        "2 entries are missing, with indexes 5 to 6",
        "rebuild",
        "Copy the folder",
    ];
    assert_read_only(dir.path(), 5, &words);
}

#[test]
fn a_lost_change_of_epoch_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let older = tempfile::tempdir().unwrap();
    stored(dir.path(), &[3]);
    copy_folder(&dir.path().join("store"), older.path());
    open(dir.path()).commit(&Ledger::of(3).grow(0)).unwrap();
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    copy_folder(older.path(), &dir.path().join("store"));
    assert_read_only(dir.path(), 3, &["holds all 3 entries", "epoch 1", "has 2"]);
}

#[test]
fn a_store_with_the_anchor_of_another_history_is_noticed() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = stored(dir.path(), &[2, 3]);
    let entries = (0..4_u8).map(|byte| vec![byte].into()).collect();
    let mut forked = Ledger::new();
    let commit = forked.commit(entries, (0..4).map(crate::ledger::record_id).collect());
    create(other.path()).commit(&commit).unwrap();
    fs::copy(other.path().join("anchor"), dir.path().join("anchor")).unwrap();
    let found = Ledger::of(4).frontier.root().to_string();
    let forked_root = forked.frontier.root().to_string();
    let words = [
        "holds 5 entries",
        "first 4",
        &found,
        &forked_root,
        "not those",
    ];
    assert_read_only(dir.path(), 5, &words);
    assert_ne!(root.to_string(), forked_root);
}

#[test]
fn an_empty_store_beside_an_anchor_is_not_taken_for_a_new_one() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = stored(dir.path(), &[2, 3]).to_string();
    drop(create(other.path()));
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    copy_folder(&other.path().join("store"), &dir.path().join("store"));
    let words = [
        "is empty",
        "held 5 entries",
        &root,
        "5 entries are missing",
        "0 to 4",
    ];
    assert_read_only(dir.path(), 0, &words);
}

#[test]
fn a_store_that_is_gone_is_not_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let expected = stored(dir.path(), &[2, 3]);
    fs::remove_dir_all(dir.path().join("store")).unwrap();
    let found = error(dir.path());
    assert!(
        matches!(found, OpenError::StoreGone { size: 5, root, .. } if root == expected),
        "{found}"
    );
    assert!(!dir.path().join("store").exists());
    let created = SledStore::create(dir.path(), &StoreOptions::default()).unwrap_err();
    assert!(
        matches!(created, OpenError::AlreadyAStore { .. }),
        "{created}"
    );
}

#[test]
fn a_torn_anchor_slot_leaves_the_slot_before_it() {
    let dir = tempfile::tempdir().unwrap();
    // The turns are 0 (made), 1 (size 2), 2 (size 5): the newest is in the first slot.
    stored(dir.path(), &[2, 3]);
    let anchor = dir.path().join("anchor");
    let whole = fs::read(&anchor).unwrap();
    let newest = whole[..SLOT_BYTES]
        .iter()
        .rposition(|byte| *byte != 0)
        .unwrap();
    for torn_from in [0, 5, 30, 60, newest / 2, newest] {
        let mut torn = whole.clone();
        torn[torn_from..SLOT_BYTES].fill(0xA5);
        fs::write(&anchor, torn).unwrap();
        let store = open(dir.path());
        assert_eq!(store.read_only_reason(), None, "torn from {torn_from}");
        assert_holds(&store, 5);
    }
    let mut ledger = Ledger::of(5);
    open(dir.path()).commit(&ledger.grow(1)).unwrap();
    assert_eq!(open(dir.path()).read_only_reason(), None);
}

#[test]
fn an_anchor_that_is_missing_or_damaged_throughout_stops_the_writer() {
    let dir = tempfile::tempdir().unwrap();
    let root = stored(dir.path(), &[2, 3]).to_string();
    let anchor = dir.path().join("anchor");
    let mut damaged = fs::read(&anchor).unwrap();
    damaged[40] ^= 1;
    damaged[SLOT_BYTES + 40] ^= 1;
    fs::write(&anchor, damaged).unwrap();
    assert_read_only(
        dir.path(),
        5,
        &["anchor", "is damaged", "5 entries with root", &root],
    );
    fs::remove_file(&anchor).unwrap();
    assert_read_only(
        dir.path(),
        5,
        &["anchor", "is missing", "5 entries with root", &root],
    );
    assert!(
        !anchor.exists(),
        "a new anchor would make the next start trust the store"
    );
}

#[test]
fn an_empty_store_without_its_anchor_is_not_taken_for_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    drop(create(dir.path()));
    assert_eq!(open(dir.path()).read_only_reason(), None);
    fs::remove_file(dir.path().join("anchor")).unwrap();
    assert_read_only(dir.path(), 0, &["is missing", "holds no entries"]);
}

#[test]
fn an_entry_that_changed_at_the_end_of_the_log_is_named() {
    let dir = tempfile::tempdir().unwrap();
    stored(dir.path(), &[250, 54]);
    flip(dir.path(), "chunks", ENTRIES_AT + 3);
    let words = ["damaged", "entry 0 does not have its leaf hash"];
    assert_read_only(dir.path(), 304, &words);
}

#[test]
fn an_entry_that_changed_while_it_waits_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let root = stored(dir.path(), &[256, 4]).to_string();
    edit(dir.path(), b"p\0\0", |value| value[2 + 3] ^= 1);
    assert_read_only(dir.path(), 260, &["root", &root]);
}

#[test]
fn a_node_that_changed_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let root = stored(dir.path(), &[600]).to_string();
    // Of the nodes half-way up in the first tile, from which the right edge is computed.
    let node = TILE_AT + 256 * 32 + 40;
    flip(dir.path(), "chunks", node);
    assert_read_only(dir.path(), 600, &["root", &root]);
    flip(dir.path(), "chunks", node);
    assert_eq!(open(dir.path()).read_only_reason(), None);
    // Without the newest slot the anchor is older, and the head's own root tells.
    let mut anchor = fs::read(dir.path().join("anchor")).unwrap();
    anchor[SLOT_BYTES + 40] ^= 1;
    fs::write(dir.path().join("anchor"), anchor).unwrap();
    assert_eq!(open(dir.path()).read_only_reason(), None);
    flip(dir.path(), "chunks", node);
    assert_read_only(
        dir.path(),
        600,
        &["the stored nodes have root", "the checkpoint", &root],
    );
}

#[test]
fn an_entry_replaced_together_with_its_leaf_hash_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    stored(dir.path(), &[600]);
    let mut forged = entry(0);
    forged[3] ^= 1;
    flip(dir.path(), "chunks", ENTRIES_AT + 3);
    let path = dir.path().join("log/chunks");
    let mut bytes = fs::read(&path).unwrap();
    let leaf = LeafHash::of(&forged).hash();
    bytes[TILE_AT..TILE_AT + 32].copy_from_slice(leaf.as_bytes());
    fs::write(&path, &bytes).unwrap();
    let words = [
        "the tile at level 0 and index 0",
        "does not agree with itself",
    ];
    assert_read_only(dir.path(), 600, &words);
    // With the nodes half-way up, the hash above the tile is another.
    let hashes: Vec<Hash> = (0..16)
        .map(|place| Hash::new(bytes[TILE_AT + 32 * place..][..32].try_into().unwrap()))
        .collect();
    let above = hashes.chunks(2).map(|two| node_hash(&two[0], &two[1]));
    let above: Vec<Hash> = above.collect();
    let above: Vec<Hash> = above
        .chunks(2)
        .map(|two| node_hash(&two[0], &two[1]))
        .collect();
    let above: Vec<Hash> = above
        .chunks(2)
        .map(|two| node_hash(&two[0], &two[1]))
        .collect();
    let middle = node_hash(&above[0], &above[1]);
    bytes[TILE_AT + 256 * 32..][..32].copy_from_slice(middle.as_bytes());
    fs::write(&path, &bytes).unwrap();
    assert_read_only(dir.path(), 600, &["root"]);
}

#[test]
fn a_scrub_finds_what_opening_does_not_look_at() {
    let dir = tempfile::tempdir().unwrap();
    stored(dir.path(), &[500, 500, 500, 500, 500]);
    flip(dir.path(), "chunks", ENTRIES_AT + 3);
    let store = open(dir.path());
    assert_eq!(
        store.read_only_reason(),
        None,
        "the damage is not in the last segment"
    );
    store.check(1..2500).unwrap();
    let found = store.check(0..2500).unwrap_err().to_string();
    assert!(
        found.contains("entry 0 does not have its leaf hash"),
        "{found}"
    );
}

#[test]
fn a_damaged_head_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    stored(dir.path(), &[3]);
    edit(dir.path(), b"h", |value| value[30] ^= 1);
    let found = error(dir.path());
    assert!(matches!(found, OpenError::Damaged { .. }), "{found}");
    assert!(
        found.to_string().contains("checksum of the head"),
        "{found}"
    );
}

#[test]
fn a_store_cut_short_is_never_written_to() {
    let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    stored(dir.path(), &[1, 2, 3, 40, 1, 60, 3]);
    let length = fs::metadata(dir.path().join("store/db")).unwrap().len();
    let data = fs::read(dir.path().join("store/db")).unwrap();
    let used = data.iter().rposition(|byte| *byte != 0).unwrap();
    for tenth in 0..10 {
        let case = copy.path().join(tenth.to_string());
        copy_folder(dir.path(), &case);
        let db = File::options()
            .write(true)
            .open(case.join("store/db"))
            .unwrap();
        db.set_len(u64::try_from(used * tenth / 10).unwrap().min(length))
            .unwrap();
        drop(db);
        match SledStore::open(&case, &StoreOptions::default()) {
            Ok(store) => assert!(store.read_only_reason().is_some(), "cut to {tenth} tenths"),
            Err(found) => assert!(matches!(found, OpenError::Damaged { .. }), "{found}"),
        }
    }
}

#[test]
fn a_folder_without_a_store_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("photo.jpg"), "x").unwrap();
    assert!(matches!(error(dir.path()), OpenError::NotAStore { .. }));
    assert!(matches!(
        error(&dir.path().join("nowhere")),
        OpenError::NotAStore { .. }
    ));
    assert!(matches!(
        error(&dir.path().join("photo.jpg")),
        OpenError::NotAStore { .. }
    ));
    fs::create_dir(dir.path().join("store")).unwrap();
    assert!(matches!(error(dir.path()), OpenError::NotAStore { .. }));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn a_store_is_made_beside_other_files_and_only_once() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("ledger.toml"), "x").unwrap();
    stored(dir.path(), &[2]);
    let found = SledStore::create(dir.path(), &StoreOptions::default()).unwrap_err();
    assert!(matches!(found, OpenError::AlreadyAStore { .. }), "{found}");
    assert_holds(&open(dir.path()), 2);
}

#[test]
fn a_creation_cut_short_is_completed() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    drop(create(other.path()));
    fs::copy(other.path().join("anchor"), dir.path().join("anchor")).unwrap();
    assert!(matches!(error(dir.path()), OpenError::NotAStore { .. }));
    stored(dir.path(), &[2]);
    assert_holds(&open(dir.path()), 2);
}

#[test]
fn leftovers_of_an_open_that_was_killed_are_moved_aside() {
    let dir = tempfile::tempdir().unwrap();
    stored(dir.path(), &[2, 3]);
    let store = dir.path().join("store");
    fs::write(store.join("snap.00000000000000FF.generating"), "unfinished").unwrap();
    fs::write(store.join("snap.00000000000000EE"), "").unwrap();
    let found = open(dir.path());
    assert_eq!(found.read_only_reason(), None);
    assert_holds(&found, 5);
    let aside = dir.path().join("aside");
    let moved = fs::read_to_string(aside.join("snap.00000000000000FF.generating")).unwrap();
    assert_eq!(moved, "unfinished");
    assert!(aside.join("snap.00000000000000EE").exists());
}

#[test]
fn a_second_opening_is_refused_in_this_process_and_in_another() {
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    let found = error(dir.path());
    assert!(matches!(found, OpenError::InUse { .. }), "{found}");
    assert!(
        found
            .to_string()
            .contains(&dir.path().display().to_string()),
        "{found}"
    );
    let child = |expected: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "opening::lock_child", "--nocapture"])
            .env(LOCK_CHILD, dir.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains(expected), "{text}");
    };
    child("is in use by another process");
    drop(store);
    child("the child opened it");
}

/// Runs in a process of its own, for the test above.
#[test]
#[expect(clippy::print_stdout, reason = "the parent reads it")]
fn lock_child() {
    if let Some(dir) = std::env::var_os(LOCK_CHILD) {
        match SledStore::open(Path::new(&dir), &StoreOptions::default()) {
            Ok(_) => println!("the child opened it"),
            Err(error) => println!("{error}"),
        }
    }
}

#[test]
fn opening_has_a_time_limit() {
    let dir = tempfile::tempdir().unwrap();
    stored(dir.path(), &[2]);
    let options = StoreOptions {
        open_limit: Some(Duration::from_nanos(1)),
        ..StoreOptions::default()
    };
    let found = SledStore::open(dir.path(), &options).unwrap_err();
    assert!(matches!(found, OpenError::TimedOut { .. }), "{found}");
}

#[test]
fn the_root_of_an_empty_ledger_is_not_asked_for() {
    // A hash of zeros is what a careless default would give.
    let dir = tempfile::tempdir().unwrap();
    let store = create(dir.path());
    assert_eq!(store.latest(), Ok(None));
    assert_eq!(store.entries(0..0), Ok(Vec::new()));
    assert_eq!(store.nodes(&[]), Ok(Vec::<Hash>::new()));
    store.check(0..0).unwrap();
}
