//! Bundles beside a checkpoint that their reader kept: older ones, those of another history, and what is nothing to compare with.

use witnessmark_tlog::signature_line;

use super::mini_log::{MiniLog, TEAM, key};
use super::world::{self, WITNESS, by_log, by_witness, checkpoint_text, ledger, stranger, swap};
use super::{Corpus, Expected};

const NUMBER: &str = "N14";
const CHECK: &str = "since";

pub(crate) fn write(corpus: &mut Corpus) {
    older(corpus);
    another_history(corpus);
    nothing_to_compare(corpus);
    not_signed(corpus);
    no_help(corpus);
}

/// The usual ledger with as many more entries.
fn grown(more: usize) -> MiniLog {
    let mut log = ledger();
    for number in 0..more {
        log.record(11, &log.message(TEAM, &format!("Later {number}")));
    }
    log
}

/// Another ledger of nine entries with the same key: the last one differs.
fn fork() -> MiniLog {
    let mut log = ledger();
    log.entries.pop();
    log.record(11, &log.message(TEAM, "Quattro"));
    log
}

/// The checkpoints that a reader can have kept and that do not contradict the usual bundle.
pub(crate) fn kept(corpus: &mut Corpus) {
    let evidence = world::usual();
    let mut class = corpus.class(
        NUMBER,
        "kept-and-fitting",
        "The reader kept a checkpoint of the same tree, of an older one, or of a newer one and takes an older bundle.",
    );
    let before =
        "The ledger has 9 entries in this bundle and had 5 in the checkpoint that you kept.";
    let after = "You have seen the ledger with 12 entries, and this bundle is of its state with 9";
    let same = "the very tree of 9 entries that was kept";
    let log = ledger();
    let two_keys = format!("{}log {}\n", evidence.1, thief().vkey());
    for (name, note, is_taken, policy, shown) in [
        ("the-same", log.checkpoint(&[]), false, &evidence.1, same),
        (
            "the-same-cosigned",
            log.checkpoint(&[WITNESS]),
            true,
            &evidence.1,
            same,
        ),
        (
            "before",
            MiniLog::usual().checkpoint(&[]),
            false,
            &evidence.1,
            before,
        ),
        ("after", grown(3).checkpoint(&[]), true, &evidence.1, after),
        (
            "by-another-key-of-the-ledger",
            thief().checkpoint(&[]),
            false,
            &two_keys,
            same,
        ),
        (
            "a-bad-line-of-another-key",
            format!("{}{}", log.checkpoint(&[]), bad_line(&thief())),
            false,
            &two_keys,
            same,
        ),
    ] {
        let case = class.since(name, (&evidence.0, policy), &note, Expected::Shown);
        case.allow_older = is_taken;
        case.shows.push(shown.to_owned());
    }
}

/// The usual ledger with another key.
fn thief() -> MiniLog {
    let mut log = ledger();
    log.log_key = stranger();
    log
}

/// A signature line that names the key of `log` and is not good.
fn bad_line(log: &MiniLog) -> String {
    signature_line(log.vkey().name(), log.vkey().key_id(), &[7; 64])
}

fn older(corpus: &mut Corpus) {
    let (bundle, policy) = world::usual();
    let mut class = corpus.class(
        NUMBER,
        "older-than-kept",
        "The bundle is of an older state of the ledger than the checkpoint that its reader kept.",
    );
    let huge = swap(
        &checkpoint_text(&ledger()),
        "\n9\n",
        "\n18446744073709551615\n",
    );
    for (name, note) in [
        ("by-one", grown(1).checkpoint(&[])),
        ("by-many", grown(30).checkpoint(&[])),
        ("cosigned", grown(2).checkpoint(&[WITNESS])),
        ("of-another-history", {
            let mut fork = fork();
            fork.record(11, &fork.message(TEAM, "Cinque"));
            fork.checkpoint(&[])
        }),
        ("of-the-largest-size", signed(&huge)),
    ] {
        class.since(name, (&bundle, &policy), &note, Expected::CannotTell(CHECK));
    }
}

