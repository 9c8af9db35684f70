//! The changes of a correction: which fields, from what, to what.

use super::about;
use super::walk::{check_given, check_item};
use crate::{Problem, RecordKind, codes, descriptor, json, v1};

/// Fields of the envelope that say who signed what, when and for which log.
const FIXED: &[&str] = &[
    "org",
    "device_seq",
    "signed_at_ms",
    "previous",
    "protected",
    "origin",
    "schema",
    "thread_id",
    "clock_source",
    "clock_uncertainty_s",
    "utc_offset",
    "seen",
];

pub(super) fn check(correction: &v1::Correction, problems: &mut Vec<Problem>) {
    let paths = correction.changes.iter().map(|change| change.path.as_str());
    about::check_paths(
        paths,
        |at| format!("correction.changes[{at}].path"),
        problems,
    );
    for (at, change) in correction.changes.iter().enumerate() {
        let path = format!("correction.changes[{at}]");
        check_fixed(change, &path, problems);
        let others = correction.changes.iter().take(at);
        if let Some(other) = others
            .map(|it| &it.path)
            .find(|it| overlap(it, &change.path))
        {
            let fix = format!("It stands in or around {other:?}. Make one change of the two");
            problems.push(codes::CORRECT_CHANGE.at(format!("{path}.path"), &change.path, fix));
        }
        if change.was == change.now {
            let fix = "Say what stands there and what is to stand there: they differ";
            problems.push(codes::CORRECT_CHANGE.at(format!("{path}.now"), &change.now, fix));
        }
        check_values(change, &path, problems);
    }
}

/// Whether one path names a part of what the other names. The same path twice is told elsewhere.
pub(crate) fn overlap(left: &str, right: &str) -> bool {
    let inside = |part: &str, whole: &str| {
        part.strip_prefix(whole)
            .is_some_and(|rest| rest.starts_with(['.', '[']))
    };
    inside(left, right) || inside(right, left)
}

fn check_fixed(change: &v1::FieldChange, path: &str, problems: &mut Vec<Problem>) {
    if let Some(fix) = fixed(&change.path) {
        problems.push(codes::CORRECT_PATH.at(format!("{path}.path"), &change.path, fix));
    }
}

/// Whether no correction is barred from the field at `path`.
pub(crate) fn is_correctable(path: &str) -> bool {
    fixed(path).is_none()
}

/// What to do instead, where the field at `path` cannot be corrected.
fn fixed(path: &str) -> Option<&'static str> {
    let root = path.split(['.', '[']).next().unwrap_or_default();
    let is_body = RecordKind::ALL.iter().any(|it| it.field() == path);
    Some(if FIXED.contains(&root) {
        "Withdraw the record, and write another"
    } else if is_body {
        "Name the fields of the body that change"
    } else if matches!(root, "correction" | "withdrawal") {
        "Write another correction or withdrawal of the record that it is about"
    } else if path == "attestation.target" {
        "Withdraw the attestation, and write one of the other record"
    } else {
        return None;
    })
}

/// Both values are such as the field can hold; what is to stand there is held to the rules of the field.
fn check_values(change: &v1::FieldChange, path: &str, problems: &mut Vec<Problem>) {
    let Some(place) = descriptor::place(&change.path) else {
        return;
    };
    for (name, text) in [("was", &change.was), ("now", &change.now)] {
        if text.is_empty() {
            continue;
        }
        let path = format!("{path}.{name}");
        match json::read_field(&place, text, &path) {
            Ok(value) if name == "now" => {
                if place.is_item {
                    check_item(&value, &path, problems);
                }
                check_given(&place.field, &value, &path, problems);
            }
            Ok(_) => {}
            Err(found) => problems.extend(found),
        }
    }
}
