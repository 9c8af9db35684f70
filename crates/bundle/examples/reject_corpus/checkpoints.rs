//! Checkpoints that the policy does not accept: other logs, other names, other keys, too few witnesses.

mod witnesses;

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_verifier::{base64, cosignature_message, sha256};

use super::entries::malleated;
use super::mini_log::{MiniLog, ORIGIN, TEAM, key, witness};
use super::world::{
    WITNESS, blind, bundle, by_log, by_witness, checkpoint_of, checkpoint_text, ledger, line,
    policy, signed, stranger, swap, under_checkpoint,
};
use super::{Corpus, Expected};

use Expected::{CannotTell, NotVerified};

pub(crate) fn write(corpus: &mut Corpus) {
    strangers(corpus);
    origins(corpus);
    texts(corpus);
    key_ids(corpus);
    log_signatures(corpus);
    witnesses::write(corpus);
    two_ledgers(corpus);
}

/// The usual bundle under a note of this text and these lines.
fn noted(log: &MiniLog, text: &str, lines: &str) -> String {
    let note = format!("{text}\n{lines}");
    under_checkpoint(&bundle(log), &note).encode().unwrap()
}

/// The witness's line on the usual checkpoint.
fn usual_witness(text: &str) -> String {
    by_witness(WITNESS, 1_767_225_613, text)
}

fn strangers(corpus: &mut Corpus) {
    let ours = ledger();
    let policy = policy(&ours);
    let mut class = corpus.class(
        "N11",
        "bundle-of-a-stranger",
        "A bundle of a stranger's whole ledger, consistent in itself.",
    );
    let mut named_so = ledger();
    named_so.log_key = stranger();
    let text = bundle(&named_so).encode().unwrap();
    class.bundle("of-the-same-name", text, &policy, NotVerified("checkpoint"));
    let mut other = MiniLog::new("ledger.example/other");
    other.admit(TEAM, 10, 11);
    let index = other.record(11, &other.message(TEAM, "Tail section"));
    let text = blind(&other, index, TEAM).encode().unwrap();
    class.bundle("of-another-name", &text, &policy, CannotTell("checkpoint"));
    class.beside(
        "with-its-policy-beside",
        (&text, &policy),
        CannotTell("checkpoint"),
        |folder| {
            std::fs::write(folder.join("trust.policy"), other.policy()).unwrap();
        },
    );
    let both = format!(
        "{}{}",
        by_log(&named_so, &checkpoint_text(&ours)),
        usual_witness(&checkpoint_text(&ours))
    );
    let text = noted(&ours, &checkpoint_text(&ours), &both);
    class.bundle(
        "its-key-under-our-name",
        text,
        &policy,
        NotVerified("checkpoint"),
    );
    let no_witness = ours.policy();
    let text = bundle(&named_so).encode().unwrap();
    class.bundle(
        "without-a-quorum",
        text,
        &no_witness,
        NotVerified("checkpoint"),
    );
}

