//! A charter is signed by its own registrars and by nobody else.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ed25519_dalek::{Signer, SigningKey};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Charter, CharterError, Entry, EntryKind, EntrySignature, Hash, Origin, PAYLOAD_TYPE_CHARTER,
    PublicKey, SignersError, pae,
};

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> PublicKey {
    PublicKey::admit(secret(seed).verifying_key().as_bytes()).unwrap()
}

fn charter() -> Charter {
    let origin = Origin::parse("ledger.example").unwrap();
    let mut registrars = vec![public(1), public(2), public(3)];
    registrars.sort_by_key(|key| *key.as_bytes());
    Charter {
        origin,
        created: 1,
        threshold: 2,
        registrars,
    }
}

fn entry(seeds: &[u8]) -> Entry {
    let payload = charter().encode().into_bytes();
    let message = pae(PAYLOAD_TYPE_CHARTER, &payload);
    let sign = |seed: &u8| EntrySignature {
        key_id: public(*seed).key_id(),
        signature: secret(*seed).sign(&message).to_bytes(),
    };
    Entry {
        kind: EntryKind::Charter,
        registered_at: 1,
        org: None,
        org_key_seq: 0,
        org_key_head: Hash::new([0; 32]),
        payload_type: PAYLOAD_TYPE_CHARTER.into(),
        payload,
        signatures: seeds.iter().map(sign).collect(),
    }
}

#[test]
fn a_charter_is_signed_by_its_registrars_and_nobody_else() {
    let id = |seed| public(seed).key_id();
    let table: [(&[u8], Result<Charter, CharterError>); 7] = [
        (&[1, 2], Ok(charter())),
        (&[3, 1, 2], Ok(charter())),
        (&[1], Err(CharterError::Threshold { have: 1, need: 2 })),
        (&[], Err(CharterError::Signers(SignersError::NoSignature))),
        (
            &[1, 1],
            Err(CharterError::Signers(SignersError::DuplicateSigner(id(1)))),
        ),
        (
            &[1, 2, 99],
            Err(CharterError::Signers(SignersError::UnknownKey(id(99)))),
        ),
        (
            &[1, 2, 3, 4, 5, 6, 7, 8, 9],
            Err(CharterError::Signers(SignersError::TooManySignatures)),
        ),
    ];
    for (seeds, expected) in table {
        assert_eq!(Charter::verify_entry(&entry(seeds)), expected, "{seeds:?}");
    }
}

#[test]
fn one_bad_signature_spoils_a_charter_that_has_enough_good_ones() {
    let mut bad = entry(&[1, 2, 3]);
    bad.signatures[2].signature[0] ^= 1;
    let error = CharterError::Signers(SignersError::BadSignature(public(3).key_id()));
    assert_eq!(Charter::verify_entry(&bad), Err(error));
}

#[test]
fn a_charter_is_of_its_own_kind_and_type() {
    let good = entry(&[1, 2]);
    let kind = Entry {
        kind: EntryKind::Rehash,
        ..good.clone()
    };
    assert_eq!(Charter::verify_entry(&kind), Err(CharterError::Kind));
    let payload_type = Entry {
        payload_type: "text/plain".into(),
        ..good
    };
    assert_eq!(
        Charter::verify_entry(&payload_type),
        Err(CharterError::Kind)
    );
}
