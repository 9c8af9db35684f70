//! Inputs without an end, or that claim to be huge: the answer comes with little memory and in bounded time.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;

use ed25519_dalek::SigningKey;
use witnessmark_bundle::RelatedEntry;
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{Entry, KeyAction, KeyRole, base64, sha256};

use super::entries::good;
use super::mini_log::{MiniLog, TEAM, key, public, witness};
use super::world::{
    PHOTO, WITNESS, blind, bundle, checkpoint_of, events, export, ledger, policy, proven, shown,
    swap, taken_in, under_checkpoint, usual, with_photo,
};
use super::{Case, Cases, Corpus, Expected};

use Expected::{CannotTell, NotVerified};

/// How long what has no end is here.
const MANY: usize = 1_000_000;

/// The size of a file that takes no room on the disk.
const SPARSE: u64 = 1 << 30;

pub(crate) fn write(corpus: &mut Corpus) {
    lines(corpus);
    nesting(corpus);
    counts(corpus);
    claims(corpus);
    sparse(corpus);
    chains(corpus);
    groups(corpus);
}

fn endless(case: &mut Case) {
    case.is_endless = true;
    case.is_large = true;
}

fn lines(corpus: &mut Corpus) {
    let log = ledger();
    let (text, policy) = usual();
    let checkpoint = checkpoint_of(&bundle(&log));
    let mut class = corpus.class(
        "N15",
        "endless-lines",
        "A proof has a million signature lines, or more hashes than any tree asks for, or a line of four million letters.",
    );
    let more = "\u{2014} x AAAAAAA=\n".repeat(MANY);
    let mut other = bundle(&log);
    other.record.proof.push_str(&more);
    endless(class.bundle(
        "signatures",
        other.encode().unwrap(),
        &policy,
        NotVerified("format"),
    ));
    let hash = format!("{}\n", base64::encode(&[7; 32]));
    for count in [64, 100_000] {
        let mut other = bundle(&log);
        other.record.proof = swap(
            &other.record.proof,
            "index 5\n",
            &format!("index 5\n{}", hash.repeat(count)),
        );
        let name = format!("{count}-hashes");
        endless(class.bundle(
            &name,
            other.encode().unwrap(),
            &policy,
            NotVerified("format"),
        ));
    }
    let letters = "x".repeat(4 * MANY);
    let one_line = under_checkpoint(
        &bundle(&log),
        &swap(&checkpoint, "\n", &format!("{letters}\n")),
    );
    let mut other = bundle(&log);
    other.record.proof = one_line.record.proof;
    endless(class.bundle(
        "a-long-origin",
        other.encode().unwrap(),
        &policy,
        NotVerified("format"),
    ));
    let other = swap(
        &text,
        "witnessmark-bundle/1",
        &format!("witnessmark-{letters}"),
    );
    endless(class.bundle("a-long-format", other, &policy, NotVerified("format")));
    let mut other = bundle(&log);
    other.record.entry = vec![7; 4 * MANY];
    endless(class.bundle(
        "a-long-entry",
        other.encode().unwrap(),
        &policy,
        NotVerified("inclusion"),
    ));
    let other = swap(
        &text,
        "\"record\"",
        &format!("\"{letters}\": 1, \"record\""),
    );
    endless(class.bundle("a-long-name", other, &policy, NotVerified("format")));
}

fn nesting(corpus: &mut Corpus) {
    let (text, policy) = usual();
    let mut class = corpus.class(
        "N15",
        "deep-nesting",
        "Lists or objects stand inside of one another a million times.",
    );
    let lists = "[".repeat(MANY);
    let objects = "{\"a\":".repeat(MANY);
    let closed = format!("{lists}{}", "]".repeat(MANY));
    let inside = |begin: &str, value: &str| swap(&text, begin, &format!("{begin} {value}, \"x\":"));
    for (name, document) in [
        ("lists", lists.clone()),
        ("objects", objects),
        ("lists-that-end", closed.clone()),
        ("lists-in-the-format", inside("\"format\":", &closed)),
        ("lists-in-the-related", inside("\"related\":", &closed)),
        (
            "lists-in-an-unknown-member",
            swap(&text, "\"record\"", &format!("\"x\": {closed}, \"record\"")),
        ),
        ("lists-behind", format!("{text}{lists}")),
    ] {
        endless(class.bundle(name, document, &policy, NotVerified("format")));
    }
}

