//! Charters and key chains: an event or a record is accepted exactly when a model of the rules accepts it; an accepted text is
//! encoded to the same bytes; with a changed bit in payload or signatures nothing is accepted.
//!
//! The model is sets of seeds; it knows no hash and no signature.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Charter, Entry, EntryKind, EntrySignature, Hash, KeyAction, KeyChain, KeyEvent, KeyRole,
    OrgName, Origin, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD, PublicKey, RevokeReason,
};

use crate::input::{self, Input};
use crate::keys::{public, sign};
use crate::memory;

/// Every seed of a key. Registrars, roots, record keys and strangers are drawn from them.
const SEEDS: u8 = 12;
const REGISTRARS: [u8; 2] = [0, 1];

/// What the model knows of the chain.
#[derive(Clone, Default)]
struct Model {
    seq: u32,
    need: usize,
    roots: BTreeSet<u8>,
    /// The role of each key ever added, and whether it is active.
    keys: BTreeMap<u8, (KeyRole, bool)>,
}

/// Checks all that is said above on one input: as a text, and as the choices for a history.
///
/// # Panics
///
/// When it does not hold.
pub fn check(data: &[u8]) {
    text(data);
    history(&mut Input::new(data));
}

fn text(data: &[u8]) {
    let event = memory::bounded(data, 8_192, 16, || KeyEvent::parse(data));
    if let Ok(event) = event {
        assert_eq!(event.encode().as_bytes(), data);
        for bit in input::some_bits(data) {
            let other = input::flipped(data, bit);
            assert_ne!(KeyEvent::parse(&other), Ok(event.clone()), "bit {bit}");
        }
    }
    let charter = memory::bounded(data, 8_192, 16, || Charter::parse(data));
    if let Ok(charter) = charter {
        assert_eq!(charter.encode().as_bytes(), data);
    }
}

fn history(input: &mut Input<'_>) {
    let charter = Charter {
        origin: Origin::parse("log.example").expect("an origin"),
        created: 0,
        threshold: 1 + input.byte() % 2,
        registrars: keys(REGISTRARS),
    };
    let org = OrgName::parse("team").expect("a name");
    let mut chain = KeyChain::new(org.clone());
    let mut model = Model::default();
    for _ in 0..input.below(8) {
        let action = action(input);
        let event = KeyEvent {
            org: org.clone(),
            // Mostly the number and the head that come next.
            seq: chain.seq() + 1 + u32::from(input.byte() == 255),
            prev: if input.byte() == 255 {
                Hash::new([9; 32])
            } else {
                chain.head()
            },
            time: 7,
            action,
        };
        let is_next = event.seq == chain.seq() + 1 && event.prev == chain.head();
        let signers = signers(input);
        let payload = event.encode().into_bytes();
        let signatures: Vec<_> = signers
            .iter()
            .map(|seed| sign(*seed, PAYLOAD_TYPE_KEY_EVENT, &payload))
            .collect();
        let is_text = KeyEvent::parse(&payload).is_ok();
        let after = model.after(&event.action, &signers, usize::from(charter.threshold));
        let before = chain.clone();
        let verdict = chain.apply(&charter, &payload, &signatures);
        assert_eq!(
            verdict.is_ok(),
            is_text && is_next && after.is_some(),
            "{event:?} by {signers:?}: {verdict:?}"
        );
        if verdict.is_err() {
            assert_eq!(chain, before);
            continue;
        }
        for bit in input::some_bits(&payload) {
            let other = input::flipped(&payload, bit);
            assert!(
                before.check_event(&charter, &other, &signatures).is_err(),
                "bit {bit}"
            );
        }
        for bad in spoiled(&signatures, input) {
            assert!(before.check_event(&charter, &payload, &bad).is_err());
        }
        model = after.expect("accepted");
        assert_eq!(
            (chain.seq(), chain.roots().len()),
            (model.seq, model.roots.len())
        );
        assert_eq!(chain.keys().count(), model.keys.len());
        record(&chain, &model, input);
    }
}

/// One record by some signers, under the chain and under the part of it that they need.
fn record(chain: &KeyChain, model: &Model, input: &mut Input<'_>) {
    let signers = signers(input);
    let payload = vec![input.byte(); 20];
    let signatures: Vec<_> = signers
        .iter()
        .map(|seed| sign(*seed, PAYLOAD_TYPE_RECORD, &payload))
        .collect();
    let entry = Entry {
        kind: EntryKind::Record,
        registered_at: 1,
        org: Some(chain.org().clone()),
        org_key_seq: chain.seq(),
        org_key_head: chain.head(),
        payload_type: PAYLOAD_TYPE_RECORD.to_owned(),
        payload: payload.clone(),
        signatures: signatures.clone(),
    };
    let is_active = |seed: &u8| model.keys.get(seed).is_some_and(|(_, active)| *active);
    let may_sign = |seed: &u8| {
        model
            .keys
            .get(seed)
            .is_some_and(|(role, _)| *role == KeyRole::Record)
    };
    let expected =
        is_list(&signers) && signers.iter().all(is_active) && signers.iter().any(may_sign);
    assert_eq!(
        chain.check_record_entry(&entry).is_ok(),
        expected,
        "{signers:?}"
    );
    assert_eq!(chain.check_signers(&signatures).is_ok(), expected);
    let ids: BTreeSet<_> = signatures.iter().map(|it| it.key_id).collect();
    assert_eq!(
        chain.only(&ids).check_record_entry(&entry),
        chain.check_record_entry(&entry)
    );
    if expected {
        for bad in spoiled(&signatures, input) {
            let other = Entry {
                signatures: bad,
                ..entry.clone()
            };
            assert!(chain.check_record_entry(&other).is_err());
        }
        for bit in input::some_bits(&payload) {
            let payload = input::flipped(&payload, bit);
            let other = Entry {
                payload,
                ..entry.clone()
            };
            assert!(chain.check_record_entry(&other).is_err());
        }
    }
}

