//! Submissions and their answers.

use std::time::Duration;

use witnessmark_verifier::{
    ENTRY_BYTES_MAX, ENTRY_SIGNATURES_MAX, EntrySignature, Hash, KeyId, LeafIndex, OrgName,
};

use super::AnswerMalformed;
use crate::{Reason, Refusal, Violation, v1};

/// The number that stands for Ed25519 in a [`v1::Signature`], as in an entry.
const ALGORITHM_ED25519: u32 = 1;

/// When a submission is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WaitFor {
    /// When it is in a published checkpoint.
    #[default]
    Published,
    /// When it is in a checkpoint that has the quorum of the ledger's witnesses.
    Witnessed,
}

impl WaitFor {
    /// What the field `wait_for` of a request asks for.
    ///
    /// # Errors
    ///
    /// [`Reason::RequestMalformed`] for a number that the enum does not have.
    pub fn from_message(number: i32) -> Result<Self, Refusal> {
        match v1::WaitFor::try_from(number) {
            Ok(v1::WaitFor::Unspecified | v1::WaitFor::Published) => Ok(Self::Published),
            Ok(v1::WaitFor::Witnessed) => Ok(Self::Witnessed),
            Err(_) => {
                let rule = "VALUE_UNKNOWN: the list has no such number. Use one that it has.";
                Err(Refusal::field("wait_for", rule))
            }
        }
    }
}

impl From<WaitFor> for v1::WaitFor {
    fn from(wait: WaitFor) -> Self {
        match wait {
            WaitFor::Published => Self::Published,
            WaitFor::Witnessed => Self::Witnessed,
        }
    }
}

impl From<WaitFor> for i32 {
    fn from(wait: WaitFor) -> Self {
        v1::WaitFor::from(wait).into()
    }
}

/// A payload and its signatures, in the right form; nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPayload {
    /// The organisation the submitter means.
    pub org: OrgName,
    /// What the payload is.
    pub payload_type: String,
    /// The exact bytes that were signed.
    pub payload: Vec<u8>,
    /// The signatures over them.
    pub signatures: Vec<EntrySignature>,
}

impl SignedPayload {
    /// Reads the field called `path` of a request.
    ///
    /// # Errors
    ///
    /// [`Reason::RequestMalformed`] when the field is missing or holds what no signed payload can
    /// hold, and [`Reason::EntryTooLarge`] when the payload alone is longer than an entry.
    pub fn from_message(
        path: &'static str,
        message: Option<v1::SignedPayload>,
    ) -> Result<Self, Refusal> {
        let Some(message) = message else {
            return Err(Refusal::field(
                path,
                "FIELD_MISSING: the field must be set.",
            ));
        };
        if message.payload.len() > ENTRY_BYTES_MAX {
            let length = message.payload.len();
            return Err(Refusal::new(
                Reason::EntryTooLarge,
                format!("the payload is {length} bytes long, an entry at most {ENTRY_BYTES_MAX}"),
            ));
        }
        let org = OrgName::parse(&message.org).map_err(|error| {
            Refusal::field(
                format!("{path}.org"),
                format!("ORGANISATION_NAME: {error}."),
            )
        })?;
        let signatures = signatures_from(path, &message.signatures)?;
        Ok(Self {
            org,
            payload_type: message.payload_type,
            payload: message.payload,
            signatures,
        })
    }
}

impl From<SignedPayload> for v1::SignedPayload {
    fn from(signed: SignedPayload) -> Self {
        let signatures = signed
            .signatures
            .iter()
            .map(|signature| v1::Signature {
                algorithm: ALGORITHM_ED25519,
                key_id: signature.key_id.as_bytes().to_vec(),
                signature: signature.signature.to_vec(),
            })
            .collect();
        Self {
            org: signed.org.as_str().to_owned(),
            payload_type: signed.payload_type,
            payload: signed.payload,
            signatures,
        }
    }
}

fn signatures_from(
    path: &'static str,
    messages: &[v1::Signature],
) -> Result<Vec<EntrySignature>, Refusal> {
    if messages.len() > ENTRY_SIGNATURES_MAX {
        return Err(Refusal::field(
            format!("{path}.signatures"),
            format!("SIGNATURES_TOO_MANY: an entry holds at most {ENTRY_SIGNATURES_MAX}."),
        ));
    }
    messages
        .iter()
        .enumerate()
        .map(|(place, message)| {
            let fault = |field: &str, description: &str| {
                Refusal::field(format!("{path}.signatures[{place}].{field}"), description)
            };
            if message.algorithm != ALGORITHM_ED25519 {
                return Err(fault(
                    "algorithm",
                    "ALGORITHM_UNKNOWN: only 1, Ed25519, is known.",
                ));
            }
            let key_id = <[u8; 32]>::try_from(message.key_id.as_slice())
                .map_err(|_| fault("key_id", "KEY_ID_LENGTH: a key id is 32 bytes long."))?;
            let signature = <[u8; 64]>::try_from(message.signature.as_slice()).map_err(|_| {
                fault(
                    "signature",
                    "SIGNATURE_LENGTH: an Ed25519 signature is 64 bytes long.",
                )
            })?;
            Ok(EntrySignature {
                key_id: KeyId::new(Hash::new(key_id)),
                signature,
            })
        })
        .collect()
}

