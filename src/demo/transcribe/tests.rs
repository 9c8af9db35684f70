//! That the 60 lines become records, and that nothing they say is lost on the way.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use witnessmark_record::{Level, Record, RecordKind, encode, to_json, validate};
use witnessmark_verifier::{PAYLOAD_TYPE_RECORD, RecordId};

use super::*;

/// The 60 records of the demonstration, link targets before the links to them.
const RECORDS: &str = include_str!("../../../data/demo-records.jsonl");

/// Values that stand in a record in other words: what the line says, and what the record says.
const IN_OTHER_WORDS: &[(&str, &str, &str)] = &[
    ("body.status", "observed_not_intercepted", "observed"),
    ("body.status", "listed_not_intercepted", "listed"),
    (
        "body.date_codes_2021_2023_share.min_percent_of_coded",
        "75",
        "7500",
    ),
];

/// Members of a line that become the presence of a message.
const PRESENCE: &[(&str, &str)] = &[("body.aggregate", "aggregate")];

/// Members of a line that are deliberately dropped: none.
const DROPPED: &[&str] = &[];

fn transcribed() -> Vec<Transcribed> {
    transcribe(RECORDS).unwrap()
}

/// The records as a demo organisation would sign them, link targets first.
fn complete() -> Vec<v1::Record> {
    let mut ids = BTreeMap::new();
    let sign = |line: &Transcribed| {
        let mut record = line.record.clone();
        for (rel, name) in &line.links {
            let target: &RecordId = ids.get(name).expect("link targets come first");
            record.links.push(v1::Link {
                rel: (*rel).into(),
                target: target.as_bytes().to_vec(),
                by: v1::LinkAuthor::Transcriber.into(),
                ..v1::Link::default()
            });
        }
        record.org = "demo-field-team".to_owned();
        record.origin = "ledger.example/demo".to_owned();
        record.signed_at_ms = 1_767_225_600_000;
        let id = RecordId::of(PAYLOAD_TYPE_RECORD, &encode(&record));
        ids.insert(line.demo_id.clone(), id);
        record
    };
    transcribed().iter().map(sign).collect()
}

#[test]
fn the_lines_become_sixty_records_of_six_kinds() {
    let records = transcribed();
    assert_eq!(records.len(), 60);
    let counts = RecordKind::ALL.map(|kind| {
        let of_kind = records
            .iter()
            .filter(|it| it.record.schema == kind.schema());
        of_kind.count()
    });
    assert_eq!(counts[..6], [12, 8, 11, 15, 3, 11]);
    assert!(counts[6..].iter().all(|count| *count == 0));
    let links: usize = records.iter().map(|it| it.links.len()).sum();
    assert_eq!(links, 46);
    let threads: BTreeSet<_> = records.iter().map(|it| &it.record.thread_id).collect();
    assert_eq!(threads.len(), 60);
}

#[test]
fn every_record_is_valid_once_it_is_signed() {
    for record in complete() {
        let problems = validate(&record);
        let errors: Vec<String> = problems
            .iter()
            .filter(|problem| problem.level == Level::Error)
            .map(ToString::to_string)
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", record.titles[0].text);
        let decoded = Record::decode(&encode(&record)).unwrap();
        assert_eq!(decoded.message(), &record);
        assert_eq!(decoded.links().count(), record.links.len());
    }
}

#[test]
fn every_record_survives_the_way_through_json() {
    for record in complete() {
        assert_eq!(
            witnessmark_record::from_json(&to_json(&record)).unwrap(),
            record
        );
    }
}

