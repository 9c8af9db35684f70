//! Audits that go on from the state of an earlier one.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use tempfile::TempDir;
use witnessmark_bundle::{AuditOptions, ExportWriter, Verdict, audit_export_with};
use witnessmark_record::v1;

use crate::mini_log::{MiniLog, TEAM, assert_fails, assert_no_positive_word, why};

/// Numbered records of one device that name the checkpoint of a hundred entries before, until the log has `size` entries.
fn grow(log: &mut MiniLog, size: usize, heads: &mut Vec<v1::CheckpointSeen>) {
    while log.entries.len() < size {
        let entries = log.entries.len();
        if entries.is_multiple_of(100) {
            let head = log.frontier().0.head();
            heads.push(v1::CheckpointSeen {
                size: head.size.get(),
                root: head.root.as_bytes().to_vec(),
            });
        }
        let mut message = log.message(TEAM, &format!("Record {entries}"));
        message.seen = heads.iter().rev().nth(1).cloned();
        // Number 50 is missing.
        let number = u64::try_from(entries).unwrap() - 4;
        message.device_seq = if number < 50 { number } else { number + 1 };
        if entries > 5 && number != 50 {
            message.previous = log
                .id(u64::try_from(entries).unwrap() - 1)
                .as_bytes()
                .to_vec();
        }
        log.record(11, &message);
    }
}

fn export(log: &MiniLog, dir: &Path) {
    let mut writer = ExportWriter::create(dir, &log.checkpoint(&[])).unwrap();
    let start = usize::try_from(writer.next_index()).unwrap();
    for entry in &log.entries[start..] {
        writer.push(entry).unwrap();
    }
    writer.finish().unwrap();
}

fn audit(log: &MiniLog, dir: &Path, state: Option<&Path>) -> Verdict {
    let options = AuditOptions {
        state: state.map(Path::to_owned),
        ..AuditOptions::default()
    };
    audit_export_with(dir, log.policy().as_bytes(), &options, &mut |_| {
        ControlFlow::Continue(())
    })
}

/// The verdict but for the sentence that an earlier audit was believed.
fn without_the_state(mut verdict: Verdict) -> Verdict {
    for check in &mut verdict.checks {
        if let Some((before, _)) = check.detail.split_once("; the first ") {
            check.detail = before.to_owned();
        }
    }
    if let Some(contents) = &mut verdict.contents {
        contents.read_before = 0;
    }
    verdict
}

#[test]
fn the_audit_of_a_grown_export_reads_what_is_new() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let state = other.path().join("audit.state");
    let mut log = MiniLog::usual();
    let mut heads = Vec::new();
    for size in [6, 255, 256, 300, 301, 512, 700] {
        grow(&mut log, size, &mut heads);
        export(&log, dir.path());
        let verdict = audit(&log, dir.path(), Some(&state));
        assert!(verdict.word.is_positive(), "{size}: {}", why(&verdict));
        assert_eq!(
            without_the_state(verdict),
            audit(&log, dir.path(), None),
            "{size}"
        );
        // Nothing new: the same again.
        let again = audit(&log, dir.path(), Some(&state));
        assert!(
            again.to_text().contains(&format!(
                "the first {size} entries were read by an earlier audit"
            )),
            "{}",
            again.to_text()
        );
        assert_eq!(without_the_state(again), audit(&log, dir.path(), None));
    }
    let verdict = audit(&log, dir.path(), Some(&state));
    assert_eq!(verdict.remarks.len(), 1, "{:?}", verdict.remarks);
    assert!(verdict.remarks[0].contains("numbers missing: 50"));
    // What was read before is believed, and not read again.
    let old = dir.path().join("tile/entries/000");
    fs::remove_file(&old).unwrap();
    assert!(audit(&log, dir.path(), Some(&state)).word.is_positive());
    assert_fails(&audit(&log, dir.path(), None), 1, "entries", "000");
}

#[test]
fn an_audit_that_was_stopped_goes_on_and_finds_the_same() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let state = other.path().join("audit.state");
    let mut log = MiniLog::usual();
    let plain = |log: &mut MiniLog, size: usize| {
        while log.entries.len() < size {
            let message = log.message(TEAM, &format!("Record {}", log.entries.len()));
            log.record(11, &message);
        }
    };
    plain(&mut log, 4_300);
    // A fault behind what the first run reads.
    let entry = log.record_entry(&[21], &log.message(TEAM, "By a foreign key"));
    log.push(entry);
    plain(&mut log, 4_400);
    export(&log, dir.path());
    let options = AuditOptions {
        state: Some(state.clone()),
        ..AuditOptions::default()
    };
    let policy = log.policy();
    let mut told = Vec::new();
    let stopped = audit_export_with(dir.path(), policy.as_bytes(), &options, &mut |read| {
        told.push(read);
        ControlFlow::Break(())
    });
    assert_eq!(told, [4_096]);
    assert_fails(&stopped, 2, "entries", "stopped after 4096 entries");
    assert_no_positive_word(&stopped);
    told.clear();
    let resumed = audit_export_with(dir.path(), policy.as_bytes(), &options, &mut |read| {
        told.push(read);
        ControlFlow::Continue(())
    });
    assert_eq!(told, [4_400]);
    assert_fails(&resumed, 1, "signatures", "entry 4300");
    let once = audit(&log, dir.path(), None);
    assert_eq!(without_the_state(resumed), once);
    // What is wrong is not taken up in the state, so it is found again.
    let again = audit(&log, dir.path(), Some(&state));
    assert_eq!(without_the_state(again), once);
}

