//! A device in the field: weeks without a network, and what the ledger and the auditor can say afterwards.

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
