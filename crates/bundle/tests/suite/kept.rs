//! Checkpoints that an auditor kept from before, against the log that is audited now.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use witnessmark_bundle::{
    AuditOptions, Auditor, ExportWriter, Verdict, VerdictWord, audit_export_with,
};

use crate::mini_log::{MiniLog, TEAM, assert_fails, assert_no_positive_word, why};

/// A log, and the checkpoint it had at each of some sizes.
fn grown(sizes: &[usize], title: &str) -> (MiniLog, Vec<String>) {
    let mut log = MiniLog::usual();
    let mut notes = Vec::new();
    for size in sizes {
        while log.entries.len() < *size {
            let number = log.entries.len();
            log.record(11, &log.message(TEAM, &format!("{title} {number}")));
        }
        notes.push(log.checkpoint(&[]));
    }
    (log, notes)
}

fn export(log: &MiniLog, dir: &Path) {
    let mut writer = ExportWriter::create(dir, &log.checkpoint(&[])).unwrap();
    for entry in &log.entries {
        writer.push(entry).unwrap();
    }
    writer.finish().unwrap();
}

fn audit(log: &MiniLog, dir: &Path, since: &[PathBuf]) -> Verdict {
    let options = AuditOptions {
        since: since.to_vec(),
        ..AuditOptions::default()
    };
    audit_export_with(dir, log.policy().as_bytes(), &options, &mut |_| {
        ControlFlow::Continue(())
    })
}

fn keep(dir: &Path, name: &str, note: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, note).unwrap();
    path
}

fn detail(verdict: &Verdict) -> &str {
    let check = verdict.checks.iter().find(|it| it.name == "kept");
    &check.unwrap().detail
}

#[test]
fn a_log_that_grew_begins_with_what_was_kept() {
    let (log, notes) = grown(&[5, 6, 255, 256, 257, 300, 520], "Record");
    let (dir, kept) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    export(&log, dir.path());
    for (number, note) in notes.iter().enumerate() {
        keep(kept.path(), &format!("{number}.checkpoint"), note);
    }
    keep(kept.path(), ".lock", "not a note");
    let verdict = audit(&log, dir.path(), &[kept.path().to_owned()]);
    assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
    assert_eq!(
        detail(&verdict),
        "the log begins with the trees of 7 checkpoints from before"
    );
    let verdict = audit(&log, dir.path(), &[]);
    assert_eq!(detail(&verdict), "no checkpoint from before was given");
}

#[test]
fn another_history_is_named_with_the_file_the_size_and_both_roots() {
    let sizes = [7, 256, 300];
    let (log, _) = grown(&sizes, "Record");
    let (_, forked) = grown(&sizes, "Fork");
    let (dir, kept) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    export(&log, dir.path());
    for (size, note) in sizes.iter().zip(&forked) {
        let file = keep(kept.path(), "seen.checkpoint", note);
        let verdict = audit(&log, dir.path(), std::slice::from_ref(&file));
        assert_fails(&verdict, 1, "kept", "seen.checkpoint");
        assert_no_positive_word(&verdict);
        let [found] = verdict.contradictions.as_slice() else {
            panic!("{:?}", verdict.contradictions);
        };
        assert_eq!(found.size, u64::try_from(*size).unwrap());
        assert_eq!(found.kept_note, *note);
        assert_eq!(found.checkpoint_note, log.checkpoint(&[]));
        for words in [
            format!("signed for {size} entries"),
            found.kept_root.to_string(),
            found.found_root.to_string(),
        ] {
            assert!(detail(&verdict).contains(&words), "{}", detail(&verdict));
        }
        assert!(verdict.to_json().contains("\"contradictions\""));
        // Without files it is the same.
        let mut auditor =
            Auditor::new(log.policy().as_bytes(), log.checkpoint(&[]).as_bytes()).since(&[file]);
        for entry in &log.entries {
            auditor.push(entry);
        }
        assert_fails(&auditor.finish(), 1, "kept", "seen.checkpoint");
    }
}

#[test]
fn a_checkpoint_of_more_entries_shows_that_the_log_was_set_back() {
    let (log, notes) = grown(&[8, 9], "Record");
    let (old, _) = grown(&[8], "Record");
    let (dir, kept) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    export(&old, dir.path());
    let file = keep(kept.path(), "seen", &notes[1]);
    let verdict = audit(&log, dir.path(), &[file]);
    assert_fails(&verdict, 1, "kept", "signed for 9 entries");
    assert!(
        detail(&verdict).contains("set back"),
        "{}",
        detail(&verdict)
    );
    assert_no_positive_word(&verdict);
}

#[test]
fn what_was_kept_and_cannot_be_used_leaves_the_answer_open() {
    let (log, notes) = grown(&[8, 20], "Record");
    let dir = TempDir::new().unwrap();
    export(&log, dir.path());
    let other = MiniLog::new("ledger.example/other");
    let mut stranger = MiniLog::usual();
    stranger.log_key = crate::mini_log::key(99);
    let unsigned = format!("{}\n", notes[0].rsplit_once("\n\n").unwrap().0);
    for (content, words) in [
        ("not a note".to_owned(), "seen"),
        (unsigned, "seen"),
        (other.checkpoint(&[]), "names no log"),
        (stranger.checkpoint(&[]), "has signed"),
        ("x".repeat(1_000_001), "larger than 1000000 bytes"),
    ] {
        let kept = TempDir::new().unwrap();
        let file = keep(kept.path(), "seen", &content);
        let verdict = audit(&log, dir.path(), &[file]);
        assert_fails(&verdict, 2, "kept", words);
        assert_no_positive_word(&verdict);
    }
    let missing = dir.path().join("none");
    assert_fails(&audit(&log, dir.path(), &[missing]), 2, "kept", "none");
    // In a folder those of other ledgers are left aside, and said to be.
    let kept = TempDir::new().unwrap();
    keep(kept.path(), "1", &notes[0]);
    keep(kept.path(), "2", &other.checkpoint(&[]));
    let verdict = audit(&log, dir.path(), &[kept.path().to_owned()]);
    assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
    assert!(
        detail(&verdict).contains("1 of other ledgers"),
        "{}",
        detail(&verdict)
    );
}