#[test]
fn a_state_that_does_not_fit_is_refused_with_the_reason() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let state = other.path().join("audit.state");
    let mut log = MiniLog::usual();
    grow(&mut log, 300, &mut Vec::new());
    export(&log, dir.path());
    assert!(audit(&log, dir.path(), Some(&state)).word.is_positive());
    let good = fs::read(&state).unwrap();
    let refused = |code: i32, words: &str| {
        let verdict = audit(&log, dir.path(), Some(&state));
        assert_fails(&verdict, u8::try_from(code).unwrap(), "kept", words);
        assert_no_positive_word(&verdict);
    };
    for place in (0..good.len()).step_by(97).chain([good.len() - 1]) {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        fs::write(&state, bytes).unwrap();
        refused(2, "the state of an earlier audit");
    }
    for length in [0, 5, 26, 100, good.len() / 2, good.len() - 1] {
        fs::write(&state, &good[..length]).unwrap();
        refused(2, "it is damaged");
    }
    fs::write(&state, [good.as_slice(), b"x"].concat()).unwrap();
    refused(2, "its digest");
    fs::write(
        &state,
        b"{\"format\":\"something else\", and more than its beginning}",
    )
    .unwrap();
    refused(2, "not the state of an audit");

    fs::write(&state, &good).unwrap();
    let mut foreign = MiniLog::new("ledger.example/other");
    foreign.admit(TEAM, 10, 11);
    let elsewhere = TempDir::new().unwrap();
    export(&foreign, elsewhere.path());
    let verdict = audit(&foreign, elsewhere.path(), Some(&state));
    assert_fails(&verdict, 2, "kept", "of another ledger");

    let options = AuditOptions {
        state: Some(state.clone()),
        ..AuditOptions::default()
    };
    let policy = format!("{}\n# a remark\n", log.policy().trim_end());
    let verdict = audit_export_with(dir.path(), policy.as_bytes(), &options, &mut |_| {
        ControlFlow::Continue(())
    });
    assert_fails(&verdict, 2, "kept", "under another policy");
}

#[test]
fn a_log_that_was_set_back_or_forked_since_is_not_verified() {
    let other = TempDir::new().unwrap();
    let state = other.path().join("audit.state");
    let mut log = MiniLog::usual();
    grow(&mut log, 300, &mut Vec::new());
    let dir = TempDir::new().unwrap();
    export(&log, dir.path());
    assert!(audit(&log, dir.path(), Some(&state)).word.is_positive());

    let mut older = MiniLog::usual();
    grow(&mut older, 299, &mut Vec::new());
    let dir = TempDir::new().unwrap();
    export(&older, dir.path());
    let verdict = audit(&older, dir.path(), Some(&state));
    assert_fails(&verdict, 1, "kept", "has read 300 entries");
    assert_no_positive_word(&verdict);

    for size in [300, 600] {
        let mut forked = MiniLog::usual();
        forked.record(11, &forked.message(TEAM, "Another"));
        grow(&mut forked, size, &mut Vec::new());
        let dir = TempDir::new().unwrap();
        export(&forked, dir.path());
        let verdict = audit(&forked, dir.path(), Some(&state));
        assert_fails(&verdict, 1, "kept", "not the history that was read then");
        assert_no_positive_word(&verdict);
    }
}

#[test]
fn checkpoints_from_before_the_state_are_compared_by_the_tiles() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let state = other.path().join("audit.state");
    let kept = other.path().join("kept");
    fs::create_dir(&kept).unwrap();
    let mut log = MiniLog::usual();
    let mut heads = Vec::new();
    for size in [7, 256, 290, 600] {
        grow(&mut log, size, &mut heads);
        fs::write(kept.join(size.to_string()), log.checkpoint(&[])).unwrap();
    }
    export(&log, dir.path());
    assert!(audit(&log, dir.path(), Some(&state)).word.is_positive());
    let options = AuditOptions {
        state: Some(state),
        since: vec![kept.clone()],
        ..AuditOptions::default()
    };
    let run = || {
        let policy = log.policy();
        audit_export_with(dir.path(), policy.as_bytes(), &options, &mut |_| {
            ControlFlow::Continue(())
        })
    };
    let verdict = run();
    assert!(verdict.word.is_positive(), "{}", why(&verdict));
    assert!(verdict.to_text().contains("the trees of 4 checkpoints"));
    let mut forked = MiniLog::usual();
    forked.record(11, &forked.message(TEAM, "Another"));
    grow(&mut forked, 290, &mut Vec::new());
    fs::write(kept.join("290"), forked.checkpoint(&[])).unwrap();
    assert_fails(&run(), 1, "kept", "kept/290");
    fs::remove_file(kept.join("290")).unwrap();
    // A tile that was altered makes no tree.
    let tile = dir.path().join("tile/0/000");
    let mut bytes = fs::read(&tile).unwrap();
    bytes[40] ^= 1;
    fs::write(&tile, bytes).unwrap();
    assert!(run().word.is_positive(), "it is made of the entries");
    fs::remove_file(dir.path().join("tile/entries/000")).unwrap();
    assert_fails(&run(), 2, "kept", "cannot be read");
}
