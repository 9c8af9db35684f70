//! A third verifier, in Python, by the rules of FORMAT.md (`docs/examples/verify_bundle`): the same check fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use witnessmark_bundle::{VerdictWord, verify_bundle};
use witnessmark_record::descriptor_pool;

use crate::agree::in_rust;
use crate::cases::changed;
use crate::node::{COUNT_VARIABLE, Judge};
use crate::reject::corpus::{self, Subject};
use crate::story::Case;

/// So many changed bundles are judged in Python too, and so many in a run of the comparison that was asked for.
const CASES: [u64; 2] = [30, 500];
/// Of so many cases of the must-reject list one is judged in an ordinary run.
const REJECT_EVERY: usize = 20;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether there is a Python that is new enough.
fn is_there() -> bool {
    let probe = "import sys; sys.exit(sys.version_info < (3, 9))";
    let ran = Command::new("python3").args(["-c", probe]).status();
    ran.is_ok_and(|status| status.success())
}

fn is_whole_run() -> bool {
    std::env::var_os(COUNT_VARIABLE).is_some()
}

/// The judge in Python, and the folder that holds the schema.
fn judge() -> (Judge, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("record.desc");
    fs::write(&schema, descriptor_pool().encode_to_vec()).unwrap();
    let mut command = Command::new("python3");
    command
        .arg("-B")
        .arg(here("tests/python/judge.py"))
        .arg(here("../../docs/examples/verify_bundle"))
        .arg(schema);
    (Judge::start(command), folder)
}

/// How the answer in Python differs from the word and the check in Rust, or nothing.
fn difference(
    python: &mut Judge,
    case: &Case,
    (word, check): (VerdictWord, Option<&str>),
) -> Option<String> {
    let answer = python.ask(&case.question());
    // Remarks are not made there, so a good bundle has one word.
    let expected = if word.is_positive() {
        "EVERY CHECK PASSED"
    } else {
        word.as_str()
    };
    let is_same = answer["word"] == expected && answer["check"].as_str() == check;
    (!is_same).then(|| format!("Rust {expected} {check:?} | Python {answer}"))
}

#[track_caller]
fn nothing(found: &[String]) {
    assert!(
        found.is_empty(),
        "{} differ:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn the_vectors_hold_in_python() {
    if !is_there() {
        return;
    }
    let output = Command::new("python3")
        .arg("-B")
        .arg(here("tests/python/vectors.py"))
        .arg(here("../../docs/examples/verify_bundle"))
        .arg(here("../verifier/vectors/witnessmark-v1.json"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_bundle_of_the_demonstration_is_judged_by_the_program_in_python() {
    if !is_there() {
        return;
    }
    let (_, folder) = judge();
    let bundle = here("../report/tests/data/bundle.json");
    let altered = folder.path().join("altered.json");
    let text = fs::read_to_string(&bundle).unwrap();
    fs::write(&altered, text.replacen("index 0", "index 1", 1)).unwrap();
    for (bundle, code, said) in [
        (&bundle, 0, "EVERY CHECK PASSED\n"),
        (&altered, 1, "NOT VERIFIED\nThe check charter failed: "),
    ] {
        let output = Command::new("python3")
            .arg("-B")
            .arg(here("../../docs/examples/verify_bundle"))
            .arg(folder.path().join("record.desc"))
            .arg(here("../report/tests/data/trust.policy"))
            .arg(bundle)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(out.starts_with(said), "{out}");
    }
}

#[test]
fn changed_bundles_fail_by_the_same_check_in_python() {
    if !is_there() {
        return;
    }
    let (mut python, _folder) = judge();
    let count = CASES[usize::from(is_whole_run())];
    let found = (0..count).filter_map(|seed| {
        let (case, what) = changed(seed);
        let verdict = in_rust(&case);
        let failed = verdict.failed().map(|check| check.name);
        let found = difference(&mut python, &case, (verdict.word, failed))?;
        Some(format!("case {seed}, {what}: {found}"))
    });
    nothing(&found.collect::<Vec<_>>());
}

#[test]
fn the_must_reject_list_is_refused_by_the_same_checks_in_python() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let list = corpus::write(folder.path());
    let (mut python, _folder) = judge();
    let every = if is_whole_run() { 1 } else { REJECT_EVERY };
    let bundles = list.cases.iter();
    // It compares with no checkpoint that was kept.
    let bundles = bundles
        .filter(|case| case.subject == Subject::Bundle && case.since.is_none() && !case.is_endless);
    let mut found = Vec::new();
    for case in bundles.step_by(every) {
        let at = |path: &str| folder.path().join(path);
        let is_file = |path: &Path| fs::symlink_metadata(path).is_ok_and(|it| it.is_file());
        let (input, policy) = (at(&case.input), at(&case.policy));
        if !is_file(&input) || !is_file(&policy) {
            continue;
        }
        // A bundle in a folder of its own has its files beside it; what is no file cannot be given.
        let mut files = BTreeMap::new();
        if input.ends_with("bundle.json") {
            for item in fs::read_dir(input.parent().unwrap()).unwrap() {
                let path = item.unwrap().path();
                if is_file(&path) {
                    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                    files.insert(name, fs::read(path).unwrap());
                }
            }
        }
        let made = Case {
            bundle: fs::read(&input).unwrap(),
            policy: fs::read(&policy).unwrap(),
            files,
        };
        let word = match case.expected.word() {
            "NOT VERIFIED" => VerdictWord::NotVerified,
            "CANNOT TELL" => VerdictWord::CannotTell,
            _ => verify_bundle(&made.bundle, &made.policy, &made.source()).word,
        };
        let check = Some(case.expected.check()).filter(|check| !check.is_empty());
        let different = difference(&mut python, &made, (word, check));
        found.extend(different.map(|it| format!("{}: {it}", case.input)));
    }
    nothing(&found);
}
