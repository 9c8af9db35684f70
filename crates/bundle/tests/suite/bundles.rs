//! What makes a bundle good, and every way in which its entries can be not good.

use witnessmark_bundle::{Bundle, NoFiles, ProvenEntry, VerdictWord, verify_bundle};
use witnessmark_record::{encode, v1};
use witnessmark_tlog::{Encode as _, encode_proof};
use witnessmark_verifier::{Entry, KeyRole, LeafIndex};

use crate::mini_log::{
    COURT, MiniLog, ORIGIN, START, TEAM, assert_fails, judge, key, link, sign, why,
};

/// A log with a record at 5 and a second one, by the court, that contradicts it at 6.
fn contradicted() -> MiniLog {
    let mut log = MiniLog::usual();
    log.record(11, &log.message(TEAM, "Tail section"));
    let mut second = log.message(COURT, "Not so");
    second.links = vec![link(v1::LinkRel::Contradicts, &log.id(5))];
    log.record(21, &second);
    log
}

#[test]
fn a_good_bundle_is_verified_and_reads_back() {
    let mut log = MiniLog::usual();
    let index = log.record(11, &log.message(TEAM, "Tail section"));
    let bundle = log.bundle(index, &[]);
    assert_eq!(
        Bundle::parse(bundle.encode().unwrap().as_bytes()),
        Ok(bundle.clone())
    );
    assert_eq!(bundle.key_chains.len(), 1);
    let verdict = judge(&bundle, &log.policy());
    assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
    assert_eq!((verdict.index, verdict.exit_code()), (Some(5), 0));
}

#[test]
fn every_record_verifies_at_every_size_of_the_log() {
    let mut log = MiniLog::usual();
    for title in 0..12 {
        let device = if title % 2 == 0 { 11 } else { 21 };
        let name = if title % 2 == 0 { TEAM } else { COURT };
        log.record(device, &log.message(name, &format!("Record {title}")));
        for index in 5..=5 + title {
            let verdict = judge(&log.bundle(index, &[]), &log.policy());
            assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
            assert_eq!(verdict.index, Some(index));
        }
    }
}

#[test]
fn a_contradiction_is_shown_and_makes_a_remark() {
    let log = contradicted();
    let bundle = log.bundle(5, &[6]);
    assert_eq!(bundle.related[0].relation, "contradicts");
    let verdict = judge(&bundle, &log.policy());
    assert_eq!(
        verdict.word,
        VerdictWord::VerifiedWithRemarks,
        "{}",
        why(&verdict)
    );
    assert_eq!(verdict.exit_code(), 0);
    assert_eq!(
        verdict.remarks,
        ["Entry 6 by demo-court-registry contradicts this record: \"Not so\""]
    );
}

#[test]
fn a_corroboration_is_shown_and_is_no_remark() {
    let mut log = MiniLog::usual();
    log.record(11, &log.message(TEAM, "Tail section"));
    let mut second = log.message(COURT, "So it is");
    second.links = vec![link(v1::LinkRel::Corroborates, &log.id(5))];
    log.record(21, &second);
    let verdict = judge(&log.bundle(5, &[6]), &log.policy());
    assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
    assert_eq!(verdict.record.unwrap().related.len(), 1);
}

