//! The kinds: which fields each requires. A required field is given, or named in `missing` with a reason.

use super::{about, capture, change, trace, walk};
use crate::descriptor::join;
use crate::{Problem, RecordKind, codes, v1};
use v1::record::Body;

/// The fields of the body that no record of the kind can do without: it has no meaning without them.
const fn indispensable(kind: RecordKind) -> &'static [&'static str] {
    match kind {
        RecordKind::StrikeEvent => &["event_class"],
        RecordKind::WreckageFinding => &["item_class"],
        RecordKind::ComponentObservation => &["component_class"],
        RecordKind::InterceptedShipment => &["status"],
        RecordKind::CustodyTransfer => &["item"],
        RecordKind::TraceResponse => &["outcome"],
        RecordKind::Attestation => &["target", "stance", "scope"],
        RecordKind::Correction => &["target", "changes", "reason"],
        RecordKind::Withdrawal => &["target", "reason"],
        RecordKind::Erasure => &["targets"],
        RecordKind::Disclosure => &["fields"],
        RecordKind::Statement
        | RecordKind::MediaCapture
        | RecordKind::TraceRequest
        | RecordKind::LabAnalysis => &[],
    }
}

/// The fields of the body that a kind requires, or a reason for their absence.
const fn required(kind: RecordKind) -> &'static [&'static str] {
    match kind {
        RecordKind::StrikeEvent => &["weapon_claims"],
        RecordKind::WreckageFinding => &["state", "condition", "identifications"],
        RecordKind::ComponentObservation => &["authenticity"],
        RecordKind::InterceptedShipment => &["cargo"],
        RecordKind::CustodyTransfer => &["event", "from", "to", "reason"],
        RecordKind::Statement => &["texts"],
        RecordKind::MediaCapture => &["retrieved_at", "files"],
        RecordKind::TraceRequest => &["addressee", "sent", "questions"],
        RecordKind::TraceResponse => &["answered", "permission"],
        RecordKind::LabAnalysis => &["method", "results", "sample"],
        RecordKind::Attestation | RecordKind::Correction | RecordKind::Withdrawal => &[],
        RecordKind::Erasure => &["authority", "date", "remains"],
        RecordKind::Disclosure => &["to", "when", "authority"],
    }
}

/// The fields of the envelope that a kind requires, or a reason for their absence.
const fn required_outside(kind: RecordKind) -> &'static [&'static str] {
    match kind {
        RecordKind::StrikeEvent => &["occurred", "place"],
        RecordKind::WreckageFinding => &["documented", "place"],
        RecordKind::InterceptedShipment | RecordKind::CustodyTransfer => &["occurred"],
        RecordKind::Statement => &["reported"],
        RecordKind::LabAnalysis => &["documented"],
        RecordKind::ComponentObservation
        | RecordKind::MediaCapture
        | RecordKind::TraceRequest
        | RecordKind::TraceResponse
        | RecordKind::Attestation
        | RecordKind::Correction
        | RecordKind::Withdrawal
        | RecordKind::Erasure
        | RecordKind::Disclosure => &[],
    }
}

