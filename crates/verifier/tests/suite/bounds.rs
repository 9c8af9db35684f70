//! Every limit is met exactly: what has this many is accepted, what has one more is refused by name.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ed25519_dalek::{Signer, SigningKey};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Charter, CharterError, ENTRY_BYTES_MAX, ENTRY_SIGNATURES_MAX, Entry, EntryError, EntryKind,
    EntrySignature, Hash, KEY_SET_MAX, KeyEvent, KeyEventError, KeyId, LABEL_BYTES_MAX, LeafIndex,
    NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, OrgName, Origin, PAYLOAD_TYPE_CHARTER,
    PROOF_EXTRA_BYTES_MAX, PROOF_HASHES_MAX, PublicKey, RecordId, SignersError, TextError,
    TlogProof, TlogProofError, TreeSize, base64, hex, pae,
};

fn public(seed: u8) -> PublicKey {
    let secret = SigningKey::from_bytes(&[seed; 32]);
    PublicKey::admit(secret.verifying_key().as_bytes()).unwrap()
}

/// The entry of a charter with twelve registrars, of whom one must sign, signed by these.
fn charter_signed_by(seeds: impl Iterator<Item = u8>) -> Entry {
    let mut registrars: Vec<PublicKey> = (1..=12).map(public).collect();
    registrars.sort_by_key(|key| *key.as_bytes());
    let charter = Charter {
        origin: Origin::parse("ledger.example").unwrap(),
        created: 1,
        threshold: 1,
        registrars,
    };
    let payload = charter.encode().into_bytes();
    let message = pae(PAYLOAD_TYPE_CHARTER, &payload);
    let sign = |seed: u8| EntrySignature {
        key_id: public(seed).key_id(),
        signature: SigningKey::from_bytes(&[seed; 32])
            .sign(&message)
            .to_bytes(),
    };
    Entry {
        kind: EntryKind::Charter,
        registered_at: 1,
        org: None,
        org_key_seq: 0,
        org_key_head: Hash::new([0; 32]),
        payload_type: PAYLOAD_TYPE_CHARTER.into(),
        payload,
        signatures: seeds.map(sign).collect(),
    }
}

#[test]
fn the_limits_are_these_numbers() {
    assert_eq!((ENTRY_BYTES_MAX, ENTRY_SIGNATURES_MAX), (65_535, 8));
    assert_eq!((KEY_SET_MAX, LABEL_BYTES_MAX), (16, 80));
    assert_eq!((NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX), (1_000_000, 100));
    assert_eq!((PROOF_EXTRA_BYTES_MAX, PROOF_HASHES_MAX), (48_000, 63));
}

#[test]
fn eight_signatures_are_checked_and_nine_are_not() {
    let eight = charter_signed_by(1..=8);
    assert_eq!(eight.signatures.len(), ENTRY_SIGNATURES_MAX);
    assert!(Charter::verify_entry(&eight).is_ok());
    let error = CharterError::Signers(SignersError::TooManySignatures);
    assert_eq!(Charter::verify_entry(&charter_signed_by(1..=9)), Err(error));
    // They are counted before they are told apart.
    let error = CharterError::Signers(SignersError::TooManySignatures);
    let twice = charter_signed_by((1..=8).chain([1]));
    assert_eq!(Charter::verify_entry(&twice), Err(error));
    // In the bytes of an entry: eight are read, and a count of nine is refused though nine follow.
    let mut bytes = eight.encode().unwrap();
    assert_eq!(Entry::parse(&bytes), Ok(eight));
    let signature = 1 + 32 + 2 + 64;
    let count = bytes.len() - 8 * signature - 1;
    bytes[count] += 1;
    bytes.extend_from_within(bytes.len() - signature..);
    assert_eq!(Entry::parse(&bytes), Err(EntryError::TooManySignatures));
}

#[test]
fn a_text_has_as_many_bytes_as_an_entry() {
    // Not too long, so it is read, and its first line is wrong.
    let line = KeyEventError::Text(TextError::Line(1));
    assert_eq!(KeyEvent::parse(&vec![b'\n'; ENTRY_BYTES_MAX]), Err(line));
    let long = KeyEventError::Text(TextError::TooLong);
    let bytes = vec![b'\n'; ENTRY_BYTES_MAX + 1];
    assert_eq!(KeyEvent::parse(&bytes), Err(long));
    let long = CharterError::Malformed(TextError::TooLong);
    assert_eq!(Charter::parse(&bytes), Err(long));
}

#[test]
fn a_log_has_a_name_of_255_bytes_and_an_organisation_of_63() {
    assert!(Origin::parse(&"a".repeat(255)).is_ok());
    assert!(Origin::parse(&"a".repeat(256)).is_err());
    assert!(OrgName::parse(&"a".repeat(63)).is_ok());
    assert!(OrgName::parse(&"a".repeat(64)).is_err());
}

#[test]
fn a_proof_file_has_63_hashes_and_48_000_bytes_of_extra_data() {
    let hash = base64::encode(&[7; 32]);
    let file = |extra: usize, hashes: usize| {
        let extra = base64::encode(&vec![1; extra]);
        let hashes = format!("{hash}\n").repeat(hashes);
        let note = format!("log\n5\n{hash}\n\n\u{2014} log AAAAAAA=\n");
        format!("c2sp.org/tlog-proof@v1\nextra {extra}\nindex 0\n{hashes}\n{note}")
    };
    let most = file(PROOF_EXTRA_BYTES_MAX, PROOF_HASHES_MAX);
    let proof = TlogProof::parse(&most).unwrap();
    assert_eq!(proof.extra.unwrap().len(), PROOF_EXTRA_BYTES_MAX);
    assert_eq!(proof.inclusion.hashes().len(), PROOF_HASHES_MAX);
    let long = file(PROOF_EXTRA_BYTES_MAX + 1, 0);
    assert_eq!(TlogProof::parse(&long), Err(TlogProofError::Extra));
    let long = file(1, PROOF_HASHES_MAX + 1);
    assert_eq!(TlogProof::parse(&long), Err(TlogProofError::TooManyHashes));
}

#[test]
fn hashes_and_keys_are_shown_as_hex_wherever_they_are_shown() {
    let seven = "07".repeat(32);
    let hash = Hash::new([7; 32]);
    assert_eq!(
        (format!("{hash}"), format!("{hash:?}")),
        (seven.clone(), seven.clone())
    );
    let id = KeyId::new(hash);
    assert_eq!(
        (id.to_string(), format!("{id:?}")),
        (seven.clone(), format!("KeyId({seven})"))
    );
    let key = public(1);
    let shown = hex::encode(key.as_bytes());
    assert_eq!(format!("{key:?}"), shown);
    let record = RecordId::new(hash);
    assert_eq!(record.to_string(), seven);
    let number = LeafIndex::new(12);
    let size = TreeSize::new(13);
    assert_eq!(
        (number.to_string(), size.to_string()),
        ("12".into(), "13".into())
    );
}