/// What the ledger answers for a payload that it has logged; nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The place of the entry in the log.
    pub index: LeafIndex,
    /// The bytes of the entry.
    pub entry: Vec<u8>,
    /// The tlog-proof of the entry in a published checkpoint.
    pub proof: String,
    /// True when the log already had this payload.
    pub already_logged: bool,
    /// What a careful submitter would look at again.
    pub warnings: Vec<Warning>,
}

/// Something in a record that is allowed and still looks like a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The stable name of the rule.
    pub code: String,
    /// The field, as a path from the record's root.
    pub path: String,
    /// What the rule says, and what would satisfy it.
    pub description: String,
}

impl From<Appended> for v1::Appended {
    fn from(appended: Appended) -> Self {
        let warnings = appended
            .warnings
            .into_iter()
            .map(
                |Warning {
                     code,
                     path,
                     description,
                 }| v1::Warning {
                    code,
                    path,
                    description,
                },
            )
            .collect();
        Self {
            index: appended.index.get(),
            entry: appended.entry,
            proof: appended.proof,
            already_logged: appended.already_logged,
            warnings,
        }
    }
}

impl Appended {
    /// Reads the field `appended` of an answer.
    ///
    /// # Errors
    ///
    /// When the field is missing.
    pub fn from_message(message: Option<v1::Appended>) -> Result<Self, AnswerMalformed> {
        let message = message.ok_or(AnswerMalformed::new("appended", "is missing"))?;
        let warnings = message
            .warnings
            .into_iter()
            .map(
                |v1::Warning {
                     code,
                     path,
                     description,
                 }| Warning {
                    code,
                    path,
                    description,
                },
            )
            .collect();
        Ok(Self {
            index: LeafIndex::new(message.index),
            entry: message.entry,
            proof: message.proof,
            already_logged: message.already_logged,
            warnings,
        })
    }
}

/// What became of one payload of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its place in the stream, from 0.
    pub position: u64,
    /// Logged, or refused.
    pub result: Result<Appended, Refusal>,
}

impl From<Outcome> for v1::SubmitRecordsResponse {
    fn from(outcome: Outcome) -> Self {
        use v1::submit_records_response::Outcome as Message;
        let message = match outcome.result {
            Ok(appended) => Message::Appended(appended.into()),
            Err(refusal) => Message::Refusal(refusal.into()),
        };
        Self {
            position: outcome.position,
            outcome: Some(message),
        }
    }
}

impl TryFrom<v1::SubmitRecordsResponse> for Outcome {
    type Error = AnswerMalformed;

    fn try_from(message: v1::SubmitRecordsResponse) -> Result<Self, AnswerMalformed> {
        use v1::submit_records_response::Outcome as Message;
        let result = match message.outcome {
            Some(Message::Appended(appended)) => Ok(Appended::from_message(Some(appended))?),
            Some(Message::Refusal(refusal)) => Err(refusal.try_into()?),
            None => return Err(AnswerMalformed::new("outcome", "is missing")),
        };
        Ok(Self {
            position: message.position,
            result,
        })
    }
}

impl From<Refusal> for v1::Refusal {
    fn from(refusal: Refusal) -> Self {
        let code = u32::try_from(i32::from(refusal.code())).unwrap_or_default();
        let delay = refusal.retry_after.unwrap_or_default().as_millis();
        let retry_after_ms = u64::try_from(delay).unwrap_or(u64::MAX);
        let violations = refusal
            .violations
            .into_iter()
            .map(|Violation { path, description }| v1::FieldViolation { path, description })
            .collect();
        Self {
            reason: refusal.reason.name().to_owned(),
            code,
            message: refusal.message,
            violations,
            retry_after_ms,
        }
    }
}

impl TryFrom<v1::Refusal> for Refusal {
    type Error = AnswerMalformed;

    fn try_from(message: v1::Refusal) -> Result<Self, AnswerMalformed> {
        let reason = Reason::parse(&message.reason).ok_or(AnswerMalformed::new(
            "reason",
            "is not one that this version knows",
        ))?;
        let violations = message
            .violations
            .into_iter()
            .map(|v1::FieldViolation { path, description }| Violation { path, description })
            .collect();
        Ok(Self {
            reason,
            message: message.message,
            violations,
            retry_after: (message.retry_after_ms > 0)
                .then(|| Duration::from_millis(message.retry_after_ms)),
        })
    }
}
