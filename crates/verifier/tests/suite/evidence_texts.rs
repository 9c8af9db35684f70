//! Charters and key events have one spelling; every other is refused by name.

use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Charter, CharterError, ENTRY_BYTES_MAX, KeyAction, KeyError, KeyEvent, KeyEventError, KeyId,
    KeyRole, RevokeReason, TextError,
};

const KEY_A: &str = "17cb79fb2b4120f2b1ec65e4198d6e08b28e813feb01e4a400839b85e18080ce";
const KEY_B: &str = "a09aa5f47a6759802ff955f8dc2d2a14a5c99d23be97f864127ff9383455a4f0";
const ZERO: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// The neutral element of the curve, a point of order 1.
const SMALL_KEY: &str = "0100000000000000000000000000000000000000000000000000000000000000";

fn charter() -> String {
    format!(
        "witnessmark/charter/v1\norigin ledger.example\ncreated 5\nhash rfc6962-sha256\n\
         ed25519 strict-torsion-free/1\nentry-bytes-max 65535\nthreshold 2\n\
         registrar {KEY_A}\nregistrar {KEY_B}\n"
    )
}

fn genesis() -> String {
    format!(
        "witnessmark/key-event/v1\norg team\nseq 1\nprev {ZERO}\ntime 5\ndo genesis\n\
         threshold 2\nroot {KEY_A}\nroot {KEY_B}\n"
    )
}

fn add() -> String {
    format!(
        "witnessmark/key-event/v1\norg team\nseq 2\nprev {KEY_A}\ntime 5\ndo add\n\
         key {KEY_A} record\nlabel tablet 7\n"
    )
}

fn revoke() -> String {
    format!(
        "witnessmark/key-event/v1\norg team\nseq 3\nprev {KEY_A}\ntime 5\ndo revoke\n\
         key-id {KEY_A}\nreason lost\nsuspected-since 4\n"
    )
}

fn rotate() -> String {
    genesis()
        .replace("genesis", "rotate-root")
        .replace("seq 1", "seq 4")
        .replace(ZERO, KEY_B)
}

/// `text` with the one place where `from` is replaced by `to`.
fn change(text: &str, from: &str, to: &str) -> String {
    assert_eq!(
        text.matches(from).count(),
        1,
        "{from:?} is not in the text once"
    );
    text.replace(from, to)
}

#[test]
fn every_action_is_read_and_written() {
    for text in [genesis(), add(), revoke(), rotate()] {
        assert_eq!(KeyEvent::parse(text.as_bytes()).unwrap().encode(), text);
    }
    let action = KeyEvent::parse(revoke().as_bytes()).unwrap().action;
    let key_id = KeyId::parse_hex(KEY_A).unwrap();
    let reason = RevokeReason::Lost;
    assert_eq!(
        action,
        KeyAction::Revoke {
            key_id,
            reason,
            suspected_since: Some(4)
        }
    );
    for reason in ["superseded", "lost", "compromised", "ceased"] {
        let text = change(&revoke(), "reason lost", &format!("reason {reason}"));
        let text = change(&text, "suspected-since 4\n", "");
        assert_eq!(KeyEvent::parse(text.as_bytes()).unwrap().encode(), text);
    }
    let text = change(&add(), " record\nlabel tablet 7", " countersign");
    let action = KeyEvent::parse(text.as_bytes()).unwrap().action;
    assert!(matches!(
        action,
        KeyAction::Add {
            role: KeyRole::Countersign,
            label: None,
            ..
        }
    ));
}

