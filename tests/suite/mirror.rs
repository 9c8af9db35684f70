//! `mirror`: a verified copy that is resumed, served and restored from, and what it refuses.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::published::Published;
use crate::support::{Daemon, Ran, World, program, typed};

/// How long something may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

impl World {
    fn add(&self, url: &str, name: &str) {
        let (signed, policy) = (self.signed("statement", name), self.path("trust.policy"));
        typed(&format!("submit {signed} --to {url} --policy {policy}")).exits(0);
    }

    fn export_of(&self, ledger: &str, out: &str) {
        let (ledger, out) = (self.path(ledger), self.path(out));
        typed(&format!("export --dir {ledger} --out {out}")).exits(0);
    }

    fn mirror(&self, url: &str) -> Ran {
        let (policy, dir) = (self.path("trust.policy"), self.path("copy"));
        typed(&format!(
            "mirror {url} --policy {policy} --dir {dir} --once"
        ))
    }

    fn checkpoint(&self) -> Option<String> {
        fs::read_to_string(self.path("copy/checkpoint")).ok()
    }

    fn audit_copy(&self) {
        let (policy, dir) = (self.path("trust.policy"), self.path("copy"));
        typed(&format!("audit {dir} --policy {policy}")).exits(0);
    }
}

/// A stopped ledger of four entries and its export.
fn published() -> (World, Published) {
    let (world, daemon) = World::start();
    fs::copy(world.policy(), world.path("trust.policy")).unwrap();
    world.add(&daemon.url, "one");
    assert_eq!(daemon.terminate(), 0);
    world.export_of("ledger", "export");
    let server = Published::start(world.path("export"));
    (world, server)
}

fn copy_folder(from: &str, to: &str) {
    let status = std::process::Command::new("cp")
        .args(["-r", from, to])
        .status();
    assert!(status.unwrap().success());
}

/// A mirror that follows and serves; killed when dropped.
struct Mirror {
    child: Child,
    url: String,
}

