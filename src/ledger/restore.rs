//! Rebuilding a ledger from an export: the same entries at the same places, up to the checkpoint that was signed.
//!
//! ```text
//! 1. prepare   the export's checkpoint is signed by the log's key, and goes at least as far as the anchor   nothing is written
//! 2. build     DIR.unfinished: `restored`, keys, the store with every entry as it was exported              not a ledger
//! 3.           whoever called checks the store as `fsck` does                                               not a ledger
//! 4. finish    the policy, then `ledger.toml`, then the folder is renamed to DIR                            a ledger
//! ```
//!
//! A restore that was cut short leaves DIR.unfinished, which the next one throws away. Nothing is signed: the key is copied and
//! used to verify.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use witnessmark_bundle::{ExportError, ExportedLog};
use witnessmark_log::{LogError, Rebuild, SignedCheckpoint};
use witnessmark_store_sled::{OpenError, SledStore, StoreOptions};
use witnessmark_tlog::log_only_policy;
use witnessmark_verifier::{Hash, NoteAlgorithm, TreeHead, VerifierKey};

use super::make::write_settings;
use super::{
    Folder, KEYS_FOLDER, LedgerError, check_empty, io_error, make_keys_folder, policy_path,
    read_settings, settings, sync_folder, write_file,
};
use crate::keyfile::{self, KeyFileError};
use crate::signer::KeyName;

/// Says of what the ledger was made; the first file in its folder, and locked while it is made.
const MARKER: &str = "restored";

/// What stands at the end of the folder's name until it is whole.
const UNFINISHED: &str = ".unfinished";

/// Why a ledger was not restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RestoreError {
    /// The export cannot be read.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The checkpoint of the export is not one of this log.
    #[error("the checkpoint of the export is not signed by the key of the log: {0}")]
    Checkpoint(String),
    /// The anchor is of another log.
    #[error("the anchor is not of the log with this key: {0}")]
    AnchorOfOther(String),
    /// The anchor cannot be read.
    #[error("{0}")]
    Anchor(OpenError),
    /// The export lacks entries that were acknowledged.
    #[error(
        "the export holds {has} entries and {size} were signed, with the root {root}: entries {has} to {last} are missing, {missing} \
         in all. Without them the log would sign a second history of these sizes, so nothing is restored"
    )]
    Behind {
        /// The entries of the export.
        has: u64,
        /// The entries that the anchor says were signed.
        size: u64,
        /// Their root.
        root: Hash,
        /// The last one that is missing.
        last: u64,
        /// How many are missing.
        missing: u64,
    },
    /// The export is of another history than the anchor.
    #[error(
        "the first {size} entries of the export have the root {found}, and the anchor says that {root} was signed: two histories were \
         signed with this key. Keep both folders as they are"
    )]
    OtherHistory {
        /// The size in the anchor.
        size: u64,
        /// The root in the anchor.
        root: Hash,
        /// The root that the export has there.
        found: Hash,
    },
    /// The entries of the export were not taken.
    #[error("the export: {0}")]
    Entries(LogError),
    /// Another process restores to the same place.
    #[error("another restore is writing {}; wait for it", .0.display())]
    Busy(PathBuf),
    /// Something else is where the ledger is to be built.
    #[error("{} is in the way: it is not what a restore leaves that was cut short; move it away", .0.display())]
    InTheWay(PathBuf),
    /// A file of a ledger was not read or not written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<KeyFileError> for RestoreError {
    fn from(error: KeyFileError) -> Self {
        Self::Ledger(LedgerError::Key(error))
    }
}

/// A restore that can begin.
#[derive(Debug)]
pub(crate) struct Restore {
    export: ExportedLog,
    checkpoint: SignedCheckpoint,
    vkey: VerifierKey,
    keys: PathBuf,
    /// Where the key of the log is, when the ledger that was lost says that it is elsewhere.
    log_key: Option<KeyName>,
    /// What the anchor of the ledger that was lost says.
    anchor: Option<TreeHead>,
    /// What its operator has chosen, with the files that are named in it: the same witnesses are asked.
    chosen: Vec<(String, String)>,
    to: PathBuf,
}

/// The folder of keys in the folder of a ledger.
pub(crate) fn keys_of(ledger: &Path) -> PathBuf {
    ledger.join(KEYS_FOLDER)
}

