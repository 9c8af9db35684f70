//! Submitting over a link that drops: a real proxy between the real command and the real daemon cuts it.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener as StdListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::support::{Daemon, World, program, typed};

/// How long a command that is to end by itself may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A proxy that cuts the connection each time that so many bytes of answers have passed since the last cut.
#[derive(Debug)]
struct Proxy {
    url: String,
    upstream: Arc<Mutex<String>>,
    cuts: Arc<Mutex<Cuts>>,
    _runtime: Runtime,
}

/// The cuts to come, in bytes of answers over all connections, and what has passed since the last one.
#[derive(Debug)]
struct Cuts {
    to_come: VecDeque<usize>,
    passed: usize,
}

impl Cuts {
    /// Whether this is where the connection is cut.
    fn are_due(&mut self, bytes: usize) -> bool {
        self.passed += bytes;
        let due = self.to_come.front().is_some_and(|cut| *cut <= self.passed);
        if due {
            self.to_come.pop_front();
            self.passed = 0;
        }
        due
    }
}

impl Proxy {
    fn start(daemon: &Daemon, cuts: &[usize]) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let upstream = Arc::new(Mutex::new(address(daemon)));
        let to_come = cuts.iter().copied().collect();
        let cuts = Arc::new(Mutex::new(Cuts { to_come, passed: 0 }));
        let (there, after) = (Arc::clone(&upstream), Arc::clone(&cuts));
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let upstream = there.lock().unwrap().clone();
                tokio::spawn(carry(client, upstream, Arc::clone(&after)));
            }
        });
        Self {
            url,
            upstream,
            cuts,
            _runtime: runtime,
        }
    }

    fn lead_to(&self, daemon: &Daemon) {
        *self.upstream.lock().unwrap() = address(daemon);
    }
}

fn address(daemon: &Daemon) -> String {
    daemon.url.trim_start_matches("http://").to_owned()
}

async fn carry(mut client: TcpStream, upstream: String, cuts: Arc<Mutex<Cuts>>) {
    let Ok(mut server) = TcpStream::connect(upstream).await else {
        return;
    };
    let (mut from_client, to_client) = client.split();
    let (from_server, mut to_server) = server.split();
    tokio::select! {
        _ = copy(&mut from_client, &mut to_server) => {}
        () = answers(from_server, to_client, &cuts) => {}
    }
}

