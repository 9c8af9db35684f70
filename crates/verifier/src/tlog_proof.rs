//! Proof files of C2SP tlog-proof: all that shows an entry is in a log, for somebody without a network.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64>             optional; authenticated by nothing
//! index <decimal>
//! <base64 of a hash>         the inclusion proof, the leaf's sibling first
//!
//! <checkpoint with its signatures>
//! ```

use alloc::vec::Vec;

use crate::{
    CheckpointError, Hash, InclusionError, InclusionProof, LeafHash, LeafIndex, Note, NoteError,
    PROOF_HASHES_MAX, TrustPolicy, VerifiedCheckpoint, base64, decimal,
};

/// The most bytes of extra data: readers elsewhere stop at lines of 64 KiB.
pub const PROOF_EXTRA_BYTES_MAX: usize = 48_000;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1\n";

error! {
    /// Why a proof file does not show that an entry is in the log.
    TlogProofError {
        /// The first line does not say that this is a proof file of this version.
        FirstLine => "the first line is not c2sp.org/tlog-proof@v1",
        /// The extra data is empty, not base64, or longer than 48,000 bytes.
        Extra => "the extra line is not 1 to 48,000 bytes in base64",
        /// There is no index line, or it is not a decimal number.
        Index => "the proof has no index line with a decimal number",
        /// A line of the inclusion proof is not the base64 of a hash.
        Hash => "a line of the inclusion proof is not a hash in base64",
        /// The inclusion proof has more than 63 hashes.
        TooManyHashes => "the inclusion proof has more than 63 hashes",
        /// No empty line parts the inclusion proof from the checkpoint.
        NoCheckpoint => "the proof has no checkpoint after an empty line",
        /// The checkpoint is not a signed note.
        Note <- error: NoteError => "{error}",
        /// The policy does not accept the checkpoint.
        Checkpoint <- error: CheckpointError => "{error}",
        /// The file carries another checkpoint than the one that was verified.
        OtherCheckpoint => "the proof carries another checkpoint",
        /// The entry is not at the index in the checkpoint's tree.
        Inclusion <- error: InclusionError => "{error}",
    }
}

/// A parsed proof file. Nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof<'a> {
    /// Extra data, which no signature covers.
    pub extra: Option<Vec<u8>>,
    /// The index that the proof is for.
    pub index: LeafIndex,
    /// The inclusion proof.
    pub inclusion: InclusionProof,
    /// The checkpoint with its signatures.
    pub note: Note<'a>,
}

impl<'a> TlogProof<'a> {
    /// The proof that `text` is.
    ///
    /// # Errors
    ///
    /// When `text` is not a proof file within the limits.
    pub fn parse(text: &'a str) -> Result<Self, TlogProofError> {
        let rest = text.strip_prefix(FIRST_LINE);
        let mut rest = rest.ok_or(TlogProofError::FirstLine)?;
        let mut extra = None;
        if let Some(after) = rest.strip_prefix("extra ") {
            let (encoded, after) = after.split_once('\n').ok_or(TlogProofError::Extra)?;
            extra = Some(parse_extra(encoded).ok_or(TlogProofError::Extra)?);
            rest = after;
        }
        let rest = rest.strip_prefix("index ").ok_or(TlogProofError::Index)?;
        let (index, rest) = rest.split_once('\n').ok_or(TlogProofError::Index)?;
        let index = decimal::parse(index).ok_or(TlogProofError::Index)?;
        let (hashes, checkpoint) = parse_hashes(rest)?;
        Ok(Self {
            extra,
            index: LeafIndex::new(index),
            inclusion: InclusionProof::new(hashes),
            note: Note::parse(checkpoint)?,
        })
    }

    /// Checks that `entry` is at the index of this proof, in a tree whose checkpoint `policy` accepts.
    ///
    /// # Errors
    ///
    /// When the policy does not accept the checkpoint, or the inclusion proof does not lead to it.
    pub fn verify(
        &self,
        entry: &[u8],
        policy: &TrustPolicy,
    ) -> Result<VerifiedEntry, TlogProofError> {
        self.verify_with(entry, &policy.verify(&self.note)?)
    }

    /// Checks the same against a checkpoint that was verified before, which this proof must carry too,
    /// byte for byte.
    ///
    /// # Errors
    ///
    /// When the proof carries another checkpoint, or the inclusion proof does not lead to it.
    pub fn verify_with(
        &self,
        entry: &[u8],
        checkpoint: &VerifiedCheckpoint,
    ) -> Result<VerifiedEntry, TlogProofError> {
        if self.note.source() != checkpoint.note() {
            return Err(TlogProofError::OtherCheckpoint);
        }
        let leaf = LeafHash::of(entry);
        self.inclusion.verify(leaf, self.index, checkpoint.head())?;
        Ok(VerifiedEntry {
            index: self.index,
            leaf,
            checkpoint: checkpoint.clone(),
        })
    }
}

/// The hashes at the start of `text`, one a line, and what comes after the empty line.
fn parse_hashes(mut text: &str) -> Result<(Vec<Hash>, &str), TlogProofError> {
    let mut hashes = Vec::new();
    loop {
        let (line, rest) = text.split_once('\n').ok_or(TlogProofError::NoCheckpoint)?;
        text = rest;
        if line.is_empty() {
            return Ok((hashes, text));
        }
        if hashes.len() == PROOF_HASHES_MAX {
            return Err(TlogProofError::TooManyHashes);
        }
        hashes.push(Hash::parse_base64(line).map_err(|_| TlogProofError::Hash)?);
    }
}

fn parse_extra(encoded: &str) -> Option<Vec<u8>> {
    if encoded.is_empty() || encoded.len() > PROOF_EXTRA_BYTES_MAX.div_ceil(3).saturating_mul(4) {
        return None;
    }
    base64::decode(encoded).ok()
}

/// An entry that is in a log, by a proof and a policy.
///
/// Invariant: made only by [`TlogProof::verify`] and [`TlogProof::verify_with`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedEntry {
    index: LeafIndex,
    leaf: LeafHash,
    checkpoint: VerifiedCheckpoint,
}

impl VerifiedEntry {
    /// Where the entry is.
    pub const fn index(&self) -> LeafIndex {
        self.index
    }

    /// The leaf hash of the entry.
    pub const fn leaf(&self) -> LeafHash {
        self.leaf
    }

    /// The checkpoint that commits to it.
    pub const fn checkpoint(&self) -> &VerifiedCheckpoint {
        &self.checkpoint
    }
}
