//! SIGKILL before the n-th call of the system, for every call that changes a file: at start, in recovery, in a batch.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::judge::judge;
use crate::load::{Load, Oracle, no_mark};
use crate::random::{Random, count};
use crate::world::{Daemon, World, copy};

/// The calls by which files change, or are made safe.
const CALLS: [&str; 14] = [
    "pwrite64",
    "fdatasync",
    "fsync",
    "sync_file_range",
    "openat",
    "ftruncate",
    "fallocate",
    "rename",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "linkat",
    "flock",
];

/// Records that are submitted under each kill.
const RECORDS: usize = 100;

/// strace, without a word, and told to do `what`.
pub(crate) fn strace(what: &str) -> Vec<&str> {
    // The last two: no lines about signals, and the filter in the kernel, so that other calls cost nothing.
    let quiet = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "signal=none",
    ];
    quiet
        .into_iter()
        .chain(["--seccomp-bpf", "-e", what])
        .collect()
}

/// A ledger to begin with, and what it has acknowledged.
struct Base<'a> {
    world: &'a World,
    folder: &'a Path,
    oracle: &'a Oracle,
}

/// A call and its number. The numbers are counted in each thread, as strace does.
#[derive(Clone, Copy, Debug)]
struct Point {
    call: &'static str,
    number: u64,
}

impl Base<'_> {
    /// Every point there is from the start to the end of the load.
    fn points(&self, scratch: &Path) -> Vec<Point> {
        let folder = scratch.join("counted");
        copy(self.folder, &folder);
        let trace = scratch.join("trace").display().to_string();
        let calls = format!("trace={}", CALLS.join(","));
        let daemon = Daemon::start(
            &folder,
            &["strace", "-f", "-qq", "-o", &trace, "-e", &calls],
        )
        .unwrap();
        self.load(&daemon);
        daemon.stop();
        let mut counts: BTreeMap<(String, &str), u64> = BTreeMap::new();
        let text = fs::read_to_string(&trace).unwrap();
        for line in text.lines() {
            let Some((thread, call)) = line.split_once(' ') else {
                continue;
            };
            let called = CALLS.iter().find(|it| {
                call.trim_start()
                    .strip_prefix(**it)
                    .is_some_and(|rest| rest.starts_with('('))
            });
            if let Some(called) = called {
                *counts.entry((thread.to_owned(), called)).or_default() += 1;
            }
        }
        let most = |call: &str| {
            let of_threads = counts.iter().filter(|((_, it), _)| *it == call);
            of_threads.map(|(_, count)| *count).max().unwrap_or(0)
        };
        let points = CALLS
            .into_iter()
            .flat_map(|call| (1..=most(call)).map(move |number| Point { call, number }));
        points.collect()
    }

    fn load(&self, daemon: &Daemon) -> Oracle {
        let next = self.oracle.places.len();
        let load = Load::start(
            self.world,
            daemon,
            (next..next + RECORDS, self.oracle.clone()),
            &no_mark(),
        );
        load.join()
    }

    /// Kills at `point`; whether it was reached.
    fn kill_at(&self, point: Point, scratch: &Path) -> bool {
        let folder = scratch.join("killed");
        copy(self.folder, &folder);
        let Point { call, number } = point;
        let inject = format!("inject={call}:signal=SIGKILL:when={number}");
        let (oracle, reached) = match Daemon::start(&folder, &strace(&inject)) {
            Err(_) => (self.oracle.clone(), true),
            Ok(mut daemon) => {
                let oracle = self.load(&daemon);
                let ended = daemon.ended().is_some();
                (oracle, ended || !daemon.stop().success())
            }
        };
        let daemon = Daemon::start(&folder, &[])
            .unwrap_or_else(|said| panic!("killed at {point:?}, the ledger does not open: {said}"));
        if let Err(wrong) = judge(self.world, &daemon, &oracle) {
            panic!("killed at {point:?}: {wrong:#?}");
        }
        daemon.kill();
        fs::remove_dir_all(folder).unwrap();
        reached
    }
}

#[test]
#[ignore = "needs strace"]
fn nothing_is_lost_when_the_daemon_is_killed_at_any_call_of_the_system() {
    let mut random = Random::new("sweep");
    let most = count("WITNESSMARK_POINTS", 30);
    let world = World::new(4 * RECORDS);
    let scratch = tempfile::tempdir().unwrap();
    // One ledger that was stopped in peace, and one that was killed under load, so that its start is a recovery.
    let peaceful = Base {
        world: &world,
        folder: &world.ledger(),
        oracle: &Oracle::default(),
    };
    let folder = scratch.path().join("interrupted");
    world.copy(&folder);
    let daemon = Daemon::start(&folder, &[]).unwrap();
    let load = Load::start(
        &world,
        &daemon,
        (0..3 * RECORDS, Oracle::default()),
        &no_mark(),
    );
    load.wait_for_more_than(RECORDS);
    daemon.kill();
    let interrupted = Base {
        world: &world,
        folder: &folder,
        oracle: &load.join(),
    };

    for (name, base) in [("at rest", peaceful), ("interrupted", interrupted)] {
        let mut points = base.points(scratch.path());
        fs::remove_dir_all(scratch.path().join("counted")).unwrap();
        let all = points.len();
        let (mut tried, mut reached) = (0, 0);
        while tried < most && !points.is_empty() {
            let drawn = random.below(u64::try_from(points.len()).unwrap());
            let point = points.swap_remove(usize::try_from(drawn).unwrap());
            tried += 1;
            reached += u64::from(base.kill_at(point, scratch.path()));
        }
        eprintln!(
            "from a ledger {name}: {tried} of {all} points, killed at {reached}, 0 lost, all opened"
        );
        assert!(
            reached > tried / 2,
            "{reached} of {tried} points were reached"
        );
    }
}
