//! Keys, tree, proofs, checkpoints and policy against the golden values of an independent program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use witnessmark_tlog::{AddCheckpoint, Encode as _, encode_proof, log_only_policy, signature_line};
use witnessmark_verifier::{
    Checkpoint, ConsistencyProof, Hash, InclusionProof, KeyId, LeafHash, LeafIndex, Note,
    NoteAlgorithm, Origin, PublicKey, RecordId, TlogProof, TlogProofError, TreeHead, TreeSize,
    TrustPolicy, VerifierKey, empty_root, hex, node_hash, pae,
};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../vectors/witnessmark-v1.json")).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap()
}

fn hash(value: &Value) -> Hash {
    Hash::parse_hex(text(value)).unwrap()
}

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(hash).collect()
}

fn head(vectors: &Value, size: u64) -> TreeHead {
    TreeHead {
        size: TreeSize::new(size),
        root: hash(&vectors["roots"][size.to_string()]),
    }
}

fn leaf(vectors: &Value, index: usize) -> LeafHash {
    LeafHash::of(&bytes(&vectors["entries"][index]["entry"]))
}

fn key(vectors: &Value, name: &str) -> PublicKey {
    PublicKey::admit(&bytes(&vectors["keys"][name]["public"]).try_into().unwrap()).unwrap()
}

fn policy(vectors: &Value) -> TrustPolicy {
    witnessmark_policy::parse(text(&vectors["policy"])).unwrap()
}

#[test]
fn every_key_has_its_key_id() {
    let vectors = vectors();
    let keys = vectors["keys"].as_object().unwrap();
    assert_eq!(keys.len(), 7);
    for (name, value) in keys {
        let key_id = key(&vectors, name).key_id();
        assert_eq!(key_id.to_string(), text(&value["key_id"]), "{name}");
        assert_eq!(KeyId::parse_hex(text(&value["key_id"])), Ok(key_id));
    }
}

#[test]
fn the_record_has_its_encoding_id_and_signatures() {
    let vectors = vectors();
    let record = &vectors["record"];
    let payload = bytes(&record["payload"]);
    let payload_type = text(&record["payload_type"]);
    let encoded = pae(payload_type, &payload);
    assert_eq!(hex::encode(&encoded), text(&record["pae"]));
    let id = RecordId::of(payload_type, &payload);
    assert_eq!(id.to_string(), text(&record["record_id"]));
    for (name, field) in [
        ("device", "signature_device"),
        ("officer", "signature_officer"),
    ] {
        let signature = bytes(&record[field]);
        assert_eq!(key(&vectors, name).verify(&encoded, &signature), Ok(()));
        assert!(key(&vectors, name).verify(&payload, &signature).is_err());
    }
}

#[test]
fn the_verifier_keys_are_made_and_parsed() {
    let vectors = vectors();
    let made = [
        (
            "log_vkey",
            "ledger.example/demo",
            NoteAlgorithm::Ed25519,
            "log",
        ),
        (
            "witness_vkey",
            "witness.example/w1",
            NoteAlgorithm::CosignatureEd25519,
            "witness",
        ),
    ];
    for (field, name, algorithm, key_name) in made {
        let name = Origin::parse(name).unwrap();
        let made = VerifierKey::new(name, algorithm, key(&vectors, key_name));
        assert_eq!(made.to_string(), text(&vectors[field]));
        assert_eq!(VerifierKey::parse(text(&vectors[field])), Ok(made));
    }
}

