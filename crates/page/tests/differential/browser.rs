//! Bundles for the test of the page in a real browser, with what the checks in Rust say of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::json;
use witnessmark_bundle::{
    Contradiction, Misbehaviour, Refused, Since, Verdict, judge_misbehaviour,
};
use witnessmark_record::{from_json, v1};
use witnessmark_verifier::{Hash, base64, sha256};

use crate::agree::in_rust;
use crate::document::{Document, log_key};
use crate::hostile;
use crate::ledger::Honest;
use crate::random::Random;
use crate::reject::corpus::mini_log::{MiniLog, TEAM};
use crate::reject::corpus::{misbehaviour, world};
use crate::story::{Case, case, disclosures, files, subject, told};

/// A folder to write them to. Without it there is nothing to do.
const FOLDER_VARIABLE: &str = "WITNESSMARK_BROWSER_CASES";
/// As large as a film from a telephone.
const LARGE_BYTES: usize = 100 * 1024 * 1024;

/// The large file: bytes that do not repeat soon.
fn large() -> Vec<u8> {
    let mut random = Random::new(1);
    let mut bytes = Vec::with_capacity(LARGE_BYTES);
    while bytes.len() < LARGE_BYTES {
        bytes.extend(random.next().to_be_bytes());
    }
    bytes
}

/// The record of a bundle with a usual number of fields, in two scripts.
fn sample(opened: &[Vec<u8>]) -> v1::Record {
    let more = json!({
        "summaries": [
            { "lang": "en", "text": "Tail section of a ballistic missile, recovered after the strike of 2 January 2024 and examined on site." },
            { "lang": "uk", "text": "\u{425}\u{432}\u{43e}\u{441}\u{442}\u{43e}\u{432}\u{430} \u{447}\u{430}\u{441}\u{442}\u{438}\u{43d}\u{430} \u{431}\u{430}\u{43b}\u{456}\u{441}\u{442}\u{438}\u{447}\u{43d}\u{43e}\u{457} \u{440}\u{430}\u{43a}\u{435}\u{442}\u{438}." },
        ],
        "occurred": "2024-01-02",
        "documented": "2024-01-11",
        "place": {
            "country": "UA", "admin1": "Kharkiv oblast", "locality": "Kharkiv",
            "point": { "lat_e7": 499_935_000, "lon_e7": 362_304_000, "uncertainty_m": 12_000, "basis": "locality_centroid" },
        },
        "missing": [{ "path": "place.detail", "reason": "withheld" }],
        "note": "The serial number on the actuator is partly burnt; see the close view.",
        "wreckage_finding": {
            "item_class": "ballistic_missile",
            "item_count": { "exact": "1" },
            "state": "section",
            "measurements": [
                { "quantity": "diameter", "value": { "approx": "1100", "unit": "mm" }, "method": "tape measure" },
                { "quantity": "length", "value": { "min": "2.1", "max": "2.3", "unit": "m" } },
            ],
            "features": ["bolt circle of the igniter", "five jet vane actuators"],
            "exhibit_number": "KH-2024-0117",
        },
    });
    let more = from_json(&more).unwrap();
    let mut record = subject(opened);
    record.summaries = more.summaries;
    record.occurred = more.occurred;
    record.documented = more.documented;
    record.place = more.place;
    record.missing = more.missing;
    record.note = more.note;
    record.body = more.body;
    record
}

/// A bundle without anything to remark: nobody contradicts, no key was revoked yet, no field is withheld.
fn plain() -> Document {
    let opened = disclosures();
    let mut record = sample(&opened);
    record.protected.retain(|digest| *digest != [0x55; 32]);
    let mut document = told(&record, &opened, &mut Honest);
    document.related.remove(0);
    let team = document.key_chains.last_mut().unwrap();
    team.events.pop();
    document
}

/// The same with a large file beside it.
fn with_large(digest: &Hash) -> Case {
    let opened = disclosures();
    let mut record = sample(&opened);
    let attached = record.attachments.first_mut().unwrap();
    attached.sha256 = digest.as_bytes().to_vec();
    attached.size = u64::try_from(LARGE_BYTES).unwrap();
    "film.mp4".clone_into(&mut attached.name);
    let mut document = told(&record, &opened, &mut Honest);
    let file = document.files.first_mut().unwrap();
    "film.mp4".clone_into(&mut file.name);
    file.sha256 = digest.to_string();
    file.size = u64::try_from(LARGE_BYTES).unwrap();
    case(&document)
}

fn altered() -> Case {
    let mut document = plain();
    let mut entry = base64::decode(&document.record.entry).unwrap();
    let at = entry.len() - 100;
    entry[at] ^= 1;
    document.record.entry = base64::encode(&entry);
    case(&document)
}

fn write(folder: &Path, name: &str, case: &Case) -> serde_json::Value {
    write_verdict(folder, name, case, &in_rust(case))
}

fn write_verdict(folder: &Path, name: &str, case: &Case, verdict: &Verdict) -> serde_json::Value {
    // A name that no file system needs to take: whoever chooses the file gives it.
    let files: serde_json::Map<_, _> = case
        .files
        .iter()
        .filter(|(_, bytes)| bytes.len() < LARGE_BYTES)
        .map(|(name, bytes)| (name.clone(), json!(base64::encode(bytes))))
        .collect();
    fs::write(folder.join(format!("{name}.json")), &case.bundle).unwrap();
    fs::write(folder.join(format!("{name}.policy")), &case.policy).unwrap();
    json!({
        "word": verdict.word.as_str(),
        "failed": verdict.failed().map(|check| check.name),
        "meaning": verdict.meaning(),
        "remarks": verdict.remarks,
        "files": files,
        "text": verdict.to_text(),
    })
}

