//! A record in plain words: one line for each thing it says, in the order of the schema.

use std::fmt::Write as _;

use prost_reflect::{DynamicMessage, FieldDescriptor, ReflectMessage as _, Value};
use witnessmark_verifier::hex;

use crate::calendar::instant;
use crate::descriptor::{self, typed};
use crate::escape::escape;
use crate::{Format, RecordKind, v1};

/// What a reader of transcribed reports must not miss: the party that is named did not sign.
const TRANSCRIPTION: &str = "a transcription of public reports; whoever it names as making the claim has neither signed \
                             nor endorsed it";

/// The record as pairs of a label and a value, for reports and for the screen.
///
/// Nothing that was signed is left out. Control characters, and characters that cannot be seen or that turn the writing
/// around, are shown as `\u{...}`. A protected field is shown as withheld, an absent one that the record explains with
/// its reason.
pub fn render(record: &v1::Record) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    if let Some(body) = &record.body {
        lines.push(("Kind".to_owned(), RecordKind::of(body).to_string()));
    }
    if record.basis() == v1::Basis::PublicSourceTranscription {
        lines.push(("Note well".to_owned(), TRANSCRIPTION.to_owned()));
    }
    let message = descriptor::dynamic(record);
    let bodies = RecordKind::ALL.map(RecordKind::field);
    for (field, value) in message.fields() {
        // The body is what the record is about: its lines bear no prefix.
        match value.as_message() {
            Some(body) if bodies.contains(&field.name()) => fields(body, "", &mut lines),
            _ => any(&field, value, "", &mut lines),
        }
    }
    lines
}

/// Degrees of a coordinate with all seven decimals.
pub(crate) fn degrees(e7: i32) -> String {
    let sign = if e7 < 0 { "-" } else { "" };
    let magnitude = e7.unsigned_abs();
    format!(
        "{sign}{}.{:07}",
        magnitude / 10_000_000,
        magnitude % 10_000_000
    )
}

/// What the lines of the field at `path` are labelled, with the numbers of items, counted from 1. Nothing when it names none.
pub(crate) fn label_of_path(path: &str) -> Option<String> {
    let bodies = RecordKind::ALL.map(RecordKind::field);
    let mut message = Some(descriptor::record());
    let mut label = String::new();
    for (at, step) in path.split('.').enumerate() {
        let (name, position) = descriptor::split_step(step)?;
        let field = message?.get_field_by_name(name)?;
        message = field.kind().as_message().cloned();
        if at == 0 && bodies.contains(&name) {
            continue;
        }
        label = match label.as_str() {
            "" => label_of(&field),
            prefix => label_below(prefix, &field),
        };
        if let Some(position) = position {
            // The last number that a path can have has one behind it.
            let number = u128::try_from(position).unwrap_or(u128::MAX);
            label = format!("{label} {}", number.saturating_add(1));
        }
    }
    (!label.is_empty()).then_some(label)
}

/// The value of a field, or of one item of it, in one line.
pub(crate) fn words_of(field: &FieldDescriptor, is_item: bool, value: &Value) -> String {
    let mut lines = Vec::new();
    if is_item {
        one(field, value, "", &mut lines);
    } else {
        any(field, value, "", &mut lines);
    }
    let own = label_of(field);
    let words = lines.into_iter().map(|(label, words)| {
        let label = label.strip_prefix(&own).unwrap_or(&label);
        match label.trim_start_matches([',', ' ']) {
            "" => words,
            label => format!("{label}: {words}"),
        }
    });
    words.collect::<Vec<_>>().join("; ")
}

fn fields(message: &DynamicMessage, prefix: &str, lines: &mut Vec<(String, String)>) {
    for (field, value) in message.fields() {
        any(&field, value, prefix, lines);
    }
}

fn any(field: &FieldDescriptor, value: &Value, prefix: &str, lines: &mut Vec<(String, String)>) {
    let label = match prefix {
        "" => label_of(field),
        prefix => label_below(prefix, field),
    };
    let Some(items) = value.as_list() else {
        return one(field, value, &label, lines);
    };
    for (item, number) in items.iter().zip(1..) {
        let label = match items.len() {
            1 => label.clone(),
            _ => format!("{label} {number}"),
        };
        one(field, item, &label, lines);
    }
}

fn one(field: &FieldDescriptor, value: &Value, label: &str, lines: &mut Vec<(String, String)>) {
    let text = match value.as_message() {
        Some(message) => match sentence(message) {
            Some(text) => text,
            None => return fields(message, label, lines),
        },
        None => scalar(field, value),
    };
    lines.push((label.to_owned(), text));
}

