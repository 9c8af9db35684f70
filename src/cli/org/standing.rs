//! Where the signatures of a request stand: whose are there, how many are missing, and who may give them.

use serde_json::{Value, json};
use witnessmark_proto::{Reason, Refusal};
use witnessmark_record::check_label;
use witnessmark_verifier::{
    Charter, ENTRY_SIGNATURES_MAX, KeyAction, KeyChainError, KeyEvent, KeyId, PAYLOAD_TYPE_CHARTER,
    PAYLOAD_TYPE_KEY_EVENT, PublicKey, SignersError, pae,
};

use super::request::Request;
use super::state::View;
use super::words::Subject;
use crate::cli::connect::refused;
use crate::output::{Failure, Trouble};
use crate::server;

/// The most signatures that roots or registrars can be asked for: an entry holds one more, that of a key that is added, or
/// those of the other side.
pub(in crate::cli) const THRESHOLD_MAX: u8 = 7;

/// Some people of whom some number must sign.
#[derive(Debug)]
pub(super) struct Side {
    /// Who they are, such as `roots`.
    pub(super) name: &'static str,
    /// How many of them must sign.
    pub(super) need: usize,
    /// Their keys.
    pub(super) keys: Vec<PublicKey>,
    /// Those of them that have signed.
    pub(super) signed: Vec<KeyId>,
}

/// Who must sign, and who has.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) sides: Vec<Side>,
    /// Who else must sign, of whom the request does not say which keys they have.
    pub(super) unknown: Vec<&'static str>,
    /// Signatures by keys that are on no side that is known.
    pub(super) not_judged: Vec<KeyId>,
}

impl Side {
    fn new(name: &'static str, need: usize, keys: &[PublicKey]) -> Self {
        let keys = keys.to_vec();
        let signed = Vec::new();
        Self {
            name,
            need,
            keys,
            signed,
        }
    }

    /// How many signatures are missing.
    pub(super) fn missing(&self) -> usize {
        self.need.saturating_sub(self.signed.len())
    }

    fn lines(&self) -> Vec<String> {
        let state = match self.missing() {
            0 if self.need == 0 => "may sign too".to_owned(),
            0 => "complete".to_owned(),
            missing => format!("{missing} MISSING"),
        };
        let (have, need) = (self.signed.len(), self.need);
        let mut lines = vec![format!(
            "  {:14} {have} of {need} needed: {state}",
            self.name
        )];
        for key in &self.keys {
            let id = key.key_id();
            let word = if self.signed.contains(&id) {
                "signed    "
            } else {
                "not signed"
            };
            lines.push(format!("    {word} {id}"));
        }
        lines
    }

    fn to_json(&self) -> Value {
        let ids: Vec<String> = self.keys.iter().map(|it| it.key_id().to_string()).collect();
        let signed: Vec<String> = self.signed.iter().map(ToString::to_string).collect();
        json!({
            "side": self.name,
            "need": self.need,
            "missing": self.missing(),
            "keys": ids,
            "signed": signed,
        })
    }
}

impl Standing {
    /// Reads what a request asks for and judges every signature that is there.
    ///
    /// # Errors
    ///
    /// When it is nothing that could be logged, or has a signature that is not good or by somebody who has no part in it.
    pub(super) fn of(
        place: &str,
        request: &Request,
        view: Option<&View>,
    ) -> Result<(Subject, Self), Failure> {
        let subject = subject(place, request)?;
        let (sides, unknown) = match &subject {
            Subject::Charter(charter) => (
                vec![Side::new(
                    "registrars",
                    usize::from(charter.threshold),
                    &charter.registrars,
                )],
                Vec::new(),
            ),
            Subject::Event(event) => {
                if let Some(view) = view {
                    follows(place, request, view)?;
                }
                check_label(event).map_err(|error| {
                    refused(
                        place,
                        &Refusal::new(Reason::KeyEventRefused, error.to_string()),
                    )
                })?;
                sides_of(event, view)
            }
        };
        let mut standing = Self {
            sides,
            unknown,
            not_judged: Vec::new(),
        };
        standing.count(place, request)?;
        Ok((subject, standing))
    }

