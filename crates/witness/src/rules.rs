//! Whether a witness cosigns what it is asked to: the rules of C2SP tlog-witness, without a disk and without a key.

use witnessmark_tlog::{AddCheckpoint, AddCheckpointError};
use witnessmark_verifier::{
    ConsistencyError, ConsistencyProof, Hash, Note, NoteError, SignatureLine, TreeHead, TreeSize,
    VerifierKey, decimal, empty_root,
};

/// Why a body is not a request to cosign a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// It is not UTF-8.
    #[error("the request is not UTF-8")]
    Encoding,
    /// Old size and consistency proof are not as they are written.
    #[error(transparent)]
    Request(#[from] AddCheckpointError),
    /// What follows them is not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The note is not a checkpoint.
    #[error("the checkpoint is not an origin, a tree size and a root hash, one line each")]
    Checkpoint,
    /// The old size is above that of the checkpoint.
    #[error("the old size {old} is above the size {new} of the checkpoint")]
    OldIsLarger {
        /// The old size of the request.
        old: TreeSize,
        /// The size of the checkpoint.
        new: TreeSize,
    },
}

/// Why a witness does not cosign. Nothing was written and nothing signed, unless a variant says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The body is not a request to cosign a checkpoint.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The witness does not watch a log of this origin.
    #[error("this witness does not watch a log of this origin")]
    UnknownOrigin,
    /// No key of the log has signed, or a signature that names one is not by it.
    #[error("the checkpoint is not signed by a key that this witness knows for the log")]
    NotSigned,
    /// The old size is not that of the last checkpoint this witness cosigned.
    #[error("the last checkpoint that this witness cosigned has size {0}")]
    OtherSize(TreeSize),
    /// The tree is not shown to continue the one that was cosigned last.
    #[error("the checkpoint is not consistent with the one cosigned last: {0}")]
    Inconsistent(ConsistencyError),
    /// The machine's clock is behind the last cosignature, or before any time it can rightly show.
    #[error("the clock of this witness is wrong, so nothing is cosigned")]
    Clock,
    /// The new checkpoint could not be written. The one before it still stands.
    #[error("this witness could not write to its disk, so nothing is cosigned")]
    NotKept,
    /// It is not known which checkpoint is on the disk. Nothing more is cosigned before a start has looked.
    #[error(
        "this witness does not know what is on its disk; nothing is cosigned until it is started again"
    )]
    Halted,
}

impl From<AddCheckpointError> for Refused {
    fn from(error: AddCheckpointError) -> Self {
        Self::Malformed(error.into())
    }
}

/// A request of the right form. Nothing is verified.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) old: TreeSize,
    pub(crate) proof: ConsistencyProof,
    pub(crate) note: Note<'a>,
    pub(crate) origin: &'a str,
    pub(crate) head: TreeHead,
}

impl<'a> Asked<'a> {
    /// The request that `body` is.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let body = str::from_utf8(body).map_err(|_| Malformed::Encoding)?;
        let request = AddCheckpoint::parse(body)?;
        let note = Note::parse(request.checkpoint)?;
        let (origin, head) = parse_checkpoint(note.text()).ok_or(Malformed::Checkpoint)?;
        Ok(Self {
            old: request.old,
            proof: request.proof,
            note,
            origin,
            head,
        })
    }

    /// The signature lines by keys that are known for the log: at least one, and all of them good.
    pub(crate) fn signed_by<'k>(
        &self,
        keys: &'k [VerifierKey],
    ) -> Result<Vec<(&'k VerifierKey, &SignatureLine<'a>)>, Refused> {
        let text = self.note.text().as_bytes();
        let mut found = Vec::new();
        for line in self.note.signatures() {
            for key in keys.iter().filter(|key| line.is_by(key)) {
                let verified = key.public_key().verify(text, &line.signature);
                verified.map_err(|_| Refused::NotSigned)?;
                found.push((key, line));
            }
        }
        if found.is_empty() {
            return Err(Refused::NotSigned);
        }
        Ok(found)
    }

    /// Whether the checkpoint may be cosigned by a witness whose last cosigned tree is `held`; the empty one if there is none.
    pub(crate) fn check(&self, held: &TreeHead) -> Result<(), Refused> {
        if self.old > self.head.size {
            let (old, new) = (self.old, self.head.size);
            return Err(Malformed::OldIsLarger { old, new }.into());
        }
        if self.old != held.size {
            return Err(Refused::OtherSize(held.size));
        }
        self.proof
            .verify(held, &self.head)
            .map_err(Refused::Inconsistent)
    }
}

/// The tree of a witness that has cosigned nothing.
pub(crate) fn empty_tree() -> TreeHead {
    TreeHead {
        size: TreeSize::new(0),
        root: empty_root(),
    }
}

/// Origin and tree head of a checkpoint. An origin is any line that is not empty, and extension lines may follow, because logs
/// of others have such: the standard asks that they are cosigned with the rest.
pub(crate) fn parse_checkpoint(text: &str) -> Option<(&str, TreeHead)> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let origin = lines.next().filter(|origin| !origin.is_empty())?;
    let size = TreeSize::new(decimal::parse(lines.next()?)?);
    let root = Hash::parse_base64(lines.next()?).ok()?;
    if lines.any(str::is_empty) {
        return None;
    }
    Some((origin, TreeHead { size, root }))
}
