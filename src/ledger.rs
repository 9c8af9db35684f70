//! The folder of a ledger: what is in it, how it is made, and how it is opened.
//!
//! ```text
//! DIR/ledger.toml          the version of the folder, the origin and the operator's choices, see `settings`;
//!                          written last, so that a folder without it is not a ledger
//! DIR/trust.policy         the policy of a verifier who trusts this log's key; public
//! DIR/keys/log.key         signs checkpoints        (private, mode 0600; log.pub beside it; not there when `ledger.toml` names another place)
//! DIR/keys/registrar.key   admits organisations     (private, mode 0600; registrar.pub beside it; not there when the registrars keep their keys)
//! DIR/lock anchor store/ log/   the store, see `witnessmark-store-sled`
//! DIR/start                where the next start may begin to read, see `start`
//! DIR/restored             only of a ledger that was rebuilt from an export: from which, see `restore`
//! DIR/cosigned witnessed   of a ledger with witnesses: the newest checkpoint they cosigned, and those before it that are
//!                          kept, see `server/witnesses/keep.rs`
//! DIR/without-witnesses    when and why the ledger was started without asking its witnesses
//! DIR/damaged              only while what was found damaged was not looked at, see `damaged`
//! DIR/links/               which entries belong together; may be removed when the ledger is stopped
//! ```

pub(crate) mod damaged;
mod limits;
mod make;
pub(crate) mod restore;
mod settings;
pub(crate) mod start;
mod witnesses;

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use witnessmark_log::{CheckpointSigner, Log, LogError, Reader};
use witnessmark_store_sled::{OpenError, SledStore, StoreOptions};
use witnessmark_verifier::{NoteAlgorithm, Origin, VerifierKey};

use crate::keyfile::{self, KeyFileError};
pub(crate) use crate::ledger::make::{LogKey, create, create_with};
pub(crate) use crate::ledger::settings::QueueLimits;
use crate::ledger::settings::Settings;
use crate::ledger::start::StartFile;
pub(crate) use crate::ledger::witnesses::{Publish, WitnessRules};
use crate::signer::{KeyName, Signer};

const SETTINGS_FILE: &str = "ledger.toml";
const POLICY_FILE: &str = "trust.policy";
const KEYS_FOLDER: &str = "keys";

/// Why a ledger was not made or not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LedgerError {
    /// There is a ledger in the folder already.
    #[error("{} is a ledger already", .0.display())]
    AlreadyLedger(PathBuf),
    /// The folder has files in it, and is no ledger.
    #[error("{} is not empty; a ledger is made in a new or empty folder", .0.display())]
    NotEmpty(PathBuf),
    /// The folder is not a ledger.
    #[error(
        "{} is not a ledger: it has no {SETTINGS_FILE}; make one with: witnessmark init --dir {} \
         --origin ORIGIN", .0.display(), .0.display()
    )]
    NotLedger(PathBuf),
    /// The settings are not those of a ledger of this version.
    #[error("{}: {problem}", .path.display())]
    Settings {
        /// The settings file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A key file was not written or not read.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The key is not the one of this log.
    #[error("the key that was named for the log is not the one in {}", .0.display())]
    OtherKey(PathBuf),
    /// The store was not made or not opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The log in the store was not made or not opened.
    #[error("the log in {}: {error}", .dir.display())]
    Log {
        /// The folder of the ledger.
        dir: PathBuf,
        /// What the log said.
        error: LogError,
    },
    /// The file system refused.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        error: io::Error,
    },
}

/// The files of a ledger's folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The folder at `dir`, whatever is there.
    pub(crate) fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }

    /// The private key that signs checkpoints.
    pub(crate) fn log_key(&self) -> PathBuf {
        self.0.join(KEYS_FOLDER).join("log.key")
    }

    /// The private key that admits organisations.
    pub(crate) fn registrar_key(&self) -> PathBuf {
        self.0.join(KEYS_FOLDER).join("registrar.key")
    }

    /// Whether there is a ledger here.
    pub(crate) fn is_ledger(&self) -> bool {
        self.settings().is_file()
    }

    fn settings(&self) -> PathBuf {
        self.0.join(SETTINGS_FILE)
    }
}

/// The policy file of the ledger in `dir`, for everybody who verifies what it says.
pub(crate) fn policy_path(dir: &Path) -> PathBuf {
    dir.join(POLICY_FILE)
}

/// Whether the ledger can be written to.
#[derive(Debug)]
pub(crate) enum Access {
    /// This process is the one writer.
    Write(Box<Log<SledStore>>),
    /// The store was opened for reading only, and why.
    ReadOnly(String),
}

