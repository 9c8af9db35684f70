//! The last checkpoint of each ledger and key that was verified: whatever that ledger shows later must fit it.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use witnessmark_verifier::{
    Note, Origin, TreeHead, TrustPolicy, VerifiedCheckpoint, VerifierKey, sha256,
};

use crate::kept::{self, Kept, Swap, key_id};
use crate::{ClientError, Evidence, Misbehaviour, RefusedProof};

/// Where the last verified checkpoints are kept: as long as a client lives, or in files that outlive it.
#[derive(Debug, Default)]
pub struct Remembered {
    place: Place,
    kept: Vec<Kept>,
    /// The last checkpoint that was found to fit, under the whole policy.
    accepted: Option<VerifiedCheckpoint>,
    notices: Vec<String>,
    evidence_folder: Option<PathBuf>,
}

#[derive(Debug, Default)]
enum Place {
    #[default]
    Memory,
    /// One file, for one key of one ledger.
    File(PathBuf),
    /// A folder for each ledger, and a file in it for each of its keys.
    Folder(PathBuf),
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

    /// Remembers in one file, which may not exist yet. A note in it must be signed by a log of `policy`. The file is the signed
    /// note itself.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or holds something else than such a note.
    pub async fn in_file(path: &Path, policy: &TrustPolicy) -> Result<Self, ClientError> {
        let mut remembered = Self {
            place: Place::File(path.to_owned()),
            ..Self::default()
        };
        if let Some(text) = read(path).await? {
            let kept = Kept::read(&text, policy.logs().iter()).map_err(|what| unfit(path, what))?;
            remembered.kept.push(kept);
        }
        Ok(remembered)
    }

    /// Remembers in a folder that may not exist yet: for each ledger and key of `policy` in a file of its own,
    /// `<ledger>/<key id>.checkpoint`. What is kept there for another key of the same ledger is not compared, and
    /// [`notices`](Self::notices) say so.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or holds something else than a checkpoint of that ledger and key.
    pub async fn in_folder(folder: &Path, policy: &TrustPolicy) -> Result<Self, ClientError> {
        let mut remembered = Self {
            place: Place::Folder(folder.to_owned()),
            ..Self::default()
        };
        for key in policy.logs() {
            let path = file_of(folder, key);
            match read(&path).await? {
                Some(text) => {
                    let kept = Kept::read(&text, std::iter::once(key));
                    let kept = kept.map_err(|what| unfit(&path, what))?;
                    remembered.kept.push(kept);
                }
                None => remembered.notices.extend(other_keys(&path, key).await),
            }
        }
        Ok(remembered)
    }

    /// The checkpoint that was remembered last, if any is.
    pub fn latest(&self) -> Option<&Kept> {
        self.kept.last()
    }

    /// What the user has to know of what is kept: that a ledger was seen with another key before.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Where a file with evidence of misbehaviour belongs, in place of beside what is remembered.
    #[must_use]
    pub fn with_evidence_in(mut self, folder: PathBuf) -> Self {
        self.evidence_folder = Some(folder);
        self
    }

    pub(crate) const fn accepted(&self) -> Option<&VerifiedCheckpoint> {
        self.accepted.as_ref()
    }

    /// Notes that a checkpoint fits, for all keys that signed it.
    pub(crate) fn accept(&mut self, shown: &VerifiedCheckpoint) {
        self.accepted = Some(shown.clone());
    }

    /// What is kept of this key.
    pub(crate) fn of(&self, key: &VerifierKey) -> Option<&Kept> {
        self.kept.iter().find(|kept| kept.key == *key)
    }

    /// How a checkpoint, which the key has signed or another one of the same ledger, has to be compared with what is remembered of
    /// the key.
    ///
    /// # Errors
    ///
    /// Misbehaviour, when both have one size and two roots.
    pub(crate) fn step(
        &self,
        key: &VerifierKey,
        (shown, is_signer): (&VerifiedCheckpoint, bool),
    ) -> Result<Step, ClientError> {
        let Some(kept) = self.of(key) else {
            return Ok(Step::Fits);
        };
        let (old, new) = (kept.head, shown.head());
        if new.size > old.size {
            Ok(Step::Grows(old))
        } else if new.size < old.size {
            Ok(Step::Lags(old))
        } else if new.root == old.root {
            Ok(Step::Fits)
        } else {
            let (problem, evidence) = if is_signer {
                let notes = [kept.note.clone(), shown.note().to_owned()];
                (
                    "it signed two roots for one size",
                    Evidence::TwoRoots { notes },
                )
            } else {
                let problem = "two of its keys signed different roots for one size";
                (problem, Evidence::Unproved(RefusedProof::DoesNotHold))
            };
            Err(self.misbehaviour(kept, shown, problem, evidence))
        }
    }

    /// The evidence that `shown` does not fit what is remembered.
    pub(crate) fn misbehaviour(
        &self,
        kept: &Kept,
        shown: &VerifiedCheckpoint,
        problem: &str,
        evidence: Evidence,
    ) -> ClientError {
        let folder = match (&self.evidence_folder, &self.place) {
            (Some(folder), _) => folder.clone(),
            (None, Place::Memory) => PathBuf::from("."),
            (None, Place::File(path)) => path.parent().map_or_else(PathBuf::new, Path::to_owned),
            (None, Place::Folder(folder)) => folder.join("misbehaviour"),
        };
        ClientError::Misbehaviour(Box::new(Misbehaviour {
            remembered: kept.note.clone(),
            shown: shown.note().to_owned(),
            problem: problem.to_owned(),
            evidence,
            folder,
        }))
    }

