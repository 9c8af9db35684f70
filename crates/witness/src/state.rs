//! What a witness remembers of one log, in one file: the last checkpoint it cosigned.
//!
//! ```text
//! witnessmark-witness-state/1
//! sha256 <of everything after this line, in hex>
//! log <origin>
//! <the checkpoint with the log's signatures and the cosignature; nothing if none was cosigned>
//! ```
//!
//! The file is replaced as a whole: written beside, synced, renamed, and the folder synced. So a crash leaves the
//! old file or the new one, and a file that is not whole was damaged after it was written: then nothing is cosigned,
//! because nobody knows what was. A file of two slots, which costs one sync less, could not tell a newest slot that
//! has rotted from one that was never finished, and would fall back behind a cosignature that has left.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use witnessmark_verifier::{Cosignature, Note, TreeHead, VerifierKey, sha256};

use crate::folder::{rename_synced, write_synced};
use crate::limits::STATE_BYTES_MAX;
use crate::rules::parse_checkpoint;

const HEAD: &str = "witnessmark-witness-state/1\nsha256 ";

/// Why what is remembered of a log cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// There is no file.
    #[error("the file is gone, and only it says what was cosigned")]
    Missing,
    /// The file is not what was written.
    #[error("the file is damaged: {0}")]
    Damaged(&'static str),
    /// The last cosignature is not by the key and under the name that the witness has now.
    #[error("the last checkpoint was cosigned by another key or under another name")]
    OtherWitness,
    /// The file system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// A checkpoint that was cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// The note, with the log's signatures and the cosignature.
    pub(crate) note: Arc<str>,
    /// Its tree.
    pub(crate) head: TreeHead,
    /// When it was cosigned, in seconds since 1970.
    pub(crate) time_s: u64,
    /// The line of the cosignature, which is the last one of the note.
    pub(crate) line: String,
}

/// Why the file was not replaced.
#[derive(Debug)]
pub(crate) enum ReplaceError {
    /// The old file still stands.
    Kept(io::Error),
    /// The old file stands, or the new one.
    Unknown(io::Error),
}

/// The file of one log.
#[derive(Debug, Clone)]
pub(crate) struct StateFile {
    path: PathBuf,
}

impl StateFile {
    /// The file `name` in `folder`, which may not be there.
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        Self {
            path: folder.join(name),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds; `None` when nothing was cosigned yet.
    pub(crate) fn read(
        &self,
        origin: &str,
        witness: &VerifierKey,
    ) -> Result<Option<Held>, StateError> {
        let size = match fs::metadata(&self.path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StateError::Missing);
            }
            Err(error) => return Err(error.into()),
        };
        if size > STATE_BYTES_MAX {
            return Err(StateError::Damaged("it is longer than it can be"));
        }
        let bytes = fs::read(&self.path)?;
        let text = str::from_utf8(&bytes).map_err(|_| StateError::Damaged("it is not text"))?;
        let note = parse(text, origin)?;
        if note.is_empty() {
            return Ok(None);
        }
        parse_held(note, origin, witness).map(Some)
    }

    /// The checkpoint that contradicts one that was cosigned, if there was such a one.
    pub(crate) fn contradiction(&self) -> Option<PathBuf> {
        let path = self.path.with_extension("contradiction");
        path.exists().then_some(path)
    }

    /// Keeps a checkpoint that contradicts the one that was cosigned, and both sides of it: `cosigned` will be replaced.
    pub(crate) fn keep_contradiction(&self, cosigned: &str, other: &str) -> io::Result<()> {
        for (ending, note) in [("cosigned", cosigned), ("contradiction", other)] {
            let unfinished = self.path.with_extension("new");
            write_synced(&unfinished, note.as_bytes())?;
            rename_synced(&unfinished, &self.path.with_extension(ending))?;
        }
        Ok(())
    }

    /// Writes that nothing was cosigned yet.
    pub(crate) fn create(&self, origin: &str) -> io::Result<()> {
        self.replace(origin, "").map_err(|error| match error {
            ReplaceError::Kept(error) | ReplaceError::Unknown(error) => error,
        })
    }

    /// Puts another note in the place of the last one. It is on the disk when this returns.
    pub(crate) fn replace(&self, origin: &str, note: &str) -> Result<(), ReplaceError> {
        let unfinished = self.path.with_extension("new");
        let content = encode(origin, note);
        write_synced(&unfinished, content.as_bytes()).map_err(ReplaceError::Kept)?;
        rename_synced(&unfinished, &self.path).map_err(ReplaceError::Unknown)
    }
}

fn encode(origin: &str, note: &str) -> String {
    let content = format!("log {origin}\n{note}");
    format!("{HEAD}{}\n{content}", sha256(content.as_bytes()))
}

/// The note in the file, which is empty when nothing was cosigned.
fn parse<'a>(text: &'a str, origin: &str) -> Result<&'a str, StateError> {
    let rest = text.strip_prefix(HEAD);
    let parts = rest.and_then(|rest| rest.split_once('\n'));
    let (sum, content) = parts.ok_or(StateError::Damaged("it does not begin as it should"))?;
    if sum != sha256(content.as_bytes()).to_string() {
        return Err(StateError::Damaged("its checksum is another"));
    }
    let (log, note) = content.split_once('\n').unwrap_or_default();
    if log.strip_prefix("log ") != Some(origin) {
        return Err(StateError::Damaged("it is the file of another log"));
    }
    Ok(note)
}

/// The checkpoint in a file that is whole, after a look at the cosignature.
fn parse_held(note: &str, origin: &str, witness: &VerifierKey) -> Result<Held, StateError> {
    let damaged = StateError::Damaged("it holds no checkpoint of the log");
    let Ok(parsed) = Note::parse(note) else {
        return Err(damaged);
    };
    let head = match parse_checkpoint(parsed.text()) {
        Some((found, head)) if found == origin => head,
        Some(_) | None => return Err(damaged),
    };
    let last = parsed
        .signatures()
        .last()
        .filter(|line| line.is_by(witness));
    let cosignature = last.and_then(|line| Cosignature::parse(&line.signature));
    let cosignature = cosignature.ok_or(StateError::OtherWitness)?;
    let verified = cosignature.verify(witness, parsed.text());
    verified.map_err(|_| StateError::OtherWitness)?;
    let line = note.lines().next_back().unwrap_or_default();
    Ok(Held {
        note: Arc::from(note),
        head,
        time_s: cosignature.time_s,
        line: format!("{line}\n"),
    })
}
