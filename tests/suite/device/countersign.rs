//! An officer's countersignature: shown first, added behind the others, and nothing altered.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{sign, signed, warned};
use crate::support::{Daemon, World, typed};

/// A key with the role to countersign only.
fn officer(world: &World, daemon: &Daemon) -> String {
    let [root, key] = ["root.key", "officer.key"].map(|name| world.path(name));
    typed(&format!("key new --out {key}")).exits(0);
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    let add = format!("org add-key --org field-team --root {root} --role countersign --key {key}");
    typed(&format!("{add} {to}")).exits(0);
    key
}

fn read(file: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// The signed records of a batch of two.
fn members(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    lines[1..3].to_vec()
}

#[test]
fn an_officer_sees_what_he_signs_and_adds_his_signature_behind_the_others() {
    let (world, daemon) = World::start();
    let key = officer(&world, &daemon);
    let policy = format!("--policy {}", world.policy());
    for name in ["one", "two"] {
        sign(&world, name, &policy).exits(0);
    }
    let [one, two] = ["one", "two"].map(|name| signed(&world, name));
    let [batch, out] = ["week.batch", "officer.batch"].map(|name| world.path(name));
    typed(&format!("record pack {one} {two} --out {batch}")).exits(0);

    let countersign = format!("record countersign {batch} --key {key} --org field-team");
    let ran = typed(&countersign).exits(0);
    for shown in [
        "1. ",
        "2. ",
        "number 2 of that device",
        "nothing was signed",
        "--confirm ",
    ] {
        assert!(ran.stdout.contains(shown), "{shown} in {}", ran.stdout);
    }
    let shown = typed(&format!("{countersign} --json")).exits(0).json();
    let code = shown["confirm"].as_str().unwrap();
    typed(&format!("{countersign} --confirm {code} --batch {out}")).exits(0);
    // The same records and one signature more each, the device's first.
    for (before, after) in members(&batch).iter().zip(members(&out)) {
        assert_eq!(before["payload"], after["payload"]);
        let signatures = after["signatures"].as_array().unwrap();
        assert_eq!(signatures.len(), 2);
        assert_eq!(signatures[0], before["signatures"][0]);
    }
    // Again: it stays as it is.
    let again = format!("record countersign {out} --key {key} --org field-team");
    let json = typed(&format!("{again} --json")).exits(0).json();
    assert_eq!(json["records"][0]["already_signed"], true);
    let more = world.path("more.batch");
    typed(&format!("{again} --confirm {code} --batch {more}")).exits(0);
    assert_eq!(fs::read(&out).unwrap(), fs::read(&more).unwrap());
    // The ledger takes it, and the officer is no device.
    assert_eq!(warned(&world, &daemon, &out), [""; 0]);
    let from = format!("--from {} {policy}", daemon.url);
    let json = typed(&format!("records devices {from} --json"))
        .exits(0)
        .json();
    assert_eq!(json["devices"].as_array().unwrap().len(), 1);
    assert_eq!(json["devices"][0]["count"], 2);
    let proved = world.path("bundle.json");
    typed(&format!("prove 4 {from} --out {proved}")).exits(0);
    let verdict = typed(&format!("verify {proved} {policy} --json")).exits(0);
    let roles: Vec<Value> = (0..2)
        .map(|at| verdict.json()["record"]["signers"][at]["role"].clone())
        .collect();
    assert_eq!(roles, ["record", "countersign"]);
}

#[test]
fn nothing_is_countersigned_but_what_was_shown_and_is_good() {
    let (world, daemon) = World::start();
    let key = officer(&world, &daemon);
    let policy = format!("--policy {}", world.policy());
    for name in ["one", "two"] {
        sign(&world, name, &policy).exits(0);
    }
    let [one, two] = ["one", "two"].map(|name| signed(&world, name));
    let out = world.path("countersigned");
    let officer = format!("--key {key} --org field-team");
    let code = |files: &str| -> String {
        let line = format!("record countersign {files} {officer} --json");
        let json = typed(&line).exits(0).json();
        json["confirm"].as_str().unwrap().to_owned()
    };
    // Another record came in between.
    let shown = code(&one);
    let line = format!("record countersign {one} {two} {officer} --confirm {shown} --out {out}");
    assert!(typed(&line).exits(1).stderr.contains("[CONFIRM]"));
    assert!(!Path::new(&out).exists());
    let line = format!("record countersign {one} {officer} --confirm {shown}");
    typed(&line).exits(64);
    // Of another organisation; unsigned; given twice.
    let other = format!("record countersign {one} --key {key} --org others");
    let ran = typed(&other).exits(1);
    assert!(ran.stderr.contains("ORGANISATION_MISMATCH"));
    let mut bare = read(&one);
    bare["signatures"] = Value::Array(Vec::new());
    let unsigned = world.path("unsigned.json");
    fs::write(&unsigned, bare.to_string()).unwrap();
    let line = format!("record countersign {unsigned} {one} {one} {officer}");
    let ran = typed(&line).exits(1);
    for reason in ["SIGNATURE_MISSING", "RECORD_TWICE"] {
        assert!(ran.stderr.contains(reason), "{reason} in {}", ran.stderr);
    }
    // Files under their own names, and never over another file.
    let shown = code(&format!("{one} {two}"));
    let line = format!("record countersign {one} {two} {officer} --confirm {shown} --out {out}");
    typed(&line).exits(0);
    typed(&line).exits(0);
    let written = read(&format!("{out}/one.signed.json"));
    assert_eq!(written["payload"], read(&one)["payload"]);
    assert_eq!(written["signatures"].as_array().unwrap().len(), 2);
    let into = line.replace(&out, &world.path("signed"));
    assert!(typed(&into).exits(2).stderr.contains("FILE_EXISTS"));
    assert_eq!(read(&one)["signatures"].as_array().unwrap().len(), 1);

    // Too late: the entry is there without it, and that is said.
    warned(&world, &daemon, &one);
    let to = format!("--to {} {policy}", daemon.url);
    let ran = typed(&format!("submit {out}/one.signed.json {to} --json")).exits(0);
    let left_out = &ran.json()["submitted"][0]["signatures_left_out"];
    assert_eq!(left_out.as_array().unwrap().len(), 1);
    assert!(ran.stderr.contains("SIGNATURE_LEFT_OUT"), "{}", ran.stderr);
}
