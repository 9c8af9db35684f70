//! Proof files: what is accepted is written the same again; a file for an entry of a small real tree is accepted only while it
//! proves what the recursive definition says, and with no changed bit.

use witnessmark_tlog::{Encode as _, encode_proof};
use witnessmark_verifier::{
    Checkpoint, Hash, InclusionProof, LeafIndex, Note, Origin, TlogProof, TreeHead, TreeSize,
    base64,
};

use crate::input::{self, Input};
use crate::keys::{LOG, ORIGIN, log_key, log_line};
use crate::{memory, tree};

/// Checks all that is said above on one input: once as a file, once as the choices for one and its edits.
///
/// # Panics
///
/// When it does not hold.
pub fn check(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        file(text);
    }
    edits(&mut Input::new(data));
}

fn file(text: &str) {
    let parsed = memory::bounded(text.as_bytes(), 4_096, 8, || TlogProof::parse(text));
    let Ok(proof) = parsed else { return };
    let plain = encode_proof(proof.index, &proof.inclusion, proof.note.source());
    let written = match &proof.extra {
        Some(extra) => plain.replacen('\n', &format!("\nextra {}\n", base64::encode(extra)), 1),
        None => plain,
    };
    assert_eq!(written, text);
    assert!(proof.inclusion.hashes().len() <= 63);
    assert!(
        proof
            .extra
            .is_none_or(|it| (1..=48_000).contains(&it.len()))
    );
}

fn edits(input: &mut Input<'_>) {
    let size = u64::from(input.byte()) % 40 + 1;
    let index = u64::from(input.byte()) % size;
    let entries: Vec<Vec<u8>> = (0..size).map(|it| it.to_be_bytes().to_vec()).collect();
    let leaves: Vec<Hash> = entries.iter().map(|it| tree::leaf(it)).collect();
    let checkpoint = Checkpoint {
        origin: Origin::parse(ORIGIN).expect("an origin"),
        head: TreeHead {
            size: TreeSize::new(size),
            root: tree::root(&leaves),
        },
    };
    let text = checkpoint.encode();
    let note = format!("{text}\n{}", log_line(&text));
    let policy = format!("log {}\nquorum none\n", log_key(ORIGIN, LOG));
    let policy = witnessmark_policy::parse(&policy).expect("a policy");
    let path = InclusionProof::new(tree::path(index, &leaves));
    let good = encode_proof(LeafIndex::new(index), &path, &note);
    let entry = &entries[index as usize];
    let verify = |file: &str, entry: &[u8]| TlogProof::parse(file)?.verify(entry, &policy);

    let verified = verify(&good, entry).expect("an honest proof");
    assert_eq!(
        (verified.index().get(), verified.checkpoint().note()),
        (index, note.as_str())
    );
    assert_eq!(verified.leaf().hash(), leaves[index as usize]);
    for bit in input::some_bits(good.as_bytes()) {
        let Ok(other) = String::from_utf8(input::flipped(good.as_bytes(), bit)) else {
            continue;
        };
        assert!(verify(&other, entry).is_err(), "bit {bit} of {good}");
    }
    for bit in input::some_bits(entry) {
        assert!(verify(&good, &input::flipped(entry, bit)).is_err());
    }
    // Whatever is accepted proves what it says of one of the entries. Extra data may come in: nothing signs it.
    let Ok(other) = String::from_utf8(input::edited(good.as_bytes(), input)) else {
        return;
    };
    for (place, entry) in entries.iter().enumerate() {
        if let Ok(verified) = verify(&other, entry) {
            assert_eq!(verified.index().get(), place as u64);
            assert!(other == good || other.contains("\nextra "), "{other}");
        }
    }
    assert!(Note::parse(&note).is_ok());
}
