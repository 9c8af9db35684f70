//! The last checkpoint that was verified: whatever the ledger shows later must fit it.

use std::io;
use std::path::{Path, PathBuf};

use tokio::io::AsyncWriteExt;
use witnessmark_verifier::{Note, TreeHead, TrustPolicy, VerifiedCheckpoint};

use crate::{ClientError, Misbehaviour};

/// Where the last verified checkpoint is kept between calls, and between runs if there is a file.
#[derive(Debug, Default)]
pub struct Remembered {
    file: Option<PathBuf>,
    latest: Option<VerifiedCheckpoint>,
}

/// What a checkpoint that the policy accepts is to the remembered one.
pub(crate) enum Step {
    /// The same size and root, or there is nothing to compare with.
    Fits,
    /// A larger tree: the remembered one must be shown to be its beginning.
    Grows(TreeHead),
    /// A smaller tree: it must be shown to be the beginning of the remembered one.
    Lags(TreeHead),
}

impl Remembered {
    /// Remembers for as long as the client lives.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// Remembers in a file, which may not exist yet. A note in it must satisfy `policy`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or holds something else than such a note.
    pub async fn in_file(path: &Path, policy: &TrustPolicy) -> Result<Self, ClientError> {
        let latest = match tokio::fs::read_to_string(path).await {
            Ok(text) => Some(verify_note(&text, policy)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(ClientError::Memory {
                    path: path.to_owned(),
                    error,
                });
            }
        };
        Ok(Self {
            file: Some(path.to_owned()),
            latest,
        })
    }

    /// The checkpoint that is remembered, if any is.
    pub fn latest(&self) -> Option<&VerifiedCheckpoint> {
        self.latest.as_ref()
    }

    /// How `shown` has to be compared with what is remembered.
    ///
    /// # Errors
    ///
    /// Misbehaviour, when both have one size and two roots.
    pub(crate) fn step(&self, shown: &VerifiedCheckpoint) -> Result<Step, ClientError> {
        let Some(latest) = &self.latest else {
            return Ok(Step::Fits);
        };
        let (old, new) = (latest.head(), shown.head());
        if new.size > old.size {
            Ok(Step::Grows(*old))
        } else if new.size < old.size {
            Ok(Step::Lags(*old))
        } else if new.root == old.root {
            Ok(Step::Fits)
        } else {
            Err(self.misbehaviour(shown, "it signed two roots for one size"))
        }
    }

    /// The evidence that `shown` does not fit what is remembered.
    pub(crate) fn misbehaviour(&self, shown: &VerifiedCheckpoint, problem: &str) -> ClientError {
        let remembered = self
            .latest
            .as_ref()
            .map_or_else(String::new, |old| old.note().to_owned());
        ClientError::Misbehaviour(Box::new(Misbehaviour {
            remembered,
            shown: shown.note().to_owned(),
            problem: problem.to_owned(),
        }))
    }

    /// Remembers `shown`, which was compared before. A file is replaced whole, or not at all.
    pub(crate) async fn advance(&mut self, shown: &VerifiedCheckpoint) -> Result<(), ClientError> {
        if let Some(path) = &self.file {
            replace(path, shown.note())
                .await
                .map_err(|error| ClientError::Memory {
                    path: path.clone(),
                    error,
                })?;
        }
        self.latest = Some(shown.clone());
        Ok(())
    }
}

/// The checkpoint in `text`, if `policy` accepts it.
pub(crate) fn verify_note(
    text: &str,
    policy: &TrustPolicy,
) -> Result<VerifiedCheckpoint, ClientError> {
    let note = Note::parse(text).map_err(ClientError::not_verified)?;
    policy.verify(&note).map_err(ClientError::not_verified)
}

async fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = tokio::fs::File::create(&new).await?;
    file.write_all(text.as_bytes()).await?;
    file.sync_all().await?;
    tokio::fs::rename(&new, path).await
}