/// Messages that read best in one line.
fn sentence(message: &DynamicMessage) -> Option<String> {
    Some(match message.descriptor().name() {
        "Quantity" => quantity(&typed(message)),
        "Point" => point(&typed(message), message),
        "LangString" => {
            let text: v1::LangString = typed(message);
            format!("{} ({})", escape(&text.text), escape(&text.lang))
        }
        "Confidence" => {
            let confidence: v1::Confidence = typed(message);
            let word = enum_text(message, "word");
            match (word.is_empty(), confidence.percent.is_empty()) {
                (false, false) => format!("{word}, {} of 100", escape(&confidence.percent)),
                (true, false) => format!("{} of 100", escape(&confidence.percent)),
                (_, true) => word,
            }
        }
        "Link" => link(&typed(message), message),
        "MissingField" => {
            let missing: v1::MissingField = typed(message);
            format!(
                "{}: {}",
                escape(&missing.path),
                enum_text(message, "reason")
            )
        }
        "FieldChange" => change(&typed(message)),
        "CheckpointSeen" => seen(&typed(message)),
        "ErasureTarget" => erased(&typed(message), message),
        "Aggregate" if message.fields().next().is_none() => "a set as a whole".to_owned(),
        _ => return None,
    })
}

pub(crate) fn quantity(quantity: &v1::Quantity) -> String {
    let (min, max) = (escape(&quantity.min), escape(&quantity.max));
    let (least, most) = if quantity.strict {
        ("more than", "less than")
    } else {
        ("at least", "at most")
    };
    let mut parts = Vec::new();
    for (word, value) in [
        ("", escape(&quantity.exact)),
        ("about ", escape(&quantity.approx)),
        (&format!("{least} "), min),
        (&format!("{most} "), max),
    ] {
        if !value.is_empty() {
            parts.push(format!("{word}{value}"));
        }
    }
    let mut text = parts.join(" and ");
    match quantity.unit.as_str() {
        "" => {}
        "bp" => text.push_str(" basis points (hundredths of a per cent)"),
        // Writing to a string cannot fail.
        unit => write!(text, " {}", escape(unit)).unwrap_or_default(),
    }
    text
}

fn point(point: &v1::Point, message: &DynamicMessage) -> String {
    format!(
        "latitude {}, longitude {}, within {} m ({})",
        degrees(point.lat_e7),
        degrees(point.lon_e7),
        point.uncertainty_m,
        enum_text(message, "basis")
    )
}

fn link(link: &v1::Link, message: &DynamicMessage) -> String {
    let mut text = format!(
        "{} record {}",
        enum_text(message, "rel"),
        hex::encode(&link.target)
    );
    let by = enum_text(message, "by");
    if !by.is_empty() {
        text = format!("{text} (link by the {by})");
    }
    if !link.note.is_empty() {
        text = format!("{text}: {}", escape(&link.note));
    }
    if let Some(confidence) = message.get_field_by_name("confidence")
        && let Some(confidence) = confidence.as_message().and_then(sentence)
        && link.confidence.is_some()
    {
        text = format!("{text}; confidence {confidence}");
    }
    text
}

fn change(change: &v1::FieldChange) -> String {
    let value = |text: &str| match text {
        "" => "absent".to_owned(),
        text => escape(text),
    };
    format!(
        "{}: was {}, now {}",
        escape(&change.path),
        value(&change.was),
        value(&change.now)
    )
}

fn seen(seen: &v1::CheckpointSeen) -> String {
    format!(
        "signed after checkpoint of size {}, root {}, by the signer's word",
        seen.size,
        hex::encode(&seen.root)
    )
}

fn erased(target: &v1::ErasureTarget, message: &DynamicMessage) -> String {
    let digest = hex::encode(&target.digest);
    let mut text = format!("{} {digest}", enum_text(message, "kind"));
    if !target.record.is_empty() {
        text = format!("{text} of record {}", hex::encode(&target.record));
    }
    text
}

fn enum_text(message: &DynamicMessage, field: &str) -> String {
    let descriptor = message.descriptor();
    let Some(field) = descriptor.get_field_by_name(field) else {
        return String::new();
    };
    if !message.has_field(&field) {
        return String::new();
    }
    scalar(&field, &message.get_field(&field))
}

pub(crate) fn scalar(field: &FieldDescriptor, value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::U64(ms) if field.name() == "signed_at_ms" => {
            format!("{} by the signer's clock", instant(*ms))
        }
        Value::U32(it) => it.to_string(),
        Value::U64(it) => it.to_string(),
        Value::I32(it) => it.to_string(),
        Value::I64(it) => it.to_string(),
        Value::String(it) => escape(it),
        Value::Bytes(bytes) if field.name() == "protected" => {
            format!("withheld (commitment {})", hex::encode(bytes))
        }
        Value::Bytes(bytes) => bytes_text(descriptor::format(field), bytes),
        Value::EnumNumber(number) => field
            .kind()
            .as_enum()
            .and_then(|enumeration| descriptor::word(enumeration, *number))
            .map_or_else(|| number.to_string(), |word| word.replace('_', " ")),
        // Messages are taken apart before; the schema has no floats and no maps.
        Value::F32(_) | Value::F64(_) | Value::Message(_) | Value::List(_) | Value::Map(_) => {
            String::new()
        }
    }
}

