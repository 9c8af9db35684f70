//! Key events and charters in plain words.

use serde_json::{Value, json};
use witnessmark_bundle::utc;
use witnessmark_verifier::{
    Charter, Hash, KeyAction, KeyEvent, KeyRole, OrgKey, PublicKey, RevokeReason,
};

/// What somebody is asked to sign.
#[derive(Debug)]
pub(super) enum Subject {
    /// A change of an organisation's keys.
    Event(Box<KeyEvent>),
    /// The charter of a ledger that is to be made.
    Charter(Charter),
}

impl Subject {
    /// What it does, a line for each fact.
    pub(super) fn lines(&self) -> Vec<String> {
        match self {
            Self::Event(event) => event_lines(event),
            Self::Charter(charter) => charter_lines(charter),
        }
    }

    /// The same for programs.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Event(event) => event_json(event),
            Self::Charter(charter) => json!({
                "do": "charter",
                "origin": charter.origin.as_str(),
                "created": charter.created,
                "threshold": charter.threshold,
                "registrars": keys_json(&charter.registrars),
            }),
        }
    }
}

fn charter_lines(charter: &Charter) -> Vec<String> {
    let mut lines = vec![
        format!("the charter of a new ledger, {}", charter.origin),
        format!("  written        {}", utc(charter.created)),
        format!(
            "  registrars     {} of these {} admit organisations, for ever:",
            charter.threshold,
            charter.registrars.len()
        ),
    ];
    lines.extend(key_lines(&charter.registrars));
    lines
}

fn event_lines(event: &KeyEvent) -> Vec<String> {
    let mut lines = vec![
        format!("key event {} of {}", event.seq, event.org),
        format!("  signer's clock {}", utc(event.time)),
    ];
    if event.seq > 1 {
        lines.push(format!("  follows        {}", event.prev));
    }
    match &event.action {
        KeyAction::Genesis { threshold, roots } => {
            lines.push(format!(
                "  does           ADMIT the organisation {}",
                event.org
            ));
            lines.extend(root_lines(*threshold, roots));
        }
        KeyAction::RotateRoot { threshold, roots } => {
            lines.push("  does           REPLACE ALL ROOT KEYS".to_owned());
            lines.extend(root_lines(*threshold, roots));
        }
        KeyAction::Add { key, role, label } => {
            let may = match role {
                KeyRole::Record => "sign records",
                KeyRole::Countersign => "countersign records that another key signs",
                _ => role.as_str(),
            };
            lines.push(format!("  does           ADD a key that may {may}"));
            lines.push(format!("  key            {}", key.key_id()));
            lines.push(format!("  public key     {}", Hash::new(*key.as_bytes())));
            if let Some(label) = label {
                lines.push(format!("  label          {label:?}"));
            }
        }
        KeyAction::Revoke {
            key_id,
            reason,
            suspected_since,
        } => {
            lines.push("  does           REVOKE a key: from here on it signs nothing".to_owned());
            lines.push(format!("  key            {key_id}"));
            lines.push(format!("  reason         {}", reason.as_str()));
            if let Some(since) = suspected_since {
                lines.push(format!(
                    "  suspected      since {}: records registered after that are shown with a warning",
                    utc(*since)
                ));
            }
        }
    }
    lines
}

fn root_lines(threshold: u8, roots: &[PublicKey]) -> Vec<String> {
    let count = roots.len();
    let mut lines = vec![format!(
        "  roots          {threshold} of these {count} sign every later event:"
    )];
    lines.extend(key_lines(roots));
    lines
}

fn key_lines(keys: &[PublicKey]) -> impl Iterator<Item = String> + '_ {
    keys.iter().map(|key| format!("    {}", key.key_id()))
}

fn keys_json(keys: &[PublicKey]) -> Vec<String> {
    keys.iter().map(|key| key.key_id().to_string()).collect()
}

fn event_json(event: &KeyEvent) -> Value {
    let action = match &event.action {
        KeyAction::Genesis { threshold, roots } => {
            json!({ "do": "genesis", "threshold": threshold, "roots": keys_json(roots) })
        }
        KeyAction::RotateRoot { threshold, roots } => {
            json!({ "do": "rotate-root", "threshold": threshold, "roots": keys_json(roots) })
        }
        KeyAction::Add { key, role, label } => json!({
            "do": "add",
            "key_id": key.key_id().to_string(),
            "role": role.as_str(),
            "label": label,
        }),
        KeyAction::Revoke {
            key_id,
            reason,
            suspected_since,
        } => json!({
            "do": "revoke",
            "key_id": key_id.to_string(),
            "reason": reason.as_str(),
            "suspected_since": suspected_since,
        }),
    };
    let mut event = json!({
        "org": event.org.as_str(),
        "seq": event.seq,
        "prev": event.prev.to_string(),
        "time": event.time,
    });
    if let (Some(members), Value::Object(action)) = (event.as_object_mut(), action) {
        members.extend(action);
    }
    event
}

/// What became of a key: `active`, or its end.
pub(super) fn state_words(key: &OrgKey) -> String {
    let Some(revoked) = &key.revoked else {
        return "active".to_owned();
    };
    let reason: RevokeReason = revoked.reason;
    let since = revoked
        .suspected_since
        .map(|since| format!(", suspected since {}", utc(since)));
    format!(
        "revoked by event {} ({}){}",
        revoked.seq,
        reason.as_str(),
        since.unwrap_or_default()
    )
}

/// A key and what became of it, for programs.
pub(super) fn key_json(key: &OrgKey) -> Value {
    json!({
        "key_id": key.key.key_id().to_string(),
        "public_key": Hash::new(*key.key.as_bytes()).to_string(),
        "role": key.role.as_str(),
        "label": key.label,
        "added_seq": key.added_seq,
        "revoked": key.revoked.as_ref().map(|revoked| json!({
            "seq": revoked.seq,
            "reason": revoked.reason.as_str(),
            "suspected_since": revoked.suspected_since,
        })),
    })
}
