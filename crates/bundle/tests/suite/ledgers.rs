//! The audit of a running ledger's entries, without files.

use witnessmark_bundle::{Auditor, Verdict, VerdictWord};
use witnessmark_record::v1;
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{Entry, EntryKind, Hash, KeyRole};

use crate::mini_log::{COURT, MiniLog, TEAM, assert_fails, judge, key, link, sign, why};

fn audit(log: &MiniLog) -> Verdict {
    audit_entries(log, &log.entries)
}

fn audit_entries(log: &MiniLog, entries: &[Vec<u8>]) -> Verdict {
    let mut auditor = Auditor::new(log.policy().as_bytes(), log.checkpoint(&[]).as_bytes());
    assert_eq!(
        auditor.size(),
        Some(u64::try_from(log.entries.len()).unwrap())
    );
    for entry in entries {
        auditor.push(entry);
    }
    auditor.finish()
}

fn usual() -> MiniLog {
    let mut log = MiniLog::usual();
    for number in 0..5 {
        log.record(11, &log.message(TEAM, &format!("Record {number}")));
        log.record(21, &log.message(COURT, &format!("Record {number}")));
    }
    log
}

#[test]
fn a_good_ledger_is_verified_and_counted() {
    let log = usual();
    let verdict = audit(&log);
    assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
    let contents = verdict.contents.clone().unwrap();
    assert_eq!(
        (contents.entries, contents.records, contents.key_events),
        (15, 10, 4)
    );
    assert_eq!((contents.organisations, contents.signatures), (2, 10));
    assert!(
        verdict.to_text().contains("All 15 entries of the ledger"),
        "{}",
        verdict.to_text()
    );
}

#[test]
fn a_ledger_without_entries_shows_nothing() {
    let mut log = usual();
    log.entries.clear();
    assert_fails(&audit(&log), 1, "charter", "no entry");
}

#[test]
fn a_key_may_sign_before_it_is_revoked_and_not_after() {
    let mut log = usual();
    log.revoke(TEAM, 10, 11, None);
    log.record(21, &log.message(COURT, "Later"));
    assert_eq!(audit(&log).word, VerdictWord::Verified);
    let entry = log.record_entry(&[11], &log.message(TEAM, "Too late"));
    let index = log.push(entry);
    let verdict = audit(&log);
    assert_fails(&verdict, 1, "signatures", "is revoked");
    assert_eq!(verdict.problems.len(), 1);
    assert_eq!(verdict.problems[0].index, Some(index));
}

/// A ledger that took in what it should have refused, and signed for it: the audit says which entry.
#[test]
fn each_fault_of_a_ledger_names_its_entry() {
    type Make = fn(&mut MiniLog) -> Entry;
    let faults: [(&str, &str, Make); 9] = [
        ("signatures", "not one that may sign here", |log| {
            log.record_entry(&[21], &log.message(TEAM, "x"))
        }),
        ("signatures", "role record", |log| {
            log.add_key(TEAM, 10, 12, KeyRole::Countersign);
            log.record_entry(&[12], &log.message(TEAM, "x"))
        }),
        ("signatures", "", |log| {
            let mut entry = log.record_entry(&[11], &log.message(TEAM, "x"));
            entry.signatures[0].signature[40] ^= 1;
            entry
        }),
        ("key_chains", "", |log| {
            let mut entry = log.record_entry(&[11], &log.message(TEAM, "x"));
            entry.org_key_seq -= 1;
            entry
        }),
        ("records", "another ledger", |log| {
            let mut message = log.message(TEAM, "x");
            message.origin = "ledger.example/other".to_owned();
            log.record_entry(&[11], &message)
        }),
        ("records", "does not know", |log| {
            let mut message = log.message(TEAM, "x");
            message.schema = "wreckage-finding/9".to_owned();
            log.record_entry(&[11], &message)
        }),
        ("records", "canonical", |log| {
            let mut entry = log.record_entry(&[11], &log.message(TEAM, "x"));
            entry.payload.extend([0x10, 0x00]);
            entry.signatures = vec![sign(&key(11), &entry.payload_type, &entry.payload)];
            entry
        }),
        ("records", "the same payload is in entry 5", |log| {
            log.entry(5)
        }),
        ("key_chains", "", |log| log.entry(2)),
    ];
    for (check, words, make) in faults {
        let mut log = usual();
        let entry = make(&mut log);
        let index = log.push(entry);
        log.record(21, &log.message(COURT, "After it"));
        let verdict = audit(&log);
        assert_fails(&verdict, 1, check, words);
        assert!(
            verdict
                .problems
                .iter()
                .any(|p| p.check == check && p.index == Some(index)),
            "{check}"
        );
        assert!(
            verdict.to_text().contains(&format!("entry {index}")),
            "{}",
            verdict.to_text()
        );
    }
}

