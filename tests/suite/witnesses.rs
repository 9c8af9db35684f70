//! A ledger and its witnesses, all of them real processes; and witnesses that lie.

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
fn a_witness_that_has_seen_more_closes_the_ledger() {
    let (world, daemon) = World::start();
    let witnesses = ["w1", "w2"].map(|name| Witness::start(&world, name));
    let ahead = Liar::start(Lie::OtherSize);
    let mut all = addresses(&witnesses);
    all.push((ahead.url.clone(), ahead.vkey.as_str()));
    world.ask(daemon, &all, "");
    let daemon = world.serve_ledger();
    let now = until(&daemon, "closed", |now| {
        now["code"] == "LEDGER_CONTRADICTED"
    });
    let reason = now["reason"].as_str().unwrap();
    for part in [
        ahead.name.as_str(),
        "entries 3 to 999999 are missing",
        "witnessmark restore",
    ] {
        assert!(reason.contains(part), "{part} in {reason}");
    }
    let refused = world.submit_to(&daemon, "one", "").exits(2);
    assert!(
        refused.stderr.contains("LEDGER_CONTRADICTED"),
        "{}",
        refused.stderr
    );
    typed(&format!(
        "checkpoint --from {} --policy {}",
        daemon.url,
        world.policy()
    ))
    .exits(0);
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn without_witnesses_nothing_is_signed_before_the_operator_says_so() {
    let (world, daemon) = World::start();
    let mut witnesses = three(&world);
    world.ask(daemon, &addresses(&witnesses), "");
    for witness in &mut witnesses {
        witness.stop();
    }
    let daemon = world.serve_ledger();
    let signed = world.signed("statement", "one");
    let held = world.send(&daemon, &signed, "--retry-for 0").exits(2);
    for part in [
        "WITNESSES_UNREACHABLE",
        "w1.example, w2.example, w3.example",
        "--without-witnesses",
    ] {
        assert!(held.stderr.contains(part), "{part} in {}", held.stderr);
    }
    assert_eq!(daemon.terminate(), 0);
    let ledger = world.path("ledger");
    let mut serve = program();
    serve.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--dir",
        &ledger,
        "--without-witnesses",
    ]);
    let mut empty = program();
    empty.args(["serve", "--dir", &ledger, "--without-witnesses", " "]);
    assert_eq!(empty.output().unwrap().status.code(), Some(64));
    let daemon = Daemon::of(serve.arg("the line is down, nothing was restored"));
    let said = fs::read_to_string(world.path("ledger/without-witnesses")).unwrap();
    assert!(said.contains("the line is down"), "{said}");

    // Published goes on, witnessed waits, and says where the record is.
    world.send(&daemon, &signed, "").exits(0);
    let waited = world
        .send(&daemon, &signed, "--wait witnessed --retry-for 0")
        .exits(2);
    for part in ["NOT_WITNESSED", "it is logged, at index 3", "2 of 3"] {
        assert!(waited.stderr.contains(part), "{part} in {}", waited.stderr);
    }
    let policy = world.path("witnessed.policy");
    let none = typed(&format!(
        "checkpoint --from {} --policy {policy}",
        daemon.url
    ))
    .exits(2);
    assert!(none.stderr.contains("NOT_WITNESSED"), "{}", none.stderr);

    // Killed between the signature and the cosignatures, and started again with the witnesses.
    daemon.kill();
    for witness in &mut witnesses {
        witness.again();
    }
    let daemon = world.serve_ledger();
    world.send(&daemon, &signed, "--wait witnessed").exits(0);
    world.submit_to(&daemon, "two", "--wait witnessed").exits(0);
    assert_eq!(witnessed_size(&status(&daemon)), 5);
    assert_eq!(daemon.terminate(), 0);
}

