//! A ledger's key chains: what replay, admission and sequencing say of the same submissions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ed25519_dalek::{Signer, SigningKey};
use witnessmark_keychain::{Keychain, KeychainError, Submission};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Charter, CharterError, Entry, EntryKind, EntrySignature, Hash, KeyAction, KeyChain,
    KeyChainError, KeyEvent, KeyId, KeyRole, OrgName, Origin, PAYLOAD_TYPE_CHARTER,
    PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD, PublicKey, RevokeReason, SignersError, pae,
};

const REGISTRAR: u8 = 1;
const ROOT: u8 = 11;
const DEVICE: u8 = 21;
const SPARE: u8 = 22;

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> PublicKey {
    PublicKey::admit(secret(seed).verifying_key().as_bytes()).unwrap()
}

fn id(seed: u8) -> KeyId {
    public(seed).key_id()
}

fn sign(payload_type: &str, payload: &[u8], seeds: &[u8]) -> Vec<EntrySignature> {
    let message = pae(payload_type, payload);
    let sign = |seed: &u8| EntrySignature {
        key_id: id(*seed),
        signature: secret(*seed).sign(&message).to_bytes(),
    };
    seeds.iter().map(sign).collect()
}

fn org(name: &str) -> OrgName {
    OrgName::parse(name).unwrap()
}

fn submission(name: &str, payload_type: &str, payload: &[u8], seeds: &[u8]) -> Submission {
    Submission {
        org: org(name),
        payload_type: payload_type.into(),
        payload: payload.to_vec(),
        signatures: sign(payload_type, payload, seeds),
    }
}

fn record(name: &str, seeds: &[u8]) -> Submission {
    submission(name, PAYLOAD_TYPE_RECORD, b"record", seeds)
}

/// The next event of an organisation as `keychain` knows it.
fn event(keychain: &Keychain, name: &str, action: KeyAction, seeds: &[u8]) -> Submission {
    let unknown = KeyChain::new(org(name));
    let chain = keychain.organisation(&org(name)).unwrap_or(&unknown);
    let (seq, prev) = (chain.seq() + 1, chain.head());
    let event = KeyEvent {
        org: org(name),
        seq,
        prev,
        time: 5,
        action,
    };
    submission(
        name,
        PAYLOAD_TYPE_KEY_EVENT,
        event.encode().as_bytes(),
        seeds,
    )
}

fn genesis(keychain: &Keychain, name: &str) -> Submission {
    let action = KeyAction::Genesis {
        threshold: 1,
        roots: vec![public(ROOT)],
    };
    event(keychain, name, action, &[ROOT, REGISTRAR])
}

fn add(keychain: &Keychain, name: &str, seed: u8) -> Submission {
    let action = KeyAction::Add {
        key: public(seed),
        role: KeyRole::Record,
        label: None,
    };
    event(keychain, name, action, &[ROOT, seed])
}

fn revoke(keychain: &Keychain, name: &str, seed: u8) -> Submission {
    let reason = RevokeReason::Lost;
    let action = KeyAction::Revoke {
        key_id: id(seed),
        reason,
        suspected_since: None,
    };
    event(keychain, name, action, &[ROOT])
}

fn charter_entry() -> Entry {
    let origin = Origin::parse("ledger.example").unwrap();
    let registrars = vec![public(REGISTRAR)];
    let charter = Charter {
        origin,
        created: 1,
        threshold: 1,
        registrars,
    };
    let payload = charter.encode().into_bytes();
    Entry {
        kind: EntryKind::Charter,
        registered_at: 1,
        org: None,
        org_key_seq: 0,
        org_key_head: Hash::new([0; 32]),
        payload_type: PAYLOAD_TYPE_CHARTER.into(),
        signatures: sign(PAYLOAD_TYPE_CHARTER, &payload, &[REGISTRAR]),
        payload,
    }
}