/// `payload` is the encoding of the record.
pub(super) fn check(record: &v1::Record, payload: &[u8], problems: &mut Vec<Problem>) {
    let Some(body) = &record.body else { return };
    let kind = RecordKind::of(body);
    let body_field = Some(kind.field());
    for field in indispensable(kind) {
        if !walk::has(payload, body_field, field) {
            let fix = "Give it; the kind has no meaning without";
            problems.push(codes::REQUIRED.at(join(kind.field(), field), "", fix));
        }
    }
    let outside = required_outside(kind).iter().map(|field| (None, field));
    let inside = required(kind).iter().map(|field| (body_field, field));
    for (around, field) in outside.chain(inside) {
        if walk::has(payload, around, field) {
            continue;
        }
        let path = join(around.unwrap_or_default(), field);
        let explained = record.missing.iter().any(|missing| missing.path == path);
        if !explained && !told_otherwise(body, &path) {
            let fix = "Give it, or name it in missing with the reason";
            problems.push(codes::REQUIRED.at(path, "", fix));
        }
    }
    match body {
        Body::ComponentObservation(component) => brand(component, problems),
        Body::CustodyTransfer(custody) => changes(custody, problems),
        Body::Statement(statement) => fidelity(statement, problems),
        Body::MediaCapture(capture) => capture::check(record, capture, problems),
        Body::TraceRequest(request) => trace::check_request(record, request, problems),
        Body::TraceResponse(response) => trace::check_response(record, response, problems),
        Body::Attestation(attestation) => about::check_attestation(record, attestation, problems),
        Body::Correction(correction) => {
            about::check_links(record, v1::LinkRel::Corrects, &correction.target, problems);
            change::check(correction, problems);
        }
        Body::Withdrawal(withdrawal) => about::check_withdrawal(record, withdrawal, problems),
        Body::Erasure(erasure) => about::check_erasure(erasure, problems),
        Body::Disclosure(disclosure) => about::check_disclosure(disclosure, problems),
        Body::StrikeEvent(_)
        | Body::WreckageFinding(_)
        | Body::InterceptedShipment(_)
        | Body::LabAnalysis(_) => {}
    }
}

/// Whether another part of the body says what the required field would say.
fn told_otherwise(body: &Body, path: &str) -> bool {
    match body {
        Body::InterceptedShipment(shipment) => {
            path == "intercepted_shipment.cargo"
                && shipment.transfers.iter().any(|it| !it.cargo.is_empty())
        }
        Body::CustodyTransfer(custody) => {
            path.starts_with("custody_transfer.") && !custody.steps.is_empty()
        }
        Body::Statement(statement) => {
            path == "statement.texts"
                && !(statement.designated.is_empty() && statement.conveyances.is_empty())
        }
        Body::LabAnalysis(analysis) => {
            path == "lab_analysis.sample" && !analysis.sample_custody.is_empty()
        }
        Body::StrikeEvent(_)
        | Body::WreckageFinding(_)
        | Body::ComponentObservation(_)
        | Body::MediaCapture(_)
        | Body::TraceRequest(_)
        | Body::TraceResponse(_)
        | Body::Attestation(_)
        | Body::Correction(_)
        | Body::Withdrawal(_)
        | Body::Erasure(_)
        | Body::Disclosure(_) => false,
    }
}

fn brand(component: &v1::ComponentObservation, problems: &mut Vec<Problem>) {
    let marked = !component.brand_marked.is_empty();
    let absent = component.brand_absence() != v1::BrandAbsence::Unspecified;
    if marked == absent {
        let fix = "Give brand_marked, or one of no_mark, illegible, withheld, not_stated as brand_absence. To name a \
                   maker, use identifications with a basis";
        let path = "component_observation.brand_marked";
        problems.push(codes::BRAND_CLAIM.at(path, &component.brand_marked, fix));
    }
    for (at, identification) in component.identifications.iter().enumerate() {
        if identification.basis() == v1::Basis::Unspecified {
            let path = format!("component_observation.identifications[{at}].basis");
            let fix = "Say what the identification rests on; a brand alone is no ground";
            problems.push(codes::BRAND_CLAIM.at(path, &identification.designation, fix));
        }
    }
}

fn changes(custody: &v1::CustodyTransfer, problems: &mut Vec<Problem>) {
    if !custody.changes_made.is_empty() && custody.changes_reason.is_empty() {
        let fix = "Say why it was changed";
        problems.push(codes::CUSTODY.at("custody_transfer.changes_reason", "", fix));
    }
}

fn fidelity(statement: &v1::Statement, problems: &mut Vec<Problem>) {
    if !statement.texts.is_empty() && statement.fidelity() == v1::TextFidelity::Unspecified {
        let fix = "Say whether the texts are exact, a paraphrase or a translation";
        problems.push(codes::TYPE_REQUIRED.at("statement.fidelity", "", fix));
    }
}
