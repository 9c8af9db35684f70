//! What an organisation submits, and the proof in types that its keys were checked.

use witnessmark_verifier::{EntrySignature, Hash, KeyEvent, OrgName, RecordId};

/// A signed payload as it was received. Nothing has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// In whose name.
    pub org: OrgName,
    /// The payload type of the signed envelope.
    pub payload_type: String,
    /// The signed bytes.
    pub payload: Vec<u8>,
    /// Signatures over the PAE of type and payload.
    pub signatures: Vec<EntrySignature>,
}

impl Submission {
    /// The SHA-256 of the PAE of type and payload.
    pub fn record_id(&self) -> RecordId {
        RecordId::of(&self.payload_type, &self.payload)
    }
}

/// A submission with its record id, so that the digest is computed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identified {
    submission: Submission,
    record_id: RecordId,
}

impl From<Submission> for Identified {
    fn from(submission: Submission) -> Self {
        let record_id = submission.record_id();
        Self {
            submission,
            record_id,
        }
    }
}

impl Identified {
    /// What was submitted.
    pub const fn submission(&self) -> &Submission {
        &self.submission
    }

    /// The SHA-256 of the PAE of type and payload.
    pub const fn record_id(&self) -> RecordId {
        self.record_id
    }
}

/// A record whose signatures are good, by keys that were active when it was checked.
///
/// Only [`crate::Keychain::check_record`] makes one. Because time passes until it is sequenced,
/// [`crate::Keychain::recheck`] asks again whether its keys are still active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedRecord {
    identified: Identified,
    /// The head of the organisation's key chain at the check.
    head: Hash,
}

impl CheckedRecord {
    pub(crate) const fn new(identified: Identified, head: Hash) -> Self {
        Self { identified, head }
    }

    /// What was submitted.
    pub const fn submission(&self) -> &Submission {
        self.identified.submission()
    }

    /// What was submitted, to be taken apart without a copy. What was checked is forgotten.
    pub fn into_submission(self) -> Submission {
        self.identified.submission
    }

    /// What links and retries refer to.
    pub const fn record_id(&self) -> RecordId {
        self.identified.record_id()
    }

    pub(crate) const fn head(&self) -> Hash {
        self.head
    }
}

/// A key event that could come next in its chain when it was checked.
///
/// Only [`crate::Keychain::check_key_event`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedKeyEvent {
    submission: Submission,
    record_id: RecordId,
    event: KeyEvent,
}

impl CheckedKeyEvent {
    pub(crate) fn new(submission: Submission, event: KeyEvent) -> Self {
        let record_id = submission.record_id();
        Self {
            submission,
            record_id,
            event,
        }
    }

    /// What was submitted.
    pub const fn submission(&self) -> &Submission {
        &self.submission
    }

    /// What retries refer to.
    pub const fn record_id(&self) -> RecordId {
        self.record_id
    }

    /// The event, as its text says it.
    pub const fn event(&self) -> &KeyEvent {
        &self.event
    }
}
