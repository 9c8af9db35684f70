//! One file for a stick: packed, cut short, altered, doubled, shown and submitted.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{sign, signed};
use crate::support::{Ran, World, typed};

fn reasons(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let errors = json["errors"].as_array().unwrap().iter();
    errors
        .map(|error| error["reason"].as_str().unwrap().to_owned())
        .collect()
}

fn count(json: &Value, list: &str) -> usize {
    json[list].as_array().unwrap().len()
}

#[test]
fn a_batch_carries_many_records_and_a_copy_that_was_cut_short_is_used_as_far_as_it_goes() {
    let (world, daemon) = World::start();
    let policy = format!("--policy {}", world.policy());
    for name in ["one", "two", "three"] {
        sign(&world, name, &policy).exits(0);
    }
    let files = ["one", "two", "three"].map(|name| signed(&world, name));
    let [batch, copy] = ["week.batch", "copy.batch"].map(|name| world.path(name));
    let pack = format!("record pack {} --out {batch}", files.join(" "));
    let packed = typed(&format!("{pack} --json")).exits(0).json();
    // The same again changes nothing; other records do not take its place.
    typed(&pack).exits(0);
    let other = format!("record pack {} --out {batch}", files[0]);
    assert!(typed(&other).exits(2).stderr.contains("FILE_EXISTS"));
    let shown = typed(&format!("record show {batch} --json"))
        .exits(0)
        .json();
    assert_eq!(count(&shown, "records"), 3);

    let text = fs::read_to_string(&batch).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let third = text.find(lines[3]).unwrap();
    fs::write(&copy, &text[..third + 100]).unwrap();
    let to = format!("--to {} {policy} --json", daemon.url);
    let ran = typed(&format!("submit {copy} {to}")).exits(2);
    assert_eq!(count(&ran.json(), "submitted"), 2);
    assert_eq!(
        reasons(&ran),
        ["BATCH_DAMAGED", "BATCH_DAMAGED", "RECORD_MISSING"]
    );
    let missing = ran.json()["errors"][2]["place"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(missing.ends_with(packed["records"][2].as_str().unwrap()));
    let ran = typed(&format!("record show {copy} --json")).exits(2);
    assert_eq!(count(&ran.json(), "records"), 2);
    // What is not whole is not made to look whole.
    let ran = typed(&format!(
        "record pack {copy} --out {}",
        world.path("b.batch")
    ))
    .exits(2);
    assert!(ran.stderr.contains("RECORD_MISSING"), "{}", ran.stderr);
    assert!(!Path::new(&world.path("b.batch")).exists());

    let json = typed(&format!("submit {batch} {to}")).exits(0).json();
    assert_eq!(count(&json, "submitted"), 3);
    let [one, three] = [0, 2].map(|at| &json["submitted"][at]);
    assert_eq!(
        (&one["already_logged"], &one["index"]),
        (&true.into(), &3.into())
    );
    assert_eq!(
        (&three["already_logged"], &three["index"]),
        (&false.into(), &5.into())
    );
}

#[test]
fn altered_doubled_and_foreign_batches_are_told_apart() {
    let (world, _daemon) = World::start();
    let policy = format!("--policy {}", world.policy());
    sign(&world, "one", &policy).exits(0);
    sign(&world, "two", &policy).exits(0);
    let [one, two] = ["one", "two"].map(|name| signed(&world, name));
    let [batch, copy] = ["week.batch", "copy.batch"].map(|name| world.path(name));
    typed(&format!("record pack {one} {two} --out {batch}")).exits(0);
    let text = fs::read_to_string(&batch).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let show = |text: &str, code: i32| {
        fs::write(&copy, text).unwrap();
        typed(&format!("record show {copy}")).exits(code).stderr
    };
    let altered = text.replacen("\"sig\":\"", "\"sig\":\"A", 1);
    assert!(show(&altered, 2).contains("line 2 was altered"));
    let doubled = text.replacen(lines[1], &format!("{}\n{}", lines[1], lines[1]), 1);
    assert!(show(&doubled, 2).contains("line 3 is there a second time"));
    assert!(show(&format!("{text}{text}"), 2).contains("joined"));
    let newer = text.replacen("batch/1", "batch/2", 1);
    assert!(show(&newer, 1).contains("BATCH_MALFORMED"));
    let out = world.path("twice.batch");
    let ran = typed(&format!("record pack {one} {batch} --out {out}")).exits(1);
    assert!(ran.stderr.contains("RECORD_TWICE"), "{}", ran.stderr);
    let draft = world.path("one.toml");
    let ran = typed(&format!("record pack {draft} --out {out}")).exits(1);
    assert!(ran.stderr.contains("NOT_SIGNED"), "{}", ran.stderr);
    assert!(!Path::new(&out).exists());
}
