//! Checkpoints that the auditor kept from before: the log must still begin with the trees that they speak of.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use witnessmark_verifier::{
    CheckpointError, Hash, NOTE_BYTES_MAX, Note, TreeHead, TrustPolicy, VerifiedCheckpoint,
};

use crate::escape::quote;
use crate::limits::KEPT_MAX;
use crate::verdict::{Contradicted, Failure};

use super::problems::Problems;

/// The checkpoints from before, the smaller tree first.
#[derive(Debug, Default)]
pub(super) struct Kept {
    heads: Vec<Earlier>,
    /// How many of them were compared with the tree of the log at their size.
    compared: usize,
    /// Files in folders that are of other ledgers.
    of_others: usize,
    /// Why some could not be used.
    failure: Option<Failure>,
    contradictions: Vec<Contradicted>,
}

#[derive(Debug)]
struct Earlier {
    file: String,
    note: String,
    head: TreeHead,
}

/// A file that was named, or lies in a folder that was.
struct Source {
    path: PathBuf,
    is_in_folder: bool,
}

impl Kept {
    /// Reads files, and all files of folders, and verifies each under the policy.
    pub(super) fn read(
        paths: &[PathBuf],
        policy: &TrustPolicy,
        checkpoint: &VerifiedCheckpoint,
    ) -> Self {
        let mut kept = Self::default();
        for path in paths {
            match sources(path) {
                Ok(sources) => {
                    for source in sources {
                        kept.take(&source, policy, checkpoint);
                    }
                }
                Err(error) => kept.fail(path, &error.to_string()),
            }
        }
        kept.heads.sort_by_key(|it| it.head.size);
        kept
    }

    fn fail(&mut self, path: &Path, why: &str) {
        let path = quote(&path.to_string_lossy());
        let failure = Failure::cannot_tell(format!("{path}, a checkpoint from before: {why}"));
        self.failure.get_or_insert(failure);
    }

    fn take(&mut self, source: &Source, policy: &TrustPolicy, checkpoint: &VerifiedCheckpoint) {
        if self.heads.len() >= KEPT_MAX {
            return self.fail(&source.path, &format!("there are more than {KEPT_MAX}"));
        }
        let text = match read_note(&source.path) {
            Ok(text) => text,
            Err(why) => return self.fail(&source.path, &why),
        };
        let verified = Note::parse(&text)
            .map_err(|error| error.to_string())
            .and_then(|note| match policy.verify(&note) {
                Ok(verified) if verified.origin() == checkpoint.origin() => Ok(Some(verified)),
                Ok(_) | Err(CheckpointError::UnknownLog(_)) if source.is_in_folder => Ok(None),
                Ok(_) => Err("it is of another ledger".to_owned()),
                Err(error) => Err(error.to_string()),
            });
        match verified {
            Ok(Some(verified)) => self.heads.push(Earlier {
                file: source.path.to_string_lossy().into_owned(),
                head: *verified.head(),
                note: text,
            }),
            Ok(None) => self.of_others += 1,
            Err(why) => self.fail(&source.path, &why),
        }
    }

    /// The smallest size that is yet to be compared.
    pub(super) fn next_size(&self) -> Option<u64> {
        self.heads.get(self.compared).map(|it| it.head.size.get())
    }

    /// Compares all of this size with the root that the log's first `size` entries have.
    pub(super) fn compare(
        &mut self,
        size: u64,
        root: Hash,
        checkpoint: &VerifiedCheckpoint,
        problems: &mut Problems,
    ) {
        while let Some(kept) = self
            .heads
            .get(self.compared)
            .filter(|it| it.head.size.get() == size)
        {
            self.compared += 1;
            if kept.head.root == root {
                continue;
            }
            let what = format!(
                "{}: it was signed for {size} entries with the root {}; the first {size} entries here have the root \
                 {root}: this is not the history that was signed before",
                quote(&kept.file),
                kept.head.root
            );
            problems.note("kept", None, None, what);
            self.contradictions.push(Contradicted {
                file: kept.file.clone(),
                size,
                kept_root: kept.head.root,
                found_root: root,
                kept_note: kept.note.clone(),
                checkpoint_note: checkpoint.note().to_owned(),
            });
        }
    }

    /// Leaves aside those of this size, because the tiles that make its tree cannot be read.
    pub(super) fn skip_unreadable(&mut self, size: u64) {
        while let Some(kept) = self
            .heads
            .get(self.compared)
            .filter(|it| it.head.size.get() == size)
        {
            self.compared += 1;
            let failure = Failure::cannot_tell(format!(
                "{}, a checkpoint from before: the tiles that make the tree of {size} entries cannot be read, or were \
                 altered; audit without the state",
                quote(&kept.file)
            ));
            self.failure.get_or_insert(failure);
        }
    }

    /// Notes those that speak of more entries than the checkpoint that is audited.
    pub(super) fn note_larger(&self, checkpoint: &VerifiedCheckpoint, problems: &mut Problems) {
        let size = checkpoint.head().size;
        for kept in self.heads.iter().filter(|it| it.head.size > size) {
            let what = format!(
                "{}: it was signed for {} entries, and the checkpoint here speaks of {size}: entries that were signed \
                 are missing, because the ledger or this copy of it was set back, or is an old copy",
                quote(&kept.file),
                kept.head.size
            );
            problems.note("kept", None, None, what);
        }
    }

    /// Why the check cannot be made, if so.
    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    /// What the check has found when nothing is wrong.
    pub(super) fn passed(&self) -> String {
        let others = match self.of_others {
            0 => String::new(),
            count => format!("; {count} of other ledgers were left aside"),
        };
        match self.heads.len() {
            0 => format!("no checkpoint from before was given{others}"),
            count => {
                format!("the log begins with the trees of {count} checkpoints from before{others}")
            }
        }
    }

    /// Those that cannot both be honest.
    pub(super) fn take_contradictions(&mut self) -> Vec<Contradicted> {
        std::mem::take(&mut self.contradictions)
    }
}

/// A file, or every file of a folder but hidden ones, in the order of their names.
fn sources(path: &Path) -> io::Result<Vec<Source>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![Source {
            path: path.to_owned(),
            is_in_folder: false,
        }]);
    }
    let mut sources = Vec::new();
    for item in fs::read_dir(path)? {
        let item = item?;
        let is_hidden = item.file_name().as_encoded_bytes().starts_with(b".");
        if !is_hidden && !fs::metadata(item.path())?.is_dir() {
            sources.push(Source {
                path: item.path(),
                is_in_folder: true,
            });
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn read_note(path: &Path) -> Result<String, String> {
    let max = u64::try_from(NOTE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(max.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    if bytes.len() > NOTE_BYTES_MAX {
        return Err(format!("it is larger than {NOTE_BYTES_MAX} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}