    /// Remembers `shown`, which was compared with what is remembered of the key. `false` when another process has
    /// remembered something else meanwhile: then that is known here now, and the comparison has to be made again.
    pub(crate) async fn advance(
        &mut self,
        key: &VerifierKey,
        shown: &VerifiedCheckpoint,
    ) -> Result<bool, ClientError> {
        let path = match &self.place {
            Place::Memory => None,
            Place::File(path) => Some(path.clone()),
            Place::Folder(folder) => Some(file_of(folder, key)),
        };
        let mut next = Some(Kept {
            key: key.clone(),
            note: shown.note().to_owned(),
            head: *shown.head(),
        });
        let mut is_done = true;
        if let Some(path) = path {
            let expected = self.of(key).map(|kept| kept.note.clone());
            if let Swap::Found(there) = swap(&path, expected, shown.note()).await? {
                let read = |text: String| Kept::read(&text, std::iter::once(key));
                next = there
                    .map(read)
                    .transpose()
                    .map_err(|what| unfit(&path, what))?;
                is_done = false;
            }
        }
        self.kept.retain(|kept| kept.key != *key);
        self.kept.extend(next);
        Ok(is_done)
    }
}

/// The keys of the policy that signed a checkpoint that it accepts.
pub(crate) fn signers(shown: &VerifiedCheckpoint, policy: &TrustPolicy) -> Vec<VerifierKey> {
    // It is the text of a note, and every line in it by a key of the policy is good, or it would not be accepted.
    let Ok(note) = Note::parse(shown.note()) else {
        return Vec::new();
    };
    let logs = policy.logs().iter();
    logs.filter(|key| key.name() == shown.origin())
        .filter(|key| note.signatures().iter().any(|line| line.is_by(key)))
        .cloned()
        .collect()
}

/// The checkpoint in `text`, if `policy` accepts it.
pub(crate) fn verify_note(
    text: &str,
    policy: &TrustPolicy,
) -> Result<VerifiedCheckpoint, ClientError> {
    let note = Note::parse(text).map_err(ClientError::not_verified)?;
    policy.verify(&note).map_err(ClientError::not_verified)
}

/// The file of a key: a folder for its ledger, whose name begins so that a person recognises it, and which no other ledger has.
fn file_of(folder: &Path, key: &VerifierKey) -> PathBuf {
    folder
        .join(folder_name(key.name()))
        .join(format!("{}.checkpoint", key_id(key)))
}

/// The letters of the name that any file system takes, at most this many.
const READABLE_LETTERS: usize = 80;

fn folder_name(origin: &Origin) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || *c == '.' || *c == '-';
    let letters = origin.as_str().chars().take(READABLE_LETTERS);
    let mut name: String = letters
        .map(|c| {
            if is_plain(&c) {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    // A name of dots alone, or one that begins with one, would mean something to a file system.
    if name.starts_with('.') {
        name.insert(0, '_');
    }
    name.push('-');
    let digest = sha256(origin.as_str().as_bytes());
    for byte in digest.as_bytes().iter().take(8) {
        // Writing to a string does not fail.
        let _written: std::fmt::Result = write!(name, "{byte:02x}");
    }
    name
}

/// What is known of the ledger by other keys.
async fn other_keys(path: &Path, key: &VerifierKey) -> Vec<String> {
    let (folder, key) = (
        path.parent().map(Path::to_owned).unwrap_or_default(),
        key.clone(),
    );
    let listed = blocking(move || {
        let mut found: Vec<PathBuf> = std::fs::read_dir(folder)?
            .filter_map(|item| Some(item.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "checkpoint"))
            .collect();
        found.sort();
        Ok(found)
    });
    let origin = key.name();
    let notice = |path: PathBuf| {
        format!(
            "the ledger {origin} was seen with another key before ({}); the policy now names the key {}. What it shows is not \
             compared with what the other key signed: unless you know that it has changed its key, ask before you rely on it",
            path.display(),
            key_id(&key)
        )
    };
    // Without such a folder nothing was seen.
    listed
        .await
        .unwrap_or_default()
        .into_iter()
        .map(notice)
        .collect()
}

fn unfit(path: &Path, problem: String) -> ClientError {
    memory(path, io::Error::new(io::ErrorKind::InvalidData, problem))
}

fn memory(path: &Path, error: io::Error) -> ClientError {
    ClientError::Memory {
        path: path.to_owned(),
        error,
    }
}

async fn read(path: &Path) -> Result<Option<String>, ClientError> {
    let there = path.to_owned();
    let text = blocking(move || kept::read(&there)).await;
    text.map_err(|error| memory(path, error))
}

async fn swap(path: &Path, expected: Option<String>, new: &str) -> Result<Swap, ClientError> {
    let (there, new) = (path.to_owned(), new.to_owned());
    let swapped = blocking(move || kept::swap(&there, expected.as_deref(), &new)).await;
    swapped.map_err(|error| memory(path, error))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(io::Error::other).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_ledger_leads_out_of_the_folder() {
        for name in ["..", ".", "../../etc", "a/b", "A:b\\c", "\u{430}.example"] {
            let name = folder_name(&Origin::parse(name).unwrap());
            assert!(!name.starts_with('.'), "{name}");
            assert!(
                !name.contains(['/', '\\', ':']) && name.is_ascii(),
                "{name}"
            );
        }
        let long = folder_name(&Origin::parse(&"x".repeat(255)).unwrap());
        assert_eq!(long.len(), READABLE_LETTERS + 17);
    }

    #[test]
    fn ledgers_whose_names_look_alike_have_folders_of_their_own() {
        let names = ["a/b", "a_b", "A_b", "a:b"];
        let mut folders = names.map(|name| folder_name(&Origin::parse(name).unwrap()));
        folders.sort();
        assert!(
            folders.windows(2).all(|pair| pair[0] != pair[1]),
            "{folders:?}"
        );
    }
}