fn entry(kind: EntryKind, submission: &Submission, state: (u32, Hash)) -> Entry {
    Entry {
        kind,
        registered_at: 2,
        org: Some(submission.org.clone()),
        org_key_seq: state.0,
        org_key_head: state.1,
        payload_type: submission.payload_type.clone(),
        payload: submission.payload.clone(),
        signatures: submission.signatures.clone(),
    }
}

fn record_entry(keychain: &Keychain, submission: &Submission) -> Entry {
    let chain = keychain.organisation(&submission.org).unwrap();
    entry(EntryKind::Record, submission, (chain.seq(), chain.head()))
}

/// A ledger in memory: what sequencing makes, so that replay can be asked to make the same.
struct Ledger {
    keychain: Keychain,
    entries: Vec<Entry>,
}

impl Ledger {
    fn new() -> Self {
        let mut keychain = Keychain::new();
        keychain.replay(0, &charter_entry()).unwrap();
        Self {
            keychain,
            entries: vec![charter_entry()],
        }
    }

    /// Admits and sequences a key event.
    fn push(&mut self, submit: impl FnOnce(&Keychain) -> Submission) {
        let submission = submit(&self.keychain);
        let checked = self.keychain.check_key_event(submission.clone()).unwrap();
        let state = self.keychain.apply_key_event(&checked).unwrap();
        self.entries
            .push(entry(EntryKind::KeyEvent, &submission, state));
    }

    fn team() -> Self {
        let mut ledger = Self::new();
        ledger.push(|keychain| genesis(keychain, "team"));
        ledger.push(|keychain| add(keychain, "team", DEVICE));
        ledger.push(|keychain| add(keychain, "team", SPARE));
        ledger
    }
}

#[test]
fn replaying_the_entries_makes_the_same_chains_as_sequencing_them() {
    let mut ledger = Ledger::team();
    let checked = ledger
        .keychain
        .check_record(record("team", &[DEVICE]))
        .unwrap();
    ledger
        .entries
        .push(record_entry(&ledger.keychain, checked.submission()));
    ledger.push(|keychain| genesis(keychain, "panel"));
    ledger.push(|keychain| revoke(keychain, "team", DEVICE));

    let mut replayed = Keychain::new();
    for (index, entry) in (0..).zip(&ledger.entries) {
        replayed.replay(index, entry).unwrap();
    }
    assert_eq!(replayed.charter(), ledger.keychain.charter());
    assert!(replayed.organisations().eq(ledger.keychain.organisations()));
    let names: Vec<&str> = replayed
        .organisations()
        .map(|chain| chain.org().as_str())
        .collect();
    assert_eq!(names, ["panel", "team"]);
    assert_eq!(replayed.organisation(&org("team")).unwrap().seq(), 4);
}

#[test]
fn an_entry_left_out_moved_or_repeated_is_noticed_at_replay() {
    let mut ledger = Ledger::team();
    let checked = ledger
        .keychain
        .check_record(record("team", &[DEVICE]))
        .unwrap();
    ledger
        .entries
        .push(record_entry(&ledger.keychain, checked.submission()));
    let good = ledger.entries;
    let replay = |entries: &[Entry]| {
        let mut keychain = Keychain::new();
        (0..)
            .zip(entries)
            .try_for_each(|(index, entry)| keychain.replay(index, entry))
    };
    assert_eq!(replay(&good), Ok(()));
    for place in 0..good.len() - 1 {
        let mut cut = good.clone();
        cut.remove(place);
        assert!(replay(&cut).is_err(), "without entry {place}");
        let mut swapped = good.clone();
        swapped.swap(place, place + 1);
        assert!(replay(&swapped).is_err(), "entry {place} after the next");
        let mut doubled = good.clone();
        doubled.insert(place, good[place].clone());
        assert!(replay(&doubled).is_err(), "entry {place} twice");
    }
}

