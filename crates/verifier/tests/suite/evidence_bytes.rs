//! Entries have one spelling; every other is refused by name.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    ENTRY_BYTES_MAX, Entry, EntryError, EntryKind, EntrySignature, Hash, KeyId, OrgName,
    PAYLOAD_TYPE_CHARTER, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD,
};

fn entry() -> Entry {
    Entry {
        kind: EntryKind::Record,
        registered_at: 1,
        org: Some(OrgName::parse("team").unwrap()),
        org_key_seq: 2,
        org_key_head: Hash::new([3; 32]),
        payload_type: PAYLOAD_TYPE_RECORD.into(),
        payload: vec![4, 5],
        signatures: vec![EntrySignature {
            key_id: KeyId::new(Hash::new([6; 32])),
            signature: [7; 64],
        }],
    }
}

/// An entry of a kind that has no organisation.
fn charter() -> Entry {
    Entry {
        kind: EntryKind::Charter,
        org: None,
        org_key_seq: 0,
        org_key_head: Hash::new([0; 32]),
        payload_type: PAYLOAD_TYPE_CHARTER.into(),
        ..entry()
    }
}

#[test]
fn an_entry_of_every_kind_is_read_and_written() {
    let other = |kind, entry: Entry| Entry {
        kind,
        payload_type: "x".into(),
        ..entry
    };
    let event = Entry {
        payload_type: PAYLOAD_TYPE_KEY_EVENT.into(),
        ..entry()
    };
    let entries = [
        entry(),
        Entry {
            kind: EntryKind::KeyEvent,
            ..event
        },
        charter(),
        other(EntryKind::TimeAnchor, charter()),
        other(EntryKind::Tombstone, entry()),
        other(EntryKind::Rehash, charter()),
    ];
    for (code, entry) in (1..).zip(entries) {
        let bytes = entry.encode().unwrap();
        assert_eq!(bytes[4], code);
        assert_eq!(Entry::parse(&bytes), Ok(entry));
    }
}

type Change = fn(&mut Entry);

#[test]
fn an_entry_keeps_the_rules_of_its_kind() {
    let of = |change: Change, mut entry: Entry| {
        change(&mut entry);
        entry.encode()
    };
    let table: [(Change, Entry, EntryError); 10] = [
        (|it| it.org = None, entry(), EntryError::Organisation),
        (
            |it| it.kind = EntryKind::Charter,
            entry(),
            EntryError::Organisation,
        ),
        (
            |it| it.kind = EntryKind::Rehash,
            entry(),
            EntryError::Organisation,
        ),
        (
            |it| it.kind = EntryKind::KeyEvent,
            entry(),
            EntryError::PayloadType,
        ),
        (
            |it| it.payload_type = "text/plain".into(),
            entry(),
            EntryError::PayloadType,
        ),
        (
            |it| it.payload_type = "text/plain".into(),
            charter(),
            EntryError::PayloadType,
        ),
        (|it| it.org_key_seq = 1, charter(), EntryError::KeyChain),
        (
            |it| it.org_key_head = Hash::new([1; 32]),
            charter(),
            EntryError::KeyChain,
        ),
        (
            |it| it.signatures = vec![it.signatures[0].clone(); 9],
            entry(),
            EntryError::TooManySignatures,
        ),
        (
            |it| it.payload = vec![0; ENTRY_BYTES_MAX],
            entry(),
            EntryError::TooLong,
        ),
    ];
    for (place, (change, entry, error)) in table.into_iter().enumerate() {
        assert_eq!(of(change, entry), Err(error), "row {place}");
    }
}

#[test]
fn an_entry_of_exactly_65535_bytes_fits() {
    let mut entry = entry();
    let rest = entry.encode().unwrap().len() - entry.payload.len();
    entry.payload = vec![9; ENTRY_BYTES_MAX - rest];
    let bytes = entry.encode().unwrap();
    assert_eq!(bytes.len(), ENTRY_BYTES_MAX);
    assert_eq!(Entry::parse(&bytes).unwrap(), entry);
    entry.payload.push(9);
    assert_eq!(entry.encode(), Err(EntryError::TooLong));
    assert_eq!(
        Entry::parse(&[bytes.as_slice(), &[0]].concat()),
        Err(EntryError::TooLong)
    );
}

#[test]
fn an_entry_with_a_wrong_byte_is_refused_by_name() {
    let good = entry().encode().unwrap();
    let type_at = 4 + 1 + 8 + 1 + 4 + 4 + 32;
    let payload_at = type_at + 2 + PAYLOAD_TYPE_RECORD.len();
    let count_at = payload_at + 4 + 2;
    let table = [
        (0, b'X', EntryError::Magic),
        (4, 0, EntryError::Kind),
        (4, 7, EntryError::Kind),
        (4, 2, EntryError::PayloadType),
        (4, 3, EntryError::Organisation),
        (14, b'T', EntryError::Organisation),
        (14, 0xff, EntryError::Organisation),
        (type_at, 0xff, EntryError::Truncated),
        (type_at + 2, 0xff, EntryError::PayloadType),
        (payload_at, 0xff, EntryError::Truncated),
        (count_at, 0, EntryError::TrailingBytes),
        (count_at, 2, EntryError::Truncated),
        (count_at, 9, EntryError::TooManySignatures),
        (count_at + 1, 2, EntryError::Algorithm),
        (count_at + 1 + 33 + 1, 63, EntryError::SignatureLength),
    ];
    for (place, byte, error) in table {
        let mut changed = good.clone();
        changed[place] = byte;
        assert_eq!(Entry::parse(&changed), Err(error), "byte {place} = {byte}");
    }
}

#[test]
fn what_follows_an_entry_is_named_before_the_rules_of_its_kind() {
    let mut bytes = entry().encode().unwrap();
    bytes[4] = EntryKind::KeyEvent.code();
    assert_eq!(Entry::parse(&bytes), Err(EntryError::PayloadType));
    bytes.push(0);
    assert_eq!(Entry::parse(&bytes), Err(EntryError::TrailingBytes));
}
