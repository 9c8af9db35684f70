//! Trust policies: how they are read, and which checkpoints they accept.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ed25519_dalek::{Signer, SigningKey};
use witnessmark_tlog::{Encode as _, signature_line};
use witnessmark_verifier::{
    CheckpointError, Cosignature, Note, NoteAlgorithm, Origin, PolicyErrorKind as Kind, PublicKey,
    SignatureError, TrustPolicy, VerifiedCheckpoint, VerifierKey, VerifierKeyError,
    cosignature_message,
};

const TEXT: &str = "log.example\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn name(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

fn vkey(text: &str, algorithm: NoteAlgorithm, seed: u8) -> VerifierKey {
    let key = PublicKey::admit(signer(seed).verifying_key().as_bytes()).unwrap();
    VerifierKey::new(name(text), algorithm, key)
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

/// The line by which the log key of this name and seed signs `text`.
fn log_line(key_name: &str, seed: u8, text: &str) -> String {
    let key = log(key_name, seed);
    let signature = signer(seed).sign(text.as_bytes()).to_bytes();
    signature_line(key.name(), key.key_id(), &signature)
}

fn witness_line(seed: u8, time_s: u64, text: &str) -> String {
    let key = witness(seed);
    let signature = signer(seed)
        .sign(&cosignature_message(time_s, text))
        .to_bytes();
    let cosignature = Cosignature { time_s, signature };
    signature_line(key.name(), key.key_id(), &cosignature.encode())
}

/// A policy with the log of seed 1, witnesses of seeds 2 to 6, and these lines after them.
fn policy_text(lines: &str) -> String {
    let witnesses = (2..=6).map(|seed| format!("witness w{seed} {}\n", witness(seed)));
    let witnesses: String = witnesses.collect();
    format!("log {}\n{witnesses}{lines}", log("log.example", 1))
}

fn policy(lines: &str) -> TrustPolicy {
    TrustPolicy::parse(&policy_text(lines)).unwrap()
}

/// The verdict on the checkpoint signed by the log and with `lines` after that.
fn verify(policy: &TrustPolicy, lines: &[String]) -> Result<VerifiedCheckpoint, CheckpointError> {
    let source = format!(
        "{TEXT}\n{}{}",
        log_line("log.example", 1, TEXT),
        lines.concat()
    );
    policy.verify(&Note::parse(&source).unwrap())
}

fn cosigned_by(seeds: &[u8]) -> Vec<String> {
    seeds
        .iter()
        .map(|seed| witness_line(*seed, 100, TEXT))
        .collect()
}

#[test]
fn a_quorum_is_what_its_lines_say() {
    let nested = "group x 2 w2 w3 w4\ngroup y any w5 w6\ngroup both all x y\nquorum both\n";
    let cases: [(&str, &[u8], bool); 14] = [
        ("quorum none\n", &[], true),
        ("quorum w2\n", &[2], true),
        ("quorum w2\n", &[3, 4, 5, 6], false),
        ("group g all w2 w3\nquorum g\n", &[2], false),
        ("group g all w2 w3\nquorum g\n", &[2, 3], true),
        ("group g any w2 w3\nquorum g\n", &[3], true),
        ("group g any w2 w3\nquorum g\n", &[4], false),
        ("group g 2 w2 w3 w4\nquorum g\n", &[4], false),
        ("group g 2 w2 w3 w4\nquorum g\n", &[4, 2], true),
        (nested, &[2, 3, 5], true),
        (nested, &[2, 3, 4], false),
        (nested, &[2, 5, 6], false),
        (nested, &[4, 3, 6], true),
        ("group g any w2 w3\nquorum w4\n", &[2, 3], false),
    ];
    for (lines, seeds, met) in cases {
        let verdict = verify(&policy(lines), &cosigned_by(seeds));
        assert_eq!(verdict.is_ok(), met, "{lines} {seeds:?}");
    }
}

#[test]
fn a_quorum_that_is_not_met_says_who_is_missing() {
    let nested = "group x 2 w2 w3 w4\ngroup both all x w5\nquorum both\n";
    let error = verify(&policy(nested), &cosigned_by(&[3])).unwrap_err();
    let missing = "w2.example, w4.example, w5.example".to_owned();
    let quorum = "2 of 2 in group both: x, w5".to_owned();
    assert_eq!(error, CheckpointError::QuorumNotMet { quorum, missing });
    let shown = "not cosigned by w2.example, w4.example, w5.example";
    assert!(error.to_string().ends_with(shown), "{error}");
}

#[test]
fn a_witness_counts_once_and_at_its_earliest_time() {
    let two = policy("group g 2 w2 w3\nquorum g\n");
    let lines: Vec<String> = [300, 100, 200, 100]
        .iter()
        .map(|time| witness_line(2, *time, TEXT))
        .collect();
    let error = verify(&two, &lines).unwrap_err();
    assert!(matches!(error, CheckpointError::QuorumNotMet { .. }));
    let one = verify(&policy("quorum w2\n"), &lines).unwrap();
    assert_eq!((one.cosigned().len(), one.cosigned()[0].time_s), (1, 100));
}

#[test]
fn a_signature_by_an_unknown_key_is_ignored() {
    let stranger = log_line("stranger.example", 9, "something else\n");
    let same_name = log_line("log.example", 9, "something else\n");
    let same_id = signature_line(
        &name("other.example"),
        log("log.example", 1).key_id(),
        &[0; 64],
    );
    let lines = [
        stranger,
        same_name,
        same_id,
        witness_line(9, 1, "x"),
        witness_line(2, 100, TEXT),
    ];
    assert!(verify(&policy("quorum w2\n"), &lines).is_ok());
}

#[test]
fn a_bad_signature_by_a_known_key_rejects_the_note() {
    let policy = policy("quorum none\n");
    let bad = log_line("log.example", 1, "something else\n");
    let bad_log = Err(CheckpointError::BadLogSignature(name("log.example")));
    assert_eq!(verify(&policy, &[bad]), bad_log);
    let short = signature_line(
        &name("log.example"),
        log("log.example", 1).key_id(),
        &[0; 63],
    );
    assert_eq!(verify(&policy, &[short]), bad_log);
    let bad_witness = Err(CheckpointError::BadCosignature(name("w3.example")));
    let good = witness_line(3, 100, TEXT);
    assert_eq!(
        verify(&policy, &[good, witness_line(3, 100, "x")]),
        bad_witness
    );
    let key_id = witness(3).key_id();
    // A plain signature of the text is not a cosignature, nor is one with a time out of range.
    let plain = signer(3).sign(TEXT.as_bytes()).to_bytes();
    let untimed = signature_line(&name("w3.example"), key_id, &plain);
    assert_eq!(verify(&policy, &[untimed]), bad_witness);
    assert_eq!(
        verify(&policy, &[witness_line(3, 1 << 63, TEXT)]),
        bad_witness
    );
    assert!(verify(&policy, &[witness_line(3, (1 << 63) - 1, TEXT)]).is_ok());
}

#[test]
fn a_checkpoint_of_another_log_is_told_from_an_unsigned_one() {
    let two_logs = format!("log {}\nquorum none\n", log("two.example", 2));
    let policy = TrustPolicy::parse(&format!("log {}\n{two_logs}", log("log.example", 1))).unwrap();
    let verdict = |text: &str, line: String| {
        policy
            .verify(&Note::parse(&format!("{text}\n{line}")).unwrap())
            .map(|_| ())
    };
    let other = TEXT.replace("log.example", "other.example");
    let unknown = Err(CheckpointError::UnknownLog(name("other.example")));
    assert_eq!(verdict(&other, log_line("log.example", 1, &other)), unknown);
    assert_eq!(
        verdict(&other, log_line("other.example", 9, &other)),
        unknown
    );
    // The one log cannot sign for the other, and another key of the same name is not the log's.
    let not_signed = Err(CheckpointError::NotSigned(name("log.example")));
    assert_eq!(verdict(TEXT, log_line("two.example", 2, TEXT)), not_signed);
    assert_eq!(verdict(TEXT, log_line("log.example", 9, TEXT)), not_signed);
    assert_eq!(verdict(TEXT, log_line("log.example", 1, TEXT)), Ok(()));
    let extended = format!("{TEXT}extension\n");
    let malformed = verdict(&extended, log_line("log.example", 1, &extended));
    assert!(matches!(malformed, Err(CheckpointError::Malformed(_))));
}

#[test]
fn a_log_key_cannot_cosign() {
    let message = cosignature_message(1, TEXT);
    let cosignature = Cosignature {
        time_s: 1,
        signature: signer(1).sign(&message).to_bytes(),
    };
    let witness = vkey("w", NoteAlgorithm::CosignatureEd25519, 1);
    assert_eq!(cosignature.verify(&witness, TEXT), Ok(()));
    let verdict = cosignature.verify(&log("log.example", 1), TEXT);
    assert_eq!(verdict, Err(SignatureError::Rejected));
}

#[test]
fn a_cosignature_is_a_time_below_2_to_the_63_and_a_signature() {
    for bytes in [&[0; 71][..], &[0; 73], &[], &[0x80; 72]] {
        assert_eq!(Cosignature::parse(bytes), None);
    }
    let last = [&i64::MAX.to_be_bytes()[..], &[7; 64]].concat();
    let parsed = Cosignature::parse(&last).unwrap();
    assert_eq!(parsed.time_s, i64::MAX.unsigned_abs());
    assert_eq!(parsed.signature, [7; 64]);
    let beyond = [&(1_u64 << 63).to_be_bytes()[..], &[7; 64]].concat();
    assert_eq!(Cosignature::parse(&beyond), None);
}

#[test]
fn spaces_comments_urls_and_order_are_free() {
    let text = format!(
        "# whom we trust\n\n \t\n  # indented\n witness\tw2 {} https://w2.example/ \n\
         group g  any w2\nquorum g\nlog {} https://log.example/\n",
        witness(2),
        log("log.example", 1)
    );
    let policy = TrustPolicy::parse(&text).unwrap();
    assert_eq!(policy.logs(), [log("log.example", 1)]);
    assert_eq!(
        verify(&policy, &cosigned_by(&[2]))
            .unwrap()
            .cosigned()
            .len(),
        1
    );
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
    let policy = TrustPolicy::parse(&text).unwrap();
    assert!(verify(&policy, &cosigned_by(&[101, 120, 140])).is_ok());
    assert!(verify(&policy, &cosigned_by(&[101, 120])).is_err());
}

fn assert_refused(cases: impl IntoIterator<Item = (String, Kind)>) {
    for (line, kind) in cases {
        let error = TrustPolicy::parse(&policy_text(&line)).unwrap_err();
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
    let twice = TrustPolicy::parse(&policy_text("quorum none\nquorum none\n")).unwrap_err();
    assert_eq!((twice.line, twice.kind), (8, Kind::QuorumTwice));
    let group_twice = policy_text("group g any w2\ngroup h any w2\nquorum h\n");
    let group_twice = TrustPolicy::parse(&group_twice).unwrap_err();
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
    let kind = |text: &str| TrustPolicy::parse(text).unwrap_err().kind;
    assert_eq!(kind(""), Kind::NoLog);
    assert_eq!(kind("quorum none\n"), Kind::NoLog);
    assert_eq!(kind(&policy_text("")), Kind::NoQuorum);
    assert_eq!(kind(&"#\n".repeat(50_001)), Kind::TooLong);
}
