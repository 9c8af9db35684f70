//! The program as a person runs it: files in, words and an exit code out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(
    dead_code,
    reason = "shared with the bundle crate's tests, which use all of it"
)]
#[path = "../../bundle/tests/suite/mini_log.rs"]
mod mini_log;

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use witnessmark_bundle::{BundleFiles, Contradiction, ExportWriter, Misbehaviour};
use witnessmark_record::v1;
use witnessmark_verifier::sha256;

use mini_log::{MiniLog, TEAM};

/// What a run printed and its exit code.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_witnessmark-verify"))
        .args(args)
        .output()
        .unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[track_caller]
fn assert_ran(args: &[&str], code: i32, first_line: &str) -> Ran {
    let ran = run(args);
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert_eq!(ran.out.lines().next(), Some(first_line), "{ran:?}");
    assert_eq!(ran.err, "", "{ran:?}");
    ran
}

/// A folder with `bundle.json`, the file it names, `trust.policy` and `export/`.
fn folder() -> TempDir {
    let dir = TempDir::new().unwrap();
    let mut log = MiniLog::usual();
    let mut message = log.message(TEAM, "Tail section");
    message.attachments = vec![v1::Attachment {
        sha256: sha256(b"photo").as_bytes().to_vec(),
        size: 5,
        media_type: "image/jpeg".to_owned(),
        name: "photo-1.jpg".to_owned(),
        ..Default::default()
    }];
    let index = log.record(11, &message);
    let mut parts = log.parts(index, &[]);
    parts.files = BundleFiles::All;
    let bundle = parts.assemble().unwrap().encode().unwrap();
    fs::write(dir.path().join("bundle.json"), bundle).unwrap();
    fs::write(dir.path().join("photo-1.jpg"), b"photo").unwrap();
    fs::write(dir.path().join("trust.policy"), log.policy()).unwrap();
    let export = dir.path().join("export");
    let mut writer = ExportWriter::create(export, &log.checkpoint(&[])).unwrap();
    for entry in &log.entries {
        writer.push(entry).unwrap();
    }
    writer.finish().unwrap();
    dir
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_bundle_is_judged_by_words_and_exit_code() {
    let dir = folder();
    let at = |name: &str| dir.path().join(name);
    let (bundle, policy) = (at("bundle.json"), at("trust.policy"));
    let args = ["bundle", text(&bundle), "--policy", text(&policy)];
    let ran = assert_ran(&args, 0, "VERIFIED");
    assert!(
        ran.out
            .contains("1 beside the bundle, as the record has them"),
        "{}",
        ran.out
    );
    let ran = run(&[&args[..], &["--json"]].concat());
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.out.starts_with("{\n  \"verdict\": \"verified\",\n"),
        "{}",
        ran.out
    );

    // The file is looked for beside the bundle, or where one says.
    let elsewhere = TempDir::new().unwrap();
    let files = [&args[..], &["--files", text(elsewhere.path())]].concat();
    assert_ran(&files, 2, "CANNOT TELL");
    fs::write(elsewhere.path().join("photo-1.jpg"), b"ph0to").unwrap();
    assert_ran(&files, 1, "NOT VERIFIED");

    let mut bytes = fs::read(&bundle).unwrap();
    bytes[100] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    assert_ran(&args, 1, "NOT VERIFIED");
    let ran = run(&[&args[..], &["--json"]].concat());
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.out.starts_with("{\n  \"verdict\": \"not_verified\",\n"),
        "{}",
        ran.out
    );
}

#[test]
fn an_export_is_judged_by_words_and_exit_code() {
    let dir = folder();
    let (export, policy) = (dir.path().join("export"), dir.path().join("trust.policy"));
    let args = ["export", text(&export), "--policy", text(&policy)];
    let ran = assert_ran(&args, 0, "VERIFIED");
    assert!(ran.out.contains("All 6 entries"), "{}", ran.out);
    fs::remove_file(export.join("tile/0/000.p/6")).unwrap();
    let ran = assert_ran(&args, 1, "NOT VERIFIED");
    assert!(
        ran.out.contains("tile/0/000.p/6: incomplete"),
        "{}",
        ran.out
    );
}

#[test]
fn what_cannot_be_read_leaves_the_answer_open() {
    let dir = folder();
    let at = |name: &str| dir.path().join(name);
    let (bundle, policy, nothing) = (at("bundle.json"), at("trust.policy"), at("nothing"));
    for args in [
        ["bundle", text(&nothing), "--policy", text(&policy)],
        ["bundle", text(&bundle), "--policy", text(&nothing)],
        ["bundle", text(dir.path()), "--policy", text(&policy)],
        ["bundle", text(&bundle), "--policy", text(&bundle)],
        ["export", text(&nothing), "--policy", text(&policy)],
        ["export", text(dir.path()), "--policy", text(&policy)],
        ["export", text(&at("export")), "--policy", text(&nothing)],
    ] {
        let ran = assert_ran(&args, 2, "CANNOT TELL");
        let json = run(&[&args[..], &["--json"]].concat());
        assert_eq!(json.code, Some(2));
        assert!(
            json.out.contains("\"verdict\": \"cannot_tell\""),
            "{} {}",
            ran.out,
            json.out
        );
    }
}

