//! How the text of a policy is read, and which lines are refused with which words.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ed25519_dalek::SigningKey;
use witnessmark_policy::{POLICY_BYTES_MAX, PolicyErrorKind as Kind, parse};
use witnessmark_verifier::{NoteAlgorithm, Origin, PublicKey, VerifierKey, VerifierKeyError};

fn vkey(text: &str, algorithm: NoteAlgorithm, seed: u8) -> VerifierKey {
    let key = SigningKey::from_bytes(&[seed; 32]).verifying_key();
    let key = PublicKey::admit(key.as_bytes()).unwrap();
    VerifierKey::new(Origin::parse(text).unwrap(), algorithm, key)
}

fn log(text: &str, seed: u8) -> VerifierKey {
    vkey(text, NoteAlgorithm::Ed25519, seed)
}

fn witness(seed: u8) -> VerifierKey {
    vkey(
        &format!("w{seed}.example"),
        NoteAlgorithm::CosignatureEd25519,
        seed,
    )
}

/// A policy with the log of seed 1, witnesses of seeds 2 to 6, and these lines after them.
fn policy_text(lines: &str) -> String {
    let witnesses = (2..=6).map(|seed| format!("witness w{seed} {}\n", witness(seed)));
    let witnesses: String = witnesses.collect();
    format!("log {}\n{witnesses}{lines}", log("log.example", 1))
}

#[test]
fn spaces_comments_urls_and_order_are_free() {
    let text = format!(
        "# whom we trust\n\n \t\n  # indented\n witness\tw2 {} https://w2.example/ \n\
         group g  any w2\nquorum g\nlog {} https://log.example/\n",
        witness(2),
        log("log.example", 1)
    );
    let policy = parse(&text).unwrap();
    assert_eq!(policy.logs(), [log("log.example", 1)]);
    assert!(policy.witnesses().eq([&witness(2)]));
    assert_eq!(policy.quorum().as_deref(), Some("1 of 1 in group g: w2"));
}

#[test]
fn many_logs_witnesses_and_groups_are_read() {
    let lines = (1..=40).map(|seed| {
        let (log, witness) = (log("log.example", seed), witness(seed + 100));
        format!("log {log}\nwitness w{seed} {witness}\ngroup g{seed} any w{seed}\n")
    });
    let lines: String = lines.collect();
    let names: Vec<String> = (1..=40).map(|seed| format!("g{seed}")).collect();
    let text = format!("{lines}group most 3 {}\nquorum most\n", names.join(" "));
    let policy = parse(&text).unwrap();
    assert_eq!((policy.logs().len(), policy.witnesses().count()), (40, 40));
    let words = format!("3 of 40 in group most: {}", names.join(", "));
    assert_eq!(policy.quorum(), Some(words));
}

fn assert_refused(cases: impl IntoIterator<Item = (String, Kind)>) {
    for (line, kind) in cases {
        let error = parse(&policy_text(&line)).unwrap_err();
        assert_eq!((error.line, &error.kind), (7, &kind), "{line:?}");
        assert!(error.to_string().starts_with("line 7: "), "{error}");
    }
}

#[test]
fn a_wrong_line_is_named() {
    assert_refused([
        ("quorum w7\n".to_owned(), Kind::NameUnknown("w7".into())),
        ("qourum w2\n".into(), Kind::UnknownKeyword("qourum".into())),
        ("Quorum w2\n".into(), Kind::UnknownKeyword("Quorum".into())),
        (
            "quorum\n".into(),
            Kind::Form("quorum <name>, or quorum none"),
        ),
        (
            "quorum w2 # the best\n".into(),
            Kind::Form("quorum <name>, or quorum none"),
        ),
        ("quorum none".into(), Kind::NoFinalNewline),
        ("quorum\rnone\n".into(), Kind::ControlCharacter),
        ("quorum none\u{7f}\n".into(), Kind::ControlCharacter),
        ("group none any w2\n".into(), Kind::NameNone),
        ("group g any none\n".into(), Kind::NameNone),
        ("group w2 any w3\n".into(), Kind::NameTwice("w2".into())),
        ("group g any g\n".into(), Kind::NameUnknown("g".into())),
        ("group g any w2 w2\n".into(), Kind::MemberTwice("w2".into())),
        ("group g 0 w2\n".into(), Kind::Threshold(1)),
        ("group g 2 w2\n".into(), Kind::Threshold(1)),
        ("group g +1 w2\n".into(), Kind::Threshold(1)),
        ("group g 01 w2\n".into(), Kind::Threshold(1)),
        ("group g any\n".into(), Kind::Threshold(0)),
        ("group g all\n".into(), Kind::Threshold(0)),
        (
            "group g\n".into(),
            Kind::Form("group <name> any|all|<number> <name>..."),
        ),
    ]);
    let twice = parse(&policy_text("quorum none\nquorum none\n")).unwrap_err();
    assert_eq!((twice.line, twice.kind), (8, Kind::QuorumTwice));
    let group_twice = policy_text("group g any w2\ngroup h any w2\nquorum h\n");
    let group_twice = parse(&group_twice).unwrap_err();
    assert_eq!(
        (group_twice.line, group_twice.kind),
        (8, Kind::MemberTwice("w2".into()))
    );
}

#[test]
fn a_wrong_key_is_named() {
    let a_log = log("log.example", 1).to_string();
    assert_refused([
        (format!("log {}\n", witness(9)), Kind::NotALogKey),
        (
            format!("witness x {}\n", log("x.example", 9)),
            Kind::NotAWitnessKey,
        ),
        (format!("log {a_log}\n"), Kind::KeyTwice),
        (format!("log {}\n", log("other.example", 1)), Kind::KeyTwice),
        (format!("log {}\n", log("other.example", 3)), Kind::KeyTwice),
        (format!("witness x {}\n", witness(2)), Kind::KeyTwice),
        (
            format!("witness w2 {}\n", witness(9)),
            Kind::NameTwice("w2".into()),
        ),
        (format!("witness none {}\n", witness(9)), Kind::NameNone),
        (
            format!("witness {}\n", witness(9)),
            Kind::Form("witness <name> <verifier key> [<url>]"),
        ),
        (
            format!("log {a_log} url more\n"),
            Kind::Form("log <verifier key> [<url>]"),
        ),
        (
            "log log.example\n".into(),
            Kind::Key(VerifierKeyError::Parts),
        ),
    ]);
}

#[test]
fn a_policy_without_log_or_quorum_is_refused() {
    let kind = |text: &str| parse(text).unwrap_err().kind;
    assert_eq!(kind(""), Kind::NoLog);
    assert_eq!(kind("quorum none\n"), Kind::NoLog);
    assert_eq!(kind(&policy_text("")), Kind::NoQuorum);
    assert_eq!(kind(&"#\n".repeat(50_001)), Kind::TooLong);
}

#[test]
fn a_policy_has_a_hundred_thousand_bytes() {
    let text = format!("log {}\nquorum none\n", log("log.example", 1));
    let padded = |len: usize| format!("{text}#{}\n", "x".repeat(len - text.len() - 2));
    assert!(parse(&padded(POLICY_BYTES_MAX)).is_ok());
    let error = parse(&padded(POLICY_BYTES_MAX + 1)).unwrap_err();
    assert_eq!((error.line, error.kind), (1, Kind::TooLong));
}
