//! Checkpoints of C2SP tlog-checkpoint: a log's origin and tree head, as the text of a note.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::{Hash, Origin, TreeHead, TreeSize, decimal};

/// A log's statement of its tree head. Nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log that says so.
    pub origin: Origin,
    /// The tree it says it has.
    pub head: TreeHead,
}

/// Why a note's text is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckpointFormatError {
    /// It is not exactly three lines; extension lines are not accepted.
    Lines,
    /// The first line is not an origin.
    Origin,
    /// The second line is not a size.
    Size,
    /// The third line is not the base64 of a root hash.
    Root,
}

impl fmt::Display for CheckpointFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lines => "a checkpoint has exactly three lines",
            Self::Origin => "the first line of the checkpoint is not an origin",
            Self::Size => "the second line of the checkpoint is not a tree size",
            Self::Root => "the third line of the checkpoint is not a root hash",
        })
    }
}

impl core::error::Error for CheckpointFormatError {}

impl Checkpoint {
    /// The checkpoint that the text of a note is.
    ///
    /// # Errors
    ///
    /// When `note_text` is anything but three lines, each in its one spelling.
    pub fn parse(note_text: &str) -> Result<Self, CheckpointFormatError> {
        let lines = note_text
            .strip_suffix('\n')
            .ok_or(CheckpointFormatError::Lines)?;
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointFormatError::Lines);
        };
        let origin = Origin::parse(origin).map_err(|_| CheckpointFormatError::Origin)?;
        let size = decimal::parse(size).map_err(|_| CheckpointFormatError::Size)?;
        let root = Hash::parse_base64(root).map_err(|_| CheckpointFormatError::Root)?;
        Ok(Self {
            origin,
            head: TreeHead {
                size: TreeSize::new(size),
                root,
            },
        })
    }
}

/// Why a checkpoint is not one that the policy accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The note's text is not a checkpoint.
    Malformed(CheckpointFormatError),
    /// The policy names no log with this origin: it can say nothing about this checkpoint.
    UnknownLog(Origin),
    /// The policy names the log, and no key it gives for the log has signed.
    NotSigned(Origin),
    /// A signature that names a log's key is not by that key.
    BadLogSignature(Origin),
    /// A signature that names a witness's key is not by that key.
    BadCosignature(Origin),
    /// Too few witnesses have cosigned.
    QuorumNotMet {
        /// What the policy asks for.
        quorum: String,
        /// The key names of the witnesses it counts and that have not cosigned.
        missing: Vec<Origin>,
    },
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::UnknownLog(origin) => write!(f, "the policy names no log {origin}"),
            Self::NotSigned(origin) => {
                write!(
                    f,
                    "no key that the policy gives for {origin} has signed the checkpoint"
                )
            }
            Self::BadLogSignature(name) => write!(f, "the log signature of {name} is not good"),
            Self::BadCosignature(name) => write!(f, "the cosignature of {name} is not good"),
            Self::QuorumNotMet { quorum, missing } => {
                write!(f, "the policy asks for {quorum}; not cosigned by")?;
                for (place, name) in missing.iter().enumerate() {
                    write!(f, "{} {name}", if place == 0 { "" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}

impl core::error::Error for CheckpointError {}

/// A witness that has cosigned a checkpoint, and when it says it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// The name of the witness's key.
    pub name: Origin,
    /// Seconds since 1970 by the witness's clock; the earliest if it cosigned more than once.
    pub time_s: u64,
}

/// A checkpoint that a policy accepts.
///
/// Invariant: made only by `TrustPolicy::verify`, from the note it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCheckpoint {
    pub(crate) note: Arc<str>,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) cosigned: Vec<Cosigned>,
    pub(crate) quorum: Option<String>,
}

impl VerifiedCheckpoint {
    /// The log that signed.
    pub const fn origin(&self) -> &Origin {
        &self.checkpoint.origin
    }

    /// The tree that is vouched for.
    pub const fn head(&self) -> &TreeHead {
        &self.checkpoint.head
    }

    /// The note that was verified, with its signatures.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The witnesses of the policy that have cosigned, each once, in the order of the policy.
    pub fn cosigned(&self) -> &[Cosigned] {
        &self.cosigned
    }

    /// What the policy asked of witnesses, in words; `None` when it asked for no witness.
    pub fn quorum(&self) -> Option<&str> {
        self.quorum.as_deref()
    }
}
