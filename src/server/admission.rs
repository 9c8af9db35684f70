//! May this be logged? Everything that is asked of a submission before it is queued.

use witnessmark_keychain::{Identified, Submission};
use witnessmark_log::{Appended, Checked, Reader, Store};
use witnessmark_proto::{Reason, Refusal, SignedPayload, Violation, Warning};
use witnessmark_record::{Level, Problem, Record, check_clock, check_label, validate};
use witnessmark_verifier::{
    OrgName, Origin, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD, RecordId,
};

use super::links::Said;
use super::status;

/// A submission that need not be refused.
#[derive(Debug)]
pub(crate) enum Admitted {
    /// It is logged already; this is the answer.
    Logged(Box<Appended>),
    /// It may be logged. Of a record there is also what it says to the links.
    Checked(Checked, Option<Box<Said>>, Vec<Warning>),
}

/// Checks a record, what costs least first: whoever sends rubbish must not cost more than he has to.
///
/// 1. Is it logged? Then the entry is the answer, whatever the signatures that came this time: see [`already_logged`].
/// 2. May these keys sign for this organisation? That is looked up, and nothing is computed.
/// 3. Is the record good by itself? Every rule it breaks is told at once.
/// 4. Are the signatures good?
/// 5. `judge` says what is wrong with it that only this ledger can know. It may read what is logged, which costs more than a
///    signature, so it is done for those alone who have shown one. It is also given the means to keep what was submitted.
///
/// # Errors
///
/// Why the record is not logged.
pub(crate) fn admit_record<S: Store>(
    reader: &Reader<S>,
    origin: &Origin,
    signed: SignedPayload,
    now_ms: u64,
    judge: impl FnOnce(&Record, &dyn Fn() -> SignedPayload) -> Result<Vec<Problem>, Refusal>,
) -> Result<Admitted, Refusal> {
    check_type(&signed, PAYLOAD_TYPE_RECORD)?;
    let identified = Identified::from(submission(signed));
    if let Some(appended) = already_logged(reader, &identified.record_id())? {
        return Ok(Admitted::Logged(appended));
    }
    let signed = identified.submission();
    let keychain = &reader.published().keychain;
    keychain
        .check_signers(&signed.org, &signed.signatures)
        .map_err(|error| status::of_keychain(&error))?;
    let record = Record::decode(&signed.payload).map_err(|error| status::of_record(&error))?;
    check_origin(&record, origin)?;
    check_org(&record, &signed.org)?;
    let mut problems = validate(record.message());
    problems.extend(check_clock(record.message(), now_ms));
    if problems.iter().any(|problem| problem.level == Level::Error) {
        status::of_problems(std::mem::take(&mut problems))?;
    }
    let checked = keychain
        .check_record(identified)
        .map_err(|error| status::of_keychain(&error))?;
    for problem in judge(&record, &|| signed_payload(checked.submission()))? {
        // A correction is judged by itself and with the record that it corrects, and both may find the same.
        let told = |it: &Problem| it.code == problem.code && it.path == problem.path;
        if !problems.iter().any(told) {
            problems.push(problem);
        }
    }
    let warnings = status::of_problems(problems)?;
    let Submission {
        org, signatures, ..
    } = checked.submission();
    let signers = signatures.iter().map(|one| one.key_id).collect();
    let said = Said::of(checked.record_id(), org.clone(), signers, &record);
    let said = Some(Box::new(said));
    Ok(Admitted::Checked(Checked::Record(checked), said, warnings))
}

/// Checks a key event against the key chains of now.
///
/// # Errors
///
/// Why the event is not logged.
pub(crate) fn admit_key_event<S: Store>(
    reader: &Reader<S>,
    signed: SignedPayload,
) -> Result<Admitted, Refusal> {
    check_type(&signed, PAYLOAD_TYPE_KEY_EVENT)?;
    let id = RecordId::of(&signed.payload_type, &signed.payload);
    if let Some(appended) = already_logged(reader, &id)? {
        return Ok(Admitted::Logged(appended));
    }
    let keychain = &reader.published().keychain;
    let checked = keychain
        .check_key_event(submission(signed))
        .map_err(|error| status::of_keychain(&error))?;
    check_label(checked.event())
        .map_err(|error| Refusal::new(Reason::KeyEventRefused, error.to_string()))?;
    Ok(Admitted::Checked(
        Checked::KeyEvent(Box::new(checked)),
        None,
        Vec::new(),
    ))
}

/// The entry of this payload, if it is logged.
///
/// A record id is a digest of type and payload; the organisation and the signatures are not in it. So the answer to a payload that
/// is logged is its one entry, with the organisation and the signatures that were checked when it was logged, even if those that
/// came now are others or bad. That is right: nothing is written, the entry claims nothing about the signatures of now, and
/// anybody may read it by its id without any. The caller sees in the entry whose signatures it has. A check would make a retry
/// cost as much as a new record, and change nothing.
fn already_logged<S: Store>(
    reader: &Reader<S>,
    id: &RecordId,
) -> Result<Option<Box<Appended>>, Refusal> {
    let appended = reader
        .already_logged(id)
        .map_err(|error| status::of_log(&error))?;
    Ok(appended.map(Box::new))
}

fn check_type(signed: &SignedPayload, expected: &str) -> Result<(), Refusal> {
    if signed.payload_type == expected {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::PayloadTypeUnknown,
        format!("this call logs {expected} only"),
    ))
}

fn check_origin(record: &Record, origin: &Origin) -> Result<(), Refusal> {
    if record.origin() == origin.as_str() {
        return Ok(());
    }
    let message = format!(
        "the record is for {:?}, and this ledger is {origin}",
        record.origin()
    );
    let rule = "ORIGIN: a record names the ledger it is for. Sign it for this one.";
    let violations = vec![Violation::new("origin", rule)];
    Err(Refusal::new(Reason::OriginMismatch, message).with_violations(violations))
}

fn check_org(record: &Record, outside: &OrgName) -> Result<(), Refusal> {
    let inside = record.org();
    if inside == outside.as_str() {
        return Ok(());
    }
    let message = format!("the record is by {inside:?}, and was submitted as one of {outside}");
    let rule = "ORG: a record names the organisation that signs it. Submit it as that one's.";
    let violations = vec![Violation::new("org", rule)];
    Err(Refusal::new(Reason::OrganisationMismatch, message).with_violations(violations))
}

fn signed_payload(submission: &Submission) -> SignedPayload {
    let Submission {
        org,
        payload_type,
        payload,
        signatures,
    } = submission.clone();
    SignedPayload {
        org,
        payload_type,
        payload,
        signatures,
    }
}

fn submission(signed: SignedPayload) -> Submission {
    let SignedPayload {
        org,
        payload_type,
        payload,
        signatures,
    } = signed;
    Submission {
        org,
        payload_type,
        payload,
        signatures,
    }
}