#[test]
fn the_cases_for_a_browser_are_written() {
    let Some(folder) = std::env::var_os(FOLDER_VARIABLE) else {
        return;
    };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder.join("other")).unwrap();
    fs::write(folder.join("page.html"), witnessmark_page::HTML).unwrap();
    for (name, bytes) in files() {
        fs::write(folder.join(&name), &bytes).unwrap();
        fs::write(folder.join("other").join(name), b"b photograph").unwrap();
    }
    let film = large();
    let digest = sha256(&film);
    fs::write(folder.join("film.mp4"), &film).unwrap();
    let mut large = with_large(&digest);
    large.files = [("film.mp4".to_owned(), film)].into();
    let mut incomplete = case(&plain());
    incomplete.files.clear();
    let mut elsewhere = case(&plain());
    let vkey = log_key().to_string();
    let unknown = "other.example/log+38414255+AT1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM";
    elsewhere.policy = other_policy(&elsewhere.policy, &vkey, unknown);
    let mut newer = case(&plain());
    newer.bundle = String::from_utf8(newer.bundle)
        .unwrap()
        .replacen("bundle/1", "bundle/2", 1)
        .into_bytes();
    let expected: serde_json::Map<_, _> = [
        ("good", case(&plain())),
        (
            "remarks",
            case(&told(&sample(&disclosures()), &disclosures(), &mut Honest)),
        ),
        ("altered", altered()),
        ("incomplete", incomplete),
        ("elsewhere", elsewhere),
        ("newer", newer),
        ("hostile", hostile::in_a_note()),
        ("hostile-everywhere", hostile::everywhere()),
        ("hostile-file", hostile::with_another_file()),
        ("large", large),
    ]
    .iter()
    .map(|(name, case)| ((*name).to_owned(), write(folder, name, case)))
    .collect();
    let mut expected = expected;
    for (name, file) in accusations() {
        expected.insert(name.to_owned(), write_accusation(folder, name, &file));
    }
    for (name, note, allow_older) in kept() {
        expected.insert(
            name.to_owned(),
            write_kept(folder, name, &note, allow_older),
        );
    }
    let text = serde_json::to_string_pretty(&expected).unwrap();
    fs::write(folder.join("expected.json"), text).unwrap();
}

/// Files that accuse a ledger: one that convicts of each kind, one that is altered, and a complaint.
fn accusations() -> Vec<(&'static str, Misbehaviour)> {
    let mut all = misbehaviour::good().to_vec();
    let (_, beginnings) = &all[1];
    let (mut altered, mut complaint) = (beginnings.clone(), beginnings.clone());
    altered.notes[1] = altered.notes[1].replacen("\n10\n", "\n11\n", 1);
    complaint.shown_by = Contradiction::Unproved(Refused::ProofFailed);
    all.extend([("accusation-altered", altered), ("complaint", complaint)]);
    all
}

fn write_accusation(folder: &Path, name: &str, file: &Misbehaviour) -> serde_json::Value {
    let (file, policy) = (file.encode().unwrap(), world::ledger().policy());
    fs::write(folder.join(format!("{name}.json")), &file).unwrap();
    fs::write(folder.join(format!("{name}.policy")), &policy).unwrap();
    let finding = judge_misbehaviour(file.as_bytes(), policy.as_bytes());
    json!({
        "word": finding.word.as_str(),
        "failed": finding.failed().map(|check| check.name),
        "meaning": finding.meaning(),
        "remarks": [],
        "files": {},
        "text": finding.to_text(),
    })
}

/// Checkpoints that a reader kept, and whether an older bundle is taken.
fn kept() -> Vec<(&'static str, String, bool)> {
    let (same, mut later, mut fork) = (world::ledger(), world::ledger(), world::ledger());
    later.record(11, &later.message(TEAM, "Later"));
    fork.entries.swap(7, 8);
    let earlier = MiniLog::usual().checkpoint(&[]);
    let nothing = same.checkpoint(&[]).replacen("\n9\n", "\n8\n", 1);
    vec![
        ("kept-same", same.checkpoint(&[]), false),
        ("kept-earlier", earlier, false),
        ("kept-later", later.checkpoint(&[]), false),
        ("kept-later-taken", later.checkpoint(&[]), true),
        ("kept-fork", fork.checkpoint(&[]), false),
        ("kept-altered", nothing, true),
    ]
}

fn write_kept(folder: &Path, name: &str, note: &str, allow_older: bool) -> serde_json::Value {
    let (bundle, policy) = world::usual();
    let since = Since {
        note: Ok(note.as_bytes()),
        policy: policy.as_bytes(),
        allow_older,
    };
    let files = BTreeMap::new();
    let case = Case {
        bundle: bundle.into_bytes(),
        policy: policy.clone().into_bytes(),
        files,
    };
    fs::write(folder.join(format!("{name}.checkpoint")), note).unwrap();
    write_verdict(folder, name, &case, &in_rust(&case).since(&since))
}

/// The policy of somebody who trusts another ledger.
fn other_policy(policy: &[u8], vkey: &str, unknown: &str) -> Vec<u8> {
    let text = std::str::from_utf8(policy).unwrap();
    text.replace(vkey, unknown).into_bytes()
}
