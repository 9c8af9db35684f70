//! The must-reject list in the page: what a reader would see who opens the files of each case, and that it is what Rust says.

#[expect(
    dead_code,
    reason = "shared with the suite, which asks more judges about more"
)]
#[path = "../../../../tests/suite/reject/answer.rs"]
mod answer;
#[path = "../../../bundle/examples/reject_corpus/corpus.rs"]
pub(crate) mod corpus;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;
use witnessmark_bundle::{FolderFiles, Since, judge_misbehaviour, verify_bundle};

use self::answer::{Answer, Form, complaints};
use self::corpus::{Case, Corpus, Expected, Subject};
use crate::agree::comparable;
use crate::node::is_there;

/// How long one case may take, in milliseconds: far more than any does, and far less than for ever.
const PATIENCE_MS: u64 = 300_000;

/// The memory that the page may hold on cases without an end, in bytes: the files of a GiB do not fit.
const MEMORY_MAX: u64 = 640 << 20;

/// The heap of node on these cases, in MiB.
const HEAP_MIB: u32 = 384;

/// Whether the page judges such things.
fn is_for_pages(case: &Case) -> bool {
    matches!(case.subject, Subject::Bundle | Subject::Misbehaviour)
}

/// What the page says of the bundles and the files of misbehaviour in a folder, by their paths. Without an answer nothing could be chosen.
fn told(folder: &Path, which: &str) -> BTreeMap<String, Json> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web/reject.mjs");
    let mut process = Command::new("node")
        .args(["--no-warnings", &format!("--max-old-space-size={HEAP_MIB}")])
        .arg(script)
        .arg(folder)
        .arg(which)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let told = lines.map(|line| {
        let told: Json = serde_json::from_str(&line.unwrap()).unwrap();
        (told["input"].as_str().unwrap().to_owned(), told)
    });
    let told = told.collect();
    assert!(process.wait().unwrap().success(), "node ended badly");
    told
}

/// The answers of the page on a case: its text, and the object behind it.
fn answers(told: &Json) -> [Answer; 2] {
    let verdict = &told["answer"];
    let code = match verdict["verdict"].as_str().unwrap() {
        "verified" | "verified_with_remarks" => 0,
        "not_verified" | "not_proved" => 1,
        "misbehaviour_proved" => 3,
        _ => 2,
    };
    let answer = |who, out: &str, form| Answer {
        who,
        code: Some(code),
        out: out.to_owned(),
        err: String::new(),
        form,
    };
    // Those who write the object down escape it as the programs do.
    let json = witnessmark_record::escape_json(&verdict.to_string());
    [
        answer("page", told["text"].as_str().unwrap(), Form::Text),
        answer("page, object", &json, Form::Json),
    ]
}

/// What Rust says of a case, for programs.
fn in_rust(corpus: &Corpus, case: &Case) -> String {
    let read = |path: &str| fs::read(corpus.folder.join(path)).unwrap();
    let (input, policy) = (read(&case.input), read(&case.policy));
    if case.subject == Subject::Misbehaviour {
        return judge_misbehaviour(&input, &policy).to_json();
    }
    let folder = corpus.folder.join(&case.input);
    let files = FolderFiles::new(folder.parent().unwrap());
    let verdict = verify_bundle(&input, &policy, &files);
    let Some(since) = &case.since else {
        return verdict.to_json();
    };
    let since = Since {
        note: Ok(&read(since)),
        policy: &policy,
        allow_older: case.allow_older,
    };
    verdict.since(&since).to_json()
}

/// What is wrong with the answer of the page on a case.
fn wrong(corpus: &Corpus, case: &Case, told: &Json) -> Vec<String> {
    let answers = answers(told);
    let mut found: Vec<String> = answers.iter().flat_map(|it| complaints(case, it)).collect();
    let limits = [("ms", PATIENCE_MS), ("rss", MEMORY_MAX)];
    for (name, limit) in limits {
        let held: u64 = told[name].as_str().unwrap().parse().unwrap();
        if held > limit && (case.is_endless || name == "ms") {
            found.push(format!("{name}: {held} and not at most {limit}"));
        }
    }
    // A reader cannot choose what is no file; and what has no end is kept out of this process.
    if !case.is_endless && corpus.class_of(case).name != "no-file-beside" {
        let rust = comparable(&serde_json::from_str(&in_rust(corpus, case)).unwrap());
        let page = comparable(&told["answer"]);
        if rust != page {
            found.push(format!("Rust: {rust}\n  page: {page}"));
        }
    }
    let name = &case.input;
    found.iter().map(|what| format!("{name}: {what}")).collect()
}

/// What is wrong with the answers of the page on a list, and on how many cases it had one.
fn judged(corpus: &Corpus) -> (Vec<String>, usize) {
    let mut told = told(&corpus.folder, "others");
    if corpus.cases.iter().any(|case| case.is_endless) {
        told.extend(self::told(&corpus.folder, "endless"));
    }
    let (mut found, mut count) = (Vec::new(), 0);
    for case in corpus.cases.iter().filter(|case| is_for_pages(case)) {
        let told = &told[&case.input];
        // Without a bundle or a policy there is no answer, which is not that it was accepted.
        let is_file = |path: &str| {
            fs::symlink_metadata(corpus.folder.join(path)).is_ok_and(|it| it.is_file())
        };
        if is_file(&case.input) && is_file(&case.policy) {
            count += 1;
            found.extend(wrong(corpus, case, told));
        } else {
            assert!(told["answer"].is_null(), "{}", case.input);
        }
    }
    (found, count)
}

#[track_caller]
fn nothing(found: &[String]) {
    let shown: Vec<&str> = found.iter().take(30).map(String::as_str).collect();
    assert!(
        found.is_empty(),
        "{} complaints:\n{}",
        found.len(),
        shown.join("\n")
    );
}

#[test]
fn nothing_on_the_must_reject_list_is_accepted_by_the_page() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (found, count) = judged(&corpus::write(folder.path()));
    nothing(&found);
    assert!(count >= 1_300, "{count} cases");
}

#[test]
fn honest_evidence_is_verified_by_the_page_and_a_false_answer_is_complained_of() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut honest = corpus::honest(folder.path());
    let (found, count) = judged(&honest);
    nothing(&found);
    assert!(count >= 5, "{count} cases");
    for case in &mut honest.cases {
        case.expected = Expected::NotVerified("format");
    }
    let (found, _) = judged(&honest);
    for case in honest.cases.iter().filter(|case| is_for_pages(case)) {
        for who in ["page: ", "page, object: "] {
            let start = format!("{}: {who}", case.input);
            assert!(found.iter().any(|it| it.starts_with(&start)), "{found:?}");
        }
    }
}
