//! Entries, charter, key events and key chain against the golden values.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Charter, Entry, EntryKind, EntrySignature, Hash, KeyAction, KeyChain, KeyChainError, KeyEvent,
    KeyId, KeyRole, LeafHash, PAYLOAD_TYPE_CHARTER, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD,
    PublicKey, RecordId, SignersError, hex, key_chain_head, pae,
};

/// Where an entry keeps `registered_at`, the one field that only the tree binds.
const REGISTERED_AT: std::ops::Range<usize> = 5..13;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../vectors/witnessmark-v1.json")).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn hash(value: &Value) -> Hash {
    Hash::parse_hex(value.as_str().unwrap()).unwrap()
}

fn key(vectors: &Value, name: &str) -> PublicKey {
    PublicKey::admit(&bytes(&vectors["keys"][name]["public"]).try_into().unwrap()).unwrap()
}

fn entries(vectors: &Value) -> Vec<Entry> {
    let entries = vectors["entries"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| Entry::parse(&bytes(&entry["entry"])).unwrap())
        .collect()
}

fn charter(vectors: &Value) -> Charter {
    Charter::verify_entry(&entries(vectors)[0]).unwrap()
}

/// The chain after the first `seq` events of the vectors.
fn chain(vectors: &Value, seq: usize) -> KeyChain {
    let entries = entries(vectors);
    let mut chain = KeyChain::new(entries[1].org.clone().unwrap());
    for entry in &entries[1..=seq] {
        chain.apply_entry(&charter(vectors), entry).unwrap();
    }
    chain
}

#[test]
fn every_entry_parses_re_encodes_and_has_its_leaf_hash() {
    let vectors = vectors();
    let list = vectors["entries"].as_array().unwrap();
    assert_eq!(list.len(), 7);
    for (index, vector) in list.iter().enumerate() {
        let raw = bytes(&vector["entry"]);
        let entry = Entry::parse(&raw).unwrap();
        assert_eq!(entry.encode().unwrap(), raw, "entry {index}");
        assert_eq!(
            LeafHash::of(&raw).hash(),
            hash(&vector["leaf_hash"]),
            "entry {index}"
        );
    }
    let kinds: Vec<u8> = entries(&vectors)
        .iter()
        .map(|entry| entry.kind.code())
        .collect();
    assert_eq!(kinds, [3, 2, 2, 2, 1, 1, 1]);
}

#[test]
fn the_fields_of_the_record_entry_are_those_that_were_signed() {
    let vectors = vectors();
    let entry = &entries(&vectors)[4];
    assert_eq!(entry.kind, EntryKind::Record);
    assert_eq!(entry.registered_at, 1_767_225_661_000);
    assert_eq!(
        entry.org.as_ref().unwrap().as_str(),
        vectors["key_chain"]["org"]
    );
    assert_eq!(entry.org_key_seq, 3);
    assert_eq!(entry.payload_type, vectors["record"]["payload_type"]);
    assert_eq!(entry.payload, bytes(&vectors["record"]["payload"]));
    let id = RecordId::parse_hex(vectors["record"]["record_id"].as_str().unwrap()).unwrap();
    assert_eq!(entry.record_id(), id);
    for (place, name) in ["device", "officer"].into_iter().enumerate() {
        let signature = &entry.signatures[place];
        let key_id = vectors["keys"][name]["key_id"].as_str().unwrap();
        assert_eq!(signature.key_id, KeyId::parse_hex(key_id).unwrap());
        let expected = bytes(&vectors["record"][format!("signature_{name}")]);
        assert_eq!(signature.signature.as_slice(), expected);
    }
}

#[test]
fn both_signatures_of_the_record_are_good_and_no_other_key_made_them() {
    let vectors = vectors();
    let record = &vectors["record"];
    let message = pae(PAYLOAD_TYPE_RECORD, &bytes(&record["payload"]));
    assert_eq!(message, bytes(&record["pae"]));
    let device = bytes(&record["signature_device"]);
    let officer = bytes(&record["signature_officer"]);
    key(&vectors, "device").verify(&message, &device).unwrap();
    key(&vectors, "officer").verify(&message, &officer).unwrap();
    key(&vectors, "device")
        .verify(&message, &officer)
        .unwrap_err();
    key(&vectors, "officer")
        .verify(&message, &device)
        .unwrap_err();
}