    /// Verifies each signature, and counts it for every side that has its key.
    fn count(&mut self, place: &str, request: &Request) -> Result<(), Failure> {
        let signed = &request.signed;
        let message = pae(&signed.payload_type, &signed.payload);
        let refuse = |reason: Reason, error: SignersError| {
            refused(place, &Refusal::new(reason, error.to_string()))
        };
        let mut seen = Vec::new();
        for signature in &signed.signatures {
            let id = signature.key_id;
            if seen.contains(&id) {
                let error = SignersError::DuplicateSigner(id);
                return Err(refuse(Reason::SignatureDuplicate, error));
            }
            seen.push(id);
            let keys = self.sides.iter().flat_map(|side| &side.keys);
            let Some(key) = keys.clone().find(|key| key.key_id() == id) else {
                if self.unknown.is_empty() {
                    return Err(refuse(Reason::KeyUnknown, SignersError::UnknownKey(id)));
                }
                self.not_judged.push(id);
                continue;
            };
            key.verify(&message, &signature.signature)
                .map_err(|_| refuse(Reason::SignatureBad, SignersError::BadSignature(id)))?;
            for side in &mut self.sides {
                if side.keys.iter().any(|key| key.key_id() == id) {
                    side.signed.push(id);
                }
            }
        }
        Ok(())
    }

    /// Whether nobody is missing; `None` when that cannot be known from what the request says.
    pub(super) fn is_complete(&self) -> Option<bool> {
        if self.sides.iter().any(|side| side.missing() > 0) {
            Some(false)
        } else if self.unknown.is_empty() {
            Some(true)
        } else {
            None
        }
    }

    /// Whether the key is on a side, by the side's name if one is asked for.
    pub(super) fn has_part(&self, key: &KeyId, side: Option<&str>) -> bool {
        self.sides
            .iter()
            .filter(|it| side.is_none_or(|name| it.name == name))
            .any(|it| it.keys.iter().any(|one| one.key_id() == *key))
    }

    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec!["signatures".to_owned()];
        lines.extend(self.sides.iter().flat_map(Side::lines));
        for name in &self.unknown {
            lines.push(format!(
                "  {name:14} must sign too; which keys they have is not in the file (--from says it)"
            ));
        }
        for id in &self.not_judged {
            lines.push(format!("    not judged {id}"));
        }
        lines.push(match self.is_complete() {
            Some(true) => "all signatures are there".to_owned(),
            Some(false) => {
                let sides = self.sides.iter().filter(|side| side.missing() > 0);
                let missing: Vec<String> = sides
                    .map(|side| format!("{} of the {}", side.missing(), side.name))
                    .collect();
                format!("signatures are still missing: {}", missing.join(", "))
            }
            None => "whether signatures are missing cannot be told from this file".to_owned(),
        });
        lines
    }

    /// For programs.
    pub(super) fn to_json(&self) -> Value {
        let sides: Vec<Value> = self.sides.iter().map(Side::to_json).collect();
        json!({ "complete": self.is_complete(), "sides": sides, "unknown": self.unknown })
    }

    /// Refuses to send what the ledger would refuse, with whose signatures are missing.
    ///
    /// # Errors
    ///
    /// When signatures are missing.
    pub(super) fn must_be_complete(&self) -> Result<(), Failure> {
        let mut troubles = Vec::new();
        for side in self.sides.iter().filter(|side| side.missing() > 0) {
            let ids: Vec<String> = side
                .keys
                .iter()
                .map(PublicKey::key_id)
                .filter(|id| !side.signed.contains(id))
                .map(|id| id.to_string())
                .collect();
            let message = format!(
                "{} of {} signatures are there; any {} of these keys must still sign: {}",
                side.signed.len(),
                side.need,
                side.missing(),
                ids.join(", ")
            );
            troubles.push(
                Trouble::new(Reason::KeyEventThreshold.name(), side.name, message).fix(
                    "name more keys, or write the request to a file with --out (and --from instead of --to), and have the others sign it with `witnessmark org cosign`",
                ),
            );
        }
        Failure::unless_empty(crate::output::Outcome::Refused, troubles)
    }
}

