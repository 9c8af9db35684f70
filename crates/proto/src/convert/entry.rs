//! Entries, ranges of entries, and which entry a request means.

use witnessmark_verifier::{Hash, LeafIndex, RecordId};

use super::{AnswerMalformed, hashes_from, hashes_to, record_id_of};
use crate::{Refusal, v1};

/// Which entry a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntrySelector {
    /// The entry at this index.
    Index(LeafIndex),
    /// The entry of this record.
    RecordId(RecordId),
}

/// What a request without a selector is told.
const SELECTOR_MISSING: &str = "FIELD_MISSING: set either index or record_id.";

impl TryFrom<v1::GetEntryRequest> for EntrySelector {
    type Error = Refusal;

    fn try_from(request: v1::GetEntryRequest) -> Result<Self, Refusal> {
        use v1::get_entry_request::Entry;
        match request.entry {
            Some(Entry::Index(index)) => Ok(Self::Index(LeafIndex::new(index))),
            Some(Entry::RecordId(id)) => Ok(Self::RecordId(record_id_of("record_id", &id)?)),
            None => Err(Refusal::field("entry", SELECTOR_MISSING)),
        }
    }
}

impl From<EntrySelector> for v1::GetEntryRequest {
    fn from(selector: EntrySelector) -> Self {
        use v1::get_entry_request::Entry;
        let entry = match selector {
            EntrySelector::Index(index) => Entry::Index(index.get()),
            EntrySelector::RecordId(id) => Entry::RecordId(id.as_bytes().to_vec()),
        };
        Self { entry: Some(entry) }
    }
}

impl TryFrom<&v1::GetInclusionProofRequest> for EntrySelector {
    type Error = Refusal;

    fn try_from(request: &v1::GetInclusionProofRequest) -> Result<Self, Refusal> {
        use v1::get_inclusion_proof_request::Entry;
        match &request.entry {
            Some(Entry::Index(index)) => Ok(Self::Index(LeafIndex::new(*index))),
            Some(Entry::RecordId(id)) => Ok(Self::RecordId(record_id_of("record_id", id)?)),
            None => Err(Refusal::field("entry", SELECTOR_MISSING)),
        }
    }
}

impl EntrySelector {
    /// The request for an inclusion proof of this entry in the tree of `size`; 0 is the latest.
    pub fn inclusion_request(self, size: u64) -> v1::GetInclusionProofRequest {
        use v1::get_inclusion_proof_request::Entry;
        let entry = match self {
            Self::Index(index) => Entry::Index(index.get()),
            Self::RecordId(id) => Entry::RecordId(id.as_bytes().to_vec()),
        };
        v1::GetInclusionProofRequest {
            entry: Some(entry),
            size,
        }
    }
}

/// Which record a bundle is asked for.
///
/// # Errors
///
/// [`Reason::RequestMalformed`](crate::Reason::RequestMalformed) when the record id is not 32 bytes
/// long.
pub fn record_id_from(request: &v1::GetBundleRequest) -> Result<RecordId, Refusal> {
    record_id_of("record_id", &request.record_id)
}

/// An entry and its tlog-proof; nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryWithProof {
    /// The place of the entry in the log.
    pub index: LeafIndex,
    /// The bytes of the entry.
    pub entry: Vec<u8>,
    /// The tlog-proof of the entry in the latest checkpoint.
    pub proof: String,
}

impl From<EntryWithProof> for v1::GetEntryResponse {
    fn from(answer: EntryWithProof) -> Self {
        Self {
            index: answer.index.get(),
            entry: answer.entry,
            proof: answer.proof,
        }
    }
}

impl From<v1::GetEntryResponse> for EntryWithProof {
    fn from(message: v1::GetEntryResponse) -> Self {
        let index = LeafIndex::new(message.index);
        Self {
            index,
            entry: message.entry,
            proof: message.proof,
        }
    }
}

/// Some entries of a range and what proves them; nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryChunk {
    /// The index of the first entry.
    pub start: LeafIndex,
    /// The bytes of the entries, at least one.
    pub entries: Vec<Vec<u8>>,
    /// The perfect subtrees before the first entry, the largest first.
    pub left_nodes: Vec<Hash>,
    /// The consistency proof from the end of the chunk to the checkpoint.
    pub consistency: Vec<Hash>,
    /// The checkpoint as a signed note.
    pub checkpoint: String,
}

impl From<EntryChunk> for v1::ListEntriesResponse {
    fn from(chunk: EntryChunk) -> Self {
        Self {
            start: chunk.start.get(),
            entries: chunk.entries,
            left_nodes: hashes_to(&chunk.left_nodes),
            consistency_proof: hashes_to(&chunk.consistency),
            checkpoint: chunk.checkpoint,
        }
    }
}

impl TryFrom<v1::ListEntriesResponse> for EntryChunk {
    type Error = AnswerMalformed;

    fn try_from(message: v1::ListEntriesResponse) -> Result<Self, AnswerMalformed> {
        if message.entries.is_empty() {
            return Err(AnswerMalformed::new("entries", "is empty"));
        }
        Ok(Self {
            start: LeafIndex::new(message.start),
            entries: message.entries,
            left_nodes: hashes_from("left_nodes", &message.left_nodes)?,
            consistency: hashes_from("consistency_proof", &message.consistency_proof)?,
            checkpoint: message.checkpoint,
        })
    }
}
