//! The thread of a record.

use witnessmark_verifier::{
    ConsistencyProof, InclusionProof, LeafIndex, RecordId, TreeHead, TreeSize,
};

use super::{AnswerMalformed, hash_from, hashes_from, hashes_to, record_id_of};
use crate::{Refusal, v1};

/// Whose thread is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadRequest {
    /// The record.
    pub record: RecordId,
    /// The size of the tree; nothing means the latest.
    pub size: Option<TreeSize>,
}

impl TryFrom<v1::GetThreadRequest> for ThreadRequest {
    type Error = Refusal;

    fn try_from(request: v1::GetThreadRequest) -> Result<Self, Refusal> {
        Ok(Self {
            record: record_id_of("record_id", &request.record_id)?,
            size: (request.size != 0).then(|| TreeSize::new(request.size)),
        })
    }
}

impl From<ThreadRequest> for v1::GetThreadRequest {
    fn from(request: ThreadRequest) -> Self {
        Self {
            record_id: request.record.as_bytes().to_vec(),
            size: request.size.map_or(0, TreeSize::get),
        }
    }
}

/// An entry and its proof in a tree that is named elsewhere; nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvedEntry {
    /// The place of the entry in the log.
    pub index: LeafIndex,
    /// The bytes of the entry.
    pub entry: Vec<u8>,
    /// The proof that it is in the tree.
    pub inclusion: InclusionProof,
}

impl From<ProvedEntry> for v1::ProvedEntry {
    fn from(proved: ProvedEntry) -> Self {
        Self {
            index: proved.index.get(),
            inclusion_proof: hashes_to(proved.inclusion.hashes()),
            entry: proved.entry,
        }
    }
}

impl TryFrom<v1::ProvedEntry> for ProvedEntry {
    type Error = AnswerMalformed;

    fn try_from(message: v1::ProvedEntry) -> Result<Self, AnswerMalformed> {
        let hashes = hashes_from("inclusion_proof", &message.inclusion_proof)?;
        Ok(Self {
            index: LeafIndex::new(message.index),
            entry: message.entry,
            inclusion: InclusionProof::new(hashes),
        })
    }
}

/// The records of a thread and what proves them; nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadAnswer {
    /// The tree that the inclusion proofs are about.
    pub head: TreeHead,
    /// The proof that the tree of `head` is a beginning of the checkpoint's.
    pub consistency: ConsistencyProof,
    /// The latest checkpoint as a signed note.
    pub checkpoint: String,
    /// Entry 0.
    pub charter: ProvedEntry,
    /// The entries of the key events of every organisation that signed one of the records.
    pub key_events: Vec<Vec<u8>>,
    /// The records, ascending by index.
    pub records: Vec<ProvedEntry>,
    /// Whether more is linked than one answer may hold.
    pub more: bool,
}

impl From<ThreadAnswer> for v1::GetThreadResponse {
    fn from(answer: ThreadAnswer) -> Self {
        Self {
            size: answer.head.size.get(),
            root: answer.head.root.as_bytes().to_vec(),
            consistency_proof: hashes_to(answer.consistency.hashes()),
            checkpoint: answer.checkpoint,
            charter: Some(answer.charter.into()),
            key_events: answer.key_events,
            records: answer.records.into_iter().map(Into::into).collect(),
            more: answer.more,
        }
    }
}

impl TryFrom<v1::GetThreadResponse> for ThreadAnswer {
    type Error = AnswerMalformed;

    fn try_from(message: v1::GetThreadResponse) -> Result<Self, AnswerMalformed> {
        let charter = message
            .charter
            .ok_or(AnswerMalformed::new("charter", "is missing"))?;
        let records: Result<Vec<ProvedEntry>, _> =
            message.records.into_iter().map(TryInto::try_into).collect();
        Ok(Self {
            head: TreeHead {
                size: TreeSize::new(message.size),
                root: hash_from("root", &message.root)?,
            },
            consistency: ConsistencyProof::new(hashes_from(
                "consistency_proof",
                &message.consistency_proof,
            )?),
            checkpoint: message.checkpoint,
            charter: charter.try_into()?,
            key_events: message.key_events,
            records: records?,
            more: message.more,
        })
    }
}
