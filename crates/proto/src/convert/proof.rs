//! Inclusion and consistency proofs.

use witnessmark_verifier::{
    ConsistencyProof, Hash, InclusionProof, LeafHash, LeafIndex, TreeHead, TreeSize,
};

use super::{AnswerMalformed, hash_from, hashes_from, hashes_to};
use crate::v1;

/// A leaf, the tree it is said to be in, and the proofs of both; nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafWithProof {
    /// The place of the entry in the log.
    pub index: LeafIndex,
    /// The leaf hash of the entry.
    pub leaf: LeafHash,
    /// The tree that `inclusion` is about.
    pub head: TreeHead,
    /// The proof that the leaf is in the tree of `head`.
    pub inclusion: InclusionProof,
    /// The proof that the tree of `head` is a beginning of the checkpoint's tree.
    pub consistency: ConsistencyProof,
    /// The latest checkpoint as a signed note.
    pub checkpoint: String,
}

impl From<LeafWithProof> for v1::GetInclusionProofResponse {
    fn from(answer: LeafWithProof) -> Self {
        Self {
            index: answer.index.get(),
            leaf_hash: answer.leaf.hash().as_bytes().to_vec(),
            size: answer.head.size.get(),
            root: answer.head.root.as_bytes().to_vec(),
            inclusion_proof: hashes_to(answer.inclusion.hashes()),
            consistency_proof: hashes_to(answer.consistency.hashes()),
            checkpoint: answer.checkpoint,
        }
    }
}

impl TryFrom<v1::GetInclusionProofResponse> for LeafWithProof {
    type Error = AnswerMalformed;

    fn try_from(message: v1::GetInclusionProofResponse) -> Result<Self, AnswerMalformed> {
        let root: Hash = hash_from("root", &message.root)?;
        let inclusion = hashes_from("inclusion_proof", &message.inclusion_proof)?;
        let consistency = hashes_from("consistency_proof", &message.consistency_proof)?;
        Ok(Self {
            index: LeafIndex::new(message.index),
            leaf: LeafHash::new(hash_from("leaf_hash", &message.leaf_hash)?),
            head: TreeHead {
                size: TreeSize::new(message.size),
                root,
            },
            inclusion: InclusionProof::new(inclusion),
            consistency: ConsistencyProof::new(consistency),
            checkpoint: message.checkpoint,
        })
    }
}

/// A proof that one tree is a beginning of another; nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyAnswer {
    /// The size of the smaller tree.
    pub old: TreeSize,
    /// The size of the larger tree.
    pub new: TreeSize,
    /// The proof.
    pub proof: ConsistencyProof,
    /// The latest checkpoint as a signed note.
    pub checkpoint: String,
}

impl From<ConsistencyAnswer> for v1::GetConsistencyProofResponse {
    fn from(answer: ConsistencyAnswer) -> Self {
        Self {
            old_size: answer.old.get(),
            new_size: answer.new.get(),
            consistency_proof: hashes_to(answer.proof.hashes()),
            checkpoint: answer.checkpoint,
        }
    }
}

impl TryFrom<v1::GetConsistencyProofResponse> for ConsistencyAnswer {
    type Error = AnswerMalformed;

    fn try_from(message: v1::GetConsistencyProofResponse) -> Result<Self, AnswerMalformed> {
        let hashes = hashes_from("consistency_proof", &message.consistency_proof)?;
        Ok(Self {
            old: TreeSize::new(message.old_size),
            new: TreeSize::new(message.new_size),
            proof: ConsistencyProof::new(hashes),
            checkpoint: message.checkpoint,
        })
    }
}
