//! Threads of the demonstration's records, and the rules for links, on the real daemon.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Daemon, Ran, World, typed};

/// The first record of the demonstration: before it come the charter and nine key events.
const FIRST: u64 = 10;

/// The demonstration's ledger, served.
struct Demo {
    folder: tempfile::TempDir,
    daemon: Daemon,
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("demo");
        typed(&format!("demo --dir {}", dir.display())).exits(0);
        let daemon = Daemon::start(&dir.join("ledger"));
        Self { folder, daemon }
    }

    fn thread(&self, which: impl std::fmt::Display, options: &str) -> Ran {
        let policy = self.folder.path().join("demo/trust.policy");
        let (url, policy) = (&self.daemon.url, policy.display());
        typed(&format!(
            "thread {which} --from {url} --policy {policy} {options}"
        ))
    }

    fn json(&self, which: impl std::fmt::Display, options: &str) -> Value {
        self.thread(which, &format!("{options} --json"))
            .exits(0)
            .json()
    }
}

/// Where the demonstration logs the record with this name.
#[track_caller]
fn index(demo_id: &str) -> u64 {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo-records.jsonl");
    let data = fs::read_to_string(data).unwrap();
    let lines = data
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let place = lines
        .zip(FIRST..)
        .find(|(line, _)| line["demo_id"] == demo_id);
    place.expect("the record is among the data").1
}

fn indexes(thread: &Value) -> BTreeSet<u64> {
    let records = thread["records"].as_array().unwrap().iter();
    records
        .map(|record| record["index"].as_u64().unwrap())
        .collect()
}

/// Which of `names` are in the thread.
fn holds<const N: usize>(thread: &Value, names: [&str; N]) -> [bool; N] {
    let there = indexes(thread);
    names.map(|name| there.contains(&index(name)))
}

#[track_caller]
pub(crate) fn prints(text: &str, shown: &str) {
    assert!(text.contains(shown), "`{shown}` in:\n{text}");
}

#[test]
fn the_demonstration_is_read_by_subject() {
    let demo = Demo::start();
    rival_tolls_stand_side_by_side(&demo);
    as_of_an_earlier_size_later_claims_are_absent(&demo);
    contradictions_come_first(&demo);
    corroborations_are_judged(&demo);
    custody_is_told_step_by_step(&demo);
    nothing_is_missing_when_the_whole_log_is_read(&demo);
    what_cannot_be_shown_is_refused_with_a_reason(&demo);
}

fn rival_tolls_stand_side_by_side(demo: &Demo) {
    let (first, second) = (
        index("strike-khk-2024-01-02"),
        index("strike-khk-2024-01-02-opg"),
    );
    let thread = demo.json(first, "");
    let table = &thread["figures"][0];
    let said = |place: usize, label: &str| table["claims"][place]["values"][label].clone();
    let (killed, injured) = ("Casualties, killed", "Casualties, injured");
    assert_eq!([said(0, killed), said(0, injured)], ["2", "62"]);
    assert_eq!([said(1, killed), said(1, injured)], ["3", "64"]);
    assert_eq!(table["claims"].as_array().unwrap().len(), 2, "{table:#}");
    for compared in table["comparisons"].as_array().unwrap() {
        assert_eq!(compared["differs"], true);
        assert_eq!(
            [&compared["earliest"], &compared["latest"]],
            [first, second]
        );
    }
    // Each with who claims it and who signed it, and with the time that is its own.
    let text = demo.thread(first, "").exits(0).stdout;
    let row = |name: &str| {
        let mut lines = text.lines().filter(|line| line.contains(name));
        lines
            .find(|line| line.contains("demo-evidence-office"))
            .unwrap()
            .to_owned()
    };
    let row = |name: &str| row(name).split_whitespace().collect::<Vec<_>>().join(" ");
    prints(
        &row("Prosecutor's Office"),
        "demo-evidence-office 2024-01-06 2 62",
    );
    prints(&text, "2024-02-16  3");
    for label in [
        "Registered by the ledger",
        "Signed at",
        "Occurred",
        "Reported",
    ] {
        prints(&text, label);
    }
    // The figures of another strike of the thread are not among them.
    assert_eq!(
        holds(&thread, ["strike-khk-2024-02-07", "wreck-khk-car"]),
        [true, true]
    );
    // By record id, it is the same.
    let by_id = demo.json(thread["record_id"].as_str().unwrap(), "");
    assert_eq!(by_id, thread);
}

