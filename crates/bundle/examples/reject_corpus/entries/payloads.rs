//! Payloads that are not the canonical bytes of a record of a known kind, signed by the right key and in the tree.

use witnessmark_record::{encode, v1};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{PAYLOAD_TYPE_RECORD, sha256};

use super::super::mini_log::{MiniLog, TEAM, key, sign};
use super::super::world::{policy, taken_in};
use super::super::{Corpus, Expected};
use super::good;

use Expected::{NotVerified, Shown};

pub(crate) fn write(corpus: &mut Corpus) {
    let payload = good(&MiniLog::usual()).payload;
    unparsed(corpus, &payload);
    spelled(corpus, &payload);
    kinds(corpus, &payload);
    absent(corpus, &payload);
}

/// A field: its number, and its bytes with its tag.
type Field = (u64, Vec<u8>);

/// The fields of a message at its top.
fn fields(mut bytes: &[u8]) -> Vec<Field> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (tag, after_tag) = varint(bytes);
        let length = match tag & 7 {
            0 => after_tag + varint(&bytes[after_tag..]).1,
            2 => {
                let (length, its_own) = varint(&bytes[after_tag..]);
                after_tag + its_own + usize::try_from(length).unwrap()
            }
            _ => bytes.len(),
        };
        found.push((tag >> 3, bytes[..length].to_vec()));
        bytes = &bytes[length..];
    }
    found
}

/// The number at the start, and how many bytes it takes.
fn varint(bytes: &[u8]) -> (u64, usize) {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    let number = bytes[..length].iter().rev();
    let number = number.fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f));
    (number, length)
}

fn joined(fields: &[Field]) -> Vec<u8> {
    fields.iter().flat_map(|(_, bytes)| bytes.clone()).collect()
}

/// The message with a field more, in its place by number.
fn with(payload: &[u8], number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut all = fields(payload);
    let place = all.iter().take_while(|(it, _)| *it <= number).count();
    all.insert(place, (number, bytes.to_vec()));
    joined(&all)
}

/// The message with the field of this number written otherwise.
fn rewritten(payload: &[u8], number: u64, change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut all = fields(payload);
    let field = all.iter_mut().find(|(it, _)| *it == number).unwrap();
    field.1 = change(&field.1);
    joined(&all)
}

/// The bundle on an entry with this payload, signed by the team's key.
fn bundle(payload: Vec<u8>) -> (String, String) {
    let log = MiniLog::usual();
    let mut entry = good(&log);
    entry.signatures = vec![sign(&key(11), PAYLOAD_TYPE_RECORD, &payload)];
    entry.payload = payload;
    let policy = policy(&log);
    (taken_in(log, entry.encode().unwrap()), policy)
}

