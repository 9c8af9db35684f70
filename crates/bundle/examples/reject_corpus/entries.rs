//! Entries that a ledger took in and signed for although it should not have: its signature does not help.

mod payloads;
mod signatures;

use witnessmark_record::encode;
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{Entry, Hash, KeyRole, PAYLOAD_TYPE_RECORD, sha256};

use super::mini_log::{COURT, MiniLog, START, TEAM, key, org, public, sign};
use super::world::{policy, taken_in};
use super::{Corpus, Expected};

use Expected::NotVerified;

pub(crate) use signatures::malleated;

pub(crate) fn write(corpus: &mut Corpus) {
    bindings(corpus);
    signatures::write(corpus);
    validity(corpus);
    moments(corpus);
    raw(corpus);
    payloads::write(corpus);
}

/// A way to spoil an entry, which may need something in the log first.
type Make = fn(&mut MiniLog) -> Entry;

/// What the cases are about, the name of each, the check that fails, and how it is made.
type Faults = (&'static str, &'static str, Make);

fn add(
    corpus: &mut Corpus,
    (number, name, what): (&'static str, &'static str, &'static str),
    faults: &[Faults],
) {
    let mut class = corpus.class(number, name, what);
    for (case, check, make) in faults {
        let mut log = MiniLog::usual();
        let entry = make(&mut log).encode().unwrap();
        let policy = policy(&log);
        class.bundle(case, taken_in(log, entry), &policy, NotVerified(check));
    }
}

/// A good entry of the team, not yet logged.
pub(crate) fn good(log: &MiniLog) -> Entry {
    log.record_entry(&[11], &log.message(TEAM, "x"))
}

/// The entry with another payload, signed again by the team's key.
fn resigned(mut entry: Entry, payload: Vec<u8>) -> Entry {
    entry.signatures = vec![sign(&key(11), &entry.payload_type, &payload)];
    entry.payload = payload;
    entry
}

/// Document, signature and key: each of the three of something else.
fn bindings(corpus: &mut Corpus) {
    let class = (
        "N4",
        "document-signature-key",
        "Document, signature and key of an entry do not belong together, and the entry is in the tree.",
    );
    let faults: [Faults; 9] = [
        ("another-document", "signatures", |log| {
            let mut entry = good(log);
            entry.payload = encode(&log.message(TEAM, "y"));
            entry
        }),
        ("signature-of-another-document", "signatures", |log| {
            let mut entry = good(log);
            let other = log.record_entry(&[11], &log.message(TEAM, "y"));
            entry.signatures = other.signatures;
            entry
        }),
        ("signed-by-another-key-in-its-name", "signatures", |log| {
            let mut entry = good(log);
            entry.signatures[0].signature =
                sign(&key(21), PAYLOAD_TYPE_RECORD, &entry.payload).signature;
            entry
        }),
        ("named-after-another-key", "signatures", |log| {
            let mut entry = good(log);
            entry.signatures[0].key_id = public(&key(10)).key_id();
            entry
        }),
        ("another-organisations-key", "signatures", |log| {
            log.record_entry(&[21], &log.message(TEAM, "x"))
        }),
        ("both-organisations-keys", "signatures", |log| {
            log.record_entry(&[11, 21], &log.message(TEAM, "x"))
        }),
        ("document-of-another-organisation", "record", |log| {
            resigned(good(log), encode(&log.message(COURT, "x")))
        }),
        ("entry-of-another-organisation", "key_chain", |log| {
            let mut entry = good(log);
            entry.org = Some(org(COURT));
            entry
        }),
        ("document-of-another-ledger", "record", |log| {
            let mut message = log.message(TEAM, "x");
            "ledger.example/other".clone_into(&mut message.origin);
            log.record_entry(&[11], &message)
        }),
    ];
    add(corpus, class, &faults);
    let class = (
        "N12",
        "record-for-another-ledger",
        "The record was signed for a ledger of another name.",
    );
    let faults: [Faults; 5] = [
        ("another-name", "record", |log| {
            for_ledger(log, "ledger.example/other")
        }),
        ("no-name", "record", |log| for_ledger(log, "")),
        ("a-slash-more", "record", |log| {
            for_ledger(log, "ledger.example/mini/")
        }),
        ("upper-case", "record", |log| {
            for_ledger(log, "Ledger.example/mini")
        }),
        ("a-cyrillic-letter", "record", |log| {
            for_ledger(log, "ledger.ex\u{430}mple/mini")
        }),
    ];
    add(corpus, class, &faults);
}

fn for_ledger(log: &MiniLog, origin: &str) -> Entry {
    let mut message = log.message(TEAM, "x");
    origin.clone_into(&mut message.origin);
    log.record_entry(&[11], &message)
}

/// Who may sign at that moment.
fn validity(corpus: &mut Corpus) {
    let class = (
        "N10",
        "key-not-valid-then",
        "The record is signed by a key that could not sign records when it was registered.",
    );
    let faults: [Faults; 8] = [
        ("revoked-before", "signatures", |log| {
            log.revoke(TEAM, 10, 11, None);
            good(log)
        }),
        ("revoked-and-suspected", "signatures", |log| {
            log.revoke(TEAM, 10, 11, Some(START));
            good(log)
        }),
        ("added-later", "signatures", |log| {
            let entry = log.record_entry(&[12], &log.message(TEAM, "x"));
            log.add_key(TEAM, 10, 12, KeyRole::Record);
            entry
        }),
        ("never-added", "signatures", |log| {
            log.record_entry(&[12], &log.message(TEAM, "x"))
        }),
        ("for-countersigning-alone", "signatures", |log| {
            log.add_key(TEAM, 10, 12, KeyRole::Countersign);
            log.record_entry(&[12], &log.message(TEAM, "x"))
        }),
        ("a-root", "signatures", |log| {
            log.record_entry(&[10], &log.message(TEAM, "x"))
        }),
        ("a-registrar", "signatures", |log| {
            log.record_entry(&[1], &log.message(TEAM, "x"))
        }),
        ("the-ledgers-own", "signatures", |log| {
            log.record_entry(&[2], &log.message(TEAM, "x"))
        }),
    ];
    add(corpus, class, &faults);
    let class = (
        "N9",
        "signers-of-a-record",
        "The list of signatures of the record is not one of different active keys.",
    );
    let faults: [Faults; 5] = [
        ("none", "signatures", |log| {
            log.record_entry(&[], &log.message(TEAM, "x"))
        }),
        ("the-same-key-twice", "signatures", |log| {
            log.record_entry(&[11, 11], &log.message(TEAM, "x"))
        }),
        ("the-same-key-eight-times", "signatures", |log| {
            log.record_entry(&[11; 8], &log.message(TEAM, "x"))
        }),
        ("a-good-one-and-a-revoked-one", "signatures", |log| {
            log.add_key(TEAM, 10, 12, KeyRole::Record);
            log.revoke(TEAM, 10, 12, None);
            log.record_entry(&[11, 12], &log.message(TEAM, "x"))
        }),
        ("a-good-one-and-a-bad-one", "signatures", |log| {
            log.add_key(TEAM, 10, 12, KeyRole::Countersign);
            let mut entry = log.record_entry(&[11, 12], &log.message(TEAM, "x"));
            entry.signatures[1].signature[0] ^= 1;
            entry
        }),
    ];
    add(corpus, class, &faults);
}

/// What the entry says of the key chain and of its time.
fn moments(corpus: &mut Corpus) {
    let class = (
        "N10",
        "state-of-the-chain",
        "The entry claims another state of the key chain, or a time that does not fit its events.",
    );
    let faults: [Faults; 9] = [
        ("before-the-revocation", "key_chain", |log| {
            let mut entry = good(log);
            log.revoke(TEAM, 10, 11, None);
            log.now += 1_000;
            entry.registered_at = log.now;
            entry
        }),
        ("before-the-key-was-added", "key_chain", |log| {
            let mut entry = good(log);
            entry.org_key_seq = 1;
            entry
        }),
        ("no-event", "key_chain", |log| {
            let mut entry = good(log);
            entry.org_key_seq = 0;
            entry.org_key_head = Hash::new([0; 32]);
            entry
        }),
        ("events-to-come", "key_chain", |log| {
            let mut entry = good(log);
            entry.org_key_seq = u32::MAX;
            entry
        }),
        ("another-head", "key_chain", |log| {
            let mut entry = good(log);
            entry.org_key_head = sha256(b"another");
            entry
        }),
        ("an-unknown-organisation", "key_chain", |log| {
            let mut entry = good(log);
            entry.org = Some(org("demo-nobody"));
            entry
        }),
        ("time-before-the-key", "key_chain", |log| {
            let mut entry = good(log);
            entry.registered_at = START + 500;
            entry
        }),
        ("time-before-the-charter", "key_chain", |log| {
            let mut entry = good(log);
            entry.registered_at = START - 1;
            entry
        }),
        ("time-zero", "key_chain", |log| {
            let mut entry = good(log);
            entry.registered_at = 0;
            entry
        }),
    ];
    add(corpus, class, &faults);
}

/// Entries whose bytes are no entry, or of another kind.
fn raw(corpus: &mut Corpus) {
    let log = MiniLog::usual();
    let good = good(&log).encode().unwrap();
    let policy = policy(&log);
    // Magic, kind, time, then the organisation's length, its name, its chain's number and head.
    let kind = 4;
    let org_length = 13;
    let type_length = org_length + 1 + TEAM.len() + 4 + 32;
    let count = good.len() - (1 + 1 + 32 + 2 + 64);
    let patched = |at: usize, bytes: &[u8]| {
        let mut other = good.clone();
        other[at..at + bytes.len()].copy_from_slice(bytes);
        other
    };
    let cases: [(&'static str, &'static str, &str, Vec<u8>); 23] = [
        ("N6", "entry-kind", "0", patched(kind, &[0])),
        ("N6", "entry-kind", "key-event", patched(kind, &[2])),
        ("N6", "entry-kind", "charter", patched(kind, &[3])),
        ("N6", "entry-kind", "tombstone", patched(kind, &[5])),
        ("N6", "entry-kind", "7", patched(kind, &[7])),
        ("N6", "entry-kind", "255", patched(kind, &[255])),
        ("N25", "entry-version", "0", patched(0, b"WMK0")),
        ("N25", "entry-version", "2", patched(0, b"WMK2")),
        ("N25", "entry-version", "lower-case", patched(0, b"wmk1")),
        (
            "N6",
            "payload-type",
            "another-letter",
            patched(type_length + 2, b"A"),
        ),
        (
            "N6",
            "payload-type",
            "not-utf-8",
            patched(type_length + 2, b"\xff"),
        ),
        (
            "N6",
            "payload-type",
            "too-long",
            patched(type_length, &[0xff, 0xff]),
        ),
        (
            "N6",
            "entry-organisation",
            "upper-case",
            patched(org_length + 1, b"D"),
        ),
        (
            "N6",
            "entry-organisation",
            "a-slash",
            patched(org_length + 5, b"/"),
        ),
        (
            "N6",
            "entry-organisation",
            "none",
            patched(org_length, &[0]),
        ),
        ("N23", "signature-algorithm", "0", patched(count + 1, &[0])),
        ("N23", "signature-algorithm", "2", patched(count + 1, &[2])),
        ("N23", "signature-algorithm", "4", patched(count + 1, &[4])),
        (
            "N23",
            "signature-algorithm",
            "255",
            patched(count + 1, &[255]),
        ),
        (
            "N23",
            "signature-algorithm",
            "63-bytes",
            patched(count + 34, &[0, 63]),
        ),
        (
            "N23",
            "signature-algorithm",
            "2420-bytes",
            patched(count + 34, &[0x09, 0x74]),
        ),
        (
            "N9",
            "count-of-signatures",
            "none-and-bytes-after",
            patched(count, &[0]),
        ),
        ("N9", "count-of-signatures", "255", patched(count, &[255])),
    ];
    for (number, name, case, entry) in cases {
        let what = "The bytes of the entry are none of version 1, and are in the tree.";
        let mut class = corpus.class(number, name, what);
        let text = taken_in(MiniLog::usual(), entry);
        class.bundle(case, text, &policy, NotVerified("inclusion"));
    }
    let mut class = corpus.class(
        "N8",
        "entry-length",
        "The entry is cut, or something follows it, and it is in the tree.",
    );
    for (name, entry) in [
        ("a-byte-less", good[..good.len() - 1].to_vec()),
        ("a-byte-more", [good.as_slice(), &[0]].concat()),
        ("twice", [good.as_slice(), &good].concat()),
        ("half", good[..good.len() / 2].to_vec()),
        ("the-magic-alone", b"WMK1".to_vec()),
        ("nothing", Vec::new()),
        (
            "65536-bytes",
            [good.as_slice(), &vec![0; 65_536 - good.len()]].concat(),
        ),
    ] {
        let text = taken_in(MiniLog::usual(), entry);
        class.bundle(name, text, &policy, NotVerified("inclusion"));
    }
}
