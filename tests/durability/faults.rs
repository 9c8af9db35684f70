//! The system says no: full disks, failing disks, disks that become read-only, no file descriptors left, a clock that jumps.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use witnessmark_client::{Client, ClientError, Reason};

use crate::disk::{Mounted, must};
use crate::judge::{audit, judge};
use crate::load::{Load, Oracle, no_mark};
use crate::sweep::strace;
use crate::world::{Daemon, World};

/// More than the store keeps free, and room for the ledger.
const SMALL_DISK: &str = "size=112m";

/// A clock that is set otherwise; `None` stands for by how much. Time-outs are not touched.
const FAKETIME: [Option<&str>; 5] = [
    Some("env"),
    Some("FAKETIME_DONT_FAKE_MONOTONIC=1"),
    Some("faketime"),
    Some("-f"),
    None,
];

/// How long the ledger may take to notice that the fault is over.
const PATIENCE: Duration = Duration::from_secs(60);

/// Submits one record.
fn submit(world: &World, daemon: &Daemon, number: usize) -> Result<(), ClientError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let record = world.records.get(number).unwrap().clone();
    runtime.unwrap().block_on(async {
        let client = Client::connect(&daemon.url, world.policy.clone()).await?;
        client.submit_record(record).await.map(drop)
    })
}

/// The reason why the record is refused.
fn refusal(world: &World, daemon: &Daemon, number: usize) -> Reason {
    let error = submit(world, daemon, number).unwrap_err();
    let ClientError::Refused(refusal) = error else {
        panic!("not a refusal: {error}");
    };
    refusal.reason
}

/// Submits `count` records from number `from` on.
fn load(world: &World, daemon: &Daemon, from: usize, count: usize) -> Oracle {
    Load::start(
        world,
        daemon,
        (from..from + count, Oracle::default()),
        &no_mark(),
    )
    .join()
}

/// Judges the ledger in `folder` after an ordinary start, which must be possible.
fn judge_again(world: &World, folder: &Path, oracle: &Oracle, what: &str) {
    let daemon = Daemon::start(folder, &[]).unwrap_or_else(|said| panic!("{what}: {said}"));
    judge(world, &daemon, oracle).unwrap_or_else(|wrong| panic!("{what}: {wrong:#?}"));
    submit(world, &daemon, world.records.len() - 1)
        .unwrap_or_else(|error| panic!("{what}: {error}"));
}

#[test]
#[ignore = "needs root, for a small file system"]
fn a_full_disk_refuses_records_and_takes_them_again_once_there_is_room() {
    let world = World::new(120);
    let scratch = tempfile::tempdir().unwrap();
    let small = Mounted::new(
        &["-t", "tmpfs", "-o", SMALL_DISK],
        "none",
        scratch.path().join("small"),
    );
    let ledger = small.path().join("ledger");
    world.copy(&ledger);
    let daemon = Daemon::start(&ledger, &[]).unwrap();
    let oracle = load(&world, &daemon, 0, 50);
    assert_eq!(oracle.places.len(), 50);

    let filler = small.path().join("filler");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0xff; 1 << 12]).is_ok() {}
    drop(file);
    assert_eq!(refusal(&world, &daemon, 50), Reason::StorageFull);
    // Reads go on.
    judge(&world, &daemon, &oracle).unwrap();

    fs::remove_file(&filler).unwrap();
    let begin = Instant::now();
    while submit(&world, &daemon, 50).is_err() {
        assert!(
            begin.elapsed() < PATIENCE,
            "nothing is taken though there is room again"
        );
        thread::sleep(Duration::from_millis(50));
    }
    judge(&world, &daemon, &oracle).unwrap();
    daemon.kill();
    judge_again(&world, &ledger, &oracle, "after the full disk");
}

#[test]
#[ignore = "needs strace"]
fn writes_and_syncs_that_fail_stop_the_ledger_and_lose_nothing() {
    let world = World::new(120);
    for (call, error) in [
        ("pwrite64", "ENOSPC"),
        ("pwrite64", "EIO"),
        ("fdatasync", "EIO"),
        ("fsync", "EIO"),
        // The engine then waits for ever, and the ledger does not.
        ("sync_file_range", "EIO"),
    ] {
        for from in [1, 3, 8] {
            let what = format!("{call} fails with {error} from number {from} on");
            let scratch = tempfile::tempdir().unwrap();
            let folder = scratch.path().join("ledger");
            world.copy(&folder);
            let inject = format!("inject={call}:error={error}:when={from}+");
            let limit = ["--commit-limit", "5"];
            let oracle = match Daemon::start_with(&folder, &strace(&inject), &limit) {
                // It does not serve at all.
                Err(said) => {
                    assert!(said.contains("exit status: 2"), "{what}: {said}");
                    Oracle::default()
                }
                Ok(mut daemon) => {
                    let oracle = load(&world, &daemon, 0, 100);
                    if oracle.places.len() < 100 {
                        let said = daemon.ends();
                        assert!(said.contains("Start the ledger again"), "{what}: {said}");
                    }
                    oracle
                }
            };
            // fsync is called by the engine now and then, beside the syncs that the ledger waits for; sync_file_range by several
            // of its threads in turn, and the number is counted in each.
            let is_rare = call == "fsync" || call == "sync_file_range" && from > 1;
            let failed = oracle.places.len() < 100 || is_rare;
            assert!(failed, "{what}: every record was acknowledged all the same");
            judge_again(&world, &folder, &oracle, &what);
        }
    }
}

