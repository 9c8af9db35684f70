//! A ledger with one organisation, records signed in advance, and the real daemon.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, thread};

use tempfile::TempDir;
use witnessmark_bundle::SignedRecord;
use witnessmark_client::SignedPayload;
use witnessmark_verifier::{OrgName, TrustPolicy};

/// How long a daemon may take to start, or to end, before a harness gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder with a ledger that nobody serves, and records for it.
#[derive(Debug)]
pub(crate) struct World {
    folder: TempDir,
    /// Signed, each for another entry.
    pub(crate) records: Arc<[SignedPayload]>,
    /// Trusts the ledger.
    pub(crate) policy: TrustPolicy,
}

impl World {
    /// A ledger of two key events and a charter, and `count` signed records.
    pub(crate) fn new(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let [ledger, root, device] = ["ledger", "root.key", "device.key"].map(path);
        run(&format!("init --origin ledger.test/one --dir {ledger}"));
        run(&format!("key new --out {root}"));
        run(&format!("key new --out {device}"));
        let policy = path("ledger/trust.policy");
        let daemon = Daemon::start(Path::new(&ledger), &[]).unwrap();
        let org = format!("--org field-team --root {root}");
        let to = format!("--to {} --policy {policy}", daemon.url);
        run(&format!(
            "org genesis {org} --registrar {ledger}/keys/registrar.key {to}"
        ));
        run(&format!("org add-key {org} --key {device} {to}"));
        daemon.stop();

        let draft = path("draft.toml");
        run(&format!("record new statement --example --out {draft}"));
        let text = fs::read_to_string(&draft).unwrap();
        fs::create_dir(path("drafts")).unwrap();
        let mut drafts = Vec::new();
        for number in 0..count {
            let file = path(&format!("drafts/{number:05}.toml"));
            let title = format!("number {number}");
            fs::write(&file, text.replace("made for practice", &title)).unwrap();
            drafts.push(file);
        }
        let signed = path("signed");
        for some in drafts.chunks(500) {
            run(&format!(
                "record sign {} --key {device} --org field-team --policy {policy} --out {signed}",
                some.join(" ")
            ));
        }
        let records = (0..count)
            .map(|number| payload(&Path::new(&signed).join(format!("{number:05}.signed.json"))));
        Self {
            records: records.collect(),
            policy: witnessmark_policy::parse(&fs::read_to_string(policy).unwrap()).unwrap(),
            folder,
        }
    }

    /// The ledger as it was made.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    /// A copy of the ledger at `to`, which nobody serves either.
    pub(crate) fn copy(&self, to: &Path) {
        copy(&self.ledger(), to);
    }
}

/// Copies a folder, holes and all.
pub(crate) fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp")
        .args(["-a", "--sparse=always", "-T"])
        .arg(from)
        .arg(to)
        .status();
    assert!(done.unwrap().success(), "{} is copied", from.display());
}

fn payload(path: &Path) -> SignedPayload {
    let signed = SignedRecord::parse(&fs::read(path).unwrap()).unwrap();
    SignedPayload {
        org: OrgName::parse("field-team").unwrap(),
        payload_type: signed.payload_type,
        payload: signed.payload,
        signatures: signed.signatures,
    }
}

/// Runs the program to its end, which is good.
fn run(line: &str) {
    let output = program().args(line.split_whitespace()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// The exit code of `fsck`.
pub(crate) fn fsck(ledger: &Path) -> i32 {
    let output = program().arg("fsck").arg(ledger).output();
    output.unwrap().status.code().unwrap_or(-1)
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_witnessmark"));
    command.stdin(Stdio::null()).env("WITNESSMARK_LOG", "error");
    // What one world has seen of a ledger is nothing to the next.
    command.env("WITNESSMARK_REMEMBER", "off");
    command
}

/// A running `witnessmark serve`, perhaps under another program; killed with it when dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    /// `http://127.0.0.1:<port>`.
    pub(crate) url: String,
}

impl Daemon {
    /// Starts the daemon on a free port, by way of the words `under` if there are any, and waits until it accepts. How it
    /// ended, and what it said, when it does not.
    pub(crate) fn start(folder: &Path, under: &[&str]) -> Result<Self, String> {
        Self::start_with(folder, under, &[])
    }

    /// The same with more options.
    pub(crate) fn start_with(
        folder: &Path,
        under: &[&str],
        options: &[&str],
    ) -> Result<Self, String> {
        let mut command = match under.split_first() {
            None => program(),
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(env!("CARGO_BIN_EXE_witnessmark"));
                command.stdin(Stdio::null()).env("WITNESSMARK_LOG", "error");
                command
            }
        };
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
            .arg(folder)
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // So that it can be killed together with what it runs under.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        if let Some(address) = line.trim_end().strip_prefix("listening on ") {
            let url = format!("http://{address}");
            return Ok(Self { child, url });
        }
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("{}: {said}", output.status))
    }

    /// SIGKILL: no drain, no flush.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// What it says when it ends by itself, which must be as a failure.
    pub(crate) fn ends(&mut self) -> String {
        let begin = Instant::now();
        let status = loop {
            match self.ended() {
                Some(status) => break status,
                None => assert!(begin.elapsed() < PATIENCE, "the daemon does not end"),
            }
            thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(status.code(), Some(2), "cannot tell");
        let mut said = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        said
    }

    /// SIGTERM, and the end of the drain.
    pub(crate) fn stop(mut self) -> ExitStatus {
        signal("-TERM", self.child.id());
        let begin = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "the daemon does not stop");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            signal("-KILL", self.child.id());
            drop(self.child.wait());
        }
    }
}

/// Signals a whole group of processes.
fn signal(name: &str, group: u32) {
    let group = format!("-{group}");
    drop(
        Command::new("kill")
            .args([name, "--", &group])
            .stderr(Stdio::null())
            .status(),
    );
}
