//! One pass over a log: its newest checkpoint, and everything new below it, checked and then kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use witnessmark_bundle::{Contradiction, ExportError, ExportWriter, Exported, Misbehaviour};
use witnessmark_tlog::TILE_WIDTH;
use witnessmark_verifier::{
    CheckpointError, NOTE_BYTES_MAX, Note, NoteError, TrustPolicy, TrustPolicyError,
    VerifiedCheckpoint,
};

use crate::fetch::{FetchError, Fetcher};
use crate::history::{CHECKPOINT, Kept, KeptError, beginning};
use crate::tree::{Source, Tree, TreeError};

/// How often a pass starts again because the log has grown and removed tiles meanwhile, or was not yet cosigned.
const AGAIN_MAX: u32 = 8;

/// How long to wait for cosignatures in between: a log that is shown before it is cosigned has them soon.
const COSIGNED_WAIT: Duration = Duration::from_secs(1);

/// Follows one log into one folder, which has the layout of an export.
#[derive(Clone, Debug)]
pub struct Follower {
    fetcher: Fetcher,
    policy: TrustPolicy,
    /// The same logs without witnesses: who signs two histories does not show both of them to witnesses.
    logs: TrustPolicy,
    dir: PathBuf,
}

/// What a pass came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The checkpoint that is in the folder now.
    pub checkpoint: VerifiedCheckpoint,
    /// What was written.
    pub exported: Exported,
}

/// Why nothing new was taken. What is kept is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// No answer that can be used.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The server has no checkpoint.
    #[error("{0}: there is no checkpoint; is this the address of a log?")]
    NoCheckpoint(String),
    /// The checkpoint is not a signed note.
    #[error("{0}: the checkpoint is not a signed note: {1}")]
    Note(String, NoteError),
    /// The policy does not accept the checkpoint.
    #[error("{0}: {1}")]
    Checkpoint(String, CheckpointError),
    /// The folder holds another log.
    #[error("the folder holds {kept}, and the address has {shown}")]
    OtherLog {
        /// The log that is kept.
        kept: String,
        /// The log that is shown.
        shown: String,
    },
    /// What is kept cannot be used.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// A tile or an entry is missing, or is not what was signed.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Two checkpoints that cannot both be honest, or an older one than is kept.
    #[error("{}", told(.0))]
    Misbehaviour(Box<Misbehaviour>),
    /// The folder cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
}

fn told(found: &Misbehaviour) -> &'static str {
    match found.shown_by {
        Contradiction::Unproved(_) => {
            "the log shows fewer entries than it had signed for: it was set back, or this is an old copy"
        }
        Contradiction::TwoRoots
        | Contradiction::TwoBeginnings { .. }
        | Contradiction::TwoEntries { .. } => "the log has signed two histories",
    }
}