#[test]
fn a_wrong_command_line_is_64_and_prints_no_verdict() {
    let wrong: [&[&str]; 5] = [
        &[],
        &["bundle"],
        &["bundle", "b"],
        &["check", "b"],
        &["bundle", "b", "--policy", "p", "-x"],
    ];
    for args in wrong {
        let ran = run(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(64), ""), "{ran:?}");
        assert!(!ran.err.is_empty());
    }
    let help = run(&["--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.out.contains("Exit codes: 0 verified"), "{}", help.out);
}

#[test]
fn a_checkpoint_that_was_kept_is_compared_when_it_is_named() {
    let dir = folder();
    let at = |name: &str| dir.path().join(name);
    let (bundle, policy, kept) = (at("bundle.json"), at("trust.policy"), at("kept"));
    let note = fs::read(at("export/checkpoint")).unwrap();
    fs::write(&kept, note).unwrap();
    let args = ["bundle", text(&bundle), "--policy", text(&policy)];
    let since = [&args[..], &["--since", text(&kept)]].concat();
    let ran = assert_ran(&since, 0, "VERIFIED");
    assert!(
        ran.out.contains("the very tree of 6 entries"),
        "{}",
        ran.out
    );
    // What is not there, or is no checkpoint, leaves the answer open.
    fs::write(&kept, "nothing").unwrap();
    assert_ran(&since, 2, "CANNOT TELL");
    fs::remove_file(&kept).unwrap();
    assert_ran(&since, 2, "CANNOT TELL");
    assert_eq!(
        run(&[&args[..], &["--allow-older"]].concat()).code,
        Some(64)
    );
}

#[test]
fn a_file_that_accuses_a_ledger_is_judged_by_words_and_exit_code() {
    let dir = folder();
    let at = |name: &str| dir.path().join(name);
    let (file, policy, nothing) = (at("file.json"), at("trust.policy"), at("nothing"));
    let mut log = MiniLog::usual();
    let mut fork = MiniLog::usual();
    let titles = ["One", "Two"];
    for (log, title) in [&mut log, &mut fork].into_iter().zip(titles) {
        log.record(11, &log.message(TEAM, title));
    }
    let notes = [log.checkpoint(&[]), fork.checkpoint(&[])];
    let proof = Misbehaviour::of(notes, Contradiction::TwoRoots);
    fs::write(&file, proof.encode().unwrap()).unwrap();
    for command in ["misbehaviour", "bundle"] {
        let args = [command, text(&file), "--policy", text(&policy)];
        assert_ran(&args, 3, "MISBEHAVIOUR PROVED");
        let json = run(&[&args[..], &["--json"]].concat());
        assert_eq!(json.code, Some(3));
        let begins = "{\n  \"verdict\": \"misbehaviour_proved\",\n";
        assert!(json.out.starts_with(begins), "{}", json.out);
        let args = [command, text(&file), "--policy", text(&nothing)];
        assert_ran(&args, 2, "CANNOT TELL");
        let args = [command, text(&nothing), "--policy", text(&policy)];
        assert_ran(&args, 2, "CANNOT TELL");
    }
    // Whoever gives an option of a bundle asks about a bundle, and no option is passed over.
    let args = ["bundle", text(&file), "--policy", text(&policy)];
    for option in ["--since", "--files"] {
        let args = [&args[..], &[option, text(&nothing)]].concat();
        assert_ran(&args, 1, "NOT VERIFIED");
    }
    // A bundle is no such file, and nothing is approved of by the wrong name.
    let bundle = at("bundle.json");
    let args = ["misbehaviour", text(&bundle), "--policy", text(&policy)];
    assert_ran(&args, 1, "NOT PROVED");
}

#[test]
fn an_export_is_compared_with_what_was_kept_and_goes_on_from_a_state() {
    let dir = folder();
    let at = |name: &str| dir.path().join(name);
    let (export, policy, kept, state) = (at("export"), at("trust.policy"), at("kept"), at("state"));
    fs::create_dir(&kept).unwrap();
    let kept_file = kept.join("1.checkpoint");
    fs::copy(export.join("checkpoint"), &kept_file).unwrap();
    let args = [
        "export",
        text(&export),
        "--policy",
        text(&policy),
        "--since",
        text(&kept),
        "--since",
        text(&kept_file),
        "--state",
        text(&state),
    ];
    let ran = assert_ran(&args, 0, "VERIFIED");
    assert!(
        ran.out.contains("the trees of 2 checkpoints from before"),
        "{ran:?}"
    );
    let ran = assert_ran(&args, 0, "VERIFIED");
    assert!(ran.out.contains("were read by an earlier audit"), "{ran:?}");

    let mut log = MiniLog::usual();
    log.record(11, &log.message(TEAM, "Another"));
    fs::write(&kept_file, log.checkpoint(&[])).unwrap();
    let ran = assert_ran(&args, 1, "NOT VERIFIED");
    assert!(ran.out.contains("The check \"kept\" failed"), "{ran:?}");
    let ran = assert_ran(&[&args[..], &["--json"]].concat(), 1, "{");
    assert!(ran.out.contains("\"kept_root\""), "{ran:?}");

    fs::write(&state, b"damaged").unwrap();
    let ran = assert_ran(&args, 2, "CANNOT TELL");
    assert!(ran.out.contains("the state of an earlier audit"), "{ran:?}");
}
