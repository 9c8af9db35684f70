//! Honest answers, and those of witnesses that lie or are broken.

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_verifier::{NoteAlgorithm, Origin, PublicKey, base64, cosignature_message};

use super::*;

const NOW: u64 = 1_800_000_000;

fn secret() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn key_of(secret: &SigningKey, name: &str) -> VerifierKey {
    let public = PublicKey::admit(secret.verifying_key().as_bytes()).unwrap();
    let algorithm = NoteAlgorithm::CosignatureEd25519;
    VerifierKey::new(Origin::parse(name).unwrap(), algorithm, public)
}

fn text(size: u64) -> String {
    format!("log.example\n{size}\n{}\n", base64::encode(&[7; 32]))
}

fn checkpoint(size: u64) -> String {
    let line = signature_line(&Origin::parse("log.example").unwrap(), [1; 4], &[9; 64]);
    format!("{}\n{line}", text(size))
}

/// The line of the witness `name` over a tree of this size, at this time.
fn line(secret: &SigningKey, name: &str, size: u64, time_s: u64) -> String {
    let signature = secret.sign(&cosignature_message(time_s, &text(size)));
    let bytes = [time_s.to_be_bytes().as_slice(), &signature.to_bytes()].concat();
    let key = key_of(secret, name);
    signature_line(key.name(), key.key_id(), &bytes)
}

fn read(status: u16, is_size: bool, body: &str) -> Result<Answer, AskError> {
    let expected = Expected {
        key: &key_of(&secret(), "w1.example"),
        old: TreeSize::new(4),
        checkpoint: &checkpoint(9),
        last_time_s: Some(NOW - 60),
        now_s: NOW,
    };
    expected.read(status, is_size, body.as_bytes())
}

#[test]
fn a_good_cosignature_is_taken_whatever_stands_beside_it() {
    let good = line(&secret(), "w1.example", 9, NOW);
    let cosigned = Ok(Answer::Cosigned(Cosigned {
        line: good.clone(),
        time_s: NOW,
    }));
    assert_eq!(read(200, false, &good), cosigned);
    let other = line(&SigningKey::from_bytes(&[6; 32]), "w2.example", 9, NOW);
    assert_eq!(read(200, false, &format!("{other}{good}")), cosigned);
    // Of several by its key the earliest counts, and each has to be good.
    let later = line(&secret(), "w1.example", 9, NOW + 5);
    assert_eq!(read(200, true, &format!("{later}{good}")), cosigned);
    let bad = line(&secret(), "w1.example", 8, NOW);
    let error = AskError::BadCosignature("w1.example".to_owned());
    assert_eq!(read(200, false, &format!("{good}{bad}")), Err(error));
}

#[test]
fn what_is_not_a_cosignature_by_its_key_over_this_checkpoint_is_not_kept() {
    let none = || Err(AskError::NoCosignature("w1.example".to_owned()));
    let bad = || Err(AskError::BadCosignature("w1.example".to_owned()));
    let stranger = SigningKey::from_bytes(&[6; 32]);
    for body in [
        String::new(),
        "\n".to_owned(),
        "ok\n".to_owned(),
        // Its name, another key; its key, another name.
        line(&stranger, "w1.example", 9, NOW),
        line(&secret(), "w2.example", 9, NOW),
        // A line that is not ended, and text that would begin another note.
        line(&secret(), "w1.example", 9, NOW).trim_end().to_owned(),
        format!("\n{}", line(&secret(), "w1.example", 9, NOW)),
        checkpoint(9) + &line(&secret(), "w1.example", 9, NOW),
    ] {
        assert_eq!(read(200, false, &body), none(), "{body:?}");
    }
    assert_eq!(
        read(200, false, &line(&secret(), "w1.example", 8, NOW)),
        bad()
    );
    let id = key_of(&secret(), "w1.example").key_id();
    let name = Origin::parse("w1.example").unwrap();
    for signature in [vec![0; 72], vec![0; 64], Vec::from([255; 72])] {
        assert_eq!(
            read(200, false, &signature_line(&name, id, &signature)),
            bad()
        );
    }
}

#[test]
fn a_time_before_the_last_or_hours_ahead_is_not_kept() {
    let at = |time_s| read(200, false, &line(&secret(), "w1.example", 9, time_s));
    assert!(at(NOW - 60).is_ok() && at(NOW + 3_600).is_ok());
    let (time_s, last_s) = (NOW - 61, NOW - 60);
    assert_eq!(at(time_s), Err(AskError::TimeBack { time_s, last_s }));
    let ahead_s = 3_601;
    assert_eq!(at(NOW + ahead_s), Err(AskError::TimeAhead { ahead_s }));
}

#[test]
fn a_conflict_names_a_size_or_is_one() {
    let last = |size| Ok(Answer::LastSize(TreeSize::new(size)));
    assert_eq!(read(409, true, "7\n"), last(7));
    assert_eq!(read(409, true, "0"), last(0));
    assert_eq!(read(409, true, "12\n"), last(12));
    for body in [
        "",
        "+7\n",
        "07\n",
        "7\n\n",
        "-1",
        "4\n",
        "18446744073709551616\n",
    ] {
        assert_eq!(read(409, true, body), Err(AskError::NoSize), "{body:?}");
    }
    for (status, body) in [(409, ""), (409, "7\n"), (422, ""), (422, "bad proof")] {
        assert_eq!(read(status, false, body), Ok(Answer::Conflict));
    }
    // The size that was asked from is the checkpoint's own: then only the root can be another one.
    let expected = Expected {
        key: &key_of(&secret(), "w1.example"),
        old: TreeSize::new(9),
        checkpoint: &checkpoint(9),
        last_time_s: None,
        now_s: NOW,
    };
    assert_eq!(expected.read(409, true, b"9\n"), Ok(Answer::Conflict));
}

#[test]
fn other_answers_are_told_apart_and_repeated_in_plain_characters() {
    let told = |status| read(status, false, "no\x1b[1m\n").unwrap_err().to_string();
    assert!(told(404).contains("does not know this log") && told(404).contains("no?[1m"));
    assert!(told(403).contains("log's signature"));
    assert_eq!(told(500), "it answered with status 500: \"no?[1m\"");
    assert_eq!(
        read(302, false, "").unwrap_err().to_string(),
        "it answered with status 302"
    );
    let long = "x".repeat(9_000);
    assert!(read(500, false, &long).unwrap_err().to_string().len() < 300);
}
