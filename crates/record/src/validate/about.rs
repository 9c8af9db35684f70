//! Records about other records: what they speak of, and that they do not contradict themselves.

use std::collections::BTreeSet;

use witnessmark_verifier::hex;

use crate::{Problem, RecordKind, codes, descriptor, v1};

/// A link that says what the body says points to the record that the body names.
pub(super) fn check_links(
    record: &v1::Record,
    rel: v1::LinkRel,
    target: &[u8],
    problems: &mut Vec<Problem>,
) {
    for (at, link) in record.links.iter().enumerate() {
        if link.rel() == rel && link.target != target {
            let fix =
                "The body names another record. Leave the link out, or write one record for each";
            let path = format!("links[{at}].target");
            problems.push(codes::TARGET.at(path, hex::encode(&link.target), fix));
        }
    }
}

pub(super) fn check_attestation(
    record: &v1::Record,
    attestation: &v1::Attestation,
    problems: &mut Vec<Problem>,
) {
    use v1::{AttestationScope as Scope, LinkRel, Stance};
    let opposite = match attestation.stance() {
        Stance::Contradicts => Some(LinkRel::Corroborates),
        Stance::Confirms | Stance::CorroboratesIndependently => Some(LinkRel::Contradicts),
        Stance::Unspecified
        | Stance::ConsistentWith
        | Stance::CannotConfirm
        | Stance::ReceivedOnly => None,
    };
    for (at, link) in record.links.iter().enumerate() {
        if Some(link.rel()) == opposite && link.target == attestation.target {
            let fix =
                "It says the opposite of the stance. Leave the link out, or correct the stance";
            let path = format!("links[{at}].rel");
            problems.push(codes::TARGET.at(path, link.rel().as_str_name(), fix));
        }
    }
    let fix = match (attestation.scope(), attestation.paths.is_empty()) {
        (Scope::Whole, false) => "Leave paths out, or write the scope fields",
        (Scope::Fields, true) => "Name the fields, or write the scope whole",
        (Scope::Whole, true) | (Scope::Fields, false) | (Scope::Unspecified, _) => "",
    };
    if !fix.is_empty() {
        let count = attestation.paths.len().to_string();
        problems.push(codes::SCOPE.at("attestation.paths", count, fix));
    }
    let paths = attestation.paths.iter().map(String::as_str);
    check_paths(paths, |at| format!("attestation.paths[{at}]"), problems);
}

/// Paths name fields, each once, and of no more than one kind.
pub(super) fn check_paths<'a>(
    paths: impl Iterator<Item = &'a str>,
    at_path: impl Fn(usize) -> String,
    problems: &mut Vec<Problem>,
) {
    let mut seen = BTreeSet::new();
    let mut kind = None;
    for (at, path) in paths.enumerate() {
        let body = RecordKind::ALL
            .into_iter()
            .find(|kind| kind.field() == path.split('.').next().unwrap_or_default());
        let other_kind = kind.is_some() && body.is_some() && kind != body;
        kind = kind.or(body);
        let fix = if descriptor::place(path).is_none() {
            "Write the path as the schema names it, such as place.locality or wreckage_finding.markings[0].readings"
        } else if !seen.insert(path) {
            "Name it once"
        } else if other_kind {
            "Name fields of the kind of the target only"
        } else {
            continue;
        };
        problems.push(codes::PATH.at(at_path(at), path, fix));
    }
}

pub(super) fn check_withdrawal(
    record: &v1::Record,
    withdrawal: &v1::Withdrawal,
    problems: &mut Vec<Problem>,
) {
    check_links(record, v1::LinkRel::Withdraws, &withdrawal.target, problems);
    let other = &withdrawal.in_favour_of;
    if other.is_empty() {
        return;
    }
    let fix = if *other == withdrawal.target {
        "Name the record that remains"
    } else if withdrawal.reason() != v1::WithdrawalReason::Duplicate {
        "Leave it out, or state the reason duplicate"
    } else {
        return;
    };
    let path = "withdrawal.in_favour_of";
    problems.push(codes::TARGET.at(path, hex::encode(other), fix));
}

pub(super) fn check_erasure(erasure: &v1::Erasure, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (at, target) in erasure.targets.iter().enumerate() {
        if target.kind() == v1::ErasureKind::ProtectedField && target.record.is_empty() {
            let fix = "Give the id of the record in which the digest stands: without it no reader of that record is told";
            problems.push(codes::TARGET.at(format!("erasure.targets[{at}].record"), "", fix));
        }
        let fix = if target.digest.is_empty() {
            "Give the digest of the protected field, or the SHA-256 of the file"
        } else if !seen.insert((&target.digest, &target.record)) {
            "Name it once"
        } else {
            continue;
        };
        let path = format!("erasure.targets[{at}].digest");
        problems.push(codes::DIGEST.at(path, hex::encode(&target.digest), fix));
    }
}

pub(super) fn check_disclosure(disclosure: &v1::Disclosure, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (at, opened) in disclosure.fields.iter().enumerate() {
        let path = format!("disclosure.fields[{at}]");
        if opened.record.is_empty() {
            let fix = "Give the id of the record whose fields were opened";
            problems.push(codes::TARGET.at(format!("{path}.record"), "", fix));
        }
        if opened.digests.is_empty() {
            let fix = "Give the digests of the protected fields that were opened";
            problems.push(codes::DIGEST.at(format!("{path}.digests"), "", fix));
        }
        for (number, digest) in opened.digests.iter().enumerate() {
            if !seen.insert((&opened.record, digest)) {
                let path = format!("{path}.digests[{number}]");
                problems.push(codes::DIGEST.at(path, hex::encode(digest), "Name it once"));
            }
        }
    }
}
