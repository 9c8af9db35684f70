//! `key`: make and show signing keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(feature = "pkcs11")]
use age::secrecy::SecretString;
use ed25519_dalek::SigningKey;
use serde_json::json;
use witnessmark_verifier::{KeyId, PublicKey, hex};

use super::{files, passphrase};
use crate::keyfile::{self, KeyFile, KeyFileError, Sealing};
use crate::output::{Failure, Report, Trouble, io_failure};
use crate::public_key::{self, PublicKeyError};
#[cfg(feature = "pkcs11")]
use crate::signer::TokenKey;
use crate::signer::{AgentError, AgentKey, Key, KeyName, TokenName};
use crate::vault::PASSPHRASE_CHARS_MIN;

/// Make and show signing keys.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a new Ed25519 key.
    ///
    /// Writes the private key (PKCS#8 PEM, mode 0600) and, beside it, the public key with the ending
    /// `.pub`. Nothing is ever overwritten.
    #[command(
        after_help = "Examples:\n  witnessmark key new --out device.key\n  witnessmark key new --out root.key --encrypt"
    )]
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
    /// Encrypt the file by a passphrase: in the age format, or as PKCS#8 for OpenSSL and others.
    #[arg(long, value_enum, value_name = "FORMAT", num_args = 0..=1, default_missing_value = "age")]
    encrypt: Option<Format>,
    /// Take the passphrase from this file instead of asking for it.
    #[arg(long, value_name = "FILE", requires = "encrypt")]
    passphrase_file: Option<PathBuf>,
}

/// How a key file is encrypted.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// The age format with scrypt, which costs a thief most.
    Age,
    /// PKCS#8 with PBES2, which OpenSSL reads.
    Pkcs8,
}

/// Show a key.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// A private key file, or a public key: a file, or the key itself in OpenSSH's form, PEM, hex or base64.
    key: String,
    #[command(flatten)]
    unlock: Unlock,
}

/// Runs one of the commands.
///
/// # Errors
///
/// When the file cannot be read or written.
pub(super) fn run(command: &Command) -> Result<Report, Failure> {
    match command {
        Command::New(arguments) => {
            let key = make(arguments)?;
            let public = keyfile::public_path(&arguments.out);
            Ok(describe(
                key.verifying_key().as_bytes(),
                Some((&arguments.out, &public)),
            ))
        }
        Command::Show(arguments) => Ok(describe(&shown(&arguments.key, &arguments.unlock)?, None)),
    }
}

/// Makes the key that was asked for. The passphrase is known before anything is written.
fn make(arguments: &New) -> Result<SigningKey, Failure> {
    let sealing = arguments.encrypt.map(|format| match format {
        Format::Age => Sealing::Age,
        Format::Pkcs8 => Sealing::Pkcs8,
    });
    let passphrase = match (sealing, &arguments.passphrase_file) {
        (None, _) => None,
        (Some(how), Some(file)) => Some((how, passphrase::of_file(file)?)),
        (Some(how), None) => {
            let question = format!("New passphrase of the key {}: ", arguments.out.display());
            let asked = passphrase::ask_twice(&question, "give --passphrase-file")?;
            Some((how, asked))
        }
    };
    if let Some((_, text)) = &passphrase
        && text.chars().count() < PASSPHRASE_CHARS_MIN
    {
        let message = format!("the passphrase has fewer than {PASSPHRASE_CHARS_MIN} characters");
        let fix = "whoever has the file can try guesses for as long as he likes: take a longer one";
        return Err(Failure::usage(
            Trouble::new("PASSPHRASE", "", message).fix(fix),
        ));
    }
    if let Some(folder) = arguments.out.parent() {
        files::make_folder(folder)?;
    }
    let Some((how, passphrase)) = passphrase else {
        return new_key(&arguments.out);
    };
    let key = keyfile::generate().map_err(|error| key_failure(&error))?;
    keyfile::write_new_sealed(&arguments.out, &key, how, &passphrase)
        .map_err(|error| key_failure(&error))?;
    Ok(key)
}

