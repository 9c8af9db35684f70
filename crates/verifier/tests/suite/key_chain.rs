//! Who may sign: every rule of a key chain, kept and broken.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod records;

use ed25519_dalek::{Signer, SigningKey};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Charter, Entry, EntryKind, EntrySignature, Hash, KeyAction, KeyChain, KeyChainError, KeyEvent,
    KeyEventError, KeyId, KeyRole, OrgName, Origin, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD,
    PublicKey, RevokeReason, SignersError, pae,
};

const REGISTRARS: [u8; 2] = [1, 2];
const ROOTS: [u8; 3] = [11, 12, 13];
const DEVICE: u8 = 21;
const OFFICER: u8 = 22;
const STRANGER: u8 = 99;

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> PublicKey {
    PublicKey::admit(secret(seed).verifying_key().as_bytes()).unwrap()
}

fn id(seed: u8) -> KeyId {
    public(seed).key_id()
}

fn set(seeds: &[u8]) -> Vec<PublicKey> {
    let mut keys: Vec<PublicKey> = seeds.iter().copied().map(public).collect();
    keys.sort_by_key(|key| *key.as_bytes());
    keys
}

fn sign(payload_type: &str, payload: &[u8], seeds: &[u8]) -> Vec<EntrySignature> {
    let message = pae(payload_type, payload);
    let sign = |seed: &u8| EntrySignature {
        key_id: id(*seed),
        signature: secret(*seed).sign(&message).to_bytes(),
    };
    seeds.iter().map(sign).collect()
}

fn org() -> OrgName {
    OrgName::parse("team").unwrap()
}

fn charter() -> Charter {
    let origin = Origin::parse("ledger.example").unwrap();
    let registrars = set(&REGISTRARS);
    Charter {
        origin,
        created: 1,
        threshold: 2,
        registrars,
    }
}

/// The event that comes next in `chain`.
fn next(chain: &KeyChain, action: KeyAction) -> KeyEvent {
    let (seq, prev) = (chain.seq() + 1, chain.head());
    KeyEvent {
        org: org(),
        seq,
        prev,
        time: 5,
        action,
    }
}

fn signed(event: &KeyEvent, seeds: &[u8]) -> (Vec<u8>, Vec<EntrySignature>) {
    let payload = event.encode().into_bytes();
    let signatures = sign(PAYLOAD_TYPE_KEY_EVENT, &payload, seeds);
    (payload, signatures)
}

fn check(chain: &KeyChain, event: &KeyEvent, seeds: &[u8]) -> Result<KeyEvent, KeyChainError> {
    let (payload, signatures) = signed(event, seeds);
    chain.check_event(&charter(), &payload, &signatures)
}

fn apply(chain: &mut KeyChain, action: KeyAction, seeds: &[u8]) {
    let event = next(chain, action);
    let (payload, signatures) = signed(&event, seeds);
    assert_eq!(chain.apply(&charter(), &payload, &signatures), Ok(event));
}

fn genesis() -> KeyAction {
    KeyAction::Genesis {
        threshold: 2,
        roots: set(&ROOTS),
    }
}

fn add(seed: u8, role: KeyRole) -> KeyAction {
    KeyAction::Add {
        key: public(seed),
        role,
        label: None,
    }
}

fn revoke(seed: u8) -> KeyAction {
    let reason = RevokeReason::Compromised;
    KeyAction::Revoke {
        key_id: id(seed),
        reason,
        suspected_since: Some(4),
    }
}

/// A chain with a recording device and a countersigning officer.
fn team() -> KeyChain {
    let mut chain = KeyChain::new(org());
    apply(&mut chain, genesis(), &[11, 12, 1, 2]);
    apply(&mut chain, add(DEVICE, KeyRole::Record), &[11, 13, DEVICE]);
    apply(
        &mut chain,
        add(OFFICER, KeyRole::Countersign),
        &[12, 13, OFFICER],
    );
    chain
}

fn check_record(chain: &KeyChain, seeds: &[u8]) -> Result<(), KeyChainError> {
    chain.check_record(
        PAYLOAD_TYPE_RECORD,
        b"record",
        &sign(PAYLOAD_TYPE_RECORD, b"record", seeds),
    )
}

fn record_entry(chain: &KeyChain) -> Entry {
    Entry {
        kind: EntryKind::Record,
        registered_at: 7,
        org: Some(org()),
        org_key_seq: chain.seq(),
        org_key_head: chain.head(),
        payload_type: PAYLOAD_TYPE_RECORD.into(),
        payload: b"record".to_vec(),
        signatures: sign(PAYLOAD_TYPE_RECORD, b"record", &[DEVICE]),
    }
}

