//! Creating, opening, taking over, and what damage is found out.

use std::sync::Arc;

use witnessmark_log::testing::{Fixture, MemoryStore, check_log};
use witnessmark_log::{
    Latest, Log, LogError, Reader, Refused, SignedCheckpoint, StartPoint, Store,
};
use witnessmark_merkle::NodeId;
use witnessmark_verifier::{Entry, Hash, LeafIndex, TreeSize};

use crate::support::{NOW, World, append_one, checked, created, reopened};

#[test]
fn a_log_is_created_once() {
    let fixture = Fixture::default();
    let store = Arc::new(MemoryStore::new());
    assert_eq!(reopened(&fixture, &store).unwrap_err(), LogError::Empty);
    let log = created(&fixture, &store);
    let published = log.reader().published();
    assert_eq!(published.size(), 1);
    assert_eq!(
        published.keychain.charter().map(|charter| &charter.origin),
        Some(fixture.origin())
    );
    check_log(&store, log.vkey()).unwrap();
    let (charter, signatures) = fixture.charter();
    let again = Log::create(
        Arc::clone(&store),
        fixture.signer(),
        charter,
        signatures,
        NOW,
    );
    assert_eq!(again.unwrap_err(), LogError::Exists { size: 1 });
}

#[test]
fn a_charter_that_is_not_signed_or_of_another_log_is_refused() {
    let fixture = Fixture::default();
    let create = |fixture: &Fixture, charter, signatures| {
        let store = Arc::new(MemoryStore::new());
        let log = Log::create(
            Arc::clone(&store),
            fixture.signer(),
            charter,
            signatures,
            NOW,
        );
        assert_eq!(store.latest(), Ok(None), "nothing was written");
        log.unwrap_err()
    };
    let (charter, mut signatures) = fixture.charter();
    signatures[0].signature[5] ^= 1;
    let error = create(&fixture, charter, signatures);
    assert!(
        matches!(error, LogError::Refused(Refused::Charter(_))),
        "{error}"
    );
    let (charter, signatures) = Fixture::new("ledger.example/other").charter();
    let error = create(&fixture, charter, signatures);
    assert!(
        matches!(error, LogError::Refused(Refused::Origin { .. })),
        "{error}"
    );
}