/// Copies a folder, as somebody does who thinks that it is a backup.
fn copy(from: &str, to: &str) {
    assert!(
        Command::new("cp")
            .args(["-a", from, to])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn an_older_folder_that_is_put_back_signs_nothing_and_is_rebuilt_from_an_export() {
    let (world, daemon) = World::start();
    let witnesses = three(&world);
    world.ask(daemon, &addresses(&witnesses), "");
    let [ledger, older, lost, export, new] =
        ["ledger", "older", "lost", "export", "new"].map(|name| world.path(name));
    let daemon = world.serve_ledger();
    world.submit_to(&daemon, "one", "--wait witnessed").exits(0);
    assert_eq!(daemon.terminate(), 0);
    copy(&ledger, &older);
    let daemon = world.serve_ledger();
    world.submit_to(&daemon, "two", "--wait witnessed").exits(0);
    world
        .submit_to(&daemon, "three", "--wait witnessed")
        .exits(0);
    let from = format!("--from {} --policy {}", daemon.url, world.policy());
    typed(&format!("export {from} --out {export}")).exits(0);
    daemon.kill();

    // Everything is as it was then, the anchor too.
    fs::rename(&ledger, &lost).unwrap();
    copy(&older, &ledger);
    let daemon = world.serve_ledger();
    let refused = world.submit_to(&daemon, "four", "").exits(2);
    for part in [
        "LEDGER_CONTRADICTED",
        "entries 4 to 5 are missing, 2 in all",
        "docs/WITNESSES.md",
    ] {
        assert!(
            refused.stderr.contains(part),
            "{part} in {}",
            refused.stderr
        );
    }
    assert_eq!(status(&daemon)["size"], 4);
    assert_eq!(daemon.terminate(), 0);

    // The operator's word is about witnesses that are silent, not about one that speaks.
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--dir", &ledger]);
    let daemon = Daemon::of(serve.args(["--without-witnesses", "try"]));
    until(&daemon, "closed", |now| {
        now["code"] == "LEDGER_CONTRADICTED"
    });
    assert_eq!(daemon.terminate(), 0);

    // The way back that it names.
    typed(&format!(
        "restore --from {export} --to {new} --anchor {ledger}"
    ))
    .exits(0);
    // It asks the same witnesses.
    let settings = [&ledger, &new].map(|dir| fs::read_to_string(format!("{dir}/ledger.toml")));
    let [before, after] = settings.map(Result::unwrap);
    assert_eq!(before, after);
    let daemon = Daemon::start(Path::new(&new));
    let four = world.path("signed/four.signed.json");
    world.send(&daemon, &four, "--wait witnessed").exits(0);
    assert_eq!(witnessed_size(&status(&daemon)), 7);
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn of_two_ledgers_on_one_key_at_most_one_gets_its_quorum() {
    let (world, daemon) = World::start();
    let witnesses = three(&world);
    world.ask(daemon, &addresses(&witnesses), "");
    let (ledger, twin) = (world.path("ledger"), world.path("twin"));
    copy(&ledger, &twin);
    let both = [&ledger, &twin].map(|dir| Daemon::start(Path::new(dir)));
    let files = ["one", "two"].map(|name| world.signed("statement", name));
    let answers: Vec<Ran> = std::thread::scope(|scope| {
        let sending = both.iter().zip(&files).map(|(daemon, file)| {
            let world = &world;
            scope.spawn(move || world.send(daemon, file, "--wait witnessed --retry-for 0"))
        });
        let sending: Vec<_> = sending.collect();
        sending.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let won = answers.iter().filter(|it| it.code == 0).count();
    assert!(won <= 1, "{answers:?}");
    // Whoever lost signs nothing more.
    for (daemon, answer) in both.iter().zip(&answers) {
        if answer.code != 0 {
            until(daemon, "closed", |now| now["code"] == "LEDGER_CONTRADICTED");
        }
    }
    let sizes = both
        .each_ref()
        .map(|daemon| witnessed_size(&status(daemon)));
    assert!(
        sizes.iter().filter(|size| **size == 4).count() <= 1,
        "{sizes:?}"
    );
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
    witnesses[0].again();
    until(&daemon, "witnessed", |now| witnessed_size(now) == 5);
    assert_eq!(checkpoint(), 5);
    typed(&line).exits(0);

    // After a start nobody sees less than before.
    let url = daemon.url.clone();
    daemon.kill();
    for witness in &mut witnesses {
        witness.stop();
    }
    let daemon = world.serve_ledger();
    assert_ne!(url, "");
    let shown = typed(&format!(
        "checkpoint --from {} --policy {plain} --json",
        daemon.url
    ))
    .exits(0);
    assert_eq!(shown.json()["size"], 5);
}
