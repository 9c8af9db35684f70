//! Files of misbehaviour: what convicts a ledger, what only accuses it, and what accuses nobody.

use witnessmark_bundle::{
    Contradiction, Finding, FindingWord, MISBEHAVIOUR_BYTES_MAX, Misbehaviour, Refused,
    judge_misbehaviour,
};
use witnessmark_verifier::{LeafIndex, sha256};

use super::mini_log::{COURT, MiniLog, ORIGIN, TEAM, key};

/// A ledger and its fork with one key: the same five entries, then others. The fork has one record more.
pub(crate) fn forked() -> [MiniLog; 2] {
    [["One", "Two", "Three"].as_slice(), &["Uno", "Due"]].map(|titles| {
        let mut log = MiniLog::usual();
        for title in titles {
            let message = log.message(TEAM, title);
            log.record(11, &message);
        }
        if titles.len() == 2 {
            for title in ["Tre", "Quattro"] {
                let message = log.message(COURT, title);
                log.record(21, &message);
            }
        }
        log
    })
}

fn file(notes: [String; 2], shown_by: Contradiction) -> Misbehaviour {
    Misbehaviour { notes, shown_by }
}

/// Eight entries against nine: the newer tree begins otherwise.
fn two_beginnings() -> (Misbehaviour, String) {
    let [log, fork] = forked();
    let (root, consistency) = fork.beginning(8);
    let notes = [log.checkpoint(&[]), fork.checkpoint(&[])];
    let shown_by = Contradiction::TwoBeginnings { root, consistency };
    (file(notes, shown_by), log.policy())
}

fn two_roots() -> (Misbehaviour, String) {
    let [mut log, fork] = forked();
    log.record(11, &log.message(TEAM, "Four"));
    let mut notes = [log.checkpoint(&[]), fork.checkpoint(&[])];
    if log.frontier().0.root().as_bytes() > fork.frontier().0.root().as_bytes() {
        notes.swap(0, 1);
    }
    (file(notes, Contradiction::TwoRoots), log.policy())
}

fn two_entries(index: u64) -> (Misbehaviour, String) {
    let [log, fork] = forked();
    let notes = [log.checkpoint(&[]), fork.checkpoint(&[])];
    let shown_by = Contradiction::TwoEntries {
        index: LeafIndex::new(index),
        leaves: [log.leaf(index), fork.leaf(index)],
    };
    (file(notes, shown_by), log.policy())
}

fn judge(file: &Misbehaviour, policy: &str) -> Finding {
    judge_misbehaviour(file.encode().unwrap().as_bytes(), policy.as_bytes())
}

/// Nothing in the answer reads as if a ledger were fine, and only a proof ends with 3.
#[track_caller]
fn ends(finding: &Finding, word: FindingWord, check: &str, detail: &str) {
    let text = finding.to_text();
    assert_eq!(finding.word, word, "{text}");
    assert_eq!(finding.failed().map_or("", |it| it.name), check, "{text}");
    let details = finding.checks.iter().map(|it| it.detail.as_str());
    assert!(details.clone().any(|it| it.contains(detail)), "{text}");
    assert_eq!(text.lines().next(), Some(word.as_str()));
    assert!(!text.contains("VERIFIED"), "{text}");
    let json = finding.to_json();
    assert!(!json.contains("verified"), "{json}");
    assert!(json.contains(&format!("\"verdict\": \"{}\"", word.as_json())));
    if word != FindingWord::Proved {
        assert!(!text.contains("MISBEHAVIOUR PROVED"), "{text}");
    }
}

#[test]
fn each_of_the_three_proofs_convicts() {
    for ((file, policy), words) in [
        (two_roots(), "two roots for the size 9"),
        (two_beginnings(), "the first 8 entries of the newer tree"),
        (two_entries(5), "different entries at index 5"),
        (two_entries(7), "different entries at index 7"),
    ] {
        let finding = judge(&file, &policy);
        ends(&finding, FindingWord::Proved, "", words);
        assert_eq!(finding.exit_code(), 3);
        assert!(finding.to_text().contains("a stolen key"));
        let parsed = Misbehaviour::parse(file.encode().unwrap().as_bytes()).unwrap();
        assert_eq!(parsed, file);
    }
}

