//! The 60 records: transcribed, linked by record id, signed offline, kept as files.

use std::collections::BTreeMap;
use std::path::Path;

use witnessmark_bundle::SignedRecord;
use witnessmark_record::{Level, v1, validate};
use witnessmark_verifier::RecordId;

use super::cast::{Organisation, signer_of};
use super::transcribe::{Transcribed, transcribe};
use super::{ORIGIN, Place};
use crate::cli::{DeviceState, Stamp, read_signed, sign_record, write_new_or_same};
use crate::clock;
use crate::output::{Failure, Output, Trouble};

/// The public reports, one JSON object a line; what a line links to comes before it.
const DATA: &str = include_str!("../../data/demo-records.jsonl");

/// A record of the demonstration, signed.
#[derive(Debug)]
pub(super) struct DemoRecord {
    /// Its name in the data.
    pub(super) demo_id: String,
    /// What is submitted.
    pub(super) signed: SignedRecord,
    /// Its id.
    pub(super) id: RecordId,
}

/// Transcribes and signs every record that an earlier run has not signed.
///
/// # Errors
///
/// When a report cannot be transcribed, a record is not valid, or a file cannot be written.
pub(super) fn sign_all(
    place: &Place,
    organisations: &[Organisation],
    output: &Output,
) -> Result<Vec<DemoRecord>, Failure> {
    let transcribed = transcribe(DATA)
        .map_err(|error| Failure::refused(Trouble::new("DEMO", "transcription", error)))?;
    let mut ids = BTreeMap::new();
    let mut records = Vec::new();
    let mut signed_now = 0_usize;
    for (number, one) in transcribed.into_iter().enumerate() {
        let file = place.records().join(format!("{}.json", one.demo_id));
        let demo_id = one.demo_id.clone();
        let signed = if file.exists() {
            read_signed(&file)?
        } else {
            signed_now = signed_now.saturating_add(1);
            sign(&one, number, organisations, (&ids, &file))?
        };
        let id = signed.record_id();
        ids.insert(demo_id.clone(), id);
        records.push(DemoRecord {
            demo_id,
            signed,
            id,
        });
    }
    output.say(format!(
        "\n4. {} records are signed offline with the organisations' device keys\n   \
         {signed_now} signed now, {} were signed by an earlier run and are taken as they are",
        records.len(),
        records.len().saturating_sub(signed_now),
    ));
    Ok(records)
}

/// Links the record to those signed before it, signs it and keeps it.
fn sign(
    one: &Transcribed,
    number: usize,
    organisations: &[Organisation],
    (ids, file): (&BTreeMap<String, RecordId>, &Path),
) -> Result<SignedRecord, Failure> {
    let trouble = |message: &dyn std::fmt::Display| {
        Failure::refused(Trouble::new("DEMO", &one.demo_id, message))
    };
    let mut record = one.record.clone();
    for (rel, target) in &one.links {
        let target = ids
            .get(target.as_str())
            .ok_or_else(|| trouble(&format!("links to {target}, which is not signed before it")))?;
        record.links.push(v1::Link {
            rel: i32::from(*rel),
            target: target.as_bytes().to_vec(),
            by: i32::from(v1::LinkAuthor::Transcriber),
            ..v1::Link::default()
        });
    }
    let organisation = organisations
        .get(signer_of(&record.schema))
        .ok_or_else(|| trouble(&"nobody signs this kind"))?;
    let device = organisation
        .devices
        .get(number.checked_rem(organisation.devices.len()).unwrap_or(0))
        .ok_or_else(|| trouble(&"the organisation has no device"))?;
    let mut state = DeviceState::open(&device.file)?;
    let stamp = Stamp {
        org: organisation.name.as_str(),
        origin: ORIGIN,
        signed_at_ms: clock::now_ms(),
        device_seq: state.next_seq(),
        previous: state.previous().copied(),
        seen: None,
    };
    stamp.apply(&mut record);
    if let Some(problem) = validate(&record)
        .iter()
        .find(|problem| problem.level == Level::Error)
    {
        return Err(trouble(&format!(
            "{}: {} [{}]",
            problem.path, problem.rule, problem.code
        )));
    }
    let (signed, id) = sign_record(&record, std::slice::from_ref(&device.key))?;
    state.advance(id)?;
    write_new_or_same(file, signed.encode().as_bytes())?;
    Ok(signed)
}
