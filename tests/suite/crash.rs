//! The daemon is killed with SIGKILL while records arrive. Whatever was acknowledged is there afterwards, at the
//! index that was acknowledged, and every checkpoint that was shown is a beginning of what is shown later.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Daemon, World, program, typed};

/// Records of one cycle. Each cycle submits those of the cycles before it again, and as many new ones.
const CYCLE_RECORDS: usize = 40;

/// Cycles; the last ones only if no kill has cut a submission short yet.
const CYCLES_MAX: usize = 8;

/// Cycles that are always made.
const CYCLES_MIN: usize = 4;

/// How long a commit may take to show before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Signed files, all different.
fn signed_files(world: &World, count: usize) -> Vec<String> {
    let draft = world.path("draft.toml");
    typed(&format!("record new statement --example --out {draft}")).exits(0);
    let text = fs::read_to_string(draft).unwrap();
    fs::create_dir(world.path("drafts")).unwrap();
    let names: Vec<String> = (0..count).map(|number| format!("r{number:03}")).collect();
    let mut drafts = Vec::new();
    for name in &names {
        let file = world.path(&format!("drafts/{name}.toml"));
        fs::write(&file, text.replace("made for practice", name)).unwrap();
        drafts.push(file);
    }
    world.sign(&drafts.join(" "), "device.key");
    let signed = names
        .iter()
        .map(|name| format!("signed/{name}.signed.json"));
    signed.map(|name| world.path(&name)).collect()
}

/// What a submission that may have been cut short has acknowledged: record id to index.
fn acknowledged(json: &Value) -> BTreeMap<String, u64> {
    let submitted = json["submitted"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    submitted
        .iter()
        .map(|one| {
            (
                one["record_id"].as_str().unwrap().to_owned(),
                one["index"].as_u64().unwrap(),
            )
        })
        .collect()
}

/// The line that submits the files and remembers the checkpoints that are shown.
fn submit(files: &[String], daemon: &Daemon, world: &World) -> String {
    format!(
        "submit {} --to {} {} --retry-for 0 --json",
        files.join(" "),
        daemon.url,
        trust(world)
    )
}

fn trust(world: &World) -> String {
    let seen = world.path("seen.checkpoint");
    format!("--policy {} --remember {seen}", world.policy())
}

/// Every acknowledged record is there at its index; the remembered checkpoint fits what is shown.
fn check(known: &BTreeMap<String, u64>, daemon: &Daemon, world: &World) {
    let (url, trust) = (&daemon.url, trust(world));
    let checkpoint = typed(&format!("checkpoint --from {url} {trust} --json"));
    let size = checkpoint.exits(0).json()["size"].as_u64().unwrap();
    for (id, index) in known {
        assert!(
            *index < size,
            "{id} was acknowledged at {index}; the ledger has {size}"
        );
    }
    // A few of them one by one, as a bundle; all of them by submitting again at the end.
    for (id, index) in known.iter().take(3) {
        let out = world.path("bundle.json");
        let proved = typed(&format!(
            "prove {id} --out {out} --from {url} {trust} --json"
        ));
        assert_eq!(proved.exits(0).json()["index"], *index, "record {id}");
    }
    let audit = typed(&format!("audit {url} {trust} --json")).exits(0);
    assert_eq!(audit.json()["verdict"], "verified");
}

/// Waits until the daemon commits something: the anchor beside the store is written with every commit.
fn wait_for_commit(ledger: &str, before: &[u8]) {
    let begin = Instant::now();
    while fs::read(Path::new(ledger).join("anchor")).is_ok_and(|anchor| anchor == before) {
        assert!(begin.elapsed() < PATIENCE, "nothing is committed");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_daemon_is_killed() {
    let (world, mut daemon) = World::start();
    let ledger = world.path("ledger");
    let files = signed_files(&world, CYCLE_RECORDS * CYCLES_MAX);
    let mut known = BTreeMap::new();
    let mut cut_short = 0;
    for cycle in 1..=CYCLES_MAX {
        if cycle > CYCLES_MIN && cut_short > 0 {
            break;
        }
        let files = &files[..cycle * CYCLE_RECORDS];
        let anchor = fs::read(Path::new(&ledger).join("anchor")).unwrap();
        let client = program()
            .args(submit(files, &daemon, &world).split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_for_commit(&ledger, &anchor);
        // Sometimes at once, sometimes between later commits.
        std::thread::sleep(Duration::from_millis(
            u64::try_from(cycle * 7 % 20).unwrap(),
        ));
        daemon.kill();
        let output = client.wait_with_output().unwrap();
        cut_short += usize::from(!output.status.success());
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        for (id, index) in acknowledged(&json) {
            let before = known.insert(id.clone(), index);
            assert!(
                before.is_none_or(|before| before == index),
                "record {id} has moved"
            );
        }
        daemon = Daemon::start(Path::new(&ledger));
        check(&known, &daemon, &world);
    }
    assert!(cut_short > 0, "no kill came before the end of a submission");
    assert!(
        !known.is_empty(),
        "no record was acknowledged before a kill"
    );
    let last = typed(&submit(&files, &daemon, &world)).exits(0).json();
    let all = acknowledged(&last);
    assert_eq!(all.len(), files.len());
    for (id, index) in &known {
        assert_eq!(
            all.get(id),
            Some(index),
            "record {id} was acknowledged at {index}"
        );
    }
    // The charter, two key events, and each record once.
    assert_eq!(last["size"], u64::try_from(files.len() + 3).unwrap());
    check(&all, &daemon, &world);
}

fn copy_folder(from: &str, to: &str) {
    assert!(
        Command::new("cp")
            .args(["-R", from, to])
            .status()
            .unwrap()
            .success()
    );
}

/// An old copy was put back and served: exactly what an operator must never do, or a thief would.
#[test]
fn a_ledger_that_was_rolled_back_is_found_out() {
    let (world, daemon) = World::start();
    let (ledger, old) = (world.path("ledger"), world.path("old"));
    assert_eq!(daemon.terminate(), 0);
    copy_folder(&ledger, &old);
    let daemon = Daemon::start(Path::new(&ledger));
    let record = [world.signed("statement", "later")];
    typed(&submit(&record, &daemon, &world)).exits(0);
    assert_eq!(daemon.terminate(), 0);

    // The whole folder, anchor and all: the server cannot know, whoever remembers a checkpoint does.
    let daemon = Daemon::start(Path::new(&old));
    let line = format!("checkpoint --from {} {}", daemon.url, trust(&world));
    let found_out = typed(&line).exits(1);
    for shown in [
        "MISBEHAVIOUR",
        "ledger.test/one\n4\n",
        "ledger.test/one\n3\n",
    ] {
        assert!(
            found_out.stderr.contains(shown),
            "{shown} in {}",
            found_out.stderr
        );
    }
    assert_eq!(daemon.terminate(), 0);

    // The store alone: the anchor beside it knows better, and nothing is written.
    fs::remove_dir_all(format!("{ledger}/store")).unwrap();
    copy_folder(&format!("{old}/store"), &format!("{ledger}/store"));
    let daemon = Daemon::start(Path::new(&ledger));
    // Said to somebody who has seen nothing; everybody else is told before that it has fewer entries than it has signed for.
    let line = submit(&record, &daemon, &world);
    let seen = format!("--remember {}", world.path("seen.checkpoint"));
    let refused = typed(&line.replace(&seen, "--no-remember")).exits(2);
    assert!(
        refused.stdout.contains("LEDGER_READ_ONLY"),
        "{}",
        refused.stdout
    );
}
