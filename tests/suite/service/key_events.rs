//! Every fault of a key event gets its own reason, and leaves the key chain as it was.

use ed25519_dalek::SigningKey;
use witnessmark_client::{Reason, SignedPayload};
use witnessmark_verifier::{
    Hash, KeyAction, KeyRole, OrgName, PAYLOAD_TYPE_KEY_EVENT, RevokeReason, key_chain_head, pae,
    sha256,
};

use super::ledger::{
    Chain, SIZE, TestLedger, device, good_record, key_events, key_id, public, registrar, revoked,
    root, signed, stranger,
};
use super::refusals::refused;

/// The organisation's chain after the events that every test ledger has.
fn chain(ledger: &TestLedger) -> Chain {
    let events = key_events(&registrar(&ledger.folder.path().join("ledger")));
    events.iter().fold(Chain::default(), |chain, event| {
        let event = sha256(&pae(&event.payload_type, &event.payload));
        let head = key_chain_head(&chain.head, &event);
        Chain {
            seq: chain.seq + 1,
            head,
        }
    })
}

/// The key that the tests try to add.
fn new_key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn add(key: &SigningKey) -> KeyAction {
    KeyAction::Add {
        key: public(key),
        role: KeyRole::Record,
        label: None,
    }
}

fn revoke(key: &SigningKey) -> KeyAction {
    let (key_id, reason) = (key_id(key), RevokeReason::Ceased);
    KeyAction::Revoke {
        key_id,
        reason,
        suspected_since: None,
    }
}

/// The genesis of another organisation.
fn genesis(keys: &[&SigningKey]) -> SignedPayload {
    let action = KeyAction::Genesis {
        threshold: 1,
        roots: vec![public(&root())],
    };
    let text = String::from_utf8(Chain::default().next(action, keys).payload).unwrap();
    let text = text.replace("org field-team", "org another-team");
    let mut event = signed(PAYLOAD_TYPE_KEY_EVENT, text.into_bytes(), keys);
    event.org = OrgName::parse("another-team").unwrap();
    event
}

async fn each_is_refused(ledger: &TestLedger, cases: Vec<(Reason, SignedPayload)>) {
    for (place, (reason, event)) in cases.into_iter().enumerate() {
        let refusal = refused(ledger.client.submit_key_event(event).await);
        assert_eq!(refusal.reason, reason, "case {place}: {refusal}");
    }
    let checkpoint = ledger.client.checkpoint().await.unwrap();
    assert_eq!(checkpoint.head().size.get(), SIZE);
}

#[tokio::test]
async fn an_event_that_is_none_or_comes_out_of_order_is_refused() {
    let ledger = TestLedger::start().await;
    let Chain { seq, head } = chain(&ledger);
    let keys = [&root(), &new_key()];
    let next = || add(&new_key());
    let good = Chain { seq, head }.next(next(), &keys);
    let text = |text: Vec<u8>| signed(PAYLOAD_TYPE_KEY_EVENT, text, &[&root()]);
    let mut other_org = good.clone();
    other_org.org = OrgName::parse("another-team").unwrap();
    let cases = vec![
        (Reason::KeyEventMalformed, text(b"hello".to_vec())),
        (
            Reason::KeyEventMalformed,
            text([good.payload, b"\n".to_vec()].concat()),
        ),
        (
            Reason::KeyEventOutOfOrder,
            Chain { seq: seq + 1, head }.next(next(), &keys),
        ),
        (
            Reason::KeyEventOutOfOrder,
            Chain { seq: seq - 1, head }.next(next(), &keys),
        ),
        (
            Reason::KeyEventOutOfOrder,
            Chain {
                seq,
                head: Hash::new([7; 32]),
            }
            .next(next(), &keys),
        ),
        (Reason::OrganisationMismatch, other_org),
        (Reason::PayloadTypeUnknown, good_record(1)),
    ];
    each_is_refused(&ledger, cases).await;
}

#[tokio::test]
async fn an_event_that_the_wrong_keys_have_signed_is_refused() {
    let ledger = TestLedger::start().await;
    let next = |action, keys: &[&SigningKey]| chain(&ledger).next(action, keys);
    let mut bad = next(revoke(&device()), &[&root()]);
    bad.signatures[0].signature[3] ^= 1;
    // An e and an accent that is put over it: the same to the eye as the one letter.
    let decomposed = KeyAction::Add {
        key: public(&new_key()),
        role: KeyRole::Record,
        label: Some("cam\u{65}\u{301}ra".to_owned()),
    };
    let cases = vec![
        (Reason::SignatureMissing, next(revoke(&device()), &[])),
        (Reason::SignatureBad, bad),
        (
            Reason::SignatureDuplicate,
            next(revoke(&device()), &[&root(), &root()]),
        ),
        (Reason::KeyUnknown, next(revoke(&device()), &[&device()])),
        (Reason::KeyUnknown, genesis(&[&root(), &stranger()])),
        (Reason::KeyEventThreshold, genesis(&[&root()])),
        (Reason::KeyEventRefused, next(add(&new_key()), &[&root()])),
        (
            Reason::KeyEventRefused,
            next(add(&revoked()), &[&root(), &revoked()]),
        ),
        (
            Reason::KeyEventRefused,
            next(decomposed, &[&root(), &new_key()]),
        ),
    ];
    each_is_refused(&ledger, cases).await;
}

#[tokio::test]
async fn a_revoked_key_signs_nothing_more() {
    let ledger = TestLedger::start().await;
    let before = ledger.log(1).await;
    let event = chain(&ledger).next(revoke(&device()), &[&root()]);
    let logged = ledger.client.submit_key_event(event).await.unwrap();
    assert_eq!(logged.index.get(), SIZE + 1);
    let refusal = refused(ledger.client.submit_record(good_record(2)).await);
    assert_eq!(refusal.reason, Reason::KeyRevoked);
    // What was logged before stays what it was.
    let again = ledger.client.submit_record(good_record(1)).await.unwrap();
    assert!(again.already_logged);
    assert_eq!(again.bytes, before.bytes);
}