fn as_of_an_earlier_size_later_claims_are_absent(demo: &Demo) {
    let (first, second) = (
        index("strike-khk-2024-01-02"),
        index("strike-khk-2024-01-02-opg"),
    );
    let before = demo.json(first, &format!("--at {second}"));
    assert_eq!(before["size"], second);
    assert_eq!(
        holds(&before, ["strike-khk-2024-01-02-opg", "wreck-khk-car"]),
        [false, false]
    );
    assert_eq!(before["figures"], Value::Array(Vec::new()));
    assert_eq!(before["notices"], Value::Array(Vec::new()));
    let after = demo.json(first, &format!("--at {}", second + 1));
    assert_eq!(indexes(&after), BTreeSet::from([first, second]));
    assert_eq!(
        after["figures"][0]["claims"][1]["values"]["Casualties, killed"],
        "3"
    );
}

fn contradictions_come_first(demo: &Demo) {
    let text = demo
        .thread(index("strike-brovary-2024-08-11"), "")
        .exits(0)
        .stdout;
    let (by, on) = (
        index("stmt-yermak-2024-08-11"),
        index("strike-brovary-2024-08-11"),
    );
    let contradiction = format!("entry {by}: contradicts entry {on}");
    prints(&text, &contradiction);
    assert!(text.find(&contradiction) < text.find("RECORDS, IN THE ORDER"));
    let own = format!(
        "entry {}: contradicts entry {by}",
        index("stmt-zelensky-2024-08-11")
    );
    prints(&text, &own);
}

fn corroborations_are_judged(demo: &Demo) {
    let thread = demo.json(index("wreck-khk-car"), "");
    let judged = &thread["corroborations"][0];
    assert_eq!(
        [&judged["by"], &judged["of"]],
        [index("wreck-khk-poe"), index("wreck-khk-car")]
    );
    // The demonstration's field team transcribed both.
    assert_eq!(judged["nothing_against_independence"], false);
    prints(
        &judged["reasons"].to_string(),
        "both are signed by demo-field-team",
    );
    let text = demo.thread(index("wreck-khk-car"), "").exits(0).stdout;
    prints(
        &text,
        "NOT INDEPENDENT, because both are signed by demo-field-team",
    );
}

fn custody_is_told_step_by_step(demo: &Demo) {
    let thread = demo.json(index("ship-courageous-2019"), "");
    let chain = &thread["custody"][0];
    let steps = chain["steps"].as_array().unwrap().iter();
    let steps: Vec<&str> = steps.map(|step| step["when"].as_str().unwrap()).collect();
    assert_eq!(steps.first(), Some(&"2020-03"));
    assert!(steps.is_sorted(), "{steps:?}");
    assert_eq!(chain["breaks"][0]["kind"], "no_holder");
    let text = demo
        .thread(index("ship-wisehonest-2018"), "")
        .exits(0)
        .stdout;
    prints(&text, "from vessel Wise Honest to vessel Dong Thanh");
    prints(&text, "from Indonesian authorities to United States");
    prints(&text, "each item is judged alone");
}

fn nothing_is_missing_when_the_whole_log_is_read(demo: &Demo) {
    for name in ["strike-khk-2024-01-02", "ship-angara-2023-09"] {
        for at in ["", "--at 50"] {
            let mut asked = demo.json(index(name), at);
            let read = demo.json(index(name), &format!("{at} --whole-log"));
            assert_eq!([&asked["complete"], &read["complete"]], [false, true]);
            asked["complete"] = true.into();
            assert_eq!(asked, read);
        }
    }
}

