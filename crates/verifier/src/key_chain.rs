//! The key chain of an organisation, replayed: the judge of who may sign.
//!
//! Whoever has an organisation's events from the first on knows which keys were active after each
//! of them, and the head proves that no event was left out. Nothing else is asked, so the ledger's
//! answer and a stranger's are the same.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::{string::String, vec::Vec};
use core::slice;

use crate::{
    Charter, Entry, EntryKind, EntrySignature, Hash, KeyAction, KeyChainError, KeyEvent, KeyId,
    KeyRole, OrgName, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD, PublicKey, RecordId,
    RevokeReason, SignersError, key_chain_head, pae, signers,
};

/// A key of an organisation and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgKey {
    /// The key.
    pub key: PublicKey,
    /// What it may sign.
    pub role: KeyRole,
    /// What people call it.
    pub label: Option<String>,
    /// The event that added it.
    pub added_seq: u32,
    /// The event that revoked it, if one did.
    pub revoked: Option<Revocation>,
}

/// The end of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The event that revoked the key.
    pub seq: u32,
    /// Why.
    pub reason: RevokeReason,
    /// Since when somebody else may have used the key, in milliseconds since 1970.
    pub suspected_since: Option<u64>,
}

/// The state of an organisation's keys after some number of its events.
///
/// Invariants: `seq` events have been applied and `head` commits to them; `keys` holds every key ever
/// added; before the genesis there are no roots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChain {
    org: OrgName,
    seq: u32,
    head: Hash,
    threshold: u8,
    roots: Vec<PublicKey>,
    keys: BTreeMap<KeyId, OrgKey>,
}

impl KeyChain {
    /// The chain of an organisation that has no event yet.
    pub const fn new(org: OrgName) -> Self {
        Self {
            org,
            seq: 0,
            head: Hash::new([0; 32]),
            threshold: 0,
            roots: Vec::new(),
            keys: BTreeMap::new(),
        }
    }

    /// Checks an event as [`Self::check_event`] does, then advances by it. After an error the chain
    /// is as before.
    ///
    /// # Errors
    ///
    /// When the event may not come next.
    pub fn apply(
        &mut self,
        charter: &Charter,
        payload: &[u8],
        signatures: &[EntrySignature],
    ) -> Result<KeyEvent, KeyChainError> {
        let event = self.check_event(charter, payload, signatures)?;
        self.advance(&event, self.head_after(payload));
        Ok(event)
    }

    /// Applies the event of a logged entry, which must also carry this organisation and the state
    /// of the chain after the event. After an error the chain is as before.
    ///
    /// # Errors
    ///
    /// When the entry is no key event, is not this organisation's, or may not come next.
    pub fn apply_entry(
        &mut self,
        charter: &Charter,
        entry: &Entry,
    ) -> Result<KeyEvent, KeyChainError> {
        if entry.kind != EntryKind::KeyEvent {
            return Err(KeyChainError::WrongKind);
        }
        if entry.payload_type != PAYLOAD_TYPE_KEY_EVENT {
            return Err(KeyChainError::WrongPayloadType);
        }
        if entry.org.as_ref() != Some(&self.org) {
            return Err(KeyChainError::OrgMismatch);
        }
        let event = self.check_event(charter, &entry.payload, &entry.signatures)?;
        let head = self.head_after(&entry.payload);
        if entry.org_key_seq != event.seq || entry.org_key_head != head {
            return Err(KeyChainError::HeadMismatch);
        }
        self.advance(&event, head);
        Ok(event)
    }

