//! Damage is planted in every part of a store, and is found where it is.

use std::fs::{self, File};
use std::path::Path;

use witnessmark_store_sled::{Damage, Findings};
use witnessmark_verifier::RecordId;

use crate::ledger::{Ledger, create, entry, open, record_id};
use crate::opening::{copy_folder, edit};

const CHUNK_HEAD: usize = 2 * 256 + 272 * 32;

/// A store of small entries, of which no two are equal.
pub(crate) fn small_entries(dir: &Path, size: u64) {
    let store = create(dir);
    let mut ledger = Ledger::new();
    while ledger.size() < size {
        let count = (size - ledger.size()).min(1_000);
        let indexes = ledger.size()..ledger.size() + count;
        let entries = indexes.clone().map(|index| bytes(index).into()).collect();
        let commit = ledger.commit(entries, indexes.map(record_id).collect());
        witnessmark_log::Store::commit(&store, &commit).unwrap();
    }
}

fn bytes(index: u64) -> Vec<u8> {
    entry(index)
        .into_iter()
        .take(20)
        .chain(index.to_be_bytes())
        .collect()
}

fn fsck(dir: &Path) -> Findings {
    open(dir).fsck(&mut |index, entry| {
        let own = (0..8).map(|place| entry[entry.len() - 8 + place]);
        let own = own.fold(0_u64, |all, byte| (all << 8) | u64::from(byte));
        if own == index {
            Ok(record_id(index))
        } else {
            Err(format!("it is entry {own}"))
        }
    })
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn cut(file: &Path, length: u64) {
    File::options()
        .write(true)
        .open(file)
        .unwrap()
        .set_len(length)
        .unwrap();
}

/// Where the chunk with this number begins.
fn chunk(dir: &Path, number: usize) -> usize {
    let bytes = fs::read(dir.join("log/chunks")).unwrap();
    (0..number).fold(0, |start, _| {
        let lengths = bytes[start..start + 512].chunks(2);
        let of = |two: &[u8]| usize::from(two[0]) << 8 | usize::from(two[1]);
        start + CHUNK_HEAD + lengths.map(of).sum::<usize>()
    })
}

/// What is done, how, and where it is to be found with which words.
struct Case {
    name: &'static str,
    plant: Box<dyn Fn(&Path)>,
    expected: &'static [(&'static str, &'static str)],
}

fn case(
    name: &'static str,
    plant: impl Fn(&Path) + 'static,
    expected: &'static [(&'static str, &'static str)],
) -> Case {
    let plant = Box::new(plant);
    Case {
        name,
        plant,
        expected,
    }
}

fn flipped(
    name: &'static str,
    file: &'static str,
    at: usize,
    expected: &'static [(&'static str, &'static str)],
) -> Case {
    case(
        name,
        move |dir| flip(&dir.join("log").join(file), at),
        expected,
    )
}

fn assert_found(whole: &Path, cases: Vec<Case>) {
    for Case {
        name,
        plant,
        expected,
    } in cases
    {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(whole, copy.path());
        plant(copy.path());
        let found = fsck(copy.path());
        for (place, what) in expected {
            let is = |it: &Damage| it.place.starts_with(place) && it.what.contains(what);
            assert!(
                found.damage.iter().any(is),
                "{name}: {place:?} {what:?} is not in {found:#?}"
            );
        }
    }
}

#[test]
fn damage_in_tiles_above_the_first_level_is_found_where_it_is() {
    let whole = tempfile::tempdir().unwrap();
    let size = 65_540;
    small_entries(whole.path(), size);
    let sound = Findings {
        size,
        ..Findings::default()
    };
    assert_eq!(fsck(whole.path()), sound);
    let tile = 256 * 8 + 272 * 32;
    let chunk_3 = chunk(whole.path(), 3);
    let cases = vec![
        flipped(
            "a hash",
            "tiles-1",
            256 * 8 + 40,
            &[("tile 0 of level 1", "below")],
        ),
        flipped(
            "a node",
            "tiles-1",
            tile - 1,
            &[("tile 0 of level 1", "itself")],
        ),
        flipped(
            "where a chunk begins",
            "tiles-1",
            3 * 8 + 7,
            &[("entry 768", "")],
        ),
        flipped(
            "a leaf hash",
            "chunks",
            chunk_3 + 512 + 40,
            &[
                ("tile 3 of level 0", "itself"),
                ("entry 769", "leaf hash"),
                ("tile 0 of level 1", "below"),
                ("root", "checkpoint"),
            ],
        ),
    ];
    assert_found(whole.path(), cases);
}

/// What is damaged elsewhere than in the bytes of a file of the log.
fn cases_beside_the_files(chunk_3: usize) -> Vec<Case> {
    let long = u64::try_from(chunk_3 + CHUNK_HEAD + 9).unwrap();
    vec![
        case(
            "an entry that waits",
            |dir| edit(dir, b"p\0\0", |value| value[5] ^= 1),
            &[("root", "checkpoint")],
        ),
        case(
            "a record id that waits",
            |dir| edit(dir, b"q\0\0", |value| value[50] ^= 1),
            &[("record ids of entries 32768", "damaged")],
        ),
        case(
            "the anchor",
            |dir| {
                for slot in [0, 16_384] {
                    flip(&dir.join("anchor"), slot + 40);
                }
            },
            &[("anchor", "damaged")],
        ),
        case(
            "no anchor",
            |dir| fs::remove_file(dir.join("anchor")).unwrap(),
            &[("anchor", "missing")],
        ),
        case(
            "short runs",
            |dir| cut(&dir.join("log/runs"), 100),
            &[("record ids of entries 0", "cut short")],
        ),
        case(
            "short chunks",
            move |dir| cut(&dir.join("log/chunks"), long),
            &[("entries 768 to 1023", ""), ("root", "cannot be computed")],
        ),
    ]
}

#[test]
fn every_kind_of_damage_is_found_where_it_is() {
    let whole = tempfile::tempdir().unwrap();
    let size = 33_000;
    small_entries(whole.path(), size);
    let sound = Findings {
        size,
        ..Findings::default()
    };
    assert_eq!(fsck(whole.path()), sound);

    let chunk_3 = chunk(whole.path(), 3);
    let run = 128 * (128 * 34 + 32) + 8 * 128 + 32 + 4 * (10 * 1024 + 32);
    let runs = fs::metadata(whole.path().join("log/runs")).unwrap().len();
    assert_eq!(runs, 2 * u64::try_from(run).unwrap());
    let entry_bytes = chunk_3 + CHUNK_HEAD + 1;
    let node = chunk_3 + 512 + 256 * 32;
    let cases = vec![
        flipped(
            "an entry",
            "chunks",
            entry_bytes,
            &[("entry 768", "leaf hash")],
        ),
        flipped(
            "a length",
            "chunks",
            chunk_3 + 1,
            &[("entry 768", "leaf hash")],
        ),
        flipped(
            "a node in a tile",
            "chunks",
            node,
            &[("tile 3 of level 0", "itself")],
        ),
        flipped(
            "a run",
            "runs",
            run + 50,
            &[("record ids of entries 16384", "piece 0 of run 1")],
        ),
        flipped(
            "a filter",
            "runs",
            2 * run - 50,
            &[("record ids of entries 0", "")],
        ),
    ];
    assert_found(whole.path(), cases);
    assert_found(whole.path(), cases_beside_the_files(chunk_3));
}

#[test]
fn a_record_whose_index_entry_is_of_another_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::new();
    let entries = (0..300).map(|index| bytes(index).into()).collect();
    let mut ids: Vec<RecordId> = (0..300).map(record_id).collect();
    ids.swap(7, 8);
    witnessmark_log::Store::commit(&create(dir.path()), &ledger.commit(entries, ids)).unwrap();
    let found = fsck(dir.path());
    let places: Vec<_> = found.damage.iter().map(|it| it.place.as_str()).collect();
    assert_eq!(places, ["entry 7", "entry 8"], "{found:#?}");
}
