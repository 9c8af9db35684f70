//! What an organisation submits, and the proof in types that its keys were checked.

use witnessmark_verifier::{Entry, EntrySignature, Hash, KeyEvent, OrgName, RecordId, sha256};

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

/// What was checked of a submission, in short: its record id, which stands for type and payload, and a digest of its organisation
/// and its signatures. An entry that was made of it has the same, unless a bit of memory has changed since: that, and no forger, is
/// what it is for, so half of a SHA-256 does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    record_id: RecordId,
    rest: [u8; 16],
}

impl Seal {
    fn of(record_id: RecordId, org: Option<&OrgName>, signatures: &[EntrySignature]) -> Self {
        let mut bytes = org.map_or("", OrgName::as_str).as_bytes().to_vec();
        for one in signatures {
            bytes.push(0);
            bytes.extend_from_slice(one.key_id.as_bytes());
            bytes.extend_from_slice(&one.signature);
        }
        let digest = sha256(&bytes);
        let rest = digest.as_bytes().first_chunk().copied();
        let rest = rest.unwrap_or_default();
        Self { record_id, rest }
    }

    fn of_submission(record_id: RecordId, it: &Submission) -> Self {
        Self::of(record_id, Some(&it.org), &it.signatures)
    }

    /// That of an entry, computed from its fields.
    pub fn of_entry(entry: &Entry) -> Self {
        Self::of(entry.record_id(), entry.org.as_ref(), &entry.signatures)
    }

    /// The record id.
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
    submission: Submission,
    seal: Seal,
    /// The head of the organisation's key chain at the check.
    head: Hash,
}

impl CheckedRecord {
    pub(crate) fn new(identified: Identified, head: Hash) -> Self {
        let Identified {
            submission,
            record_id,
        } = identified;
        let seal = Seal::of_submission(record_id, &submission);
        Self {
            submission,
            seal,
            head,
        }
    }

    /// What was submitted.
    pub const fn submission(&self) -> &Submission {
        &self.submission
    }

    /// What was submitted, to be taken apart without a copy. What was checked is forgotten.
    pub fn into_submission(self) -> Submission {
        self.submission
    }

    /// What links and retries refer to.
    pub const fn record_id(&self) -> RecordId {
        self.seal.record_id
    }

    /// What an entry must have that is made of it.
    pub const fn seal(&self) -> Seal {
        self.seal
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
    seal: Seal,
    event: KeyEvent,
}

impl CheckedKeyEvent {
    pub(crate) fn new(submission: Submission, event: KeyEvent) -> Self {
        let seal = Seal::of_submission(submission.record_id(), &submission);
        Self {
            submission,
            seal,
            event,
        }
    }

    /// What was submitted.
    pub const fn submission(&self) -> &Submission {
        &self.submission
    }

    /// What retries refer to.
    pub const fn record_id(&self) -> RecordId {
        self.seal.record_id
    }

    /// What an entry must have that is made of it.
    pub const fn seal(&self) -> Seal {
        self.seal
    }

    /// The event, as its text says it.
    pub const fn event(&self) -> &KeyEvent {
        &self.event
    }
}
