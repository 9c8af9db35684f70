//! The must-reject list: every case through the verifier crate, the report and both programs, and nothing of it accepted.

mod answer;
mod document;
mod judges;

#[path = "../../crates/bundle/examples/reject_corpus/corpus.rs"]
mod corpus;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use answer::{Answer, complaints};
use corpus::{Case, Corpus, Expected, Subject};
use judges::Judges;

/// Asks every judge about every case, in a few threads, and gathers what is wrong with the answers.
fn ask_about(
    corpus: &Corpus,
    judges: &Judges,
    is_wanted: &(dyn Fn(&Case) -> bool + Sync),
) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(BTreeMap::new());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(case) = corpus.cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if !is_wanted(case) {
                        continue;
                    }
                    let answers = judges.ask(corpus, case);
                    let found = answers.iter().flat_map(|answer| complaints(case, answer));
                    let found: Vec<String> = found
                        .map(|what| format!("{}: {what}", case.input))
                        .collect();
                    wrong.lock().unwrap().insert(case.input.clone(), found);
                }
            });
        }
    });
    wrong
        .into_inner()
        .unwrap()
        .into_values()
        .flatten()
        .collect()
}

#[track_caller]
fn nothing(wrong: &[String]) {
    let shown: Vec<&str> = wrong.iter().take(60).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} complaints:\n{}",
        wrong.len(),
        shown.join("\n")
    );
}

#[test]
fn nothing_on_the_must_reject_list_is_accepted_by_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus::write(folder.path());
    let negative = corpus
        .cases
        .iter()
        .filter(|case| case.expected.is_negative())
        .count();
    assert!(negative >= 300, "{negative} cases");
    assert!(
        corpus.classes.len() >= 60,
        "{} classes",
        corpus.classes.len()
    );
    let judges = Judges::find();
    // Those that have little memory come one after the other.
    nothing(&ask_about(&corpus, &judges, &|case| !case.is_endless));
    nothing(&ask_about(&corpus, &judges, &|case| case.is_endless));
    a_judge_without_a_quorum_is_found_out(&corpus);
    document::is_up_to_date(&corpus);
}

/// A judge that leaves out one check gives answers that the comparison does not let pass.
fn a_judge_without_a_quorum_is_found_out(corpus: &Corpus) {
    let mut asked = 0;
    for case in &corpus.cases {
        let class = corpus.class_of(case);
        if class.name != "too-few-witnesses" {
            continue;
        }
        let at = |path: &str| std::fs::read_to_string(corpus.folder.join(path)).unwrap();
        let policy = at(&case.policy);
        let (before, _) = policy.rsplit_once("quorum ").unwrap();
        let weaker = format!("{before}quorum none\n");
        let verdict =
            judges::judge_bundle(corpus, &at(&case.input).into_bytes(), weaker.as_bytes());
        asked += 1;
        // One key under the names of others is refused before anybody is counted.
        if verdict.word.is_positive() {
            let found = complaints(case, &Answer::of("weak judge", &verdict));
            assert!(found.len() >= 3, "{}: {found:?}", case.input);
        }
    }
    assert!(asked > 10, "{asked}");
}

#[test]
fn honest_evidence_is_verified_by_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let mut honest = corpus::honest(folder.path());
    let judges = Judges::find();
    nothing(&ask_about(&honest, &judges, &|_| true));
    // The same answers where a failure is expected: then every judge is complained of.
    for case in &mut honest.cases {
        case.expected = Expected::NotVerified("format");
    }
    let wrong = ask_about(&honest, &judges, &|_| true);
    for case in &honest.cases {
        let of_case = wrong.iter().filter(|what| what.starts_with(&case.input));
        let judges = if case.subject == Subject::Bundle {
            7
        } else {
            6
        };
        assert!(of_case.count() >= judges, "{}: {wrong:?}", case.input);
    }
}

#[test]
fn the_list_is_the_same_wherever_it_is_written() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [one, two] = folders.each_ref().map(|folder| {
        corpus::honest(folder.path());
        judges::digests(folder.path())
    });
    assert!(one.len() > 5, "{one:?}");
    assert_eq!(one, two);
}

fn exists(folder: &Path, path: &str) -> bool {
    !path.is_empty() && folder.join(path).exists()
}