#[test]
fn every_value_of_every_line_stands_in_its_record() {
    let mut lost = Vec::new();
    for (line, text) in transcribed().iter().zip(RECORDS.lines()) {
        let mut said = BTreeMap::new();
        leaves(&serde_json::from_str(text).unwrap(), "", &mut said);
        let record = to_json(&line.record);
        let mut kept = BTreeMap::new();
        leaves(&record, "", &mut kept);
        // A value that stands in several members of the line stands as often in the record.
        let mut plain: BTreeMap<String, usize> = BTreeMap::new();
        for ((path, value), times) in said {
            if DROPPED.contains(&path.as_str()) {
                continue;
            }
            match elsewhere(line, &record, &path, &value) {
                Home::Value(value) => *plain.entry(value).or_default() += times,
                Home::Found(found) if found >= times => {}
                Home::Found(_) => lost.push(format!("{}: {path} = {value}", line.demo_id)),
            }
        }
        for (value, times) in plain {
            let equal = kept.iter().filter(|((_, kept), _)| *kept == value);
            if equal.map(|(_, times)| times).sum::<usize>() < times {
                lost.push(format!("{}: {value}", line.demo_id));
            }
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
}

/// Where a value of a line is kept.
enum Home {
    /// As a value of the record, in these words.
    Value(String),
    /// In another way, so often.
    Found(usize),
}

fn elsewhere(line: &Transcribed, record: &Json, path: &str, value: &str) -> Home {
    let other = IN_OTHER_WORDS
        .iter()
        .find(|(at, said, _)| *at == path && *said == value);
    if let Some((_, _, written)) = other {
        return Home::Value((*written).to_owned());
    }
    if let Some((_, member)) = PRESENCE.iter().find(|(at, _)| *at == path) {
        let component = record.get("component_observation").unwrap();
        return Home::Found(usize::from(component.get(*member).is_some()));
    }
    Home::Found(match path {
        "demo_id" => usize::from(line.demo_id == value),
        "kind" => usize::from(record["schema"] == format!("{}/1", kebab(value))),
        "links_by" => usize::from(value == "transcriber" && !line.links.is_empty()),
        "links[].to" => line.links.iter().filter(|(_, to)| to == value).count(),
        "links[].rel" => {
            let expected = match value {
                "found_at" => "recovered_from",
                "has_part_record" => "has_part",
                other => other,
            };
            let expected = format!("LINK_REL_{}", expected.to_ascii_uppercase());
            let rels = line.links.iter().map(|(rel, _)| rel.as_str_name());
            rels.filter(|rel| *rel == expected).count()
        }
        "place.point.lat" | "place.point.lon" => {
            return Home::Value(shared::e7(value).unwrap().to_string());
        }
        _ => return Home::Value(value.to_owned()),
    })
}

fn kebab(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// Every value with its path, and how often it stands there. Keys that are data (country codes) count as values too.
fn leaves(json: &Json, path: &str, found: &mut BTreeMap<(String, String), usize>) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                let path = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                if name.chars().all(|c| c.is_ascii_uppercase()) {
                    *found.entry((path.clone(), name.clone())).or_default() += 1;
                }
                leaves(value, &path, found);
            }
        }
        Json::Array(items) => {
            for item in items {
                leaves(item, &format!("{path}[]"), found);
            }
        }
        Json::String(text) => *found.entry((path.to_owned(), text.clone())).or_default() += 1,
        Json::Null | Json::Bool(_) | Json::Number(_) => {
            *found
                .entry((path.to_owned(), json.to_string()))
                .or_default() += 1;
        }
    }
}

#[test]
fn a_member_that_has_no_home_is_an_error_and_names_its_path() {
    let line = RECORDS.lines().next().unwrap();
    for (from, to, path) in [
        ("\"effect\"", "\"colour\"", "body.colour"),
        ("\"min\"", "\"least\"", "body.munition_count.least"),
        ("\"publisher\"", "\"printer\"", "source.printer"),
        ("\"code\"", "\"kode\"", "asserted_by.kode"),
        ("\"occurred\"", "\"happened\"", "happened"),
    ] {
        let error = transcribe(&line.replace(from, to)).unwrap_err();
        assert!(error.to_string().contains(path), "{error}");
        assert!(error.to_string().starts_with("line 1: "), "{error}");
    }
    let error = transcribe("{").unwrap_err();
    assert_eq!(error, TranscribeError::Json { line: 1 });
}

#[test]
fn a_word_that_the_schema_does_not_have_is_an_error() {
    let line = RECORDS.lines().next().unwrap();
    for (from, to) in [
        ("short_range_ballistic_missile", "catapult"),
        ("StrikeEvent", "Rumour"),
        ("\"state\"", "\"duchy\""),
        ("locality_centroid", "hearsay"),
    ] {
        let error = transcribe(&line.replace(from, to)).unwrap_err();
        assert!(
            error.to_string().contains("no word in the schema"),
            "{error}"
        );
    }
}
