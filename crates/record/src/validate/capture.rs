//! Captures: from where, and of which attached files.

use std::collections::BTreeSet;

use witnessmark_verifier::hex;

use crate::{Problem, codes, v1};

pub(super) fn check(record: &v1::Record, capture: &v1::MediaCapture, problems: &mut Vec<Problem>) {
    let url = !capture.captured_url.is_empty();
    let device = !capture.device_origin.is_empty();
    let explained = record.missing.iter().any(|missing| {
        matches!(
            missing.path.as_str(),
            "media_capture.captured_url" | "media_capture.device_origin"
        )
    });
    if url && device || !url && !device && !explained {
        let fix = "Give exactly one of captured_url and device_origin, or name one in missing with the reason";
        let path = "media_capture.captured_url";
        problems.push(codes::CAPTURE.at(path, &capture.captured_url, fix));
    }
    let attached: BTreeSet<&[u8]> = record
        .attachments
        .iter()
        .map(|attachment| attachment.sha256.as_slice())
        .collect();
    let mut seen = BTreeSet::new();
    for (at, digest) in capture.files.iter().enumerate() {
        let fix = if !attached.contains(digest.as_slice()) {
            "Attach the file to the record, with this sha256"
        } else if !seen.insert(digest) {
            "Name each file once"
        } else {
            continue;
        };
        let path = format!("media_capture.files[{at}]");
        problems.push(codes::CAPTURE.at(path, hex::encode(digest), fix));
    }
    if !capture.perceptual_hash.is_empty() {
        let fix = "Protect the field: with such a digest a picture is found among known ones";
        let path = "media_capture.perceptual_hash";
        problems.push(codes::CLEAR.at(path, &capture.perceptual_hash, fix));
    }
}