fn subject(place: &str, request: &Request) -> Result<Subject, Failure> {
    let signed = &request.signed;
    let told = |reason: Reason, message: String| refused(place, &Refusal::new(reason, message));
    match signed.payload_type.as_str() {
        PAYLOAD_TYPE_KEY_EVENT => KeyEvent::parse(&signed.payload)
            .map(|event| Subject::Event(Box::new(event)))
            .map_err(|error| told(Reason::KeyEventMalformed, error.to_string())),
        PAYLOAD_TYPE_CHARTER => Charter::parse(&signed.payload)
            .map(Subject::Charter)
            .map_err(|error| told(Reason::KeyEventMalformed, error.to_string())),
        other => Err(Failure::refused(
            Trouble::new(
                Reason::PayloadTypeUnknown.name(),
                place,
                format!("`{other}` is neither a key event nor a charter"),
            )
            .fix("records are countersigned with `witnessmark record countersign`"),
        )),
    }
}

/// Whether the chain would take the event, but for signatures that are not there yet.
fn follows(place: &str, request: &Request, view: &View) -> Result<(), Failure> {
    let signed = &request.signed;
    match view
        .chain
        .check_event(&view.charter, &signed.payload, &signed.signatures)
    {
        Ok(_)
        | Err(
            KeyChainError::Threshold { .. }
            | KeyChainError::RegistrarThreshold { .. }
            | KeyChainError::Possession(_)
            | KeyChainError::Signers(SignersError::NoSignature),
        ) => Ok(()),
        Err(error) => Err(refused(place, &server::of_key_chain(&error))),
    }
}

fn sides_of(event: &KeyEvent, view: Option<&View>) -> (Vec<Side>, Vec<&'static str>) {
    let mut sides = Vec::new();
    let mut unknown = Vec::new();
    if let KeyAction::Genesis { threshold, roots } = &event.action {
        sides.push(Side::new("roots", usize::from(*threshold), roots));
        match view {
            Some(View { charter, .. }) => sides.push(Side::new(
                "registrars",
                usize::from(charter.threshold),
                &charter.registrars,
            )),
            None => unknown.push("registrars"),
        }
        return (sides, unknown);
    }
    match view {
        Some(View { chain, .. }) => sides.push(Side::new(
            "roots",
            usize::from(chain.threshold()),
            chain.roots(),
        )),
        None => unknown.push("roots"),
    }
    match &event.action {
        KeyAction::Add { key, .. } => {
            sides.push(Side::new("added key", 1, std::slice::from_ref(key)));
        }
        KeyAction::RotateRoot { roots, .. } => sides.push(Side::new("new roots", 0, roots)),
        KeyAction::Genesis { .. } | KeyAction::Revoke { .. } => {}
    }
    (sides, unknown)
}

/// Refuses a threshold that no entry has room for, or that there are too few keys for.
///
/// # Errors
///
/// When it is zero, or too high.
pub(in crate::cli) fn check_threshold(
    threshold: u8,
    keys: usize,
    whose: &str,
) -> Result<(), Failure> {
    if threshold == 0 || usize::from(threshold) > keys {
        return Err(Failure::usage(
            Trouble::new(
                "USAGE",
                "--threshold",
                format!("{threshold} of {keys} {whose}"),
            )
            .fix(format!(
                "give a number from 1 to the number of different {whose}"
            )),
        ));
    }
    if threshold > THRESHOLD_MAX {
        return Err(Failure::usage(
            Trouble::new(
                "USAGE",
                "--threshold",
                format!("{threshold} signatures are more than can be given: an entry holds {ENTRY_SIGNATURES_MAX}, and others must sign too"),
            )
            .fix(format!("give at most {THRESHOLD_MAX}")),
        ));
    }
    Ok(())
}
