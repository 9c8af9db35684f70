//! How a ledger is made: its keys, its charter, its store, its policy, and last the file that makes the folder a ledger.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use witnessmark_bundle::SignedRecord;
use witnessmark_log::{CheckpointSigner, Log};
use witnessmark_store_sled::{SledStore, StoreOptions};
use witnessmark_tlog::{Encode as _, log_only_policy};
use witnessmark_verifier::{
    Charter, EntrySignature, Origin, PAYLOAD_TYPE_CHARTER, PublicKey, hex, pae,
};

use super::{
    Folder, LedgerError, check_empty, io_error, make_keys_folder, policy_path, settings,
    sync_folder, write_file,
};
use crate::keyfile;
use crate::signer::{Key, KeyName, Signer};

/// A key of a log that is not in the ledger's folder.
#[derive(Clone, Debug)]
pub(crate) struct LogKey {
    /// Where it is; a start of the ledger finds it by this name.
    pub(crate) name: KeyName,
    /// The key.
    pub(crate) key: Key,
}

/// Makes a ledger in `dir`, which must not exist or be empty: its keys, its charter as entry 0, and
/// the policy file. Its one registrar's key is made with it, and the key of its log unless that is elsewhere. Blocks on the disk.
///
/// # Errors
///
/// The folder is in use for something else, or something cannot be written. What was begun is left
/// for a person to remove: it holds private keys.
pub(crate) fn create(
    dir: &Path,
    origin: &Origin,
    log_key: Option<&LogKey>,
    now_ms: u64,
) -> Result<(), LedgerError> {
    let (folder, key) = begin(dir, log_key)?;
    let registrar = keyfile::generate()?;
    keyfile::write_new(&folder.registrar_key(), &registrar)?;
    let (charter, signature) = signed_charter(origin, &registrar, now_ms);
    let signer = CheckpointSigner::new(origin.clone(), key);
    let (payload, signatures) = (charter.into_bytes(), vec![signature]);
    store(&folder, signer, payload, signatures, now_ms)?;
    write_settings(&folder, origin, log_key.map(|it| &it.name))
}

/// [`create`] with a charter that its registrars have signed, whose private keys are theirs.
///
/// # Errors
///
/// As [`create`].
pub(crate) fn create_with(
    dir: &Path,
    (charter, envelope): (&Charter, SignedRecord),
    log_key: Option<&LogKey>,
    now_ms: u64,
) -> Result<(), LedgerError> {
    let (folder, key) = begin(dir, log_key)?;
    let signer = CheckpointSigner::new(charter.origin.clone(), key);
    store(
        &folder,
        signer,
        envelope.payload,
        envelope.signatures,
        now_ms,
    )?;
    write_settings(&folder, &charter.origin, log_key.map(|it| &it.name))
}

/// The folder with its place for keys, and the key of the log.
fn begin(dir: &Path, log_key: Option<&LogKey>) -> Result<(Folder, Key), LedgerError> {
    let folder = Folder::new(dir);
    check_empty(&folder)?;
    fs::create_dir_all(dir).map_err(io_error(dir))?;
    make_keys_folder(dir)?;
    let Some(LogKey { key, .. }) = log_key else {
        let key = keyfile::generate()?;
        keyfile::write_new(&folder.log_key(), &key)?;
        return Ok((folder, Arc::new(key)));
    };
    let line = format!("{}\n", hex::encode(key.public_key().as_bytes()));
    write_file(&keyfile::public_path(&folder.log_key()), &line)?;
    Ok((folder, Arc::clone(key)))
}

/// The store with its charter, and the policy.
fn store(
    folder: &Folder,
    signer: CheckpointSigner,
    charter: Vec<u8>,
    signatures: Vec<EntrySignature>,
    now_ms: u64,
) -> Result<(), LedgerError> {
    let dir = &folder.0;
    let policy = log_only_policy(signer.vkey());
    let store = Arc::new(SledStore::create(dir, &StoreOptions::default())?);
    let log = Log::create(store, signer, charter, signatures, now_ms);
    drop(log.map_err(|error| LedgerError::Log {
        dir: dir.clone(),
        error,
    })?);
    write_file(&policy_path(dir), &policy)
}

/// Writes the file that makes the folder a ledger, once everything else is there.
pub(super) fn write_settings(
    folder: &Folder,
    origin: &Origin,
    log_key: Option<&KeyName>,
) -> Result<(), LedgerError> {
    let settings = settings::encode(origin, log_key).map_err(|error| LedgerError::Settings {
        path: folder.settings(),
        problem: error.to_string(),
    })?;
    write_file(&folder.settings(), &settings)?;
    sync_folder(&folder.0)
}

/// The charter of a ledger with one registrar, and that registrar's signature.
fn signed_charter(
    origin: &Origin,
    registrar: &SigningKey,
    created: u64,
) -> (String, EntrySignature) {
    let key: PublicKey = registrar.public_key();
    let key_id = key.key_id();
    let charter = Charter {
        origin: origin.clone(),
        created,
        threshold: 1,
        registrars: vec![key],
    };
    let text = charter.encode();
    let message = pae(PAYLOAD_TYPE_CHARTER, text.as_bytes());
    let signature = ed25519_dalek::Signer::sign(registrar, &message).to_bytes();
    (text, EntrySignature { key_id, signature })
}
