//! The only conversions between the service's messages and checked values.
//!
//! A request becomes a value or a [`Refusal`]; an answer becomes a value or [`AnswerMalformed`].
//! The values of answers have their parts in the right form and nothing more: they are not
//! verified.

mod entry;
mod proof;
mod submit;
mod thread;

use witnessmark_verifier::{Hash, PROOF_HASHES_MAX, RecordId};

pub use self::entry::{EntryChunk, EntrySelector, EntryWithProof, record_id_from};
pub use self::proof::{ConsistencyAnswer, LeafWithProof};
pub use self::submit::{Appended, Outcome, SignedPayload, WaitFor, Warning};
pub use self::thread::{ProvedEntry, ThreadAnswer, ThreadRequest};
use crate::Refusal;

/// An answer that does not have the form it must have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct AnswerMalformed {
    /// The field at fault.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl AnswerMalformed {
    const fn new(field: &'static str, problem: &'static str) -> Self {
        Self { field, problem }
    }
}

/// The 32 bytes of a digest in an answer.
fn hash_from(field: &'static str, bytes: &[u8]) -> Result<Hash, AnswerMalformed> {
    <[u8; 32]>::try_from(bytes)
        .map(Hash::new)
        .map_err(|_| AnswerMalformed::new(field, "is not 32 bytes long"))
}

/// The hashes of a proof in an answer.
fn hashes_from(field: &'static str, hashes: &[Vec<u8>]) -> Result<Vec<Hash>, AnswerMalformed> {
    // A tree has at most 2^63 leaves, and a consistency proof may hold one hash beyond its height.
    if hashes.len() > PROOF_HASHES_MAX.saturating_add(1) {
        return Err(AnswerMalformed::new(
            field,
            "holds more hashes than any proof needs",
        ));
    }
    hashes.iter().map(|bytes| hash_from(field, bytes)).collect()
}

/// Hashes as they travel.
fn hashes_to(hashes: &[Hash]) -> Vec<Vec<u8>> {
    hashes.iter().map(|hash| hash.as_bytes().to_vec()).collect()
}

/// The record id in a request.
fn record_id_of(path: &'static str, bytes: &[u8]) -> Result<RecordId, Refusal> {
    <[u8; 32]>::try_from(bytes)
        .map(|bytes| RecordId::new(Hash::new(bytes)))
        .map_err(|_| Refusal::field(path, "RECORD_ID_LENGTH: a record id is 32 bytes long."))
}