/// More of everything than a bundle may hold.
fn counts(corpus: &mut Corpus) {
    let (text, policy) = usual();
    let (photo, photo_policy) = with_photo();
    let photo = photo.encode().unwrap();
    let mut class = corpus.class(
        "N15",
        "huge-counts",
        "A list of the bundle has far more items than it may have.",
    );
    let list = |item: &str, count: usize| vec![item; count].join(",\n    ");
    let mut add = |name: &str, text: &str, policy: &str, begin: &str, items: String| {
        let text = swap(text, begin, &format!("{begin}\n    {items},"));
        endless(class.bundle(name, text, policy, NotVerified("format")));
    };
    add(
        "disclosures",
        &text,
        &policy,
        "\"disclosures\": [",
        list("\"AAAA\"", MANY),
    );
    let chain = "{\n      \"org\": \"x\",\n      \"events\": []\n    }";
    add(
        "key-chains",
        &text,
        &policy,
        "\"key_chains\": [",
        list(chain, 100_000),
    );
    let related =
        "{\n      \"relation\": \"x\",\n      \"entry\": \"\",\n      \"proof\": \"\"\n    }";
    add(
        "related",
        &text,
        &policy,
        "\"related\": [",
        list(related, 100_000),
    );
    let file = "{\n      \"name\": \"x\",\n      \"sha256\": \"\",\n      \"size\": 0\n    }";
    add(
        "files",
        &photo,
        &photo_policy,
        "\"files\": [",
        list(file, 100_000),
    );
    let events = vec!["\"AAAA\""; 100_000].join(",\n        ");
    let text = swap(
        &text,
        "\"events\": [",
        &format!("\"events\": [\n        {events},"),
    );
    endless(class.bundle("events", text, &policy, NotVerified("format")));
}

