//! A bundle compared with a checkpoint that its reader kept.

use witnessmark_bundle::{Outcome, Since, Verdict};

use super::mini_log::{MiniLog, TEAM, assert_fails, judge, key};

fn log(titles: &[&str]) -> MiniLog {
    let mut log = MiniLog::usual();
    for title in titles {
        log.record(11, &log.message(TEAM, title));
    }
    log
}

/// The verdict on the bundle of entry 5 of a ledger, for a reader who kept `note`.
fn compared(log: &MiniLog, note: &str, allow_older: bool) -> Verdict {
    let policy = log.policy();
    judge(&log.bundle(5, &[]), &policy).since(&Since {
        note: Ok(note.as_bytes()),
        policy: policy.as_bytes(),
        allow_older,
    })
}

#[test]
fn the_tree_that_was_kept_is_recognised_and_another_of_its_size_is_not_taken() {
    let one = log(&["One", "Two"]);
    let verdict = compared(&one, &one.checkpoint(&[]), false);
    assert_eq!(verdict.exit_code(), 0);
    assert!(verdict.remarks.is_empty());
    assert!(verdict.compared_since().unwrap().contains("the very tree"));
    assert_eq!(verdict.checks.len(), 13);

    let fork = log(&["One", "Due"]);
    let verdict = compared(&one, &fork.checkpoint(&[]), true);
    assert_fails(&verdict, 1, "since", "two histories");
    assert!(verdict.record.is_none() && verdict.compared_since().is_none());
}

#[test]
fn an_older_state_is_told_and_taken_only_when_that_is_allowed() {
    let (old, new) = (log(&["One"]), log(&["One", "Two"]));
    let note = new.checkpoint(&[]);
    let verdict = compared(&old, &note, false);
    assert_fails(&verdict, 2, "since", "you have seen the ledger with 7");
    let verdict = compared(&old, &note, true);
    assert_eq!(verdict.word.as_str(), "VERIFIED WITH REMARKS");
    assert!(
        verdict.remarks[0].contains("is not in it"),
        "{:?}",
        verdict.remarks
    );
}

#[test]
fn of_a_newer_state_it_is_said_what_is_not_shown() {
    let (old, new) = (log(&["One"]), log(&["One", "Two"]));
    let verdict = compared(&new, &old.checkpoint(&[]), false);
    assert_eq!(verdict.word.as_str(), "VERIFIED WITH REMARKS");
    assert!(
        verdict.remarks[0].contains("witnessmark compare"),
        "{:?}",
        verdict.remarks
    );
    assert!(verdict.to_text().contains("since"), "{}", verdict.to_text());
}

#[test]
fn what_is_no_checkpoint_of_this_ledger_leaves_the_answer_open() {
    let one = log(&["One"]);
    let mut thief = log(&["One"]);
    thief.log_key = key(77);
    let other = MiniLog::new("ledger.example/other");
    for (note, words) in [
        (thief.checkpoint(&[]), "no key that the policy gives"),
        (other.checkpoint(&[]), "of another ledger"),
        ("nothing".to_owned(), "no signature lines"),
        (String::new(), "no signature lines"),
    ] {
        assert_fails(&compared(&one, &note, true), 2, "since", words);
    }
    let policy = one.policy();
    let unread = Since {
        note: Err("it is a folder".to_owned()),
        policy: policy.as_bytes(),
        allow_older: true,
    };
    let verdict = judge(&one.bundle(5, &[]), &policy).since(&unread);
    assert_fails(&verdict, 2, "since", "it is a folder");
}

#[test]
fn a_bundle_that_does_not_verify_is_not_compared() {
    let one = log(&["One"]);
    let (policy, note) = (one.policy(), one.checkpoint(&[]));
    let mut bundle = one.bundle(5, &[]);
    bundle.record.entry[20] ^= 1;
    let since = Since {
        note: Ok(note.as_bytes()),
        policy: policy.as_bytes(),
        allow_older: false,
    };
    let verdict = judge(&bundle, &policy).since(&since);
    assert_fails(&verdict, 1, "inclusion", "");
    assert_eq!(verdict.checks[12].outcome, Outcome::Skipped);
}
