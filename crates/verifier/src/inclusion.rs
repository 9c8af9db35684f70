//! Inclusion proofs: that an entry is at an index of the tree a tree head names (RFC 9162 section 2.1.3).

use alloc::vec::Vec;

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
        if index.get() >= head.size.get() {
            return Err(InclusionError::IndexBeyondSize);
        }
        if self.0.len() > PROOF_HASHES_MAX {
            return Err(InclusionError::Length);
        }
        let last = head.size.get().saturating_sub(1);
        let climbed = climb(index.get(), last, leaf.hash(), &self.0);
        let (_, root) = climbed.ok_or(InclusionError::Length)?;
        if root != head.root {
            return Err(InclusionError::Root);
        }
        Ok(())
    }

    /// The hashes of the proof, the leaf's sibling first.
    pub fn hashes(&self) -> &[Hash] {
        &self.0
    }
}

/// Climbs from a node to the root of its tree, by RFC 9162 sections 2.1.3.2 and 2.1.4.2 and with their names.
/// `fn_` and `sn` are the places of the path's node and of the last node on one level; each hash of `path`
/// leads one level up.
///
/// Gives `fr`, the root over `node` and what is left of it, and `sr`, the root over all. `None` when the path
/// does not have as many hashes as it needs.
pub(crate) fn climb(mut fn_: u64, mut sn: u64, node: Hash, path: &[Hash]) -> Option<(Hash, Hash)> {
    let (mut fr, mut sr) = (node, node);
    for beside in path {
        if sn == 0 {
            return None;
        }
        if fn_ & 1 == 1 || fn_ == sn {
            fr = node_hash(beside, &fr);
            sr = node_hash(beside, &sr);
            // A last node without a sibling is carried up unchanged to where it has one.
            while fn_ & 1 == 0 && fn_ != 0 {
                fn_ >>= 1;
                sn >>= 1;
            }
        } else {
            sr = node_hash(&sr, beside);
        }
        fn_ >>= 1;
        sn >>= 1;
    }
    (sn == 0).then_some((fr, sr))
}
