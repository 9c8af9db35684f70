//! Consistency proofs that show nothing: with honest ends and a forged middle, too long, too short, or backwards.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use witnessmark_merkle::{ConsistencyPlan, Frontier, NodeId};
use witnessmark_verifier::{Hash, LeafHash, base64, empty_root, sha256};

use super::Corpus;
use super::world::ledger;

pub(crate) fn write(corpus: &mut Corpus) {
    let entries = ledger().entries;
    middles(corpus, &entries);
    lengths(corpus, &entries);
}

/// A proof and the two trees that it is about.
#[derive(Clone)]
struct Proof {
    old: (u64, Hash),
    new: (u64, Hash),
    hashes: Vec<String>,
}

impl Proof {
    /// The honest proof from the first `old` entries to the first `new`.
    fn honest(entries: &[Vec<u8>], old: u64, new: u64) -> Self {
        let mut frontier = Frontier::new();
        let mut nodes: BTreeMap<NodeId, Hash> = BTreeMap::new();
        let mut roots = vec![empty_root()];
        for entry in entries {
            frontier.push(LeafHash::of(entry), &mut |id, hash| {
                nodes.insert(id, hash);
            });
            roots.push(frontier.root());
        }
        let plan = ConsistencyPlan::new(old, new).unwrap();
        let hashes: Vec<Hash> = plan.nodes().iter().map(|id| nodes[id]).collect();
        let hashes = plan.assemble(&hashes).unwrap();
        let root = |size: u64| roots[usize::try_from(size).unwrap()];
        Self {
            old: (old, root(old)),
            new: (new, root(new)),
            hashes: hashes
                .hashes()
                .iter()
                .map(|it| base64::encode(it.as_bytes()))
                .collect(),
        }
    }

    fn json(&self) -> Value {
        let head = |(size, root): (u64, Hash)| json!({ "size": size.to_string(), "root": root.to_string() });
        json!({ "old": head(self.old), "new": head(self.new), "hashes": self.hashes })
    }
}

fn forged() -> String {
    base64::encode(sha256(b"forged").as_bytes())
}

fn middles(corpus: &mut Corpus, entries: &[Vec<u8>]) {
    let mut class = corpus.class(
        "N13",
        "forged-middle",
        "Both tree heads are honest, and one hash between them is forged, left out or moved.",
    );
    for (old, new) in [(3, 7), (4, 9), (5, 8), (6, 9), (7, 9)] {
        let honest = Proof::honest(entries, old, new);
        for place in 0..honest.hashes.len() {
            let mut add = |what: &str, change: &dyn Fn(&mut Vec<String>)| {
                let mut other = honest.clone();
                change(&mut other.hashes);
                if other.hashes != honest.hashes {
                    let name = format!("{old}-to-{new}-hash-{place}-{what}");
                    class.consistency(&name, &other.json());
                }
            };
            add("forged", &|hashes| hashes[place] = forged());
            add("left-out", &|hashes| drop(hashes.remove(place)));
            add("swapped", &|hashes| hashes.swap(place, 0));
        }
    }
    let mut class = corpus.class(
        "N13",
        "forged-end",
        "The proof is honest, and one of the tree heads is another one.",
    );
    let honest = Proof::honest(entries, 5, 9);
    let fork = sha256(b"fork");
    let mut add = |name: &str, change: &dyn Fn(&mut Proof)| {
        let mut other = honest.clone();
        change(&mut other);
        class.consistency(name, &other.json());
    };
    add("another-old-root", &|it| it.old.1 = fork);
    add("another-new-root", &|it| it.new.1 = fork);
    add("both-roots", &|it| (it.old.1, it.new.1) = (fork, fork));
    add("roots-swapped", &|it| {
        (it.old.1, it.new.1) = (it.new.1, it.old.1);
    });
    add("backwards", &|it| (it.old, it.new) = (it.new, it.old));
    add("one-root-twice", &|it| it.old.1 = it.new.1);
    add("old-size-0", &|it| it.old.0 = 0);
    add("old-size-4", &|it| it.old.0 = 4);
    add("new-size-6", &|it| it.new.0 = 6);
    add("new-size-of-2-to-63", &|it| it.new.0 = 1 << 63);
}

fn lengths(corpus: &mut Corpus, entries: &[Vec<u8>]) {
    let mut class = corpus.class(
        "N22",
        "consistency-length",
        "A consistency proof is longer or shorter than its sizes ask for, or one of its hashes is none.",
    );
    let mut add = |name: &str, (old, new): (u64, u64), change: &dyn Fn(&mut Vec<String>)| {
        let mut other = Proof::honest(entries, old, new);
        change(&mut other.hashes);
        class.consistency(name, &other.json());
    };
    add("from-0-with-a-hash", (0, 9), &|hashes| {
        hashes.push(forged());
    });
    add("from-0-to-0-with-a-hash", (0, 0), &|hashes| {
        hashes.push(forged());
    });
    add("equal-with-a-hash", (9, 9), &|hashes| hashes.push(forged()));
    add("nothing", (5, 9), &|hashes| hashes.clear());
    add("a-hash-more", (5, 9), &|hashes| hashes.push(forged()));
    add("a-hash-before", (5, 9), &|hashes| {
        hashes.insert(0, forged());
    });
    add("64-hashes", (5, 9), &|hashes| hashes.resize(64, forged()));
    add("an-empty-hash", (5, 9), &|hashes| hashes[0].clear());
    add("an-empty-hash-alone", (4, 8), &|hashes| {
        *hashes = vec![String::new()];
    });
    add("31-bytes", (5, 9), &|hashes| {
        hashes[0] = base64::encode(&[7; 31]);
    });
    add("33-bytes", (5, 9), &|hashes| {
        hashes[0] = base64::encode(&[7; 33]);
    });
}