#[test]
fn a_charter_in_another_spelling_is_refused() {
    let line = TextError::Line;
    let table = [
        ("v1\no", "v2\no", line(1)),
        ("origin ledger", "origin  ledger", line(2)),
        ("ledger.example", "ledger+example", line(2)),
        ("created 5", "created 05", line(3)),
        ("created 5", "created +5", line(3)),
        ("created 5", "created ", line(3)),
        ("created 5", "created 18446744073709551616", line(3)),
        ("rfc6962-sha256", "rfc6962-sha512", line(4)),
        ("torsion-free/1", "torsion-free/2", line(5)),
        ("65535", "65536", line(6)),
        ("threshold 2", "threshold 02", line(7)),
        ("threshold 2", "threshold 0", TextError::Threshold),
        ("threshold 2", "threshold 3", TextError::Threshold),
        ("threshold 2", "threshold 258", TextError::Threshold),
        ("created 5\n", "created 5\r\n", line(3)),
        ("created 5\n", "", line(3)),
        ("created 5\n", "created 5\n\n", line(4)),
    ];
    for (from, to, error) in table {
        let text = change(&charter(), from, to);
        let verdict = Charter::parse(text.as_bytes());
        assert_eq!(verdict, Err(CharterError::Malformed(error)), "{to:?}");
    }
}

#[test]
fn a_set_of_keys_is_ascending_and_admitted() {
    let upper = KEY_A.to_uppercase();
    let small = format!("registrar {SMALL_KEY}\nregistrar {KEY_B}\n");
    let none = String::new();
    let table = [
        (
            format!("registrar {KEY_B}\nregistrar {KEY_A}\n"),
            TextError::KeyOrder,
        ),
        (
            format!("registrar {KEY_A}\nregistrar {KEY_A}\n"),
            TextError::KeyOrder,
        ),
        (
            format!("registrar {upper}\nregistrar {KEY_B}\n"),
            TextError::KeyHex,
        ),
        (
            format!("registrar {KEY_A}0\nregistrar {KEY_B}\n"),
            TextError::KeyHex,
        ),
        (small, TextError::Key(KeyError::SmallOrder)),
        (none, TextError::KeyCount),
        (
            format!("registrar {KEY_A}\nregistrar {KEY_B}"),
            TextError::Newline,
        ),
        (
            format!("registrar {KEY_A}\nregistrar {KEY_B}\nx\n"),
            TextError::Line(10),
        ),
        (
            format!("registrar {KEY_A}\nregistrar {KEY_B}\n\n"),
            TextError::Line(10),
        ),
    ];
    let good = format!("registrar {KEY_A}\nregistrar {KEY_B}\n");
    for (keys, error) in table {
        let text = change(&charter(), &good, &keys);
        let verdict = Charter::parse(text.as_bytes());
        assert_eq!(verdict, Err(CharterError::Malformed(error)), "{keys}");
    }
}

#[test]
fn seventeen_keys_are_too_many() {
    let mut keys: Vec<String> = (1..=17)
        .map(|seed| {
            let secret = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
            witnessmark_verifier::hex::encode(secret.verifying_key().as_bytes())
        })
        .collect();
    keys.sort_unstable();
    let lines: Vec<String> = keys
        .iter()
        .map(|key| format!("registrar {key}\n"))
        .collect();
    let good = format!("registrar {KEY_A}\nregistrar {KEY_B}\n");
    let sixteen = change(&charter(), &good, &lines[..16].concat());
    assert_eq!(
        Charter::parse(sixteen.as_bytes()).unwrap().registrars.len(),
        16
    );
    let seventeen = change(&charter(), &good, &lines.concat());
    let error = Err(CharterError::Malformed(TextError::KeyCount));
    assert_eq!(Charter::parse(seventeen.as_bytes()), error);
}