#[test]
fn a_refused_entry_leaves_the_chains_alone() {
    let ledger = Ledger::team();
    let bad_event = |change: fn(&mut Entry)| {
        let submission = revoke(&ledger.keychain, "team", DEVICE);
        let mut after = ledger.keychain.clone();
        let checked = after.check_key_event(submission.clone()).unwrap();
        let state = after.apply_key_event(&checked).unwrap();
        let mut entry = entry(EntryKind::KeyEvent, &submission, state);
        change(&mut entry);
        entry
    };
    let unsigned = bad_event(|entry| entry.signatures[0].signature[0] ^= 1);
    let head = bad_event(|entry| entry.org_key_head = Hash::new([7; 32]));
    let nobody = bad_event(|entry| entry.org = None);
    let mut stale = record_entry(&ledger.keychain, &record("team", &[DEVICE]));
    stale.org_key_seq -= 1;
    let mut unknown = stale.clone();
    unknown.org = Some(org("panel"));
    let keys = KeychainError::Keys;
    let table = [
        (
            4,
            unsigned,
            keys(KeyChainError::Signers(SignersError::BadSignature(id(ROOT)))),
        ),
        (4, head, keys(KeyChainError::HeadMismatch)),
        (4, nobody, KeychainError::NoOrganisation),
        (4, stale.clone(), keys(KeyChainError::HeadMismatch)),
        (4, unknown, KeychainError::UnknownOrganisation(org("panel"))),
        (4, charter_entry(), KeychainError::CharterPlace(4)),
        (0, stale, KeychainError::Charter(CharterError::Kind)),
    ];
    for (index, entry, error) in table {
        let mut keychain = ledger.keychain.clone();
        assert_eq!(keychain.replay(index, &entry), Err(error));
        assert_eq!(keychain.charter(), ledger.keychain.charter());
        assert!(keychain.organisations().eq(ledger.keychain.organisations()));
    }
}

#[test]
fn without_a_charter_nobody_is_admitted() {
    let mut keychain = Keychain::new();
    let submission = genesis(&keychain, "team");
    let error = Err(KeychainError::NoCharter);
    assert_eq!(keychain.check_key_event(submission).map(|_| ()), error);
    let checked = Ledger::new()
        .keychain
        .check_key_event(genesis(&keychain, "team"))
        .unwrap();
    assert_eq!(keychain.apply_key_event(&checked).map(|_| ()), error);
    let entry = entry(
        EntryKind::KeyEvent,
        checked.submission(),
        (1, Hash::new([0; 32])),
    );
    assert_eq!(keychain.replay(1, &entry), error);
}

#[test]
fn a_refused_genesis_admits_nobody() {
    let mut ledger = Ledger::new();
    let mut submission = genesis(&ledger.keychain, "team");
    let checked = ledger.keychain.check_key_event(submission.clone()).unwrap();
    submission.signatures.pop();
    let error = KeyChainError::RegistrarThreshold { have: 0, need: 1 };
    let verdict = ledger.keychain.check_key_event(submission).map(|_| ());
    assert_eq!(verdict, Err(KeychainError::Keys(error)));
    assert_eq!(ledger.keychain.organisations().count(), 0);

    let mut bad = entry(
        EntryKind::KeyEvent,
        checked.submission(),
        (1, Hash::new([0; 32])),
    );
    bad.org_key_seq = 9;
    ledger.keychain.replay(1, &bad).unwrap_err();
    assert_eq!(ledger.keychain.organisations().count(), 0);
}

#[test]
fn a_submission_is_checked_before_it_is_believed() {
    let keychain = Ledger::team().keychain;
    let keys = |error| Err(KeychainError::Keys(error));
    let check = |submission| keychain.check_record(submission).map(|_| ());
    assert_eq!(check(record("team", &[DEVICE])), Ok(()));
    assert_eq!(check(record("team", &[DEVICE, SPARE])), Ok(()));
    let unknown = Err(KeychainError::UnknownOrganisation(org("panel")));
    assert_eq!(check(record("panel", &[DEVICE])), unknown);
    assert_eq!(
        check(record("team", &[ROOT])),
        keys(KeyChainError::Signers(SignersError::UnknownKey(id(ROOT))))
    );
    assert_eq!(
        check(record("team", &[])),
        keys(KeyChainError::Signers(SignersError::NoSignature))
    );
    let mut changed = record("team", &[DEVICE]);
    changed.payload.push(0);
    assert_eq!(
        check(changed),
        keys(KeyChainError::Signers(SignersError::BadSignature(id(
            DEVICE
        ))))
    );

    let event = submission("team", PAYLOAD_TYPE_KEY_EVENT, b"record", &[DEVICE]);
    assert_eq!(check(event), keys(KeyChainError::WrongPayloadType));
    let mut typed = revoke(&keychain, "team", DEVICE);
    typed.payload_type = PAYLOAD_TYPE_RECORD.into();
    let verdict = keychain.check_key_event(typed).map(|_| ());
    assert_eq!(verdict, keys(KeyChainError::WrongPayloadType));
}