/// Carries answers until they end or a cut is due.
async fn answers(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, cuts: &Mutex<Cuts>) {
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let due = cuts.lock().unwrap().are_due(count);
        if due || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

/// A port at which nothing listens.
fn nobody() -> String {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Signed files, all different.
fn signed_files(world: &World, count: usize) -> Vec<String> {
    let draft = world.path("draft.toml");
    typed(&format!("record new statement --example --out {draft}")).exits(0);
    let text = fs::read_to_string(draft).unwrap();
    let names = (0..count).map(|number| format!("r{number:03}"));
    let (drafts, signed): (Vec<_>, Vec<_>) = names
        .map(|name| {
            let draft = world.path(&format!("{name}.toml"));
            fs::write(&draft, text.replace("made for practice", &name)).unwrap();
            (draft, world.path(&format!("signed/{name}.signed.json")))
        })
        .unzip();
    world.sign(&drafts.join(" "), "device.key");
    signed
}

/// A key event that adds a key, signed and not sent.
fn key_event(world: &World, url: &str) -> String {
    let from = format!("--from {url} --policy {}", world.policy());
    let shown = typed(&format!("org show {from} --json")).exits(0).json();
    let chain = &shown["organisations"][0];
    let next = chain["seq"].as_u64().unwrap() + 1;
    let head = chain["head"].as_str().unwrap();
    let [root, key, event] = ["root.key", "officer.key", "event.json"].map(|name| world.path(name));
    typed(&format!("key new --out {key}")).exits(0);
    let add = format!("org add-key --org field-team --root {root} --role countersign --key {key}");
    typed(&format!("{add} --out {event} --seq {next} --prev {head}")).exits(0);
    event
}

fn indexes(json: &Value) -> Vec<u64> {
    let submitted = json["submitted"].as_array().unwrap().iter();
    submitted
        .map(|one| one["index"].as_u64().unwrap())
        .collect()
}

/// Each file once, in the order given, after the charter and the two key events of the beginning; and a good log.
#[track_caller]
fn all_once_and_in_order(json: &Value, files: usize, world: &World, daemon: &Daemon) {
    let files = u64::try_from(files).unwrap();
    assert_eq!(
        indexes(json),
        (3..3 + files).collect::<Vec<_>>(),
        "{json:#}"
    );
    let warnings = |one: &Value| one["warnings"].as_array().unwrap().len();
    let submitted = json["submitted"].as_array().unwrap();
    // Records of one stream are checked at once, and none of them may look like a gap to the next.
    assert_eq!(submitted.iter().map(warnings).sum::<usize>(), 0, "{json:#}");
    let (url, policy) = (&daemon.url, world.policy());
    let audit = typed(&format!("audit {url} --policy {policy} --json")).exits(0);
    let audit = audit.json();
    assert_eq!(
        (&audit["verdict"], &audit["size"]),
        (&"verified".into(), &(3 + files).into())
    );
}

#[test]
fn a_link_that_is_cut_twice_loses_nothing_writes_nothing_twice_and_keeps_the_order() {
    let (world, daemon) = World::start();
    let mut files = signed_files(&world, 60);
    files.insert(40, key_event(&world, &daemon.url));
    let proxy = Proxy::start(&daemon, &[20_000, 30_000]);
    let list = files.join(" ");
    let to = format!("--to {} --policy {}", proxy.url, world.policy());
    let ran = typed(&format!("submit {list} {to} --json")).exits(0);
    let json = ran.json();
    assert!(proxy.cuts.lock().unwrap().to_come.is_empty());
    let retries = json["retries"].as_u64().unwrap();
    assert!(retries >= 1, "{json:#}");
    let said = ran.stderr.matches("trying again").count();
    assert_eq!(u64::try_from(said).unwrap(), retries, "{}", ran.stderr);
    all_once_and_in_order(&json, files.len(), &world, &daemon);
}

#[test]
fn a_ledger_that_is_killed_and_started_again_gets_the_rest() {
    let (world, daemon) = World::start();
    let files = signed_files(&world, 60);
    let proxy = Proxy::start(&daemon, &[20_000]);
    let (list, policy) = (files.join(" "), world.policy());
    let line = format!("submit {list} --to {} --policy {policy} --json", proxy.url);
    let mut client = program()
        .args(line.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(client.stderr.take().unwrap());
    wait_for_a_retry(&mut said);
    daemon.kill();
    let daemon = Daemon::start(Path::new(&world.path("ledger")));
    proxy.lead_to(&daemon);
    // Nobody reads what it says any more; that must not matter.
    drop(said);
    let output = client.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    all_once_and_in_order(&json, files.len(), &world, &daemon);
}

fn wait_for_a_retry(said: &mut impl BufRead) {
    let mut line = String::new();
    while !line.contains("trying again") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended");
    }
}

#[test]
fn a_link_that_never_comes_up_is_given_up_and_the_same_command_continues() {
    let (world, daemon) = World::start();
    let files = signed_files(&world, 3);
    let (list, policy) = (files.join(" "), world.policy());
    let begin = Instant::now();
    for retry_for in ["0", "2s"] {
        let line = format!("submit {list} --to {} --policy {policy}", nobody());
        let ran = typed(&format!("{line} --retry-for {retry_for} --json")).exits(2);
        let json = ran.json();
        let reasons: Vec<&str> = json["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["reason"].as_str().unwrap())
            .collect();
        assert_eq!(
            reasons,
            ["UNREACHABLE", "NOT_SENT", "NOT_SENT", "NOT_SENT"],
            "{json:#}"
        );
        assert_eq!(json["errors"][3]["place"], files[2]);
        let retries = json["retries"].as_u64().unwrap();
        assert_eq!(retries > 0, retry_for != "0", "{retries} retries");
    }
    assert!(begin.elapsed() < PATIENCE, "it did not give up in time");
    let ran = typed(&format!(
        "submit {list} --to {} --policy {policy} --json",
        daemon.url
    ));
    all_once_and_in_order(&ran.exits(0).json(), 3, &world, &daemon);
}

#[test]
fn a_link_that_swallows_everything_is_noticed_and_a_signal_ends_the_waiting() {
    let (world, _daemon) = World::start();
    let files = signed_files(&world, 2);
    // Connections are taken by the system, and nobody ever answers.
    let hole = StdListener::bind("127.0.0.1:0").unwrap();
    let (list, policy) = (files.join(" "), world.policy());
    let to = format!(
        "--to {} --policy {policy} --json",
        hole.local_addr().unwrap()
    );
    let line = format!("submit {list} {to} --answer-within 1s");
    let ran = typed(&format!("{line} --retry-for 1s")).exits(2);
    let json = ran.json();
    assert_eq!(json["errors"][0]["reason"], "UNREACHABLE", "{json:#}");
    // It was asked for its checkpoint first, and no record was sent without one.
    assert_eq!(json["errors"][1]["reason"], "NOT_SENT", "{json:#}");
    assert!(
        ran.stdout.contains("no answer within 1 s"),
        "{}",
        ran.stdout
    );

    let mut client = program()
        .args(line.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_a_retry(&mut BufReader::new(client.stderr.take().unwrap()));
    let id = client.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(killed.success());
    let output = client.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["errors"][0]["reason"], "INTERRUPTED", "{json:#}");
    assert_eq!(json["errors"].as_array().unwrap().len(), 3, "{json:#}");
}

#[test]
fn what_is_refused_for_good_is_not_sent_again_and_nothing_passes_a_refused_key_event() {
    let (world, daemon) = World::start();
    let files = signed_files(&world, 2);
    let event = key_event(&world, &daemon.url);
    let text = fs::read_to_string(&event).unwrap();
    // Signed by somebody else's root: the genesis of this chain names another.
    let mut json: Value = serde_json::from_str(&text).unwrap();
    let good = json["signatures"][0]["sig"].as_str().unwrap().to_owned();
    let turned = if good.starts_with('A') { "B" } else { "A" };
    json["signatures"][0]["sig"] = Value::from(format!("{turned}{}", &good[1..]));
    fs::write(&event, json.to_string()).unwrap();
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    let (one, two) = (&files[0], &files[1]);
    let ran = typed(&format!("submit {one} {event} {two} {to} --json"));
    let json = ran.exits(1).json();
    assert_eq!(indexes(&json), [3], "{json:#}");
    assert_eq!(json["retries"], 0);
    let reasons: Vec<&Value> = json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["reason"])
        .collect();
    assert_eq!(reasons, ["SIGNATURE_BAD", "NOT_SENT", "NOT_SENT"]);
    assert_eq!(json["errors"][2]["place"], two.as_str());
}
