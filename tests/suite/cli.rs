//! What scripts rely on: exit codes, words, JSON members, files left behind; and bad input at every
//! entrance.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Daemon, Ran, World, program, run, typed};

/// The members that every verdict has.
const VERDICT_MEMBERS: [&str; 8] = [
    "verdict",
    "index",
    "size",
    "origin",
    "organisation",
    "registered_at",
    "checks",
    "failed",
];

/// The verdict that was printed, after a look at its members.
#[track_caller]
fn verdict(ran: &Ran) -> Value {
    let json = ran.json();
    for member in VERDICT_MEMBERS {
        assert!(json.get(member).is_some(), "no `{member}` in {json:#}");
    }
    json
}

#[track_caller]
fn prints(text: &str, shown: &str) {
    assert!(text.contains(shown), "`{shown}` in:\n{text}");
}

#[test]
fn the_demonstration_leaves_what_is_promised_and_a_second_run_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let dir_text = dir.display();
    let first = typed(&format!("demo --dir {dir_text}")).exits(0);
    for shown in [
        "public reports",
        "| VERIFIED",
        "| NOT VERIFIED",
        "trust.policy",
    ] {
        prints(&first.stdout, shown);
    }
    let (bundle, policy) = (dir.join("bundle.json"), dir.join("trust.policy"));
    let (bundle, policy) = (bundle.display().to_string(), policy.display().to_string());
    let export = dir.join("export").display().to_string();
    let proved = verdict(&typed(&format!("verify {bundle} --policy {policy} --json")).exits(0));
    assert_eq!(proved["failed"], Value::Null);
    // Charter, three organisations with a genesis and two device keys each, sixty records.
    assert_eq!(proved["size"], 1 + 3 * 3 + 60);
    let audit = verdict(&typed(&format!("audit {export} --policy {policy} --json")).exits(0));
    assert_eq!(
        (&audit["verdict"], &audit["size"]),
        (&"verified".into(), &proved["size"])
    );
    let checkpoint = fs::read_to_string(dir.join("export/checkpoint")).unwrap();

    let second = typed(&format!("demo --dir {dir_text}")).exits(0);
    prints(&second.stdout, "continues it and loses nothing");
    prints(&second.stdout, "0 logged now, 30 already there");
    let again = fs::read_to_string(dir.join("export/checkpoint")).unwrap();
    assert_eq!(again, checkpoint, "the second run changed the log");

    a_changed_byte_is_never_verified(&bundle, &policy);
    a_running_ledger_can_be_audited_exported_and_watched(&dir.join("ledger"), &policy);
    a_server_is_alone_on_its_folder_and_its_port(&dir.join("ledger"));
    a_stopped_ledger_can_be_exported(&dir.join("ledger"), &policy);
}

fn a_changed_byte_is_never_verified(bundle: &str, policy: &str) {
    let mut bytes = fs::read(bundle).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed = format!("{bundle}.changed");
    fs::write(&changed, bytes).unwrap();
    let refused = typed(&format!("verify {changed} --policy {policy} --json")).exits(1);
    let refused = verdict(&refused);
    assert_eq!(refused["verdict"], "not_verified");
    assert_ne!(refused["failed"], Value::Null);
}

fn a_running_ledger_can_be_audited_exported_and_watched(ledger: &Path, policy: &str) {
    let daemon = Daemon::start(ledger);
    let (url, out) = (&daemon.url, ledger.with_file_name("export-2"));
    let out = out.display();
    let audit = verdict(&typed(&format!("audit {url} --policy {policy} --json")).exits(0));
    assert_eq!(
        (&audit["verdict"], &audit["size"]),
        (&"verified".into(), &70.into())
    );
    let checkpoint = typed(&format!("checkpoint --from {url} --policy {policy} --json")).exits(0);
    assert_eq!(checkpoint.json()["size"], 70);
    typed(&format!(
        "export --from {url} --policy {policy} --out {out}"
    ))
    .exits(0);
    let again = format!("export --from {url} --policy {policy} --out {out} --json");
    assert_eq!(typed(&again).exits(0).json()["new_entries"], 0);
    let state = ledger.with_file_name("audit.state");
    let state = state.display();
    let kept = format!("--since {out}/checkpoint --state {state} --json");
    let audit = format!("audit {out} --policy {policy} {kept}");
    assert_eq!(typed(&audit).exits(0).json()["contents"]["read_before"], 0);
    assert_eq!(typed(&audit).exits(0).json()["contents"]["read_before"], 70);
    typed(&format!("audit {url} --policy {policy} {kept}")).exits(64);
    typed(&format!(
        "audit {url} --policy {policy} --since {out}/checkpoint"
    ))
    .exits(0);
    let shown = typed(&format!("org show --from {url} --policy {policy}")).exits(0);
    for org in [
        "demo-field-team",
        "demo-evidence-office",
        "demo-court-registry",
    ] {
        prints(&shown.stdout, org);
    }
    let early = typed(&format!("org show --at 0 --from {url} --policy {policy}")).exits(0);
    prints(&early.stdout, "no organisation");
    assert_eq!(daemon.terminate(), 0, "SIGTERM drains and ends with 0");
}

