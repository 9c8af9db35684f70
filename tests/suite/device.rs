//! A device in the field: weeks without a network, and what the ledger and the auditor can say afterwards.

mod batch;
mod countersign;
mod drafts;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Daemon, Ran, World, typed};

/// Writes a draft and signs it; `more` are further options.
#[track_caller]
fn sign(world: &World, name: &str, more: &str) -> Ran {
    let draft = world.path(&format!("{name}.toml"));
    typed(&format!("record new statement --example --out {draft}")).exits(0);
    let [key, out] = ["device.key", "signed"].map(|name| world.path(name));
    typed(&format!(
        "record sign {draft} --key {key} --org field-team --out {out} {more}"
    ))
}

fn signed(world: &World, name: &str) -> String {
    world.path(&format!("signed/{name}.signed.json"))
}

/// The warnings of a submission, by their codes.
#[track_caller]
fn warned(world: &World, daemon: &Daemon, files: &str) -> Vec<String> {
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    let answer = typed(&format!("submit {files} {to} --json"))
        .exits(0)
        .json();
    let submitted = answer["submitted"].as_array().unwrap().iter();
    let warnings = submitted.flat_map(|one| one["warnings"].as_array().unwrap());
    warnings
        .map(|warning| warning["code"].as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn audit(world: &World, daemon: &Daemon) -> Value {
    let from = format!("{} --policy {}", daemon.url, world.policy());
    typed(&format!("audit {from} --json")).exits(0).json()
}

/// Fetches the newest checkpoint into a file to carry.
#[track_caller]
fn carry(world: &World, daemon: &Daemon, file: &str) {
    let from = format!("--from {} --policy {}", daemon.url, world.policy());
    typed(&format!("checkpoint {from} --remember {file}")).exits(0);
}

#[test]
fn a_record_says_which_checkpoint_its_device_had_and_the_ledger_and_the_audit_compare() {
    let (world, daemon) = World::start();
    let seen = world.path("seen.checkpoint");
    carry(&world, &daemon, &seen);
    let policy = format!("--policy {}", world.policy());
    let ran = sign(&world, "one", &format!("{policy} --seen {seen} --json")).exits(0);
    assert_eq!(ran.json()["seen"]["size"], 3);
    let one = signed(&world, "one");
    let shown = typed(&format!("record show {one}")).exits(0);
    let said = "signed after checkpoint of size 3";
    assert!(shown.stdout.contains(said), "{}", shown.stdout);
    assert_eq!(warned(&world, &daemon, &one), [""; 0]);
    let report = audit(&world, &daemon);
    assert_eq!(report["verdict"], "verified");
    assert_eq!(report["contents"]["checkpoints_seen"], 1);

    let devices = |from: &str| {
        let from = format!("--from {from} --policy {}", world.policy());
        typed(&format!("records devices {from} --full"))
            .exits(0)
            .stdout
    };
    let told = devices(&daemon.url);
    for shown in [
        "numbers 1 to 1, records: 1",
        "signed no earlier than a checkpoint of this ledger: 1 of 1",
        "number 1: entry 3, signed ",
        "signed after checkpoint of size 3, so no earlier than ",
    ] {
        assert!(told.contains(shown), "{shown} in {told}");
    }

    // A copy of the ledger goes its own way, and the device is shown that one.
    assert_eq!(daemon.terminate(), 0);
    let [ledger, copy] = ["ledger", "copy"].map(|name| world.path(name));
    let copied = Command::new("cp").args(["-R", &ledger, &copy]).status();
    assert!(copied.unwrap().success());
    let fork = Daemon::start(Path::new(&copy));
    sign(&world, "two", &policy).exits(0);
    warned(&world, &fork, &signed(&world, "two"));
    let forked = world.path("forked.checkpoint");
    carry(&world, &fork, &forked);
    sign(&world, "three", &format!("{policy} --seen {forked}")).exits(0);
    drop(fork);

    let daemon = Daemon::start(Path::new(&ledger));
    let three = signed(&world, "three");
    let codes = warned(&world, &daemon, &three);
    assert!(codes.contains(&"W-SEEN-CHECKPOINT".to_owned()), "{codes:?}");
    let report = audit(&world, &daemon);
    assert_eq!(report["verdict"], "verified_with_remarks");
    assert_eq!(report["contents"]["checkpoints_seen_elsewhere"], 1);
    let remarks = report["remarks"].as_array().unwrap();
    let remark = |it: &&Value| it.as_str().unwrap().starts_with("Entry 4: ");
    let remark = remarks.iter().find(remark).unwrap().as_str().unwrap();
    assert!(remark.contains("evidence of a fork"), "{remark}");
    // The second record went to the copy, so it is missing here.
    let remark = |it: &&Value| it.as_str().unwrap().contains("numbers 2 are missing");
    assert!(remarks.iter().any(|it| remark(&it)), "{remarks:?}");
    let told = devices(&daemon.url);
    for shown in [
        "MISSING: 2 (1 numbers)",
        "WARNING: entry 4: seen = size ",
        "which this ledger never had",
    ] {
        assert!(told.contains(shown), "{shown} in {told}");
    }
}

#[test]
fn a_device_that_was_set_back_is_found_in_the_ledger_and_in_an_export() {
    let (world, daemon) = World::start();
    let policy = format!("--policy {}", world.policy());
    let state = world.path("device.key.state");
    sign(&world, "one", &policy).exits(0);
    sign(&world, "two", &policy).exits(0);
    let kept = fs::read(&state).unwrap();
    sign(&world, "three", &policy).exits(0);
    sign(&world, "lost", &policy).exits(0);
    sign(&world, "five", &policy).exits(0);
    fs::write(&state, kept).unwrap();
    sign(&world, "again", &policy).exits(0);
    let [one, two, three, five, again] =
        ["one", "two", "three", "five", "again"].map(|name| signed(&world, name));
    assert_eq!(
        warned(&world, &daemon, &format!("{two} {one}")),
        ["W-DEVICE-GAP"]
    );
    let codes = warned(&world, &daemon, &format!("{three} {five} {again}"));
    assert_eq!(codes, ["W-DEVICE-GAP", "W-DEVICE-FORK", "W-DEVICE-FORK"]);
    let report = audit(&world, &daemon);
    assert_eq!(report["verdict"], "verified_with_remarks");
    let remark = report["remarks"][0].as_str().unwrap();
    assert!(
        remark.contains("of field-team: numbers 4 are missing, 1 fork(s)"),
        "{remark}"
    );
    let export = world.path("export");
    let from = format!("--from {} {policy}", daemon.url);
    typed(&format!("export {from} --out {export}")).exits(0);
    let audited = typed(&format!("audit {export} {policy}")).exits(0);
    assert!(audited.stdout.contains("1 fork(s)"), "{}", audited.stdout);
    for from in [&daemon.url, &export] {
        let line = format!("records devices --from {from} {policy} --json");
        let json = typed(&line).exits(0).json();
        let device = &json["devices"][0];
        assert_eq!(device["organisation"], "field-team");
        assert_eq!((&device["first"], &device["last"]), (&1.into(), &5.into()));
        assert_eq!(device["missing"], serde_json::json!([[4, 4]]));
        assert_eq!(device["same_number"][0]["number"], 3);
        assert_eq!(
            device["same_number"][0]["entries"],
            serde_json::json!([5, 7])
        );
        assert_eq!(
            device["same_previous"][0]["entries"],
            serde_json::json!([5, 7])
        );
        assert_eq!(device["out_of_order"], serde_json::json!([4, 7]));
        assert_eq!(device["records"].as_array().unwrap().len(), 5);
    }
    // A ledger that does not verify has no devices to speak of.
    let tile = Path::new(&export).join("tile/entries/000.p/8");
    let mut bytes = fs::read(&tile).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&tile, bytes).unwrap();
    typed(&format!("records devices --from {export} {policy}")).exits(1);
}

#[test]
fn a_checkpoint_that_is_not_the_ledgers_is_not_signed_for() {
    let (world, daemon) = World::start();
    let seen = world.path("seen.checkpoint");
    carry(&world, &daemon, &seen);
    let policy = format!("--policy {}", world.policy());
    let note = fs::read_to_string(&seen).unwrap();
    let [other, absent] = ["other.checkpoint", "absent.checkpoint"].map(|it| world.path(it));
    for (text, reason) in [
        (note.replacen("\n3\n", "\n4\n", 1), "NOT_VERIFIED"),
        (
            note.replace("ledger.test/one", "ledger.test/two"),
            "NOT_VERIFIED",
        ),
        ("not a note".to_owned(), "NOT_VERIFIED"),
    ] {
        fs::write(&other, text).unwrap();
        let ran = sign(&world, "draft", &format!("{policy} --seen {other}")).exits(1);
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
        assert!(!Path::new(&signed(&world, "draft")).exists());
        fs::remove_file(world.path("draft.toml")).unwrap();
    }
    sign(&world, "late", &format!("{policy} --seen {absent}")).exits(2);
    // Without a policy nobody knows whose checkpoint it is.
    sign(
        &world,
        "bare",
        &format!("--origin ledger.test/one --seen {seen}"),
    )
    .exits(64);
}
