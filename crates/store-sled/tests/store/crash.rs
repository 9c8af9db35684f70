//! The writer is killed at any moment: nothing acknowledged is missing, and nothing is there in
//! part.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use witnessmark_log::Store;
use witnessmark_store_sled::{SledStore, StoreOptions};

use crate::ledger::{Ledger, assert_holds, create, open};

const CRASH_CHILD: &str = "WITNESSMARK_TEST_CRASH_DIR";
const CYCLES: u64 = 20;

#[test]
fn a_killed_writer_loses_nothing_that_it_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    drop(create(dir.path()));
    let (mut acknowledged, mut grew) = ((0, String::new()), 0);
    for cycle in 0..CYCLES {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::writing_child", "--nocapture"])
            .env(CRASH_CHILD, dir.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // One in four is killed while it opens the store, the others between commits.
        let before = acknowledged.0;
        if cycle % 4 != 3 {
            wait_for_more_than(before, dir.path(), &mut child);
        }
        thread::sleep(Duration::from_millis(cycle * 7919 % 90));
        let ended = child.try_wait().unwrap();
        assert_eq!(ended, None, "cycle {cycle}: the writer ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();

        acknowledged = last_acknowledged(dir.path());
        grew += u64::from(acknowledged.0 > before);
        let store = open(dir.path());
        assert_eq!(store.read_only_reason(), None, "cycle {cycle}");
        let size = store.latest().unwrap().map_or(0, |latest| latest.size());
        assert!(
            size >= acknowledged.0,
            "cycle {cycle}: {size} of {}",
            acknowledged.0
        );
        let root = Ledger::of(acknowledged.0).frontier.root().to_string();
        assert!(
            acknowledged.0 == 0 || root == acknowledged.1,
            "cycle {cycle}"
        );
        assert_holds(&store, size);
    }
    assert!(
        grew >= CYCLES / 4 * 3,
        "only {grew} cycles acknowledged anything"
    );
}

/// Runs in a process of its own, for the test above, until it is killed.
#[test]
fn writing_child() {
    let Some(dir) = std::env::var_os(CRASH_CHILD) else {
        return;
    };
    let dir = Path::new(&dir);
    let store = SledStore::open(dir, &StoreOptions::default()).unwrap();
    let latest = store.latest().unwrap();
    let (size, epoch) = latest.map_or((0, 1), |latest| (latest.size(), latest.epoch));
    let mut ledger = Ledger::of(size);
    ledger.epoch = epoch;
    let mut oracle = OpenOptions::new()
        .create(true)
        .append(true)
        .open(dir.join("oracle"))
        .unwrap();
    if size > 0 {
        store.commit(&ledger.grow(0)).unwrap();
    }
    for batch in 0.. {
        // One commit in three fills a chunk, and so writes to the files before sled has it.
        let count = if batch % 3 == 2 {
            256
        } else {
            1 + batch * 31 % 9
        };
        store.commit(&ledger.grow(count)).unwrap();
        let line = format!("{} {}\n", ledger.size(), ledger.frontier.root());
        oracle.write_all(line.as_bytes()).unwrap();
    }
}

fn wait_for_more_than(size: u64, dir: &Path, child: &mut Child) {
    let start = Instant::now();
    while last_acknowledged(dir).0 <= size {
        let ended = child.try_wait().unwrap();
        assert_eq!(ended, None, "the writer ended by itself, after size {size}");
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "no commit after size {size}"
        );
        thread::sleep(Duration::from_millis(2));
    }
}

/// The size and root of the last commit that a child was told of.
fn last_acknowledged(dir: &Path) -> (u64, String) {
    let text = fs::read_to_string(dir.join("oracle")).unwrap_or_default();
    // A line that is being written has no end yet.
    let (whole, _) = text.rsplit_once('\n').unwrap_or_default();
    let line = whole
        .lines()
        .next_back()
        .and_then(|line| line.split_once(' '));
    line.map_or((0, String::new()), |(size, root)| {
        (size.parse().unwrap(), root.to_owned())
    })
}