fn a_server_is_alone_on_its_folder_and_its_port(ledger: &Path) {
    let daemon = Daemon::start(ledger);
    let folder = ledger.display();
    let second = typed(&format!("serve --dir {folder} --listen 127.0.0.1:0")).exits(2);
    prints(&second.stderr, "another process");
    let export = typed(&format!("export --dir {folder} --out {folder}-export")).exits(2);
    prints(&export.stderr, "another process");
    let address = daemon.url.trim_start_matches("http://");
    let other = ledger.with_file_name("other");
    let other = other.display();
    typed(&format!("init --dir {other} --origin other.test")).exits(0);
    let used = typed(&format!("serve --dir {other} --listen {address}")).exits(2);
    prints(&used.stderr, address);
}

fn a_stopped_ledger_can_be_exported(ledger: &Path, policy: &str) {
    let out = ledger.with_file_name("export-3");
    let (ledger, out) = (ledger.display(), out.display());
    typed(&format!("export --dir {ledger} --out {out}")).exits(0);
    typed(&format!("export --dir {ledger} --out {out}")).exits(0);
    typed(&format!("audit {out} --policy {policy}")).exits(0);
    let into_ledger = typed(&format!("export --dir {ledger} --out {ledger}")).exits(2);
    prints(&into_ledger.stderr, "something else");
}

#[test]
fn a_record_is_submitted_once_and_proved_for_ever() {
    let (world, daemon) = World::start();
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    let from = format!("--from {} --policy {}", daemon.url, world.policy());
    let (one, two) = (
        world.signed("statement", "one"),
        world.signed("wreckage-finding", "two"),
    );
    let first = typed(&format!("submit {one} {two} {to} --json"))
        .exits(0)
        .json();
    assert_eq!(first["submitted"][0]["index"], 3);
    assert_eq!(first["submitted"][1]["index"], 4);
    let again = typed(&format!("submit {one} {two} {to} --json"))
        .exits(0)
        .json();
    assert_eq!(again["submitted"][1]["already_logged"], true);
    assert_eq!(again["submitted"][1]["index"], 4);
    assert_eq!(again["size"], 5);

    let id = first["submitted"][1]["record_id"].as_str().unwrap();
    let bundle = world.path("bundle.json");
    for which in ["4", id] {
        typed(&format!("prove {which} {from} --out {bundle}")).exits(0);
        let proved = typed(&format!(
            "verify {bundle} --policy {} --json",
            world.policy()
        ));
        assert_eq!(verdict(&proved.exits(0))["index"], 4);
    }
    let beyond = typed(&format!("prove 9 {from} --out {bundle}")).exits(1);
    prints(&beyond.stderr, "INDEX_BEYOND_LOG");
    let absent = typed(&format!("prove {} {from} --out {bundle}", "00".repeat(32))).exits(1);
    prints(&absent.stderr, "RECORD_NOT_FOUND");
    refusals_name_their_reason(&world, &to);
    nothing_is_believed_of_another_ledger(&world, &daemon, &bundle);
    a_revoked_key_signs_no_more(&world, &to, &from);
}

/// Several bad files and a good one: every problem is told, and the good one is logged.
fn refusals_name_their_reason(world: &World, to: &str) {
    let [good, other] = ["good", "other"].map(|name| world.signed("strike-event", name));
    let read =
        |file: &str| -> Value { serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap() };
    // One record with the signature of another.
    let mut broken = read(&other);
    broken["signatures"] = read(&good)["signatures"].clone();
    let bad = world.path("signed/bad.json");
    fs::write(&bad, broken.to_string()).unwrap();
    let missing = world.path("signed/missing.json");
    let ran = typed(&format!("submit {bad} {missing} {to}")).exits(2);
    prints(&ran.stderr, "missing.json");
    let json = typed(&format!("submit {bad} {good} {to} --json"))
        .exits(1)
        .json();
    assert_eq!(json["errors"][0]["reason"], "SIGNATURE_BAD", "{json:#}");
    assert_eq!(json["submitted"].as_array().unwrap().len(), 1, "{json:#}");
    // A draft is not a signed file.
    let ran = typed(&format!("submit {} {to}", world.path("one.toml"))).exits(1);
    prints(&ran.stderr, "NOT_SIGNED");
}

