//! Attachments: files by digest, each once.

use std::collections::BTreeSet;

use crate::descriptor::join;
use crate::{Problem, codes, v1};

pub(super) fn check(attachment: &v1::Attachment, path: &str, problems: &mut Vec<Problem>) {
    if attachment.sha256.is_empty() {
        let fix = "Give the SHA-256 of the file";
        problems.push(codes::ATTACHMENT.at(join(path, "sha256"), "", fix));
    }
    if attachment.media_type.is_empty() {
        let fix = "Give the media type, such as image/jpeg, or application/octet-stream";
        problems.push(codes::ATTACHMENT.at(join(path, "media_type"), "", fix));
    }
    if attachment.role() == v1::AttachmentRole::Unspecified {
        let fix = "Say what the file is, such as original or working_copy";
        problems.push(codes::ATTACHMENT.at(join(path, "role"), "", fix));
    }
}

/// A digest or a name that occurs twice would make it unclear which file is meant.
pub(super) fn check_all(attachments: &[v1::Attachment], problems: &mut Vec<Problem>) {
    let mut digests = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (at, attachment) in attachments.iter().enumerate() {
        if !digests.insert(&attachment.sha256) {
            let fix = "Attach a file once";
            problems.push(codes::ATTACHMENT_DUP.at(format!("attachments[{at}].sha256"), "", fix));
        }
        if !attachment.name.is_empty() && !names.insert(&attachment.name) {
            let fix = "Give each file its own name";
            let path = format!("attachments[{at}].name");
            problems.push(codes::ATTACHMENT_DUP.at(path, &attachment.name, fix));
        }
    }
}