impl Follower {
    /// Follows the log that `fetcher` reads, under `policy`, into the folder `dir`.
    ///
    /// # Errors
    ///
    /// None for a policy that is one.
    pub fn new(
        fetcher: Fetcher,
        policy: TrustPolicy,
        dir: &Path,
    ) -> Result<Self, TrustPolicyError> {
        let logs = TrustPolicy::try_new(policy.logs().to_vec(), Vec::new(), None)?;
        Ok(Self {
            fetcher,
            policy,
            logs,
            dir: dir.to_owned(),
        })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The policy without its witnesses.
    pub const fn logs(&self) -> &TrustPolicy {
        &self.logs
    }

    /// What is kept.
    ///
    /// # Errors
    ///
    /// The checkpoint in the folder cannot be read, or is not of this log.
    pub fn kept(&self) -> Result<Option<Kept>, KeptError> {
        Kept::open(&self.dir, &self.logs)
    }

    /// Fetches the newest checkpoint and all that is new below it. `progress` is told how many entries there are, and of how many.
    ///
    /// # Errors
    ///
    /// What is new cannot be had or is not to be believed. Nothing of it is spoken of in the folder then.
    pub async fn pass(
        &self,
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<Passed, FollowError> {
        let mut shown = self.shown().await?;
        for _ in 0..AGAIN_MAX {
            match self.take(&shown, progress).await {
                Err(FollowError::Tree(TreeError::Missing(path))) => {
                    let newer = self.shown().await?;
                    if newer.head() == shown.head() {
                        return Err(TreeError::Missing(path).into());
                    }
                    shown = newer;
                }
                Err(FollowError::Checkpoint(_, CheckpointError::QuorumNotMet { .. })) => {
                    tokio::time::sleep(COSIGNED_WAIT).await;
                    shown = self.shown().await?;
                }
                done => return done,
            }
        }
        self.take(&shown, progress).await
    }

    /// The checkpoint that the server shows, signed by the log. Witnesses are not asked for.
    async fn shown(&self) -> Result<VerifiedCheckpoint, FollowError> {
        let url = || format!("{}{CHECKPOINT}", self.fetcher.address().as_str());
        let bytes = self.fetcher.get(CHECKPOINT, NOTE_BYTES_MAX).await?;
        let bytes = bytes.ok_or_else(|| FollowError::NoCheckpoint(url()))?;
        let text = String::from_utf8_lossy(&bytes);
        let note = Note::parse(&text).map_err(|error| FollowError::Note(url(), error))?;
        let checkpoint = self.logs.verify(&note);
        checkpoint.map_err(|error| FollowError::Checkpoint(url(), error))
    }

    async fn take(
        &self,
        shown: &VerifiedCheckpoint,
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<Passed, FollowError> {
        let kept = self.kept()?;
        let mut tree = None;
        if let Some(kept) = &kept {
            self.compare(kept, shown, &mut tree).await?;
        }
        let accepted = Note::parse(shown.note())
            .map_err(|error| FollowError::Note(self.fetcher.address().as_str().into(), error))
            .map(|note| self.policy.verify(&note))?;
        let checkpoint = accepted.map_err(|error| {
            FollowError::Checkpoint(self.fetcher.address().as_str().to_owned(), error)
        })?;
        let is_new = kept.is_none_or(|kept| kept.head() != shown.head());
        // All tiles on the edge are good before anything is written.
        let tree = match tree {
            None if is_new => Some(self.tree(shown).await?),
            tree => tree,
        };
        let mut writer = ExportWriter::create(&self.dir, checkpoint.note())?;
        if let Some(mut tree) = tree {
            tree.look_first_in(&self.dir);
            fill(&mut writer, &mut tree, progress).await?;
        }
        let exported = writer.finish()?;
        Ok(Passed {
            checkpoint,
            exported,
        })
    }

    async fn tree(&self, shown: &VerifiedCheckpoint) -> Result<Tree, TreeError> {
        Tree::open(Source::Http(self.fetcher.clone()), *shown.head()).await
    }

    /// Whether what is shown goes on from what is kept. Hands back the tree that it had to open.
    async fn compare(
        &self,
        kept: &Kept,
        shown: &VerifiedCheckpoint,
        tree: &mut Option<Tree>,
    ) -> Result<(), FollowError> {
        if kept.checkpoint().origin() != shown.origin() {
            return Err(FollowError::OtherLog {
                kept: kept.checkpoint().origin().to_string(),
                shown: shown.origin().to_string(),
            });
        }
        let found = if shown.head().size <= kept.head().size {
            let found = kept.contradicted_by(shown).await?;
            let is_older = shown.head().size < kept.head().size;
            found.or_else(|| is_older.then(|| kept.complaint(shown)))
        } else {
            let opened = tree.insert(self.tree(shown).await?);
            let shown_by = beginning(opened, kept.head()).await?;
            shown_by.map(|shown_by| kept.against(shown, shown_by))
        };
        match found {
            Some(found) => Err(FollowError::Misbehaviour(Box::new(found))),
            None => Ok(()),
        }
    }
}

/// Gives the writer every entry that it lacks.
async fn fill(
    writer: &mut ExportWriter,
    tree: &mut Tree,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<(), FollowError> {
    let size = tree.head().size.get();
    progress(writer.next_index(), size);
    while writer.next_index() < size {
        let bundle = writer.next_index() / u64::from(TILE_WIDTH);
        for entry in tree.entries(bundle).await? {
            writer.push(&entry)?;
        }
        progress(writer.next_index(), size);
    }
    Ok(())
}
