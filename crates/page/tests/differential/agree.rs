//! The comparison itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::{Value as Json, json};
use witnessmark_bundle::{Verdict, verify_bundle};

use crate::cases::{changed, honest};
use crate::history;
use crate::node::{COUNT_VARIABLE, Node, is_there, number};
use crate::story::{Case, case};

const COUNT: u64 = 1_000;
const SEED_VARIABLE: &str = "WITNESSMARK_SEED";
/// Of so many cases one is judged with the cryptography that a browser has too, which takes longer, ...
const NATIVE_EVERY: u64 = 20;
/// ... and with the page's own, which takes longest.
const PLAIN_EVERY: u64 = 100;
/// So many judges for each core: while one waits for its question another works.
const LANES_PER_CORE: usize = 2;
/// So many differences are told.
const TOLD_MAX: usize = 20;

pub(crate) fn in_rust(case: &Case) -> Verdict {
    verify_bundle(&case.bundle, &case.policy, &case.source())
}

/// A verdict without what may differ: the details of the checks. Numbers are texts, as in the answers of node.
pub(crate) fn comparable(verdict: &Json) -> Json {
    let mut verdict = numbers_as_texts(verdict);
    for check in verdict["checks"].as_array_mut().unwrap() {
        check.as_object_mut().unwrap().remove("detail");
    }
    for only_in_audits in ["contents", "problems", "problem_count"] {
        verdict.as_object_mut().unwrap().remove(only_in_audits);
    }
    verdict
}

fn numbers_as_texts(value: &Json) -> Json {
    match value {
        Json::Number(number) => json!(number.to_string()),
        Json::Array(items) => items.iter().map(numbers_as_texts).collect(),
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), numbers_as_texts(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Json::Null | Json::Bool(_) | Json::String(_) => value.clone(),
    }
}

/// How the two verdicts differ, or nothing.
pub(crate) fn difference(node: &mut Node, case: &Case) -> Option<String> {
    difference_to(&in_rust(case), node, case)
}