/// First lines that look like the name of the ledger.
fn origins(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let text = checkpoint_text(&log);
    let unknown = CannotTell("checkpoint");
    let malformed = NotVerified("checkpoint");
    let mut class = corpus.class(
        "N12",
        "origin-look-alike",
        "The first line of the checkpoint looks like the ledger's name; the ledger's own key signed it under its own name.",
    );
    for (name, origin, expected) in [
        ("another-name", "ledger.example/other".to_owned(), unknown),
        (
            "a-cyrillic-letter",
            ORIGIN.replacen('a', "\u{430}", 1),
            unknown,
        ),
        (
            "a-wide-letter",
            ORIGIN.replacen('a', "\u{ff41}", 1),
            unknown,
        ),
        ("upper-case", ORIGIN.to_uppercase(), unknown),
        ("a-slash-more", format!("{ORIGIN}/"), unknown),
        (
            "a-slash-of-another-kind",
            ORIGIN.replace('/', "\u{2215}"),
            unknown,
        ),
        ("a-soft-hyphen", ORIGIN.replacen('.', ".\u{ad}", 1), unknown),
        (
            "a-zero-width-space",
            ORIGIN.replacen('.', ".\u{200b}", 1),
            unknown,
        ),
        (
            "a-mark-from-right-to-left",
            format!("\u{202e}{ORIGIN}"),
            unknown,
        ),
        ("a-scheme-before-it", format!("https://{ORIGIN}"), unknown),
        (
            "a-path-upwards",
            "../../ledger.example/mini".to_owned(),
            unknown,
        ),
        ("a-space-at-the-end", format!("{ORIGIN} "), malformed),
        ("a-space-before-it", format!(" {ORIGIN}"), malformed),
        ("a-no-break-space", format!("{ORIGIN}\u{a0}"), malformed),
        ("a-plus", format!("{ORIGIN}+x"), malformed),
        ("a-c1-control", format!("{ORIGIN}\u{9b}"), malformed),
        ("nothing", String::new(), malformed),
        ("256-bytes", "x".repeat(256), malformed),
    ] {
        let text = swap(&text, ORIGIN, &origin);
        let lines = [by_log(&log, &text), usual_witness(&text)].concat();
        class.bundle(name, noted(&log, &text, &lines), &policy, expected);
    }
    // The same key, known under one name, signs under another one.
    let mut renamed = ledger();
    "ledger.example/second".clone_into(&mut renamed.origin);
    let note = renamed.checkpoint(&[WITNESS]);
    let text = under_checkpoint(&bundle(&log), &note).encode().unwrap();
    class.bundle("the-same-key-under-another-name", text, &policy, unknown);
}

/// Texts of notes that are no checkpoint, signed by the ledger and the witness all the same.
fn texts(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let good = checkpoint_text(&log);
    let lines: Vec<&str> = good.lines().collect();
    let [origin, size, root] = [lines[0], lines[1], lines[2]];
    let mut class = corpus.class(
        "N2",
        "extension-line",
        "The checkpoint has a line more than its three; the ledger and the witness signed it.",
    );
    for (name, more) in [
        ("a-word", "VERIFIED\n"),
        ("a-time", "time 1767225613\n"),
        ("an-empty-line", "\n"),
        ("another-size", "10\n"),
    ] {
        let note = signed(&log, &format!("{good}{more}"));
        let text = under_checkpoint(&bundle(&log), &note).encode().unwrap();
        class.bundle(name, text, &policy, NotVerified("checkpoint"));
    }
    let mut class = corpus.class(
        "N8",
        "checkpoint-spelling",
        "The checkpoint is not in its one spelling; the ledger and the witness signed it.",
    );
    let short_root = base64::encode(&sha256(b"x").as_bytes()[..31]);
    for (name, text) in [
        (
            "a-zero-before-the-size",
            format!("{origin}\n0{size}\n{root}\n"),
        ),
        (
            "a-plus-before-the-size",
            format!("{origin}\n+{size}\n{root}\n"),
        ),
        ("a-negative-size", format!("{origin}\n-{size}\n{root}\n")),
        (
            "a-size-of-2-to-64",
            format!("{origin}\n18446744073709551616\n{root}\n"),
        ),
        ("an-arabic-digit", format!("{origin}\n\u{669}\n{root}\n")),
        (
            "a-root-without-padding",
            format!("{origin}\n{size}\n{}\n", root.trim_end_matches('=')),
        ),
        (
            "a-root-of-31-bytes",
            format!("{origin}\n{size}\n{short_root}\n"),
        ),
        ("an-empty-root", format!("{origin}\n{size}\n\n")),
        (
            "a-root-in-hexadecimal",
            format!("{origin}\n{size}\n{}\n", sha256(b"x")),
        ),
        (
            "size-and-root-swapped",
            format!("{origin}\n{root}\n{size}\n"),
        ),
    ] {
        let note = signed(&log, &text);
        let text = under_checkpoint(&bundle(&log), &note).encode().unwrap();
        class.bundle(name, text, &policy, NotVerified("checkpoint"));
    }
    let mut class = corpus.class(
        "N7",
        "note-form",
        "What stands in the place of the checkpoint is no signed note.",
    );
    let ours = by_log(&log, &good);
    for (name, note) in [
        ("nothing", String::new()),
        ("no-signature", format!("{good}\n")),
        ("no-empty-line", format!("{good}{ours}")),
        ("no-last-newline", format!("{good}\n{}", ours.trim_end())),
        (
            "a-hyphen-for-the-dash",
            format!("{good}\n{}", ours.replace('\u{2014}', "-")),
        ),
        (
            "a-line-without-name",
            format!("{good}\n\u{2014}  AAAAAAA=\n{ours}"),
        ),
        (
            "a-line-without-signature",
            format!("{good}\n\u{2014} x \n{ours}"),
        ),
        (
            "a-key-id-alone",
            format!("{good}\n\u{2014} x AAAAAA==\n{ours}"),
        ),
        ("no-base64", format!("{good}\n\u{2014} x ****\n{ours}")),
        ("a-tab", format!("{good}\n{}", ours.replace(' ', "\t"))),
        (
            "carriage-returns",
            format!("{good}\n{ours}").replace('\n', "\r\n"),
        ),
        (
            "an-escape-character",
            format!("{good}\n\u{2014} \u{1b}[2J AAAAAAA=\n{ours}"),
        ),
        ("101-signatures", format!("{good}\n{}", ours.repeat(101))),
    ] {
        let text = under_checkpoint(&bundle(&log), &note).encode().unwrap();
        class.bundle(name, text, &policy, NotVerified("format"));
    }
}

