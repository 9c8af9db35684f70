//! Whatever the input is, a parser gives a verdict, and what it accepts it would have written itself.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde_json::Value;
use witnessmark_tlog::{
    AddCheckpoint, Encode as _, Tile, encode_entry_bundle, encode_proof, parse_entry_bundle,
    signature_line,
};
use witnessmark_verifier::{
    Charter, Checkpoint, Entry, KeyEvent, Note, TlogProof, VerifierKey, base64, decimal, hex,
};

/// Good texts of every format, to be spoiled.
fn good_texts() -> Vec<String> {
    let vectors: Value =
        serde_json::from_str(include_str!("../../vectors/witnessmark-v1.json")).unwrap();
    let fields = [
        "checkpoint_cosigned",
        "tlog_proof",
        "add_checkpoint_request",
        "policy",
        "log_vkey",
        "witness_vkey",
    ];
    let mut texts: Vec<String> = fields
        .iter()
        .map(|field| vectors[*field].as_str().unwrap().to_owned())
        .collect();
    texts.push(
        vectors["charter"]["payload_text"]
            .as_str()
            .unwrap()
            .to_owned(),
    );
    let events = vectors["key_chain"]["events"].as_array().unwrap().iter();
    texts.extend(events.map(|event| event["payload_text"].as_str().unwrap().to_owned()));
    texts.push("tile/3/x001/x234/067.p/5".to_owned());
    texts.push("tile/entries/x001/000".to_owned());
    texts
}

/// A good text with a few pieces of it cut, doubled or replaced.
fn spoiled() -> impl Strategy<Value = String> {
    let edit = (
        any::<prop::sample::Index>(),
        0..4_usize,
        "[\\x00-\\x7fa0 +\n\u{2014}]{0,2}",
    );
    let texts = prop::sample::select(good_texts());
    (texts, prop::collection::vec(edit, 0..4)).prop_map(|(text, edits)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (place, cut, put) in edits {
            let start = place.index(chars.len() + 1);
            let end = (start + cut).min(chars.len());
            chars.splice(start..end, put.chars());
        }
        chars.into_iter().collect()
    })
}

/// Every parser of text; what is accepted has to be what its writer gives.
fn read_everything(text: &str) {
    if let Ok(note) = Note::parse(text) {
        let written = note.text().to_owned() + "\n";
        let lines = note.signatures().iter().map(|line| {
            let encoded = base64::encode(&[&line.key_id, line.signature.as_slice()].concat());
            format!("\u{2014} {} {encoded}\n", line.name)
        });
        assert_eq!(lines.fold(written, |written, line| written + &line), text);
        if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
            assert_eq!(checkpoint.encode(), note.text());
        }
    }
    if let Ok(proof) = TlogProof::parse(text) {
        let written = encode_proof(proof.index, &proof.inclusion, proof.note.source());
        assert!(proof.extra.is_some() || written == text);
    }
    if let Ok(request) = AddCheckpoint::parse(text) {
        assert_eq!(request.encode(), text);
    }
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text);
        assert!(signature_line(key.name(), key.key_id(), &[1]).ends_with('\n'));
    }
    if let Ok(policy) = witnessmark_policy::parse(text) {
        assert!(!policy.logs().is_empty());
    }
    if let Ok(charter) = Charter::parse(text.as_bytes()) {
        assert_eq!(charter.encode(), text);
    }
    if let Ok(event) = KeyEvent::parse(text.as_bytes()) {
        assert_eq!(event.encode(), text);
    }
    if let Ok(tile) = Tile::parse(text) {
        assert_eq!(tile.path(), text);
    }
    if let Ok(tile) = Tile::parse_entries(text) {
        assert_eq!(tile.entries_path(), text);
    }
    if let Ok(bytes) = base64::decode(text) {
        assert_eq!(base64::encode(&bytes), text);
    }
    if let Ok(bytes) = hex::decode(text) {
        assert_eq!(hex::encode(&bytes), text);
    }
    if let Some(number) = decimal::parse(text) {
        assert_eq!(number.to_string(), text);
    }
}

/// Good bytes of the formats that are not text, to be spoiled.
fn good_bytes() -> Vec<Vec<u8>> {
    let vectors: Value =
        serde_json::from_str(include_str!("../../vectors/witnessmark-v1.json")).unwrap();
    let entries = vectors["entries"].as_array().unwrap().iter();
    let texts = entries.map(|entry| entry["entry"].as_str().unwrap());
    texts.map(|text| hex::decode(text).unwrap()).collect()
}

/// Good bytes with a few of them cut, doubled or replaced.
fn spoiled_bytes() -> impl Strategy<Value = Vec<u8>> {
    let edit = (
        any::<prop::sample::Index>(),
        0..3_usize,
        prop::collection::vec(any::<u8>(), 0..3),
    );
    let all = prop::sample::select(good_bytes());
    (all, prop::collection::vec(edit, 0..3)).prop_map(|(mut bytes, edits)| {
        for (place, cut, put) in edits {
            let start = place.index(bytes.len() + 1);
            let end = (start + cut).min(bytes.len());
            bytes.splice(start..end, put);
        }
        bytes
    })
}

proptest! {
    #[test]
    fn spoiled_bytes_are_refused_or_read_back(bytes in spoiled_bytes()) {
        if let Ok(entry) = Entry::parse(&bytes) {
            prop_assert_eq!(entry.encode().unwrap(), bytes);
        }
    }

    #[test]
    fn spoiled_texts_are_refused_or_read_back(text in spoiled()) {
        read_everything(&text);
    }

    #[test]
    fn any_text_is_refused_or_read_back(text in "\\PC*|[0-9a-fA-Z+/=\n]{0,40}") {
        read_everything(&text);
    }

    #[test]
    fn any_bytes_survive_base64_and_hex(bytes in prop::collection::vec(any::<u8>(), 0..70)) {
        prop_assert_eq!(hex::decode(&hex::encode(&bytes)), Ok(bytes.clone()));
        prop_assert_eq!(base64::decode(&base64::encode(&bytes)), Ok(bytes));
    }

    #[test]
    fn any_number_survives_decimal(number in any::<u64>()) {
        prop_assert_eq!(decimal::parse(&number.to_string()), Some(number));
    }

    #[test]
    fn any_bundle_is_refused_or_read_back(
        bytes in prop::collection::vec(prop_oneof![Just(0_u8), 0..4_u8], 0..60),
    ) {
        if let Ok(entries) = parse_entry_bundle(&bytes) {
            prop_assert_eq!(encode_entry_bundle(&entries), Ok(bytes));
        }
    }
}
