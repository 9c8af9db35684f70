//! How long the audit of an export takes beside the bare verification of its signatures, and how much memory.
//!
//! ```text
//! WITNESSMARK_BENCH_ENTRIES=100000 cargo bench -p witnessmark-bundle --bench audit
//! ```
//!
//! A synthetic log is made once for each number of entries, in `WITNESSMARK_BENCH_DIR` (the folder for temporary files when it is
//! not set), and used again. The loop verifies the same signatures with the same code, on all cores, with every message and
//! key ready in memory; it is the limit of any audit. Both are run in turns, and the best of each is told. The audit runs in a process
//! of its own, so that its memory can be told.

#![expect(clippy::unwrap_used, reason = "a bench ends by panicking")]
#![expect(clippy::print_stdout, reason = "what a bench is for")]
#![expect(clippy::as_conversions, reason = "figures are rounded")]
#![expect(clippy::cast_precision_loss, reason = "figures are rounded")]

#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../../tests/suite/mini_log.rs"]
mod mini_log;
mod world;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use witnessmark_bundle::{Verdict, audit_export};

/// Set in the process that audits: the folder.
const AUDITED: &str = "WITNESSMARK_BENCH_AUDITED";

/// What a run took.
#[derive(Clone, Copy, Debug)]
struct Took {
    seconds: f64,
    /// Of all cores, so that other work on the machine counts less.
    cpu_seconds: f64,
}

fn main() {
    if let Some(folder) = env::var_os(AUDITED) {
        return audit_here(Path::new(&folder));
    }
    let entries = number("WITNESSMARK_BENCH_ENTRIES", 20_000);
    let rounds = number("WITNESSMARK_BENCH_ROUNDS", 3).max(1);
    let parent = env::var_os("WITNESSMARK_BENCH_DIR").map_or_else(env::temp_dir, PathBuf::from);
    let folder = parent.join(format!("witnessmark-bench-{entries}"));
    if !folder.join("trust.policy").exists() {
        world::write(&folder, entries);
    }
    let cores = thread::available_parallelism().unwrap().get();
    let checks = world::signatures(&folder);
    println!(
        "{entries} entries, {} signatures on records, {cores} cores",
        checks.len()
    );
    let mut best: Option<(Took, Took, String)> = None;
    for _ in 0..rounds {
        let alone = time(|| world::verify_all(&checks, cores));
        let (audit, memory) = audit_there(&folder);
        println!(
            "  loop {:.2} s ({:.2} s of cores), audit {:.2} s ({:.2} s of cores), {memory}",
            alone.seconds, alone.cpu_seconds, audit.seconds, audit.cpu_seconds
        );
        best = Some(match best {
            None => (alone, audit, memory),
            Some((a, b, m)) => (least(a, alone), least(b, audit), m),
        });
    }
    let (alone, audit, memory) = best.unwrap();
    println!(
        "verification alone  {:>8.2} s   {:>9.0} a second",
        alone.seconds,
        checks.len() as f64 / alone.seconds
    );
    println!(
        "audit               {:>8.2} s   {:>9.0} entries a second",
        audit.seconds,
        entries as f64 / audit.seconds
    );
    println!(
        "ratio               {:>8.1} %   {:>9.1} % by the time of all cores",
        100.0 * alone.seconds / audit.seconds,
        100.0 * alone.cpu_seconds / audit.cpu_seconds
    );
    println!("peak memory         {memory}");
}

fn least(a: Took, b: Took) -> Took {
    Took {
        seconds: a.seconds.min(b.seconds),
        cpu_seconds: a.cpu_seconds.min(b.cpu_seconds),
    }
}

fn number(name: &str, default: u64) -> u64 {
    env::var_os(name).map_or(default, |text| text.to_str().unwrap().parse().unwrap())
}

fn time(work: impl FnOnce()) -> Took {
    let (start, cpu) = (Instant::now(), cpu_seconds());
    work();
    Took {
        seconds: start.elapsed().as_secs_f64(),
        cpu_seconds: cpu_seconds() - cpu,
    }
}

/// Time of all threads of this process, where the system tells it in hundredths of a second.
fn cpu_seconds() -> f64 {
    let Ok(stat) = fs::read_to_string("/proc/self/stat") else {
        return 0.0;
    };
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split(' ').collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
    (ticks(12) + ticks(13)) / 100.0
}

/// Audits in this process and prints what it took, for [`audit_there`].
fn audit_here(folder: &Path) {
    let policy = fs::read(folder.join("trust.policy")).unwrap();
    let mut verdict: Option<Verdict> = None;
    let took = time(|| {
        verdict = Some(audit_export(&folder.join("export"), &policy, &mut |_| {}));
    });
    let verdict = verdict.unwrap();
    assert!(verdict.word.is_positive(), "{}", verdict.to_text());
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!(
        "{} {} {}",
        took.seconds,
        took.cpu_seconds,
        peak.map_or("not known here", str::trim)
    );
}

fn audit_there(folder: &Path) -> (Took, String) {
    let output = Command::new(env::current_exe().unwrap())
        .env(AUDITED, folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut words = text.trim().splitn(3, ' ');
    let took = Took {
        seconds: words.next().unwrap().parse().unwrap(),
        cpu_seconds: words.next().unwrap().parse().unwrap(),
    };
    (took, words.next().unwrap().to_owned())
}