fn difference_to(verdict: &Verdict, node: &mut Node, case: &Case) -> Option<String> {
    let rust: Json = serde_json::from_str(&verdict.to_json()).unwrap();
    let script = node.ask(&case.question());
    let (left, right) = (comparable(&rust), comparable(&script));
    if left == right {
        return None;
    }
    let brief = |verdict: &Json| {
        let failed = &verdict["failed"];
        let checks = verdict["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == *failed);
        let detail = check.map_or(&Json::Null, |check| &check["detail"]);
        format!("{} {failed} {detail}", verdict["verdict"])
    };
    let mut differing = differing_members("", &left, &right);
    if left["failed"] != right["failed"] || left["verdict"] != right["verdict"] {
        // The rest follows from it.
        differing.clear();
    }
    Some(format!(
        "Rust {} | JavaScript {}\n      {}",
        brief(&rust),
        brief(&script),
        differing.join("\n      ")
    ))
}

/// The members that differ, those of the record one by one.
fn differing_members(within: &str, left: &Json, right: &Json) -> Vec<String> {
    let members = left.as_object().unwrap().iter();
    let differing = members.filter(|(name, value)| *name != "checks" && right[*name] != **value);
    differing
        .flat_map(|(name, value)| {
            let other = &right[name];
            if name == "record" && value.is_object() && other.is_object() {
                differing_members("record.", value, other)
            } else {
                vec![format!("{within}{name}: {value} | {other}")]
            }
        })
        .collect()
}

#[test]
fn an_honest_bundle_is_shown_with_the_same_words() {
    if !is_there() {
        return;
    }
    for case in [honest(), case(&history::told())] {
        let verdict = in_rust(&case);
        assert!(verdict.word.is_positive(), "{}", verdict.to_text());
        for crypto in ["quick", "native", "plain"] {
            assert_eq!(difference(&mut Node::start(crypto), &case), None);
        }
    }
}

#[test]
fn what_was_said_afterwards_is_all_in_the_comparison() {
    let verdict = in_rust(&case(&history::told()));
    let record = verdict.record.unwrap();
    let effects: BTreeSet<&str> = record.corrections.iter().map(|it| it.effect).collect();
    assert_eq!(
        effects.into_iter().collect::<Vec<_>>(),
        ["applied", "foreign", "stale", "withdrawn"]
    );
    assert!(record.related.iter().any(|it| it.steps == 3));
    assert!(
        record
            .protected
            .iter()
            .any(|it| it.erased.is_some() && it.shown.is_none())
    );
    assert!(
        record
            .protected
            .iter()
            .any(|it| it.erased.is_some() && it.shown.is_some())
    );
    assert!(
        record
            .files
            .iter()
            .all(|it| it.erased.is_some() && it.sha512.is_some())
    );
    assert!(!record.openings.is_empty());
}

#[test]
fn changed_bundles_get_the_same_verdict_and_the_same_failing_check() {
    if !is_there() {
        return;
    }
    let (first, count) = (number(SEED_VARIABLE, 0), number(COUNT_VARIABLE, COUNT));
    let next = AtomicU64::new(first);
    let differences = Mutex::new(Vec::new());
    let tally = Mutex::new(BTreeMap::<String, u64>::new());
    let started = Instant::now();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let others = [("native", NATIVE_EVERY), ("plain", PLAIN_EVERY)];
    let others = others.map(|(crypto, every)| (Mutex::new(Node::start(crypto)), every));
    thread::scope(|scope| {
        for _ in 0..cores * LANES_PER_CORE {
            scope.spawn(|| {
                let mut quick = Node::start("quick");
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    let (case, what) = changed(seed);
                    let verdict = in_rust(&case);
                    let mut found = difference_to(&verdict, &mut quick, &case);
                    for (node, every) in &others {
                        if seed.is_multiple_of(*every) {
                            let mut node = node.lock().unwrap();
                            found = found.or_else(|| difference_to(&verdict, &mut node, &case));
                        }
                    }
                    if let Some(found) = found {
                        let told = format!("case {seed}, {what}:\n    {found}");
                        differences.lock().unwrap().push(told);
                    }
                    let failed = verdict.failed().map_or("", |check| check.name);
                    let kind = format!("{} {failed}", verdict.word.as_str());
                    *tally.lock().unwrap().entry(kind).or_default() += 1;
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    let tally = tally.into_inner().unwrap();
    tell(first, count, differences.len(), started, &tally);
    assert!(
        differences.is_empty(),
        "{} of {count} differ:\n  {}",
        differences.len(),
        differences[..differences.len().min(TOLD_MAX)].join("\n  ")
    );
    if first == 0 && count >= COUNT {
        // The changes reach every check, each often enough, and a good part passes them all.
        let ending = |end: &str| {
            let kinds = tally.iter().filter(|(kind, _)| kind.ends_with(end));
            kinds.map(|(_, cases)| cases).sum::<u64>()
        };
        for check in witnessmark_bundle::BUNDLE_CHECKS {
            let cases = ending(&format!(" {check}"));
            assert!(
                100 * cases >= count,
                "{cases} of {count} changes were found by the check {check}"
            );
        }
        for word in ["VERIFIED ", "VERIFIED WITH REMARKS "] {
            let cases = tally.get(word).copied().unwrap_or_default();
            assert!(100 * cases >= 3 * count, "{cases} of {count} are {word}");
        }
    }
}

/// A part of a whole in per cent, with one decimal.
fn tenths(part: u64, whole: u64) -> String {
    let tenths = 1_000 * part / whole.max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[expect(
    clippy::print_stdout,
    reason = "how many cases there were and what became of them is the result"
)]
fn tell(first: u64, count: u64, different: usize, started: Instant, tally: &BTreeMap<String, u64>) {
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{count} changed bundles from case {first} on, {different} differences, {seconds:.0} s"
    );
    for (kind, cases) in tally {
        println!("  {cases:>7} {:>4}% {kind}", tenths(*cases, count));
    }
}

#[test]
fn a_page_that_accepts_every_signature_is_caught() {
    if !is_there() {
        return;
    }
    let mut trusting = Node::start("trusting");
    assert_eq!(difference(&mut trusting, &honest()), None);
    let caught = (0..500).any(|seed| difference(&mut trusting, &changed(seed).0).is_some());
    assert!(caught, "the planted fault was not found in 500 cases");
}
