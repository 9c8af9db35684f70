//! Trust policies: what they are made of, and which checkpoints they accept. How their text is read is tested in `crates/policy`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ed25519_dalek::{Signer, SigningKey};
use witnessmark_tlog::{Encode as _, signature_line};
use witnessmark_verifier::{
    CheckpointError, Cosignature, MemberKind, Note, NoteAlgorithm, Origin, PolicyMember, PublicKey,
    SignatureError, TrustPolicy, TrustPolicyError, VerifiedCheckpoint, VerifierKey,
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
    witnessmark_policy::parse(&policy_text(lines)).unwrap()
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
fn the_time_of_a_quorum_is_the_least_at_which_it_is_one() {
    type Signed<'a> = &'a [(u8, u64)];
    let nested = "group x 2 w2 w3 w4\ngroup y any w5 w6\ngroup both all x y\nquorum both\n";
    let cases: [(&str, Signed<'_>, Option<u64>); 8] = [
        ("quorum none\n", &[(2, 5)], None),
        ("quorum w2\n", &[(2, 5), (3, 1)], Some(5)),
        // The second earliest, in whatever order they stand, and not the latest.
        (
            "group g 2 w2 w3 w4\nquorum g\n",
            &[(4, 9), (2, 30), (3, 7)],
            Some(9),
        ),
        ("group g 2 w2 w3 w4\nquorum g\n", &[(4, 9), (2, 9)], Some(9)),
        (
            "group g all w2 w3 w4\nquorum g\n",
            &[(4, 9), (2, 30), (3, 7)],
            Some(30),
        ),
        // Of one witness the earliest counts, and it counts once.
        (
            "group g 2 w2 w3 w4\nquorum g\n",
            &[(4, 1), (4, 2), (3, 7), (3, 6)],
            Some(6),
        ),
        (nested, &[(2, 1), (3, 2), (5, 40), (6, 30)], Some(30)),
        (nested, &[(2, 1), (3, 50), (4, 60), (6, 30)], Some(50)),
    ];
    for (lines, signed, time) in cases {
        let signed = signed
            .iter()
            .map(|(seed, time)| witness_line(*seed, *time, TEXT));
        let verified = verify(&policy(lines), &signed.collect::<Vec<_>>()).unwrap();
        assert_eq!(verified.witnessed_s(), time, "{lines}");
    }
    let has = |seeds: &'static [u8]| {
        let names: Vec<String> = seeds.iter().map(|seed| format!("w{seed}")).collect();
        move |key: &VerifierKey| {
            names
                .iter()
                .any(|name| key.name().as_str().starts_with(name))
        }
    };
    assert!(policy(nested).is_quorum(has(&[2, 4, 6])) && !policy(nested).is_quorum(has(&[2, 3])));
    assert!(policy("quorum none\n").is_quorum(has(&[])));
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
fn a_policy_says_whom_it_trusts_and_what_it_asks_for() {
    let grouped = policy("group g 1 w2 w3\nquorum g\n");
    assert_eq!(grouped.logs(), [log("log.example", 1)]);
    let witnesses: Vec<_> = (2..=6).map(witness).collect();
    assert!(grouped.witnesses().eq(&witnesses));
    let words = |lines| policy(lines).quorum();
    assert_eq!(
        grouped.quorum().as_deref(),
        Some("1 of 2 in group g: w2, w3")
    );
    assert_eq!(words("quorum w4\n").as_deref(), Some("witness w4"));
    assert_eq!(words("quorum none\n"), None);
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
    assert_eq!(verify(&policy, std::slice::from_ref(&bad)), bad_log);
    // Logs are asked before witnesses.
    assert_eq!(verify(&policy, &[witness_line(3, 100, "x"), bad]), bad_log);
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
    let policy =
        witnessmark_policy::parse(&format!("log {}\n{two_logs}", log("log.example", 1))).unwrap();
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
    let both = log_line("log.example", 1, TEXT) + &log_line("two.example", 2, TEXT);
    assert_eq!(verdict(TEXT, both), Ok(()));
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

fn witness_member(key: VerifierKey) -> PolicyMember {
    let (name, kind) = (key.name().to_string(), MemberKind::Witness(key));
    PolicyMember { name, kind }
}

fn group(threshold: usize, members: &[usize]) -> PolicyMember {
    let (name, members) = ("g".to_owned(), members.to_vec());
    let kind = MemberKind::Group { threshold, members };
    PolicyMember { name, kind }
}

#[test]
fn a_policy_trusts_at_least_one_log_and_each_key_once() {
    let verdict = |logs: &[&VerifierKey], witnesses: &[&VerifierKey]| {
        let members = witnesses.iter().map(|key| witness_member((*key).clone()));
        let logs = logs.iter().map(|key| (*key).clone());
        TrustPolicy::try_new(logs.collect(), members.collect(), None).map(|_| ())
    };
    let (one, two) = (&log("log.example", 1), &witness(2));
    assert_eq!(verdict(&[one], &[two]), Ok(()));
    assert_eq!(verdict(&[one], &[]), Ok(()));
    let refused = Err(TrustPolicyError::NoLog);
    assert_eq!(verdict(&[], &[two]), refused);
    let refused = Err(TrustPolicyError::KeyType);
    assert_eq!(verdict(&[two], &[]), refused);
    assert_eq!(verdict(&[one], &[&log("w3.example", 3)]), refused);
    let refused = Err(TrustPolicyError::KeyTwice);
    assert_eq!(verdict(&[one, one], &[]), refused);
    assert_eq!(verdict(&[one, &log("other.example", 1)], &[]), refused);
    let retyped = vkey("log.example", NoteAlgorithm::CosignatureEd25519, 1);
    assert_eq!(verdict(&[one], &[&retyped]), refused);
    assert_eq!(verdict(&[one], &[two, two]), refused);
}

#[test]
fn every_witness_counts_in_at_most_one_way() {
    let verdict = |groups: &[PolicyMember], required: usize| {
        let mut members: Vec<_> = (2..=4).map(|seed| witness_member(witness(seed))).collect();
        members.extend_from_slice(groups);
        let logs = vec![log("log.example", 1)];
        TrustPolicy::try_new(logs, members, Some(required)).map(|_| ())
    };
    assert_eq!(verdict(&[group(2, &[0, 1]), group(1, &[2, 3])], 4), Ok(()));
    let refused = Err(TrustPolicyError::Threshold);
    assert_eq!(verdict(&[group(0, &[0, 1])], 3), refused);
    assert_eq!(verdict(&[group(3, &[0, 1])], 3), refused);
    assert_eq!(verdict(&[group(1, &[])], 3), refused);
    let refused = Err(TrustPolicyError::Place);
    assert_eq!(verdict(&[group(1, &[0, 0])], 3), refused);
    assert_eq!(verdict(&[group(1, &[0]), group(1, &[0])], 4), refused);
    assert_eq!(verdict(&[group(1, &[3])], 3), refused);
    assert_eq!(verdict(&[group(1, &[4]), group(1, &[0])], 3), refused);
    assert_eq!(verdict(&[], 3), refused);
    assert_eq!(verdict(&[], 2), Ok(()));
}

#[test]
fn a_note_is_signed_by_a_key_when_a_line_names_it_and_all_that_do_are_good() {
    let key = log("log.example", 1);
    let good = &log_line("log.example", 1, TEXT);
    let bad = &log_line("log.example", 1, "something else\n");
    let stranger = &log_line("log.example", 9, "something else\n");
    let verdict = |lines: &[&String]| {
        let lines: String = lines.iter().map(|line| line.as_str()).collect();
        let source = format!("{TEXT}\n{lines}");
        Note::parse(&source).unwrap().is_signed_by(&key)
    };
    for lines in [&[good][..], &[good, good], &[stranger, good]] {
        assert!(verdict(lines), "{lines:?}");
    }
    for lines in [&[stranger][..], &[bad], &[good, bad], &[bad, good]] {
        assert!(!verdict(lines), "{lines:?}");
    }
}

#[test]
fn two_keys_that_a_signature_line_could_not_tell_apart_are_refused() {
    // Found by trying: of one name, and with one key id.
    let keys = [869_u16, 35_414].map(|number| {
        let mut secret = [0; 32];
        secret[30..].copy_from_slice(&number.to_be_bytes());
        let key = SigningKey::from_bytes(&secret).verifying_key();
        let key = PublicKey::admit(key.as_bytes()).unwrap();
        VerifierKey::new(name("log.example"), NoteAlgorithm::Ed25519, key)
    });
    assert_eq!(keys[0].key_id(), keys[1].key_id());
    assert_ne!(keys[0].public_key(), keys[1].public_key());
    let verdict = TrustPolicy::try_new(keys.to_vec(), Vec::new(), None);
    assert_eq!(verdict, Err(TrustPolicyError::KeyTwice));
}