#[test]
fn a_related_entry_must_be_what_it_is_called() {
    let log = contradicted();
    let good = log.bundle(5, &[6]);
    let mut other_word = good.clone();
    other_word.related[0].relation = "corroborates".to_owned();
    assert_fails(
        &judge(&other_word, &log.policy()),
        1,
        "related",
        "another relation",
    );

    // The record put forward as about the record that contradicts it: it has no link to it.
    let mut unlinked = log.bundle(6, &[]);
    unlinked.related = vec![good.related[0].clone()];
    unlinked.related[0].proven = good.record.clone();
    unlinked.key_chains = good.key_chains.clone();
    assert_fails(
        &judge(&unlinked, &log.policy()),
        1,
        "related",
        "no link of it leads to the record",
    );

    let mut itself = good.clone();
    itself.related[0].proven = itself.record.clone();
    assert_fails(
        &judge(&itself, &log.policy()),
        1,
        "related",
        "the record itself",
    );

    let mut doubled = good.clone();
    doubled.related.push(doubled.related[0].clone());
    assert_fails(
        &judge(&doubled, &log.policy()),
        1,
        "related",
        "not ascending",
    );

    let mut no_chain = good;
    no_chain.key_chains.remove(0);
    assert_fails(
        &judge(&no_chain, &log.policy()),
        1,
        "related",
        "missing from the bundle",
    );
}

#[test]
fn key_chains_hold_those_who_signed_and_nobody_else() {
    let log = contradicted();
    let mut surplus = log.bundle(5, &[]);
    surplus.key_chains = log.bundle(5, &[6]).key_chains;
    assert_fails(
        &judge(&surplus, &log.policy()),
        1,
        "related",
        "signed nothing",
    );

    let mut swapped = log.bundle(5, &[6]);
    swapped.key_chains.swap(0, 1);
    assert_fails(
        &judge(&swapped, &log.policy()),
        1,
        "key_chain",
        "not ascending",
    );

    let mut missing = log.bundle(5, &[]);
    missing.key_chains.clear();
    assert_fails(&judge(&missing, &log.policy()), 1, "key_chain", "missing");

    let mut short = log.bundle(5, &[]);
    short.key_chains[0].events.pop();
    assert_fails(
        &judge(&short, &log.policy()),
        1,
        "key_chain",
        "does not reach key event 2",
    );

    let mut gap = log.bundle(5, &[]);
    gap.key_chains[0].events.remove(0);
    assert_fails(&judge(&gap, &log.policy()), 1, "key_chain", "key event 1");

    let mut of_another = log.bundle(5, &[]);
    of_another.key_chains[0].events = log.bundle(5, &[6]).key_chains[0].events.clone();
    assert_fails(
        &judge(&of_another, &log.policy()),
        1,
        "key_chain",
        "another organisation",
    );
}

#[test]
fn another_chain_of_the_same_name_is_not_the_one_the_record_commits_to() {
    let mut log = MiniLog::new(ORIGIN);
    log.admit(TEAM, 10, 11);
    let index = log.record(11, &log.message(TEAM, "Tail section"));
    // The same registrar admits an organisation of the same name with the thief's keys.
    let mut forged = MiniLog::new(ORIGIN);
    forged.admit(TEAM, 66, 67);
    let mut bundle = log.bundle(index, &[]);
    bundle.key_chains[0].events = forged.entries[1..3].to_vec();
    assert_fails(
        &judge(&bundle, &log.policy()),
        1,
        "key_chain",
        "not the one",
    );
}

#[test]
fn events_out_of_the_order_of_time_are_refused() {
    let mut log = MiniLog::usual();
    log.record(11, &log.message(TEAM, "Tail section"));
    log.revoke(TEAM, 10, 11, None);
    let set = |bundle: &mut Bundle, event: usize, time: u64| {
        let mut entry = Entry::parse(&bundle.key_chains[0].events[event]).unwrap();
        entry.registered_at = time;
        bundle.key_chains[0].events[event] = entry.encode().unwrap();
    };
    for (event, time, words) in [
        (0, START - 1, "before the one it follows"),
        (1, START + 500, "before the one it follows"),
        (1, START + 5_001, "do not fit"),
        (2, START + 4_999, "do not fit"),
    ] {
        let mut bundle = log.bundle(5, &[]);
        set(&mut bundle, event, time);
        assert_fails(&judge(&bundle, &log.policy()), 1, "key_chain", words);
    }
}

