//! Inclusion proofs that do not lead to the signed root: other places, other lengths, other trees.

use witnessmark_bundle::Bundle;
use witnessmark_tlog::{Encode as _, encode_proof};
use witnessmark_verifier::{
    Checkpoint, Hash, InclusionProof, LeafHash, LeafIndex, Origin, TreeHead, TreeSize, base64,
    node_hash, sha256,
};

use super::mini_log::{MiniLog, ORIGIN, TEAM};
use super::world::{
    RECORD, WITNESS, blind, bundle, by_log, by_witness, checkpoint_text, ledger, policy, signed,
    swap, under_checkpoint,
};
use super::{Corpus, Expected};

use Expected::NotVerified;

pub(crate) fn write(corpus: &mut Corpus) {
    promises(corpus);
    second_preimages(corpus);
    doubled_leaf(corpus);
    pairs(corpus);
    lengths(corpus);
    hashes(corpus);
}

/// The proof of the record, alone changed.
fn with_proof(log: &MiniLog, change: impl FnOnce(&mut u64, &mut Vec<Hash>)) -> Bundle {
    let mut other = bundle(log);
    let mut index = RECORD;
    let mut hashes = log.proof(RECORD).hashes().to_vec();
    change(&mut index, &mut hashes);
    let proof = InclusionProof::new(hashes);
    let checkpoint = log.checkpoint(&[WITNESS]);
    other.record.proof = encode_proof(LeafIndex::new(index), &proof, &checkpoint);
    other
}

/// What the ledger signed, without the record in it.
fn promises(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let whole = bundle(&log);
    let mut class = corpus.class(
        "N5",
        "promise-without-entry",
        "The ledger and the witness signed something, and the record is not in it.",
    );
    for size in 1..=5_usize {
        let mut older = ledger();
        older.entries.truncate(size);
        // The charter is proved in the older tree, the record cannot be.
        let mut other = under_checkpoint(&whole, &older.checkpoint(&[WITNESS]));
        let charter = encode_proof(
            LeafIndex::new(0),
            &older.proof(0),
            &older.checkpoint(&[WITNESS]),
        );
        other.charter.proof = charter;
        other.related.clear();
        other.key_chains.retain(|chain| chain.org.as_str() == TEAM);
        let text = other.encode().unwrap();
        let name = format!("checkpoint-of-{size}-entries");
        class.bundle(&name, text, &policy, NotVerified("inclusion"));
    }
    let mut unlogged = ledger();
    let entry = unlogged.record_entry(&[11], &unlogged.message(TEAM, "Never sent"));
    let mut other = blind(&log, RECORD, TEAM);
    other.record.entry = entry.encode().unwrap();
    let text = other.encode().unwrap();
    class.bundle(
        "signed-and-never-sent",
        text,
        &policy,
        NotVerified("inclusion"),
    );
    let fork = unlogged.push(entry);
    let mut other = blind(&log, RECORD, TEAM);
    let in_fork = unlogged.logged(fork);
    other.record.entry = in_fork.entry;
    other.record.proof = encode_proof(
        LeafIndex::new(fork),
        &in_fork.inclusion,
        &log.checkpoint(&[WITNESS]),
    );
    let text = other.encode().unwrap();
    class.bundle(
        "proof-of-a-later-tree",
        text,
        &policy,
        NotVerified("inclusion"),
    );
}

/// An inner node of the tree put forward as a leaf.
fn second_preimages(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let leaves: Vec<Hash> = log
        .entries
        .iter()
        .map(|it| LeafHash::of(it).hash())
        .collect();
    let (left, right) = (leaves[4], leaves[5]);
    let path = log.proof(RECORD).hashes().to_vec();
    let node = [left.as_bytes().as_slice(), right.as_bytes()].concat();
    let mut class = corpus.class(
        "N19",
        "node-as-leaf",
        "The bytes of an inner node are given as the entry, with the path from there.",
    );
    let prefixed = [&[1], node.as_slice()].concat();
    let leaf_prefixed = [&[0], log.entries[5].as_slice()].concat();
    let magic = [b"WMK1".as_slice(), &node].concat();
    for (name, entry, index, path) in [
        ("two-hashes", node.clone(), 2, &path[1..]),
        ("two-hashes-at-the-leaf", node, RECORD, &path[..]),
        (
            "node-prefix-and-two-hashes",
            prefixed.clone(),
            2,
            &path[1..],
        ),
        ("node-prefix-at-the-leaf", prefixed, RECORD, &path[..]),
        (
            "leaf-prefix-and-the-entry",
            leaf_prefixed,
            RECORD,
            &path[..],
        ),
        ("magic-and-two-hashes", magic, 2, &path[1..]),
    ] {
        let mut other = with_proof(&log, |at, hashes| {
            *at = index;
            *hashes = path.to_vec();
        });
        other.record.entry = entry;
        let text = other.encode().unwrap();
        class.bundle(name, text, &policy, NotVerified("inclusion"));
    }
    let mut class = corpus.class(
        "N19",
        "prefixes",
        "The ledger and the witness signed a root made with other prefixes of leaves and nodes.",
    );
    for (name, leaf, node) in [
        ("swapped", &[1_u8][..], &[0_u8][..]),
        ("none", &[], &[]),
        ("nodes-like-leaves", &[0], &[0]),
    ] {
        let hashed: Vec<Hash> = log
            .entries
            .iter()
            .map(|it| sha256(&[leaf, it].concat()))
            .collect();
        let join =
            |a: &Hash, b: &Hash| sha256(&[node, a.as_bytes().as_slice(), b.as_bytes()].concat());
        let root = root_of(&hashed, &join, false);
        let text = under_root(&log, log.entries.len(), root).encode().unwrap();
        class.bundle(name, text, &policy, NotVerified("charter"));
    }
}