impl Mirror {
    fn start(world: &World, upstream: &str, dir: &str) -> Self {
        let mut child = program()
            .args([
                "mirror",
                upstream,
                "--every",
                "1",
                "--listen",
                "127.0.0.1:0",
            ])
            .args([
                "--policy",
                &world.path("trust.policy"),
                "--dir",
                &world.path(dir),
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim_end().strip_prefix("listening on ").unwrap();
        Self {
            url: format!("http://{address}"),
            child,
        }
    }

    fn ask(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).to_lowercase()
    }
}

impl Drop for Mirror {
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

#[test]
fn a_ledger_whose_disk_is_gone_is_restored_from_its_mirror() {
    let (world, server) = published();
    let ran = world.mirror(&server.url).exits(0);
    assert!(
        ran.stdout.contains("verified: 4 of them new"),
        "{}",
        ran.stdout
    );
    assert!(
        world
            .mirror(&server.url)
            .exits(0)
            .stdout
            .contains("0 of them new")
    );
    world.audit_copy();
    let root = world.checkpoint().unwrap();
    let keys = world.path("keys");
    copy_folder(&world.path("ledger/keys"), &keys);
    fs::remove_dir_all(world.path("ledger")).unwrap();
    let (copy, new) = (world.path("copy"), world.path("new"));
    typed(&format!(
        "restore --from {copy} --to {new} --no-anchor --keys {keys}"
    ))
    .exits(0);
    world.export_of("new", "again");
    assert_eq!(
        fs::read_to_string(world.path("again/checkpoint")).unwrap(),
        root
    );
}

#[test]
fn a_flipped_bit_is_refused_with_its_place_and_nothing_is_kept() {
    let (world, server) = published();
    for name in ["tile/0/000.p/4", "tile/entries/000.p/4", "checkpoint"] {
        let mut bytes = fs::read(Path::new(&world.path("export")).join(name)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        server.rule(move |path, _| (path == name).then(|| (200, String::new(), bytes.clone())));
        let ran = world.mirror(&server.url).exits(1);
        assert!(
            ran.stderr.contains("NOT_VERIFIED"),
            "{name}: {}",
            ran.stderr
        );
        assert_eq!(world.checkpoint(), None);
    }
    server.rule(|_, _| None);
    world.mirror(&server.url).exits(0);
    world.audit_copy();
}

#[test]
fn a_fork_is_proved_and_an_older_copy_is_refused() {
    let (world, server) = published();
    let first = world.path("older");
    copy_folder(&world.path("export"), &first);
    // Two servers on copies of one folder.
    copy_folder(&world.path("ledger"), &world.path("twin"));
    for (ledger, name, out) in [("ledger", "mine", "export"), ("twin", "theirs", "forked")] {
        let daemon = Daemon::start(Path::new(&world.path(ledger)));
        world.add(&daemon.url, name);
        assert_eq!(daemon.terminate(), 0);
        world.export_of(ledger, out);
    }
    world.mirror(&server.url).exits(0);
    let kept = world.checkpoint();
    server.show(world.path("forked"));
    let ran = world.mirror(&server.url).exits(3);
    assert!(ran.stderr.contains("[MISBEHAVIOUR]"), "{}", ran.stderr);
    let written: Vec<_> = fs::read_dir(world.path("copy.misbehaviour"))
        .unwrap()
        .collect();
    assert_eq!(written.len(), 1);
    let file = written[0].as_ref().unwrap().path();
    let policy = world.path("trust.policy");
    let ran = typed(&format!("verify {} --policy {policy}", file.display())).exits(3);
    assert!(ran.stdout.contains("MISBEHAVIOUR PROVED"), "{}", ran.stdout);
    server.show(&first);
    let ran = world.mirror(&server.url).exits(1);
    assert!(
        ran.stderr.contains("MISBEHAVIOUR_UNPROVED"),
        "{}",
        ran.stderr
    );
    assert_eq!(world.checkpoint(), kept);
    world.audit_copy();
}

#[test]
fn a_mirror_follows_serves_only_the_log_and_stays_with_it_when_the_ledger_forks() {
    let (world, server) = published();
    copy_folder(&world.path("ledger"), &world.path("twin"));
    let mirror = Mirror::start(&world, &server.url, "copy");
    let published = |name: &str| fs::read_to_string(world.path(name)).ok();
    let export = published("export/checkpoint");
    wait_until("the copy is made", || world.checkpoint() == export);
    for (path, status, keep) in [
        ("/checkpoint", "200", "no-store"),
        ("/tile/0/000.p/4", "200", "immutable"),
        ("/tile/entries/000.p/4", "200", "immutable"),
        ("/tile/0/000.p/5", "404", "no-store"),
        ("/tile/0/../../trust.policy", "404", "no-store"),
        ("/tile/0/%2e%2e/%2e%2e/checkpoint", "404", "no-store"),
        ("/../trust.policy", "404", ""),
        ("/tile/", "404", ""),
        ("/", "404", ""),
    ] {
        let answer = mirror.ask(path);
        assert!(
            answer.starts_with(&format!("http/1.1 {status}")),
            "{path}: {answer}"
        );
        assert!(answer.contains(keep), "{path}: {answer}");
    }
    // A mirror of the mirror is another copy of the ledger.
    let (url, policy, second) = (
        &mirror.url,
        world.path("trust.policy"),
        world.path("second"),
    );
    typed(&format!(
        "mirror {url} --policy {policy} --dir {second} --once"
    ))
    .exits(0);
    for (ledger, name, out) in [("ledger", "mine", "export"), ("twin", "theirs", "forked")] {
        let daemon = Daemon::start(Path::new(&world.path(ledger)));
        world.add(&daemon.url, name);
        assert_eq!(daemon.terminate(), 0);
        world.export_of(ledger, out);
    }
    let export = published("export/checkpoint");
    wait_until("the copy grows", || world.checkpoint() == export);
    server.show(world.path("forked"));
    wait_until("the fork is written down", || {
        Path::new(&world.path("copy.misbehaviour")).exists()
    });
    assert_eq!(world.checkpoint(), export);
    assert!(
        mirror
            .ask("/checkpoint")
            .ends_with(&export.unwrap().to_lowercase())
    );
    world.audit_copy();
}

#[test]
fn a_mirror_killed_at_any_moment_goes_on_and_its_copy_audits() {
    let (world, daemon) = World::start();
    fs::copy(world.policy(), world.path("trust.policy")).unwrap();
    let (key, policy) = (world.path("device.key"), world.path("trust.policy"));
    let to = format!("--to {} --policy {policy}", daemon.url);
    typed(&format!(
        "bench {to} --org field-team --key {key} --records 1500"
    ))
    .exits(0);
    assert_eq!(daemon.terminate(), 0);
    world.export_of("ledger", "export");
    let server = Published::start(world.path("export"));
    let export = fs::read_to_string(world.path("export/checkpoint")).unwrap();
    let (dir, mut kills) = (world.path("copy"), 0);
    // Moments spread over a pass by a fixed sequence; the pass is slowed down so that they fall into it.
    server.rule(|_, _| {
        std::thread::sleep(Duration::from_millis(10));
        None
    });
    for round in 0..40_u64 {
        let mut child = program()
            .args([
                "mirror",
                &server.url,
                "--once",
                "--policy",
                &policy,
                "--dir",
                &dir,
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(20 + round * 37 % 250));
        child.kill().unwrap();
        kills += u32::from(child.wait().unwrap().code().is_none());
        // What is spoken of is there.
        if world.checkpoint().is_some() {
            world.audit_copy();
            assert_eq!(world.checkpoint().as_ref(), Some(&export));
            fs::remove_dir_all(&dir).unwrap();
        }
    }
    assert!(kills > 0, "no kill fell into a pass");
    world.mirror(&server.url).exits(0);
    world.audit_copy();
}
