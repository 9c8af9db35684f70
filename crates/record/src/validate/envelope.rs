//! The envelope: who, when, on what grounds, for which log, and for whose eyes.

use std::collections::BTreeSet;

use witnessmark_verifier::hex;

use super::{Reflected, attachment, seen, time};
use crate::{Problem, RecordKind, codes, descriptor, v1};

const PROTECTED_MAX: usize = 1_024;
const TITLE_CHARS_MAX: usize = 200;

pub(super) fn check(record: &v1::Record, message: &Reflected<'_>, problems: &mut Vec<Problem>) {
    identity(record, problems);
    claim(record, problems);
    languages("titles", &record.titles, problems);
    languages("summaries", &record.summaries, problems);
    titles(record, problems);
    sources(record, problems);
    links(record, problems);
    attachment::check_all(&record.attachments, problems);
    protected(record, problems);
    marking(record, problems);
    missing(record, message, problems);
    seen::check(record, problems);
}

fn identity(record: &v1::Record, problems: &mut Vec<Problem>) {
    if record.org.is_empty() {
        let fix = "Give the name under which the organisation is registered";
        problems.push(codes::ORG.at("org", "", fix));
    }
    if record.origin.is_empty() {
        let fix = "Copy the origin from the ledger's policy file";
        problems.push(codes::ORIGIN.at("origin", "", fix));
    }
    if record.signed_at_ms == 0 {
        let fix = "Give the milliseconds since 1970, UTC";
        problems.push(codes::SIGNED_AT.at("signed_at_ms", "0", fix));
    }
    if record.thread_id.len() != 16 || record.thread_id.iter().all(|byte| *byte == 0) {
        let fix = "Give a new random UUID, or that of the record this one belongs with";
        let value = hex::encode(&record.thread_id);
        problems.push(codes::THREAD.at("thread_id", value, fix));
    }
    let Some(body) = &record.body else {
        let fix = RecordKind::of_schema(&record.schema).map_or_else(
            || format!("Give one body; known are {}", RecordKind::known()),
            |kind| format!("Give `{}`, as the schema says", kind.field()),
        );
        problems.push(codes::BODY.at("", "", fix));
        return;
    };
    let kind = RecordKind::of(body);
    if record.schema != kind.schema() {
        let fix = format!("Write {}; known are {}", kind.schema(), RecordKind::known());
        problems.push(codes::SCHEMA.at("schema", &record.schema, fix));
    }
}

fn claim(record: &v1::Record, problems: &mut Vec<Problem>) {
    match &record.asserted_by {
        Some(by) if !by.name.is_empty() && by.r#type() != v1::AsserterType::Unspecified => {}
        by => {
            let name = by.as_ref().map_or("", |by| by.name.as_str());
            let fix = "Give name and type; it may be the signing organisation itself";
            problems.push(codes::ASSERTED_BY.at("asserted_by", name, fix));
        }
    }
    if record.basis() == v1::Basis::Unspecified {
        let fix = "Say what the claim rests on, such as own_observation";
        problems.push(codes::BASIS.at("basis", "", fix));
    }
    for (at, reference) in record.refs.iter().enumerate() {
        let none = reference.scheme() == v1::ReferenceScheme::Unspecified;
        if none || reference.value.is_empty() {
            let fix = "Give scheme and value";
            problems.push(codes::REFERENCE.at(format!("refs[{at}]"), &reference.value, fix));
        }
    }
}

fn languages(field: &str, texts: &[v1::LangString], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (at, text) in texts.iter().enumerate() {
        if !seen.insert(&text.lang) {
            let fix = "Join the texts of one language";
            let path = format!("{field}[{at}].lang");
            problems.push(codes::LANG_DUP.at(path, &text.lang, fix));
        }
    }
}

