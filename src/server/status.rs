//! The one table from what goes wrong inside to what the caller is told.

use witnessmark_keychain::KeychainError;
use witnessmark_log::{LogError, Refused};
use witnessmark_proto::{Reason, Refusal, Violation, Warning};
use witnessmark_record::{Level, Problem, RecordError};
use witnessmark_verifier::{EntryError, KeyChainError, SignersError};

use super::telemetry::fault;

/// What the caller is told when the log did not do what it was asked.
pub(crate) fn of_log(error: &LogError) -> Refusal {
    let told = |reason| Refusal::new(reason, error.to_string());
    match error {
        LogError::Refused(refused) => of_refused(refused),
        LogError::Busy => told(Reason::QueueFull),
        LogError::IndexBeyond { .. } => told(Reason::IndexBeyondLog),
        LogError::SizeBeyond { .. } => told(Reason::SizeBeyondLog),
        LogError::Full { .. } => told(Reason::StorageFull),
        LogError::Clock { .. } => told(Reason::ClockBehind),
        LogError::Signer(_) => fault(Reason::SignerUnavailable, error),
        LogError::ReadOnly(_) => told(Reason::LedgerReadOnly),
        LogError::Halted(_) => fault(Reason::LedgerHalted, error),
        LogError::Unreadable(_) => fault(Reason::StoreUnreadable, error),
        LogError::Corrupt(_) => fault(Reason::StoreCorrupt, error),
        // These two are said when a ledger is made or opened.
        LogError::Exists { .. } | LogError::Empty | _ => fault(Reason::ServerFault, error),
    }
}

/// What the caller is told when the log did not take one submission.
pub(crate) fn of_refused(refused: &Refused) -> Refusal {
    match refused {
        Refused::Entry(EntryError::TooLong) => {
            Refusal::new(Reason::EntryTooLarge, refused.to_string())
        }
        Refused::Keys(error) => of_keychain(error),
        // The form of a submission was checked before it was queued, and charters are not
        // submitted.
        Refused::Entry(_) | Refused::Charter(_) | Refused::Origin { .. } | _ => {
            fault(Reason::ServerFault, refused)
        }
    }
}

/// What the caller is told when the organisation's keys do not allow a submission.
pub(crate) fn of_keychain(error: &KeychainError) -> Refusal {
    let told = |reason| Refusal::new(reason, error.to_string());
    match error {
        KeychainError::UnknownOrganisation(_) => told(Reason::OrganisationUnknown),
        KeychainError::Keys(error) => of_key_chain(error),
        // The server replayed a charter before it served.
        KeychainError::NoCharter
        | KeychainError::Charter(_)
        | KeychainError::CharterPlace(_)
        | KeychainError::NoOrganisation
        | _ => fault(Reason::ServerFault, error),
    }
}

/// The same, when it is known that the organisation has a key chain.
pub(crate) fn of_key_chain(error: &KeyChainError) -> Refusal {
    let reason = match error {
        KeyChainError::UnknownOrganisation => Reason::OrganisationUnknown,
        KeyChainError::OrgMismatch => Reason::OrganisationMismatch,
        KeyChainError::WrongPayloadType => Reason::PayloadTypeUnknown,
        KeyChainError::Malformed(_) => Reason::KeyEventMalformed,
        KeyChainError::WrongSeq { .. } | KeyChainError::WrongPrev => Reason::KeyEventOutOfOrder,
        KeyChainError::Signers(SignersError::NoSignature) => Reason::SignatureMissing,
        KeyChainError::Signers(SignersError::TooManySignatures) => Reason::RequestMalformed,
        KeyChainError::Signers(SignersError::DuplicateSigner(_)) => Reason::SignatureDuplicate,
        KeyChainError::Signers(SignersError::UnknownKey(_)) => Reason::KeyUnknown,
        KeyChainError::RevokedKey(_) => Reason::KeyRevoked,
        KeyChainError::RoleNotAllowed => Reason::KeyRoleNotAllowed,
        KeyChainError::Signers(SignersError::BadSignature(_)) => Reason::SignatureBad,
        KeyChainError::Threshold { .. } | KeyChainError::RegistrarThreshold { .. } => {
            Reason::KeyEventThreshold
        }
        // These are said of entries, which the server makes itself.
        KeyChainError::WrongKind | KeyChainError::HeadMismatch => {
            return fault(Reason::ServerFault, error);
        }
        // And a rule that is newer than this table: the caller is told in the chain's own words.
        KeyChainError::KeyAlreadyAdded(_) | KeyChainError::Possession(_) | _ => {
            Reason::KeyEventRefused
        }
    };
    Refusal::new(reason, error.to_string())
}

/// What the caller is told when a payload is not a record in its one form.
pub(crate) fn of_record(error: &RecordError) -> Refusal {
    let told = |reason| Refusal::new(reason, error.to_string());
    let listed = |reason, paths: &[String], description: &str| {
        let violations = paths
            .iter()
            .map(|path| Violation::new(path, description))
            .collect();
        told(reason).with_violations(violations)
    };
    match error {
        RecordError::TooLarge(_) => told(Reason::EntryTooLarge),
        RecordError::UnknownField(paths) => {
            let rule = "FIELD_UNKNOWN: the schema has no such field. Remove it.";
            listed(Reason::RecordUnknownField, paths, rule)
        }
        RecordError::UnknownEnumValue(paths) => {
            let rule = "VALUE_UNKNOWN: the list has no such number. Use one that it has.";
            listed(Reason::RecordUnknownField, paths, rule)
        }
        RecordError::UnknownKind { .. } => told(Reason::RecordKindUnknown),
        RecordError::KindMismatch { .. } => {
            let rule =
                "SCHEMA_MISMATCH: the schema names another kind than the body. Name the body's.";
            listed(Reason::RecordInvalid, &["schema".to_owned()], rule)
        }
        RecordError::NotCanonical(_) => told(Reason::RecordNotCanonical),
        RecordError::Link(place) => {
            let rule = "LINK_INCOMPLETE: a link has a relation and a record id. Add them.";
            listed(Reason::RecordInvalid, &[format!("links[{place}]")], rule)
        }
        RecordError::Target(path) => {
            let rule = "TARGET_INCOMPLETE: what speaks of another record names its id. Give it.";
            listed(Reason::RecordInvalid, std::slice::from_ref(path), rule)
        }
        RecordError::Malformed(_) | RecordError::Encoding(_) | _ => told(Reason::RecordMalformed),
    }
}

/// Parts the problems of a record into a refusal, if there are errors, and warnings.
///
/// # Errors
///
/// `RECORD_INVALID` with all errors as violations.
pub(crate) fn of_problems(problems: Vec<Problem>) -> Result<Vec<Warning>, Refusal> {
    let mut violations = Vec::new();
    let mut warnings = Vec::new();
    for problem in problems {
        let Problem {
            level,
            code,
            path,
            rule,
            fix,
            ..
        } = problem;
        match level {
            Level::Error => {
                violations.push(Violation::new(path, format!("{code}: {rule}. {fix}.")));
            }
            Level::Warning => warnings.push(Warning {
                code: code.to_owned(),
                path,
                description: format!("{rule}. {fix}."),
            }),
            // For whoever writes the record, and nothing to answer with.
            Level::Note => {}
        }
    }
    match violations.len() {
        0 => Ok(warnings),
        count => Err(Refusal::new(
            Reason::RecordInvalid,
            format!(
                "the record breaks {count} rule{}",
                if count == 1 { "" } else { "s" }
            ),
        )
        .with_violations(violations)),
    }
}