#[test]
fn a_key_event_in_another_spelling_is_refused() {
    use KeyEventError::{Action, Prev, Seq, Text};
    let line = |line| Text(TextError::Line(line));
    let table = [
        (genesis(), "org team", "org Team", line(2)),
        (genesis(), "seq 1", "seq 01", line(3)),
        (genesis(), "seq 1", "seq 0", Seq),
        (genesis(), "seq 1", "seq 2", Seq),
        (genesis(), "seq 1", "seq 4294967296", line(3)),
        (genesis(), ZERO, KEY_B, Prev),
        (genesis(), ZERO, "00", line(4)),
        (genesis(), "do genesis", "do Genesis", Action),
        (genesis(), "do genesis", "do nothing", Action),
        (
            genesis(),
            "threshold 2",
            "threshold 0",
            Text(TextError::Threshold),
        ),
        (
            genesis(),
            "threshold 2",
            "threshold 3",
            Text(TextError::Threshold),
        ),
        (
            rotate(),
            "threshold 2",
            "threshold 3",
            Text(TextError::Threshold),
        ),
        (rotate(), "seq 4", "seq 1", Seq),
    ];
    for (good, from, to, error) in table {
        let text = change(&good, from, to);
        assert_eq!(KeyEvent::parse(text.as_bytes()), Err(error), "{to:?}");
    }
    let error = Err(Text(TextError::Encoding));
    assert_eq!(
        KeyEvent::parse(&[genesis().as_bytes(), &[0xff, 10]].concat()),
        error
    );
    let error = Err(Text(TextError::TooLong));
    assert_eq!(KeyEvent::parse(&vec![b'\n'; ENTRY_BYTES_MAX + 1]), error);
}

#[test]
fn an_added_or_revoked_key_in_another_spelling_is_refused() {
    use KeyEventError::{Label, Reason, Role, Seq, SuspectedSince, Text};
    let line = |line| Text(TextError::Line(line));
    let long = format!("label {}", "x".repeat(81));
    let table = [
        (add(), "seq 2", "seq 1", Seq),
        (add(), "seq 2", "seq 0", Seq),
        (add(), "record\n", "signer\n", Role),
        (add(), "record\n", "record \n", Role),
        (add(), " record\n", "\n", line(7)),
        (add(), "label tablet 7", "label ", Label),
        (add(), "label tablet 7", "label a\tb", Label),
        (add(), "label tablet 7", "label a\u{85}b", Label),
        (add(), "label tablet 7", "label a\u{7f}", Label),
        (add(), "label tablet 7", long.as_str(), Label),
        (
            add(),
            "label tablet 7\n",
            "label tablet 7",
            Text(TextError::Newline),
        ),
        (add(), "label tablet 7\n", "label a\nlabel b\n", line(9)),
        (revoke(), "reason lost", "reason other", Reason),
        (
            revoke(),
            "suspected-since 4",
            "suspected-since 04",
            SuspectedSince,
        ),
        (
            revoke(),
            "suspected-since 4",
            "suspected-since -4",
            SuspectedSince,
        ),
        (revoke(), "reason lost\n", "", line(8)),
        (revoke(), "time 5", "time 5 ", line(5)),
    ];
    for (good, from, to, error) in table {
        let text = change(&good, from, to);
        assert_eq!(KeyEvent::parse(text.as_bytes()), Err(error), "{to:?}");
    }
}

#[test]
fn a_label_of_80_bytes_fits() {
    let label = "\u{e9}".repeat(40);
    let text = change(&add(), "tablet 7", &label);
    assert_eq!(KeyEvent::parse(text.as_bytes()).unwrap().encode(), text);
}

#[test]
fn a_text_that_is_cut_anywhere_is_refused() {
    for text in [genesis(), add(), revoke(), rotate()] {
        for len in 0..text.len() {
            // Without its last lines an event may be a shorter good one: optional lines only.
            let optional = ["label", "suspected-since"];
            let rest = &text[len..];
            let whole = text[..len].ends_with('\n');
            if whole && optional.iter().any(|name| rest.starts_with(name)) {
                continue;
            }
            assert!(
                KeyEvent::parse(&text.as_bytes()[..len]).is_err(),
                "{:?}",
                &text[..len]
            );
        }
    }
}

#[test]
fn a_label_that_would_make_another_line_cannot_be_read_back() {
    let mut event = KeyEvent::parse(add().as_bytes()).unwrap();
    let KeyAction::Add { label, .. } = &mut event.action else {
        panic!("an add")
    };
    *label = Some("a\nlabel b".into());
    assert!(KeyEvent::parse(event.encode().as_bytes()).is_err());
}
