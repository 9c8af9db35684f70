//! Files that accuse a ledger of two histories and show nothing; and beside them, as honest evidence, those that convict.

use witnessmark_bundle::{
    Contradiction, MISBEHAVIOUR_BYTES_MAX, Misbehaviour, ProvedLeaf, Refused,
};
use witnessmark_tlog::signature_line;
use witnessmark_verifier::{ConsistencyProof, Hash, InclusionProof, LeafHash, LeafIndex, sha256};

use super::mini_log::{MiniLog, ORIGIN, TEAM};
use super::world::{self, WITNESS, ledger, stranger, swap};
use super::{Cases, Corpus, Expected};

const NUMBER: &str = "N26";

pub(crate) fn write(corpus: &mut Corpus) {
    notes(corpus);
    other_ledgers(corpus);
    contradictions(corpus);
    complaints(corpus);
    spelling(corpus);
}

/// The files that convict, one of each kind.
pub(crate) fn good() -> [(&'static str, Misbehaviour); 3] {
    [
        ("two-roots", two_roots()),
        ("two-beginnings", two_beginnings()),
        ("two-entries", two_entries()),
    ]
}

/// The files that convict, as evidence.
pub(crate) fn convicting(class: &mut Cases<'_>) {
    let policy = ledger().policy();
    for (name, file) in good() {
        class.misbehaviour(name, &text(&file), &policy, Expected::Proved);
    }
}

/// The usual ledger of nine entries, and another history of ten with the same key and the same five first entries.
fn histories() -> [MiniLog; 2] {
    let mut fork = MiniLog::usual();
    for title in ["Uno", "Due", "Tre", "Quattro", "Cinque"] {
        fork.record(11, &fork.message(TEAM, title));
    }
    [ledger(), fork]
}

fn file(notes: &[String; 2], shown_by: Contradiction) -> Misbehaviour {
    Misbehaviour {
        notes: notes.clone(),
        shown_by,
    }
}

fn text(file: &Misbehaviour) -> String {
    file.encode().unwrap()
}

fn two_beginnings() -> Misbehaviour {
    let [log, fork] = histories();
    let (root, consistency) = fork.beginning(9);
    let notes = [log.checkpoint(&[]), fork.checkpoint(&[])];
    file(&notes, Contradiction::TwoBeginnings { root, consistency })
}

fn two_roots() -> Misbehaviour {
    let [mut log, fork] = histories();
    log.record(11, &log.message(TEAM, "Fifth"));
    let notes = [log.checkpoint(&[]), fork.checkpoint(&[])];
    Misbehaviour::of(notes, Contradiction::TwoRoots)
}

fn two_entries() -> Misbehaviour {
    let [log, fork] = histories();
    let notes = [log.checkpoint(&[]), fork.checkpoint(&[])];
    let shown_by = Contradiction::TwoEntries {
        index: LeafIndex::new(5),
        leaves: [log.leaf(5), fork.leaf(5)],
    };
    file(&notes, shown_by)
}

/// A note with the text of `note` and other signature lines.
fn signed_by(note: &str, lines: &str) -> String {
    let (text, _) = note.split_once("\n\n").unwrap();
    format!("{text}\n\n{lines}")
}

fn lines_of(note: &str) -> String {
    note.split_once("\n\n").unwrap().1.to_owned()
}

fn notes(corpus: &mut Corpus) {
    let policy = ledger().policy();
    let good = two_beginnings();
    let [old, new] = &good.notes;
    let mut class = corpus.class(
        NUMBER,
        "not-two-trees",
        "The notes of a file that accuses a ledger name one tree, or are not in their order.",
    );
    let (not, order) = ("contradiction", "checkpoints");
    let cosigned = ledger().checkpoint(&[WITNESS]);
    for (name, file, check) in [
        ("swapped", &good, order),
        ("roots-swapped", &two_roots(), order),
        ("entries-swapped", &two_entries(), order),
    ] {
        let mut file = file.clone();
        file.notes.reverse();
        class.misbehaviour(name, &text(&file), &policy, Expected::NotProved(check));
    }
    for (name, notes) in [
        ("one-note-twice", [old, old]),
        ("one-tree-twice", [old, &cosigned]),
    ] {
        for (kind, shown_by) in [
            ("roots", Contradiction::TwoRoots),
            ("beginnings", good.shown_by.clone()),
            ("refusal", Contradiction::Unproved(Refused::ProofFailed)),
        ] {
            let file = file(&notes.map(Clone::clone), shown_by);
            let name = format!("{name}-{kind}");
            class.misbehaviour(&name, &text(&file), &policy, Expected::NotProved(not));
        }
    }

    let mut class = corpus.class(
        NUMBER,
        "not-signed-by-one-key",
        "One key of the policy has not signed both notes of a file that accuses a ledger.",
    );
    let [_, mut thief] = histories();
    thief.log_key = stranger();
    let name = ledger().vkey();
    let of_type_4 = signature_line(name.name(), name.key_id(), &[4; 72]);
    let cut = signature_line(name.name(), name.key_id(), &[7; 63]);
    let by_nobody = world::line("nobody", [0; 4], &[7; 64]);
    for (name, note) in [
        ("nobody", signed_by(new, &by_nobody)),
        ("another-key-of-that-name", thief.checkpoint(&[])),
        (
            "signature-of-the-other-note",
            signed_by(new, &lines_of(old)),
        ),
        ("a-good-and-a-bad-line", format!("{new}{}", lines_of(old))),
        ("the-signature-is-cut", signed_by(new, &cut)),
        ("a-cosignature-under-the-key-id", signed_by(new, &of_type_4)),
    ] {
        let file = file(&[old.clone(), note], good.shown_by.clone());
        class.misbehaviour(
            name,
            &text(&file),
            &policy,
            Expected::NotProved("signatures"),
        );
    }
}

fn other_ledgers(corpus: &mut Corpus) {
    let policy = ledger().policy();
    let good = two_beginnings();
    let [old, new] = &good.notes;
    let mut class = corpus.class(
        NUMBER,
        "another-ledger",
        "A file accuses a ledger by a note of another one, or under a policy that does not know it.",
    );
    let [_, mut other] = histories();
    "ledger.example/other".clone_into(&mut other.origin);
    let check = Expected::NotProved("checkpoints");
    for (name, note) in [
        ("one-note-of-another-name", other.checkpoint(&[])),
        ("no-note", "not a note".to_owned()),
        ("nothing", String::new()),
        ("four-lines", swap(new, "\n\n", "\nmore\n\n")),
        ("leading-zero", swap(new, "\n10\n", "\n010\n")),
    ] {
        let file = file(&[old.clone(), note], good.shown_by.clone());
        class.misbehaviour(name, &text(&file), &policy, check);
    }
    let open = Expected::CannotTell("checkpoints");
    class.misbehaviour(
        "policy-of-another-ledger",
        &text(&good),
        &other.policy(),
        open,
    );
    let mut same_name = ledger();
    same_name.log_key = stranger();
    let check = Expected::NotProved("signatures");
    class.misbehaviour(
        "policy-of-another-key",
        &text(&good),
        &same_name.policy(),
        check,
    );
    let check = Expected::CannotTell("policy");
    class.misbehaviour("no-policy", &text(&good), "", check);
    assert_eq!(ledger().origin, ORIGIN);
}

fn contradictions(corpus: &mut Corpus) {
    let policy = ledger().policy();
    let mut class = corpus.class(
        NUMBER,
        "no-contradiction",
        "Both checkpoints of the file are honest, or what it brings does not belong to them.",
    );
    let log = ledger();
    let mut later = ledger();
    later.record(11, &later.message(TEAM, "Fifth"));
    let honest = [log.checkpoint(&[]), later.checkpoint(&[])];
    let (root, consistency) = later.beginning(9);
    let hashes = consistency.hashes().to_vec();
    let begins = |root: Hash, hashes: Vec<Hash>| Contradiction::TwoBeginnings {
        root,
        consistency: ConsistencyProof::new(hashes),
    };
    let more = [hashes.clone(), vec![root]].concat();
    let entries = |index: u64, leaves: [ProvedLeaf; 2]| Contradiction::TwoEntries {
        index: LeafIndex::new(index),
        leaves,
    };
    let mut without = later.leaf(5);
    without.inclusion = InclusionProof::new(Vec::new());
    let mut forged = later.leaf(5);
    forged.leaf = LeafHash::new(sha256(b"forged"));
    let (fifth, sixth) = (log.leaf(5), later.leaf(6));
    for (name, shown_by) in [
        ("two-sizes", Contradiction::TwoRoots),
        ("the-honest-beginning", begins(root, hashes.clone())),
        ("a-forged-root", begins(sha256(b"forged"), hashes.clone())),
        ("no-hashes", begins(sha256(b"forged"), Vec::new())),
        ("a-hash-more", begins(sha256(b"forged"), more)),
        ("one-leaf-twice", entries(5, [fifth.clone(), later.leaf(5)])),
        ("leaves-of-two-places", entries(5, [fifth.clone(), sixth])),
        ("a-forged-leaf", entries(5, [fifth.clone(), forged])),
        (
            "a-leaf-without-its-path",
            entries(5, [fifth.clone(), without]),
        ),
        (
            "beyond-the-smaller-tree",
            entries(9, [fifth, later.leaf(9)]),
        ),
    ] {
        let file = file(&honest, shown_by);
        class.misbehaviour(
            name,
            &text(&file),
            &policy,
            Expected::NotProved("contradiction"),
        );
    }
    // Of a real fork, evidence for another pair of trees.
    let good = two_beginnings();
    for (name, shown_by) in [
        ("beginning-of-another-tree", begins(root, hashes)),
        ("sizes-differ", Contradiction::TwoRoots),
    ] {
        let file = file(&good.notes, shown_by);
        class.misbehaviour(
            name,
            &text(&file),
            &policy,
            Expected::NotProved("contradiction"),
        );
    }
    let equal = two_roots().notes;
    for (name, shown_by) in [
        ("equal-sizes-as-beginnings", good.shown_by),
        ("equal-sizes-as-entries", two_entries().shown_by),
        (
            "equal-sizes-as-a-refusal",
            Contradiction::Unproved(Refused::NoProof),
        ),
    ] {
        let file = file(&equal, shown_by);
        class.misbehaviour(
            name,
            &text(&file),
            &policy,
            Expected::NotProved("contradiction"),
        );
    }
}

fn complaints(corpus: &mut Corpus) {
    let policy = ledger().policy();
    let mut class = corpus.class(
        NUMBER,
        "refusal",
        "The file says that the ledger refused a proof, and nobody else says so.",
    );
    let good = two_beginnings();
    for refused in [
        Refused::FewerEntries,
        Refused::ProofFailed,
        Refused::NoProof,
    ] {
        let file = file(&good.notes, Contradiction::Unproved(refused));
        let expected = Expected::CannotTell("contradiction");
        class.misbehaviour(refused.as_str(), &text(&file), &policy, expected);
    }
}

fn spelling(corpus: &mut Corpus) {
    let policy = ledger().policy();
    let good = text(&two_beginnings());
    let mut class = corpus.class(
        NUMBER,
        "spelling-of-an-accusation",
        "A file that accuses a ledger is not in its one spelling, is of another version, or is larger than it may be.",
    );
    let null = "\"entries\": null,\n  ";
    let huge = format!("{good}{}", " ".repeat(MISBEHAVIOUR_BYTES_MAX));
    for (name, changed) in [
        ("newline-at-the-end", format!("{good}\n")),
        ("cut", good[..good.len() / 2].to_owned()),
        ("member-absent", swap(&good, null, "")),
        ("member-twice", swap(&good, null, &format!("{null}{null}"))),
        (
            "member-unknown",
            swap(&good, null, &format!("{null}\"proved\": true,\n  ")),
        ),
        (
            "word-of-the-kind",
            swap(&good, "two-beginnings", "verified"),
        ),
        (
            "evidence-of-another-kind",
            swap(&good, "two-beginnings", "two-entries"),
        ),
        (
            "evidence-of-no-kind",
            swap(&good, "two-beginnings", "two-roots"),
        ),
        ("escaped-dash", swap(&good, "\u{2014}", "\\u2014")),
        (
            "a-third-note",
            swap(&good, "\"notes\": [", "\"notes\": [\n    \"\","),
        ),
        ("huge", huge),
    ] {
        class.misbehaviour(name, &changed, &policy, Expected::NotProved("format"));
    }
    let newer = swap(&good, "misbehaviour/1", "misbehaviour/2");
    class.misbehaviour("version-2", &newer, &policy, Expected::CannotTell("format"));
}