fn nothing_is_believed_of_another_ledger(world: &World, daemon: &Daemon, bundle: &str) {
    let (other, url) = (world.path("other"), &daemon.url);
    typed(&format!("init --dir {other} --origin other.test")).exits(0);
    let ran = typed(&format!(
        "verify {bundle} --policy {other}/trust.policy --json"
    ))
    .exits(2);
    assert_eq!(verdict(&ran)["verdict"], "cannot_tell");
    let ran = typed(&format!(
        "checkpoint --from {url} --policy {other}/trust.policy"
    ));
    assert_ne!(ran.code, 0, "{}", ran.stdout);
    // Signed for another ledger: refused by this one.
    let draft = world.path("elsewhere.toml");
    typed(&format!("record new statement --example --out {draft}")).exits(0);
    let (key, out) = (world.path("device.key"), world.path("elsewhere"));
    let sign = format!("record sign {draft} --key {key} --org field-team --out {out}");
    typed(&format!("{sign} --origin other.test")).exits(0);
    let to = format!("--to {url} --policy {}", world.policy());
    let ran = typed(&format!("submit {out}/elsewhere.signed.json {to}")).exits(1);
    prints(&ran.stderr, "ORIGIN_MISMATCH");
}

fn a_revoked_key_signs_no_more(world: &World, to: &str, from: &str) {
    let shown = typed(&format!("key show {} --json", world.path("device.pub")))
        .exits(0)
        .json();
    let id = shown["key_id"].as_str().unwrap();
    let late = world.signed("custody-transfer", "late");
    let root = world.path("root.key");
    let revoke = format!("org revoke --org field-team --root {root} --key-id {id}");
    let why = "--reason compromised --suspected-since 2024-01-01";
    typed(&format!("{revoke} {why} {to}")).exits(0);
    let ran = typed(&format!("submit {late} {to}")).exits(1);
    prints(&ran.stderr, "KEY_REVOKED");
    let shown = typed(&format!("org show --org field-team {from}")).exits(0);
    prints(&shown.stdout, "revoked by event 3 (compromised)");
    // What it signed before stays verified; that the key is suspect is a remark.
    let bundle = world.path("suspect.json");
    let proved = typed(&format!("prove 4 {from} --out {bundle} --json")).exits(0);
    assert_eq!(verdict(&proved)["verdict"], "verified_with_remarks");
}

#[test]
fn events_can_be_carried_to_a_machine_with_a_network() {
    let (world, daemon) = World::start();
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    let from = format!("--from {} --policy {}", daemon.url, world.policy());
    let shown = typed(&format!("org show {from} --json")).exits(0).json();
    let chain = &shown["organisations"][0];
    let next = chain["seq"].as_u64().unwrap() + 1;
    let head = chain["head"].as_str().unwrap();
    let [root, key, event] = ["root.key", "second.key", "event.json"].map(|name| world.path(name));
    typed(&format!("key new --out {key}")).exits(0);
    let add = format!("org add-key --org field-team --root {root} --role countersign --key {key}");
    typed(&format!("{add} --out {event} --seq {next} --prev {head}")).exits(0);
    typed(&format!("submit {event} {to}")).exits(0);
    let shown = typed(&format!("org show {from}")).exits(0);
    prints(&shown.stdout, "countersign");
    let again = typed(&format!("submit {event} {to}")).exits(0);
    prints(&again.stdout, "already logged");
    // An event that does not follow.
    let late = world.path("late.json");
    typed(&format!("key new --out {}", world.path("third.key"))).exits(0);
    let add = add.replace("second.key", "third.key");
    typed(&format!("{add} --out {late} --seq {next} --prev {head}")).exits(0);
    let ran = typed(&format!("submit {late} {to}")).exits(1);
    prints(&ran.stderr, "KEY_EVENT_OUT_OF_ORDER");
    // A key that only countersigns does not stand alone.
    let draft = world.path("alone.toml");
    typed(&format!("record new statement --example --out {draft}")).exits(0);
    world.sign(&draft, "second.key");
    let alone = world.path("signed/alone.signed.json");
    let ran = typed(&format!("submit {alone} {to}")).exits(1);
    prints(&ran.stderr, "KEY_ROLE_NOT_ALLOWED");
}

#[test]
fn private_keys_are_private_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("device.key");
    let key = path.display();
    typed(&format!("key new --out {key}")).exits(0);
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let again = typed(&format!("key new --out {key}")).exits(2);
    prints(&again.stderr, "never overwritten");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let exposed = typed(&format!("key show {key}")).exits(2);
    prints(&exposed.stderr, "chmod 600");
}

