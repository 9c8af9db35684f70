//! A bit that flips between the check of a submission and its leaf hash.

use witnessmark_verifier::{EntrySignature, KeyId, OrgName, PAYLOAD_TYPE_RECORD};

use super::*;

fn made() -> Made {
    let entry = Entry {
        kind: EntryKind::Record,
        registered_at: 1_000,
        org: Some(OrgName::parse("ada").unwrap()),
        org_key_seq: 2,
        org_key_head: Hash::new([3; 32]),
        payload_type: PAYLOAD_TYPE_RECORD.to_owned(),
        payload: b"what was found".to_vec(),
        signatures: vec![EntrySignature {
            key_id: KeyId::of(&[4; 32]),
            signature: [5; 64],
        }],
    };
    of(entry)
}

fn of(entry: Entry) -> Made {
    let bytes: Arc<[u8]> = Arc::from(entry.encode().unwrap());
    let leaf = LeafHash::of(&bytes);
    Made { entry, bytes, leaf }
}

/// The same bytes with one bit flipped, for each bit.
fn flipped(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    })
}

#[test]
fn a_bit_that_flips_in_an_entry_is_caught() {
    let sound = made();
    let (id, seal) = (sound.entry.record_id(), Seal::of_entry(&sound.entry));
    sound.check(&id, &seal).unwrap();
    for bytes in flipped(&sound.bytes) {
        let made = Made {
            bytes: Arc::from(bytes),
            ..made()
        };
        assert!(matches!(made.check(&id, &seal), Err(LogError::Halted(_))));
    }
}

#[test]
fn a_bit_that_flips_in_what_was_checked_is_caught_when_it_is_an_entry() {
    let sound = made();
    let (id, seal) = (sound.entry.record_id(), Seal::of_entry(&sound.entry));
    let check = |entry: Entry| of(entry).check(&id, &seal);
    check(made().entry).unwrap();
    for payload in flipped(&sound.entry.payload) {
        let entry = Entry {
            payload,
            ..made().entry
        };
        check(entry).unwrap_err();
    }
    for signature in flipped(&sound.entry.signatures[0].signature) {
        let mut entry = made().entry;
        entry.signatures[0].signature = signature.try_into().unwrap();
        check(entry).unwrap_err();
    }
    let mut entry = made().entry;
    entry.org = Some(OrgName::parse("eda").unwrap());
    check(entry).unwrap_err();
    // Nor by the id that it is found by.
    let other = RecordId::of(PAYLOAD_TYPE_RECORD, b"another");
    sound.check(&other, &seal).unwrap_err();
}
