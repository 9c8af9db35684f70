//! What a batch does: answers, proofs, repeated records, refusals, limits.

use witnessmark_keychain::KeychainError;
use witnessmark_log::testing::check_history;
use witnessmark_log::{BATCH_ENTRIES_MAX, Checked, LogError, Refused};
use witnessmark_verifier::{
    EntryError, EntryKind, KeyChainError, LeafHash, LeafIndex, RecordId, TreeSize,
};

use crate::support::{NOW, World, append_one, assert_proved, checked};

#[test]
fn every_answer_proves_its_entry_in_the_published_checkpoint() {
    let mut world = World::new();
    let mut seen = vec![world.log.reader().published().checkpoint.clone()];
    let mut next = 4;
    for batch in [1_u64, 2, 3, 100, 256, 1] {
        let records: Vec<_> = (next..next + batch)
            .map(|number| world.record(&number.to_be_bytes()))
            .collect();
        let ids: Vec<RecordId> = records.iter().map(Checked::record_id).collect();
        let answers = world.log.append(records, NOW + next).unwrap();
        let published = world.log.reader().published();
        assert_eq!(answers.len(), ids.len());
        for (answer, id) in answers.into_iter().zip(ids) {
            let appended = answer.unwrap();
            let entry = assert_proved(&world.log, &appended);
            assert_eq!(appended.index, LeafIndex::new(next));
            assert_eq!(appended.record_id, id);
            assert_eq!(appended.checkpoint, published.checkpoint);
            assert!(!appended.already_logged);
            assert_eq!(entry.kind, EntryKind::Record);
            assert_eq!(entry.org_key_seq, 3);
            next += 1;
        }
        assert_eq!(published.size(), next);
        check_history(&world.store, world.log.vkey(), &seen).unwrap();
        seen.push(published.checkpoint.clone());
    }
}

#[test]
fn a_reader_proves_every_entry_at_every_size() {
    let mut world = World::new();
    let mut heads = vec![*world.log.reader().published().checkpoint.head()];
    for number in 0..40 {
        let record = world.record(&[number]);
        heads.push(
            *append_one(&mut world.log, record)
                .unwrap()
                .checkpoint
                .head(),
        );
    }
    let reader = world.log.reader();
    for head in &heads {
        let size = head.size.get();
        for index in (0..size).map(LeafIndex::new) {
            let leaf = LeafHash::of(&reader.entry(index).unwrap());
            let proof = reader.inclusion_proof(index, size).unwrap();
            assert_eq!(proof.verify(leaf, index, head), Ok(()));
        }
        for old in heads.iter().filter(|old| old.size <= head.size) {
            let proof = reader.consistency_proof(old.size.get(), size).unwrap();
            assert_eq!(proof.verify(old, head), Ok(()));
        }
    }
}

#[test]
fn a_record_submitted_again_gets_the_entry_it_has() {
    let mut world = World::new();
    let record = world.record(b"once");
    let first = append_one(&mut world.log, record.clone()).unwrap();
    let other = world.record(b"other");
    let answers = world
        .log
        .append(vec![record.clone(), other, record], NOW + 50)
        .unwrap();
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    for again in [&answers[0], &answers[2]] {
        assert!(again.already_logged);
        assert_eq!((again.index, &again.entry), (first.index, &first.entry));
        assert_proved(&world.log, again);
    }
    assert!(!answers[1].already_logged);
    assert_eq!(world.log.reader().published().size(), 6);
}

#[test]
fn the_same_record_twice_in_a_batch_is_one_entry() {
    let mut world = World::new();
    // The same payload, signed by two keys on two devices.
    let one = checked(&world.log, world.ada.record("one", b"same"));
    let two = checked(&world.log, world.ada.record("two", b"same"));
    let answers = world.log.append(vec![one, two], NOW).unwrap();
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        answers
            .iter()
            .map(|answer| answer.already_logged)
            .collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(answers[0].entry, answers[1].entry);
    assert_eq!(answers[0].index, answers[1].index);
    assert_proved(&world.log, &answers[1]);
    assert_eq!(world.log.reader().published().size(), 5);
}

#[test]
fn a_batch_that_brings_nothing_new_commits_nothing() {
    let mut world = World::new();
    let record = world.record(b"once");
    append_one(&mut world.log, record.clone()).unwrap();
    let before = world.log.reader().published().checkpoint.clone();
    assert!(append_one(&mut world.log, record).unwrap().already_logged);
    assert_eq!(world.log.append(Vec::new(), NOW), Ok(Vec::new()));
    assert_eq!(world.log.reader().published().checkpoint, before);
}

#[test]
fn a_key_revoked_between_check_and_append_is_refused_and_the_others_are_not() {
    let mut world = World::new();
    let late = world.record(b"signed by one, checked before its end");
    let also_late = world.record(b"in the same batch as the end");
    let good = checked(&world.log, world.ada.record("two", b"signed by two"));
    let end = checked(&world.log, world.ada.revoke_key("one"));
    let key_id = witnessmark_verifier::KeyId::of(world.ada.key("one").verifying_key().as_bytes());
    let revoked = Refused::Keys(KeychainError::Keys(KeyChainError::RevokedKey(key_id)));

    let answers = world.log.append(vec![end, also_late, good], NOW).unwrap();
    let end = answers[0].as_ref().unwrap();
    assert_eq!(assert_proved(&world.log, end).org_key_seq, 4);
    assert_eq!(answers[1], Err(revoked.clone()));
    let good = assert_proved(&world.log, answers[2].as_ref().unwrap());
    assert_eq!(
        good.org_key_seq, 4,
        "it carries the chain as it is at its index"
    );
    assert_eq!(append_one(&mut world.log, late), Err(revoked));
    check_history(&world.store, world.log.vkey(), &[]).unwrap();
}