fn titles(record: &v1::Record, problems: &mut Vec<Problem>) {
    if record.titles.is_empty() {
        let fix = "Give a title that says what the record is about";
        problems.push(codes::TITLE.at("titles", "", fix));
    }
    for (at, title) in record.titles.iter().enumerate() {
        let chars = title.text.chars().count();
        if chars > TITLE_CHARS_MAX || title.text.contains('\n') {
            let path = format!("titles[{at}].text");
            let fix = format!("Write one line, {chars} characters now; move the rest to summaries");
            problems.push(codes::TITLE.at(path, &title.text, fix));
        }
    }
    if record.language.is_empty() {
        let fix = "Name the language of texts that name none, such as en";
        problems.push(codes::LANGUAGE.at("language", "", fix));
    }
}

fn sources(record: &v1::Record, problems: &mut Vec<Problem>) {
    let open = matches!(
        record.basis(),
        v1::Basis::OpenSource | v1::Basis::PublicSourceTranscription
    );
    if open && record.sources.is_empty() {
        let fix = "Name the source with publisher and url";
        problems.push(codes::SOURCES.at("sources", "", fix));
    }
    for (at, source) in record.sources.iter().enumerate() {
        if source.publisher.is_empty() || source.url.is_empty() && source.capture.is_empty() {
            let fix = "Give publisher, and url or capture";
            problems.push(codes::SOURCES.at(format!("sources[{at}]"), &source.publisher, fix));
        }
    }
}

fn links(record: &v1::Record, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (at, link) in record.links.iter().enumerate() {
        let path = |field: &str| format!("links[{at}].{field}");
        if link.rel() == v1::LinkRel::Unspecified {
            let fix = "Say what the link means, such as part_of or about";
            problems.push(codes::LINK_REL.at(path("rel"), link.rel.to_string(), fix));
        }
        if link.target.len() != 32 {
            let fix = "Give the record id, 64 hexadecimal digits";
            let value = hex::encode(&link.target);
            problems.push(codes::LINK_TARGET.at(path("target"), value, fix));
        }
        if !seen.insert((link.rel, &link.target)) {
            let value = hex::encode(&link.target);
            problems.push(codes::LINK_DUP.at(path("target"), value, "State it once"));
        }
    }
}

fn protected(record: &v1::Record, problems: &mut Vec<Problem>) {
    let digests = &record.protected;
    if digests.len() > PROTECTED_MAX {
        let fix = "Split the record";
        let count = digests.len().to_string();
        problems.push(codes::PROTECTED.at("protected", count, fix));
    }
    for (at, digest) in digests.iter().enumerate() {
        if digest.len() != 32 {
            let fix = "Give the SHA-256 of the disclosure";
            let path = format!("protected[{at}]");
            problems.push(codes::PROTECTED.at(path, hex::encode(digest), fix));
        }
    }
    let ascending = digests.iter().zip(digests.iter().skip(1));
    for (at, (left, right)) in ascending.enumerate() {
        if left >= right {
            let path = format!("protected[{}]", at.saturating_add(1));
            let fix = "Sort the digests and name each once";
            problems.push(codes::PROTECTED.at(path, hex::encode(right), fix));
        }
    }
}

fn marking(record: &v1::Record, problems: &mut Vec<Problem>) {
    let stated = record.marking.as_ref();
    if stated.is_none_or(|marking| marking.tlp() == v1::Tlp::Unspecified) {
        let fix = "State clear, green, amber, amber_strict or red";
        problems.push(codes::MARKING_TLP.at("marking.tlp", "", fix));
    }
    time::check_embargo(record, problems);
}

fn missing(record: &v1::Record, message: &Reflected<'_>, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (at, missing) in record.missing.iter().enumerate() {
        let fix = if missing.reason() == v1::MissingReason::Unspecified {
            "Give the reason, such as not_stated or unknown"
        } else if !descriptor::names_a_field(&missing.path) {
            "Write the path as the schema names it, such as wreckage_finding.state"
        } else if descriptor::is_present(message.message(), &missing.path) {
            "The field is present: leave it out here"
        } else if !seen.insert(&missing.path) {
            "Name it once"
        } else {
            continue;
        };
        problems.push(codes::MISSING.at(format!("missing[{at}]"), &missing.path, fix));
    }
}
