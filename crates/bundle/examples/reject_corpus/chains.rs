//! Key chains that no ledger should have kept, each with a record that commits to its head.

use ed25519_dalek::SigningKey;
use witnessmark_bundle::BundledChain;
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Entry, EntryKind, Hash, KeyAction, KeyEvent, KeyRole, PAYLOAD_TYPE_KEY_EVENT,
    PAYLOAD_TYPE_RECORD, RecordId, RevokeReason, hex, key_chain_head,
};

use super::charters::bad_points;
use super::mini_log::{COURT, MiniLog, ORIGIN, START, TEAM, key, org, public, sign};
use super::world::{blind, policy, stranger, swap};
use super::{Corpus, Expected};

use Expected::NotVerified;

pub(crate) fn write(corpus: &mut Corpus) {
    signers(corpus);
    order(corpus);
    texts(corpus);
    keys(corpus);
}

/// A chain as somebody wrote it; nothing is checked.
struct Chain {
    events: Vec<Entry>,
    head: Hash,
}

impl Chain {
    const fn new() -> Self {
        Self {
            events: Vec::new(),
            head: Hash::new([0; 32]),
        }
    }

    /// The usual beginning: two roots, of whom one must sign, and the device 11.
    fn usual() -> Self {
        let mut chain = Self::new();
        chain.push(genesis(1), &[key(10), key(1)]);
        chain.push(add_key(11), &[key(10), key(11)]);
        chain
    }

    fn seq(&self) -> u32 {
        u32::try_from(self.events.len()).unwrap()
    }

    /// The text of the next event.
    fn text(&self, action: KeyAction) -> String {
        let event = KeyEvent {
            org: org(TEAM),
            seq: self.seq() + 1,
            prev: self.head,
            time: START,
            action,
        };
        event.encode()
    }

    fn push(&mut self, action: KeyAction, by: &[SigningKey]) {
        let text = self.text(action);
        self.push_text(&text, by);
    }

    fn push_text(&mut self, text: &str, by: &[SigningKey]) {
        let payload = text.as_bytes().to_vec();
        let id = RecordId::of(PAYLOAD_TYPE_KEY_EVENT, &payload);
        self.head = key_chain_head(&self.head, &Hash::new(*id.as_bytes()));
        self.events.push(Entry {
            kind: EntryKind::KeyEvent,
            registered_at: START + 1_000 * u64::from(self.seq() + 1),
            org: Some(org(TEAM)),
            org_key_seq: self.seq() + 1,
            org_key_head: self.head,
            payload_type: PAYLOAD_TYPE_KEY_EVENT.to_owned(),
            signatures: by
                .iter()
                .map(|key| sign(key, PAYLOAD_TYPE_KEY_EVENT, &payload))
                .collect(),
            payload,
        });
    }

    /// A bundle on a record that the device 11 signed, of a ledger that kept this chain.
    fn bundle(self) -> (String, String) {
        let mut log = MiniLog::new(ORIGIN);
        log.admit(TEAM, 10, 11);
        let mut record = log.record_entry(&[11], &log.message(TEAM, "x"));
        record.org_key_seq = self.seq();
        record.org_key_head = self.head;
        record.registered_at = START + 3_600_000;
        assert_eq!(record.payload_type, PAYLOAD_TYPE_RECORD);
        let events: Vec<Vec<u8>> = self.events.iter().map(|it| it.encode().unwrap()).collect();
        log.entries.truncate(1);
        log.entries.extend(events.iter().cloned());
        let index = log.push_bytes(record.encode().unwrap());
        let policy = policy(&log);
        let mut bundle = blind(&log, index, TEAM);
        bundle.key_chains = vec![BundledChain {
            org: org(TEAM),
            events,
        }];
        (bundle.encode().unwrap(), policy)
    }
}

/// Roots 10 and 14, of whom `threshold` must sign.
fn genesis(threshold: u8) -> KeyAction {
    KeyAction::Genesis {
        threshold,
        roots: roots(&[10, 14]),
    }
}