#[test]
fn every_leaf_and_root_is_computed() {
    let vectors = vectors();
    let entries = vectors["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 7);
    let mut leaves = Vec::new();
    assert_eq!(head(&vectors, 0).root, empty_root());
    for (index, entry) in entries.iter().enumerate() {
        assert_eq!(leaf(&vectors, index).hash(), hash(&entry["leaf_hash"]));
        leaves.push(leaf(&vectors, index).hash());
        let size = u64::try_from(leaves.len()).unwrap();
        assert_eq!(root(&leaves), head(&vectors, size).root, "size {size}");
    }
}

/// RFC 6962 section 2.1, for at least one leaf.
fn root(leaves: &[Hash]) -> Hash {
    if let [leaf] = leaves {
        return *leaf;
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    node_hash(&root(left), &root(right))
}

#[test]
fn an_inclusion_proof_holds_at_its_own_index_and_size_alone() {
    let vectors = vectors();
    let proofs = vectors["inclusion"].as_array().unwrap();
    assert_eq!(proofs.len(), 28);
    for vector in proofs {
        let (index, size) = (
            vector["index"].as_u64().unwrap(),
            vector["size"].as_u64().unwrap(),
        );
        let leaf = leaf(&vectors, usize::try_from(index).unwrap());
        let proof = InclusionProof::new(hashes(&vector["proof"]));
        for other_size in 0..=7 {
            for other_index in 0..=7 {
                let head = head(&vectors, other_size);
                let verdict = proof.verify(leaf, LeafIndex::new(other_index), &head);
                let same = (other_index, other_size) == (index, size);
                assert_eq!(
                    verdict.is_ok(),
                    same,
                    "{index}/{size} at {other_index}/{other_size}"
                );
            }
        }
    }
}

#[test]
fn a_consistency_proof_holds_between_its_own_sizes_alone() {
    let vectors = vectors();
    let proofs = vectors["consistency"].as_array().unwrap();
    assert_eq!(proofs.len(), 28);
    for vector in proofs {
        let (old, new) = (
            vector["old"].as_u64().unwrap(),
            vector["new"].as_u64().unwrap(),
        );
        let proof = ConsistencyProof::new(hashes(&vector["proof"]));
        for other_new in 0..=7 {
            for other_old in 0..=7 {
                let verdict = proof.verify(&head(&vectors, other_old), &head(&vectors, other_new));
                // The empty proof is the honest one for equal sizes and from the empty tree too.
                let empty = other_old == other_new || (other_old == 0 && other_new > 0);
                let same = (other_old, other_new) == (old, new);
                let honest = same || (old == new && empty);
                assert_eq!(
                    verdict.is_ok(),
                    honest,
                    "{old}..{new} at {other_old}..{other_new}"
                );
            }
        }
    }
}

#[test]
fn every_checkpoint_verifies_and_re_encodes() {
    let vectors = vectors();
    let log = VerifierKey::parse(text(&vectors["log_vkey"])).unwrap();
    let policy = witnessmark_policy::parse(&log_only_policy(&log)).unwrap();
    let checkpoints = vectors["checkpoints"].as_object().unwrap();
    assert_eq!(checkpoints.len(), 7);
    for (size, source) in checkpoints {
        let note = Note::parse(text(source)).unwrap();
        let verified = policy.verify(&note).unwrap();
        assert_eq!(*verified.head(), head(&vectors, size.parse().unwrap()));
        assert_eq!(verified.origin().as_str(), text(&vectors["origin"]));
        assert_eq!((verified.quorum(), verified.cosigned().len()), (None, 0));
        let checkpoint = Checkpoint::parse(note.text()).unwrap();
        assert_eq!(checkpoint.encode(), note.text());
        let line = signature_line(log.name(), log.key_id(), &note.signatures()[0].signature);
        assert_eq!(format!("{}\n{line}", checkpoint.encode()), text(source));
    }
}

#[test]
fn the_cosigned_checkpoint_meets_the_policy() {
    let vectors = vectors();
    let note = Note::parse(text(&vectors["checkpoint_cosigned"])).unwrap();
    let verified = policy(&vectors).verify(&note).unwrap();
    assert_eq!(*verified.head(), head(&vectors, 7));
    assert_eq!(verified.quorum(), Some("witness w1"));
    let [cosigned] = verified.cosigned() else {
        panic!("one witness")
    };
    assert_eq!(
        (cosigned.name.as_str(), cosigned.time_s),
        ("witness.example/w1", 1_767_225_700)
    );
    // The log alone is not a quorum.
    let alone = Note::parse(text(&vectors["checkpoints"]["7"])).unwrap();
    let error = policy(&vectors).verify(&alone).unwrap_err();
    let shown = "the policy asks for witness w1; not cosigned by witness.example/w1";
    assert_eq!(error.to_string(), shown);
}

#[test]
fn the_proof_file_verifies_and_re_encodes() {
    let vectors = vectors();
    let source = text(&vectors["tlog_proof"]);
    let proof = TlogProof::parse(source).unwrap();
    assert_eq!(
        (proof.index, proof.extra.as_deref()),
        (LeafIndex::new(4), None)
    );
    assert_eq!(
        encode_proof(proof.index, &proof.inclusion, proof.note.source()),
        source
    );
    let entry = bytes(&vectors["entries"][4]["entry"]);
    let verified = proof.verify(&entry, &policy(&vectors)).unwrap();
    assert_eq!(
        (verified.index(), verified.leaf()),
        (LeafIndex::new(4), leaf(&vectors, 4))
    );
    assert_eq!(
        proof.verify_with(&entry, verified.checkpoint()),
        Ok(verified.clone())
    );
    // The same tree head under other signatures is another checkpoint.
    let alone = text(&vectors["checkpoints"]["7"]);
    let alone = encode_proof(proof.index, &proof.inclusion, alone);
    let alone = TlogProof::parse(&alone).unwrap();
    let verdict = alone.verify_with(&entry, verified.checkpoint());
    assert_eq!(verdict, Err(TlogProofError::OtherCheckpoint));
    for other in [0, 1, 2, 3, 5, 6] {
        let other = bytes(&vectors["entries"][other]["entry"]);
        assert!(proof.verify(&other, &policy(&vectors)).is_err());
    }
}

#[test]
fn the_request_to_a_witness_parses_and_re_encodes() {
    let vectors = vectors();
    let body = text(&vectors["add_checkpoint_request"]);
    let request = AddCheckpoint::parse(body).unwrap();
    assert_eq!(request.encode(), body);
    assert_eq!(request.checkpoint, text(&vectors["checkpoints"]["7"]));
    assert_eq!(request.old, TreeSize::new(4));
    assert_eq!(
        request.proof.verify(&head(&vectors, 4), &head(&vectors, 7)),
        Ok(())
    );
}

/// Every text that differs from `source` in one byte (each bit, and some bytes that parsers like), that
/// is cut anywhere, or that has one byte more at an end.
fn mutants(source: &str) -> impl Iterator<Item = String> {
    let changed = (0..source.len()).flat_map(move |place| {
        let byte = source.as_bytes()[place];
        let bits = (0..8).map(move |bit| byte ^ (1 << bit));
        let liked = [b'\n', b'\r', b' ', b'0', b'A', b'=', b'+'].into_iter();
        bits.chain(liked)
            .filter(move |other| *other != byte)
            .filter_map(move |other| {
                let mut mutant = source.as_bytes().to_vec();
                mutant[place] = other;
                String::from_utf8(mutant).ok()
            })
    });
    let cut = (0..source.len()).filter_map(|end| source.get(..end).map(String::from));
    let longer = ["\n", " ", "A", "\0"];
    let longer = longer
        .into_iter()
        .flat_map(move |s| [format!("{source}{s}"), format!("{s}{source}")]);
    changed.chain(cut).chain(longer)
}

#[test]
fn any_changed_byte_of_the_cosigned_checkpoint_is_refused() {
    let vectors = vectors();
    let policy = policy(&vectors);
    let mut refused = 0;
    for mutant in mutants(text(&vectors["checkpoint_cosigned"])) {
        let accepted = Note::parse(&mutant).is_ok_and(|note| policy.verify(&note).is_ok());
        assert!(!accepted, "{mutant}");
        refused += 1;
    }
    assert!(refused > 3000);
}

#[test]
fn any_changed_byte_of_the_proof_file_is_refused() {
    let vectors = vectors();
    let policy = policy(&vectors);
    let entry = bytes(&vectors["entries"][4]["entry"]);
    let mut refused = 0;
    for mutant in mutants(text(&vectors["tlog_proof"])) {
        let proof = TlogProof::parse(&mutant);
        assert!(
            !proof.is_ok_and(|proof| proof.verify(&entry, &policy).is_ok()),
            "{mutant}"
        );
        refused += 1;
    }
    assert!(refused > 5000);
}

#[test]
fn any_changed_bit_of_the_entry_is_refused() {
    let vectors = vectors();
    let entry = bytes(&vectors["entries"][4]["entry"]);
    let proof = TlogProof::parse(text(&vectors["tlog_proof"])).unwrap();
    let checkpoint = policy(&vectors)
        .verify(&Note::parse(proof.note.source()).unwrap())
        .unwrap();
    for place in 0..entry.len() {
        for bit in 0..8 {
            let mut mutant = entry.clone();
            mutant[place] ^= 1 << bit;
            assert!(proof.verify_with(&mutant, &checkpoint).is_err());
        }
    }
}