#[test]
fn a_genesis_needs_its_roots_and_the_registrars() {
    use KeyChainError::{RegistrarThreshold, Threshold};
    let chain = KeyChain::new(org());
    let event = next(&chain, genesis());
    let table: [(&[u8], Option<KeyChainError>); 8] = [
        (&[11, 12, 1, 2], None),
        (&[2, 13, 1, 11, 12], None),
        (&[11, 1, 2], Some(Threshold { have: 1, need: 2 })),
        (&[1, 2], Some(Threshold { have: 0, need: 2 })),
        (&[11, 12, 1], Some(RegistrarThreshold { have: 1, need: 2 })),
        (&[11, 12, 13], Some(RegistrarThreshold { have: 0, need: 2 })),
        (
            &[11, 12, 1, 2, STRANGER],
            Some(KeyChainError::Signers(SignersError::UnknownKey(id(
                STRANGER,
            )))),
        ),
        (&[], Some(KeyChainError::Signers(SignersError::NoSignature))),
    ];
    for (seeds, error) in table {
        assert_eq!(check(&chain, &event, seeds).err(), error, "{seeds:?}");
    }
}

#[test]
fn a_key_is_added_by_the_roots_and_by_itself() {
    use KeyChainError::{Possession, Threshold};
    let chain = team();
    let event = next(&chain, add(31, KeyRole::Record));
    let table: [(&[u8], Option<KeyChainError>); 6] = [
        (&[11, 12, 31], None),
        (&[11, 12, 13], Some(Possession(id(31)))),
        (&[11, 31], Some(Threshold { have: 1, need: 2 })),
        (
            &[31, DEVICE],
            Some(KeyChainError::Signers(SignersError::UnknownKey(id(DEVICE)))),
        ),
        (
            &[11, 12, 31, 1],
            Some(KeyChainError::Signers(SignersError::UnknownKey(id(1)))),
        ),
        (
            &[11, 12, 31, STRANGER],
            Some(KeyChainError::Signers(SignersError::UnknownKey(id(
                STRANGER,
            )))),
        ),
    ];
    for (seeds, error) in table {
        assert_eq!(check(&chain, &event, seeds).err(), error, "{seeds:?}");
    }
}

#[test]
fn a_root_that_is_added_as_a_key_signs_once_for_both() {
    let chain = team();
    let event = next(&chain, add(11, KeyRole::Record));
    check(&chain, &event, &[11, 12]).unwrap();
    let error = KeyChainError::Threshold { have: 1, need: 2 };
    assert_eq!(check(&chain, &event, &[11]), Err(error));
}

#[test]
fn a_key_is_added_once_ever() {
    let mut chain = team();
    let again = |chain: &KeyChain| {
        let event = next(chain, add(DEVICE, KeyRole::Countersign));
        check(chain, &event, &[11, 12, DEVICE])
    };
    let error = KeyChainError::KeyAlreadyAdded(id(DEVICE));
    assert_eq!(again(&chain), Err(error.clone()));
    apply(&mut chain, revoke(DEVICE), &[11, 12]);
    assert_eq!(again(&chain), Err(error.clone()));
}

#[test]
fn a_key_is_revoked_by_the_roots_alone_and_once() {
    let mut chain = team();
    let event = next(&chain, revoke(DEVICE));
    let short = Err(KeyChainError::Threshold { have: 1, need: 2 });
    assert_eq!(check(&chain, &event, &[11]), short);
    let stranger = Err(KeyChainError::Signers(SignersError::UnknownKey(id(DEVICE))));
    assert_eq!(check(&chain, &event, &[11, 12, DEVICE]), stranger);
    let verdict = check(&chain, &next(&chain, revoke(STRANGER)), &[11, 12]);
    assert_eq!(
        verdict,
        Err(KeyChainError::Signers(SignersError::UnknownKey(id(
            STRANGER
        ))))
    );

    apply(&mut chain, revoke(DEVICE), &[11, 12]);
    let revoked = chain.key(&id(DEVICE)).unwrap().revoked.unwrap();
    assert_eq!((revoked.seq, revoked.suspected_since), (4, Some(4)));
    let verdict = check(&chain, &next(&chain, revoke(DEVICE)), &[11, 12]);
    assert_eq!(verdict, Err(KeyChainError::RevokedKey(id(DEVICE))));
}

#[test]
fn roots_are_replaced_by_the_roots_before_them() {
    use KeyChainError::Threshold;
    let mut chain = team();
    let rotate = KeyAction::RotateRoot {
        threshold: 1,
        roots: set(&[14, 15]),
    };
    let event = next(&chain, rotate.clone());
    let table: [(&[u8], Option<KeyChainError>); 5] = [
        (&[11, 12], None),
        (&[11, 12, 14], None),
        (&[11, 14, 15], Some(Threshold { have: 1, need: 2 })),
        (&[14, 15], Some(Threshold { have: 0, need: 2 })),
        (
            &[11, 12, STRANGER],
            Some(KeyChainError::Signers(SignersError::UnknownKey(id(
                STRANGER,
            )))),
        ),
    ];
    for (seeds, error) in table {
        assert_eq!(check(&chain, &event, seeds).err(), error, "{seeds:?}");
    }
    apply(&mut chain, rotate, &[11, 12]);
    assert_eq!(
        (chain.threshold(), chain.roots()),
        (1, set(&[14, 15]).as_slice())
    );
    let verdict = check(&chain, &next(&chain, revoke(DEVICE)), &[11, 12]);
    assert_eq!(
        verdict,
        Err(KeyChainError::Signers(SignersError::UnknownKey(id(11))))
    );
    apply(&mut chain, revoke(DEVICE), &[15]);
}

