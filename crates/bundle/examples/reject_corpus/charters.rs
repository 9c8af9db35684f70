//! Founding entries that are not the charter of the ledger, each of them entry 0 of a signed tree.

use ed25519_dalek::{SigningKey, VerifyingKey};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Charter, Entry, EntryKind, Hash, Origin, PAYLOAD_TYPE_CHARTER, PAYLOAD_TYPE_RECORD, hex,
};

use super::mini_log::{ORIGIN, START, TEAM, key, public, sign};
use super::world::{blind, ledger, policy, stranger, swap};
use super::{Corpus, Expected};

use Expected::NotVerified;

pub(crate) fn write(corpus: &mut Corpus) {
    signers(corpus);
    texts(corpus);
    keys(corpus);
    names(corpus);
}

/// The text of a charter with registrars 1 and 3, of whom `threshold` must sign.
fn text(threshold: u8) -> String {
    let mut registrars = vec![public(&key(1)), public(&key(3))];
    registrars.sort_by_key(|key| *key.as_bytes());
    let charter = Charter {
        origin: Origin::parse(ORIGIN).unwrap(),
        created: START,
        threshold,
        registrars,
    };
    charter.encode()
}

fn entry(payload: &[u8], by: &[SigningKey]) -> Entry {
    Entry {
        kind: EntryKind::Charter,
        registered_at: START,
        org: None,
        org_key_seq: 0,
        org_key_head: Hash::new([0; 32]),
        payload_type: PAYLOAD_TYPE_CHARTER.to_owned(),
        payload: payload.to_vec(),
        signatures: by
            .iter()
            .map(|key| sign(key, PAYLOAD_TYPE_CHARTER, payload))
            .collect(),
    }
}

/// A bundle of a ledger that begins with `entry`.
fn bundle(entry: &Entry) -> (String, String) {
    let mut log = ledger();
    log.entries[0] = entry.encode().unwrap();
    let policy = policy(&log);
    (blind(&log, 7, TEAM).encode().unwrap(), policy)
}