/// A text that the ledger signed.
fn signed(text: &str) -> String {
    format!("{text}\n{}", by_log(&ledger(), text))
}

fn another_history(corpus: &mut Corpus) {
    let (bundle, policy) = world::usual();
    let mut class = corpus.class(
        NUMBER,
        "another-history-than-kept",
        "The checkpoint that the reader kept has the size of the bundle's and another root: the ledger has signed two histories.",
    );
    let mut other = ledger();
    other.entries.swap(7, 8);
    for (name, note) in [
        ("another-entry", fork().checkpoint(&[])),
        ("another-order", other.checkpoint(&[])),
        ("cosigned", fork().checkpoint(&[WITNESS])),
        ("a-root-of-nothing", {
            let text = checkpoint_text(&ledger());
            let root = text.lines().nth(2).unwrap().to_owned();
            signed(&swap(
                &text,
                &root,
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            ))
        }),
    ] {
        for (is_taken, how) in [(false, ""), (true, "-and-older-are-taken")] {
            let name = format!("{name}{how}");
            let expected = Expected::NotVerified(CHECK);
            class
                .since(&name, (&bundle, &policy), &note, expected)
                .allow_older = is_taken;
        }
    }
}

fn nothing_to_compare(corpus: &mut Corpus) {
    let evidence = world::usual();
    let (bundle, policy) = &evidence;
    let note = ledger().checkpoint(&[]);
    let (text, _) = note.split_once("\n\n").unwrap();
    let mut class = corpus.class(
        NUMBER,
        "kept-is-no-checkpoint",
        "What the reader kept is no checkpoint, or not in its one spelling.",
    );
    let edited = |from: &str, to: &str| signed(&swap(&checkpoint_text(&ledger()), from, to));
    let root = text.lines().nth(2).unwrap();
    let filler = "x".repeat(1_000_001 - note.len());
    let many = format!(
        "{note}{}",
        world::line("nobody", [0; 4], &[7; 64]).repeat(100)
    );
    for (name, note) in [
        ("nothing", String::new()),
        ("words", "no checkpoint\n".to_owned()),
        ("the-bundle", bundle.clone()),
        ("the-policy", policy.clone()),
        ("unsigned", format!("{text}\n")),
        ("unsigned-with-an-empty-line", format!("{text}\n\n")),
        ("cut-in-the-origin", text[..7].to_owned()),
        ("cut-in-the-root", text[..text.len() - 5].to_owned()),
        ("cut-in-the-signature", note[..note.len() - 20].to_owned()),
        ("cut-before-its-end", note[..note.len() - 1].to_owned()),
        ("a-line-behind", format!("{note}\n")),
        ("line-ends-of-another-system", note.replace('\n', "\r\n")),
        ("a-byte-order-mark", format!("\u{feff}{note}")),
        ("four-lines", edited(root, &format!("{root}\nmore"))),
        ("two-lines", edited(&format!("{root}\n"), "")),
        ("leading-zero", edited("\n9\n", "\n09\n")),
        ("a-sign", edited("\n9\n", "\n+9\n")),
        (
            "more-than-64-bits",
            edited("\n9\n", "\n18446744073709551616\n"),
        ),
        ("a-short-root", edited(root, "AAAA")),
        ("a-root-in-another-spelling", edited(&root[42..], "B=")),
        ("too-large", swap(&note, "\n\n", &format!("\n{filler}\n\n"))),
        ("too-many-signatures", many),
    ] {
        // To take an older bundle helps nothing.
        let case = class.since(name, (bundle, policy), &note, Expected::CannotTell(CHECK));
        case.allow_older = true;
    }
    let bytes = [note.as_bytes(), &[0xff, b'\n']].concat();
    class.since(
        "no-text",
        (bundle, policy),
        &bytes,
        Expected::CannotTell(CHECK),
    );
}

