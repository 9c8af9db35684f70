//! Two notes and what is said of them: files of misbehaviour, and bundles beside a checkpoint that was kept, changed in every part.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value as Json, json};
use witnessmark_bundle::{
    Contradiction, Misbehaviour, ProvedLeaf, Refused, Since, judge_misbehaviour, verify_bundle,
};
use witnessmark_verifier::{
    ConsistencyProof, Hash, InclusionProof, LeafHash, LeafIndex, base64, empty_root, sha256,
};

use crate::agree::comparable;
use crate::node::{COUNT_VARIABLE, Node, is_there, number};
use crate::random::Random;
use crate::reject::corpus::mini_log::{MiniLog, ORIGIN, TEAM, key};
use crate::reject::corpus::misbehaviour;
use crate::reject::corpus::world::{WITNESS, by_log, by_witness, ledger, line, usual};
use crate::story::Files;

/// So many changed files and kept checkpoints are compared, each.
const COUNT: u64 = 1_500;
/// At most so many, in a run of the comparison that was asked for.
const COUNT_MAX: u64 = 10_000;

/// The key of the ledger in some policies and notes, beside its usual one.
const SECOND_KEY: u8 = 67;
/// Another witness of some policies.
const SECOND_WITNESS: u8 = 31;

/// Made once: the files that convict, and the usual bundle with its policy.
pub(crate) static GOOD: LazyLock<[Misbehaviour; 3]> =
    LazyLock::new(|| misbehaviour::good().map(|(_, file)| file));
static USUAL: LazyLock<(String, String)> = LazyLock::new(usual);
/// Checkpoints of the ledger: of few entries, of those of the bundle, of more, and of as many others.
static KEPT: LazyLock<[String; 4]> = LazyLock::new(|| {
    let mut later = ledger();
    later.record(11, &later.message(TEAM, "Later"));
    let mut fork = ledger();
    fork.entries.swap(7, 8);
    [MiniLog::usual(), ledger(), later, fork].map(|log| log.checkpoint(&[]))
});
/// The second that the witnesses say.
const TIME_S: u64 = 1_767_225_700;

/// What is asked, and what Rust answers.
pub(crate) struct Asked {
    question: Json,
    rust: Json,
}

fn asked(question: Json, rust: &str) -> Asked {
    let rust = serde_json::from_str(rust).unwrap();
    Asked { question, rust }
}

pub(crate) fn on_file(file: &[u8], policy: &[u8]) -> Asked {
    let question =
        json!({ "misbehaviour": base64::encode(file), "policy": base64::encode(policy) });
    asked(question, &judge_misbehaviour(file, policy).to_json())
}

fn on_kept(bundle: &[u8], policy: &[u8], note: &[u8], allow_older: bool) -> Asked {
    let question = json!({
        "bundle": base64::encode(bundle),
        "policy": base64::encode(policy),
        "files": {},
        "since": { "note": base64::encode(note), "allow_older": allow_older },
    });
    let since = Since {
        note: Ok(note),
        policy,
        allow_older,
    };
    let verdict = verify_bundle(bundle, policy, &Files::none());
    asked(question, &verdict.since(&since).to_json())
}

/// The ledger as far as its name and its key go.
pub(crate) fn named() -> MiniLog {
    MiniLog::new(ORIGIN)
}

/// The same with its second key.
fn second() -> MiniLog {
    let mut log = named();
    log.log_key = key(SECOND_KEY);
    log
}

/// One of the policies under which things are judged: the ledger's own in most cases.
fn policy(random: &mut Random) -> String {
    let log = named();
    let own = log.policy();
    let witness = |seed| {
        let with = log.policy_with(seed);
        let line = with.lines().find(|it| it.starts_with("witness "));
        line.unwrap().to_owned()
    };
    let second = second().vkey();
    match random.below(10) {
        0 => own.replace("log ", "quorum log "),
        1 => MiniLog::new("ledger.example/other").policy(),
        2 => log.policy_with(WITNESS),
        3 => format!("log {second}\n{own}"),
        4 => format!("{own}log {second}\n"),
        5 => format!("log {second}\nquorum none\n"),
        6 => format!(
            "{own}{}\n{}\n",
            witness(WITNESS),
            witness(SECOND_WITNESS).replace("witness w", "witness v")
        ),
        _ => own,
    }
}

/// A hash that may make a difference: of nothing, of an empty tree, or one that is there.
fn some_hash(random: &mut Random) -> Hash {
    let notes = GOOD.iter().flat_map(|file| &file.notes);
    let roots: Vec<Hash> = notes
        .map(|note| Hash::parse_base64(note.lines().nth(2).unwrap()).unwrap())
        .collect();
    match random.below(5) {
        0 => empty_root(),
        1 => sha256(b"nothing"),
        _ => *random.pick(&roots),
    }
}