#[test]
fn a_later_revocation_is_told_and_a_suspicion_is_a_remark() {
    let mut log = MiniLog::usual();
    log.record(11, &log.message(TEAM, "Tail section"));
    log.revoke(TEAM, 10, 11, None);
    let verdict = judge(&log.bundle(5, &[]), &log.policy());
    assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
    assert!(
        verdict.to_text().contains("revoked"),
        "{}",
        verdict.to_text()
    );

    for (since, word) in [
        (START + 5_000, VerdictWord::VerifiedWithRemarks),
        (START + 5_001, VerdictWord::Verified),
    ] {
        let mut log = MiniLog::usual();
        log.record(11, &log.message(TEAM, "Tail section"));
        log.revoke(TEAM, 10, 11, Some(since));
        let verdict = judge(&log.bundle(5, &[]), &log.policy());
        assert_eq!(verdict.word, word, "{since}");
    }
}

/// The ledger took in and signed for what it should have refused: its signature does not help.
#[test]
fn a_record_the_ledger_should_not_have_taken_is_refused() {
    type Make = fn(&mut MiniLog) -> Entry;
    let faults: [(&str, &str, Make); 8] = [
        ("signatures", "is revoked", |log| {
            log.revoke(TEAM, 10, 11, None);
            log.record_entry(&[11], &log.message(TEAM, "x"))
        }),
        ("signatures", "role record", |log| {
            log.add_key(TEAM, 10, 12, KeyRole::Countersign);
            log.record_entry(&[12], &log.message(TEAM, "x"))
        }),
        ("signatures", "not one that may sign", |log| {
            log.record_entry(&[21], &log.message(TEAM, "x"))
        }),
        ("signatures", "signs twice", |log| {
            log.record_entry(&[11, 11], &log.message(TEAM, "x"))
        }),
        ("record", "another ledger", |log| {
            let mut message = log.message(TEAM, "x");
            message.origin = "ledger.example/other".to_owned();
            log.record_entry(&[11], &message)
        }),
        ("record", "another organisation", |log| {
            let entry = log.record_entry(&[11], &log.message(TEAM, "x"));
            resigned(entry, encode(&log.message(COURT, "x")))
        }),
        ("record", "canonical", |log| {
            let entry = log.record_entry(&[11], &log.message(TEAM, "x"));
            // Field 2 with its default value, after all others.
            let payload = [entry.payload.as_slice(), &[0x10, 0x00]].concat();
            resigned(entry, payload)
        }),
        ("record", "does not know", |log| {
            let mut message = log.message(TEAM, "x");
            message.schema = "wreckage-finding/2".to_owned();
            log.record_entry(&[11], &message)
        }),
    ];
    for (check, words, make) in faults {
        let mut log = MiniLog::usual();
        let entry = make(&mut log);
        let index = log.push(entry);
        // Such an entry is not always one that can be assembled, so it takes a good one's place.
        log.add_key(TEAM, 10, 13, KeyRole::Record);
        let good = log.record(13, &log.message(TEAM, "good"));
        let mut bundle = log.bundle(good, &[]);
        let logged = log.logged(index);
        bundle.record = ProvenEntry {
            proof: encode_proof(
                LeafIndex::new(index),
                &logged.inclusion,
                &log.checkpoint(&[]),
            ),
            entry: logged.entry,
        };
        assert_fails(&judge(&bundle, &log.policy()), 1, check, words);
    }
}

/// The entry with another payload, signed again by the team's key.
fn resigned(mut entry: Entry, payload: Vec<u8>) -> Entry {
    entry.signatures = vec![sign(&key(11), &entry.payload_type, &payload)];
    entry.payload = payload;
    entry
}