#[test]
fn a_beginning_convicts_for_every_pair_of_sizes() {
    let [log, fork] = forked();
    // From the first size at which the histories differ, among them powers of two.
    for (old, new) in [(6, 7), (6, 9), (7, 8), (7, 9), (8, 9)] {
        let [mut log, mut fork] = [&log, &fork].map(|it| {
            let mut cut = MiniLog::usual();
            cut.entries.clone_from(&it.entries);
            cut
        });
        log.entries.truncate(old);
        fork.entries.truncate(new);
        let (root, consistency) = fork.beginning(u64::try_from(old).unwrap());
        let notes = [log.checkpoint(&[]), fork.checkpoint(&[])];
        let shown_by = Contradiction::TwoBeginnings { root, consistency };
        let finding = judge(&file(notes, shown_by), &log.policy());
        ends(&finding, FindingWord::Proved, "", "another root");
    }
}

#[test]
fn an_honest_ledger_cannot_be_convicted_by_its_own_proofs() {
    let [mut log, _] = forked();
    let policy = log.policy();
    let old = log.checkpoint(&[]);
    let size = log.frontier().0.size();
    let before = log.leaf(5);
    log.record(11, &log.message(TEAM, "Four"));
    let notes = [old, log.checkpoint(&[])];
    let (root, consistency) = log.beginning(size);
    let honest = Contradiction::TwoBeginnings {
        root,
        consistency: consistency.clone(),
    };
    let forged = Contradiction::TwoBeginnings {
        root: sha256(b"x"),
        consistency,
    };
    let same = Contradiction::TwoEntries {
        index: LeafIndex::new(5),
        leaves: [before.clone(), log.leaf(5)],
    };
    let other = Contradiction::TwoEntries {
        index: LeafIndex::new(5),
        leaves: [before, log.leaf(6)],
    };
    for (shown_by, words) in [
        (honest, "is that of the older checkpoint"),
        (forged, "leads to another"),
        (same, "the two leaves are the same"),
        (other, "the leaf of the second checkpoint"),
        (Contradiction::TwoRoots, "the sizes are 8 and 9"),
    ] {
        let finding = judge(&file(notes.clone(), shown_by), &policy);
        ends(&finding, FindingWord::NotProved, "contradiction", words);
    }
}

#[test]
fn a_refusal_is_a_complaint_and_no_proof() {
    let (mut file, policy) = two_beginnings();
    for refused in [
        Refused::FewerEntries,
        Refused::ProofFailed,
        Refused::NoProof,
    ] {
        file.shown_by = Contradiction::Unproved(refused);
        let finding = judge(&file, &policy);
        ends(
            &finding,
            FindingWord::CannotTell,
            "contradiction",
            "whoever wrote it says",
        );
        assert_eq!(finding.exit_code(), 2);
    }
}

/// A note with the text of one and the signatures of another.
fn crossed(text: &str, signatures: &str) -> String {
    let (text, _) = text.split_once("\n\n").unwrap();
    let (_, lines) = signatures.split_once("\n\n").unwrap();
    format!("{text}\n\n{lines}")
}

/// A ledger with these entries, another name and another key.
fn stranger(name: &str, seed: u8, entries: &MiniLog) -> MiniLog {
    let mut log = MiniLog::new(name);
    log.log_key = key(seed);
    log.entries.clone_from(&entries.entries);
    log
}

#[test]
fn notes_that_accuse_nobody_are_refused_by_the_check_that_is_named() {
    let [_, fork] = forked();
    let (beginnings, policy) = two_beginnings();
    let (roots, _) = two_roots();
    let ([old, new], [first, second]) = (&beginnings.notes, &roots.notes);
    let nobody = "x\n\n\u{2014} x AAAAAAA=\n";
    let unsigned = crossed(new, nobody);
    let spoiled = crossed(new, old);
    // A line that names the ledger's key and is not by it spoils the note, whatever else stands there.
    let (_, line) = old.split_once("\n\n").unwrap();
    let twice = format!("{new}{line}");
    let thief = stranger(ORIGIN, 77, &fork).checkpoint(&[]);
    let other = stranger("ledger.example/other", 2, &fork).checkpoint(&[]);
    let many = format!("{new}{}", "\u{2014} x AAAAAAA=\n".repeat(100));
    for (from, first, second, check, words) in [
        (&beginnings, new, old, "checkpoints", "not in their order"),
        (&roots, second, first, "checkpoints", "not in their order"),
        (&beginnings, new, new, "contradiction", "the same tree"),
        (&roots, first, first, "contradiction", "the same tree"),
        (&beginnings, first, second, "contradiction", "is two-roots"),
        (&beginnings, old, &unsigned, "signatures", "signed both"),
        (&beginnings, old, &spoiled, "signatures", "signed both"),
        (&beginnings, old, &twice, "signatures", "signed both"),
        (&beginnings, old, &thief, "signatures", "signed both"),
        (&beginnings, old, &other, "checkpoints", "two ledgers"),
        (&beginnings, old, &many, "checkpoints", "100 signatures"),
        (
            &beginnings,
            old,
            &String::new(),
            "checkpoints",
            "the second note",
        ),
    ] {
        let notes = [first.clone(), second.clone()];
        let finding = judge(&file(notes, from.shown_by.clone()), &policy);
        ends(&finding, FindingWord::NotProved, check, words);
    }
}

