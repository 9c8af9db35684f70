//! The request a log makes of a witness (C2SP tlog-witness): from this size on, to this checkpoint.

use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::hash_lines::{self, HashLinesError};
use crate::{ConsistencyProof, TreeSize, decimal};

/// Why a text is not a request to cosign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddCheckpointError {
    /// The first line is not `old` and a size.
    OldSize,
    /// A line of the consistency proof is not the base64 of a hash.
    Hash,
    /// The consistency proof has more than 63 hashes.
    TooManyHashes,
    /// No empty line parts the consistency proof from the checkpoint.
    NoCheckpoint,
}

impl fmt::Display for AddCheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OldSize => "the first line is not 'old' and a tree size",
            Self::Hash => "a line of the consistency proof is not a hash in base64",
            Self::TooManyHashes => "the consistency proof has more than 63 hashes",
            Self::NoCheckpoint => "the request has no checkpoint after an empty line",
        })
    }
}

impl core::error::Error for AddCheckpointError {}

impl From<HashLinesError> for AddCheckpointError {
    fn from(error: HashLinesError) -> Self {
        match error {
            HashLinesError::Line => Self::Hash,
            HashLinesError::TooMany => Self::TooManyHashes,
            HashLinesError::NoEmptyLine => Self::NoCheckpoint,
        }
    }
}

/// A request to cosign a checkpoint. Nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint<'a> {
    /// The size of the last checkpoint the log believes the witness has cosigned.
    pub old: TreeSize,
    /// That the new tree begins with that one.
    pub proof: ConsistencyProof,
    /// The new checkpoint with its signatures.
    pub checkpoint: &'a str,
}

impl<'a> AddCheckpoint<'a> {
    /// The request that `body` is.
    ///
    /// # Errors
    ///
    /// When `body` is not an old size, hash lines, an empty line and something after it.
    pub fn parse(body: &'a str) -> Result<Self, AddCheckpointError> {
        let rest = body
            .strip_prefix("old ")
            .ok_or(AddCheckpointError::OldSize)?;
        let (old, rest) = rest.split_once('\n').ok_or(AddCheckpointError::OldSize)?;
        let old = decimal::parse(old).map_err(|_| AddCheckpointError::OldSize)?;
        let (hashes, checkpoint) = hash_lines::parse(rest)?;
        if checkpoint.is_empty() {
            return Err(AddCheckpointError::NoCheckpoint);
        }
        Ok(Self {
            old: TreeSize::new(old),
            proof: ConsistencyProof::new(hashes),
            checkpoint,
        })
    }

    /// The body of the request.
    pub fn encode(&self) -> String {
        let hashes = hash_lines::encode(self.proof.hashes());
        format!("old {}\n{hashes}{}", self.old, self.checkpoint)
    }
}