fn what_cannot_be_shown_is_refused_with_a_reason(demo: &Demo) {
    let strike = index("strike-khk-2024-01-02");
    let before = demo.thread(strike, &format!("--at {strike}")).exits(1);
    prints(&before.stderr, "INDEX_BEYOND_LOG");
    prints(
        &demo.thread(strike, "--at 71").exits(1).stderr,
        "SIZE_BEYOND_LOG",
    );
    prints(&demo.thread(3, "").exits(1).stderr, "RECORD_NOT_FOUND");
    prints(
        &demo.thread("00".repeat(32), "").exits(1).stderr,
        "RECORD_NOT_FOUND",
    );
    demo.thread(strike, "--at 0").exits(64);
}

/// A ledger with a second organisation, `other-team`.
pub(crate) struct Linked {
    pub(crate) world: World,
    pub(crate) daemon: Daemon,
}

impl Linked {
    pub(crate) fn start() -> Self {
        let (world, daemon) = World::start();
        let [root, device] = ["other-root.key", "other.key"].map(|name| world.path(name));
        let org = format!("--org other-team --root {root}");
        let to = format!("--to {} --policy {}", daemon.url, world.policy());
        let registrar = world.path("ledger/keys/registrar.key");
        typed(&format!("key new --out {root}")).exits(0);
        typed(&format!("key new --out {device}")).exits(0);
        typed(&format!("org genesis {org} --registrar {registrar} {to}")).exits(0);
        typed(&format!("org add-key {org} --key {device} {to}")).exits(0);
        Self { world, daemon }
    }

    /// Signs a new statement with links, each a relation and a record id.
    fn sign(&self, org: &str, name: &str, links: &[(&str, &str)]) -> String {
        let draft = self.world.path(&format!("{name}.toml"));
        typed(&format!("record new statement --example --out {draft}")).exits(0);
        let mut text = fs::read_to_string(&draft).unwrap();
        for (rel, target) in links {
            write!(
                text,
                "\n[[links]]\nrel = \"{rel}\"\ntarget = \"{target}\"\n"
            )
            .unwrap();
        }
        fs::write(&draft, text).unwrap();
        self.sign_draft(org, name, &draft)
    }

    /// Signs a draft that is given as JSON.
    #[track_caller]
    pub(crate) fn sign_json(&self, org: &str, name: &str, draft: &Value) -> String {
        let path = self.world.path(&format!("{name}.json"));
        fs::write(&path, draft.to_string()).unwrap();
        self.sign_draft(org, name, &path)
    }

    #[track_caller]
    fn sign_draft(&self, org: &str, name: &str, draft: &str) -> String {
        let key = if org == "field-team" {
            "device.key"
        } else {
            "other.key"
        };
        let (key, out) = (self.world.path(key), self.world.path("signed"));
        let policy = self.world.policy();
        let rest = format!("--key {key} --org {org} --policy {policy} --out {out}");
        typed(&format!("record sign {draft} {rest}")).exits(0);
        self.world.path(&format!("signed/{name}.signed.json"))
    }

    /// The thread of a record, for programs.
    #[track_caller]
    pub(crate) fn thread(&self, which: &str, options: &str) -> Value {
        let json = format!("{options} --json");
        serde_json::from_str(&self.thread_text(which, &json)).unwrap()
    }

    /// The thread of a record, for people.
    #[track_caller]
    pub(crate) fn thread_text(&self, which: &str, options: &str) -> String {
        let (url, policy) = (&self.daemon.url, self.world.policy());
        typed(&format!(
            "thread {which} --from {url} --policy {policy} {options}"
        ))
        .exits(0)
        .stdout
    }

    pub(crate) fn submit(&self, files: &str) -> Ran {
        let (url, policy) = (&self.daemon.url, self.world.policy());
        typed(&format!(
            "submit {files} --to {url} --policy {policy} --json"
        ))
    }

