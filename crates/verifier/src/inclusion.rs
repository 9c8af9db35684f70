//! Inclusion proofs: that an entry is at an index of the tree a tree head names (RFC 9162 section 2.1.3).

use alloc::vec::Vec;

use crate::error::error;
use crate::{Hash, LeafHash, LeafIndex, TreeHead, node_hash};

/// The most hashes a proof may have: enough for any tree below 2^62 entries, and where witnesses stop.
pub const PROOF_HASHES_MAX: usize = 63;

/// The hashes beside the path from a leaf to the root, the leaf's sibling first. Nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof(Vec<Hash>);

error! {
    /// Why a proof does not show that an entry is in the tree.
    InclusionError {
        /// The tree has no entry at this index.
        IndexBeyondSize => "the tree has no entry at this index",
        /// The proof does not have as many hashes as the path needs.
        Length => "the inclusion proof has the wrong number of hashes",
        /// The proof leads to another root.
        Root => "the inclusion proof leads to another root",
    }
}

impl InclusionProof {
    /// The proof that has these hashes.
    pub const fn new(hashes: Vec<Hash>) -> Self {
        Self(hashes)
    }

    /// Checks that the entry with this leaf hash is at `index` of the tree of `head`.
    ///
    /// `head` has to come from a verified checkpoint: one proof fits many pairs of index and size.
    ///
    /// # Errors
    ///
    /// When the proof does not show it.
    pub fn verify(
        &self,
        leaf: LeafHash,
        index: LeafIndex,
        head: &TreeHead,
    ) -> Result<(), InclusionError> {
        if !head.size.contains(index) {
            return Err(InclusionError::IndexBeyondSize);
        }
        if self.0.len() > PROOF_HASHES_MAX {
            return Err(InclusionError::Length);
        }
        // RFC 9162 section 2.1.3.2. fn and sn are the places of the path's node and of the last node
        // on one level of the tree; each hash of the proof leads one level up.
        let mut fn_ = index.get();
        let mut sn = head.size.get().saturating_sub(1);
        let mut hash = leaf.hash();
        for beside in &self.0 {
            if sn == 0 {
                return Err(InclusionError::Length);
            }
            if fn_ & 1 == 1 || fn_ == sn {
                hash = node_hash(beside, &hash);
                // A last node without a sibling is carried up unchanged to where it has one.
                while fn_ & 1 == 0 && fn_ != 0 {
                    fn_ >>= 1;
                    sn >>= 1;
                }
            } else {
                hash = node_hash(&hash, beside);
            }
            fn_ >>= 1;
            sn >>= 1;
        }
        if sn != 0 {
            return Err(InclusionError::Length);
        }
        if hash == head.root {
            Ok(())
        } else {
            Err(InclusionError::Root)
        }
    }

    /// The hashes of the proof, the leaf's sibling first.
    pub fn hashes(&self) -> &[Hash] {
        &self.0
    }
}