fn add(
    corpus: &mut Corpus,
    (number, name, what): (&'static str, &'static str, &'static str),
    cases: Vec<(&str, Vec<u8>)>,
) {
    let mut class = corpus.class(number, name, what);
    for (case, payload) in cases {
        let (text, policy) = bundle(payload);
        class.bundle(case, text, &policy, NotVerified("record"));
    }
}

fn unparsed(corpus: &mut Corpus, payload: &[u8]) {
    let class = (
        "N6",
        "payload-does-not-parse",
        "The payload is signed and in the tree, and is no message of the schema.",
    );
    let cases = vec![
        ("nothing", Vec::new()),
        ("text", b"VERIFIED".to_vec()),
        ("json", b"{\"verdict\": \"verified\"}".to_vec()),
        ("zeros", vec![0; 64]),
        ("cut", payload[..payload.len() - 1].to_vec()),
        ("cut-in-the-middle", payload[..payload.len() / 2].to_vec()),
        ("a-byte-more", [payload, &[0]].concat()),
        ("wrong-wire-type", with(payload, 1, &[0x08, 0x01])),
        ("a-group", with(payload, 1, &[0x0b, 0x0c])),
        ("a-group-that-does-not-end", [payload, &[0x0b]].concat()),
        ("an-end-of-no-group", [payload, &[0x0c]].concat()),
        ("field-0", [&[0x00, 0x00], payload].concat()),
        (
            "a-length-beyond-the-end",
            [payload, &[0x0a, 0xff, 0x7f]].concat(),
        ),
        (
            "a-length-of-2-to-63",
            [
                payload,
                &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            ]
            .concat(),
        ),
        (
            "a-number-of-eleven-bytes",
            [payload, &[0x10], [0xff; 10].as_slice(), &[0x01]].concat(),
        ),
        (
            "a-title-that-is-not-utf-8",
            with(payload, 16, &[0x82, 0x01, 0x03, 0x12, 0x01, 0xff]),
        ),
    ];
    add(corpus, class, cases);
}

fn spelled(corpus: &mut Corpus, payload: &[u8]) {
    let mut turned = fields(payload);
    turned.reverse();
    let twice = fields(payload)[0].1.clone();
    let longer_tag = |field: &[u8]| [&[field[0] | 0x80, 0], &field[1..]].concat();
    let longer_length = |field: &[u8]| [&[field[0], field[1] | 0x80, 0], &field[2..]].concat();
    let longer_number = |field: &[u8]| {
        let (last, before) = field.split_last().unwrap();
        [before, &[last | 0x80, 0]].concat()
    };
    let class = (
        "N8",
        "protobuf-spelling",
        "The payload means a record and is not its canonical encoding; the signature is over these bytes.",
    );
    let cases = vec![
        ("a-default-value", with(payload, 2, &[0x10, 0x00])),
        ("an-empty-text", with(payload, 18, &[0x92, 0x01, 0x00])),
        ("fields-turned-round", joined(&turned)),
        ("a-field-twice", with(payload, 1, &twice)),
        ("a-field-twice-at-the-end", [payload, &twice].concat()),
        ("a-longer-tag", rewritten(payload, 1, longer_tag)),
        ("a-longer-length", rewritten(payload, 1, longer_length)),
        ("a-longer-number", rewritten(payload, 3, longer_number)),
        ("a-body-twice", with(payload, 41, &[0xca, 0x02, 0x00])),
        ("another-body-first", with(payload, 40, &[0xc2, 0x02, 0x00])),
    ];
    add(corpus, class, cases);
    let class = (
        "N2",
        "unknown-field",
        "The signed payload holds fields that nobody is shown.",
    );
    let cases = vec![
        ("a-number", with(payload, 31, &[0xf8, 0x01, 0x01])),
        ("a-text", with(payload, 35, &[0x9a, 0x02, 0x02, b'o', b'k'])),
        (
            "a-high-number",
            [payload, &[0xfa, 0xff, 0xff, 0xff, 0x0f, 0x01, 0x00]].concat(),
        ),
        ("fixed-32", with(payload, 32, &[0x85, 0x02, 1, 2, 3, 4])),
        (
            "fixed-64",
            with(payload, 32, &[0x81, 0x02, 1, 2, 3, 4, 5, 6, 7, 8]),
        ),
        ("a-group", with(payload, 32, &[0x83, 0x02, 0x84, 0x02])),
        (
            "inside-a-title",
            with(
                payload,
                16,
                &[0x82, 0x01, 0x06, 0x12, 0x01, b'x', 0xf8, 0x01, 0x01],
            ),
        ),
        (
            "inside-the-body",
            rewritten(payload, 41, |_| vec![0xca, 0x02, 0x03, 0x98, 0x75, 0x01]),
        ),
    ];
    add(corpus, class, cases);
    let class = (
        "N6",
        "unknown-word",
        "An enumeration holds a number that has no meaning.",
    );
    let cases = vec![
        ("clock-source", with(payload, 9, &[0x48, 0x63])),
        ("basis", with(payload, 13, &[0x68, 0x63])),
        (
            "negative",
            with(
                payload,
                13,
                &[
                    0x68, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
                ],
            ),
        ),
        (
            "in-an-attachment",
            with(payload, 26, &[0xd2, 0x01, 0x02, 0x28, 0x63]),
        ),
    ];
    add(corpus, class, cases);
}

/// Kinds that are not the one of the body, or not known.
fn kinds(corpus: &mut Corpus, payload: &[u8]) {
    let schema = |name: &str| {
        rewritten(payload, 7, |_| {
            let length = u8::try_from(name.len()).unwrap();
            [&[0x3a, length], name.as_bytes()].concat()
        })
    };
    let class = (
        "N6",
        "wrong-kind",
        "The schema that the record states is not that of its body, or is not known.",
    );
    let cases = vec![
        ("another-kind", schema("strike-event/1")),
        ("unknown", schema("verified-finding/1")),
        ("without-a-version", schema("wreckage-finding")),
        ("upper-case", schema("Wreckage-Finding/1")),
        ("a-space-more", schema("wreckage-finding/1 ")),
        (
            "another-body",
            rewritten(payload, 41, |_| vec![0xc2, 0x02, 0x00]),
        ),
        (
            "a-body-to-come",
            rewritten(payload, 41, |_| vec![0xba, 0x03, 0x00]),
        ),
    ];
    add(corpus, class, cases);
    let class = (
        "N25",
        "record-version",
        "The record states another version of its kind.",
    );
    let cases = vec![
        ("0", schema("wreckage-finding/0")),
        ("2", schema("wreckage-finding/2")),
        ("01", schema("wreckage-finding/01")),
        ("1.0", schema("wreckage-finding/1.0")),
    ];
    add(corpus, class, cases);
}

/// Parts of the message absent. Without those that say where it belongs it is refused; without another one it is shown without it.
fn absent(corpus: &mut Corpus, payload: &[u8]) {
    let all = fields(payload);
    let without = |numbers: &[u64]| {
        let kept = all.iter().filter(|(number, _)| !numbers.contains(number));
        joined(&kept.cloned().collect::<Vec<_>>())
    };
    let names = [
        (1, "organisation"),
        (6, "ledger"),
        (7, "schema"),
        (41, "body"),
    ];
    let mut cases = Vec::new();
    for (at, (one, name)) in names.iter().enumerate() {
        cases.push(((*name).to_owned(), without(&[*one])));
        for (two, other) in &names[at + 1..] {
            cases.push((format!("{name}-and-{other}"), without(&[*one, *two])));
        }
    }
    let class = (
        "N16",
        "absent-field",
        "Fields of the signed record that say what it is and where it belongs are absent, alone and in pairs.",
    );
    let borrowed = cases
        .iter()
        .map(|(name, payload)| (name.as_str(), payload.clone()));
    add(corpus, class, borrowed.collect());
    let log = MiniLog::usual();
    let mut links = log.message(TEAM, "x");
    links.links = vec![v1::Link::default()];
    let mut target = links.clone();
    target.links[0].rel = v1::LinkRel::About.into();
    let mut short = target.clone();
    short.links[0].target = sha256(b"x").as_bytes()[..31].to_vec();
    let mut withdrawal = log.message(TEAM, "x");
    "withdrawal/1".clone_into(&mut withdrawal.schema);
    withdrawal.body = Some(v1::record::Body::Withdrawal(v1::Withdrawal::default()));
    let class = (
        "N16",
        "absent-target",
        "A link, or a body that speaks of another record, lacks what it points to.",
    );
    let cases = [
        ("an-empty-link", &links),
        ("a-link-without-target", &target),
        ("a-target-of-31-bytes", &short),
        ("a-withdrawal-of-nothing", &withdrawal),
    ];
    add(
        corpus,
        class,
        cases.map(|(name, it)| (name, encode(it))).into(),
    );
    let mut class = corpus.class(
        "N16",
        "absent-and-shown-so",
        "Optional fields of the record are absent: it is good, and shown without them.",
    );
    for (name, numbers) in [
        ("title", &[16][..]),
        ("asserting-body", &[12]),
        ("time-of-signing", &[3]),
        ("all-three", &[3, 12, 16]),
    ] {
        let (text, policy) = bundle(without(numbers));
        class.bundle(name, text, &policy, Shown);
    }
}