#[test]
fn opening_shows_every_entry_in_order_and_finds_the_same_state() {
    let mut world = World::new();
    for number in 0..u16::try_from(600).unwrap() {
        let record = world.record(&number.to_be_bytes());
        append_one(&mut world.log, record).unwrap();
    }
    let before = world.log.reader().published();
    let mut visited = Vec::new();
    let mut visit = |index: u64, entry: &Entry| visited.push((index, entry.record_id()));
    let log = Log::open(Arc::clone(&world.store), world.fixture.signer(), &mut visit).unwrap();
    let after = log.reader().published();
    assert_eq!(
        after.checkpoint, before.checkpoint,
        "no other checkpoint of a size is signed"
    );
    let chains = |published: &witnessmark_log::Published| {
        published
            .keychain
            .organisations()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(chains(&after), chains(&before));
    assert_eq!(visited.len(), 604);
    for (place, (index, id)) in (0..).zip(visited) {
        assert_eq!(index, place);
        assert_eq!(log.reader().index_of(&id), Ok(Some(LeafIndex::new(index))));
    }
}

#[test]
fn a_start_point_spares_the_entries_before_it_and_changes_nothing_else() {
    let mut world = World::new();
    for number in 0..300_u16 {
        let record = world.record(&number.to_be_bytes());
        append_one(&mut world.log, record).unwrap();
    }
    let revoked = world.ada.revoke_key("two");
    let revoked = checked(&world.log, revoked);
    append_one(&mut world.log, revoked).unwrap();
    let point = world.log.reader().published().start_point();
    assert_eq!(point.key_entries, [0, 1, 2, 3, 304]);
    for number in 0..3_u16 {
        let record = world.record(&[&number.to_be_bytes(), b"later".as_slice()].concat());
        append_one(&mut world.log, record).unwrap();
    }
    let open = |point: &StartPoint| {
        let mut visited = Vec::new();
        let (store, signer) = (Arc::clone(&world.store), world.fixture.signer());
        let log = Log::open_from(store, signer, Some(point), &mut |index, _| {
            visited.push(index);
        });
        let published = log.unwrap().reader().published();
        assert_eq!(published.size(), 308);
        assert_eq!(*published.key_entries, [0, 1, 2, 3, 304]);
        let ada = published.keychain.organisation(world.ada.name()).unwrap();
        assert_eq!(ada.seq(), 4);
        visited
    };
    assert_eq!(open(&point), [305, 306, 307]);

    // What is not one of this log is of no use, and does no harm.
    let all: Vec<u64> = (0..308).collect();
    let with = |change: &dyn Fn(&mut StartPoint)| {
        let mut point = point.clone();
        change(&mut point);
        point
    };
    let useless = [
        with(&|point| point.head.root = Hash::new([7; 32])),
        with(&|point| point.head.size = TreeSize::new(309)),
        with(&|point| point.head.size = TreeSize::new(304)),
        with(&|point| point.key_entries.truncate(4)),
        with(&|point| point.key_entries.retain(|at| *at != 0)),
        with(&|point| point.key_entries.retain(|at| *at != 2)),
        with(&|point| point.key_entries.swap(1, 2)),
        with(&|point| point.key_entries.insert(4, 9)),
        with(&|point| point.key_entries.push(306)),
        with(&|point| point.key_entries.clear()),
    ];
    for point in useless {
        assert_eq!(open(&point), all, "{point:?}");
    }
}

#[test]
fn whoever_opens_last_is_the_writer() {
    let mut world = World::new();
    let record = world.record(b"record");
    let other = world.record(b"other");
    let mut successor = reopened(&world.fixture, &world.store).unwrap();
    let error = world.log.append(vec![other.clone()], NOW).unwrap_err();
    assert!(matches!(error, LogError::Halted(_)), "{error}");
    append_one(&mut successor, record).unwrap();
    assert_eq!(
        world.log.append(vec![other.clone()], NOW).unwrap_err(),
        error
    );
    append_one(&mut successor, other).unwrap();
    assert_eq!(
        check_log(&world.store, successor.vkey())
            .unwrap()
            .size
            .get(),
        6
    );
}

#[test]
fn a_reader_opens_without_writing() {
    let world = World::new();
    let before = world.store.latest();
    let mut count = 0;
    let vkey = world.log.vkey();
    let reader = Reader::open(Arc::clone(&world.store), vkey, &mut |_, _| count += 1).unwrap();
    assert_eq!(count, 4);
    assert_eq!(
        reader.published().checkpoint,
        world.log.reader().published().checkpoint
    );
    assert_eq!(world.store.latest(), before);
    let empty = Reader::open(Arc::new(MemoryStore::new()), vkey, &mut |_, _| {});
    assert_eq!(empty.unwrap_err(), LogError::Empty);
}

#[test]
fn a_log_of_another_key_is_not_opened() {
    let world = World::new();
    let other = Fixture::new("ledger.example/other");
    let error = reopened(&other, &world.store).unwrap_err();
    assert!(matches!(error, LogError::Corrupt(_)), "{error}");
}

#[test]
fn any_changed_byte_of_any_entry_is_found_on_opening() {
    let world = World::new();
    for index in 0..4 {
        let bytes = world.log.reader().entry(LeafIndex::new(index)).unwrap();
        for place in 0..bytes.len() {
            let flip = |bytes: &mut Vec<u8>| bytes[place] ^= 1;
            world.store.tamper_entry(index, flip);
            let error = reopened(&world.fixture, &world.store).unwrap_err();
            assert!(
                matches!(error, LogError::Corrupt(_)),
                "entry {index}, byte {place}: {error}"
            );
            assert!(check_log(&world.store, world.log.vkey()).is_err());
            world.store.tamper_entry(index, flip);
        }
    }
    reopened(&world.fixture, &world.store).unwrap();
}

#[test]
fn a_changed_node_of_the_frontier_is_found_on_opening() {
    let world = World::new();
    world
        .store
        .tamper_node(NodeId { level: 2, index: 0 }, Hash::new([1; 32]));
    let error = reopened(&world.fixture, &world.store).unwrap_err();
    let text = "the stored nodes do not have the root of the last checkpoint";
    assert_eq!(error, LogError::Corrupt(text.to_owned()));
}

#[test]
fn a_changed_inner_node_is_found_by_the_check_of_the_whole_log() {
    let world = World::new();
    check_log(&world.store, world.log.vkey()).unwrap();
    world
        .store
        .tamper_node(NodeId { level: 1, index: 1 }, Hash::new([1; 32]));
    let error = check_log(&world.store, world.log.vkey()).unwrap_err();
    let text = "node 1 of level 1: it is not the hash of what it covers";
    assert_eq!(error, LogError::Corrupt(text.to_owned()));
}

#[test]
fn a_changed_checkpoint_is_found_on_opening() {
    let world = World::new();
    let latest = world.store.latest().unwrap().unwrap();
    let text = latest.checkpoint.text().replace("\n4\n", "\n3\n");
    let checkpoint = SignedCheckpoint::parse(&text).unwrap();
    world.store.tamper_latest(Latest {
        checkpoint,
        ..latest
    });
    let error = reopened(&world.fixture, &world.store).unwrap_err();
    assert!(matches!(error, LogError::Corrupt(_)), "{error}");
}

#[test]
fn an_index_that_points_elsewhere_is_found_when_it_is_used() {
    let mut world = World::new();
    let record = world.record(b"record");
    let id = record.record_id();
    append_one(&mut world.log, record.clone()).unwrap();
    world.store.tamper_index(id, Some(LeafIndex::new(2)));
    let error = world.log.append(vec![record], NOW).unwrap_err();
    assert!(matches!(error, LogError::Corrupt(_)), "{error}");
    assert!(check_log(&world.store, world.log.vkey()).is_err());
    world.store.tamper_index(id, None);
    assert!(check_log(&world.store, world.log.vkey()).is_err());
}

#[test]
fn an_entry_changed_under_a_running_log_is_not_answered_with_a_bad_proof() {
    let mut world = World::new();
    let record = world.record(b"record");
    append_one(&mut world.log, record.clone()).unwrap();
    // The time is no part of the record id, so only the proof can tell.
    world.store.tamper_entry(4, |bytes| bytes[12] ^= 1);
    let error = world.log.append(vec![record], NOW).unwrap_err();
    assert!(matches!(error, LogError::Corrupt(_)), "{error}");
}
