//! Checkpoints of C2SP tlog-checkpoint: a log's origin and tree head, as the text of a note.

use alloc::{string::String, sync::Arc, vec::Vec};

use crate::{Hash, Origin, TreeHead, TreeSize, decimal};

/// A log's statement of its tree head. Nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log that says so.
    pub origin: Origin,
    /// The tree it says it has.
    pub head: TreeHead,
}

error! {
    /// Why a note's text is not a checkpoint.
    CheckpointFormatError {
        /// It is not exactly three lines; extension lines are not accepted.
        Lines => "a checkpoint has exactly three lines",
        /// The first line is not an origin.
        Origin => "the first line of the checkpoint is not an origin",
        /// The second line is not a size.
        Size => "the second line of the checkpoint is not a tree size",
        /// The third line is not the base64 of a root hash.
        Root => "the third line of the checkpoint is not a root hash",
    }
}

impl Checkpoint {
    /// The checkpoint that the text of a note is.
    ///
    /// # Errors
    ///
    /// When `note_text` is anything but three lines, each in its one spelling.
    pub fn parse(note_text: &str) -> Result<Self, CheckpointFormatError> {
        let lines = note_text.strip_suffix('\n');
        let lines: Vec<&str> = lines
            .into_iter()
            .flat_map(|it| it.splitn(4, '\n'))
            .collect();
        let [origin, size, root] = *lines else {
            return Err(CheckpointFormatError::Lines);
        };
        let origin = Origin::parse(origin).map_err(|_| CheckpointFormatError::Origin)?;
        let size = decimal::parse(size).ok_or(CheckpointFormatError::Size)?;
        let root = Hash::parse_base64(root).map_err(|_| CheckpointFormatError::Root)?;
        let size = TreeSize::new(size);
        let head = TreeHead { size, root };
        Ok(Self { origin, head })
    }
}

error! {
    /// Why a checkpoint is not one that the policy accepts.
    CheckpointError {
        /// The note's text is not a checkpoint.
        Malformed <- error: CheckpointFormatError => "{error}",
        /// The policy names no log with this origin: it can say nothing about this checkpoint.
        UnknownLog(origin: Origin) => "the policy names no log {origin}",
        /// The policy names the log, and no key it gives for the log has signed.
        NotSigned(origin: Origin) =>
            "no key that the policy gives for {origin} has signed the checkpoint",
        /// A signature that names a log's key is not by that key.
        BadLogSignature(name: Origin) => "the log signature of {name} is not good",
        /// A signature that names a witness's key is not by that key.
        BadCosignature(name: Origin) => "the cosignature of {name} is not good",
        /// Too few witnesses have cosigned.
        QuorumNotMet {
            /// What the policy asks for.
            quorum: String,
            /// The key names of the witnesses it counts and that have not cosigned, with commas.
            missing: String,
        } => "the policy asks for {quorum}; not cosigned by {missing}",
    }
}

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
    pub(crate) witnessed_s: Option<u64>,
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

    /// By when what the policy asks of witnesses was met, in seconds since 1970 by their clocks: the least time such that the
    /// cosignatures up to it are a quorum. The tree existed then, unless a quorum is dishonest. `None` when no witness is asked for.
    pub const fn witnessed_s(&self) -> Option<u64> {
        self.witnessed_s
    }

    /// What the policy asked of witnesses, in words; `None` when it asked for no witness.
    pub fn quorum(&self) -> Option<&str> {
        self.quorum.as_deref()
    }
}