/// Lengths that are claimed and not there.
fn claims(corpus: &mut Corpus) {
    let log = MiniLog::usual();
    let policy_of_entries = policy(&log);
    let entry = good(&log);
    let bytes = entry.encode().unwrap();
    let at = bytes.len() - entry.payload.len() - (1 + 1 + 32 + 2 + 64) - 4;
    let mut class = corpus.class(
        "N15",
        "claimed-lengths",
        "A length is claimed that would fill the memory, and nothing of it is there.",
    );
    for (name, length) in [("entry-of-4-gib", u32::MAX), ("entry-of-2-gib", 1 << 31)] {
        let mut other = bytes.clone();
        other[at..at + 4].copy_from_slice(&length.to_be_bytes());
        let text = taken_in(MiniLog::usual(), other);
        endless(class.bundle(name, text, &policy_of_entries, NotVerified("inclusion")));
    }
    let log = ledger();
    let good = shown().encode().unwrap();
    let at = good.len() - "bay 4".len() - 4;
    let mut other = bundle(&log);
    other.disclosures[0][at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    let text = other.encode().unwrap();
    endless(class.bundle(
        "field-of-4-gib",
        text,
        &policy(&log),
        NotVerified("disclosures"),
    ));
    let mut other = bundle(&log);
    other.disclosures[0][53..55].copy_from_slice(&[0xff, 0xff]);
    let text = other.encode().unwrap();
    endless(class.bundle(
        "name-of-64-kib",
        text,
        &policy(&log),
        NotVerified("disclosures"),
    ));
}

/// A file of [`SPARSE`] bytes, all of them zero.
fn make_sparse(path: &Path) {
    let file = File::create(path).unwrap();
    file.set_len(SPARSE).unwrap();
}

/// Files of a GiB that take no room on the disk.
fn sparse(corpus: &mut Corpus) {
    let (text, policy) = usual();
    let log = ledger();
    let mut class = corpus.class(
        "N15",
        "files-of-a-gib",
        "In the place of a file lies one of a GiB, in one line.",
    );
    endless(class.beside(
        "bundle",
        (&text, &policy),
        NotVerified("format"),
        |folder| {
            make_sparse(&folder.join("bundle.json"));
        },
    ));
    endless(class.beside(
        "bundle-with-a-good-start",
        (&text, &policy),
        NotVerified("format"),
        |folder| {
            let file = File::options().write(true).open(folder.join("bundle.json"));
            file.unwrap().set_len(SPARSE).unwrap();
        },
    ));
    let case = class.beside("policy", (&text, &policy), CannotTell("policy"), |folder| {
        make_sparse(&folder.join("trust.policy"));
    });
    endless(case);
    case.policy = case.input.replace("bundle.json", "trust.policy");
    let (photo, photo_policy) = with_photo();
    let photo = photo.encode().unwrap();
    endless(class.beside(
        "file-beside",
        (&photo, &photo_policy),
        NotVerified("files"),
        |folder| {
            fs::write(folder.join("photo-1.jpg"), PHOTO).unwrap();
            make_sparse(&folder.join("photo-1.jpg"));
        },
    ));
    sparse_exports(&mut class, &log);
}

fn sparse_exports(class: &mut Cases<'_>, log: &MiniLog) {
    let policy = policy(log);
    for (name, file, expected) in [
        ("checkpoint", "checkpoint", NotVerified("checkpoint")),
        ("entries", "tile/entries/000.p/9", NotVerified("entries")),
        ("tile", "tile/0/000.p/9", NotVerified("tiles")),
    ] {
        endless(class.export(name, &policy, expected, |folder| {
            export(log, folder);
            make_sparse(&folder.join(file));
        }));
    }
}

/// A chain of many keys, and as many entries that each name another state of it.
fn chains(corpus: &mut Corpus) {
    let mut log = MiniLog::usual();
    let index = log.record(11, &log.message(TEAM, "Tail section"));
    let policy = policy(&log);
    let mut bundle = blind(&log, index, TEAM);
    let fake = proven(&log, index);
    let mut entry = Entry::parse(&fake.entry).unwrap();
    for number in 0..STATES {
        let device = SigningKey::from_bytes(sha256(&number.to_be_bytes()).as_bytes());
        let add = KeyAction::Add {
            key: public(&device),
            role: KeyRole::Record,
            label: None,
        };
        log.key_event(TEAM, add, &[&key(10), &device]);
        entry.org_key_seq = 3 + number;
        let mut related = fake.clone();
        related.entry = entry.encode().unwrap();
        bundle.related.push(RelatedEntry {
            relation: "about".to_owned(),
            proven: related,
        });
    }
    bundle.key_chains[0].events = events(&log, TEAM);
    let mut class = corpus.class(
        "N15",
        "many-states",
        "An organisation has a chain of thousands of keys, and thousands of entries each name another state of it.",
    );
    let text = bundle.encode().unwrap();
    endless(class.bundle("of-one-chain", text, &policy, NotVerified("related")));
}

/// How many states of one chain are named.
const STATES: u32 = 2_400;

/// A policy of as many groups as it can hold, each around the one before.
fn groups(corpus: &mut Corpus) {
    let log = ledger();
    let (text, _) = usual();
    let mut policy = format!(
        "log {}\nwitness w {}\ngroup g0 any w\n",
        log.vkey(),
        witness(WITNESS + 1)
    );
    let mut last = 0;
    while policy.len() < 99_900 {
        last += 1;
        writeln!(policy, "group g{last} all g{}", last - 1).unwrap();
    }
    writeln!(policy, "quorum g{last}").unwrap();
    let mut class = corpus.class(
        "N15",
        "nested-groups",
        "The policy has thousands of groups, each around the one before.",
    );
    endless(class.bundle("all-of-one", &text, &policy, NotVerified("quorum")));
}