/// A ledger that is opened and locked by this process.
#[derive(Debug)]
pub(crate) struct OpenLedger {
    /// Its folder.
    pub(crate) dir: PathBuf,
    /// The name of the log.
    pub(crate) origin: Origin,
    /// Reads what is published.
    pub(crate) reader: Reader<SledStore>,
    /// Writes, or says why not.
    pub(crate) access: Access,
    /// Where the next start may begin.
    pub(crate) start: StartFile,
    /// How much may wait to be logged.
    pub(crate) limits: QueueLimits,
    /// Whether entries are not among what is offered as tiles.
    pub(crate) entries_withheld: bool,
    /// Who is asked to cosign what it signs; none if nobody is.
    pub(crate) witnesses: Option<WitnessRules>,
}

fn sync_folder(dir: &Path) -> Result<(), LedgerError> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(io_error(dir))
}

/// Where the key of the log in `dir` is.
///
/// # Errors
///
/// The folder is not a ledger, or cannot be read.
pub(crate) fn log_key_name(dir: &Path) -> Result<KeyName, LedgerError> {
    let folder = Folder::new(dir);
    let named = read_settings(&folder)?.log_key;
    Ok(named.unwrap_or_else(|| KeyName::File(folder.log_key())))
}

/// Opens the ledger in `dir` for serving, with the key of its log: locks it, checks it, and takes the writer's role if its
/// store takes writes. Blocks on the disk: what was logged since the file `start` was written is
/// read, or all of it if there is no such file.
///
/// # Errors
///
/// The folder is not a ledger, is in use, or cannot be read; or the disk does not answer within `commit_limit`.
pub(crate) fn open(
    dir: &Path,
    key: impl Signer + 'static,
    commit_limit: Duration,
) -> Result<OpenLedger, LedgerError> {
    let folder = Folder::new(dir);
    let Settings {
        origin,
        limits,
        entries_withheld,
        witnesses,
        ..
    } = read_settings(&folder)?;
    let public = keyfile::public_path(&folder.log_key());
    if keyfile::read_public(&public)? != key.public_key() {
        return Err(LedgerError::OtherKey(public));
    }
    let signer = CheckpointSigner::new(origin.clone(), key);
    let rules = witnesses.map(|settings| settings.rules(dir, signer.vkey()));
    let witnesses = rules.transpose().map_err(|problem| LedgerError::Settings {
        path: folder.settings(),
        problem,
    })?;
    let options = StoreOptions {
        commit_limit,
        ..StoreOptions::default()
    };
    let store = Arc::new(SledStore::open(dir, &options)?);
    let log_error = |error| LedgerError::Log {
        dir: dir.to_owned(),
        error,
    };

    let (start, point) = StartFile::read(dir);
    let (from, mut visit) = (point.as_ref(), |_: u64, _: &_| {});
    let read_only = match store.read_only_reason() {
        Some(reason) => Some(reason.to_owned()),
        None => found_damaged(dir)?,
    };
    let (reader, access) = if let Some(reason) = read_only {
        let reader =
            Reader::open_from(store, signer.vkey(), from, &mut visit).map_err(log_error)?;
        (reader, Access::ReadOnly(reason))
    } else {
        let log = Log::open_from(store, signer, from, &mut visit).map_err(log_error)?;
        (log.reader(), Access::Write(Box::new(log)))
    };
    Ok(OpenLedger {
        dir: dir.to_owned(),
        origin,
        reader,
        access,
        start,
        limits,
        entries_withheld,
        witnesses,
    })
}

/// Why nothing more may be signed, if the run before found something damaged.
fn found_damaged(dir: &Path) -> Result<Option<String>, LedgerError> {
    let found = damaged::read(dir).map_err(io_error(&damaged::path(dir)))?;
    Ok(found.map(|what| {
        let dir = dir.display();
        format!(
            "what is stored was found damaged ({what}), so nothing more is signed: stop the ledger and run witnessmark fsck {dir}, \
             which lets it go on if nothing is wrong; else see witnessmark restore"
        )
    }))
}

/// Opens the ledger in `dir` for reading, without its private keys and without the writer's role.
/// Blocks on the disk.
///
/// # Errors
///
/// The folder is not a ledger, is in use, or cannot be read.
pub(crate) fn open_to_read(dir: &Path) -> Result<Reader<SledStore>, LedgerError> {
    let (store, vkey) = open_store(dir)?;
    // From the first entry on: who exports a log reads all of it anyway, and it should be sound.
    Reader::open(Arc::new(store), &vkey, &mut |_, _| {}).map_err(|error| LedgerError::Log {
        dir: dir.to_owned(),
        error,
    })
}

