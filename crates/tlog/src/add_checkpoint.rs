//! The request a log makes of a witness (C2SP tlog-witness): from this size on, to this checkpoint.

use std::fmt;

use witnessmark_verifier::{ConsistencyProof, Hash, PROOF_HASHES_MAX, TreeSize, decimal};

use crate::{Encode, notes};

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

impl std::error::Error for AddCheckpointError {}

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
        let old = decimal::parse(old).ok_or(AddCheckpointError::OldSize)?;
        let (hashes, checkpoint) = parse_hashes(rest)?;
        if checkpoint.is_empty() {
            return Err(AddCheckpointError::NoCheckpoint);
        }
        Ok(Self {
            old: TreeSize::new(old),
            proof: ConsistencyProof::new(hashes),
            checkpoint,
        })
    }
}

/// The body of the request.
impl Encode for AddCheckpoint<'_> {
    type Encoded = String;

    fn encode(&self) -> String {
        let hashes = notes::hash_lines(self.proof.hashes());
        format!("old {}\n{hashes}{}", self.old, self.checkpoint)
    }
}

/// The hashes at the start of `text`, and what comes after the empty line.
fn parse_hashes(mut text: &str) -> Result<(Vec<Hash>, &str), AddCheckpointError> {
    let mut hashes = Vec::new();
    loop {
        let (line, rest) = text
            .split_once('\n')
            .ok_or(AddCheckpointError::NoCheckpoint)?;
        text = rest;
        if line.is_empty() {
            return Ok((hashes, text));
        }
        if hashes.len() == PROOF_HASHES_MAX {
            return Err(AddCheckpointError::TooManyHashes);
        }
        hashes.push(Hash::parse_base64(line).map_err(|_| AddCheckpointError::Hash)?);
    }
}
