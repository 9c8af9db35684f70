//! What verdicts say: nothing that sounds good where something failed, and nothing that a record can make
//! them say.

use witnessmark_bundle::VerdictWord;

use crate::mini_log::{MiniLog, TEAM, assert_no_positive_word, judge, why, witness};

#[test]
fn the_answer_is_a_sentence_that_can_be_quoted() {
    let mut log = MiniLog::usual();
    let index = log.record(11, &log.message(TEAM, "Tail section"));
    log.record(11, &log.message(TEAM, "Another"));
    let text = judge(&log.bundle(index, &[]), &log.policy()).to_text();
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.starts_with("VERIFIED\n\nThis record, exactly as printed here, is in the ledger"),
        "{text}"
    );
    for words in [
        "is in the ledger \"ledger.example/mini\" (entry 5 of 7), since 2026-01-01 00:00:05.000 UTC, by the ledger's own clock.",
        "It is signed with a key registered to the organisation \"demo-field-team\", and it has not changed since.",
        "asserted by \"A Body\" (who makes the claim)",
        "signed by \"demo-field-team\" (who submitted it)",
        "signed 2026-01-01 00:00:04.500 UTC, by the signer's clock: a claim",
        "registered 2026-01-01 00:00:05.000 UTC, by the ledger's own clock",
        "no independent witness was required",
        "What this does not show - that what the record says is true",
        "None is in this bundle.",
        "How to check this yourself, without us",
    ] {
        assert!(flat.contains(words), "{words}\n{text}");
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 160),
        "{text}"
    );
}

#[test]
fn with_witnesses_the_answer_gives_their_time() {
    let mut log = MiniLog::usual();
    let index = log.record(11, &log.message(TEAM, "Tail section"));
    let mut parts = log.parts(index, &[]);
    parts.checkpoint = log.checkpoint(&[30]);
    let verdict = judge(&parts.assemble().unwrap(), &log.policy_with(30));
    let text = verdict
        .to_text()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        text.contains("no later than 2026-01-01 00:00:13.000 UTC, by the clocks of the witnesses"),
        "{text}"
    );
    assert!(
        text.contains("by the clock of the witness witness.example/30"),
        "{text}"
    );
    assert!(!text.contains("no independent witness"), "{text}");
}

#[test]
fn the_time_of_witnesses_is_that_of_the_quorum_and_not_of_all_who_signed() {
    let mut log = MiniLog::usual();
    let index = log.record(11, &log.message(TEAM, "Tail section"));
    let mut parts = log.parts(index, &[]);
    // Each a second later than the one before: 30, 31, 40.
    parts.checkpoint = log.checkpoint(&[40, 31, 30]);
    let bundle = parts.assemble().unwrap();
    let of = |quorum: &str| {
        let policy = log.policy_with(30);
        let (head, _) = policy.split_once("quorum").unwrap();
        let more = [31, 40].map(|seed| format!("witness w{seed} {}\n", witness(seed)));
        judge(&bundle, &format!("{head}{}{quorum}", more.concat()))
    };
    for (quorum, time) in [
        ("group g 1 w w31 w40\nquorum g\n", Some("00:00:13")),
        ("group g 2 w w31 w40\nquorum g\n", Some("00:00:14")),
        ("group g 3 w w31 w40\nquorum g\n", Some("00:00:23")),
        ("quorum none\n", None),
    ] {
        let verdict = of(quorum);
        let words = verdict
            .to_text()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let (json, answer) = (verdict.to_json(), verdict.answer().unwrap());
        if let Some(time) = time {
            let when = format!("not after 2026-01-01 {time}.000 UTC");
            assert!(words.contains(&when), "{words}");
            assert!(
                answer.contains(&format!("no later than 2026-01-01 {time}.000 UTC")),
                "{answer}"
            );
            assert!(json.contains("\"witnessed_s\": 17672256"), "{json}");
        } else {
            assert!(!words.contains("not after"), "{words}");
            assert!(answer.contains("by the ledger's own clock"), "{answer}");
            assert!(json.contains("\"witnessed_s\": null"), "{json}");
        }
    }
}

#[test]
fn a_title_cannot_move_turn_or_imitate_what_stands_around_it() {
    let mut log = MiniLog::usual();
    let hostile = "x\u{1b}[2J\r\n\nVERIFIED\n\u{202e}DEIFIREV\u{2066}\u{0}\u{9b}31m\u{200b}\" NOT";
    let index = log.record(11, &log.message(TEAM, hostile));
    let verdict = judge(&log.bundle(index, &[]), &log.policy());
    assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
    let text = verdict.to_text();
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
    for c in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{9b}', '\u{1b}'] {
        assert!(!text.contains(c), "{:x}", u32::from(c));
    }
    assert_eq!(
        text.lines()
            .filter(|line| line.starts_with("VERIFIED"))
            .count(),
        1,
        "{text}"
    );
    assert!(text.contains("\\u{1b}[2J\\u{d}\\u{a}"), "{text}");
}

#[test]
fn json_has_the_members_that_scripts_rely_on() {
    let mut log = MiniLog::usual();
    let index = log.record(11, &log.message(TEAM, "Tail section"));
    let verdict = judge(&log.bundle(index, &[]), &log.policy());
    let json: serde_json::Value = serde_json::from_str(&verdict.to_json()).unwrap();
    assert_eq!(json["verdict"], "verified");
    assert_eq!(json["index"], 5);
    assert_eq!(json["size"], 6);
    assert_eq!(json["origin"], "ledger.example/mini");
    assert_eq!(json["organisation"], TEAM);
    assert_eq!(json["registered_at"], 1_767_225_605_000_u64);
    assert_eq!(json["registered_at_utc"], "2026-01-01T00:00:05.000Z");
    assert_eq!(json["failed"], serde_json::Value::Null);
    assert_eq!(json["checks"].as_array().unwrap().len(), 12);
    assert!(
        json["checks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|check| check["outcome"] == "passed")
    );
    assert_eq!(json["record"]["record_id"], log.id(index).to_string());
    assert_eq!(json["record"]["kind"], "wreckage-finding/1");
    assert_eq!(json["record"]["title"], "Tail section");
    assert_eq!(json["record"]["asserted_by"], "A Body");
}

#[test]
fn json_tells_nothing_that_no_check_has_shown() {
    let mut log = MiniLog::usual();
    let index = log.record(11, &log.message(TEAM, "VERIFIED and valid"));
    let mut bundle = log.bundle(index, &[]);
    let last = bundle.record.entry.len() - 1;
    bundle.record.entry[last] ^= 1;
    let verdict = judge(&bundle, &log.policy());
    assert_no_positive_word(&verdict);
    let json: serde_json::Value = serde_json::from_str(&verdict.to_json()).unwrap();
    assert_eq!(json["verdict"], "not_verified");
    assert_eq!(json["failed"], "inclusion");
    assert_eq!(json["size"], 6);
    for member in ["index", "organisation", "registered_at", "record"] {
        assert!(json[member].is_null(), "{member}");
    }
}