/// One bit of it is another.
fn flipped(random: &mut Random, hash: &Hash) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[random.below(32)] ^= 1 << random.below(8);
    Hash::new(bytes)
}

/// The note with other lines of signatures, or with another text that is signed again.
fn changed_note(random: &mut Random, note: &str) -> String {
    let Some((text, lines)) = note.rsplit_once("\n\n") else {
        return note.to_owned();
    };
    let text = format!("{text}\n");
    let log = named();
    let wrong = "of another text\n";
    let more = match random.below(16) {
        0 => by_witness(WITNESS, TIME_S, &text),
        1 => by_witness(WITNESS, TIME_S, wrong),
        2 => by_witness(SECOND_WITNESS, TIME_S, &text),
        3 => by_witness(WITNESS, u64::MAX, &text),
        4 => by_log(&log, wrong),
        5 => by_log(&log, &text),
        6 => by_log(&second(), &text),
        7 => by_log(&second(), wrong),
        8 => line("nobody", [1, 2, 3, 4], &[5; 64]),
        9 => line("nobody+", [1, 2, 3, 4], &[5; 64]),
        10 => return format!("{text}\n{}", by_log(&second(), &text)),
        11 => return format!("{text}\n{}", by_witness(WITNESS, TIME_S, &text)),
        12 => return spoiled(random, note),
        _ => {
            let text = other_text(random, &text);
            return format!("{text}\n{}", by_log(&log, &text));
        }
    };
    if random.chance(50) {
        format!("{text}\n{more}{lines}")
    } else {
        format!("{text}\n{lines}{more}")
    }
}

/// Another text of a checkpoint.
fn other_text(random: &mut Random, text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let sizes = [
        "0",
        "1",
        "2",
        "4",
        "8",
        "9",
        "10",
        "11",
        "16",
        "09",
        "-1",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
    ];
    for _ in 0..=random.below(2) {
        let at = random.below(4).min(lines.len());
        let other = match at {
            0 => [
                "ledger.example/other",
                "ledger.example/mini",
                "a b",
                "",
                "l\u{435}dger",
            ][random.below(5)]
            .to_owned(),
            1 => (*random.pick(&sizes)).to_owned(),
            2 => base64::encode(some_hash(random).as_bytes()),
            _ => {
                lines.push("more".to_owned());
                continue;
            }
        };
        if let Some(line) = lines.get_mut(at) {
            *line = other;
        }
    }
    lines.join("\n") + "\n"
}

/// The text with one character taken out, doubled, or changed.
fn spoiled(random: &mut Random, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    if characters.is_empty() {
        return "x".to_owned();
    }
    let at = random.below(characters.len());
    match random.below(4) {
        0 => drop(characters.remove(at)),
        1 => characters.insert(at, characters[at]),
        2 => characters.truncate(at),
        _ => {
            let others = [
                ' ', '\n', '"', '\\', '0', 'A', '{', ']', ',', '\u{7f}', '\r', '\u{feff}',
            ];
            characters[at] = *random.pick(&others);
        }
    }
    characters.into_iter().collect()
}

/// The hashes of a proof with one of them changed, gone, or there once more.
fn changed_hashes(random: &mut Random, hashes: &[Hash]) -> Vec<Hash> {
    let mut hashes = hashes.to_vec();
    let at = random.below(hashes.len() + 1);
    match (random.below(4), hashes.get(at).copied()) {
        (0, Some(hash)) => hashes[at] = flipped(random, &hash),
        (1, Some(_)) => drop(hashes.remove(at)),
        (2, Some(hash)) => hashes.insert(at, hash),
        (3, _) => hashes.clear(),
        _ => hashes.push(some_hash(random)),
    }
    hashes
}

fn changed_leaf(random: &mut Random, it: &ProvedLeaf) -> ProvedLeaf {
    if random.chance(50) {
        ProvedLeaf {
            leaf: LeafHash::new(flipped(random, &it.leaf.hash())),
            inclusion: it.inclusion.clone(),
        }
    } else {
        ProvedLeaf {
            leaf: it.leaf,
            inclusion: InclusionProof::new(changed_hashes(random, it.inclusion.hashes())),
        }
    }
}