/// The root over `leaves`; with `doubled`, the last of an odd row is paired with itself.
fn root_of(leaves: &[Hash], join: &dyn Fn(&Hash, &Hash) -> Hash, doubled: bool) -> Hash {
    let mut row = leaves.to_vec();
    while row.len() > 1 {
        row = row
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => join(left, right),
                [last] if doubled => join(last, last),
                [last] => *last,
                _ => Hash::new([0; 32]),
            })
            .collect();
    }
    row[0]
}

/// The usual bundle under a signed checkpoint of this size and root.
fn under_root(log: &MiniLog, size: usize, root: Hash) -> Bundle {
    let head = TreeHead {
        size: TreeSize::new(u64::try_from(size).unwrap()),
        root,
    };
    let origin = Origin::parse(ORIGIN).unwrap();
    let text = Checkpoint { origin, head }.encode();
    under_checkpoint(&bundle(log), &signed(log, &text))
}

fn doubled_leaf(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let leaves: Vec<Hash> = log
        .entries
        .iter()
        .map(|it| LeafHash::of(it).hash())
        .collect();
    let mut class = corpus.class(
        "N20",
        "doubled-last-leaf",
        "A tree in which the last of an odd row is paired with itself.",
    );
    let join = |a: &Hash, b: &Hash| node_hash(a, b);
    let root = root_of(&leaves, &join, true);
    for (name, size) in [
        ("signed", leaves.len()),
        ("signed-as-larger", leaves.len() + 1),
    ] {
        let text = under_root(&log, size, root).encode().unwrap();
        class.bundle(name, text, &policy, NotVerified("charter"));
    }
    // The last entry at the place after it: in a tree of doubled leaves its path fits.
    let last = u64::try_from(leaves.len()).unwrap() - 1;
    let mut other = blind(&log, last, TEAM);
    let mut path = log.proof(last).hashes().to_vec();
    other.record.proof = encode_proof(
        LeafIndex::new(last + 1),
        &InclusionProof::new(path.clone()),
        &log.checkpoint(&[WITNESS]),
    );
    let text = other.encode().unwrap();
    class.bundle(
        "index-after-the-last",
        text,
        &policy,
        NotVerified("inclusion"),
    );
    path.insert(0, leaves[leaves.len() - 1]);
    other.record.proof = encode_proof(
        LeafIndex::new(last),
        &InclusionProof::new(path),
        &log.checkpoint(&[WITNESS]),
    );
    let text = other.encode().unwrap();
    class.bundle("itself-as-sibling", text, &policy, NotVerified("inclusion"));
}

/// The honest path under every other pair of index and size.
fn pairs(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let size = u64::try_from(log.entries.len()).unwrap();
    let mut class = corpus.class(
        "N21",
        "another-index",
        "The honest path under the honest checkpoint, with another index.",
    );
    let far = [1 << 32, (1 << 63) - 1, 1 << 63, u64::MAX - 1, u64::MAX];
    for index in (0..16).filter(|it| *it != RECORD).chain(far) {
        let text = with_proof(&log, |at, _| *at = index).encode().unwrap();
        class.bundle(&index.to_string(), text, &policy, NotVerified("inclusion"));
    }
    let mut class = corpus.class(
        "N21",
        "another-index-and-size",
        "The honest path with every other pair of index and size; nobody signed that size.",
    );
    let honest = log.checkpoint(&[WITNESS]);
    for other_size in (1..=16).filter(|it| *it != size) {
        for index in 0..other_size {
            let line = format!("{ORIGIN}\n{other_size}\n");
            let checkpoint = swap(&honest, &format!("{ORIGIN}\n{size}\n"), &line);
            let other = with_proof(&log, |at, _| *at = index);
            let text = under_checkpoint(&other, &checkpoint).encode().unwrap();
            let name = format!("{index}-of-{other_size}");
            class.bundle(&name, text, &policy, NotVerified("checkpoint"));
        }
    }
    let mut class = corpus.class(
        "N21",
        "another-signed-size",
        "The honest path and root under a size that the ledger and the witness signed, and to which it does not fit.",
    );
    for other_size in [0, 1, 2, 4, 8, 17, 1 << 32, 1 << 63, u64::MAX] {
        let text = swap(
            &checkpoint_text(&log),
            &format!("\n{size}\n"),
            &format!("\n{other_size}\n"),
        );
        let text = under_checkpoint(&bundle(&log), &signed(&log, &text))
            .encode()
            .unwrap();
        let name = other_size.to_string();
        class.bundle(&name, text, &policy, NotVerified("charter"));
    }
}