impl Restore {
    /// Looks at everything that can be known before the entries are read. Writes nothing.
    ///
    /// # Errors
    ///
    /// The export is not of the log of these keys, does not go as far as the anchor of `old`, or there is something at `to`.
    pub(crate) fn prepare(
        from: &Path,
        keys: &Path,
        old: Option<&Path>,
        to: &Path,
    ) -> Result<Self, RestoreError> {
        check_empty(&Folder::new(to))?;
        let key = keyfile::public_of_pair(&keys.join("log.key"))?;
        let export = ExportedLog::open(from)?;
        let unsigned = |error: &dyn std::error::Error| RestoreError::Checkpoint(error.to_string());
        let checkpoint =
            SignedCheckpoint::parse(export.checkpoint()).map_err(|error| unsigned(&error))?;
        let vkey = VerifierKey::new(checkpoint.origin().clone(), NoteAlgorithm::Ed25519, key);
        checkpoint.verify(&vkey).map_err(|error| unsigned(&error))?;
        let anchor = old.map(|old| anchor_of(old, &vkey)).transpose()?;
        let settings = old.and_then(|old| read_settings(&Folder::new(old)).ok());
        let log_key = settings.and_then(|settings| settings.log_key);
        let has = checkpoint.head().size.get();
        if let Some(anchor) = &anchor
            && anchor.size.get() > has
        {
            let size = anchor.size.get();
            return Err(RestoreError::Behind {
                has,
                size,
                root: anchor.root,
                last: size.saturating_sub(1),
                missing: size.saturating_sub(has),
            });
        }
        let chosen = old.map_or_else(Vec::new, |old| settings::chosen(old, vkey.name()));
        Ok(Self {
            export,
            checkpoint,
            vkey,
            keys: keys.to_owned(),
            log_key,
            anchor,
            chosen,
            to: to.to_owned(),
        })
    }

    /// The policy of somebody who trusts the key of the log.
    pub(crate) fn policy(&self) -> String {
        log_only_policy(&self.vkey)
    }

    /// The key that verifies the log's checkpoints.
    pub(crate) const fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// Size and root of what is restored.
    pub(crate) fn head(&self) -> &TreeHead {
        self.checkpoint.head()
    }

    /// What the anchor says, if there is one.
    pub(crate) const fn anchor(&self) -> Option<&TreeHead> {
        self.anchor.as_ref()
    }

    /// Whether the operator's choices were found, the witnesses among them, and come along.
    pub(crate) const fn keeps_settings(&self) -> bool {
        !self.chosen.is_empty()
    }