impl Model {
    /// The state after an action by these signers, if they may.
    fn after(&self, action: &KeyAction, signers: &[u8], registrars_need: usize) -> Option<Self> {
        let count = |set: &BTreeSet<u8>| signers.iter().filter(|it| set.contains(it)).count();
        let within = |sets: &[&BTreeSet<u8>]| {
            signers
                .iter()
                .all(|it| sets.iter().any(|set| set.contains(it)))
        };
        let mut next = self.clone();
        next.seq += 1;
        let is_first = self.seq == 0;
        let allowed = match action {
            KeyAction::Genesis { threshold, roots } => {
                let registrars = BTreeSet::from(REGISTRARS);
                next.roots = seeds(roots);
                next.need = usize::from(*threshold);
                is_first
                    && within(&[&next.roots, &registrars])
                    && count(&next.roots) >= next.need
                    && count(&registrars) >= registrars_need
            }
            KeyAction::Add { key, role, .. } => {
                let added = seeds(std::slice::from_ref(key));
                let seed = *added.first()?;
                let is_new = next.keys.insert(seed, (*role, true)).is_none();
                is_new
                    && within(&[&self.roots, &added])
                    && count(&added) == 1
                    && count(&self.roots) >= self.need
            }
            KeyAction::Revoke { key_id, .. } => {
                let seed = (0..SEEDS).find(|seed| public(*seed).key_id() == *key_id)?;
                let key = next.keys.get_mut(&seed)?;
                std::mem::replace(&mut key.1, false)
                    && within(&[&self.roots])
                    && count(&self.roots) >= self.need
            }
            KeyAction::RotateRoot { threshold, roots } => {
                next.roots = seeds(roots);
                next.need = usize::from(*threshold);
                within(&[&self.roots, &next.roots]) && count(&self.roots) >= self.need
            }
        };
        let is_begun = !is_first || matches!(action, KeyAction::Genesis { .. });
        (allowed && is_begun && is_list(signers)).then_some(next)
    }
}

/// There are signers, at most eight, each once.
fn is_list(signers: &[u8]) -> bool {
    let different: BTreeSet<_> = signers.iter().collect();
    (1..=8).contains(&signers.len()) && different.len() == signers.len()
}

fn action(input: &mut Input<'_>) -> KeyAction {
    let some = |input: &mut Input<'_>| {
        let mask = u16::from_be_bytes([input.byte(), input.byte()]);
        keys((0..SEEDS).filter(|seed| mask >> seed & 1 == 1))
    };
    match input.below(4) {
        0 => KeyAction::Genesis {
            threshold: input.byte() % 4,
            roots: some(input),
        },
        1 => KeyAction::Add {
            key: public(input.byte() % SEEDS),
            role: if input.byte() % 2 == 0 {
                KeyRole::Record
            } else {
                KeyRole::Countersign
            },
            label: (input.byte() % 2 == 0).then(|| "a device".to_owned()),
        },
        2 => KeyAction::Revoke {
            key_id: public(input.byte() % SEEDS).key_id(),
            reason: RevokeReason::Lost,
            suspected_since: (input.byte() % 2 == 0).then_some(3),
        },
        _ => KeyAction::RotateRoot {
            threshold: input.byte() % 4,
            roots: some(input),
        },
    }
}

/// Whose keys sign: a set by its mask, sometimes one of them twice.
fn signers(input: &mut Input<'_>) -> Vec<u8> {
    let mask = u16::from_be_bytes([input.byte(), input.byte()]);
    let mut signers: Vec<u8> = (0..SEEDS).filter(|seed| mask >> seed & 1 == 1).collect();
    if input.byte() == 255 {
        signers.extend(signers.first().copied());
    }
    signers
}

/// The public keys of these seeds in the order of a text.
fn keys(seeds: impl IntoIterator<Item = u8>) -> Vec<PublicKey> {
    let mut keys: Vec<PublicKey> = seeds.into_iter().map(public).collect();
    keys.sort_by_key(|key| *key.as_bytes());
    keys
}

fn seeds(keys: &[PublicKey]) -> BTreeSet<u8> {
    (0..SEEDS)
        .filter(|seed| keys.contains(&public(*seed)))
        .collect()
}

/// The signatures with one bit of one changed, and with one exchanged for another's.
fn spoiled(signatures: &[EntrySignature], input: &mut Input<'_>) -> Vec<Vec<EntrySignature>> {
    let at = usize::from(input.byte()) % signatures.len();
    let mut bit = signatures.to_vec();
    bit[at].signature[usize::from(input.byte() % 64)] ^= 1 << (input.byte() % 8);
    let mut all = vec![bit];
    if signatures.len() > 1 {
        let mut swapped = signatures.to_vec();
        let next = (at + 1) % signatures.len();
        swapped[at].signature = signatures[next].signature;
        all.push(swapped);
    }
    all
}