/// The key id of a note for this name, type and key.
fn key_id(name: &str, kind: u8, key: &SigningKey) -> [u8; 4] {
    let named = [
        name.as_bytes(),
        &[b'\n', kind],
        key.verifying_key().as_bytes(),
    ]
    .concat();
    *sha256(&named).as_bytes().first_chunk().unwrap()
}

/// Signatures of the right key under the key id of another type.
fn key_ids(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let text = checkpoint_text(&log);
    let signature = log.log_key.sign(text.as_bytes()).to_bytes();
    let witness_line = usual_witness(&text);
    let mut class = corpus.class(
        "N23",
        "key-id-of-another-type",
        "The ledger's good signature stands under the key id of another algorithm.",
    );
    for kind in [0, 2, 3, 4, 5, 6, 0xff] {
        let id = key_id(ORIGIN, kind, &log.log_key);
        let lines = format!("{}{witness_line}", line(ORIGIN, id, &signature));
        let name = format!("type-{kind}");
        class.bundle(
            &name,
            noted(&log, &text, &lines),
            &policy,
            NotVerified("checkpoint"),
        );
    }
    let mut class = corpus.class(
        "N23",
        "signature-of-another-algorithm",
        "A signature of one algorithm stands under the name and key id of another one.",
    );
    let time = 1_767_225_613_u64;
    let as_witness = log
        .log_key
        .sign(&cosignature_message(time, &text))
        .to_bytes();
    let as_witness = [time.to_be_bytes().as_slice(), &as_witness].concat();
    let own = log.vkey().key_id();
    for (name, signature) in [
        ("a-cosignature-by-the-ledger", as_witness),
        ("2420-bytes", vec![7; 2_420]),
        ("a-byte-less", signature[..63].to_vec()),
        ("a-byte-more", [signature.as_slice(), &[0]].concat()),
    ] {
        let lines = format!("{}{witness_line}", line(ORIGIN, own, &signature));
        class.bundle(
            name,
            noted(&log, &text, &lines),
            &policy,
            NotVerified("checkpoint"),
        );
    }
    let ours = by_log(&log, &text);
    let by = witness(WITNESS);
    let plain = key(WITNESS).sign(text.as_bytes()).to_bytes();
    let timed = [time.to_be_bytes().as_slice(), &plain].concat();
    for (name, signature) in [
        ("a-log-signature-by-the-witness", plain.to_vec()),
        ("and-a-time-before-it", timed),
    ] {
        let lines = format!(
            "{ours}{}",
            line(by.name().as_str(), by.key_id(), &signature)
        );
        class.bundle(
            name,
            noted(&log, &text, &lines),
            &policy,
            NotVerified("quorum"),
        );
    }
}

