//! The file of a vault: read whole, written whole, changed by one command at a time.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{sealing_failure, vault_failure};
use crate::cli::files;
use crate::output::{Failure, io_failure};
use crate::vault::{VAULT_BYTES_MAX, Vault, VaultKey, open, seal};

/// A vault that this process may change.
#[derive(Debug)]
pub(crate) struct VaultFile {
    path: PathBuf,
    key: VaultKey,
    /// Held until the file is closed. It lies beside the vault, because the vault is replaced.
    _lock: File,
    /// What it holds; see [`VaultFile::save`].
    pub(crate) vault: Vault,
}

impl VaultFile {
    /// Opens a vault to change it, and waits while another command does.
    ///
    /// # Errors
    ///
    /// When it cannot be locked, read or opened with this key.
    pub(crate) fn open(path: &Path, key: VaultKey) -> Result<Self, Failure> {
        // The file itself is replaced, not a link to it: otherwise the old one would stay.
        let path = fs::canonicalize(path).map_err(|error| io_failure(path, &error))?;
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let name = PathBuf::from(name);
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&name)
            .and_then(|file| file.lock().map(|()| file))
            .map_err(|error| io_failure(&name, &error))?;
        let vault = load(&path, &key)?;
        Ok(Self {
            path,
            key,
            _lock: lock,
            vault,
        })
    }

    /// Writes the vault; it is on disk when this returns.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the file then holds what it held before.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        files::write_private_replacing(&self.path, &sealed(&self.path, &self.vault, &self.key)?)
    }
}

/// Writes a vault to a file that is not there yet.
///
/// # Errors
///
/// When something has that name, or it cannot be written.
pub(crate) fn create(path: &Path, vault: &Vault, key: &VaultKey) -> Result<(), Failure> {
    files::write_private_new(path, &sealed(path, vault, key)?)
}

/// Reads a vault without changing it.
///
/// # Errors
///
/// When it cannot be read, or opened with this key.
pub(crate) fn load(path: &Path, key: &VaultKey) -> Result<Vault, Failure> {
    let plain = open(&read_sealed(path)?, key).map_err(|error| sealing_failure(path, &error))?;
    Vault::parse(&plain).map_err(|error| vault_failure(path, &error))
}

/// The bytes of a vault file, still sealed.
///
/// # Errors
///
/// When it cannot be read or is too long.
pub(crate) fn read_sealed(path: &Path) -> Result<Vec<u8>, Failure> {
    // The seal takes some bytes of its own.
    files::read_bytes(path, VAULT_BYTES_MAX.saturating_add(VAULT_BYTES_MAX / 64))
}

fn sealed(path: &Path, vault: &Vault, key: &VaultKey) -> Result<Vec<u8>, Failure> {
    let plain = vault
        .encode()
        .map_err(|error| vault_failure(path, &error))?;
    seal(plain.as_bytes(), key).map_err(|error| sealing_failure(path, &error))
}