    /// Checks that an event may come next: that it is this organisation's, follows the head, is
    /// signed by the threshold of the roots and by everybody else its action asks for, and that
    /// each signature is good and by somebody who has a part in it.
    ///
    /// # Errors
    ///
    /// When one of these does not hold.
    pub fn check_event(
        &self,
        charter: &Charter,
        payload: &[u8],
        signatures: &[EntrySignature],
    ) -> Result<KeyEvent, KeyChainError> {
        let event = KeyEvent::parse(payload)?;
        if event.org != self.org {
            return Err(KeyChainError::OrgMismatch);
        }
        // A first event is a genesis, so all others find roots here.
        if self.seq.checked_add(1) != Some(event.seq) {
            let (have, found) = (self.seq, event.seq);
            return Err(KeyChainError::WrongSeq { have, found });
        }
        if event.prev != self.head {
            return Err(KeyChainError::WrongPrev);
        }
        // The roots that decide, and who else has a part in the event.
        let (roots, need, others) = match &event.action {
            KeyAction::Genesis { threshold, roots } => (roots, *threshold, &*charter.registrars),
            KeyAction::Add { key, .. } => {
                if self.key(&key.key_id()).is_some() {
                    return Err(KeyChainError::KeyAlreadyAdded(key.key_id()));
                }
                (&self.roots, self.threshold, slice::from_ref(key))
            }
            KeyAction::Revoke { key_id, .. } => {
                self.active(key_id)?;
                (&self.roots, self.threshold, [].as_slice())
            }
            // New roots may sign to show that they exist; the current ones decide.
            KeyAction::RotateRoot { roots, .. } => (&self.roots, self.threshold, &**roots),
        };
        let signers = signers::find_keys(signatures, roots.iter().chain(others))?;
        if let KeyAction::Add { key, .. } = &event.action
            && !signers.contains(&key)
        {
            return Err(KeyChainError::Possession(key.key_id()));
        }
        let have = signers::count(&signers, roots);
        if have < usize::from(need) {
            return Err(KeyChainError::Threshold { have, need });
        }
        let (have, need) = (signers::count(&signers, others), charter.threshold);
        if matches!(event.action, KeyAction::Genesis { .. }) && have < usize::from(need) {
            return Err(KeyChainError::RegistrarThreshold { have, need });
        }
        let message = pae(PAYLOAD_TYPE_KEY_EVENT, payload);
        signers::verify(&message, signatures, &signers)?;
        Ok(event)
    }

    /// Checks that a record may be admitted now: every signature is good and by a key that is
    /// active, no key signs twice, and at least one has the role `record`.
    ///
    /// # Errors
    ///
    /// When one of these does not hold.
    pub fn check_record(
        &self,
        payload_type: &str,
        payload: &[u8],
        signatures: &[EntrySignature],
    ) -> Result<(), KeyChainError> {
        if payload_type != PAYLOAD_TYPE_RECORD {
            return Err(KeyChainError::WrongPayloadType);
        }
        let signers = self.signers(signatures)?;
        Ok(signers::verify(
            &pae(payload_type, payload),
            signatures,
            &signers,
        )?)
    }

    /// Checks of a record's signatures all that can change while its bytes stay the same: that the
    /// keys are active and may sign. The signatures themselves are not verified.
    ///
    /// # Errors
    ///
    /// When a key is unknown or revoked or signs twice, or none may sign records.
    pub fn check_signers(&self, signatures: &[EntrySignature]) -> Result<(), KeyChainError> {
        self.signers(signatures).map(|_| ())
    }

    /// Checks a logged record by the chain it carries: this chain, replayed to exactly that event.
    ///
    /// # Errors
    ///
    /// When the entry is no record, is not this organisation's, carries another state than this
    /// chain has, or [`Self::check_record`] refuses it.
    pub fn check_record_entry(&self, entry: &Entry) -> Result<(), KeyChainError> {
        if entry.kind != EntryKind::Record {
            return Err(KeyChainError::WrongKind);
        }
        if entry.org.as_ref() != Some(&self.org) {
            return Err(KeyChainError::OrgMismatch);
        }
        if entry.org_key_seq != self.seq || entry.org_key_head != self.head {
            return Err(KeyChainError::HeadMismatch);
        }
        self.check_record(&entry.payload_type, &entry.payload, &entry.signatures)
    }