#[test]
fn under_the_policy_of_others_nothing_is_proved() {
    let [_, fork] = forked();
    let (good, _) = two_beginnings();
    let same_name = stranger(ORIGIN, 77, &fork).policy();
    let other = stranger("ledger.example/other", 2, &fork).policy();
    let (not, open) = (FindingWord::NotProved, FindingWord::CannotTell);
    for (policy, word, check, words) in [
        (same_name.as_str(), not, "signatures", "signed both"),
        (&other, open, "checkpoints", "not a ledger of the policy"),
        ("nothing", open, "policy", "cannot be read"),
    ] {
        ends(&judge(&good, policy), word, check, words);
    }
}

#[test]
fn a_policy_that_asks_for_witnesses_convicts_without_them_and_names_those_that_cosigned_both() {
    let [log, fork] = forked();
    let (good, _) = two_beginnings();
    let policy = log.policy_with(30);
    let finding = judge(&good, &policy);
    ends(&finding, FindingWord::Proved, "", "");
    assert!(finding.facts.as_ref().unwrap().cosigned_both.is_empty());
    let notes = [log.checkpoint(&[30]), fork.checkpoint(&[30, 31])];
    let finding = judge(&file(notes, good.shown_by), &policy);
    ends(&finding, FindingWord::Proved, "", "");
    assert_eq!(finding.facts.unwrap().cosigned_both, ["witness.example/30"]);
}

#[test]
fn a_file_has_one_spelling() {
    let (good, policy) = two_beginnings();
    let text = good.encode().unwrap();
    assert!(Misbehaviour::is_one(text.as_bytes()));
    let judge = |text: &str| judge_misbehaviour(text.as_bytes(), policy.as_bytes());
    let null = "\"entries\": null,\n  ";
    let huge = format!("{text}{}", " ".repeat(MISBEHAVIOUR_BYTES_MAX));
    for (changed, words) in [
        (format!("{text}\n"), "one spelling"),
        (text.replace("  ", " "), "one spelling"),
        (text.replace('\u{2014}', "\\u2014"), "one spelling"),
        (text.replace(null, ""), "one spelling"),
        (
            text.replace(null, &format!("{null}{null}")),
            "duplicate member",
        ),
        (
            text.replace(null, &format!("{null}\"x\": 1,\n  ")),
            "unknown member",
        ),
        (
            text.replace("two-beginnings", "two-roots"),
            "not those of the kind",
        ),
        (
            text.replace("two-beginnings", "three-roots"),
            "the kind is not known",
        ),
        (
            text.replace("behaviour/1", "behaviour"),
            "the format is not",
        ),
        (
            text.replace("\"consistency\": [", "\"consistency\": [\n      \"AA==\","),
            "a hash is not 32 bytes",
        ),
        (text[..text.len() / 2].to_owned(), "not one JSON document"),
        ("[".repeat(100_000), "not a JSON object"),
        (
            "[\"witnessmark-misbehaviour/2\"]".to_owned(),
            "not a JSON object",
        ),
        (String::new(), "not a JSON object"),
        (huge, "larger than"),
    ] {
        ends(&judge(&changed), FindingWord::NotProved, "format", words);
    }
    let newer = text.replace("behaviour/1", "behaviour/2");
    ends(
        &judge(&newer),
        FindingWord::CannotTell,
        "format",
        "does not know",
    );
    // Every byte that is changed takes the proof away.
    for place in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[place] ^= 1;
        let finding = judge_misbehaviour(&bytes, policy.as_bytes());
        assert_ne!(finding.word, FindingWord::Proved, "byte {place}");
    }
}
