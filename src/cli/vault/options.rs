//! Which vault a command uses, and what opens it: an identity file, a passphrase file, or the person at the terminal.

use std::path::{Path, PathBuf};

use super::{file, sealing_failure};
use crate::cli::{files, passphrase};
use crate::output::{Failure, Trouble};
use crate::vault::{VaultKey, needs_passphrase};

/// What to do where nobody can be asked.
const FIX: &str = "give --passphrase-file or --identity (beside --vault: --vault-passphrase-file, --vault-identity)";

/// What opens the vault. A passphrase is asked for when neither is given, and is never an argument.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct KeyOptions {
    /// The age identity that opens the vault, as `age-keygen` writes it.
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,
    /// Take the passphrase from this file instead of asking for it.
    #[arg(long, value_name = "FILE", conflicts_with = "identity")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// The options of commands that use a vault beside other things.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct UseOptions {
    /// The organisation's vault, which holds what opens protected fields.
    #[arg(long, value_name = "FILE")]
    pub(crate) vault: Option<PathBuf>,
    /// The age identity that opens the vault. Without it and a passphrase file, the passphrase is asked for.
    #[arg(long, value_name = "FILE", requires = "vault")]
    pub(crate) vault_identity: Option<PathBuf>,
    /// Take the vault's passphrase from this file instead of asking for it.
    #[arg(
        long,
        value_name = "FILE",
        requires = "vault",
        conflicts_with = "vault_identity"
    )]
    pub(crate) vault_passphrase_file: Option<PathBuf>,
}

impl UseOptions {
    /// What opens it.
    pub(crate) fn key(&self) -> KeyOptions {
        KeyOptions {
            identity: self.vault_identity.clone(),
            passphrase_file: self.vault_passphrase_file.clone(),
        }
    }
}

impl KeyOptions {
    /// The key of the vault at `path`, which exists.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, the vault opens in another way, or nobody can be asked.
    pub(crate) fn of_existing(&self, path: &Path) -> Result<VaultKey, Failure> {
        if let Some(key) = self.named()? {
            return Ok(key);
        }
        let asks = needs_passphrase(&file::read_sealed(path)?)
            .map_err(|error| sealing_failure(path, &error))?;
        if !asks {
            return Err(Failure::usage(
                Trouble::new(
                    "VAULT_KEY",
                    path.display(),
                    "the vault opens with an age identity",
                )
                .fix(
                    "name the file of the identity: --identity, or --vault-identity beside --vault",
                ),
            ));
        }
        let question = format!("Passphrase of the vault {}: ", path.display());
        let asked = passphrase::ask(&question, FIX)?;
        Ok(VaultKey::passphrase(&asked))
    }

    /// The key of a vault that is made now.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, nobody can be asked, or the passphrase is too short or mistyped.
    pub(crate) fn of_new(&self, path: &Path) -> Result<VaultKey, Failure> {
        let key = if let Some(key) = self.named()? {
            key
        } else {
            let question = format!("New passphrase of the vault {}: ", path.display());
            VaultKey::passphrase(&passphrase::ask_twice(&question, FIX)?)
        };
        key.fit_for_a_new_vault()
            .map_err(|error| sealing_failure(path, &error))?;
        Ok(key)
    }

    /// The key in the file that was named, if one was.
    fn named(&self) -> Result<Option<VaultKey>, Failure> {
        if let Some(path) = &self.identity {
            let text = files::read_private(path)?;
            let key = VaultKey::identities(&text);
            return key.map(Some).map_err(|error| sealing_failure(path, &error));
        }
        let Some(path) = &self.passphrase_file else {
            return Ok(None);
        };
        let line = passphrase::of_file(path)?;
        Ok(Some(VaultKey::passphrase(&line)))
    }
}
