//! Consistency proofs: that one tree is a later state of another (RFC 9162 section 2.1.4).

use alloc::vec::Vec;

use crate::inclusion::climb;
use crate::{Hash, PROOF_HASHES_MAX, TreeHead, empty_root};

/// The hashes from which both the old and the new root can be made. Nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof(Vec<Hash>);

error! {
    /// Why a proof does not show that the new tree begins with the old one.
    ConsistencyError {
        /// The new tree is smaller than the old one.
        NewIsSmaller => "the new tree is smaller than the old one",
        /// The proof does not have as many hashes as these two sizes need.
        Length => "the consistency proof has the wrong number of hashes",
        /// The proof leads to another root than the old one, or an empty tree has a root it cannot have.
        OldRoot => "the consistency proof leads to another old root",
        /// The proof leads to another root than the new one.
        NewRoot => "the consistency proof leads to another new root",
    }
}

impl ConsistencyProof {
    /// The proof that has these hashes.
    pub const fn new(hashes: Vec<Hash>) -> Self {
        Self(hashes)
    }

    /// Checks that the tree of `new` is the tree of `old` with entries appended, or the same tree.
    ///
    /// Every tree begins with the empty one, so nothing is learnt about `new` when `old` is empty.
    ///
    /// # Errors
    ///
    /// When the proof does not show it.
    pub fn verify(&self, old: &TreeHead, new: &TreeHead) -> Result<(), ConsistencyError> {
        if old.size > new.size {
            return Err(ConsistencyError::NewIsSmaller);
        }
        if self.0.len() > PROOF_HASHES_MAX {
            return Err(ConsistencyError::Length);
        }
        if old.size.get() == 0 && old.root != empty_root() {
            return Err(ConsistencyError::OldRoot);
        }
        // Two cases that RFC 9162 leaves out need no hashes: an empty old tree, and two trees of one size.
        if old.size.get() != 0 && old.size != new.size {
            return self.verify_growth(old, new);
        }
        if !self.0.is_empty() {
            return Err(ConsistencyError::Length);
        }
        if old.size == new.size && old.root != new.root {
            return Err(ConsistencyError::NewRoot);
        }
        Ok(())
    }

    /// RFC 9162 section 2.1.4.2, for 0 < old size < new size: one climb makes both roots.
    fn verify_growth(&self, old: &TreeHead, new: &TreeHead) -> Result<(), ConsistencyError> {
        let old_last = old.size.get().saturating_sub(1);
        let new_last = new.size.get().saturating_sub(1);
        // The path starts at the largest perfect subtree that ends where the old tree ends.
        let height = old_last.trailing_ones();
        let place = old_last.checked_shr(height).unwrap_or(0);
        let last = new_last.checked_shr(height).unwrap_or(0);
        // When that subtree is the whole old tree, its root is known and not part of the proof.
        let (start, path) = if old.size.get().is_power_of_two() {
            (&old.root, self.0.as_slice())
        } else {
            self.0.split_first().ok_or(ConsistencyError::Length)?
        };
        let climbed = climb(place, last, *start, path);
        let (old_root, new_root) = climbed.ok_or(ConsistencyError::Length)?;
        if old_root != old.root {
            return Err(ConsistencyError::OldRoot);
        }
        if new_root != new.root {
            return Err(ConsistencyError::NewRoot);
        }
        Ok(())
    }

    /// The hashes of the proof, in the order of RFC 9162.
    pub fn hashes(&self) -> &[Hash] {
        &self.0
    }
}