#[test]
fn a_record_in_front_of_the_revocation_is_admitted() {
    let mut world = World::new();
    let early = world.record(b"in time");
    let end = checked(&world.log, world.ada.revoke_key("one"));
    let answers = world.log.append(vec![early.clone(), end], NOW).unwrap();
    assert!(answers.iter().all(Result::is_ok));
    // Submitted again after the revocation, it still has its entry.
    assert!(append_one(&mut world.log, early).unwrap().already_logged);
    check_history(&world.store, world.log.vkey(), &[]).unwrap();
}

#[test]
fn of_two_key_events_for_one_place_the_first_is_taken() {
    let mut world = World::new();
    let mut rival = world.ada.clone();
    let first = checked(&world.log, world.ada.revoke_key("one"));
    let second = checked(&world.log, rival.revoke_key("two"));
    let record = checked(&world.log, world.ada.record("two", b"still good"));
    let answers = world.log.append(vec![first, second, record], NOW).unwrap();
    assert!(answers[0].is_ok());
    let wrong = KeyChainError::WrongSeq { have: 4, found: 4 };
    assert_eq!(answers[1], Err(Refused::Keys(KeychainError::Keys(wrong))));
    assert!(answers[2].is_ok());
    assert_eq!(world.log.reader().published().size(), 6);
    check_history(&world.store, world.log.vkey(), &[]).unwrap();
}

#[test]
fn a_record_that_fits_no_entry_is_refused_alone() {
    let mut world = World::new();
    let too_large = world.record(&vec![7; 65_536]);
    let good = world.record(b"good");
    let answers = world.log.append(vec![too_large, good], NOW).unwrap();
    assert_eq!(answers[0], Err(Refused::Entry(EntryError::TooLong)));
    assert_eq!(answers[1].as_ref().unwrap().index, LeafIndex::new(4));
}

#[test]
fn time_never_goes_back() {
    let mut world = World::new();
    let mut times = Vec::new();
    for (number, now) in [(1, NOW + 5), (2, NOW - 995), (3, NOW + 9)] {
        let record = world.record(&[number]);
        let answer = world
            .log
            .append(vec![record], now)
            .unwrap()
            .remove(0)
            .unwrap();
        times.push(assert_proved(&world.log, &answer).registered_at);
    }
    assert_eq!(times, [NOW + 5, NOW + 5, NOW + 9]);
    let mut log = crate::support::reopened(&world.fixture, &world.store).unwrap();
    let record = world.record(b"after reopening");
    let answers = log.append(vec![record], NOW + 8).unwrap();
    let answer = answers.into_iter().next().unwrap().unwrap();
    assert_eq!(assert_proved(&log, &answer).registered_at, NOW + 9);
}

#[test]
fn a_clock_that_is_behind_signs_nothing_and_the_log_goes_on_when_it_is_right() {
    let mut world = World::new();
    let first = world.record(b"first");
    world.log.append(vec![first.clone()], NOW + 5_000).unwrap();
    let size = world.log.reader().published().size();

    let late = world.record(b"late");
    let refused = world.log.append(vec![late.clone()], NOW + 3_999);
    assert_eq!(refused, Err(LogError::Clock { behind_ms: 1_001 }));
    assert_eq!(world.log.reader().published().size(), size);
    assert_eq!(world.log.halted(), None);
    // What is there already is answered all the same: nothing has to be signed.
    assert!(world.log.append(vec![first], NOW).unwrap()[0].is_ok());

    let answers = world.log.append(vec![late], NOW + 6_000).unwrap();
    let answer = answers.into_iter().next().unwrap().unwrap();
    assert_eq!(
        assert_proved(&world.log, &answer).registered_at,
        NOW + 6_000
    );
}

#[test]
fn a_batch_has_a_limit() {
    let mut world = World::new();
    let record = world.record(b"again and again");
    let batch = vec![record; BATCH_ENTRIES_MAX + 1];
    assert_eq!(world.log.append(batch.clone(), NOW), Err(LogError::Busy));
    assert!(world.log.append(batch[1..].to_vec(), NOW).is_ok());
    assert_eq!(world.log.reader().published().size(), 5);
}

#[test]
fn what_is_beyond_the_log_is_told_apart() {
    let world = World::new();
    let reader = world.log.reader();
    let index = |index, size| Err(LogError::IndexBeyond { index, size });
    assert_eq!(reader.entry(LeafIndex::new(4)).map(|_| ()), index(4, 4));
    assert_eq!(
        reader.inclusion_proof(LeafIndex::new(3), 3).map(|_| ()),
        index(3, 3)
    );
    let size = |asked, size| Err(LogError::SizeBeyond { asked, size });
    assert_eq!(
        reader.inclusion_proof(LeafIndex::new(0), 5).map(|_| ()),
        size(5, 4)
    );
    assert_eq!(reader.consistency_proof(1, 5).map(|_| ()), size(5, 4));
    assert_eq!(reader.consistency_proof(3, 2).map(|_| ()), size(3, 2));
    assert_eq!(reader.entries(2..5).map(|_| ()), size(5, 4));
    assert_eq!(reader.entries(4..4), Ok(Vec::new()));
    assert_eq!(reader.index_of(&RecordId::of("none", b"")), Ok(None));
    assert_eq!(reader.already_logged(&RecordId::of("none", b"")), Ok(None));
    assert_eq!(reader.published().checkpoint.head().size, TreeSize::new(4));
}
