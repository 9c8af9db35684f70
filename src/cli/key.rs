//! `key`: make and show signing keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use serde_json::json;
use witnessmark_verifier::{KeyId, PublicKey, hex};

use super::files;
use crate::keyfile::{self, KeyFileError};
use crate::output::{Failure, Report, Trouble, io_failure};
use crate::public_key::{self, PublicKeyError};
use crate::signer::{Key, KeyName};

/// Make and show signing keys.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a new Ed25519 key.
    ///
    /// Writes the private key (PKCS#8 PEM, mode 0600) and, beside it, the public key with the ending
    /// `.pub`. Nothing is ever overwritten.
    #[command(after_help = "Example:\n  witnessmark key new --out device.key")]
    New(New),
    /// Show the key id and the public key of a key in any form.
    Show(Show),
}

/// Make a new key.
#[derive(Debug, clap::Args)]
pub(super) struct New {
    /// The private key file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Show a key.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// A private key file, or a public key: a file, or the key itself in OpenSSH's form, PEM, hex or base64.
    key: String,
}

/// Runs one of the commands.
///
/// # Errors
///
/// When the file cannot be read or written.
pub(super) fn run(command: &Command) -> Result<Report, Failure> {
    match command {
        Command::New(arguments) => {
            if let Some(folder) = arguments.out.parent() {
                files::make_folder(folder)?;
            }
            let key = new_key(&arguments.out)?;
            let public = keyfile::public_path(&arguments.out);
            Ok(describe(
                key.verifying_key().as_bytes(),
                Some((&arguments.out, &public)),
            ))
        }
        Command::Show(arguments) => Ok(describe(&shown(&arguments.key)?, None)),
    }
}

/// The public key of a private key file, or one that is in a file or was typed in any of the forms.
fn shown(text: &str) -> Result<[u8; 32], Failure> {
    let path = Path::new(text);
    match public_key::read(text) {
        Ok(key) => Ok(*key.as_bytes()),
        Err(PublicKeyError::Private) if path.exists() => {
            Ok(read_key(path)?.verifying_key().to_bytes())
        }
        Err(_) => public_key("key", text).map(|key| *key.as_bytes()),
    }
}

fn describe(public_key: &[u8; 32], written: Option<(&Path, &Path)>) -> Report {
    let (id, key) = (KeyId::of(public_key).to_string(), hex::encode(public_key));
    let mut text = format!("key id      {id}\npublic key  {key}");
    let mut json = json!({ "key_id": id, "public_key": key });
    if let Some((private, public)) = written {
        text = format!(
            "private key {}  (keep it secret and backed up)\npublic file {}\n{text}",
            private.display(),
            public.display()
        );
        json = json!({ "key_id": id, "public_key": key, "private_file": private, "public_file": public });
    }
    Report::done(text, json)
}

/// Makes a key and writes it to a file that is not there yet.
///
/// # Errors
///
/// When the file exists or cannot be written.
pub(crate) fn new_key(path: &Path) -> Result<SigningKey, Failure> {
    let key = keyfile::generate().map_err(|error| key_failure(&error))?;
    keyfile::write_new(path, &key).map_err(|error| key_failure(&error))?;
    Ok(key)
}

/// Reads a private key file.
///
/// # Errors
///
/// When it cannot be read, is not private, or holds no key.
pub(crate) fn read_key(path: &Path) -> Result<SigningKey, Failure> {
    keyfile::read(path).map_err(|error| key_failure(&error))
}

/// Opens a private key, wherever it is.
///
/// # Errors
///
/// When it cannot be used.
pub(crate) fn open_key(name: &KeyName) -> Result<Key, Failure> {
    match name {
        KeyName::File(path) => Ok(Arc::new(read_key(path)?)),
    }
}

/// Opens several private keys.
///
/// # Errors
///
/// When one of them cannot be used.
pub(crate) fn open_keys(names: &[KeyName]) -> Result<Vec<Key>, Failure> {
    names.iter().map(open_key).collect()
}

/// Reads a public key that was typed, or is in the file that was named.
///
/// # Errors
///
/// When it is none, or no ledger would admit it.
pub(crate) fn public_key(option: &str, text: &str) -> Result<PublicKey, Failure> {
    public_key::read(text).map_err(|error| {
        if let PublicKeyError::Io { error, .. } = &error {
            return io_failure(text, error);
        }
        let place = format!("{option} {text}");
        Failure::refused(Trouble::new("KEY_REFUSED", place, error).fix(
            "give the public key of an Ed25519 key: `witnessmark key new`, `ssh-keygen -t ed25519` and `openssl genpkey -algorithm ed25519` make them",
        ))
    })
}

fn key_failure(error: &KeyFileError) -> Failure {
    let (reason, fix) = match error {
        KeyFileError::Exists(_) => ("FILE_EXISTS", "choose another name"),
        KeyFileError::Exposed { .. } => (
            "KEY_EXPOSED",
            "run that command; if others may have read the key, revoke it and make a new one",
        ),
        KeyFileError::NotPrivateKey(_) | KeyFileError::NotPublicKey(_) => (
            "KEY_MALFORMED",
            "make a key with `witnessmark key new --out FILE`",
        ),
        KeyFileError::Io { .. } | KeyFileError::Randomness(_) => ("IO", ""),
    };
    // The message names the file.
    Failure::cannot_tell(Trouble::new(reason, "", error).fix(fix))
}
