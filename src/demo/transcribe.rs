//! From the lines of `data/demo-records.jsonl` to records: every field of a line has a typed home, or it is an error.
//!
//! The data are transcriptions of public reports. A record made here says who made the claim in `asserted_by`, and rests
//! on `public_source_transcription`. It has no signer yet: `org`, `origin`, `signed_at_ms` and the targets of its links
//! are filled in when a demo organisation signs it.
//!
//! Decisions on how the data are read:
//!
//! * The relation `found_at` (component to strike) is written `recovered_from`, and `has_part_record` (wreckage to a
//!   wreckage that is part of it) is written `has_part`.
//! * The statuses `observed_not_intercepted` and `listed_not_intercepted` are `observed` and `listed`, which mean that.
//! * `75` per cent and `about half` become 7,500 and about 5,000 basis points; degrees become units of 1e-7 degree.
//! * What a kind requires and a line does not say is named in `missing` as not stated by the source.
//! * The title and the thread id are made from the line; nothing else is added to what it says.

mod component;
mod custody;
mod shared;
mod shipment;
mod source;
mod statement;
mod strike;
#[cfg(test)]
mod tests;
mod wreckage;

use std::fmt;

use serde_json::Value as Json;
use witnessmark_record::{RecordKind, v1};
use witnessmark_verifier::sha256;

use shared::{edtf, place, word};
use source::{Fault, Object};

const LANGUAGE: &str = "en";

/// One line as a record that nobody has signed yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Transcribed {
    /// The name of the line, which other lines link to.
    pub(crate) demo_id: String,
    /// The record without signer, origin, time of signature and links.
    pub(crate) record: v1::Record,
    /// The links: what each says, and the name of the line it points to. All are the transcriber's.
    pub(crate) links: Vec<(v1::LinkRel, String)>,
}

/// Why a line cannot be transcribed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum TranscribeError {
    /// The line is no JSON object.
    Json {
        /// The line, from 1.
        line: usize,
    },
    /// A member of the line cannot be mapped.
    Member {
        /// The line, from 1.
        line: usize,
        /// Which member, and why.
        fault: Fault,
    },
}

impl fmt::Display for TranscribeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { line } => write!(f, "line {line} is no JSON object"),
            Self::Member { line, fault } => write!(f, "line {line}: {fault}"),
        }
    }
}

impl std::error::Error for TranscribeError {}

/// The records that `lines` describe, in their order.
///
/// # Errors
///
/// At the first line that is no JSON object, or has a member that no field of a record takes.
pub(crate) fn transcribe(lines: &str) -> Result<Vec<Transcribed>, TranscribeError> {
    let numbered = lines.lines().zip(1..);
    numbered
        .map(|(text, line)| {
            let Ok(Json::Object(members)) = serde_json::from_str(text) else {
                return Err(TranscribeError::Json { line });
            };
            record(Object::new(members)).map_err(|fault| TranscribeError::Member { line, fault })
        })
        .collect()
}

fn record(mut line: Object) -> Result<Transcribed, Fault> {
    let demo_id = line.text("demo_id")?;
    let kind = line.text("kind")?;
    let mut record = envelope(&mut line, &demo_id)?;
    let links = links(&mut line)?;
    let body = line.object("body")?.unwrap_or_default();
    let country = record
        .place
        .as_ref()
        .map_or_else(String::new, |place| place.country.clone());
    let body = match kind.as_str() {
        "StrikeEvent" => v1::record::Body::StrikeEvent(strike::read(body, &country)?),
        "WreckageFinding" => v1::record::Body::WreckageFinding(wreckage::read(body)?),
        "ComponentObservation" => {
            v1::record::Body::ComponentObservation(component::read(body, &record.note)?)
        }
        "InterceptedShipment" => v1::record::Body::InterceptedShipment(shipment::read(body)?),
        "CustodyTransfer" => v1::record::Body::CustodyTransfer(custody::read(body)?),
        "Statement" => v1::record::Body::Statement(statement::read(body)?),
        _ => return Err(Fault::word("kind", &kind)),
    };
    line.finish()?;
    record.schema = String::from(RecordKind::of(&body).schema());
    record.body = Some(body);
    record.titles = vec![v1::LangString {
        lang: LANGUAGE.to_owned(),
        text: title(&record),
    }];
    explain_missing(&mut record);
    Ok(Transcribed {
        demo_id,
        record,
        links,
    })
}

fn envelope(line: &mut Object, demo_id: &str) -> Result<v1::Record, Fault> {
    let basis = line.text("basis")?;
    Ok(v1::Record {
        thread_id: thread_id(demo_id),
        basis: word::<v1::Basis>("BASIS", "basis", &basis)?.into(),
        asserted_by: line.object("asserted_by")?.map(asserter).transpose()?,
        occurred: edtf(line, "occurred")?,
        documented: edtf(line, "documented")?,
        reported: edtf(line, "reported")?,
        place: line.object("place")?.map(place).transpose()?,
        note: line.text("note")?,
        sources: line.objects("source", source)?,
        language: LANGUAGE.to_owned(),
        marking: Some(v1::Marking {
            tlp: v1::Tlp::Clear.into(),
            ..v1::Marking::default()
        }),
        ..v1::Record::default()
    })
}

