//! The power fails at any moment: what a disk may have kept is mounted, and the ledger started from it.

use crate::disk::{Images, LoggedDisk};
use crate::judge::judge;
use crate::load::{Load, Oracle};
use crate::random::{Random, count};
use crate::sweep::strace;
use crate::world::{Daemon, World};

/// Records submitted before the power fails, at the latest.
const RECORDS: usize = 200;

/// What was done to a disk under load, and what was acknowledged meanwhile. The daemon runs under `under`.
fn run(world: &World, scratch: &tempfile::TempDir, under: &[&str]) -> (Images, Oracle) {
    let disk = LoggedDisk::new(scratch.path(), &world.ledger());
    let mounted = disk.mount();
    let daemon = Daemon::start(&mounted.path().join("ledger"), under).unwrap();
    let load = Load::start(
        world,
        &daemon,
        (0..RECORDS, Oracle::default()),
        &disk.mark(),
    );
    let oracle = load.join();
    assert_eq!(oracle.places.len(), RECORDS, "every record is acknowledged");
    daemon.kill();
    drop(mounted);
    (disk.end(), oracle)
}

/// What is wrong with the ledger in the image after `done` writes.
fn judge_image(
    world: &World,
    (images, oracle): (&Images, &Oracle),
    done: u64,
    random: &mut Random,
) -> Result<(), Vec<String>> {
    let mounted = images.mount(done, random);
    let known = oracle.until(done);
    let daemon = Daemon::start(&mounted.path().join("ledger"), &[])
        .map_err(|said| vec![format!("it does not open: {said}")])?;
    let judged = judge(world, &daemon, &known);
    daemon.kill();
    judged.map(drop)
}

/// Draws moments after the first acknowledgement; what is wrong with each image.
fn losses(images: u64, what: &str, under: &[&str]) -> Vec<(u64, Vec<String>)> {
    let mut random = Random::new(what);
    let world = World::new(RECORDS);
    let scratch = tempfile::tempdir().unwrap();
    let (disk, oracle) = run(&world, &scratch, under);
    let first = oracle.first_mark().unwrap();
    let moments = disk.len().checked_sub(first).unwrap() + 1;
    let mut wrong = Vec::new();
    for _ in 0..images {
        let done = first + random.below(moments);
        if let Err(found) = judge_image(&world, (&disk, &oracle), done, &mut random) {
            wrong.push((done, found));
        }
    }
    eprintln!(
        "{what}: {} writes and flushes, {images} images after the first acknowledgement, {} of them wrong",
        disk.len(),
        wrong.len()
    );
    wrong
}

#[test]
#[ignore = "needs root, qemu-storage-daemon and ext4"]
fn nothing_acknowledged_is_lost_when_the_power_fails() {
    let wrong = losses(count("WITNESSMARK_IMAGES", 30), "power", &[]);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The harness is no good if it does not see a store that acknowledges what only the store's own flush has seen.
#[test]
#[ignore = "needs root, strace, qemu-storage-daemon and ext4"]
fn a_ledger_that_trusts_the_flush_of_its_engine_is_caught() {
    let wrong = losses(
        8,
        "engine's flush",
        &strace("inject=fdatasync,fsync:retval=0"),
    );
    assert!(!wrong.is_empty(), "no loss was seen");
}

/// Nor one that acknowledges before anything is flushed.
#[test]
#[ignore = "needs root, strace, qemu-storage-daemon and ext4"]
fn a_ledger_that_acknowledges_before_it_flushes_is_caught() {
    let wrong = losses(
        8,
        "no flush",
        &strace("inject=fdatasync,fsync,sync_file_range:retval=0"),
    );
    assert!(!wrong.is_empty(), "no loss was seen");
}