/// What is to show it, with one part changed or of another kind.
fn changed_evidence(random: &mut Random, shown_by: &Contradiction) -> Contradiction {
    if random.chance(30) {
        let refused = [
            Refused::FewerEntries,
            Refused::ProofFailed,
            Refused::NoProof,
        ];
        return match random.below(4) {
            3 => Contradiction::Unproved(*random.pick(&refused)),
            at => GOOD[at].shown_by.clone(),
        };
    }
    match shown_by.clone() {
        Contradiction::TwoBeginnings { root, consistency } => match random.below(3) {
            0 => Contradiction::TwoBeginnings {
                root: some_hash(random),
                consistency,
            },
            1 => Contradiction::TwoBeginnings {
                root: flipped(random, &root),
                consistency,
            },
            _ => Contradiction::TwoBeginnings {
                root,
                consistency: ConsistencyProof::new(changed_hashes(random, consistency.hashes())),
            },
        },
        Contradiction::TwoEntries { index, mut leaves } => {
            let mut index = index.get();
            match random.below(4) {
                0 => index = [0, 1, 4, 6, 8, 9, 10, (1 << 53) - 1][random.below(8)],
                1 => leaves.reverse(),
                2 => leaves[1] = leaves[0].clone(),
                _ => {
                    let at = random.below(2);
                    leaves[at] = changed_leaf(random, &leaves[at]);
                }
            }
            Contradiction::TwoEntries {
                index: LeafIndex::new(index),
                leaves,
            }
        }
        other @ (Contradiction::TwoRoots | Contradiction::Unproved(_)) => other,
    }
}

/// A file of misbehaviour with some changes.
fn changed_file(random: &mut Random) -> Asked {
    let mut file = random.pick(&*GOOD).clone();
    for _ in 0..random.below(3) {
        match random.below(5) {
            0 => file.notes.reverse(),
            1 | 2 => {
                let at = random.below(2);
                file.notes[at] = changed_note(random, &file.notes[at]);
            }
            _ => file.shown_by = changed_evidence(random, &file.shown_by),
        }
    }
    if random.chance(30) {
        file = Misbehaviour::of(file.notes, file.shown_by);
    }
    let mut text = file.encode().unwrap();
    if random.chance(15) {
        text = spoiled(random, &text);
    }
    on_file(text.as_bytes(), policy(random).as_bytes())
}

/// A bundle beside a checkpoint with some changes.
fn changed_kept(random: &mut Random) -> Asked {
    let (bundle, own) = &*USUAL;
    let policy = if random.chance(70) {
        own.clone()
    } else {
        policy(random)
    };
    let mut note = random.pick(&*KEPT).clone();
    for _ in 0..random.below(3) {
        note = changed_note(random, &note);
    }
    on_kept(
        bundle.as_bytes(),
        policy.as_bytes(),
        note.as_bytes(),
        random.chance(40),
    )
}

/// How an answer of the page differs, or nothing.
pub(crate) fn difference(node: &mut Node, asked: &Asked) -> Option<String> {
    let (rust, page) = (
        comparable(&asked.rust),
        comparable(&node.ask(&asked.question)),
    );
    (rust != page).then(|| format!("Rust: {rust}\n    page: {page}\n    {}", asked.question))
}

pub(crate) fn kind(asked: &Asked) -> String {
    let failed = asked.rust["failed"].as_str().unwrap_or_default();
    format!("{} {failed}", asked.rust["verdict"].as_str().unwrap())
}

/// Asks both about `count` cases, and wants each of these answers a few times.
fn compare(make: fn(&mut Random) -> Asked, wanted: &[&str]) {
    if !is_there() {
        return;
    }
    let count = number(COUNT_VARIABLE, COUNT).clamp(1, COUNT_MAX);
    let mut node = Node::start("quick");
    let (mut tally, mut found) = (BTreeMap::<String, u64>::new(), Vec::new());
    for seed in 0..count {
        let asked = make(&mut Random::new(seed));
        *tally.entry(kind(&asked)).or_default() += 1;
        found.extend(difference(&mut node, &asked).map(|it| format!("case {seed}: {it}")));
    }
    assert!(found.is_empty(), "{} differ: {}", found.len(), found[0]);
    if count >= COUNT {
        for kind in wanted {
            let cases = tally.get(*kind).copied().unwrap_or_default();
            assert!(cases >= 5, "{cases} cases are {kind}: {tally:?}");
        }
    }
}

#[test]
fn changed_files_of_misbehaviour_are_judged_alike() {
    compare(
        changed_file,
        &[
            "misbehaviour_proved ",
            "not_proved format",
            "not_proved checkpoints",
            "not_proved signatures",
            "not_proved contradiction",
            "cannot_tell policy",
            "cannot_tell checkpoints",
            "cannot_tell contradiction",
        ],
    );
}

#[test]
fn bundles_beside_a_checkpoint_that_was_kept_are_judged_alike() {
    compare(
        changed_kept,
        &[
            "verified_with_remarks ",
            "not_verified since",
            "cannot_tell since",
            "cannot_tell policy",
            "cannot_tell checkpoint",
        ],
    );
}

#[test]
fn a_page_that_accepts_every_signature_is_caught_by_the_notes() {
    if !is_there() {
        return;
    }
    let mut trusting = Node::start("trusting");
    for make in [changed_file, changed_kept] {
        let mut cases = (0..500).map(|seed| make(&mut Random::new(seed)));
        assert!(cases.any(|it| difference(&mut trusting, &it).is_some()));
    }
}