fn asserter(mut from: Object) -> Result<v1::Asserter, Fault> {
    let kind = from.text("type")?;
    let by = v1::Asserter {
        code: from.text("code")?,
        name: from.text("name")?,
        r#type: word::<v1::AsserterType>("ASSERTER_TYPE", "type", &kind)?.into(),
        country: from.text("country")?,
    };
    from.finish()?;
    Ok(by)
}

fn source(mut from: Object) -> Result<v1::Source, Fault> {
    let source = v1::Source {
        publisher: from.text("publisher")?,
        url: from.text("url")?,
        date: from.text("date")?,
        capture: Vec::new(),
    };
    from.finish()?;
    Ok(source)
}

/// All links of the data are the transcriber's; a line that says otherwise is not understood.
fn links(line: &mut Object) -> Result<Vec<(v1::LinkRel, String)>, Fault> {
    let links = line.objects("links", link)?;
    let by = line.text("links_by")?;
    if by != if links.is_empty() { "" } else { "transcriber" } {
        return Err(Fault::word("links_by", &by));
    }
    Ok(links)
}

fn link(mut from: Object) -> Result<(v1::LinkRel, String), Fault> {
    let rel = from.text("rel")?;
    let rel = match rel.as_str() {
        "found_at" => v1::LinkRel::RecoveredFrom,
        "has_part_record" => v1::LinkRel::HasPart,
        other => word("LINK_REL", "rel", other)?,
    };
    let to = from.text("to")?;
    from.finish()?;
    Ok((rel, to))
}

/// The same subject has the same thread in every run: a UUID of version 8, which is free to be made from anything.
fn thread_id(demo_id: &str) -> Vec<u8> {
    let digest = sha256(format!("witnessmark/demo-thread/v1\n{demo_id}").as_bytes());
    let mut id: Vec<u8> = digest.as_bytes().iter().copied().take(16).collect();
    if let Some(version) = id.get_mut(6) {
        *version = *version & 0x0f | 0x80;
    }
    if let Some(variant) = id.get_mut(8) {
        *variant = *variant & 0x3f | 0x80;
    }
    id
}

/// What the kind requires and the line does not say was not stated by the source.
fn explain_missing(record: &mut v1::Record) {
    let problems = witnessmark_record::validate(record);
    let absent = problems
        .into_iter()
        .filter(|problem| problem.code == "E-REQUIRED");
    record.missing = absent
        .map(|problem| v1::MissingField {
            path: problem.path,
            reason: v1::MissingReason::NotStated.into(),
        })
        .collect();
}

/// A title in our own words: the kind, what it is about, where or by whom, and when.
fn title(record: &v1::Record) -> String {
    use v1::record::Body;
    let about = match &record.body {
        Some(Body::WreckageFinding(it)) => it
            .identifications
            .first()
            .map_or_else(String::new, |found| found.designation.clone()),
        Some(Body::ComponentObservation(it)) => component::name(it),
        Some(Body::InterceptedShipment(it)) => shipment::name(it),
        Some(Body::CustodyTransfer(it)) => it.item.clone(),
        Some(Body::Statement(it)) => it
            .speaker
            .as_ref()
            .map_or_else(String::new, |speaker| speaker.name_as_written.clone()),
        // What happened is told by place and date; the demonstration has no records of the other kinds.
        Some(
            Body::StrikeEvent(_)
            | Body::MediaCapture(_)
            | Body::TraceRequest(_)
            | Body::TraceResponse(_)
            | Body::LabAnalysis(_)
            | Body::Attestation(_)
            | Body::Correction(_)
            | Body::Withdrawal(_)
            | Body::Erasure(_)
            | Body::Disclosure(_),
        )
        | None => String::new(),
    };
    let place = record.place.as_ref().map_or_else(String::new, |place| {
        let names = [
            &place.locality,
            &place.admin1,
            &place.region,
            &place.country,
        ];
        let name = names.into_iter().find(|name| !name.is_empty());
        name.cloned().unwrap_or_default()
    });
    let dates = [&record.occurred, &record.documented, &record.reported];
    let date = dates.into_iter().find(|date| !date.is_empty());
    let kind = record.body.as_ref().map(RecordKind::of);
    let by = record
        .asserted_by
        .as_ref()
        .map_or("", |by| by.name.as_str());
    let parts = [about, place, date.cloned().unwrap_or_default()];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let title = format!(
        "{}: {} (by {by})",
        kind.map_or("Record", RecordKind::label),
        parts.join(", ")
    );
    title.chars().take(200).collect()
}
