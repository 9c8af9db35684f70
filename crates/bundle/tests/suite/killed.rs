//! An export that is killed: whatever it was doing, the folder reads as the old checkpoint or as the new one.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use witnessmark_bundle::{ExportWriter, VerdictWord, audit_export};
use witnessmark_tlog::{Tile, encode_entry_bundle, parse_entry_bundle};

use crate::mini_log::{MiniLog, TEAM, why};

/// Names the folder with what the second process exports.
const WORK: &str = "WITNESSMARK_TEST_EXPORT";

/// Not a test of its own: what the second process does.
#[test]
fn exports_when_it_is_told_to() {
    let Some(work) = env::var_os(WORK) else {
        return;
    };
    let work = Path::new(&work);
    let checkpoint = fs::read_to_string(work.join("checkpoint")).unwrap();
    let mut writer = ExportWriter::create(work.join("export"), &checkpoint).unwrap();
    let start = usize::try_from(writer.next_index()).unwrap();
    let files = (0..).map_while(|number| fs::read(work.join(format!("entries-{number}"))).ok());
    let files: Vec<Vec<u8>> = files.collect();
    let entries = files.iter().flat_map(|it| parse_entry_bundle(it).unwrap());
    for entry in entries.skip(start) {
        writer.push(entry).unwrap();
    }
    writer.finish().unwrap();
}

fn offer(log: &MiniLog, work: &Path) {
    fs::write(work.join("checkpoint"), log.checkpoint(&[])).unwrap();
    for (number, entries) in log.entries.chunks(256).enumerate() {
        let bytes = encode_entry_bundle(entries).unwrap();
        fs::write(work.join(format!("entries-{number}")), bytes).unwrap();
    }
}

fn start(work: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "killed::exports_when_it_is_told_to"])
        .env(WORK, work)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// How many files there are; none is a part of one.
fn whole_files(folder: &Path, root: &Path) -> usize {
    let mut count = 0;
    for item in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = item.path();
        if path.is_dir() {
            count += whole_files(&path, root);
            continue;
        }
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        let Ok(bytes) = fs::read(&path) else {
            // It was removed in between.
            continue;
        };
        if let Ok(tile) = Tile::parse(name) {
            assert_eq!(bytes.len(), usize::from(tile.width) * 32, "{name}");
        } else if let Ok(tile) = Tile::parse_entries(name) {
            let entries = parse_entry_bundle(&bytes).unwrap();
            assert_eq!(entries.len(), usize::from(tile.width), "{name}");
        }
        count += usize::from(name != ".unfinished");
    }
    count
}

#[test]
fn a_killed_export_reads_as_the_old_checkpoint_or_as_the_new_one() {
    let work = TempDir::new().unwrap();
    let export = work.path().join("export");
    let mut log = MiniLog::usual();
    let grow = |log: &mut MiniLog, entries: usize| {
        for _ in 0..entries {
            let message = log.message(TEAM, &format!("Record {}", log.entries.len()));
            log.record(11, &message);
        }
    };
    grow(&mut log, 10);
    offer(&log, work.path());
    assert!(start(work.path()).wait().unwrap().success());
    let mut old = log.entries.len();
    let mut killed = 0;
    for round in 0..12_usize {
        grow(&mut log, 300);
        offer(&log, work.path());
        let before = whole_files(&export, &export);
        let mut child = start(work.path());
        // Another moment in each round: after so many files more.
        let limit = Instant::now() + Duration::from_secs(60);
        while whole_files(&export, &export) < before + round && Instant::now() < limit {
            if child.try_wait().unwrap().is_some() {
                break;
            }
            thread::yield_now();
        }
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        let verdict = audit_export(&export, log.policy().as_bytes(), &mut |_| {});
        assert!(verdict.word.is_positive(), "{round}: {}", why(&verdict));
        let size = usize::try_from(verdict.ledger.unwrap().size).unwrap();
        assert!(size == old || size == log.entries.len(), "{round}: {size}");
        old = size;
    }
    assert!(killed > 0);
    // The next run makes everything good, and leaves nothing of those before.
    assert!(start(work.path()).wait().unwrap().success());
    let verdict = audit_export(&export, log.policy().as_bytes(), &mut |_| {});
    assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
    assert_eq!(
        verdict.ledger.unwrap().size,
        u64::try_from(log.entries.len()).unwrap()
    );
}

#[test]
fn two_exports_into_one_folder_do_not_meet() {
    let dir = TempDir::new().unwrap();
    let log = MiniLog::usual();
    let first = ExportWriter::create(dir.path(), &log.checkpoint(&[])).unwrap();
    let second = ExportWriter::create(dir.path(), &log.checkpoint(&[]));
    if cfg!(unix) {
        assert!(second.unwrap_err().to_string().contains("is running"));
    }
    drop(first);
    ExportWriter::create(dir.path(), &log.checkpoint(&[])).unwrap();
}
