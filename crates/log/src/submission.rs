//! What goes into the log, checked, and what comes out of it, proved.

use std::sync::Arc;

use witnessmark_keychain::{CheckedKeyEvent, CheckedRecord, Seal, Submission};
use witnessmark_verifier::{InclusionProof, LeafIndex, RecordId};

use crate::checkpoint::SignedCheckpoint;

/// A submission whose signatures were checked. They are looked at again when it is sequenced.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Checked {
    /// A record.
    Record(CheckedRecord),
    /// A change of an organisation's keys.
    KeyEvent(Box<CheckedKeyEvent>),
}

impl From<CheckedRecord> for Checked {
    fn from(record: CheckedRecord) -> Self {
        Self::Record(record)
    }
}

impl From<CheckedKeyEvent> for Checked {
    fn from(event: CheckedKeyEvent) -> Self {
        Self::KeyEvent(Box::new(event))
    }
}

impl Checked {
    /// What was submitted.
    pub const fn submission(&self) -> &Submission {
        match self {
            Self::Record(record) => record.submission(),
            Self::KeyEvent(event) => event.submission(),
        }
    }

    /// What an entry must have that is made of the submission.
    pub(crate) const fn seal(&self) -> Seal {
        match self {
            Self::Record(record) => record.seal(),
            Self::KeyEvent(event) => event.seal(),
        }
    }

    /// What the submission is found by when it is in the log.
    pub fn record_id(&self) -> RecordId {
        match self {
            Self::Record(record) => record.record_id(),
            Self::KeyEvent(event) => event.record_id(),
        }
    }
}

/// The answer to a submission that is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Where its entry is.
    pub index: LeafIndex,
    /// Its record id.
    pub record_id: RecordId,
    /// Whether it was there before it was submitted this time. The entry is then the one made the
    /// first time, with the signatures of the first time.
    pub already_logged: bool,
    /// The bytes of the entry.
    pub entry: Arc<[u8]>,
    /// That the entry is in the tree of the checkpoint.
    pub proof: InclusionProof,
    /// A published checkpoint.
    pub checkpoint: SignedCheckpoint,
}