fn lengths(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let count = log.proof(RECORD).hashes().len();
    let mut class = corpus.class(
        "N22",
        "path-length",
        "A path that is shorter or longer than the place of the record asks for.",
    );
    for place in 0..count {
        let less = with_proof(&log, |_, hashes| {
            hashes.remove(place);
        });
        let name = format!("without-hash-{place}");
        class.bundle(
            &name,
            less.encode().unwrap(),
            &policy,
            NotVerified("inclusion"),
        );
        let more = with_proof(&log, |_, hashes| hashes.insert(place, hashes[place]));
        let name = format!("hash-{place}-twice");
        class.bundle(
            &name,
            more.encode().unwrap(),
            &policy,
            NotVerified("inclusion"),
        );
    }
    for (name, hashes) in [("no-hash", 0), ("zeros-to-63", 63)] {
        let other = with_proof(&log, |_, path| path.resize(hashes, Hash::new([0; 32])));
        class.bundle(
            name,
            other.encode().unwrap(),
            &policy,
            NotVerified("inclusion"),
        );
    }
    let mut alone = MiniLog::new(ORIGIN);
    alone.now += 1_000;
    let root = LeafHash::of(&alone.entries[0]).hash();
    let mut other = blind(&alone, 0, TEAM);
    let path = InclusionProof::new(vec![root]);
    let checkpoint = alone.checkpoint(&[WITNESS]);
    other.charter.proof = encode_proof(LeafIndex::new(0), &path, &checkpoint);
    let text = other.encode().unwrap();
    class.bundle(
        "a-hash-in-a-tree-of-one",
        text,
        &policy,
        NotVerified("charter"),
    );
}

/// Hashes that are none, or others.
fn hashes(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let path = log.proof(RECORD).hashes().to_vec();
    let honest = bundle(&log).encode().unwrap();
    let written = base64::encode(path[0].as_bytes());
    let mut class = corpus.class(
        "N22",
        "hash-length",
        "A hash of a path that is empty, or not 32 bytes long.",
    );
    for (name, other) in [
        ("empty", String::new()),
        ("31-bytes", base64::encode(&path[0].as_bytes()[..31])),
        (
            "33-bytes",
            base64::encode(&[path[0].as_bytes().as_slice(), &[0]].concat()),
        ),
        ("64-bytes", base64::encode(&[0; 64])),
        ("one-byte", base64::encode(&[0])),
        ("hexadecimal", path[0].to_string()),
        ("a-space", " ".to_owned()),
        ("brackets", "[\\\"\\\"]".to_owned()),
    ] {
        let text = swap(
            &honest,
            &format!("\\n{written}\\n"),
            &format!("\\n{other}\\n"),
        );
        // An empty line ends the path, so what follows is then another checkpoint.
        let check = if other.is_empty() {
            "checkpoint"
        } else {
            "format"
        };
        class.bundle(name, text, &policy, NotVerified(check));
    }
    let mut class = corpus.class(
        "N22",
        "another-hash",
        "One hash of the path is another one.",
    );
    for place in 0..path.len() {
        let one = with_proof(&log, |_, hashes| {
            let mut bytes = *hashes[place].as_bytes();
            bytes[31] ^= 1;
            hashes[place] = Hash::new(bytes);
        });
        let name = format!("bit-of-hash-{place}");
        class.bundle(
            &name,
            one.encode().unwrap(),
            &policy,
            NotVerified("inclusion"),
        );
        let next = (place + 1) % path.len();
        let swapped = with_proof(&log, |_, hashes| hashes.swap(place, next));
        let name = format!("hashes-{place}-and-{next}-swapped");
        class.bundle(
            &name,
            swapped.encode().unwrap(),
            &policy,
            NotVerified("inclusion"),
        );
    }
    let text = checkpoint_text(&log);
    let lines = [by_log(&log, &text), by_witness(WITNESS, 1, &text)].concat();
    let other = under_checkpoint(&bundle(&log), &format!("{text}\n{lines}"));
    let mut mixed = bundle(&log);
    mixed.record.proof = other.record.proof;
    let mut class = corpus.class(
        "N14",
        "two-checkpoints",
        "The proofs of one bundle carry different checkpoints, each of them good.",
    );
    let text = mixed.encode().unwrap();
    class.bundle(
        "other-cosignature",
        text,
        &policy,
        NotVerified("checkpoint"),
    );
    let mut newer = ledger();
    newer.record(11, &newer.message(TEAM, "Fifth"));
    for (name, which) in [("newer-for-the-charter", 0), ("newer-for-a-related-one", 1)] {
        let mut mixed = bundle(&log);
        let later = bundle(&newer);
        if which == 0 {
            mixed.charter = later.charter;
        } else {
            mixed.related[0].proven = later.related[0].proven.clone();
        }
        let text = mixed.encode().unwrap();
        class.bundle(name, text, &policy, NotVerified("checkpoint"));
    }
}