/// The public key of a private key file, or one that is in a file or was typed in any of the forms.
fn shown(text: &str, unlock: &Unlock) -> Result<[u8; 32], Failure> {
    let path = Path::new(text);
    match public_key::read(text) {
        Ok(key) => Ok(*key.as_bytes()),
        Err(PublicKeyError::Private) if path.exists() => {
            Ok(unlock.read(path)?.verifying_key().to_bytes())
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

/// What opens private keys that do not open by themselves.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Unlock {
    /// Take the passphrase of an encrypted key file from this file instead of asking for it. Give it again for another key.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Vec<PathBuf>,
    /// Take the PIN of a token from this file instead of asking for it.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

impl Unlock {
    /// Opens a private key, wherever it is.
    ///
    /// # Errors
    ///
    /// When it cannot be used.
    pub(crate) fn open(&self, name: &KeyName) -> Result<Key, Failure> {
        match name {
            KeyName::File(path) => Ok(Arc::new(self.read(path)?)),
            KeyName::Agent(wanted) => {
                let key = AgentKey::find(wanted).map_err(|error| agent_failure(name, &error))?;
                Ok(Arc::new(key))
            }
            KeyName::Token(token) => self.open_token(name, token),
        }
    }

    /// The PIN is in the file that the name says, or in that of the command, or is asked for.
    #[cfg(feature = "pkcs11")]
    fn open_token(&self, name: &KeyName, token: &TokenName) -> Result<Key, Failure> {
        let pin = match token.pin_source.as_ref().or(self.pin_file.as_ref()) {
            Some(file) => passphrase::of_file(file)?,
            None => passphrase::ask(
                &format!("PIN for {name}: "),
                "give --pin-file, or pin-source=file:FILE in the name of the key",
            )?,
        };
        // The copy is wiped by its owner, as the one that is borrowed here is by its own.
        let pin = SecretString::from(pin.as_str().to_owned());
        let key = TokenKey::open(token, pin).map_err(|error| {
            let fix = "check the token, its library and the name: pkcs11-tool --module FILE --list-objects";
            Failure::cannot_tell(Trouble::new("SIGNER", name, error).fix(fix))
        })?;
        Ok(Arc::new(key))
    }

    #[cfg(not(feature = "pkcs11"))]
    #[expect(
        clippy::unused_self,
        reason = "the same call as where tokens are built in"
    )]
    fn open_token(&self, name: &KeyName, _: &TokenName) -> Result<Key, Failure> {
        let message = "this program was built without tokens";
        let fix =
            "use one that was built with the feature pkcs11, which is on unless it is left out";
        Err(Failure::cannot_tell(
            Trouble::new("SIGNER", name, message).fix(fix),
        ))
    }

    /// Opens several private keys.
    ///
    /// # Errors
    ///
    /// When one of them cannot be used.
    pub(crate) fn open_all(&self, names: &[KeyName]) -> Result<Vec<Key>, Failure> {
        names.iter().map(|name| self.open(name)).collect()
    }

    /// Reads a private key file, and asks for its passphrase when it has one and no file was named.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is not private, holds no key, or no passphrase opens it.
    fn read(&self, path: &Path) -> Result<SigningKey, Failure> {
        let sealed = match keyfile::load(path).map_err(|error| key_failure(&error))? {
            KeyFile::Key(key) => return Ok(key),
            KeyFile::Sealed(sealed) => sealed,
        };
        let failed = |error: KeyFileError| key_failure(&error);
        let Some((last, first)) = self.passphrase_file.split_last() else {
            let question = format!("Passphrase of the key {}: ", path.display());
            let asked = passphrase::ask(&question, "give --passphrase-file")?;
            return sealed.open(&asked).map_err(failed);
        };
        for file in first {
            match sealed.open(&passphrase::of_file(file)?) {
                Err(KeyFileError::WrongPassphrase(_)) => {}
                opened => return opened.map_err(failed),
            }
        }
        sealed.open(&passphrase::of_file(last)?).map_err(failed)
    }
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

fn agent_failure(name: &KeyName, error: &AgentError) -> Failure {
    let fix = match error {
        AgentError::NoAgent => "start one and add the key: eval $(ssh-agent); ssh-add FILE",
        AgentError::Agent(_) => "check the agent: ssh-add -l",
        AgentError::NoKey { .. } => {
            "name one of these as agent:SHA256:... or agent:COMMENT, or add it with ssh-add FILE"
        }
        AgentError::Several(_) => {
            "name it by its fingerprint, agent:SHA256:..., as ssh-add -l prints it"
        }
        AgentError::Unusable { .. } => "make a key with ssh-keygen -t ed25519",
    };
    Failure::cannot_tell(Trouble::new("SIGNER", name, error).fix(fix))
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
        KeyFileError::Encrypted(_) => {
            ("KEY_ENCRYPTED", "give --passphrase-file where there is one")
        }
        KeyFileError::WrongPassphrase(_) => (
            "PASSPHRASE",
            "try again; without the passphrase nobody can use the key: revoke it and make a new one",
        ),
        KeyFileError::TooMuchWork(_) => (
            "KEY_MALFORMED",
            "no program that means well writes such a file; make a key with `witnessmark key new --encrypt`",
        ),
        KeyFileError::NotEncrypted(_) | KeyFileError::Io { .. } | KeyFileError::Randomness(_) => {
            ("IO", "")
        }
    };
    // The message names the file.
    Failure::cannot_tell(Trouble::new(reason, "", error).fix(fix))
}
