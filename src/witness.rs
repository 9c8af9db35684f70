//! The folder of a witness: its key, its settings, and what it remembers of each log.
//!
//! ```text
//! DIR/witness.toml         version, name, and the logs that are watched, see `settings`; written last, so that a folder
//!                          without it is not a witness
//! DIR/witness.key          signs cosignatures (private, mode 0600; witness.pub beside it)
//! DIR/logs/HASH            the checkpoint cosigned last of the log whose origin has this SHA-256
//! DIR/lock                 held by the one process that uses the folder
//! ```

mod limits;
mod serve;
mod settings;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use witnessmark_verifier::{NoteAlgorithm, Origin, PublicKey, VerifierKey};
use witnessmark_witness::{Folder, FolderError, OpenError, Watched, Witness};

use crate::keyfile::{self, KeyFileError};

use self::limits::SETTINGS_BYTES_MAX;
pub(crate) use self::serve::serve;
use self::settings::Settings;

const SETTINGS_FILE: &str = "witness.toml";
const KEY_FILE: &str = "witness.key";

/// Why a witness was not made, changed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum WitnessError {
    /// There is a witness in the folder already.
    #[error("{} is a witness already", .0.display())]
    AlreadyWitness(PathBuf),
    /// The folder has files in it, and is no witness.
    #[error("{} is not empty; a witness is made in a new or empty folder", .0.display())]
    NotEmpty(PathBuf),
    /// The folder is not a witness.
    #[error("{} is not a witness: it has no {SETTINGS_FILE}", .0.display())]
    NotWitness(PathBuf),
    /// The settings are not those of a witness of this version.
    #[error("{}: {problem}", .path.display())]
    Settings {
        /// The settings file.
        path: PathBuf,
        /// All that is wrong with it.
        problem: String,
    },
    /// Keys cannot be those of logs of this witness; why, for each.
    #[error("{0}")]
    Log(String),
    /// A key file was not written or not read.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The folder is in use, or the file system refused.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// What is remembered of a log cannot be used.
    #[error("nothing is cosigned: {0}")]
    State(#[from] OpenError),
    /// The file system refused.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        error: io::Error,
    },
}

/// Makes a witness in `dir`, which must not exist or be empty, and gives its key for policies.
///
/// # Errors
///
/// The folder is in use for something else, or something cannot be written. What was begun is left for a person to remove: it
/// holds a private key.
pub(crate) fn create(dir: &Path, name: &Origin) -> Result<VerifierKey, WitnessError> {
    check_empty(dir)?;
    fs::create_dir_all(dir).map_err(io_error(dir))?;
    let key = keyfile::generate()?;
    let path = dir.join(KEY_FILE);
    keyfile::write_new(&path, &key)?;
    Folder::take(dir)?.write(SETTINGS_FILE, settings::encode(name).as_bytes())?;
    Ok(cosigner_key(name, keyfile::public_of(&key, &path)?))
}

/// What came of adding a key of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// The log is watched from now on.
    Log,
    /// The log was watched, and has one more key.
    Key,
    /// All of that was so already.
    Nothing,
}

/// Begins to watch the logs that sign with these keys, each with the first line of its checkpoints: all of them, or none.
///
/// # Errors
///
/// The folder is not a witness, is in use or cannot be written; or some keys cannot be those of logs of this witness.
pub(crate) fn add_logs(
    dir: &Path,
    logs: &[(String, VerifierKey)],
) -> Result<Vec<Added>, WitnessError> {
    let folder = take(dir)?;
    let (mut text, mut settings) = read_settings(dir)?;
    let own = public_key(dir, &settings.name)?;
    let (mut added, mut problems) = (Vec::new(), Vec::new());
    for (origin, key) in logs {
        match settings.add(&own, origin, key) {
            Ok(it) => {
                if it != Added::Nothing {
                    text = settings::with_log(&text, origin, key);
                }
                added.push(it);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(WitnessError::Log(problems.join("; ")));
    }
    for ((origin, _), added) in logs.iter().zip(&added) {
        // Only then: that the file of a log that is watched is not there means that it was lost.
        if *added == Added::Log {
            folder.begin(origin)?;
        }
    }
    folder.write(SETTINGS_FILE, text.as_bytes())?;
    Ok(added)
}

/// Opens the witness in `dir` for cosigning.
///
/// # Errors
///
/// The folder is not a witness, is in use, or cannot be read; or what it remembers of a log is gone or damaged.
pub(crate) fn open(dir: &Path) -> Result<Witness, WitnessError> {
    let folder = take(dir)?;
    let (_, settings) = read_settings(dir)?;
    let key = keyfile::read(&dir.join(KEY_FILE))?;
    let Settings { name, logs } = settings;
    let watched = logs.into_iter().map(|log| Watched {
        origin: log.origin,
        keys: log.keys,
    });
    Ok(Witness::open(folder, name, key, watched.collect())?)
}

/// The lock of a folder that is a witness.
fn take(dir: &Path) -> Result<Folder, WitnessError> {
    if !dir.join(SETTINGS_FILE).is_file() {
        return Err(WitnessError::NotWitness(dir.to_owned()));
    }
    Ok(Folder::take(dir)?)
}

fn public_key(dir: &Path, name: &Origin) -> Result<VerifierKey, WitnessError> {
    let public = keyfile::read_public(&keyfile::public_path(&dir.join(KEY_FILE)))?;
    Ok(cosigner_key(name, public))
}

fn cosigner_key(name: &Origin, key: PublicKey) -> VerifierKey {
    VerifierKey::new(name.clone(), NoteAlgorithm::CosignatureEd25519, key)
}

fn read_settings(dir: &Path) -> Result<(String, Settings), WitnessError> {
    let path = dir.join(SETTINGS_FILE);
    let problem = |problem: String| WitnessError::Settings {
        path: path.clone(),
        problem,
    };
    let size = fs::metadata(&path).map_err(io_error(&path))?.len();
    if size > SETTINGS_BYTES_MAX {
        return Err(problem(format!("longer than {SETTINGS_BYTES_MAX} bytes")));
    }
    let text = fs::read_to_string(&path).map_err(io_error(&path))?;
    let settings = settings::parse(&text).map_err(problem)?;
    Ok((text, settings))
}

fn check_empty(dir: &Path) -> Result<(), WitnessError> {
    if dir.join(SETTINGS_FILE).exists() {
        return Err(WitnessError::AlreadyWitness(dir.to_owned()));
    }
    match fs::read_dir(dir) {
        Ok(mut files) => match files.next() {
            Some(_) => Err(WitnessError::NotEmpty(dir.to_owned())),
            None => Ok(()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error(dir)(error)),
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> WitnessError {
    let path = path.to_owned();
    |error| WitnessError::Io { path, error }
}