fn log_signatures(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let text = checkpoint_text(&log);
    let good = log.log_key.sign(text.as_bytes()).to_bytes();
    let own = log.vkey().key_id();
    let witness_line = usual_witness(&text);
    let mut older = ledger();
    older.entries.truncate(8);
    let of_older = log
        .log_key
        .sign(checkpoint_text(&older).as_bytes())
        .to_bytes();
    let mut flipped = good;
    flipped[0] ^= 1;
    let mut class = corpus.class(
        "N4",
        "signature-on-the-checkpoint",
        "The ledger's signature is not one over this checkpoint.",
    );
    for (name, signature) in [
        ("zeros", [0; 64]),
        ("one-bit", flipped),
        ("order-added", malleated(good)),
        ("of-an-older-checkpoint", of_older),
        ("by-a-stranger", stranger().sign(text.as_bytes()).to_bytes()),
        ("by-a-registrar", key(1).sign(text.as_bytes()).to_bytes()),
        (
            "over-the-text-without-its-newline",
            log.log_key.sign(text.trim_end().as_bytes()).to_bytes(),
        ),
    ] {
        let lines = format!("{}{witness_line}", line(ORIGIN, own, &signature));
        class.bundle(
            name,
            noted(&log, &text, &lines),
            &policy,
            NotVerified("checkpoint"),
        );
        let first = format!(
            "{}{}{witness_line}",
            by_log(&log, &text),
            line(ORIGIN, own, &signature)
        );
        let name = format!("{name}-beside-a-good-one");
        class.bundle(
            &name,
            noted(&log, &text, &first),
            &policy,
            NotVerified("checkpoint"),
        );
    }
    class.bundle(
        "no-line-of-the-ledger",
        noted(&log, &text, &witness_line),
        &policy,
        NotVerified("checkpoint"),
    );
}

/// One ledger's good checkpoint over the evidence of another, under a policy that trusts both.
fn two_ledgers(corpus: &mut Corpus) {
    let ours = ledger();
    let mut other = MiniLog::new("ledger.example/second");
    other.log_key = key(3);
    other.admit(TEAM, 10, 11);
    let index = other.record(11, &other.message(TEAM, "Tail section"));
    let both = format!("log {}\nlog {}\nquorum none\n", ours.vkey(), other.vkey());
    let mut class = corpus.class(
        "N12",
        "two-trusted-ledgers",
        "The policy trusts two ledgers, and parts of one are put under the checkpoint of the other.",
    );
    let of_other = blind(&other, index, TEAM);
    let mixed = under_checkpoint(&bundle(&ours), &checkpoint_of(&of_other));
    class.bundle(
        "our-parts-its-checkpoint",
        mixed.encode().unwrap(),
        &both,
        NotVerified("charter"),
    );
    let mixed = under_checkpoint(&of_other, &checkpoint_of(&bundle(&ours)));
    class.bundle(
        "its-parts-our-checkpoint",
        mixed.encode().unwrap(),
        &both,
        NotVerified("charter"),
    );
    // It signs our whole tree under its own name.
    let mut copied = MiniLog::new("ledger.example/second");
    copied.log_key = key(3);
    copied.entries.clone_from(&ours.entries);
    let mixed = under_checkpoint(&bundle(&ours), &copied.checkpoint(&[]));
    class.bundle(
        "our-tree-under-its-name",
        mixed.encode().unwrap(),
        &both,
        NotVerified("charter"),
    );
    // It has a charter of its own, and our record.
    let mut taken = MiniLog::new("ledger.example/second");
    taken.log_key = key(3);
    taken.entries = [&taken.entries[..], &ours.entries[1..]].concat();
    let text = blind(&taken, 7, TEAM).encode().unwrap();
    class.bundle("our-record-in-its-tree", text, &both, NotVerified("record"));
    let text = checkpoint_text(&ours);
    let lines = [by_log(&other, &text), usual_witness(&text)].concat();
    class.bundle(
        "its-key-under-our-checkpoint",
        noted(&ours, &text, &lines),
        &both,
        NotVerified("checkpoint"),
    );
    let lines = [
        by_log(&ours, &text),
        line("ledger.example/second", other.vkey().key_id(), &[7; 64]),
    ]
    .concat();
    class.bundle(
        "and-a-bad-line-of-the-other",
        noted(&ours, &text, &lines),
        &both,
        NotVerified("checkpoint"),
    );
}
