//! Whether a checkpoint belongs to the history that is kept in a folder, and the proof if it does not.

use std::path::{Path, PathBuf};

use witnessmark_bundle::{Contradiction, Misbehaviour, Refused};
use witnessmark_verifier::{
    CheckpointError, NOTE_BYTES_MAX, Note, TreeHead, TrustPolicy, VerifiedCheckpoint,
};

use crate::fetch::FetchError;
use crate::tree::{Source, Tree, TreeError};

/// The file that names the size and the root.
pub(crate) const CHECKPOINT: &str = "checkpoint";

/// The signed history in a folder: its checkpoint, and the tiles below it.
#[derive(Clone, Debug)]
pub struct Kept {
    dir: PathBuf,
    checkpoint: VerifiedCheckpoint,
}

/// Why what is kept cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeptError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] FetchError),
    /// The checkpoint in the folder is not one of this log.
    #[error("{path}: the checkpoint that is kept does not verify: {error}")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Why it does not.
        error: CheckpointError,
    },
    /// The file is not a signed note.
    #[error("{0}: the file is not a signed note")]
    NotANote(PathBuf),
    /// The tiles in the folder are not those of its checkpoint.
    #[error("the copy in the folder is damaged: {0}")]
    Damaged(TreeError),
}

impl Kept {
    /// What is kept in `dir`; `None` when there is no checkpoint. `logs` is a policy that asks for no witness.
    ///
    /// # Errors
    ///
    /// The checkpoint cannot be read, or no log of the policy has signed it.
    pub fn open(dir: &Path, logs: &TrustPolicy) -> Result<Option<Self>, KeptError> {
        let path = dir.join(CHECKPOINT);
        let unreadable = |error: std::io::Error| FetchError::Unreachable {
            url: path.display().to_string(),
            why: error.to_string(),
        };
        let bytes = match std::fs::read(&path) {
            Ok(bytes) if bytes.len() <= NOTE_BYTES_MAX => bytes,
            Ok(_) => return Err(KeptError::NotANote(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error).into()),
        };
        let text = String::from_utf8(bytes).map_err(|_| KeptError::NotANote(path.clone()))?;
        let note = Note::parse(&text).map_err(|_| KeptError::NotANote(path.clone()))?;
        match logs.verify(&note) {
            Ok(checkpoint) => Ok(Some(Self {
                dir: dir.to_owned(),
                checkpoint,
            })),
            Err(error) => Err(KeptError::Checkpoint { path, error }),
        }
    }

    /// The checkpoint that is kept.
    pub const fn checkpoint(&self) -> &VerifiedCheckpoint {
        &self.checkpoint
    }

    /// Size and root of what is kept.
    pub const fn head(&self) -> &TreeHead {
        self.checkpoint.head()
    }

    /// What shows that a checkpoint of no more entries than are kept, which a log of the policy has signed, is not of this history; `None`
    /// when it is.
    ///
    /// # Errors
    ///
    /// The folder is damaged, or the checkpoint has more entries.
    pub async fn contradicted_by(
        &self,
        other: &VerifiedCheckpoint,
    ) -> Result<Option<Misbehaviour>, KeptError> {
        let (kept, head) = (self.head(), other.head());
        // Another log has another history.
        if kept == head || self.checkpoint.origin() != other.origin() {
            return Ok(None);
        }
        if kept.size == head.size {
            return Ok(Some(self.against(other, Contradiction::TwoRoots)));
        }
        let source = Source::Folder(self.dir.clone());
        let tree = Tree::open(source, *kept).await;
        let mut tree = tree.map_err(KeptError::Damaged)?;
        let shown_by = beginning(&mut tree, head).await;
        let shown_by = shown_by.map_err(KeptError::Damaged)?;
        Ok(shown_by.map(|shown_by| self.against(other, shown_by)))
    }

    /// The complaint that a log shows this checkpoint, an older one of the same history.
    pub fn complaint(&self, shown: &VerifiedCheckpoint) -> Misbehaviour {
        self.against(shown, Contradiction::Unproved(Refused::FewerEntries))
    }

    pub(crate) fn against(
        &self,
        other: &VerifiedCheckpoint,
        shown_by: Contradiction,
    ) -> Misbehaviour {
        let notes = [self.checkpoint.note().to_owned(), other.note().to_owned()];
        Misbehaviour::of(notes, shown_by)
    }
}

/// What shows that `head` is not the beginning of the tree; `None` when it is.
pub(crate) async fn beginning(
    tree: &mut Tree,
    head: &TreeHead,
) -> Result<Option<Contradiction>, TreeError> {
    let size = head.size.get();
    let root = tree.root_at(size).await?;
    if root == head.root {
        return Ok(None);
    }
    let consistency = tree.consistency_from(size).await?;
    Ok(Some(Contradiction::TwoBeginnings { root, consistency }))
}
