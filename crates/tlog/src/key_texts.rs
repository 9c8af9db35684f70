//! The texts of charters and key events, which their signers sign.

use std::fmt::{self, Write as _};

use witnessmark_verifier::{Charter, KeyAction, KeyEvent, PublicKey, hex};

use crate::Encode;

const CHARTER_START: &str = "witnessmark/charter/v1\n";
const CHARTER_RULES: &str =
    "hash rfc6962-sha256\ned25519 strict-torsion-free/1\nentry-bytes-max 65535\n";
const KEY_EVENT_START: &str = "witnessmark/key-event/v1\n";

/// The text that registrars sign. One that breaks a rule of the fields is refused by `Charter::parse`.
impl Encode for Charter {
    type Encoded = String;

    fn encode(&self) -> String {
        let mut out = String::from(CHARTER_START);
        push_line(&mut out, "origin", self.origin.as_str());
        push_line(&mut out, "created", self.created);
        out.push_str(CHARTER_RULES);
        push_key_set(&mut out, self.threshold, "registrar", &self.registrars);
        out
    }
}

/// The text that the organisation signs. One that breaks a rule of the fields is refused by
/// `KeyEvent::parse`.
impl Encode for KeyEvent {
    type Encoded = String;

    fn encode(&self) -> String {
        let mut out = String::from(KEY_EVENT_START);
        push_line(&mut out, "org", self.org.as_str());
        push_line(&mut out, "seq", self.seq);
        push_line(&mut out, "prev", self.prev);
        push_line(&mut out, "time", self.time);
        push_action(&mut out, &self.action);
        out
    }
}

fn push_action(out: &mut String, action: &KeyAction) {
    match action {
        KeyAction::Genesis { threshold, roots } => {
            push_line(out, "do", "genesis");
            push_key_set(out, *threshold, "root", roots);
        }
        KeyAction::Add { key, role, label } => {
            push_line(out, "do", "add");
            let key = hex::encode(key.as_bytes());
            push_line(out, "key", format_args!("{key} {}", role.as_str()));
            if let Some(label) = label {
                push_line(out, "label", label);
            }
        }
        KeyAction::Revoke {
            key_id,
            reason,
            suspected_since,
        } => {
            push_line(out, "do", "revoke");
            push_line(out, "key-id", key_id);
            push_line(out, "reason", reason.as_str());
            if let Some(time) = suspected_since {
                push_line(out, "suspected-since", time);
            }
        }
        KeyAction::RotateRoot { threshold, roots } => {
            push_line(out, "do", "rotate-root");
            push_key_set(out, *threshold, "root", roots);
        }
    }
}

/// Adds the line `name value`.
fn push_line(out: &mut String, name: &str, value: impl fmt::Display) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(out, "{name} {value}");
}

fn push_key_set(out: &mut String, threshold: u8, name: &str, keys: &[PublicKey]) {
    push_line(out, "threshold", threshold);
    for key in keys {
        push_line(out, name, hex::encode(key.as_bytes()));
    }
}
