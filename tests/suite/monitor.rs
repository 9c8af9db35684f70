//! `monitor`: what it finds in a real ledger, whom it tells, and what it does when a ledger lies or the monitor is killed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use witnessmark_verifier::{LeafHash, NoteAlgorithm, sha256};

use crate::http::get;
use crate::published::Published;
use crate::support::{Daemon, Ran, World, program, typed};
use crate::witness::log::{Log, ORIGIN, vkey};

/// How long something may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// A configuration in a folder, next to `trust.policy`.
struct Place<'a> {
    folder: &'a Path,
}

impl Place<'_> {
    fn configure(&self, url: &str, rest: &str) {
        let text = format!(
            "dir = \"monitor\"\nevery_s = 1\n[[ledger]]\nname = \"main\"\nurl = \"{url}\"\npolicy = \"trust.policy\"\n{rest}"
        );
        fs::write(self.folder.join("monitor.toml"), text).unwrap();
    }

    fn config(&self) -> String {
        self.folder.join("monitor.toml").display().to_string()
    }

    fn once(&self) -> Ran {
        typed(&format!("monitor --config {} --once", self.config()))
    }

    fn alerts(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.join("monitor/alerts.jsonl"));
        let text = text.unwrap_or_default();
        // A line that a kill has cut does not count.
        let text = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn rules(&self) -> Vec<String> {
        let rules = self
            .alerts()
            .into_iter()
            .map(|alert| alert["rule"].as_str().unwrap().to_owned());
        rules.collect()
    }

    fn start(&self, rest: &[&str]) -> Running {
        let mut child = program()
            .args(["monitor", "--config", &self.config()])
            .args(rest)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        Running {
            child,
            lines: BufReader::new(stdout),
        }
    }
}

/// A running monitor; killed when dropped.
struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn copy_folder(from: &str, to: &str) {
    let status = std::process::Command::new("cp")
        .args(["-r", from, to])
        .status();
    assert!(status.unwrap().success());
}

/// A stopped ledger with one record, its export, and a server of that.
fn published() -> (World, Published) {
    let (world, daemon) = World::start();
    fs::copy(world.policy(), world.path("trust.policy")).unwrap();
    add(&world, &daemon, "one");
    assert_eq!(daemon.terminate(), 0);
    export(&world, "ledger", "export");
    let server = Published::start(world.path("export"));
    (world, server)
}

fn add(world: &World, daemon: &Daemon, name: &str) {
    let (signed, policy) = (world.signed("statement", name), world.path("trust.policy"));
    typed(&format!(
        "submit {signed} --to {} --policy {policy}",
        daemon.url
    ))
    .exits(0);
}

fn export(world: &World, ledger: &str, out: &str) {
    let (ledger, out) = (world.path(ledger), world.path(out));
    typed(&format!("export --dir {ledger} --out {out}")).exits(0);
}

/// The ledger and a copy of it each take another record: one history more than there may be.
fn fork(world: &World) {
    copy_folder(&world.path("ledger"), &world.path("twin"));
    for (ledger, name, out) in [("ledger", "mine", "export"), ("twin", "theirs", "forked")] {
        let daemon = Daemon::start(Path::new(&world.path(ledger)));
        add(world, &daemon, name);
        assert_eq!(daemon.terminate(), 0);
        export(world, ledger, out);
    }
}

