//! Checking what an answer says about an entry, once its checkpoint is verified.

use witnessmark_proto::{SignedPayload, Warning};
use witnessmark_verifier::{
    Entry, EntryKind, LeafIndex, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD, RecordId, TlogProof,
    VerifiedCheckpoint,
};

use crate::ClientError;

/// An entry that is proved to be in the log.
#[derive(Debug, Clone)]
pub struct LoggedEntry {
    /// Its place in the log.
    pub index: LeafIndex,
    /// What its bytes say.
    pub entry: Entry,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The tlog-proof of it, to keep.
    pub proof: String,
    /// The checkpoint it is proved to be in.
    pub checkpoint: VerifiedCheckpoint,
    /// True when a submission found it in the log already.
    pub already_logged: bool,
    /// What the ledger would have a careful submitter look at again. This is the ledger's word
    /// only.
    pub warnings: Vec<Warning>,
}

impl LoggedEntry {
    /// The record id of the entry's payload.
    pub fn record_id(&self) -> RecordId {
        self.entry.record_id()
    }
}

/// Checks that `bytes` are the entry at `index` in the tree of `checkpoint`, by `proof`.
pub(crate) fn logged_entry(
    index: LeafIndex,
    bytes: Vec<u8>,
    proof: String,
    checkpoint: VerifiedCheckpoint,
) -> Result<LoggedEntry, ClientError> {
    let parsed = TlogProof::parse(&proof).map_err(ClientError::not_verified)?;
    let verified = parsed
        .verify_with(&bytes, &checkpoint)
        .map_err(ClientError::not_verified)?;
    if verified.index() != index {
        return Err(ClientError::not_verified(
            "the proof is about another index",
        ));
    }
    let entry = Entry::parse(&bytes).map_err(ClientError::not_verified)?;
    let warnings = Vec::new();
    Ok(LoggedEntry {
        index,
        entry,
        bytes,
        proof,
        checkpoint,
        already_logged: false,
        warnings,
    })
}

/// Checks that the logged entry is of what was sent.
///
/// The signatures must be those that were sent unless the payload was logged before: then they are
/// those it was logged with.
pub(crate) fn is_of(logged: &LoggedEntry, sent: &SignedPayload) -> Result<(), ClientError> {
    let entry = &logged.entry;
    let kind = match sent.payload_type.as_str() {
        PAYLOAD_TYPE_RECORD => EntryKind::Record,
        PAYLOAD_TYPE_KEY_EVENT => EntryKind::KeyEvent,
        _ => {
            return Err(ClientError::not_verified(
                "the ledger logged an unknown payload type",
            ));
        }
    };
    let same_payload = entry.kind == kind
        && entry.org.as_ref() == Some(&sent.org)
        && entry.payload_type == sent.payload_type
        && entry.payload == sent.payload;
    if !same_payload {
        return Err(ClientError::not_verified(
            "the entry is not of what was submitted",
        ));
    }
    if !logged.already_logged && entry.signatures != sent.signatures {
        return Err(ClientError::not_verified(
            "the entry has other signatures than were submitted",
        ));
    }
    Ok(())
}
