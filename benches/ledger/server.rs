//! The real server in a process of its own, and what the system says of it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A ledger with one organisation, served; killed when dropped.
pub(crate) struct Server {
    folder: PathBuf,
    child: Child,
    url: String,
}

/// How long a start took after the process before it was killed.
pub(crate) struct Start {
    /// Until it accepts connections.
    pub(crate) listening: Duration,
    /// Until it has taken a record.
    pub(crate) appended: Duration,
}

/// How many devices the organisation has.
const DEVICES: u32 = 8;

fn device(number: u32) -> String {
    format!("device-{number}.key")
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_witnessmark"));
    command
        .stdin(Stdio::null())
        .env("WITNESSMARK_LOG", "error")
        .env("WITNESSMARK_REMEMBER", "off");
    command
}

fn serve(folder: &Path) -> (Child, String) {
    let mut child = program()
        .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
        .arg(folder.join("ledger"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut told = BufReader::new(child.stdout.take().unwrap());
    told.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on ").unwrap();
    (child, format!("http://{address}"))
}

impl Server {
    /// A new ledger in `folder`, in which one organisation has devices and an officer.
    pub(crate) fn start(folder: &Path) -> Self {
        let made = |arguments: &[&str]| {
            let output = program()
                .args(arguments)
                .current_dir(folder)
                .output()
                .unwrap();
            let wrong = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{arguments:?}: {wrong}");
        };
        made(&[
            "init",
            "--origin",
            "ledger.example/bench",
            "--dir",
            "ledger",
        ]);
        let devices = (0..DEVICES).map(device);
        let records: Vec<String> = devices
            .chain(["officer.key", "later.key"].map(str::to_owned))
            .collect();
        made(&["key", "new", "--out", "root.key"]);
        for key in &records {
            made(&["key", "new", "--out", key]);
        }
        let (child, url) = serve(folder);
        let to = ["--org", "field-team", "--root", "root.key", "--to", &url];
        let to = [&to[..], &["--policy", "ledger/trust.policy"]].concat();
        let registrar = ["--registrar", "ledger/keys/registrar.key"];
        made(&[&["org", "genesis"], &to[..], &registrar].concat());
        for key in &records {
            made(&[&["org", "add-key"], &to[..], &["--key", key]].concat());
        }
        Self {
            folder: folder.to_owned(),
            child,
            url,
        }
    }

    /// The keys of so many devices that make so many signatures, as arguments.
    pub(crate) fn keys(&self, devices: u32, signatures: u32) -> Vec<String> {
        let key = |name: &str| self.folder.join(name).display().to_string();
        let devices = (0..devices).map(|number| format!("--key={}", key(&device(number))));
        let mut keys: Vec<String> = devices.collect();
        if signatures == 2 {
            keys.push(format!("--countersign={}", key("officer.key")));
        }
        keys
    }

    /// Where small writes are synced, as an argument.
    pub(crate) fn disk(&self) -> String {
        format!("--disk={}", self.folder.display())
    }

    /// Runs `witnessmark bench`, and gives what it tells.
    pub(crate) fn bench(&self, arguments: &[String]) -> Value {
        let output = program()
            .args(["bench", "--json", "--to", &self.url, "--policy"])
            .arg(self.folder.join("ledger/trust.policy"))
            .args(arguments)
            .output()
            .unwrap();
        // With --json a failure is told there, too.
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {told}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// How many entries the log has.
    pub(crate) fn size(&self) -> u64 {
        let told = self.bench(&["--calls=inclusion".to_owned(), "--records=1".to_owned()]);
        told["size_after"].as_u64().unwrap()
    }

    /// Processor time of the server so far, as the system tells it in hundredths of a second.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat =
            fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split(' ').collect();
        let ticks = |at: usize| fields.get(at).map_or(0.0, |it| it.parse::<f64>().unwrap());
        (ticks(12) + ticks(13)) / 100.0
    }

    /// Resident memory of the server now, and at its highest.
    pub(crate) fn memory(&self) -> (String, String) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = |name: &str| {
            let found = status.lines().find_map(|line| line.strip_prefix(name));
            found.map_or_else(|| "unknown".to_owned(), |it| it.trim().to_owned())
        };
        (line("VmRSS:"), line("VmHWM:"))
    }

    /// What the ledger's folder takes on the disk.
    pub(crate) fn disk_bytes(&self) -> u64 {
        let mut folders = vec![self.folder.join("ledger")];
        let mut bytes = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let metadata = entry.metadata().unwrap();
                if metadata.is_dir() {
                    folders.push(entry.path());
                } else {
                    bytes += metadata.len();
                }
            }
        }
        bytes
    }

    /// Kills the server, starts it again and submits one record; the time of the program that submits it is included.
    pub(crate) fn kill_and_start(&mut self) -> Start {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let begin = Instant::now();
        (self.child, self.url) = serve(&self.folder);
        let listening = begin.elapsed();
        let key = format!("--key={}", self.folder.join("later.key").display());
        let arguments = ["--org=field-team", "--records=1", "--clients=1", &key];
        self.bench(&arguments.map(str::to_owned));
        Start {
            listening,
            appended: begin.elapsed(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        drop(self.child.wait());
    }
}

/// What the figures were measured on, as far as the system tells it.
pub(crate) fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |it| {
        it.trim_start_matches([' ', '\t', ':'])
    });
    let flags = info.lines().find(|line| line.starts_with("flags"));
    let sha = flags.is_some_and(|flags| flags.split(' ').any(|flag| flag == "sha_ni"));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    let sha = if sha { "with" } else { "without" };
    format!("{model}, {cores} cores, {sha} SHA instructions; load before the run {load}")
}