fn roots(seeds: &[u8]) -> Vec<witnessmark_verifier::PublicKey> {
    let mut roots: Vec<_> = seeds.iter().map(|seed| public(&key(*seed))).collect();
    roots.sort_by_key(|root| *root.as_bytes());
    roots
}

fn add_key(seed: u8) -> KeyAction {
    KeyAction::Add {
        key: public(&key(seed)),
        role: KeyRole::Record,
        label: Some("Device".to_owned()),
    }
}

fn revoke(seed: u8) -> KeyAction {
    KeyAction::Revoke {
        key_id: public(&key(seed)).key_id(),
        reason: RevokeReason::Lost,
        suspected_since: None,
    }
}

fn rotate(seeds: &[u8]) -> KeyAction {
    KeyAction::RotateRoot {
        threshold: 1,
        roots: roots(seeds),
    }
}

fn add(
    corpus: &mut Corpus,
    (number, name, what): (&'static str, &'static str, &'static str),
    cases: Vec<(&str, Chain)>,
) {
    let mut class = corpus.class(number, name, what);
    for (case, chain) in cases {
        let (text, policy) = chain.bundle();
        class.bundle(case, text, &policy, NotVerified("key_chain"));
    }
}

/// A chain of one good or bad genesis and the device, signed so.
fn begun(threshold: u8, genesis_by: &[SigningKey], device_by: &[SigningKey]) -> Chain {
    let mut chain = Chain::new();
    chain.push(genesis(threshold), genesis_by);
    chain.push(add_key(11), device_by);
    chain
}

/// The usual chain and one event more, signed so.
fn then(action: KeyAction, by: &[SigningKey]) -> Chain {
    let mut chain = Chain::usual();
    chain.push(action, by);
    chain
}

fn signers(corpus: &mut Corpus) {
    let (root, other, registrar, device) = (key(10), key(14), key(1), key(11));
    let good = [root.clone(), registrar.clone()];
    let owned = [root.clone(), device.clone()];
    let mut bad = Chain::usual();
    bad.events[1].signatures[0].signature[0] ^= 1;
    let mut other_text = Chain::usual();
    let of_first = other_text.events[0].signatures.clone();
    other_text.events[1].signatures = of_first;
    let mut rotated = then(rotate(&[14]), std::slice::from_ref(&root));
    rotated.push(add_key(12), &[root.clone(), key(12)]);
    let class = (
        "N9",
        "signers-of-a-key-event",
        "A key event is not signed by those who must sign it, or also by somebody else.",
    );
    let cases = vec![
        ("genesis-by-nobody", begun(1, &[], &owned)),
        (
            "genesis-without-registrar",
            begun(1, std::slice::from_ref(&root), &owned),
        ),
        (
            "genesis-without-root",
            begun(1, std::slice::from_ref(&registrar), &owned),
        ),
        (
            "genesis-by-another-registrar",
            begun(1, &[root.clone(), key(3)], &owned),
        ),
        (
            "genesis-and-a-stranger",
            begun(1, &[root.clone(), registrar.clone(), stranger()], &owned),
        ),
        ("genesis-one-of-two", begun(2, &good, &owned)),
        (
            "genesis-the-same-root-twice",
            begun(2, &[root.clone(), root.clone(), registrar.clone()], &owned),
        ),
        (
            "key-without-possession",
            begun(1, &good, std::slice::from_ref(&root)),
        ),
        (
            "key-without-root",
            begun(1, &good, std::slice::from_ref(&device)),
        ),
        (
            "key-by-a-registrar",
            begun(1, &good, &[registrar.clone(), device.clone()]),
        ),
        (
            "key-one-of-two-roots",
            begun(2, &[root.clone(), other.clone(), registrar.clone()], &owned),
        ),
        (
            "key-same-root-twice",
            begun(
                2,
                &[root.clone(), other.clone(), registrar.clone()],
                &[root.clone(), root.clone(), device.clone()],
            ),
        ),
        (
            "revocation-by-the-device",
            then(revoke(11), std::slice::from_ref(&device)),
        ),
        ("rotation-by-the-new-roots", then(rotate(&[15]), &[key(15)])),
        ("rotation-by-the-device", then(rotate(&[11]), &[device])),
        ("after-rotation-by-the-old-root", rotated),
        ("a-flipped-bit", bad),
        ("signatures-of-another-event", other_text),
    ];
    add(corpus, class, cases);
}

fn order(corpus: &mut Corpus) {
    let (root, registrar, device) = (key(10), key(1), key(11));
    let by = [root.clone(), device.clone()];
    let text = Chain::usual().text(rotate(&[10]));
    let numbered = |from: &str, to: &str| {
        let mut chain = Chain::usual();
        chain.push_text(&swap(&text, from, to), std::slice::from_ref(&root));
        chain
    };
    let prev = text
        .lines()
        .find(|line| line.starts_with("prev "))
        .unwrap()
        .to_owned();
    let mut twice = Chain::usual();
    twice.push(add_key(11), &by);
    let mut again = Chain::usual();
    let genesis_text = again.text(genesis(1));
    again.push_text(&genesis_text, &[root.clone(), registrar]);
    let mut carries = Chain::usual();
    carries.events[1].org_key_seq = 7;
    let mut head = Chain::usual();
    head.events[1].org_key_head = Hash::new([7; 32]);
    let mut back = Chain::usual();
    back.events[1].registered_at = START + 500;
    let mut before = Chain::usual();
    before.events[0].registered_at = START - 1;
    let mut revoked = then(revoke(11), std::slice::from_ref(&root));
    revoked.push(revoke(11), std::slice::from_ref(&root));
    let mut returned = then(revoke(11), std::slice::from_ref(&root));
    returned.push(add_key(11), &by);
    let mut swapped = Chain::usual();
    swapped.events.swap(0, 1);
    let mut headless = Chain::usual();
    headless.events.remove(0);
    let class = (
        "N10",
        "order-of-key-events",
        "The key events do not follow one another as they must.",
    );
    let cases = vec![
        ("a-number-left-out", numbered("seq 3\n", "seq 4\n")),
        ("the-same-number", numbered("seq 3\n", "seq 2\n")),
        ("number-0", numbered("seq 3\n", "seq 0\n")),
        ("number-1", numbered("seq 3\n", "seq 1\n")),
        (
            "another-before-it",
            numbered(&prev, &format!("prev {}", "0".repeat(64))),
        ),
        ("of-another-organisation", numbered(TEAM, COURT)),
        ("a-second-genesis", again),
        ("a-key-twice", twice),
        ("a-revoked-key-again", returned),
        ("revoked-twice", revoked),
        ("revoked-and-never-added", then(revoke(12), &[root])),
        ("an-entry-with-another-number", carries),
        ("an-entry-with-another-head", head),
        ("times-going-back", back),
        ("before-the-charter", before),
        ("swapped", swapped),
        ("without-the-first", headless),
    ];
    add(corpus, class, cases);
}

/// A chain whose second event has this text.
fn second(text: &str) -> Chain {
    let mut chain = Chain::new();
    chain.push(genesis(1), &[key(10), key(1)]);
    chain.push_text(text, &[key(10), key(11)]);
    chain
}

fn texts(corpus: &mut Corpus) {
    let mut chain = Chain::new();
    chain.push(genesis(1), &[key(10), key(1)]);
    let good = chain.text(add_key(11));
    let label = |label: &str| second(&swap(&good, "label Device", &format!("label {label}")));
    let class = (
        "N8",
        "key-event-spelling",
        "A key event is not in its one spelling; the signatures are over these bytes.",
    );
    let cases = vec![
        ("carriage-returns", second(&good.replace('\n', "\r\n"))),
        ("no-last-newline", second(good.trim_end())),
        ("a-line-more", second(&format!("{good}reason lost\n"))),
        (
            "a-zero-before-a-number",
            second(&swap(&good, "seq 2", "seq 02")),
        ),
        ("a-plus", second(&swap(&good, "seq 2", "seq +2"))),
        ("two-spaces", second(&swap(&good, "do add", "do  add"))),
        (
            "upper-case-name",
            second(&swap(&good, TEAM, &TEAM.to_uppercase())),
        ),
        ("a-letter-not-composed", label("cam\u{65}\u{301}ra")),
        ("nothing", second("")),
    ];
    add(corpus, class, cases);
    let class = (
        "N6",
        "key-event-words",
        "A key event holds a word or a label that none can have.",
    );
    let cases = vec![
        ("another-action", second(&swap(&good, "do add", "do trust"))),
        ("another-role", second(&swap(&good, " record\n", " root\n"))),
        ("no-role", second(&swap(&good, " record\n", "\n"))),
        ("an-empty-label", label("")),
        ("a-label-of-81-bytes", label(&"x".repeat(81))),
        ("a-label-with-an-escape", label("\u{1b}[2JVERIFIED")),
        ("a-label-of-two-lines", label("x\nlabel y")),
        ("a-c1-control-in-a-label", label("x\u{9b}31m")),
    ];
    add(corpus, class, cases);
    let class = (
        "N25",
        "key-event-version",
        "A key event states another version.",
    );
    let cases = vec![
        ("0", second(&swap(&good, "key-event/v1", "key-event/v0"))),
        ("2", second(&swap(&good, "key-event/v1", "key-event/v2"))),
    ];
    add(corpus, class, cases);
    let class = (
        "N16",
        "absent-line-of-a-key-event",
        "A line of a key event is absent, one at a time.",
    );
    let names = ["first", "org", "seq", "prev", "time", "do", "key"];
    let cases = names.iter().enumerate().map(|(absent, name)| {
        let kept = good.lines().enumerate().filter(|(line, _)| *line != absent);
        let lines: Vec<&str> = kept.map(|(_, line)| line).collect();
        let text = lines.join("\n") + "\n";
        (*name, second(&text))
    });
    add(corpus, class, cases.collect());
}

fn keys(corpus: &mut Corpus) {
    let mut chain = Chain::new();
    let good = chain.text(genesis(1));
    let first = |text: &str| {
        let mut chain = Chain::new();
        chain.push_text(text, &[key(10), key(1)]);
        chain.push(add_key(11), &[key(10), key(11)]);
        chain
    };
    let head = good.split("threshold").next().unwrap();
    let lines: Vec<&str> = good
        .lines()
        .filter(|line| line.starts_with("root "))
        .collect();
    let [low, high] = [lines[0], lines[1]];
    let many: Vec<u8> = (100..117).collect();
    let many: Vec<String> = roots(&many)
        .iter()
        .map(|it| format!("root {}\n", hex::encode(it.as_bytes())))
        .collect();
    let many = many.concat();
    let class = (
        "N7",
        "roots",
        "The roots of an organisation, or their threshold, are not what it can have.",
    );
    let cases = vec![
        ("no-root", first(&format!("{head}threshold 1\n"))),
        (
            "threshold-0",
            first(&format!("{head}threshold 0\n{low}\n{high}\n")),
        ),
        (
            "threshold-3-of-2",
            first(&format!("{head}threshold 3\n{low}\n{high}\n")),
        ),
        (
            "not-ascending",
            first(&format!("{head}threshold 1\n{high}\n{low}\n")),
        ),
        (
            "one-twice",
            first(&format!("{head}threshold 2\n{low}\n{low}\n")),
        ),
        ("17-roots", first(&format!("{head}threshold 1\n{many}"))),
    ];
    add(corpus, class, cases);
    chain.push(genesis(1), &[key(10), key(1)]);
    let device = chain.text(add_key(11));
    let own = hex::encode(public(&key(11)).as_bytes());
    let class = (
        "N23",
        "organisation-key",
        "A key of the organisation is a point that some libraries take for a key.",
    );
    let texts = bad_points().map(|(name, point)| (name, swap(&device, &own, &hex::encode(&point))));
    let cases = texts.iter().map(|(name, text)| (*name, second(text)));
    add(corpus, class, cases.collect());
}