#[test]
fn the_charter_says_whose_ledger_it_is() {
    let vectors = vectors();
    let text = vectors["charter"]["payload_text"].as_str().unwrap();
    let charter = Charter::parse(text.as_bytes()).unwrap();
    assert_eq!(charter.encode(), text);
    assert_eq!(charter.origin.as_str(), vectors["origin"]);
    assert_eq!(charter.created, 1_767_225_600_000);
    assert_eq!(charter.threshold, 1);
    assert_eq!(charter.registrars, [key(&vectors, "registrar")]);

    let raw = bytes(&vectors["charter"]["entry"]);
    assert_eq!(raw, bytes(&vectors["entries"][0]["entry"]));
    let entry = Entry::parse(&raw).unwrap();
    assert_eq!(entry.payload_type, PAYLOAD_TYPE_CHARTER);
    assert_eq!(entry.payload, text.as_bytes());
    assert_eq!(Charter::verify_entry(&entry), Ok(charter));
}

#[test]
fn every_key_event_parses_re_encodes_and_leads_to_its_head() {
    let vectors = vectors();
    let events = vectors["key_chain"]["events"].as_array().unwrap();
    assert_eq!(events.len(), 3);
    let mut head = Hash::new([0; 32]);
    for (place, vector) in events.iter().enumerate() {
        let text = vector["payload_text"].as_str().unwrap();
        let event = KeyEvent::parse(text.as_bytes()).unwrap();
        assert_eq!(event.encode(), text);
        assert_eq!(event.org.as_str(), vectors["key_chain"]["org"]);
        assert_eq!(usize::try_from(event.seq).unwrap(), place + 1);
        assert_eq!(event.prev, head);

        let id = RecordId::of(PAYLOAD_TYPE_KEY_EVENT, text.as_bytes());
        let digest = hash(&vector["pae_sha256"]);
        assert_eq!(id.as_bytes(), digest.as_bytes());
        head = key_chain_head(&head, &digest);
        assert_eq!(head, hash(&vector["head"]));

        let raw = bytes(&vector["entry"]);
        assert_eq!(raw, bytes(&vectors["entries"][place + 1]["entry"]));
        let entry = Entry::parse(&raw).unwrap();
        assert_eq!(entry.payload, text.as_bytes());
        assert_eq!(entry.org_key_head, head);
        assert_eq!(entry.org_key_seq, event.seq);
    }
}

#[test]
fn the_key_events_say_what_they_do() {
    let vectors = vectors();
    let actions: Vec<KeyAction> = entries(&vectors)[1..4]
        .iter()
        .map(|entry| KeyEvent::parse(&entry.payload).unwrap().action)
        .collect();
    let roots = vec![key(&vectors, "root_b"), key(&vectors, "root_a")];
    assert_eq!(
        actions[0],
        KeyAction::Genesis {
            threshold: 2,
            roots
        }
    );
    let add = |name: &str, role, label: &str| KeyAction::Add {
        key: key(&vectors, name),
        role,
        label: Some(label.into()),
    };
    assert_eq!(actions[1], add("device", KeyRole::Record, "field tablet 7"));
    assert_eq!(
        actions[2],
        add("officer", KeyRole::Countersign, "evidence officer")
    );
}

#[test]
fn the_replayed_chain_admits_the_logged_records() {
    let vectors = vectors();
    let chain = chain(&vectors, 3);
    assert_eq!(chain.seq(), 3);
    assert_eq!(
        chain.head(),
        hash(&vectors["key_chain"]["events"][2]["head"])
    );
    assert_eq!(chain.threshold(), 2);
    assert_eq!(
        chain.roots(),
        [key(&vectors, "root_b"), key(&vectors, "root_a")]
    );
    let keys: Vec<_> = chain
        .keys()
        .map(|key| (key.key.clone(), key.role))
        .collect();
    let device = (key(&vectors, "device"), KeyRole::Record);
    let officer = (key(&vectors, "officer"), KeyRole::Countersign);
    assert_eq!(keys, [device, officer]);
    for entry in &entries(&vectors)[4..] {
        chain.check_record_entry(entry).unwrap();
    }
}