fn add(
    corpus: &mut Corpus,
    (number, name, what): (&'static str, &'static str, &'static str),
    cases: Vec<(&str, Entry)>,
) {
    let mut class = corpus.class(number, name, what);
    for (case, entry) in cases {
        let (text, policy) = bundle(&entry);
        class.bundle(case, text, &policy, NotVerified("charter"));
    }
}

fn signers(corpus: &mut Corpus) {
    let two = text(2);
    let two = two.as_bytes();
    let mut damaged = entry(two, &[key(1), key(3)]);
    damaged.signatures[1].signature[0] ^= 1;
    let mut of_another = entry(two, &[key(1), key(3)]);
    of_another.signatures = entry(text(1).as_bytes(), &[key(1), key(3)]).signatures;
    let mut as_a_record = entry(two, &[]);
    as_a_record.signatures = [key(1), key(3)]
        .map(|it| sign(&it, PAYLOAD_TYPE_RECORD, two))
        .to_vec();
    let class = (
        "N9",
        "signers-of-the-charter",
        "The charter asks for two registrars, and it is not two registrars that signed.",
    );
    let cases = vec![
        ("nobody", entry(two, &[])),
        ("one", entry(two, &[key(1)])),
        ("one-of-them-twice", entry(two, &[key(1), key(1)])),
        ("one-and-a-stranger", entry(two, &[key(1), stranger()])),
        (
            "both-and-a-stranger",
            entry(two, &[key(1), key(3), stranger()]),
        ),
        ("the-ledgers-own-key", entry(two, &[key(1), key(2)])),
        ("one-bad", damaged),
        ("of-another-charter", of_another),
        ("as-a-record", as_a_record),
    ];
    add(corpus, class, cases);
}

fn texts(corpus: &mut Corpus) {
    let good = text(1);
    let by = [key(1)];
    let registrar = good.lines().last().unwrap().to_owned();
    let hex_key = registrar.trim_start_matches("registrar ").to_owned();
    let class = (
        "N8",
        "charter-spelling",
        "The charter is not in its one spelling; the signature is over these bytes.",
    );
    let spelled = [
        ("carriage-returns", good.replace('\n', "\r\n")),
        ("no-last-newline", good.trim_end().to_owned()),
        ("a-newline-more", format!("{good}\n")),
        ("a-line-more", format!("{good}quorum none\n")),
        (
            "a-zero-before-a-number",
            swap(&good, "created ", "created 0"),
        ),
        ("two-spaces", swap(&good, "threshold ", "threshold  ")),
        (
            "upper-case-hexadecimal",
            swap(&good, &hex_key, &hex_key.to_uppercase()),
        ),
        (
            "lines-swapped",
            swap(
                &good,
                "hash rfc6962-sha256\ned25519 strict-torsion-free/1",
                "ed25519 strict-torsion-free/1\nhash rfc6962-sha256",
            ),
        ),
        ("a-byte-order-mark", format!("\u{feff}{good}")),
        ("nothing", String::new()),
    ];
    let cases = spelled
        .iter()
        .map(|(name, it)| (*name, entry(it.as_bytes(), &by)));
    add(corpus, class, cases.collect());
    let class = (
        "N25",
        "charter-version",
        "The charter states another version, or weaker rules.",
    );
    let versions = [
        ("0", swap(&good, "charter/v1", "charter/v0")),
        ("2", swap(&good, "charter/v1", "charter/v2")),
        ("sha-1", swap(&good, "rfc6962-sha256", "rfc6962-sha1")),
        (
            "another-tree",
            swap(&good, "rfc6962-sha256", "bitcoin-sha256"),
        ),
        (
            "cofactored-signatures",
            swap(&good, "strict-torsion-free/1", "zip215/1"),
        ),
        ("longer-entries", swap(&good, "65535", "4294967295")),
    ];
    let cases = versions
        .iter()
        .map(|(name, it)| (*name, entry(it.as_bytes(), &by)));
    add(corpus, class, cases.collect());
    let class = (
        "N16",
        "absent-line-of-the-charter",
        "A line of the charter is absent, one at a time.",
    );
    let count = good.lines().count();
    let names: Vec<String> = (0..count).map(|line| line.to_string()).collect();
    let cases = (0..count - 2).map(|absent| {
        let kept = good.lines().enumerate().filter(|(line, _)| *line != absent);
        let lines: Vec<&str> = kept.map(|(_, line)| line).collect();
        let text = lines.join("\n") + "\n";
        (names[absent].as_str(), entry(text.as_bytes(), &by))
    });
    add(corpus, class, cases.collect());
}

/// Points that are no keys: of small order, in a second encoding, with a part of small order, and none at all.
pub(crate) fn bad_points() -> [(&'static str, [u8; 32]); 6] {
    let of_order_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
    let of_order_8: [u8; 32] = hex::decode(of_order_8).unwrap().try_into().unwrap();
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut second_encoding = [0xff; 32];
    second_encoding[0] = 0xee;
    second_encoding[31] = 0x7f;
    let torsion = VerifyingKey::from_bytes(&of_order_8).unwrap().to_edwards();
    let mixed = key(1).verifying_key().to_edwards() + torsion;
    let mut no_point = [0; 32];
    no_point[0] = 2;
    [
        ("the-identity", identity),
        ("of-order-8", of_order_8),
        ("a-second-encoding", second_encoding),
        ("of-mixed-order", mixed.compress().to_bytes()),
        ("no-point", no_point),
        ("zeros", [0; 32]),
    ]
}

fn keys(corpus: &mut Corpus) {
    let good = text(1);
    let by = [key(1)];
    let head = good.split("threshold").next().unwrap();
    let line = |key: &[u8]| format!("registrar {}\n", hex::encode(key));
    let (one, three) = (public(&key(1)), public(&key(3)));
    let mut two = [line(one.as_bytes()), line(three.as_bytes())];
    two.sort();
    let [low, high] = two;
    let mut many: Vec<String> = (1..=17)
        .map(|seed| line(public(&key(seed)).as_bytes()))
        .collect();
    many.sort();
    let class = (
        "N7",
        "registrars",
        "The registrars of the charter, or their threshold, are not what a charter can have.",
    );
    let sets = [
        ("no-registrar", format!("{head}threshold 1\n")),
        ("threshold-0", format!("{head}threshold 0\n{low}{high}")),
        (
            "threshold-3-of-2",
            format!("{head}threshold 3\n{low}{high}"),
        ),
        ("threshold-256", format!("{head}threshold 256\n{low}{high}")),
        (
            "threshold-negative",
            format!("{head}threshold -1\n{low}{high}"),
        ),
        ("not-ascending", format!("{head}threshold 1\n{high}{low}")),
        ("one-twice", format!("{head}threshold 2\n{low}{low}")),
        (
            "17-registrars",
            format!("{head}threshold 1\n{}", many.concat()),
        ),
    ];
    let cases = sets
        .iter()
        .map(|(name, it)| (*name, entry(it.as_bytes(), &by)));
    add(corpus, class, cases.collect());
    let class = (
        "N23",
        "registrar-key",
        "A registrar's key is a point that some libraries take for a key.",
    );
    let points = bad_points().map(|(name, point)| {
        let mut lines = [line(one.as_bytes()), line(&point)];
        lines.sort();
        (name, format!("{head}threshold 1\n{}", lines.concat()))
    });
    let cases = points
        .iter()
        .map(|(name, it)| (*name, entry(it.as_bytes(), &by)));
    add(corpus, class, cases.collect());
}

fn names(corpus: &mut Corpus) {
    let good = text(1);
    let by = [key(1)];
    let origin = format!("origin {ORIGIN}\n");
    let class = (
        "N12",
        "charter-of-another-ledger",
        "The charter is that of a ledger of another name.",
    );
    let texts = [
        ("another-name", "ledger.example/other".to_owned()),
        ("a-slash-more", format!("{ORIGIN}/")),
        ("upper-case", ORIGIN.to_uppercase()),
        ("a-cyrillic-letter", ORIGIN.replacen('a', "\u{430}", 1)),
        ("a-soft-hyphen", ORIGIN.replacen('.', ".\u{ad}", 1)),
        ("a-space-at-the-end", format!("{ORIGIN} ")),
        ("a-no-break-space", format!("{ORIGIN}\u{a0}")),
        ("a-carriage-return", format!("{ORIGIN}\r")),
        ("nothing", String::new()),
        ("256-bytes", "x".repeat(256)),
    ]
    .map(|(name, other)| (name, swap(&good, &origin, &format!("origin {other}\n"))));
    let cases = texts
        .iter()
        .map(|(name, it)| (*name, entry(it.as_bytes(), &by)));
    add(corpus, class, cases.collect());
}