    /// The codes of the warnings that a record is answered with.
    #[track_caller]
    pub(crate) fn warned(&self, files: &str) -> Vec<String> {
        let answer = self.submit(files).exits(0).json();
        let submitted = answer["submitted"].as_array().unwrap().iter();
        let warnings = submitted.flat_map(|one| one["warnings"].as_array().unwrap());
        let codes = warnings.map(|it| format!("{} {}", it["code"], it["path"]).replace('"', ""));
        codes
            .filter(|code| code.contains("-LINK-") || code.contains("-CORRECT-"))
            .collect()
    }

    #[track_caller]
    fn refused(&self, file: &str, code: &str) {
        let ran = self.submit(file).exits(1);
        let errors = ran.json()["errors"].to_string();
        prints(&errors, "RECORD_INVALID");
        prints(&errors, code);
        prints(&errors, "links[");
    }
}

/// The record id of a signed file.
pub(crate) fn id(file: &str) -> String {
    let shown = typed(&format!("record show {file} --json")).exits(0).json();
    shown["record_id"].as_str().unwrap().to_owned()
}

#[test]
fn links_are_judged_against_what_the_ledger_has() {
    let linked = Linked::start();
    let nobody = "ee".repeat(32);
    let lonely = linked.sign("field-team", "lonely", &[("about", &nobody)]);
    assert_eq!(linked.warned(&lonely), ["W-LINK-TARGET links[0].target"]);

    // A target in the same batch, before the record that links to it, is there.
    let target = linked.sign("field-team", "target", &[]);
    let about = linked.sign("field-team", "about", &[("about", &id(&target))]);
    assert_eq!(linked.warned(&format!("{target} {about}")), [""; 0]);

    for rel in ["corrects", "withdraws", "supersedes"] {
        let foreign = linked.sign("other-team", rel, &[(rel, &id(&target))]);
        linked.refused(&foreign, "E-CORRECT-OWNER");
    }
    let denial = linked.sign("other-team", "denial", &[("contradicts", &id(&target))]);
    assert_eq!(linked.warned(&denial), [""; 0]);
    let own = linked.sign("field-team", "own", &[("withdraws", &id(&target))]);
    // Another subject: the form made a new thread id.
    assert_eq!(linked.warned(&own), ["W-CORRECT-THREAD links[0]"]);

    let whole = linked.sign("field-team", "whole", &[("has_part", &id(&target))]);
    assert_eq!(linked.warned(&whole), [""; 0]);
    let links = [("part_of", id(&target)), ("has_part", id(&whole))];
    let links = links
        .each_ref()
        .map(|(rel, target)| (*rel, target.as_str()));
    let circle = linked.sign("field-team", "circle", &links);
    linked.refused(&circle, "E-LINK-CYCLE");
}

#[test]
fn a_withdrawal_by_another_organisation_that_came_first_is_found_late() {
    let linked = Linked::start();
    let target = linked.sign("field-team", "target", &[]);
    let early = linked.sign("other-team", "early", &[("withdraws", &id(&target))]);
    // Nobody can say yet whose the target is.
    assert_eq!(linked.warned(&early), ["W-LINK-TARGET links[0].target"]);
    assert_eq!(linked.warned(&target), [""; 0]);
    let from = format!(
        "--from {} --policy {}",
        linked.daemon.url,
        linked.world.policy()
    );
    let thread = typed(&format!("thread {} {from} --json", id(&target)))
        .exits(0)
        .json();
    assert_eq!(thread["notices"][0]["valid"], false);
    assert_eq!(thread["problems"][0]["code"], "E-CORRECT-OWNER");
    let text = typed(&format!("thread {} {from}", id(&target)))
        .exits(0)
        .stdout;
    prints(&text, "NO EFFECT");
    // Before the target came, its place in the thread is empty, and that is said.
    let size = thread["records"][1]["index"].as_u64().unwrap();
    let before = typed(&format!("thread {} {from} --at {size} --json", id(&early)))
        .exits(0)
        .json();
    assert_eq!(before["problems"][0]["code"], "W-LINK-TARGET");
}