#[test]
fn a_draft_is_told_everything_that_is_wrong_with_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let [blank, good] = ["blank.toml", "good.toml"].map(path);
    typed(&format!("record new wreckage-finding --out {blank}")).exits(0);
    typed(&format!("record new statement --example --out {good}")).exits(0);
    typed(&format!("record check {good}")).exits(0);
    let text = fs::read_to_string(&good).unwrap();
    let text = text
        .replace("504501000", "5045010000")
        .replace("2024-01-02", "2024-13-02");
    let [wrong, broken, latin] = ["wrong.toml", "broken.toml", "latin.toml"].map(path);
    fs::write(&wrong, text.replace("fidelity", "fidellity")).unwrap();
    fs::write(&broken, "titles = [").unwrap();
    fs::write(&latin, b"note = \"\xe9\"").unwrap();
    let files = [blank, wrong, broken, latin].join(" ");
    let ran = typed(&format!("record check {files}")).exits(1);
    for shown in [
        "blank.toml",
        "fidellity",
        "broken.toml",
        "latin.toml: not UTF-8",
    ] {
        prints(&format!("{}{}", ran.stdout, ran.stderr), shown);
    }
    let json = typed(&format!("record check {files} --json"))
        .exits(1)
        .json();
    assert!(json["errors"].as_array().unwrap().len() >= 5, "{json:#}");
}

#[test]
fn bad_calls_end_with_64_and_say_what_was_meant() {
    for line in [
        "",
        "verfy",
        "verify bundle.json",
        "init --dir x",
        "init --dir x --origin a+b",
        "prove twelve --from http://127.0.0.1:1 --policy p --out b",
        "checkpoint --from https://127.0.0.1:1 --policy Cargo.toml",
        "record new rumour",
        "org revoke --org A --key-id 00 --reason lost --root k",
        "export --out x",
        "serve --dir x --listen nowhere",
    ] {
        let ran = typed(line);
        let expected = if line.contains("Cargo.toml") { 2 } else { 64 };
        assert_eq!(ran.code, expected, "{line}: {}{}", ran.stdout, ran.stderr);
        assert!(!ran.stderr.is_empty(), "{line}");
    }
    for line in ["--help", "--version", "org add-key --help"] {
        typed(line).exits(0);
    }
    prints(&typed("completions bash").exits(0).stdout, "witnessmark");
}

#[test]
fn what_cannot_be_read_or_reached_is_never_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let [bundle, bad, ledger, empty] = ["bundle.json", "bad.policy", "ledger", "empty"].map(path);
    fs::write(&bundle, "{}").unwrap();
    fs::write(&bad, "log nonsense\n").unwrap();
    fs::create_dir(&empty).unwrap();
    typed(&format!("init --dir {ledger} --origin ledger.test")).exits(0);
    let policy = format!("{ledger}/trust.policy");
    for (line, code, word) in [
        (
            format!("verify {empty}/none.json --policy {policy}"),
            2,
            "cannot_tell",
        ),
        (
            format!("verify {bundle} --policy {policy}"),
            1,
            "not_verified",
        ),
        (
            format!("verify {bundle}.none --policy {bad}"),
            2,
            "cannot_tell",
        ),
        (
            format!("audit {empty}/none --policy {policy}"),
            2,
            "cannot_tell",
        ),
        (
            format!("audit http://127.0.0.1:1 --policy {policy}"),
            2,
            "cannot_tell",
        ),
    ] {
        let ran = typed(&format!("{line} --json")).exits(code);
        assert_eq!(verdict(&ran)["verdict"], word, "{line}");
    }
    let from = "checkpoint --from http://127.0.0.1:1";
    prints(
        &typed(&format!("{from} --policy {policy}")).exits(2).stderr,
        "127.0.0.1:1",
    );
    prints(
        &typed(&format!("{from} --policy {bad}")).exits(2).stderr,
        "bad.policy",
    );
    // A folder that is not a ledger, and one that is a ledger already.
    let stranger = typed(&format!("serve --dir {empty} --listen 127.0.0.1:0")).exits(2);
    prints(&stranger.stderr, "not a ledger");
    let again = typed(&format!("init --dir {ledger} --origin ledger.test")).exits(2);
    prints(&again.stderr, "is a ledger already");
    fs::write(format!("{empty}/letter.txt"), "dear").unwrap();
    let demo = typed(&format!("demo --dir {empty}")).exits(2);
    prints(&demo.stderr, "not a demonstration");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error_and_a_full_disk_is() {
    let mut child = program()
        .args(["record", "new", "statement", "--example"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), errors.as_ref()), (Some(0), ""));
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else {
        return;
    };
    let output = program()
        .args(["completions", "bash"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    prints(&String::from_utf8_lossy(&output.stderr), "standard output");
}

#[test]
fn names_with_spaces_are_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("my device.key").display().to_string();
    run(["key", "new", "--out", &key]).exits(0);
    run(["key", "show", &key]).exits(0);
}
