//! The page on the must-reject list, made from the list itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::corpus::bypass::BYPASSES;
use super::corpus::{Case, Corpus, Expected};

const HEAD: &str = "\
# The must-reject list

For whoever wants to know what no verifier may accept, and for whoever writes one. Made from the list itself; do not edit:
`WRITE_DOCUMENTS=1 cargo test --test suite must_reject`.

Each line of the list is a way in which evidence was accepted somewhere that should not have been, or another known trap, with the published case
where there is one. Each class below it is that way in the formats of this project, in files that are made with fixed keys and times:

    cargo run -p witnessmark-bundle --example reject_corpus -- FOLDER

`manifest.json` in that folder has for each case the files, the command, the word and the check that must fail, so that other verifiers can be run on the
same files. The ordinary tests run each case through the crate `bundle`, the report, `witnessmark verify` or `audit`, and `witnessmark-verify`, with and
without `--json` (the largest by one program in each form), and, where node is there, each bundle and each file of misbehaviour through the page for browsers (crates/page). They compare the word, the
check and the exit code (1 for NOT VERIFIED and NOT PROVED, 2 for CANNOT TELL); that the programs and the page say the same as the crate; that no positive word stands on a
failing answer outside of the list of checks; that no character that deceives is printed; and that nothing is said on standard error. The cases of N15 run in a process that has
512 MiB of address space; the page may hold 640 MiB on them, node's own included.
Where the check is \"(shown)\" the evidence is good, and its texts are hostile or there is something to say of it: the answer must be positive and must show that.
";

const TAIL: &str = "
## What is not in these files

* **N10.** Witnesses have no time during which their keys count, so a cosignature is not refused for its time. No program knows what time it is: a time to come is shown and not
  refused.
* **N14.** How old a checkpoint may be is judged only against one that the reader kept. That an audit does so (`--since`, `--state`) is shown by `kept.rs` and
  `resumed.rs` in `crates/bundle/tests/suite`. That a running ledger shows an older state than before is refused by whoever has seen it;
  `tests/suite/misbehaviour.rs` and `tests/suite/crash.rs` show it.
* **N15.** Time and memory are bounded, not small: a bundle may have 64 MiB, and is then read whole.
* **N17.** In the page a reader chooses the files, so links, pipes and folders in the place of a file do not come to it, nor paths at which nothing lies (N24, N25).
* **N24.** Texts in tables are guarded in `crates/tables`.
* **N21.** A size that the ledger and the witnesses signed is the size. When they sign the right root under a wrong size, a bundle can
  fit both; an audit of the whole ledger finds it, and is in the list.
";

/// The text of the page.
fn document(corpus: &Corpus) -> String {
    let negative = corpus
        .cases
        .iter()
        .filter(|case| case.expected.is_negative())
        .count();
    let mut text = HEAD.to_owned();
    write!(
        text,
        "\n{} classes, {negative} cases that must be refused, {} that must be shown rightly.\n",
        corpus.classes.len(),
        corpus.cases.len() - negative
    )
    .unwrap();
    for line in BYPASSES {
        write!(text, "\n## {}: {}\n\n", line.number, line.what).unwrap();
        text.push_str("| Class | What is done | Cases | Check |\n|---|---|---|---|\n");
        for (place, class) in corpus.classes.iter().enumerate() {
            if class.number != line.number {
                continue;
            }
            let cases: Vec<&Case> = corpus
                .cases
                .iter()
                .filter(|case| case.class == place)
                .collect();
            let checks: BTreeSet<String> = cases.iter().map(|case| check(case.expected)).collect();
            let checks: Vec<String> = checks.into_iter().collect();
            let (name, what) = (class.name, class.what);
            writeln!(
                text,
                "| `{name}` | {what} | {} | {} |",
                cases.len(),
                checks.join(", ")
            )
            .unwrap();
        }
    }
    text.push_str(TAIL);
    text
}

fn check(expected: Expected) -> String {
    match expected {
        Expected::NotVerified(check) => format!("`{check}`"),
        Expected::CannotTell(check) => format!("CANNOT TELL `{check}`"),
        Expected::NotProved(check) => format!("NOT PROVED `{check}`"),
        Expected::Proved => "MISBEHAVIOUR PROVED".to_owned(),
        Expected::Refused => "refused by the crate `verifier`".to_owned(),
        Expected::Shown => "(shown)".to_owned(),
    }
}

/// Holds the page in the project against the list, or writes it when that is asked for.
pub(crate) fn is_up_to_date(corpus: &Corpus) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/MUST_REJECT.md");
    let expected = document(corpus);
    for line in BYPASSES {
        let is_there = corpus
            .classes
            .iter()
            .any(|class| class.number == line.number);
        assert!(is_there, "{} has no class", line.number);
    }
    if std::env::var_os("WRITE_DOCUMENTS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        stored, expected,
        "run: WRITE_DOCUMENTS=1 cargo test --test suite must_reject"
    );
}
