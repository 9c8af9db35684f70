//! The synthetic records: what the public ones cannot show, and what becomes of each when a clerk slips.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};
use witnessmark_record::{RecordKind, from_json, validate};

use crate::support::{World, typed};

const RECORDS: &str = include_str!("../../data/synthetic-records.jsonl");

/// One slip a line: the record by its line, where it is made, what is put there (null takes away what is there), and the code and
/// the path of the problem.
const BAD: &str = include_str!("synthetic/bad.jsonl");

/// What the signing device fills in, so that no draft can get it wrong.
const OF_THE_SIGNER: [&str; 4] = ["E-ORG", "E-ORIGIN", "E-SIGNED-AT", "E-SCHEMA"];

struct Slip {
    changed: Value,
    code: String,
    path: String,
    words: String,
}

fn records() -> Vec<Value> {
    let lines = RECORDS.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn slips() -> Vec<Slip> {
    let records = records();
    let written = BAD.lines().map(|line| {
        let slip: Value = serde_json::from_str(line).unwrap();
        let text = |at: usize| slip[at].as_str().unwrap().to_owned();
        let row = usize::try_from(slip[0].as_u64().unwrap()).unwrap();
        let mut changed = records[row - 1].clone();
        change(&mut changed, &text(1), slip[2].clone());
        Slip {
            changed,
            code: text(3),
            path: text(4),
            words: line.chars().take(200).collect(),
        }
    });
    let mut large = records[0].clone();
    change(&mut large, "/summaries/0/text", json!("x".repeat(64_000)));
    let large = Slip {
        changed: large,
        code: "E-SIZE".to_owned(),
        path: String::new(),
        words: "a summary of 64,000 letters".to_owned(),
    };
    written.chain([large]).collect()
}

/// Puts `value` where `pointer` points, or takes away what is there.
fn change(record: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match (record.pointer_mut(parent).unwrap(), value) {
        (Value::Object(members), Value::Null) => {
            assert!(members.remove(name).is_some(), "{pointer}");
        }
        (Value::Object(members), value) => drop(members.insert(name.to_owned(), value)),
        (Value::Array(items), value) => items[name.parse::<usize>().unwrap()] = value,
        (other, _) => panic!("{pointer} in {other}"),
    }
}

fn word(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn the_synthetic_records_are_logged_and_have_exactly_their_warnings() {
    let (world, daemon) = World::start();
    let (file, drafts) = (world.path("synthetic.jsonl"), world.path("drafts"));
    fs::write(&file, RECORDS).unwrap();
    let done = typed(&format!("import {file} --out {drafts} --json"))
        .exits(0)
        .json();
    let findings = done["findings"].as_array().unwrap();
    let found: Vec<_> = findings
        .iter()
        .map(|it| {
            (
                it["row"].as_u64().unwrap(),
                word(&it["code"]),
                word(&it["path"]),
            )
        })
        .collect();
    let shipment = "intercepted_shipment.";
    let wanted = [
        (
            4,
            "W-DATECODE-AMBIG",
            "component_observation.date_codes[0].as_marked".to_owned(),
        ),
        (
            7,
            "W-IMO-CHECK",
            format!("{shipment}conveyances[0].identifiers[1].as_seen"),
        ),
        (
            7,
            "W-CONTAINER-CHECK",
            format!("{shipment}containers[1].as_seen"),
        ),
        (
            8,
            "W-IDENTIFIER-CHECK",
            format!("{shipment}documents[1].number.as_seen"),
        ),
    ];
    assert_eq!(
        found,
        wanted.map(|(row, code, path)| (row, code.to_owned(), path))
    );

    let count = records().len();
    let files: Vec<String> = (1..=count)
        .map(|row| format!("{drafts}/row-{row:04}.json"))
        .collect();
    world.sign(&files.join(" "), "device.key");
    let signed: Vec<String> = (1..=count)
        .map(|row| world.path(&format!("signed/row-{row:04}.signed.json")))
        .collect();
    let (url, policy) = (&daemon.url, world.policy());
    let sent = typed(&format!(
        "submit {} --to {url} --policy {policy}",
        signed.join(" ")
    ))
    .exits(0);
    assert!(
        sent.stdout.contains(&format!("{count} logged now")),
        "{}",
        sent.stdout
    );
}

#[test]
fn every_synthetic_record_says_so_and_all_kinds_are_there() {
    let mut kinds = BTreeSet::new();
    for record in records() {
        kinds.insert(word(&record["schema"]));
        assert!(word(&record["titles"][0]["text"]).starts_with("Synthetic: "));
        assert!(word(&record["note"]).starts_with("Synthetic: "));
    }
    assert_eq!(
        kinds,
        RecordKind::ALL.map(|kind| kind.schema().to_owned()).into()
    );
}

#[test]
fn every_slip_is_refused_with_its_code_at_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.jsonl");
    let slips = slips();
    let lines: Vec<String> = slips.iter().map(|slip| slip.changed.to_string()).collect();
    fs::write(&file, lines.join("\n")).unwrap();
    let line = format!("import {} --dry-run --skip-bad --json", file.display());
    let done = typed(&line).exits(0).json();
    let mut found: BTreeMap<u64, Vec<(String, String)>> = BTreeMap::new();
    for finding in done["findings"].as_array().unwrap() {
        let row = finding["row"].as_u64().unwrap();
        let problem = (word(&finding["code"]), word(&finding["path"]));
        found.entry(row).or_default().push(problem);
    }
    let mut good = 0;
    for (slip, row) in slips.iter().zip(1..) {
        if OF_THE_SIGNER.contains(&slip.code.as_str()) {
            good += u64::from(!found.contains_key(&row));
            assert!(signed_has(slip), "{}", slip.words);
            continue;
        }
        let problems = found.remove(&row).unwrap_or_default();
        let is_it = problems.contains(&(slip.code.clone(), slip.path.clone()));
        assert!(is_it, "{}: {problems:?}", slip.words);
    }
    assert_eq!(done["good"].as_u64().unwrap(), good);
}

/// Whether the record has the problem when somebody signs it as it is.
fn signed_has(slip: &Slip) -> bool {
    let mut record = slip.changed.clone();
    for (name, value) in [
        ("org", json!("synthetic-team")),
        ("origin", json!("ledger.example/synthetic")),
        ("signed_at_ms", json!(1_767_225_600_000_u64)),
    ] {
        record.as_object_mut().unwrap().entry(name).or_insert(value);
    }
    let problems = validate(&from_json(&record).unwrap());
    problems
        .iter()
        .any(|it| it.code == slip.code && it.path == slip.path)
}

#[test]
fn every_code_for_an_error_has_a_slip() {
    let page = include_str!("../../docs/VALIDATION.md");
    let known: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(code, _)| code)
        .filter(|code| code.starts_with("E-"))
        .collect();
    let slips = slips();
    let tried: BTreeSet<&str> = slips.iter().map(|slip| slip.code.as_str()).collect();
    assert_eq!(tried, known);
    assert!(slips.len() > 150 && known.len() > 60, "{}", slips.len());
}
