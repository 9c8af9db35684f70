//! Running the real program: one command to its end, or the daemon for as long as a test needs it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a daemon may take to start or to drain before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a command printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The same, after a look at the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout: {}\nstderr: {}",
            self.stdout, self.stderr
        );
        self
    }

    /// Standard output as one JSON object.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "not one JSON object: {error}\n{}\n{}",
                self.stdout, self.stderr
            )
        })
    }
}

/// The program, not yet started.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_witnessmark"));
    // Its log would stand between the results of the tests.
    command.stdin(Stdio::null()).env("WITNESSMARK_LOG", "error");
    // What one test has seen is nothing to the next, and nothing of it stays on the machine.
    command.env("WITNESSMARK_REMEMBER", "off");
    command
}

/// Runs the program to its end.
pub(crate) fn run<I, S>(arguments: I) -> Ran
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let output = program().args(arguments).output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a line as a person types it: words between spaces, no quotes.
pub(crate) fn typed(line: &str) -> Ran {
    run(line.split_whitespace())
}

/// A running `witnessmark serve`; killed when dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    /// `http://127.0.0.1:<port>`.
    pub(crate) url: String,
}

impl Daemon {
    /// Starts the daemon on a free port and waits until it accepts.
    #[track_caller]
    pub(crate) fn start(folder: &Path) -> Self {
        Self::run(program(), "serve", folder)
    }

    /// The same, and everything that it logs goes into a file.
    #[track_caller]
    pub(crate) fn start_logging(folder: &Path, log: &Path) -> Self {
        let mut program = program();
        let file = std::fs::File::create(log).unwrap();
        program.env("WITNESSMARK_LOG", "trace").stderr(file);
        Self::run(program, "serve", folder)
    }

    /// Starts a witness on a free port and waits until it accepts.
    #[track_caller]
    pub(crate) fn start_witness(folder: &Path) -> Self {
        Self::run(program(), "witness serve", folder)
    }

    /// Starts the daemon with what `program` says of its surroundings.
    #[track_caller]
    pub(crate) fn run(mut program: Command, command: &str, folder: &Path) -> Self {
        program
            .args(command.split(' '))
            .args(["--listen", "127.0.0.1:0", "--dir"]);
        Self::of(program.arg(folder))
    }

    /// Starts whatever serves and says where it listens.
    #[track_caller]
    pub(crate) fn of(program: &mut Command) -> Self {
        let mut child = program.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let Some(address) = line.trim_end().strip_prefix("listening on ") else {
            child.kill().unwrap();
            panic!("the daemon did not start: {line:?}");
        };
        Self {
            url: format!("http://{address}"),
            child,
        }
    }

    /// How much memory it has now, in bytes, as the system counts it.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib = line.unwrap().split_whitespace().nth(1).unwrap();
        kib.parse::<u64>().unwrap() * 1_024
    }

    /// SIGKILL: no drain, no flush.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit code after the drain.
    #[track_caller]
    pub(crate) fn terminate(mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(begin.elapsed() < PATIENCE, "the daemon does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A ledger with one organisation, `field-team`, whose key `device.key` may sign records.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    /// Makes the ledger, admits the organisation over gRPC and leaves the daemon running.
    #[track_caller]
    pub(crate) fn start() -> (Self, Daemon) {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let [ledger, root, device] =
            ["ledger", "root.key", "device.key"].map(|name| world.path(name));
        typed(&format!("init --origin ledger.test/one --dir {ledger}")).exits(0);
        typed(&format!("key new --out {root}")).exits(0);
        typed(&format!("key new --out {device}")).exits(0);
        let daemon = Daemon::start(Path::new(&ledger));
        let org = format!("--org field-team --root {root}");
        let to = format!("--to {} --policy {}", daemon.url, world.policy());
        let registrar = world.path("ledger/keys/registrar.key");
        typed(&format!("org genesis {org} --registrar {registrar} {to}")).exits(0);
        typed(&format!("org add-key {org} --key {device} {to}")).exits(0);
        (world, daemon)
    }

    /// A path in the world's folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The ledger's policy file.
    pub(crate) fn policy(&self) -> String {
        self.path("ledger/trust.policy")
    }

    /// Signs a new example record of `kind` and returns the signed file.
    #[track_caller]
    pub(crate) fn signed(&self, kind: &str, name: &str) -> String {
        let draft = self.path(&format!("{name}.toml"));
        typed(&format!("record new {kind} --example --out {draft}")).exits(0);
        self.sign(&draft, "device.key");
        self.path(&format!("signed/{name}.signed.json"))
    }

    /// Signs a draft, or several, with a key of the organisation.
    #[track_caller]
    pub(crate) fn sign(&self, drafts: &str, key: &str) {
        let (key, out, policy) = (self.path(key), self.path("signed"), self.policy());
        let rest = format!("--key {key} --org field-team --policy {policy} --out {out}");
        typed(&format!("record sign {drafts} {rest}")).exits(0);
    }
}

/// Appends as many records to the ledger, and gives its size.
#[track_caller]
pub(crate) fn append(world: &World, daemon: &Daemon, records: u64) -> u64 {
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    let key = world.path("device.key");
    let calls = match records {
        // Nothing is appended, and the size is told.
        0 => "--calls inclusion --records 1".to_owned(),
        records => format!("--calls stream --org field-team --key {key} --records {records}"),
    };
    let told = typed(&format!("bench {to} --json --clients 1 {calls}")).exits(0);
    told.json()["size_after"].as_u64().unwrap()
}