#[test]
fn a_brand_a_name_and_a_contradiction_are_found_among_the_demonstrations_records() {
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    typed(&format!("demo --dir {}", demo.display())).exits(0);
    fs::copy(
        demo.join("trust.policy"),
        folder.path().join("trust.policy"),
    )
    .unwrap();
    let daemon = Daemon::start(&demo.join("ledger"));
    let place = Place {
        folder: folder.path(),
    };
    place.configure(
        &daemon.url,
        "[watch]\nbrands = [\"ANALOG-DEVICES\"]\ndesignations = [\"Hwasong-11Ga\"]\n\
         organisations = [\"demo-evidence-office\", \"demo-field-team\"]\nkey_events = true\n",
    );
    typed(&format!("monitor --config {} --check", place.config())).exits(0);
    let ran = place.once().exits(0);
    assert!(ran.stdout.contains("main: verified"), "{}", ran.stdout);
    let alerts = place.alerts();
    let of = |rule: &str| {
        alerts
            .iter()
            .filter(|it| it["rule"] == rule)
            .collect::<Vec<_>>()
    };
    let [brand] = of("brand")[..] else {
        panic!("{:?}", of("brand"));
    };
    assert!(
        brand["words"].as_str().unwrap().contains("Analog Devices"),
        "{brand}"
    );
    assert!(
        brand["record"].is_string() && brand["index"].is_u64(),
        "{brand}"
    );
    for rule in [
        "contradicted",
        "designation",
        "key_used",
        "new_organisation",
        "key_event",
    ] {
        assert!(!of(rule).is_empty(), "{rule}: {:?}", place.rules());
    }
    // A second look has nothing to tell, and no two alerts are the same.
    place.once().exits(0);
    assert_eq!(place.alerts(), alerts);
    let mut ids: Vec<_> = alerts.iter().map(|it| it["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), alerts.len());
}

#[test]
fn a_fork_and_a_ledger_that_was_set_back_are_told_once_and_written_down() {
    let (world, server) = published();
    let place = Place {
        folder: world.folder.path(),
    };
    place.configure(&server.url, "");
    copy_folder(&world.path("export"), &world.path("older"));
    fork(&world);
    place.once().exits(0);
    assert_eq!(place.rules(), Vec::<String>::new());
    server.show(world.path("forked"));
    for _ in 0..2 {
        let ran = place.once().exits(3);
        assert!(ran.stderr.contains("[MISBEHAVIOUR]"), "{}", ran.stderr);
    }
    server.show(world.path("older"));
    for _ in 0..2 {
        place.once().exits(1);
    }
    assert_eq!(place.rules(), ["misbehaviour", "older_checkpoint"]);
    let files: Vec<_> = fs::read_dir(world.path("monitor/main/misbehaviour"))
        .unwrap()
        .collect();
    assert_eq!(files.len(), 2);
    let kept = fs::read(world.path("monitor/main/log/checkpoint")).unwrap();
    assert_eq!(kept, fs::read(world.path("export/checkpoint")).unwrap());
    server.show(world.path("export"));
    place.once().exits(0);
}

#[test]
fn what_a_witness_has_is_compared_and_a_ledger_that_hides_entries_is_told_of() {
    let (world, server) = published();
    copy_folder(&world.path("export"), &world.path("older"));
    fork(&world);
    // What the monitoring endpoint of a witness shows is a signed note.
    let witness = Published::start(world.path("none"));
    let path = format!("{}/checkpoint", sha256(b"ledger.test/one"));
    let shows = |name: &str| {
        let (note, path) = (fs::read(world.path(name)).unwrap(), path.clone());
        witness.rule(move |asked, _| (asked == path).then(|| (200, String::new(), note.clone())));
    };
    let place = Place {
        folder: world.folder.path(),
    };
    place.configure(&server.url, &format!("witnesses = [\"{}\"]\n", witness.url));
    server.show(world.path("older"));
    shows("older/checkpoint");
    place.once().exits(0);
    server.show(world.path("export"));
    shows("forked/checkpoint");
    place.once().exits(3);
    assert_eq!(place.rules(), ["misbehaviour"]);
    // The ledger hides its newest record from us; a witness has it.
    fs::remove_dir_all(world.path("monitor")).unwrap();
    server.show(world.path("older"));
    shows("export/checkpoint");
    place.once().exits(0);
    let running = place.start(&[]);
    wait_until("the witness is ahead", || {
        place.rules() == ["witness_ahead"]
    });
    drop(running);
    witness.rule(|_, _| Some((500, String::new(), Vec::new())));
    server.show(world.path("export"));
    let ran = place.once().exits(2);
    assert!(ran.stderr.contains("[WITNESS]"), "{}", ran.stderr);
}

#[test]
fn a_webhook_that_fails_twice_and_a_program_get_every_alert_also_after_a_kill() {
    let (world, server) = published();
    let place = Place {
        folder: world.folder.path(),
    };
    let hook = Published::start(world.path("none"));
    let (taken, failures) = (
        Arc::new(Mutex::new(Vec::new())),
        Arc::new(Mutex::new(u32::MAX)),
    );
    let (posted, left) = (Arc::clone(&taken), Arc::clone(&failures));
    hook.rule(move |path, body| {
        assert_eq!(path, "hook");
        let mut left = left.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            return Some((503, String::new(), Vec::new()));
        }
        posted.lock().unwrap().push(body.to_vec());
        Some((204, String::new(), Vec::new()))
    });
    let told = world.path("told");
    let program = world.path("tell.sh");
    fs::write(
        &program,
        format!("read line; printf '%s\\n' \"$line\" >> {told}\n"),
    )
    .unwrap();
    let alert = format!(
        "[alert]\nwebhook = \"{}/hook\"\ncommand = [\"sh\", \"{program}\"]\n",
        hook.url
    );
    place.configure(
        &server.url,
        &format!("[watch]\norganisations = [\"field-team\"]\n{alert}"),
    );
    let running = place.start(&[]);
    wait_until("the webhook fails", || *failures.lock().unwrap() < u32::MAX);
    wait_until("the program is told", || fs::read_to_string(&told).is_ok());
    drop(running);
    assert!(taken.lock().unwrap().is_empty());
    *failures.lock().unwrap() = 2;
    place.once().exits(0);
    let journal = fs::read_to_string(world.path("monitor/alerts.jsonl")).unwrap();
    assert_eq!(place.rules(), ["key_event", "key_event", "key_used"]);
    let posted: Vec<String> = taken
        .lock()
        .unwrap()
        .iter()
        .map(|it| String::from_utf8(it.clone()).unwrap())
        .collect();
    assert_eq!(posted.concat(), journal);
    let told = fs::read_to_string(&told).unwrap();
    for line in journal.lines() {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert_eq!(*failures.lock().unwrap(), 0);
}

#[test]
fn one_monitor_at_a_time_tells_of_silence_and_of_damage_and_offers_its_numbers() {
    let (world, server) = published();
    let place = Place {
        folder: world.folder.path(),
    };
    place.configure(&server.url, "silence_s = 1\n");
    let mut running = place.start(&["--metrics", "127.0.0.1:0"]);
    let mut line = String::new();
    running.lines.read_line(&mut line).unwrap();
    let url = format!(
        "http://{}",
        line.trim_end().strip_prefix("metrics on ").unwrap()
    );
    let number = |name: &str| {
        let text = get(&url, "/metrics").is(200).text().to_owned();
        let line = format!("witnessmark_monitor_{name}{{ledger=\"main\"}} ");
        text.lines()
            .find_map(|it| it.strip_prefix(&line))
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    wait_until("it has looked", || number("last_good_look_seconds") > 0);
    assert_eq!((number("entries"), number("state")), (4, 0));
    place.once().exits(2);
    wait_until("silence is told", || place.rules() == ["silence"]);
    // The next entries are not what was signed.
    server.rule(|path, _| {
        path.contains("entries")
            .then(|| (200, String::new(), vec![0; 9]))
    });
    fork(&world);
    wait_until("damage is told", || {
        place.rules() == ["silence", "not_verified"]
    });
    wait_until("the numbers say so", || number("state") == 1);
    server.rule(|_, _| None);
    wait_until("it goes on", || number("entries") == 5);
    let id = running.child.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_real_witness_vouches_for_a_ledger_and_has_what_is_hidden_from_the_monitor() {
    let (world, daemon) = World::start();
    assert_eq!(daemon.terminate(), 0);
    export(&world, "ledger", "older");
    let dir = world.path("w1");
    let made = typed(&format!(
        "witness init --name w1.example --dir {dir} --json"
    ));
    let vkey = made.exits(0).json()["vkey"].as_str().unwrap().to_owned();
    typed(&format!(
        "witness add-log --dir {dir} --policy {}",
        world.policy()
    ))
    .exits(0);
    let witness = Daemon::start_witness(Path::new(&dir));
    let toml = world.path("ledger/ledger.toml");
    let asked = format!(
        "\n[[witness]]\nurl = \"{}\"\nvkey = \"{vkey}\"\n\n[witnesses]\nquorum = 1\nidle_seconds = 1\n",
        witness.url
    );
    fs::write(&toml, fs::read_to_string(&toml).unwrap() + &asked).unwrap();
    let plain = fs::read_to_string(world.policy()).unwrap();
    let log = plain.lines().find(|line| line.starts_with("log ")).unwrap();
    let policy = world.path("trust.policy");
    fs::write(&policy, format!("{log}\nwitness w1 {vkey}\nquorum w1\n")).unwrap();

    let daemon = Daemon::start(Path::new(&world.path("ledger")));
    add(&world, &daemon, "one");
    let place = Place {
        folder: world.folder.path(),
    };
    let watched = format!("witnesses = [\"{}\"]\n", witness.url);
    place.configure(&daemon.url, &watched);
    wait_until("the witnessed checkpoint is verified", || {
        let ran = place.once();
        ran.code == 0 && ran.stdout.contains("(4 entries)")
    });
    let note = fs::read_to_string(world.path("monitor/main/log/checkpoint")).unwrap();
    assert!(note.contains("\u{2014} w1.example "), "{note}");
    assert_eq!(place.rules(), Vec::<String>::new());

    // Somebody who asks for no witness is shown an older tree.
    fs::remove_dir_all(world.path("monitor")).unwrap();
    fs::write(&policy, plain).unwrap();
    let older = Published::start(world.path("older"));
    place.configure(&older.url, &watched);
    let running = place.start(&[]);
    wait_until("the witness is ahead", || {
        place.rules() == ["witness_ahead"]
    });
    drop(running);
}

#[test]
fn entries_that_the_log_signed_and_no_organisation_did_fail_the_audit_and_are_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new("abc");
    let leaves = log.leaves.iter();
    let tile: Vec<u8> = leaves
        .flat_map(|leaf| *LeafHash::of(&[*leaf]).hash().as_bytes())
        .collect();
    let export = folder.path().join("export");
    for (name, bytes) in [
        ("tile/0/000.p/3", tile),
        ("tile/entries/000.p/3", b"\0\x01a\0\x01b\0\x01c".to_vec()),
        ("checkpoint", log.sign(&log.text(3)).into_bytes()),
    ] {
        let path = export.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let key = vkey(ORIGIN, 1, NoteAlgorithm::Ed25519);
    fs::write(
        folder.path().join("trust.policy"),
        format!("log {key}\nquorum none\n"),
    )
    .unwrap();
    let server = Published::start(export);
    let place = Place {
        folder: folder.path(),
    };
    place.configure(&server.url, "");
    for _ in 0..2 {
        let ran = place.once().exits(1);
        assert!(ran.stderr.contains("[NOT_VERIFIED]"), "{}", ran.stderr);
    }
    assert_eq!(place.rules(), ["not_verified"]);
}

/// The records of ours that were told of.
fn indexes(alerts: &[Value]) -> BTreeSet<u64> {
    let of_record = alerts.iter().filter(|alert| alert["rule"] == "key_used");
    of_record
        .map(|alert| alert["index"].as_u64().unwrap())
        .collect()
}

#[test]
fn a_monitor_killed_at_any_moment_tells_of_every_record() {
    let (world, daemon) = World::start();
    fs::copy(world.policy(), world.path("trust.policy")).unwrap();
    let (key, policy) = (world.path("device.key"), world.path("trust.policy"));
    let to = format!("--to {} --policy {policy}", daemon.url);
    typed(&format!(
        "bench {to} --org field-team --key {key} --records 1200"
    ))
    .exits(0);
    let place = Place {
        folder: world.folder.path(),
    };
    let watch = "[watch]\norganisations = [\"field-team\"]\n";
    place.configure(&daemon.url, watch);
    let path = world.path("monitor/main/position.json");
    let next = || {
        let position = fs::read(&path).ok()?;
        let position: Value = serde_json::from_slice(&position).unwrap();
        position["next"].as_u64()
    };
    for round in 0..25_u64 {
        let running = place.start(&[]);
        if round % 5 == 0 {
            std::thread::sleep(Duration::from_millis(30 + round * 29));
        } else {
            // The moment at which something counts as seen is the one at which an alert could be lost.
            let (before, begin) = (next(), Instant::now());
            while next() == before && begin.elapsed() < PATIENCE {}
        }
        drop(running);
        let seen = next().unwrap_or(0);
        let told: BTreeSet<u64> = indexes(&place.alerts());
        assert!((3..seen).all(|index| told.contains(&index)), "{seen}");
        if seen == 1203 {
            fs::remove_dir_all(world.path("monitor")).unwrap();
        }
    }
    place.once().exits(0);
    let alerts = place.alerts();
    assert_eq!(indexes(&alerts), (3..1203).collect());
    // What was told again has the id that it had before.
    let ids: BTreeSet<&str> = alerts
        .iter()
        .map(|alert| alert["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 1202);
}
