//! Drafts that are not finished: what is missing now, what is wrong, and that nothing of them is lost.

use std::fs;

use serde_json::Value;

use super::{sign, signed};
use crate::support::{World, typed};

fn paths(checked: &Value, group: &str) -> Vec<String> {
    let problems = checked[group].as_array().unwrap().iter();
    problems
        .map(|problem| problem["path"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_is_missing_now_is_told_apart_from_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let [blank, begun, wrong, good] =
        ["blank", "begun", "wrong", "good"].map(|name| path(&format!("{name}.toml")));
    typed(&format!("record new wreckage-finding --out {blank}")).exits(0);
    typed(&format!("record new statement --example --out {good}")).exits(0);
    let text = "schema = \"statement/1\"\nbasis = \"\"\nthread_id = \"\"\ntitles = []\n\
                documented = \"\"\n[statement]\nfidelity = \"\"\nforum = \"Press conference\"\n";
    fs::write(&begun, text).unwrap();
    fs::write(
        &wrong,
        text.replace(
            "documented = \"\"",
            "documented = \"2024-13-01\"\nbasis_ = \"\"",
        ),
    )
    .unwrap();
    let ran = typed(&format!(
        "record check {blank} {begun} {wrong} {good} --json"
    ))
    .exits(1);
    let json = ran.json();
    let states: Vec<&Value> = (0..4).map(|at| &json["checked"][at]["state"]).collect();
    assert_eq!(
        states,
        ["incomplete", "incomplete", "wrong", "ready"],
        "{json:#}"
    );
    // A form without its body says what the body needs.
    let missing = paths(&json["checked"][0], "missing");
    for field in [
        "basis",
        "titles",
        "wreckage_finding.item_class",
        "documented",
    ] {
        assert!(
            missing.contains(&field.to_owned()),
            "{field} in {missing:?}"
        );
    }
    let missing = paths(&json["checked"][1], "missing");
    for field in ["basis", "titles", "asserted_by"] {
        assert!(
            missing.contains(&field.to_owned()),
            "{field} in {missing:?}"
        );
    }
    // Signing gives a new subject; nobody is asked for one.
    assert!(!missing.contains(&"thread_id".to_owned()), "{missing:?}");
    assert_eq!(
        paths(&json["checked"][2], "wrong"),
        ["basis_", "documented"]
    );
    assert_eq!(
        fs::read_to_string(&begun).unwrap(),
        text,
        "the draft was changed"
    );
}

#[test]
fn the_words_say_what_comes_next_and_nothing_unfinished_is_signed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let [blank, wrong, good] = ["blank", "wrong", "good"].map(|name| path(&format!("{name}.toml")));
    typed(&format!("record new wreckage-finding --out {blank}")).exits(0);
    typed(&format!("record new statement --example --out {good}")).exits(0);
    let text = fs::read_to_string(&good).unwrap();
    let text = text.replace("2024-01-02", "2024-13-02");
    fs::write(&wrong, text.replace("basis = \"own", "basis = \"\" # own")).unwrap();
    let ran = typed(&format!("record check {blank} {wrong} {good}")).exits(1);
    for shown in [
        "missing now (",
        "wrong (1):",
        "1 ready, 1 incomplete, 1 wrong",
    ] {
        assert!(ran.stdout.contains(shown), "{shown} in {}", ran.stdout);
    }
    assert!(
        ran.stdout
            .contains(&format!("next: witnessmark record sign {good} "))
    );
    let absent = path("absent.toml");
    let ran = typed(&format!("record check {absent} {blank} --json")).exits(2);
    assert_eq!(ran.json()["checked"][0]["state"], "incomplete");
    // Nothing is signed while anything is missing.
    let key = path("device.key");
    typed(&format!("key new --out {key}")).exits(0);
    let out = path("signed");
    let line = format!("record sign {good} {wrong} --key {key} --org a --origin b --out {out}");
    let ran = typed(&line).exits(1);
    assert!(ran.stderr.contains("E-BASIS"), "{}", ran.stderr);
    assert!(!fs::exists(&out).unwrap());
}

#[test]
fn signed_files_and_batches_are_checked_too() {
    let (world, _daemon) = World::start();
    let policy = format!("--policy {}", world.policy());
    sign(&world, "one", &policy).exits(0);
    sign(&world, "two", &policy).exits(0);
    let [one, two] = ["one", "two"].map(|name| signed(&world, name));
    let batch = world.path("week.batch");
    typed(&format!("record pack {one} {two} --out {batch}")).exits(0);
    let json = typed(&format!("record check {batch} {one} --json"))
        .exits(0)
        .json();
    assert_eq!(json["checked"].as_array().unwrap().len(), 3);
    let text = fs::read_to_string(&batch).unwrap();
    fs::write(&batch, &text[..text.len() - 40]).unwrap();
    let ran = typed(&format!("record check {batch} --json")).exits(2);
    assert_eq!(ran.json()["checked"].as_array().unwrap().len(), 2);
    assert_eq!(ran.json()["errors"][0]["reason"], "BATCH_DAMAGED");
}
