//! The key chains of all organisations of a ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use witnessmark_verifier::{
    Charter, Entry, EntryKind, EntrySignature, Hash, KeyChain, KeyChainError, OrgName,
    PAYLOAD_TYPE_KEY_EVENT,
};

use crate::{CheckedKeyEvent, CheckedRecord, Identified, KeychainError, Submission};

/// The charter and the key chain of every organisation, after the entries replayed so far.
///
/// Cloning is cheap, so that readers keep the state of the checkpoint they read at.
///
/// Invariant: every chain has at least its genesis.
#[derive(Clone, Debug, Default)]
pub struct Keychain {
    charter: Option<Arc<Charter>>,
    chains: BTreeMap<OrgName, Arc<KeyChain>>,
}

impl Keychain {
    /// The state before the first entry.
    pub const fn new() -> Self {
        Self {
            charter: None,
            chains: BTreeMap::new(),
        }
    }

    /// Takes over the entry at `index` of a log; the caller replays the entries in their order.
    ///
    /// The charter and every key event are checked in full. Of a record it is checked that it
    /// carries the state of its organisation's key chain; its signatures are not verified, which
    /// [`KeyChain::check_record_entry`] does. After an error the state is as before.
    ///
    /// # Errors
    ///
    /// When the charter is not at index 0, or an entry contradicts the ones before it.
    pub fn replay(&mut self, index: u64, entry: &Entry) -> Result<(), KeychainError> {
        if index == 0 {
            self.charter = Some(Arc::new(Charter::verify_entry(entry)?));
            return Ok(());
        }
        let charter = self.charter.clone().ok_or(KeychainError::NoCharter)?;
        match (entry.kind, &entry.org) {
            (EntryKind::Charter, _) => Err(KeychainError::CharterPlace(index)),
            (EntryKind::Record | EntryKind::KeyEvent | EntryKind::Tombstone, None) => {
                Err(KeychainError::NoOrganisation)
            }
            (EntryKind::KeyEvent, Some(org)) => self
                .advance(org, |chain| chain.apply_entry(&charter, entry))
                .map(|_| ()),
            (_, Some(org)) => {
                let chain = self.known(org)?;
                if entry.org_key_seq != chain.seq() || entry.org_key_head != chain.head() {
                    return Err(KeyChainError::HeadMismatch.into());
                }
                Ok(())
            }
            // Time anchors and rehashes say nothing about keys.
            (_, None) => Ok(()),
        }
    }

    /// Takes over a key event that is about to become an entry, and gives the number of the event
    /// and the head after it, which the entry carries. The event is checked again in full, because
    /// others may have come first. After an error the state is as before.
    ///
    /// # Errors
    ///
    /// When the event may not come next.
    pub fn apply_key_event(
        &mut self,
        checked: &CheckedKeyEvent,
    ) -> Result<(u32, Hash), KeychainError> {
        let charter = self.charter.clone().ok_or(KeychainError::NoCharter)?;
        let submission = checked.submission();
        self.advance(&submission.org, |chain| {
            chain.apply(&charter, &submission.payload, &submission.signatures)
        })
    }

    /// Checks a record by the keys that its organisation has now.
    ///
    /// # Errors
    ///
    /// When the organisation is unknown, or its keys do not allow the record.
    pub fn check_record(
        &self,
        submission: impl Into<Identified>,
    ) -> Result<CheckedRecord, KeychainError> {
        let identified = submission.into();
        let Submission {
            org,
            payload_type,
            payload,
            signatures,
        } = identified.submission();
        let chain = self.known(org)?;
        chain.check_record(payload_type, payload, signatures)?;
        let head = chain.head();
        Ok(CheckedRecord::new(identified, head))
    }

    /// Checks that these keys may sign a record of `org` now. Nothing is computed: the signatures may still be bad.
    ///
    /// # Errors
    ///
    /// When the organisation is unknown, or its keys do not allow it.
    pub fn check_signers(
        &self,
        org: &OrgName,
        signatures: &[EntrySignature],
    ) -> Result<(), KeychainError> {
        Ok(self.known(org)?.check_signers(signatures)?)
    }

    /// Checks again that the keys of a checked record may sign, at the moment it becomes an entry.
    /// Good signatures stay good, so this is cheap, and free when the chain has not advanced.
    ///
    /// # Errors
    ///
    /// When a key was revoked since.
    pub fn recheck(&self, checked: &CheckedRecord) -> Result<(), KeychainError> {
        let submission = checked.submission();
        let chain = self.known(&submission.org)?;
        if chain.head() != checked.head() {
            chain.check_signers(&submission.signatures)?;
        }
        Ok(())
    }

    /// Checks a key event against the state of now: the genesis of a new organisation, or the next
    /// event of a known one.
    ///
    /// # Errors
    ///
    /// When there is no charter, the payload type is another, or the event may not come next.
    pub fn check_key_event(
        &self,
        submission: Submission,
    ) -> Result<CheckedKeyEvent, KeychainError> {
        let charter = self.charter().ok_or(KeychainError::NoCharter)?;
        if submission.payload_type != PAYLOAD_TYPE_KEY_EVENT {
            return Err(KeyChainError::WrongPayloadType.into());
        }
        let Submission {
            org,
            payload,
            signatures,
            ..
        } = &submission;
        let event = match self.chains.get(org) {
            Some(chain) => chain.check_event(charter, payload, signatures),
            None => KeyChain::new(org.clone()).check_event(charter, payload, signatures),
        }?;
        Ok(CheckedKeyEvent::new(submission, event))
    }

    /// The charter, once entry 0 has been replayed.
    pub fn charter(&self) -> Option<&Charter> {
        self.charter.as_deref()
    }

    /// The key chain of an organisation that has been admitted.
    pub fn organisation(&self, org: &OrgName) -> Option<&KeyChain> {
        self.chains.get(org).map(AsRef::as_ref)
    }

    /// The key chains of all organisations, ascending by name.
    pub fn organisations(&self) -> impl Iterator<Item = &KeyChain> {
        self.chains.values().map(AsRef::as_ref)
    }

    fn known(&self, org: &OrgName) -> Result<&KeyChain, KeychainError> {
        self.organisation(org)
            .ok_or_else(|| KeychainError::UnknownOrganisation(org.clone()))
    }

    /// Advances a copy of a chain by `apply`, and keeps it only when that succeeds.
    fn advance<T>(
        &mut self,
        org: &OrgName,
        apply: impl FnOnce(&mut KeyChain) -> Result<T, KeyChainError>,
    ) -> Result<(u32, Hash), KeychainError> {
        let mut chain = match self.chains.get(org) {
            Some(chain) => KeyChain::clone(chain),
            None => KeyChain::new(org.clone()),
        };
        apply(&mut chain)?;
        let state = (chain.seq(), chain.head());
        self.chains.insert(org.clone(), Arc::new(chain));
        Ok(state)
    }
}
