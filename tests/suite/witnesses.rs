//! A ledger and its witnesses, all of them real processes; and witnesses that lie.

mod guard;
mod liar;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use self::liar::{Liar, Lie};
use crate::support::{Daemon, Ran, World, program, typed};

/// How long something may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// A witness of its own folder, which listens at the same address each time.
struct Witness {
    dir: String,
    vkey: String,
    address: String,
    running: Option<Daemon>,
}

impl Witness {
    /// Makes the witness `name` of the world's ledger, and starts it.
    fn start(world: &World, name: &str) -> Self {
        let dir = world.path(name);
        let made = typed(&format!(
            "witness init --name {name}.example --dir {dir} --json"
        ));
        let vkey = made.exits(0).json()["vkey"].as_str().unwrap().to_owned();
        let log = log_key(world);
        typed(&format!("witness add-log --dir {dir} --vkey {log}")).exits(0);
        let running = Daemon::of(&mut serving(&dir, "127.0.0.1:0"));
        let address = running.url.strip_prefix("http://").unwrap().to_owned();
        Self {
            dir,
            vkey,
            address,
            running: Some(running),
        }
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    fn again(&mut self) {
        self.stop();
        self.running = Some(Daemon::of(&mut serving(&self.dir, &self.address)));
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serving(dir: &str, address: &str) -> Command {
    let mut program = program();
    program.args(["witness", "serve", "--dir", dir, "--listen", address]);
    program
}

/// The verifier key of the world's ledger.
fn log_key(world: &World) -> String {
    let policy = fs::read_to_string(world.policy()).unwrap();
    let line = policy.lines().find_map(|line| line.strip_prefix("log "));
    line.unwrap().to_owned()
}

/// The lines of `ledger.toml` that name witnesses by address and key.
fn asked(witnesses: &[(String, &str)], together: &str) -> String {
    let each = witnesses
        .iter()
        .map(|(url, vkey)| format!("\n[[witness]]\nurl = \"{url}\"\nvkey = \"{vkey}\"\n"));
    let each: String = each.collect();
    format!("{each}\n[witnesses]\n{together}\n")
}

impl World {
    /// Stops the ledger, and has it ask these witnesses from its next start on; two of them are a quorum.
    fn ask(&self, daemon: Daemon, witnesses: &[(String, &str)], more: &str) {
        assert_eq!(daemon.terminate(), 0);
        let path = self.path("ledger/ledger.toml");
        let text = fs::read_to_string(&path).unwrap();
        let asked = asked(witnesses, &format!("quorum = 2\nidle_seconds = 1\n{more}"));
        fs::write(path, text + &asked).unwrap();
        let keys: Vec<&str> = witnesses.iter().map(|(_, vkey)| *vkey).collect();
        fs::write(self.path("witnessed.policy"), self.two_of(&keys)).unwrap();
    }

    /// The policy of somebody who asks for two of these witnesses.
    fn two_of(&self, keys: &[&str]) -> String {
        let each = keys.iter().enumerate();
        let lines = each
            .clone()
            .map(|(place, key)| format!("witness w{place} {key}\n"));
        let names = each.map(|(place, _)| format!(" w{place}"));
        let (lines, names): (String, String) = (lines.collect(), names.collect());
        format!("log {}\n{lines}group g 2{names}\nquorum g\n", log_key(self))
    }

    fn serve_ledger(&self) -> Daemon {
        Daemon::start(Path::new(&self.path("ledger")))
    }

    fn submit_to(&self, daemon: &Daemon, name: &str, rest: &str) -> Ran {
        let signed = self.signed("statement", name);
        self.send(daemon, &signed, rest)
    }

    fn send(&self, daemon: &Daemon, signed: &str, rest: &str) -> Ran {
        let (url, policy) = (&daemon.url, self.policy());
        typed(&format!(
            "submit {signed} --to {url} --policy {policy} {rest}"
        ))
    }
}

/// What `/status` says.
fn status(daemon: &Daemon) -> Value {
    let output = Command::new("curl")
        .args(["-sS", "--max-time", "20", &format!("{}/status", daemon.url)])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a path answers: the status, a space, and the body.
fn get(daemon: &Daemon, path: &str) -> String {
    let url = format!("{}{path}", daemon.url);
    let output = Command::new("curl")
        .args([
            "-sS",
            "--max-time",
            "20",
            "-o",
            "-",
            "-w",
            " %{http_code}",
            &url,
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, code) = text.rsplit_once(' ').unwrap();
    format!("{code} {body}")
}

/// Waits until `/status` is as it should be.
#[track_caller]
fn until(daemon: &Daemon, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let begin = Instant::now();
    loop {
        let now = status(daemon);
        if is(&now) {
            return now;
        }
        assert!(begin.elapsed() < PATIENCE, "never {what}: {now:#}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn witnessed_size(status: &Value) -> u64 {
    status["witnesses"]["witnessed_size"].as_u64().unwrap_or(0)
}

/// Three honest witnesses and their addresses.
fn three(world: &World) -> [Witness; 3] {
    ["w1", "w2", "w3"].map(|name| Witness::start(world, name))
}

fn addresses(witnesses: &[Witness]) -> Vec<(String, &str)> {
    let each = witnesses.iter();
    each.map(|it| (it.url(), it.vkey.as_str())).collect()
}

#[test]
fn two_of_three_are_enough_and_a_bundle_says_by_when() {
    let (world, daemon) = World::start();
    let mut witnesses = three(&world);
    world.ask(daemon, &addresses(&witnesses), "");
    witnesses[2].stop();
    let daemon = world.serve_ledger();

    // Who asks for no witness is told so, and may wait for those of the ledger.
    let plain = world.submit_to(&daemon, "one", "").exits(0);
    assert!(
        plain.stdout.contains("asks for no witness"),
        "{}",
        plain.stdout
    );
    let waited = world
        .submit_to(&daemon, "two", "--wait witnessed --json")
        .exits(0);
    let index = waited.json()["index"].as_u64().unwrap();
    assert!(witnessed_size(&status(&daemon)) > index);

    // Who follows the log over HTTP sees what two have cosigned, also just after something was logged.
    let seen = (0..6).map(|number| {
        world
            .submit_to(&daemon, &format!("more{number}"), "")
            .exits(0);
        get(&daemon, "/checkpoint")
    });
    for seen in seen {
        let cosigned = seen.matches("\n\u{2014} w").count();
        assert_eq!(cosigned, 2, "{seen}");
    }

    // Who asks for two of three waits by itself.
    let policy = world.path("witnessed.policy");
    let signed = world.signed("statement", "three");
    let to = format!("--to {} --policy {policy}", daemon.url);
    let sent = typed(&format!("submit {signed} {to} --json"))
        .exits(0)
        .json();
    let one = &sent["submitted"][0];
    assert_eq!(one["cosigned"].as_array().unwrap().len(), 2, "{sent:#}");
    assert!(one["quorum"].as_str().unwrap().starts_with("2 of 3"));
    let wrong = typed(&format!("submit {signed} {to} --wait published")).exits(64);
    assert!(
        wrong.stderr.contains("asks for witnesses"),
        "{}",
        wrong.stderr
    );
    let from = format!("--from {} --policy {policy}", daemon.url);
    typed(&format!("checkpoint {from}")).exits(0);
    typed(&format!(
        "checkpoint --from {} --policy {} --witnessed",
        daemon.url,
        world.policy()
    ))
    .exits(0);

    let index = one["index"].as_u64().unwrap();
    a_bundle_says_by_when(&world, &daemon, (index, &from));

    // The third is back, and is asked again.
    witnesses[2].again();
    let all = |now: &Value| {
        let each = now["witnesses"]["each"].as_array().unwrap();
        each.iter()
            .all(|it| it["last_size"] == now["size"] && it["error"].is_null())
    };
    until(&daemon, "cosigned by all", all);
    assert_eq!(daemon.terminate(), 0);
}

/// A bundle under the policy of two of three says by when; it is in the first checkpoint that covers the record.
fn a_bundle_says_by_when(world: &World, daemon: &Daemon, (index, from): (u64, &str)) {
    let (bundle, policy) = (world.path("bundle.json"), world.path("witnessed.policy"));
    typed(&format!("prove {index} {from} --out {bundle}")).exits(0);
    judged_offline(&bundle, &policy, 0);
    let verdict = typed(&format!("verify {bundle} --policy {policy} --json"))
        .exits(0)
        .json();
    let first = verdict["witnessed_s"].as_u64().unwrap();
    let idle = |now: &Value| now["witnesses"]["witnessed_s"].as_u64().unwrap() > first + 2;
    until(daemon, "cosigned while idle", idle);
    typed(&format!("prove {index} {from} --out {bundle}")).exits(0);
    let verdict = typed(&format!("verify {bundle} --policy {policy} --json"))
        .exits(0)
        .json();
    assert_eq!(verdict["witnessed_s"], first);
    let newest = world.path("newest.json");
    typed(&format!("prove {index} {from} --out {newest} --newest")).exits(0);
    let verdict = typed(&format!("verify {newest} --policy {policy} --json"))
        .exits(0)
        .json();
    assert!(verdict["witnessed_s"].as_u64().unwrap() > first);

    // Without one of the two cosignatures it is not verified under that policy.
    let text = fs::read_to_string(&bundle).unwrap();
    let start = text.find("\u{2014} w1.example ").unwrap();
    let line = &text[start..start + text[start..].find("\\n").unwrap() + 2];
    fs::write(&bundle, text.replace(line, "")).unwrap();
    let verdict = typed(&format!("verify {bundle} --policy {policy} --json")).exits(1);
    assert_eq!(verdict.json()["failed"], "quorum");
    judged_offline(&bundle, &policy, 1);
}

/// The small verifier says the same. It is built with the workspace; alone, the suite has `verify` for it.
#[track_caller]
fn judged_offline(bundle: &str, policy: &str, code: i32) {
    let verifier =
        Path::new(env!("CARGO_BIN_EXE_witnessmark")).with_file_name("witnessmark-verify");
    if verifier.is_file() {
        let mut program = Command::new(verifier);
        program.args(["bundle", bundle, "--policy", policy]);
        assert_eq!(program.output().unwrap().status.code(), Some(code));
    }
}

#[test]
fn witnesses_that_lie_do_not_count_and_are_named() {
    let (world, daemon) = World::start();
    let honest = Witness::start(&world, "w1");
    let stranger = Witness::start(&world, "w2");
    let old = Liar::start(Lie::OldTime);
    let bad = Liar::start(Lie::WrongBytes);
    let late = Liar::start(Lie::FarAhead);
    let foreign = Liar::start(Lie::WrongBytes);
    let witnesses = [
        (honest.url(), honest.vkey.as_str()),
        // It listens where another one should.
        (stranger.url(), foreign.vkey.as_str()),
        (old.url.clone(), old.vkey.as_str()),
        (bad.url.clone(), bad.vkey.as_str()),
        (late.url.clone(), late.vkey.as_str()),
    ];
    world.ask(daemon, &witnesses, "");
    let daemon = world.serve_ledger();
    let errors = [
        ("w1.example", ""),
        (foreign.name.as_str(), "has no cosignature by its key"),
        (old.name.as_str(), "its clock went back"),
        (bad.name.as_str(), "is not good"),
        (late.name.as_str(), "seconds ahead"),
    ];
    let told = |now: &Value| {
        errors
            .iter()
            .zip(now["witnesses"]["each"].as_array().unwrap())
            .all(|((name, error), it)| {
                let said = it["error"].as_str().unwrap_or_default();
                it["name"] == *name && said.contains(error) && said.is_empty() == error.is_empty()
            })
    };
    let now = until(&daemon, "all of them found out", told);
    // Too few others have vouched that nothing is missing, so nothing is signed.
    assert_eq!(now["code"], "WITNESSES_UNREACHABLE");
    let held = world.submit_to(&daemon, "one", "--retry-for 0").exits(2);
    assert!(
        held.stderr.contains("WITNESSES_UNREACHABLE"),
        "{}",
        held.stderr
    );
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn a_ledger_that_publishes_what_is_witnessed_shows_nothing_else() {
    let (world, daemon) = World::start();
    let mut witnesses = three(&world);
    world.ask(daemon, &addresses(&witnesses), "publish = \"witnessed\"");
    let daemon = world.serve_ledger();
    let (url, plain) = (&daemon.url, world.policy());
    let one = world.submit_to(&daemon, "one", "--json").exits(0).json();
    assert_eq!(one["index"], 3);
    let checkpoint = || {
        let shown = typed(&format!("checkpoint --from {url} --policy {plain} --json")).exits(0);
        shown.json()["size"].as_u64().unwrap()
    };
    assert_eq!(checkpoint(), 4);

    // Two of three are gone: what is logged then is not shown to anybody.
    witnesses[0].stop();
    witnesses[1].stop();
    let two = world.signed("statement", "two");
    let waits = world.send(&daemon, &two, "--retry-for 0").exits(2);
    assert!(
        waits.stderr.contains("it is logged, at index 4"),
        "{}",
        waits.stderr
    );
    assert_eq!(
        (checkpoint(), status(&daemon)["size"].as_u64()),
        (4, Some(5))
    );
    let bundle = world.path("bundle.json");
    let line = format!("prove 4 --from {url} --policy {plain} --out {bundle}");
    let none = typed(&line).exits(2);
    assert!(none.stderr.contains("NOT_WITNESSED"), "{}", none.stderr);
    assert!(get(&daemon, "/checkpoint").contains("ledger.test/one\n4\n"));
    assert!(get(&daemon, "/tile/0/000.p/4").starts_with("200"));
    for path in ["/tile/0/000.p/5", "/tile/entries/000.p/5"] {
        assert!(get(&daemon, path).starts_with("404"), "{path}");
    }
    witnesses[0].again();
    until(&daemon, "witnessed", |now| witnessed_size(now) == 5);
    assert!(get(&daemon, "/tile/entries/000.p/5").starts_with("200"));
    assert_eq!(checkpoint(), 5);
    typed(&line).exits(0);

    // After a start nobody sees less than before.
    daemon.kill();
    for witness in &mut witnesses {
        witness.stop();
    }
    let daemon = world.serve_ledger();
    let shown = typed(&format!(
        "checkpoint --from {} --policy {plain} --json",
        daemon.url
    ))
    .exits(0);
    assert_eq!(shown.json()["size"], 5);
}