#[test]
fn the_logged_record_needs_exactly_the_chain_it_carries() {
    let vectors = vectors();
    let record = &entries(&vectors)[4];
    for seq in 0..3 {
        chain(&vectors, seq).check_record_entry(record).unwrap_err();
    }
}

#[test]
fn every_bit_of_a_record_signature_counts() {
    let vectors = vectors();
    let chain = chain(&vectors, 3);
    let record = &entries(&vectors)[4];
    let check = |payload_type: &str, payload: &[u8], signatures: &[EntrySignature]| {
        chain.check_record(payload_type, payload, signatures)
    };
    let good = &record.signatures;
    assert_eq!(check(PAYLOAD_TYPE_RECORD, &record.payload, good), Ok(()));
    for place in 0..2 {
        let bad = Err(KeyChainError::Signers(SignersError::BadSignature(
            good[place].key_id,
        )));
        for bit in 0..512 {
            let mut changed = good.clone();
            changed[place].signature[bit / 8] ^= 1 << (bit % 8);
            let verdict = check(PAYLOAD_TYPE_RECORD, &record.payload, &changed);
            assert_eq!(verdict, bad, "signature {place} bit {bit}");
        }
    }
    let mut swapped = good.clone();
    (swapped[0].key_id, swapped[1].key_id) = (good[1].key_id, good[0].key_id);
    let bad = |key_id| KeyChainError::Signers(SignersError::BadSignature(key_id));
    let verdict = check(PAYLOAD_TYPE_RECORD, &record.payload, &swapped);
    assert_eq!(verdict, Err(bad(good[1].key_id)));
    let verdict = check(PAYLOAD_TYPE_RECORD, b"other", good);
    assert_eq!(verdict, Err(bad(good[0].key_id)));
    let verdict = check(PAYLOAD_TYPE_KEY_EVENT, &record.payload, good);
    assert_eq!(verdict, Err(KeyChainError::WrongPayloadType));
}

/// Whether entry `index` is accepted after `before`, the chain that the entries before it made.
fn accepts(charter: &Charter, before: &KeyChain, index: usize, raw: &[u8]) -> bool {
    let Ok(entry) = Entry::parse(raw) else {
        return false;
    };
    match index {
        0 => Charter::verify_entry(&entry).is_ok(),
        1..=3 => before.clone().apply_entry(charter, &entry).is_ok(),
        _ => before.check_record_entry(&entry).is_ok(),
    }
}

#[test]
fn no_byte_of_an_entry_can_change_unseen() {
    let vectors = vectors();
    let charter = charter(&vectors);
    for (index, vector) in vectors["entries"].as_array().unwrap().iter().enumerate() {
        let before = chain(&vectors, index.saturating_sub(1).min(3));
        let raw = bytes(&vector["entry"]);
        let leaf = LeafHash::of(&raw);
        assert!(accepts(&charter, &before, index, &raw), "entry {index}");
        for place in 0..raw.len() {
            for bit in [0x01, 0x20, 0x80] {
                let mut changed = raw.clone();
                changed[place] ^= bit;
                assert_ne!(LeafHash::of(&changed), leaf, "entry {index} byte {place}");
                let accepted = accepts(&charter, &before, index, &changed);
                // The ledger's time is signed by nobody but the ledger, through the tree.
                assert_eq!(
                    accepted,
                    REGISTERED_AT.contains(&place),
                    "entry {index} byte {place}"
                );
            }
        }
        for len in 0..raw.len() {
            Entry::parse(&raw[..len]).unwrap_err();
        }
        Entry::parse(&[raw.as_slice(), &[0]].concat()).unwrap_err();
    }
}