/// Opens the store of the ledger in `dir` and nothing above it, and reads the key of the log.
///
/// # Errors
///
/// As [`open_to_read`], but for what the log would say.
pub(crate) fn open_store(dir: &Path) -> Result<(SledStore, VerifierKey), LedgerError> {
    let folder = Folder::new(dir);
    let origin = read_settings(&folder)?.origin;
    let key = keyfile::read_public(&keyfile::public_path(&folder.log_key()))?;
    let vkey = VerifierKey::new(origin, NoteAlgorithm::Ed25519, key);
    let store = SledStore::open(dir, &StoreOptions::default())?;
    Ok((store, vkey))
}

/// Nobody else looks into the folder of private keys.
fn make_keys_folder(dir: &Path) -> Result<(), LedgerError> {
    let keys = dir.join(KEYS_FOLDER);
    let made = DirBuilder::new().mode(0o700).create(&keys);
    made.map_err(io_error(&keys))
}

fn check_empty(folder: &Folder) -> Result<(), LedgerError> {
    let dir = &folder.0;
    if folder.is_ledger() {
        return Err(LedgerError::AlreadyLedger(dir.clone()));
    }
    match fs::read_dir(dir) {
        Ok(mut files) => {
            if files.next().is_some() {
                return Err(LedgerError::NotEmpty(dir.clone()));
            }
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(LedgerError::Io {
            path: dir.clone(),
            error,
        }),
    }
}

fn read_settings(folder: &Folder) -> Result<Settings, LedgerError> {
    let path = folder.settings();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(LedgerError::NotLedger(folder.0.clone()));
        }
        Err(error) => return Err(LedgerError::Io { path, error }),
    };
    settings::parse(&text).map_err(|problem| LedgerError::Settings { path, problem })
}

fn write_file(path: &Path, text: &str) -> Result<(), LedgerError> {
    let written = File::create_new(path).and_then(|mut file| {
        io::Write::write_all(&mut file, text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(io_error(path))
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> LedgerError {
    let path = path.to_owned();
    |error| LedgerError::Io { path, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    /// With the key in the folder.
    fn open(dir: &Path, limit: Duration) -> Result<OpenLedger, LedgerError> {
        let KeyName::File(path) = log_key_name(dir)? else {
            panic!("the key is elsewhere");
        };
        super::open(dir, keyfile::read(&path)?, limit)
    }

    fn origin() -> Origin {
        Origin::parse("ledger.example").unwrap()
    }

    #[test]
    fn a_new_ledger_opens_with_its_charter_and_a_policy_that_accepts_it() {
        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), &origin(), None, 5).unwrap();
        let opened = open(dir.path(), LIMIT).unwrap();
        let published = opened.reader.published();
        assert_eq!(published.size(), 1);
        assert!(matches!(opened.access, Access::Write(_)));
        assert_eq!(published.keychain.charter().unwrap().origin, origin());

        let text = fs::read_to_string(policy_path(dir.path())).unwrap();
        let policy = witnessmark_policy::parse(&text).unwrap();
        let note = witnessmark_verifier::Note::parse(published.checkpoint.text()).unwrap();
        policy.verify(&note).unwrap();
        drop(opened);
        assert_eq!(open_to_read(dir.path()).unwrap().published().size(), 1);
    }

    #[test]
    fn a_ledger_is_never_made_over_something_else() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("letter.txt"), "dear").unwrap();
        assert!(matches!(
            create(dir.path(), &origin(), None, 5),
            Err(LedgerError::NotEmpty(_))
        ));
        assert!(matches!(
            open(dir.path(), LIMIT),
            Err(LedgerError::NotLedger(_))
        ));

        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), &origin(), None, 5).unwrap();
        assert!(matches!(
            create(dir.path(), &origin(), None, 6),
            Err(LedgerError::AlreadyLedger(_))
        ));
    }

    #[test]
    fn a_ledger_is_opened_once() {
        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), &origin(), None, 5).unwrap();
        let first = open(dir.path(), LIMIT).unwrap();
        let second = open(dir.path(), LIMIT).unwrap_err();
        assert!(
            matches!(second, LedgerError::Store(OpenError::InUse { .. })),
            "{second}"
        );
        drop(first);
        open(dir.path(), LIMIT).unwrap();
    }

    #[test]
    fn settings_of_another_version_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), &origin(), None, 5).unwrap();
        let path = dir.path().join(SETTINGS_FILE);
        for text in [
            "format = 2\norigin = \"ledger.example\"\n",
            "format = 1\n",
            "format = 1\norigin = \"two words\"\n",
            "format = 1\norigin = \"ledger.example\"\nextra = 1\n",
        ] {
            fs::write(&path, text).unwrap();
            let error = open(dir.path(), LIMIT).unwrap_err();
            assert!(
                matches!(error, LedgerError::Settings { .. }),
                "{text}: {error}"
            );
        }
    }
}