#[test]
fn parts_of_different_bundles_do_not_fit_together() {
    let mut log = contradicted();
    log.record(11, &log.message(TEAM, "Third"));
    let policy = log.policy();
    let (a, b) = (log.bundle(5, &[]), log.bundle(7, &[]));

    let mut entry = a.clone();
    entry.record.entry = b.record.entry.clone();
    assert_fails(&judge(&entry, &policy), 1, "inclusion", "");

    let mut proof = a.clone();
    proof.record.proof = b.record.proof.clone();
    assert_fails(&judge(&proof, &policy), 1, "inclusion", "");

    let mut charter = a.clone();
    charter.charter = a.record.clone();
    assert_fails(&judge(&charter, &policy), 1, "charter", "not for entry 0");

    let mut not_a_record = a.clone();
    not_a_record.record = a.charter.clone();
    assert_fails(
        &judge(&not_a_record, &policy),
        1,
        "inclusion",
        "not a record",
    );

    // A good proof, but against the checkpoint of another moment.
    let mut mixed = a;
    log.record(11, &log.message(TEAM, "Fourth"));
    mixed.charter = log.bundle(5, &[]).charter;
    assert_fails(
        &judge(&mixed, &policy),
        1,
        "checkpoint",
        "different checkpoints",
    );
}

#[test]
fn a_ledger_that_the_policy_does_not_name_leaves_the_answer_open() {
    let mut log = MiniLog::usual();
    let index = log.record(11, &log.message(TEAM, "Tail section"));
    let bundle = log.bundle(index, &[]);
    let mut other = MiniLog::new("ledger.example/other");
    other.log_key = key(3);
    assert_fails(
        &judge(&bundle, &other.policy()),
        2,
        "checkpoint",
        "not this ledger",
    );

    // The same name with another key is an imitation, not an unknown ledger.
    let mut imitation = MiniLog::new(ORIGIN);
    imitation.log_key = key(3);
    assert_fails(&judge(&bundle, &imitation.policy()), 1, "checkpoint", "");
}

#[test]
fn a_policy_that_cannot_be_read_leaves_the_answer_open() {
    let mut log = MiniLog::usual();
    let index = log.record(11, &log.message(TEAM, "Tail section"));
    let bundle = log.bundle(index, &[]);
    let vkey = log.vkey();
    for policy in [
        String::new(),
        "quorum none\n".to_owned(),
        format!("log {vkey}\n"),
        format!("log {vkey}\nquorum nobody\n"),
        format!("log {vkey}\nlog {vkey}\nquorum none\n"),
        format!("logg {vkey}\nquorum none\n"),
    ] {
        assert_fails(&judge(&bundle, &policy), 2, "policy", "");
    }
    let bytes = bundle.encode().unwrap();
    let verdict = verify_bundle(bytes.as_bytes(), &[0xff, 0xfe], &NoFiles);
    assert_fails(&verdict, 2, "policy", "UTF-8");
}

#[test]
fn the_quorum_of_the_policy_must_be_met() {
    let mut log = MiniLog::usual();
    let index = log.record(11, &log.message(TEAM, "Tail section"));
    assert_fails(
        &judge(&log.bundle(index, &[]), &log.policy_with(30)),
        1,
        "quorum",
        "witness",
    );

    let mut parts = log.parts(index, &[]);
    parts.checkpoint = log.checkpoint(&[31, 30]);
    let cosigned = parts.assemble().unwrap();
    let verdict = judge(&cosigned, &log.policy_with(30));
    assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
    assert_fails(
        &judge(&cosigned, &log.policy_with(32)),
        1,
        "quorum",
        "witness.example/32",
    );
}

#[test]
fn a_record_whose_log_was_forked_is_not_in_the_signed_tree() {
    let mut log = MiniLog::usual();
    let index = log.record(11, &log.message(TEAM, "Tail section"));
    let mut fork = MiniLog::usual();
    fork.record(11, &fork.message(TEAM, "Another tail section"));
    let mut parts = log.parts(index, &[]);
    parts.checkpoint = fork.checkpoint(&[]);
    let bundle = parts.assemble().unwrap();
    assert_eq!(judge(&bundle, &log.policy()).exit_code(), 1);
}