#[test]
fn an_event_follows_the_one_before_it() {
    let chain = team();
    let good = next(&chain, revoke(DEVICE));
    for seq in [2, 3, 5] {
        let event = KeyEvent {
            seq,
            ..good.clone()
        };
        let error = KeyChainError::WrongSeq {
            have: 3,
            found: seq,
        };
        assert_eq!(check(&chain, &event, &[11, 12]), Err(error));
    }
    let event = KeyEvent {
        prev: Hash::new([7; 32]),
        ..good.clone()
    };
    assert_eq!(
        check(&chain, &event, &[11, 12]),
        Err(KeyChainError::WrongPrev)
    );
    let event = KeyEvent {
        org: OrgName::parse("others").unwrap(),
        ..good
    };
    assert_eq!(
        check(&chain, &event, &[11, 12]),
        Err(KeyChainError::OrgMismatch)
    );

    let second_genesis = next(&chain, genesis());
    let error = KeyChainError::Malformed(KeyEventError::Seq);
    assert_eq!(check(&chain, &second_genesis, &[11, 12, 1, 2]), Err(error));
    let event = KeyEvent {
        seq: 2,
        ..next(&KeyChain::new(org()), revoke(DEVICE))
    };
    let error = KeyChainError::WrongSeq { have: 0, found: 2 };
    assert_eq!(check(&KeyChain::new(org()), &event, &[11, 12]), Err(error));
}

#[test]
fn an_event_with_one_bad_or_repeated_signature_is_refused_and_changes_nothing() {
    let mut chain = team();
    let before = chain.clone();
    let payload = next(&chain, revoke(DEVICE)).encode().into_bytes();
    // The threshold is met without the third root, but nothing unexplained goes in.
    let mut signatures = sign(PAYLOAD_TYPE_KEY_EVENT, &payload, &[11, 12, 13]);
    signatures[2].signature[40] ^= 1;
    let error = KeyChainError::Signers(SignersError::BadSignature(id(13)));
    assert_eq!(chain.apply(&charter(), &payload, &signatures), Err(error));

    let signatures = sign(PAYLOAD_TYPE_KEY_EVENT, &payload, &[11, 11]);
    let error = KeyChainError::Signers(SignersError::DuplicateSigner(id(11)));
    assert_eq!(chain.apply(&charter(), &payload, &signatures), Err(error));

    // Signed as a record, the same bytes are no event.
    let signatures = sign(PAYLOAD_TYPE_RECORD, &payload, &[11, 12]);
    let error = KeyChainError::Signers(SignersError::BadSignature(id(11)));
    assert_eq!(chain.apply(&charter(), &payload, &signatures), Err(error));
    assert_eq!(chain, before);
}

#[test]
fn an_event_is_logged_with_the_chain_it_makes() {
    let mut chain = team();
    let before = chain.clone();
    let mut after = team();
    apply(&mut after, revoke(DEVICE), &[11, 12]);
    let payload = next(&chain, revoke(DEVICE)).encode().into_bytes();
    let good = Entry {
        kind: EntryKind::KeyEvent,
        registered_at: 7,
        org: Some(org()),
        org_key_seq: 4,
        org_key_head: after.head(),
        payload_type: PAYLOAD_TYPE_KEY_EVENT.into(),
        signatures: sign(PAYLOAD_TYPE_KEY_EVENT, &payload, &[11, 12]),
        payload,
    };
    let untyped = Entry {
        payload_type: PAYLOAD_TYPE_RECORD.into(),
        ..good.clone()
    };
    let head = KeyChainError::HeadMismatch;
    let other = Some(OrgName::parse("others").unwrap());
    let table = [
        (
            Entry {
                org_key_seq: 3,
                ..good.clone()
            },
            head.clone(),
        ),
        (
            Entry {
                org_key_head: before.head(),
                ..good.clone()
            },
            head.clone(),
        ),
        (
            Entry {
                org: other,
                ..good.clone()
            },
            KeyChainError::OrgMismatch,
        ),
        (
            Entry {
                org: None,
                ..good.clone()
            },
            KeyChainError::OrgMismatch,
        ),
        (
            Entry {
                kind: EntryKind::Record,
                ..good.clone()
            },
            KeyChainError::WrongKind,
        ),
        (untyped, KeyChainError::WrongPayloadType),
    ];
    for (entry, error) in table {
        assert_eq!(chain.apply_entry(&charter(), &entry), Err(error));
        assert_eq!(chain, before);
    }
    chain.apply_entry(&charter(), &good).unwrap();
    assert_eq!(chain, after);
}