fn bytes_text(format: Format, bytes: &[u8]) -> String {
    crate::json::bytes_to_text(format, bytes)
}

/// The label of a field inside another, which is labelled `prefix`.
pub(crate) fn label_below(prefix: &str, field: &FieldDescriptor) -> String {
    format!("{prefix}, {}", lower(&label_of(field)))
}

/// The label of a field in plain words, which often says more than its name.
pub fn label_of(field: &FieldDescriptor) -> String {
    let message = field.parent_message();
    let words = match label_in(message.name(), field.name()) {
        "" => label_anywhere(field.name()),
        words => words,
    };
    if words.is_empty() {
        capital(&field.name().replace('_', " "))
    } else {
        words.to_owned()
    }
}

fn label_anywhere(field: &str) -> &'static str {
    match field {
        "org" => "Signed and submitted by",
        "asserted_by" => "Claimed by",
        "signed_at_ms" => "Signed at",
        "seen" => "Newest checkpoint seen",
        "device_seq" => "Number on the device",
        "previous" => "Previous record of the device",
        "protected" => "Protected field",
        "origin" => "For the ledger",
        "brand_marked" => "Brand as marked (not the maker)",
        "brand_absence" => "Brand not given because",
        "brand_is_not_supplier_claim" => "Brand is no claim about supply",
        "missing" => "Not given",
        "refs" => "Reference",
        "hs_code" => "Heading of the Harmonised System",
        "marking" => "Handling",
        "tlp" => "Traffic light protocol",
        "markings" => "Mark",
        "url" => "Address",
        _ => "",
    }
}

/// Labels of fields whose names say something else in other messages.
fn label_in(message: &str, field: &str) -> &'static str {
    match (message, field) {
        ("MediaCapture", "captured_url") => "Captured from the address",
        ("MediaCapture", "device_origin") => "Taken with",
        ("MediaCapture", "retrieved_at") => "Captured at",
        ("MediaCapture", "files") => "Captured file",
        ("MediaCapture", "method") => "How it was captured",
        ("MediaCapture", "deleted_since") => "No longer there since",
        ("MediaCapture", "embedded_metadata") => "Digest of the embedded metadata",
        ("MediaCapture", "c2pa_status") => "Embedded statement of origin (C2PA)",
        ("MediaCapture", "perceptual_hash") => "Digest of how it looks",
        ("OriginalPost", "posted_at") => "Published at",
        ("OriginalPost", "platform_id") => "Number on the platform",
        ("TraceRequest", "addressee") => "Asked",
        ("TraceRequest", "sent") => "Sent on",
        ("TraceRequest", "due") => "Answer asked for by",
        ("TraceRequest", "items") => "To be traced",
        ("TraceRequest", "identifiers") => "To be traced by",
        ("TraceResponse", "respondent") => "Answered by",
        ("TraceResponse", "answered") => "Answered on",
        ("TraceResponse", "permission") => "Permission for use in public",
        ("TraceResponse", "texts") => "What was said",
        ("LabAnalysis", "operator") => "Carried out by",
        ("LabAnalysis", "sample_custody") => "Record of how the sample came",
        ("LabAnalysis", "results") => "Result",
        ("LabResult", "quantity") => "What was examined",
        ("LabResult", "uncertainty") => "Uncertainty to either side",
        ("LabResult", "coverage") => "What the uncertainty covers",
        ("Attestation", "target") => "About the record",
        ("Attestation", "scope") => "Covers",
        ("Attestation", "paths") => "Field that is covered",
        ("Attestation", "basis") => "The judgement rests on",
        ("Attestation", "inspected_original") => "The original was inspected",
        ("Correction", "target") => "Corrects the record",
        ("Correction", "changes") => "Change",
        ("Correction", "reason") => "Corrected because of",
        ("Withdrawal", "target") => "Withdraws the record",
        ("Withdrawal", "reason") => "Withdrawn because of",
        ("Withdrawal", "in_favour_of") => "The record that remains",
        ("Erasure", "targets") => "Erased",
        ("Erasure", "authority") => "Erased by authority of",
        ("Erasure", "date") => "Erased on",
        ("Erasure", "remains") => "What remains",
        ("Disclosure", "to") => "Disclosed to",
        ("Disclosure", "fields") => "Opened",
        ("Disclosure", "when") => "Disclosed on",
        ("Disclosure", "authority") => "Disclosed by authority of",
        ("OpenedFields", "digests") => "Protected field",
        _ => "",
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn lower(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}
