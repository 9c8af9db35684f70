//! A checkpoint as it is stored and handed out: its note, word for word, and the tree head in it.

use std::sync::Arc;

use witnessmark_verifier::{
    Checkpoint, CheckpointError, Note, Origin, TreeHead, TrustPolicy, VerifierKey,
};

/// The text of a signed note that holds a checkpoint. Its form is right; whether its signature is
/// good is for [`SignedCheckpoint::verify`] to say.
///
/// Invariant: `origin` and `head` are those in `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    text: Arc<str>,
    origin: Origin,
    head: TreeHead,
}

impl SignedCheckpoint {
    /// Reads the note of a checkpoint.
    ///
    /// # Errors
    ///
    /// The text is not a note, or the note does not hold a checkpoint.
    pub fn parse(text: &str) -> Result<Self, SignedCheckpointError> {
        let note = Note::parse(text).map_err(|error| SignedCheckpointError(error.to_string()))?;
        let Checkpoint { origin, head } = Checkpoint::parse(note.text())
            .map_err(|error| SignedCheckpointError(error.to_string()))?;
        Ok(Self {
            text: Arc::from(text),
            origin,
            head,
        })
    }

    /// Checks that the log with this key signed the checkpoint.
    ///
    /// # Errors
    ///
    /// It is the checkpoint of another log, or the signature is missing or not good.
    pub fn verify(&self, vkey: &VerifierKey) -> Result<(), SignedCheckpointError> {
        let policy = TrustPolicy::try_new(vec![vkey.clone()], Vec::new(), None)
            .map_err(|error| SignedCheckpointError(error.to_string()))?;
        let note =
            Note::parse(&self.text).map_err(|error| SignedCheckpointError(error.to_string()))?;
        policy
            .verify(&note)
            .map_err(|error: CheckpointError| SignedCheckpointError(error.to_string()))?;
        Ok(())
    }

    /// The note, with its signature lines.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The name of the log.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Size and root of the tree.
    pub fn head(&self) -> &TreeHead {
        &self.head
    }
}

/// Why a text is not a checkpoint of this log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SignedCheckpointError(String);
