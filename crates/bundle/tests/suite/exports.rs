//! Exports: written, continued, and audited file by file.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use witnessmark_bundle::{ExportError, ExportWriter, Exported, Verdict, VerdictWord, audit_export};

use crate::mini_log::{MiniLog, TEAM, assert_fails, assert_no_positive_word, why};

/// A log of three levels of tiles would need 65,536 entries; two show everything else.
fn long_log(records: usize) -> MiniLog {
    let mut log = MiniLog::usual();
    for number in 0..records {
        log.record(11, &log.message(TEAM, &format!("Record {number}")));
    }
    log
}

fn export(log: &MiniLog, dir: &Path) -> Result<Exported, ExportError> {
    let mut writer = ExportWriter::create(dir, &log.checkpoint(&[]))?;
    let start = usize::try_from(writer.next_index()).unwrap();
    for entry in &log.entries[start..] {
        writer.push(entry)?;
    }
    writer.finish()
}

fn audit(log: &MiniLog, dir: &Path) -> Verdict {
    audit_export(dir, log.policy().as_bytes(), &mut |_| {})
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn names(dir: &Path) -> Vec<String> {
    files(dir)
        .iter()
        .map(|p| p.strip_prefix(dir).unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_export_is_the_static_layout_and_nothing_else() {
    let log = long_log(300);
    let dir = TempDir::new().unwrap();
    let done = export(&log, dir.path()).unwrap();
    assert_eq!(
        done,
        Exported {
            size: 305,
            new_entries: 305,
            files_written: 6,
            files_kept: 0
        }
    );
    assert_eq!(
        names(dir.path()),
        [
            "checkpoint",
            "tile/0/000",
            "tile/0/001.p/49",
            "tile/1/000.p/1",
            "tile/entries/000",
            "tile/entries/001.p/49"
        ]
    );
    assert_eq!(
        fs::metadata(dir.path().join("tile/0/000")).unwrap().len(),
        8_192
    );
    let mut told = 0;
    let verdict = audit_export(dir.path(), log.policy().as_bytes(), &mut |read| told = read);
    assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
    assert_eq!(told, 305);
    assert_eq!(verdict.checks.len(), 12);
}

#[test]
fn small_exports_of_every_size_are_verified() {
    for records in 0..6 {
        let log = long_log(records);
        let dir = TempDir::new().unwrap();
        export(&log, dir.path()).unwrap();
        let verdict = audit(&log, dir.path());
        assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
    }
    let full = long_log(251);
    let dir = TempDir::new().unwrap();
    export(&full, dir.path()).unwrap();
    assert_eq!(
        names(dir.path()),
        [
            "checkpoint",
            "tile/0/000",
            "tile/1/000.p/1",
            "tile/entries/000"
        ]
    );
    assert_eq!(audit(&full, dir.path()).word, VerdictWord::Verified);
}

#[test]
fn an_export_goes_on_where_it_stopped_and_drops_what_is_outdated() {
    let mut log = long_log(260);
    let dir = TempDir::new().unwrap();
    export(&log, dir.path()).unwrap();
    let again = export(&log, dir.path()).unwrap();
    assert_eq!((again.files_written, again.files_kept), (0, 0));
    assert_eq!((again.size, again.new_entries), (265, 0));
    for number in 0..300 {
        log.record(11, &log.message(TEAM, &format!("More {number}")));
    }
    fs::write(dir.path().join(".unfinished"), b"left by a crash").unwrap();
    let more = export(&log, dir.path()).unwrap();
    assert_eq!(
        (more.size, more.new_entries, more.files_kept),
        (565, 300, 0)
    );
    assert_eq!(
        names(dir.path()),
        [
            "checkpoint",
            "tile/0/000",
            "tile/0/001",
            "tile/0/002.p/53",
            "tile/1/000.p/2",
            "tile/entries/000",
            "tile/entries/001",
            "tile/entries/002.p/53"
        ]
    );
    let verdict = audit(&log, dir.path());
    assert_eq!(verdict.word, VerdictWord::Verified, "{}", why(&verdict));
}

#[test]
fn an_export_that_breaks_off_leaves_the_old_checkpoint_good() {
    let mut log = long_log(3);
    let dir = TempDir::new().unwrap();
    export(&log, dir.path()).unwrap();
    for number in 0..300 {
        log.record(11, &log.message(TEAM, &format!("More {number}")));
    }
    let mut writer = ExportWriter::create(dir.path(), &log.checkpoint(&[])).unwrap();
    for entry in &log.entries[..280] {
        writer.push(entry).unwrap();
    }
    drop(writer);
    // The old state is whole; the new tiles are not yet spoken of by any checkpoint.
    let verdict = audit(&log, dir.path());
    assert_eq!(
        verdict.word,
        VerdictWord::VerifiedWithRemarks,
        "{}",
        why(&verdict)
    );
    assert_eq!(verdict.ledger.unwrap().size, 8);
    export(&log, dir.path()).unwrap();
    assert_eq!(audit(&log, dir.path()).word, VerdictWord::Verified);
}

#[test]
fn an_export_is_not_written_over_anything_else() {
    let log = long_log(3);
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("thesis.doc"), b"x").unwrap();
    assert!(matches!(
        export(&log, dir.path()),
        Err(ExportError::NotAnExport)
    ));

    let dir = TempDir::new().unwrap();
    export(&log, dir.path()).unwrap();
    let older = long_log(2);
    assert!(matches!(
        export(&older, dir.path()),
        Err(ExportError::OtherExport)
    ));
    let other = MiniLog::new("ledger.example/other");
    assert!(matches!(
        export(&other, dir.path()),
        Err(ExportError::OtherExport)
    ));

    let grown = long_log(300);
    let dir = TempDir::new().unwrap();
    export(&grown, dir.path()).unwrap();
    let mut forked = long_log(1);
    for number in 0..310 {
        forked.record(11, &forked.message(TEAM, &format!("Fork {number}")));
    }
    assert!(matches!(
        export(&forked, dir.path()),
        Err(ExportError::Forked(_))
    ));
    assert_eq!(audit(&grown, dir.path()).word, VerdictWord::Verified);
}

#[test]
fn entries_that_do_not_make_the_tree_get_no_checkpoint() {
    let log = long_log(3);
    let dir = TempDir::new().unwrap();
    let mut writer = ExportWriter::create(dir.path(), &log.checkpoint(&[])).unwrap();
    for entry in log.entries.iter().rev() {
        writer.push(entry).unwrap();
    }
    assert!(matches!(
        writer.finish(),
        Err(ExportError::Tree { given: 8, size: 8 })
    ));
    assert!(!dir.path().join("checkpoint").exists());
}

#[test]
fn no_file_can_be_altered_cut_or_taken_away() {
    let log = long_log(300);
    let dir = TempDir::new().unwrap();
    export(&log, dir.path()).unwrap();
    for (path, name) in files(dir.path()).iter().zip(names(dir.path())) {
        let good = fs::read(path).unwrap();
        let places = [0, good.len() / 2, good.len() - 1];
        let mut variants: Vec<Vec<u8>> = places
            .iter()
            .map(|at| {
                let mut bytes = good.clone();
                bytes[*at] ^= 1;
                bytes
            })
            .collect();
        variants.push(good[..good.len() - 1].to_vec());
        variants.push(Vec::new());
        let mut longer = good.clone();
        longer.push(0);
        variants.push(longer);
        for bytes in variants {
            fs::write(path, bytes).unwrap();
            let verdict = audit(&log, dir.path());
            assert!(!verdict.word.is_positive(), "{name}");
            assert_no_positive_word(&verdict);
            let text = verdict.to_text();
            assert!(
                name == "checkpoint" || text.contains(&name) || text.contains("entry "),
                "{name}\n{text}"
            );
        }
        fs::remove_file(path).unwrap();
        let verdict = audit(&log, dir.path());
        assert_eq!(verdict.word, VerdictWord::NotVerified, "{name}");
        assert!(verdict.to_text().contains(&name), "{}", verdict.to_text());
        fs::write(path, good).unwrap();
    }
    assert_eq!(audit(&log, dir.path()).word, VerdictWord::Verified);
}

#[test]
fn an_altered_entry_is_named_and_a_forged_tile_is_told_from_it() {
    let log = long_log(300);
    let dir = TempDir::new().unwrap();
    export(&log, dir.path()).unwrap();
    // The last byte of entry 299 is in its signature.
    let path = dir.path().join("tile/entries/001.p/49");
    let good = fs::read(&path).unwrap();
    let end: usize = log.entries[256..300]
        .iter()
        .map(|entry| entry.len() + 2)
        .sum();
    let mut bytes = good.clone();
    bytes[end - 1] ^= 1;
    fs::write(&path, bytes).unwrap();
    let verdict = audit(&log, dir.path());
    assert_fails(&verdict, 1, "entries", "entry 299 (tile/0/001.p/49)");
    assert!(
        verdict
            .problems
            .iter()
            .any(|p| p.check == "signatures" && p.index == Some(299))
    );
    assert!(verdict.problems.iter().any(|p| p.check == "root"));
    fs::write(&path, good).unwrap();

    let path = dir.path().join("tile/0/000");
    let mut bytes = fs::read(&path).unwrap();
    bytes[32 * 7] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_fails(&audit(&log, dir.path()), 1, "tiles", "entry 7 (tile/0/000)");
}

#[test]
fn a_file_that_is_not_of_the_log_is_a_remark() {
    let log = long_log(3);
    let dir = TempDir::new().unwrap();
    export(&log, dir.path()).unwrap();
    fs::write(dir.path().join("tile/README\n"), b"VERIFIED").unwrap();
    let verdict = audit(&log, dir.path());
    assert_eq!(verdict.word, VerdictWord::VerifiedWithRemarks);
    assert_eq!(verdict.remarks.len(), 1);
    assert!(
        verdict.to_text().contains("tile/README\\u{a}"),
        "{}",
        verdict.to_text()
    );
}

#[test]
fn what_is_no_export_leaves_the_answer_open() {
    let log = long_log(3);
    let dir = TempDir::new().unwrap();
    assert_fails(&audit(&log, dir.path()), 2, "format", "not an export");
    export(&log, dir.path()).unwrap();
    let verdict = audit_export(dir.path(), b"nonsense", &mut |_| {});
    assert_fails(&verdict, 2, "policy", "");
    let other = MiniLog::new("ledger.example/other");
    assert_fails(
        &audit(&other, dir.path()),
        2,
        "checkpoint",
        "not this ledger",
    );
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_file_is_not_followed() {
    let log = long_log(3);
    let dir = TempDir::new().unwrap();
    export(&log, dir.path()).unwrap();
    let path = dir.path().join("tile/entries/000.p/8");
    let elsewhere = dir.path().with_extension("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    let verdict = audit(&log, dir.path());
    fs::remove_file(elsewhere).unwrap();
    assert_fails(&verdict, 2, "entries", "not a regular file");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_folder_is_not_followed() {
    let log = long_log(3);
    for (folder, code, check) in [
        ("tile", 2, "entries"),
        ("tile/entries", 2, "entries"),
        ("tile/0", 1, "tiles"),
        ("tile/0/000.p", 1, "tiles"),
    ] {
        let (dir, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        export(&log, dir.path()).unwrap();
        let moved = elsewhere.path().join("moved");
        fs::rename(dir.path().join(folder), &moved).unwrap();
        std::os::unix::fs::symlink(moved, dir.path().join(folder)).unwrap();
        let verdict = audit(&log, dir.path());
        assert_fails(&verdict, code, check, "a link in the place of its folder");
    }
}

#[test]
fn an_export_goes_on_only_from_what_its_checkpoint_says() {
    let mut log = long_log(300);
    let dir = TempDir::new().unwrap();
    export(&log, dir.path()).unwrap();
    for number in 0..300 {
        log.record(11, &log.message(TEAM, &format!("More {number}")));
    }
    // A tile on the edge was altered: nothing is added to it.
    for name in ["tile/0/001.p/49", "tile/1/000.p/1"] {
        let path = dir.path().join(name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[3] ^= 1;
        for (bytes, words) in [(bad, "do not make the root"), (good[1..].to_vec(), name)] {
            fs::write(&path, bytes).unwrap();
            let before = names(dir.path());
            let error = export(&log, dir.path()).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
            assert_eq!(names(dir.path()), before);
        }
        fs::write(&path, good).unwrap();
    }
    // The ledger shows another history: in what fills the last tile, or before it.
    let checkpoint = fs::read(dir.path().join("checkpoint")).unwrap();
    let before = names(dir.path());
    let start = 256;
    let mut writer = ExportWriter::create(dir.path(), &log.checkpoint(&[])).unwrap();
    assert_eq!(writer.next_index(), start);
    let error = writer.push(&log.entries[7]).unwrap_err();
    assert!(
        error.to_string().contains("entry 256 of the ledger is not"),
        "{error}"
    );
    drop(writer);
    let mut forked = MiniLog::usual();
    forked.record(11, &forked.message(TEAM, "Another"));
    forked.entries.extend_from_slice(&log.entries[6..]);
    let error = export(&forked, dir.path()).unwrap_err();
    assert!(matches!(error, ExportError::Forked(_)), "{error}");
    assert_eq!(fs::read(dir.path().join("checkpoint")).unwrap(), checkpoint);
    assert!(before.iter().all(|name| names(dir.path()).contains(name)));
    // The same size and another root.
    let other = {
        let mut other = MiniLog::usual();
        other.record(11, &other.message(TEAM, "Another"));
        other.entries.extend_from_slice(&log.entries[6..305]);
        other
    };
    let error = export(&other, dir.path()).unwrap_err();
    assert!(error.to_string().contains("another history"), "{error}");
    // Nothing of those runs stands in the way of the true history.
    assert_eq!(names(dir.path()), before);
    export(&log, dir.path()).unwrap();
    assert_eq!(audit(&log, dir.path()).word, VerdictWord::Verified);
}

/// What is there and what is read must not grow with the log: every tile but those on the edge can be away.
#[test]
fn an_export_goes_on_without_reading_what_is_full() {
    let mut log = long_log(600);
    let dir = TempDir::new().unwrap();
    export(&log, dir.path()).unwrap();
    for name in ["tile/0/000", "tile/0/001", "tile/entries/000"] {
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    let again = export(&log, dir.path()).unwrap();
    assert_eq!(again.files_written, 0);
    log.record(11, &log.message(TEAM, "One more"));
    let more = export(&log, dir.path()).unwrap();
    assert_eq!(
        (more.new_entries, more.files_written, more.files_kept),
        (1, 3, 1)
    );
}