#[test]
#[ignore = "needs root, for a disk that fails"]
fn a_disk_that_gives_up_ends_the_ledger_and_loses_nothing() {
    let world = World::new(120);
    let scratch = tempfile::tempdir().unwrap();
    let image = scratch.path().join("image").display().to_string();
    File::create(&image).unwrap().set_len(192 << 20).unwrap();
    must("mkfs.ext4", &["-q", "-F", &image]);
    let mounted = Mounted::new(&["-o", "loop"], &image, scratch.path().join("mount"));
    let ledger = mounted.path().join("ledger");
    world.copy(&ledger);
    let mut daemon = Daemon::start(&ledger, &[]).unwrap();
    let oracle = load(&world, &daemon, 0, 50);
    assert_eq!(oracle.places.len(), 50);
    // The copy itself is no part of the story.
    must("sync", &["--file-system", &ledger.display().to_string()]);
    // What the system does when a disk fails: nothing more is written.
    must(
        "mount",
        &["-o", "remount,abort", &mounted.path().display().to_string()],
    );
    assert_eq!(refusal(&world, &daemon, 50), Reason::LedgerHalted);
    // Only a start finds out what is stored; so the process ends, and says why.
    let said = daemon.ends();
    assert!(said.contains("Start the ledger again"), "{said}");
    drop(daemon);
    drop(mounted);
    let mounted = Mounted::new(&["-o", "loop"], &image, scratch.path().join("mount"));
    judge_again(
        &world,
        &mounted.path().join("ledger"),
        &oracle,
        "after the disk failed",
    );
}

#[test]
#[ignore = "needs prlimit"]
fn a_flood_of_connections_leaves_nothing_behind() {
    let world = World::new(120);
    let daemon = Daemon::start(&world.ledger(), &["prlimit", "--nofile=96:96"]).unwrap();
    let oracle = load(&world, &daemon, 0, 50);
    assert_eq!(oracle.places.len(), 50);
    let address: SocketAddr = daemon.url.strip_prefix("http://").unwrap().parse().unwrap();
    let flood: Vec<_> = (0..300)
        .map_while(|_| TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok())
        .collect();
    assert!(flood.len() > 96, "{} connections", flood.len());
    thread::sleep(Duration::from_millis(500));
    drop(flood);
    let begin = Instant::now();
    while submit(&world, &daemon, 50).is_err() {
        assert!(
            begin.elapsed() < PATIENCE,
            "nothing is taken though the flood is over"
        );
        thread::sleep(Duration::from_millis(50));
    }
    judge(&world, &daemon, &oracle).unwrap();
}

#[test]
#[ignore = "needs faketime"]
fn a_clock_that_jumps_signs_nothing_false() {
    let world = World::new(120);
    let first = {
        let daemon = Daemon::start(&world.ledger(), &[]).unwrap();
        let oracle = load(&world, &daemon, 0, 20);
        daemon.stop();
        oracle
    };
    // Behind: nothing is signed, whatever was logged is still answered.
    let daemon = Daemon::start(&world.ledger(), &FAKETIME.map(|it| it.unwrap_or("-1h"))).unwrap();
    assert_eq!(refusal(&world, &daemon, 20), Reason::ClockBehind);
    submit(&world, &daemon, 0).unwrap();
    judge(&world, &daemon, &first).unwrap();
    daemon.stop();
    // Right again.
    let daemon = Daemon::start(&world.ledger(), &[]).unwrap();
    submit(&world, &daemon, 20).unwrap();
    daemon.stop();
    // Ahead: nobody in the ledger can know. The entry has that time, and the audit accepts it; then the right clock is behind.
    let daemon = Daemon::start(&world.ledger(), &FAKETIME.map(|it| it.unwrap_or("+1h"))).unwrap();
    submit(&world, &daemon, 21).unwrap();
    audit(&world, &daemon);
    daemon.stop();
    let daemon = Daemon::start(&world.ledger(), &[]).unwrap();
    assert_eq!(refusal(&world, &daemon, 22), Reason::ClockBehind);
    judge(&world, &daemon, &first).unwrap();
}
