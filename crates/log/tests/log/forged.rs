//! Logs that their own key signed, and that are wrong all the same: the key alone is not believed.

use std::sync::Arc;

use witnessmark_log::testing::{Fixture, MemoryStore, check_log, commit_of, first_checkpoint};
use witnessmark_log::{LogError, Store};
use witnessmark_merkle::Frontier;
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::Entry;

use crate::support::{World, append_one, reopened};

/// The entries of an honest log with one record, to be spoiled.
fn honest() -> Vec<Entry> {
    let mut world = World::new();
    let record = world.record(b"record");
    append_one(&mut world.log, record).unwrap();
    let entries = world.store.entries(0..5).unwrap();
    entries
        .iter()
        .map(|bytes| Entry::parse(bytes).unwrap())
        .collect()
}

/// What opening and checking say about a log of these entries, signed by the key of `fixture`.
fn verdicts(fixture: &Fixture, entries: &[Entry]) -> (Result<(), LogError>, Result<(), LogError>) {
    let bytes: Vec<Arc<[u8]>> = entries
        .iter()
        .map(|entry| Arc::from(entry.encode().unwrap()))
        .collect();
    let signer = fixture.signer();
    let record_ids = entries.iter().map(Entry::record_id).collect();
    let sign = |head| first_checkpoint(&signer, head);
    let commit = commit_of(&mut Frontier::new(), 1, (bytes, record_ids), sign).unwrap();
    let store = Arc::new(MemoryStore::new());
    store.commit(&commit).unwrap();
    let opened = reopened(fixture, &store).map(|_| ());
    (opened, check_log(&store, signer.vkey()).map(|_| ()))
}

fn corrupt(text: &str) -> Result<(), LogError> {
    Err(LogError::Corrupt(text.to_owned()))
}

#[test]
fn an_honest_log_is_accepted() {
    assert_eq!(verdicts(&Fixture::default(), &honest()), (Ok(()), Ok(())));
}

#[test]
fn an_entry_registered_before_the_one_before_it_is_refused() {
    let mut entries = honest();
    entries[4].registered_at -= 1;
    let refused = corrupt("entry 4: it is registered before the one before it");
    assert_eq!(
        verdicts(&Fixture::default(), &entries),
        (refused.clone(), refused)
    );
}

#[test]
fn a_log_that_does_not_begin_with_its_charter_is_refused() {
    let mut entries = honest();
    entries.remove(0);
    let (opened, checked) = verdicts(&Fixture::default(), &entries);
    assert!(opened.is_err() && checked.is_err());
}

#[test]
fn a_log_with_the_charter_of_another_is_refused() {
    let (opened, checked) = verdicts(&Fixture::new("ledger.example/other"), &honest());
    assert_eq!(opened, corrupt("the charter is of another log"));
    assert_eq!(checked, corrupt("the charter: it is of another log"));
}

#[test]
fn a_key_event_that_was_left_out_is_missed() {
    let mut entries = honest();
    entries.remove(2);
    let (opened, checked) = verdicts(&Fixture::default(), &entries);
    assert!(opened.is_err() && checked.is_err());
}

#[test]
fn a_record_that_nobody_signed_is_found_by_the_check_of_the_whole_log() {
    let mut entries = honest();
    entries[4].payload = b"forged".to_vec();
    let (opened, checked) = verdicts(&Fixture::default(), &entries);
    assert_eq!(
        opened,
        Ok(()),
        "opening does not check the signatures of records"
    );
    assert!(matches!(checked, Err(LogError::Corrupt(_))));
}

#[test]
fn a_record_that_is_there_twice_is_found_by_the_check_of_the_whole_log() {
    let mut entries = honest();
    entries.push(entries[4].clone());
    let (_, checked) = verdicts(&Fixture::default(), &entries);
    assert!(matches!(checked, Err(LogError::Corrupt(_))));
}