fn not_signed(corpus: &mut Corpus) {
    let (bundle, policy) = world::usual();
    let mut class = corpus.class(
        NUMBER,
        "kept-is-not-of-this-ledger",
        "What the reader kept is a checkpoint of another ledger, or no key that the policy gives for this one has signed it.",
    );
    let log = ledger();
    let note = log.checkpoint(&[]);
    let text = checkpoint_text(&log);
    let mut other = ledger();
    "ledger.example/other".clone_into(&mut other.origin);
    other.log_key = key(67);
    let name = log.vkey();
    let cosignature = signature_line(name.name(), name.key_id(), &[4; 72]);
    let both = format!("{policy}log {}\n", other.vkey());
    let of_the_other = [MiniLog::usual().checkpoint(&[])];
    let (_, lines) = of_the_other[0].split_once("\n\n").unwrap();
    let by_witness = by_witness(WITNESS, log.now / 1_000 + 7, &text);
    let mixed = swap(&text, "ledger.example", "l\u{435}dger.example");
    for (name, policy, note) in [
        ("another-ledger", &policy, other.checkpoint(&[])),
        ("another-ledger-of-the-policy", &both, other.checkpoint(&[])),
        ("a-name-that-looks-alike", &policy, signed(&mixed)),
        ("another-key", &policy, thief().checkpoint(&[])),
        (
            "the-key-of-another-ledger-of-the-policy",
            &both,
            format!("{text}\n{}", by_log(&other, &text)),
        ),
        (
            "nobody-known",
            &policy,
            format!("{text}\n{}", world::line("nobody", [0; 4], &[7; 64])),
        ),
        (
            "the-witness-alone",
            &policy,
            format!("{text}\n{by_witness}"),
        ),
        (
            "the-signature-of-another-note",
            &policy,
            format!("{text}\n{lines}"),
        ),
        (
            "a-bad-signature",
            &policy,
            format!("{text}\n{}", bad_line(&log)),
        ),
        (
            "a-good-and-a-bad-signature",
            &policy,
            format!("{note}{}", bad_line(&log)),
        ),
        (
            "a-cosignature-under-the-key-id",
            &policy,
            format!("{text}\n{cosignature}"),
        ),
        (
            "a-size-changed-after-signing",
            &policy,
            swap(&note, "\n9\n", "\n8\n"),
        ),
    ] {
        let case = class.since(name, (&bundle, policy), &note, Expected::CannotTell(CHECK));
        case.allow_older = true;
    }
}

/// A good checkpoint beside it makes no bad bundle better, and no policy that cannot be read.
fn no_help(corpus: &mut Corpus) {
    let (bundle, policy) = world::usual();
    let note = ledger().checkpoint(&[]);
    let mut class = corpus.class(
        NUMBER,
        "kept-beside-a-bad-bundle",
        "The reader kept the very checkpoint of the bundle, and the bundle is bad in another way.",
    );
    let record = world::bundle(&ledger()).record;
    let mut forged = record.entry.clone();
    let place = forged.len() - 70;
    forged[place] ^= 1;
    let [was, now] = [&record.entry, &forged].map(|it| witnessmark_verifier::base64::encode(it));
    let no_witness = policy.replace("quorum", "witness w2 witness.example/2+0+AA==\nquorum");
    for (name, bundle, policy, expected) in [
        (
            "entry",
            swap(&bundle, &was, &now),
            policy.clone(),
            Expected::NotVerified("inclusion"),
        ),
        (
            "cut",
            bundle[..bundle.len() / 2].to_owned(),
            policy.clone(),
            Expected::NotVerified("format"),
        ),
        (
            "policy",
            bundle.clone(),
            no_witness,
            Expected::CannotTell("policy"),
        ),
    ] {
        class.since(name, (&bundle, &policy), &note, expected);
    }
}