    /// The same state with these keys alone: it judges a record that is signed by them, or by keys that were never added, as this
    /// chain does, and is small however long the chain is. No event can follow on it.
    #[must_use]
    pub fn only(&self, key_ids: &BTreeSet<KeyId>) -> Self {
        let keys = key_ids.iter();
        let keys = keys.filter_map(|key_id| Some((*key_id, self.key(key_id)?.clone())));
        Self {
            org: self.org.clone(),
            roots: Vec::new(),
            keys: keys.collect(),
            ..*self
        }
    }

    /// Whose chain this is.
    pub const fn org(&self) -> &OrgName {
        &self.org
    }

    /// How many events were applied.
    pub const fn seq(&self) -> u32 {
        self.seq
    }

    /// The commitment to all events applied.
    pub const fn head(&self) -> Hash {
        self.head
    }

    /// How many roots must sign the next event; zero before the genesis.
    pub const fn threshold(&self) -> u8 {
        self.threshold
    }

    /// The roots that must sign the next event.
    pub fn roots(&self) -> &[PublicKey] {
        &self.roots
    }

    /// Every key that was ever added, in that order.
    pub fn keys(&self) -> impl Iterator<Item = &OrgKey> {
        let mut keys: Vec<&OrgKey> = self.keys.values().collect();
        keys.sort_unstable_by_key(|key| key.added_seq);
        keys.into_iter()
    }

    /// The key of this id, active or revoked, if it was ever added.
    pub fn key(&self, key_id: &KeyId) -> Option<&OrgKey> {
        self.keys.get(key_id)
    }

    fn active(&self, key_id: &KeyId) -> Result<&OrgKey, KeyChainError> {
        match self.key(key_id) {
            None => Err(SignersError::UnknownKey(*key_id).into()),
            Some(key) if key.revoked.is_some() => Err(KeyChainError::RevokedKey(*key_id)),
            Some(key) => Ok(key),
        }
    }

    /// The keys of a record's signatures, if these keys may sign it.
    fn signers(&self, signatures: &[EntrySignature]) -> Result<Vec<&PublicKey>, KeyChainError> {
        if self.seq == 0 {
            return Err(KeyChainError::UnknownOrganisation);
        }
        signers::check_list(signatures)?;
        let mut keys = Vec::new();
        let mut may_sign = false;
        for signature in signatures {
            let key = self.active(&signature.key_id)?;
            may_sign |= key.role == KeyRole::Record;
            keys.push(&key.key);
        }
        if !may_sign {
            return Err(KeyChainError::RoleNotAllowed);
        }
        Ok(keys)
    }

    fn head_after(&self, payload: &[u8]) -> Hash {
        let event = RecordId::of(PAYLOAD_TYPE_KEY_EVENT, payload);
        key_chain_head(&self.head, &Hash::new(*event.as_bytes()))
    }

    /// Takes over an event that was checked.
    fn advance(&mut self, event: &KeyEvent, head: Hash) {
        match &event.action {
            KeyAction::Genesis { threshold, roots }
            | KeyAction::RotateRoot { threshold, roots } => {
                self.threshold = *threshold;
                self.roots.clone_from(roots);
            }
            KeyAction::Add { key, role, label } => {
                let added = OrgKey {
                    key: key.clone(),
                    role: *role,
                    label: label.clone(),
                    added_seq: event.seq,
                    revoked: None,
                };
                self.keys.insert(key.key_id(), added);
            }
            KeyAction::Revoke {
                key_id,
                reason,
                suspected_since,
            } => {
                if let Some(key) = self.keys.get_mut(key_id) {
                    key.revoked = Some(Revocation {
                        seq: event.seq,
                        reason: *reason,
                        suspected_since: *suspected_since,
                    });
                }
            }
        }
        self.seq = event.seq;
        self.head = head;
    }
}