    /// Builds everything but what makes it a ledger, beside the place where it is to be. `progress` is told how many entries are
    /// written.
    ///
    /// # Errors
    ///
    /// The entries are not those of the checkpoint, or of the anchor's history; or something cannot be written. Nothing is left
    /// then, if it can be removed.
    pub(crate) fn build(&self, progress: &dyn Fn(u64)) -> Result<Unfinished<'_>, RestoreError> {
        let dir = unfinished_of(&self.to)?;
        let marker = self.claim(&dir)?;
        let unfinished = Unfinished {
            restore: self,
            dir,
            marker: Some(marker),
        };
        self.copy_keys(&unfinished.dir)?;
        self.write_entries(&unfinished.dir, progress)?;
        Ok(unfinished)
    }

    /// Makes the folder, and throws away what a restore left that was cut short. The marker is locked.
    fn claim(&self, dir: &Path) -> Result<File, RestoreError> {
        let path = dir.join(MARKER);
        match OpenOptions::new().write(true).open(&path) {
            Ok(left) => {
                lock(&left, dir)?;
                fs::remove_dir_all(dir).map_err(io_error(dir))?;
            }
            // Nothing is there, or nothing is in it.
            Err(error) if error.kind() == ErrorKind::NotFound => match fs::remove_dir(dir) {
                Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
                    return Err(RestoreError::InTheWay(dir.to_owned()));
                }
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(io_error(dir)(error).into());
                }
                Ok(()) | Err(_) => {}
            },
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Err(RestoreError::InTheWay(dir.to_owned()));
            }
            Err(error) => return Err(io_error(&path)(error).into()),
        }
        fs::create_dir(dir).map_err(io_error(dir))?;
        let mut marker = File::create_new(&path).map_err(io_error(&path))?;
        lock(&marker, dir)?;
        let head = self.head();
        let text = format!(
            "This ledger was restored from an export of {} entries with the root {}.\n",
            head.size, head.root
        );
        let written = marker.write_all(text.as_bytes());
        written
            .and_then(|()| marker.sync_all())
            .map_err(io_error(&path))?;
        Ok(marker)
    }

    /// The private keys, each with its public key beside it. Without the registrar's the ledger runs and admits nobody by it.
    fn copy_keys(&self, dir: &Path) -> Result<(), RestoreError> {
        make_keys_folder(dir)?;
        let folder = Folder::new(dir);
        keyfile::copy_pair(&self.keys.join("log.key"), &folder.log_key())?;
        let registrar = self.keys.join("registrar.key");
        if registrar.try_exists().map_err(io_error(&registrar))? {
            keyfile::copy_pair(&registrar, &folder.registrar_key())?;
        }
        Ok(())
    }

    fn write_entries(&self, dir: &Path, progress: &dyn Fn(u64)) -> Result<(), RestoreError> {
        let store = SledStore::create(dir, &StoreOptions::default()).map_err(LedgerError::Store)?;
        let rebuild = Rebuild::begin(Arc::new(store), self.checkpoint.clone());
        let mut rebuild = rebuild.map_err(RestoreError::Entries)?;
        let mut wrong = None;
        self.export.entries(&mut |index, entry| {
            progress(index);
            let taken = rebuild.push(entry).map_err(RestoreError::Entries);
            let anchor = self.anchor.filter(|it| it.size.get() == index + 1);
            let result = taken.and_then(|()| match anchor {
                Some(anchor) => same_history(&anchor, &rebuild.head()),
                None => Ok(()),
            });
            match result {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    wrong = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        match wrong {
            Some(error) => Err(error),
            None => rebuild.finish().map_err(RestoreError::Entries),
        }
    }
}

/// What the anchor in `old` says was signed.
fn anchor_of(old: &Path, vkey: &VerifierKey) -> Result<TreeHead, RestoreError> {
    let checkpoint = SledStore::anchored(old).map_err(RestoreError::Anchor)?;
    let verified = checkpoint.verify(vkey);
    verified.map_err(|error| RestoreError::AnchorOfOther(error.to_string()))?;
    Ok(*checkpoint.head())
}

fn same_history(anchor: &TreeHead, found: &TreeHead) -> Result<(), RestoreError> {
    if anchor == found {
        return Ok(());
    }
    Err(RestoreError::OtherHistory {
        size: anchor.size.get(),
        root: anchor.root,
        found: found.root,
    })
}

/// Where the ledger is built: beside its place, so that a rename brings it there.
fn unfinished_of(to: &Path) -> Result<PathBuf, RestoreError> {
    let nameless = || io::Error::new(ErrorKind::InvalidInput, "it has no name of its own");
    let name = to.file_name().ok_or_else(nameless).map_err(io_error(to))?;
    let mut name = name.to_owned();
    name.push(UNFINISHED);
    Ok(to.with_file_name(name))
}

fn lock(marker: &File, dir: &Path) -> Result<(), RestoreError> {
    match marker.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(RestoreError::Busy(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(io_error(dir)(error).into()),
    }
}

/// A ledger that is whole but for what makes it one. Thrown away when it is dropped.
#[derive(Debug)]
pub(crate) struct Unfinished<'a> {
    restore: &'a Restore,
    dir: PathBuf,
    /// Locked. None once the ledger is in its place.
    marker: Option<File>,
}

impl Unfinished<'_> {
    /// The store, to be looked at.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    pub(crate) fn store(&self) -> Result<SledStore, RestoreError> {
        let store = SledStore::open(&self.dir, &StoreOptions::default());
        Ok(store.map_err(LedgerError::Store)?)
    }

    /// Makes it a ledger, at its place.
    ///
    /// # Errors
    ///
    /// Something cannot be written, or something has come to its place meanwhile.
    pub(crate) fn finish(mut self) -> Result<(), RestoreError> {
        let to = &self.restore.to;
        write_file(&policy_path(&self.dir), &self.restore.policy())?;
        let Restore {
            vkey,
            log_key,
            chosen,
            ..
        } = self.restore;
        for (name, text) in chosen {
            write_file(&self.dir.join(name), text)?;
        }
        if chosen.is_empty() {
            write_settings(&Folder::new(&self.dir), vkey.name(), log_key.as_ref())?;
        } else {
            sync_folder(&self.dir)?;
        }
        fs::rename(&self.dir, to).map_err(io_error(to))?;
        self.marker = None;
        let parent = to.parent().filter(|it| !it.as_os_str().is_empty());
        Ok(sync_folder(parent.unwrap_or_else(|| Path::new(".")))?)
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if self.marker.is_some() {
            // What stays is thrown away by the next restore.
            fs::remove_dir_all(&self.dir).unwrap_or_default();
        }
    }
}