#[test]
fn a_label_that_is_not_composed_is_a_fault() {
    let mut log = usual();
    let index = log.add_decomposed(TEAM, 10, 40);
    let verdict = audit(&log);
    assert_fails(&verdict, 1, "key_chains", "normalisation form C");
    assert_eq!(verdict.problems[0].index, Some(index));

    let record = log.record(11, &log.message(TEAM, "After it"));
    let bundle = log.bundle(record, &[]);
    assert_fails(
        &judge(&bundle, &log.policy()),
        1,
        "key_chain",
        "normalisation form C",
    );
}

#[test]
fn time_does_not_go_back() {
    let mut log = usual();
    log.now -= 5_000;
    let index = log.record(11, &log.message(TEAM, "Backwards"));
    let verdict = audit(&log);
    assert_fails(&verdict, 1, "entries", "before that of the entry before it");
    assert_eq!(verdict.problems[0].index, Some(index));
}

#[test]
fn the_charter_is_entry_0_and_no_other() {
    let mut log = usual();
    let charter = log.entry(0);
    log.push(charter);
    assert_fails(&audit(&log), 1, "charter", "entry 15");

    let mut headless = usual();
    headless.entries.remove(0);
    assert_fails(&audit(&headless), 1, "charter", "entry 0");

    // The charter of another ledger under this ledger's name and key.
    let mut foreign = usual();
    foreign.entries[0] = MiniLog::new("ledger.example/other").entries[0].clone();
    assert_fails(&audit(&foreign), 1, "charter", "another ledger");
}

#[test]
fn entries_must_be_those_that_were_signed_for() {
    let log = usual();
    let mut other = log.entries.clone();
    let mut message = log.message(TEAM, "Another");
    message.links = vec![link(v1::LinkRel::About, &log.id(5))];
    let mut entry = log.record_entry(&[11], &message);
    entry.registered_at = log.entry(13).registered_at;
    other[13] = entry.encode().unwrap();
    assert_fails(&audit_entries(&log, &other), 1, "root", "another root");

    let missing = audit_entries(&log, &log.entries[..14]);
    assert_fails(&missing, 1, "entries", "14 entries were given");
    let mut surplus = log.entries.clone();
    surplus.push(log.entries[14].clone());
    assert_fails(
        &audit_entries(&log, &surplus),
        1,
        "entries",
        "16 entries were given",
    );
    assert_fails(
        &audit_entries(&log, &[]),
        1,
        "entries",
        "0 entries were given",
    );
}

#[test]
fn bytes_that_are_no_entry_and_kinds_not_known_are_faults() {
    let mut log = usual();
    let index = log.push_bytes(b"WMK2 something else".to_vec());
    let verdict = audit(&log);
    assert_fails(&verdict, 1, "entries", &format!("entry {index}"));

    let mut log = usual();
    let index = log.push(Entry {
        kind: EntryKind::TimeAnchor,
        registered_at: 0,
        org: None,
        org_key_seq: 0,
        org_key_head: Hash::new([0; 32]),
        payload_type: "application/x".to_owned(),
        payload: vec![1],
        signatures: Vec::new(),
    });
    assert_fails(&audit(&log), 1, "records", &format!("entry {index}"));
}

#[test]
fn many_faults_are_counted_and_a_hundred_described() {
    let mut log = usual();
    for number in 0..150 {
        let entry = log.record_entry(&[21], &log.message(TEAM, &format!("Bad {number}")));
        log.push(entry);
    }
    let verdict = audit(&log);
    assert_eq!(verdict.problem_count, 150);
    assert_eq!(verdict.problems.len(), 100);
    assert!(verdict.problems.is_sorted_by_key(|problem| problem.index));
    assert!(
        verdict.to_text().contains("150 faults, the first 100"),
        "{}",
        verdict.to_text()
    );
    assert_fails(&verdict, 1, "signatures", "and 149 more");
}

#[test]
fn another_ledgers_checkpoint_stops_the_audit_before_it_begins() {
    let log = usual();
    let other = MiniLog::new("ledger.example/other");
    let mut auditor = Auditor::new(other.policy().as_bytes(), log.checkpoint(&[]).as_bytes());
    assert_eq!(auditor.size(), None);
    auditor.push(&log.entries[0]);
    assert_fails(&auditor.finish(), 2, "checkpoint", "not this ledger");
}