#[test]
fn a_checked_submission_is_what_was_submitted() {
    let keychain = Ledger::team().keychain;
    let record = record("team", &[DEVICE]);
    let checked = keychain.check_record(record.clone()).unwrap();
    assert_eq!(
        (checked.submission(), checked.record_id()),
        (&record, record.record_id())
    );
    let event = revoke(&keychain, "team", DEVICE);
    let checked = keychain.check_key_event(event.clone()).unwrap();
    assert_eq!(
        (checked.submission(), checked.record_id()),
        (&event, event.record_id())
    );
    assert_eq!(checked.event().seq, 4);
}

#[test]
fn a_key_revoked_between_check_and_sequencing_is_noticed() {
    let mut ledger = Ledger::team();
    let by_device = ledger
        .keychain
        .check_record(record("team", &[DEVICE]))
        .unwrap();
    let by_spare = ledger
        .keychain
        .check_record(record("team", &[SPARE]))
        .unwrap();
    assert_eq!(ledger.keychain.recheck(&by_device), Ok(()));
    ledger.push(|keychain| revoke(keychain, "team", DEVICE));
    let error = KeychainError::Keys(KeyChainError::RevokedKey(id(DEVICE)));
    assert_eq!(ledger.keychain.recheck(&by_device), Err(error));
    assert_eq!(ledger.keychain.recheck(&by_spare), Ok(()));
    let unknown = KeychainError::UnknownOrganisation(org("team"));
    assert_eq!(Ledger::new().keychain.recheck(&by_spare), Err(unknown));
}

#[test]
fn of_two_events_for_the_same_place_one_is_taken() {
    let mut ledger = Ledger::team();
    let first = revoke(&ledger.keychain, "team", DEVICE);
    let other = revoke(&ledger.keychain, "team", SPARE);
    let first = ledger.keychain.check_key_event(first).unwrap();
    let other = ledger.keychain.check_key_event(other).unwrap();
    let (seq, head) = ledger.keychain.apply_key_event(&first).unwrap();
    let chain = ledger.keychain.organisation(&org("team")).unwrap();
    assert_eq!((seq, head), (chain.seq(), chain.head()));
    let error = KeychainError::Keys(KeyChainError::WrongSeq { have: 4, found: 4 });
    assert_eq!(ledger.keychain.apply_key_event(&other), Err(error));
    assert_eq!(
        ledger.keychain.organisation(&org("team")).unwrap().head(),
        head
    );
}

#[test]
fn a_clone_keeps_the_state_of_its_time() {
    let mut ledger = Ledger::team();
    let before = ledger.keychain.clone();
    ledger.push(|keychain| revoke(keychain, "team", DEVICE));
    assert_eq!(before.organisation(&org("team")).unwrap().seq(), 3);
    assert!(before.check_record(record("team", &[DEVICE])).is_ok());
    assert!(
        ledger
            .keychain
            .check_record(record("team", &[DEVICE]))
            .is_err()
    );
}

#[test]
fn a_key_is_kept_as_its_point_so_that_no_record_pays_for_its_decompression() {
    // Four coordinates of 32 bytes or more beside the 32 bytes of the encoding.
    assert!(size_of::<PublicKey>() >= 32 + 4 * 32);
}
