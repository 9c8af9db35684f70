//! Private keys in files: PKCS#8 in PEM, mode 0600, never overwritten, refused when others can
//! read.
//!
//! `NAME.key` holds one Ed25519 key as the PEM block "PRIVATE KEY" of RFC 7468, in the one spelling
//! that is written here: `openssl pkey -in NAME.key -text` reads it. `NAME.pub` beside it holds the
//! public key in hex, one line.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use witnessmark_verifier::{PublicKey, base64, hex};
use zeroize::Zeroizing;

/// What comes before the 32 bytes of the key in PKCS#8 version 1 (RFC 8410 section 7): a sequence
/// of version 0, the object id 1.3.101.112, and an octet string in an octet string.
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
const PEM_HEAD: &str = "-----BEGIN PRIVATE KEY-----\n";
const PEM_TAIL: &str = "\n-----END PRIVATE KEY-----\n";

/// Longer than any key file; nothing larger is read.
const FILE_BYTES_MAX: u64 = 4_096;

/// The permission bits of a private key file: its owner reads and writes it.
const PRIVATE_MODE: u32 = 0o600;

/// The permission bits that must not be set: anything for group or others.
const OTHERS_MASK: u32 = 0o077;

/// Why a key file was not made or not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum KeyFileError {
    /// The file is there already, and a key is never overwritten.
    #[error("{} exists already, and a key is never overwritten", .0.display())]
    Exists(PathBuf),
    /// Group or others have rights on the file.
    #[error("{} can be used by others (mode {mode:04o}); run: chmod 600 {}", .path.display(), .path.display())]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file does not hold a private key in the one spelling.
    #[error("{} is not an Ed25519 private key in PKCS#8 PEM", .0.display())]
    NotPrivateKey(PathBuf),
    /// The file does not hold a public key.
    #[error("{} is not a public key: one line of 64 hex digits of an acceptable key", .0.display())]
    NotPublicKey(PathBuf),
    /// The file system refused.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        error: io::Error,
    },
    /// The system gave no randomness.
    #[error("the system gave no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// A new key from the system's randomness.
///
/// # Errors
///
/// The system gives none.
pub(crate) fn generate() -> Result<SigningKey, KeyFileError> {
    let mut seed = Zeroizing::new([0_u8; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(KeyFileError::Randomness)?;
    Ok(SigningKey::from_bytes(&seed))
}

/// Writes the private key to `path`, which must not exist, and the public key beside it. Both are
/// on disk when this returns.
///
/// # Errors
///
/// One of the files exists, or the file system refuses.
pub(crate) fn write_new(path: &Path, key: &SigningKey) -> Result<(), KeyFileError> {
    let public = public_path(path);
    // Looked at first, so that a public file in the way leaves no private file behind.
    if public.symlink_metadata().is_ok() {
        return Err(KeyFileError::Exists(public));
    }
    write_file(path, PRIVATE_MODE, encode_pem(key).as_bytes())?;
    let line = format!("{}\n", hex::encode(key.verifying_key().as_bytes()));
    write_file(&public, 0o644, line.as_bytes())
}

/// Reads the private key at `path`.
///
/// # Errors
///
/// The file cannot be read, others have rights on it, or it is not a private key.
pub(crate) fn read(path: &Path) -> Result<SigningKey, KeyFileError> {
    let failed = |error| KeyFileError::Io {
        path: path.to_owned(),
        error,
    };
    let file = File::open(path).map_err(failed)?;
    // Asked of the open file, so that it cannot be exchanged in between.
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    if mode & OTHERS_MASK != 0 {
        return Err(KeyFileError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = Zeroizing::new(String::new());
    file.take(FILE_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(failed)?;
    decode_pem(&text).ok_or_else(|| KeyFileError::NotPrivateKey(path.to_owned()))
}

/// Reads a public key file: 64 hex digits and a newline.
///
/// # Errors
///
/// The file cannot be read, or does not hold a key that the ledger would admit.
pub(crate) fn read_public(path: &Path) -> Result<PublicKey, KeyFileError> {
    let failed = |error| KeyFileError::Io {
        path: path.to_owned(),
        error,
    };
    let mut text = String::new();
    File::open(path)
        .map_err(failed)?
        .take(FILE_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(failed)?;
    hex::decode_32(text.trim_end_matches('\n'))
        .ok()
        .and_then(|bytes| PublicKey::admit(&bytes).ok())
        .ok_or_else(|| KeyFileError::NotPublicKey(path.to_owned()))
}

/// The public side of a private key that was read from `path`.
///
/// # Errors
///
/// It is not one that the ledger would admit; no known private key has such a one.
pub(crate) fn public_of(key: &SigningKey, path: &Path) -> Result<PublicKey, KeyFileError> {
    PublicKey::admit(key.verifying_key().as_bytes())
        .map_err(|_| KeyFileError::NotPublicKey(public_path(path)))
}

/// Where the public side of the key at `path` is: the same name with the ending `.pub`.
pub(crate) fn public_path(path: &Path) -> PathBuf {
    path.with_extension("pub")
}

fn write_file(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), KeyFileError> {
    let failed = |error: io::Error| {
        let path = path.to_owned();
        if error.kind() == io::ErrorKind::AlreadyExists {
            KeyFileError::Exists(path)
        } else {
            KeyFileError::Io { path, error }
        }
    };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .map_err(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(failed)
}

fn encode_pem(key: &SigningKey) -> Zeroizing<String> {
    let mut der = Zeroizing::new([0_u8; 48]);
    let (head, seed) = der.split_at_mut(PKCS8_HEAD.len());
    head.copy_from_slice(&PKCS8_HEAD);
    seed.copy_from_slice(Zeroizing::new(key.to_bytes()).as_slice());
    let body = Zeroizing::new(base64::encode(der.as_slice()));
    // Made at its full length, so that no copy of the key is left behind by growing.
    let mut pem = Zeroizing::new(String::with_capacity(
        PEM_HEAD.len() + body.len() + PEM_TAIL.len(),
    ));
    pem.push_str(PEM_HEAD);
    pem.push_str(&body);
    pem.push_str(PEM_TAIL);
    pem
}

fn decode_pem(text: &str) -> Option<SigningKey> {
    let body = text.strip_prefix(PEM_HEAD)?.strip_suffix(PEM_TAIL)?;
    let der = Zeroizing::new(base64::decode(body).ok()?);
    let seed = der.strip_prefix(&PKCS8_HEAD)?;
    let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).ok()?);
    Some(SigningKey::from_bytes(&seed))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn a_key_is_read_back_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("device.key");
        let key = generate().unwrap();
        write_new(&path, &key).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            PRIVATE_MODE
        );
        assert_eq!(read(&path).unwrap().to_bytes(), key.to_bytes());
        let public = read_public(&dir.path().join("device.pub")).unwrap();
        assert_eq!(public.as_bytes(), key.verifying_key().as_bytes());
    }

    #[test]
    fn a_key_is_written_as_openssl_writes_it() {
        // The private key of RFC 8410 section 10.3.
        let seed = "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";
        let key = SigningKey::from_bytes(&hex::decode_32(seed).unwrap());
        let expected = "-----BEGIN PRIVATE KEY-----\n\
            MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
            -----END PRIVATE KEY-----\n";
        assert_eq!(encode_pem(&key).as_str(), expected);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("device.key");
        write_new(&path, &generate().unwrap()).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601, 0o777] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let message = read(&path).unwrap_err().to_string();
            assert!(
                message.contains(&format!("chmod 600 {}", path.display())),
                "{message}"
            );
        }
        fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        read(&path).unwrap();
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("device.key");
        let key = generate().unwrap();
        write_new(&path, &key).unwrap();
        fs::remove_file(public_path(&path)).unwrap();
        let error = write_new(&path, &generate().unwrap()).unwrap_err();
        assert!(matches!(error, KeyFileError::Exists(file) if file == path));
        assert_eq!(read(&path).unwrap().to_bytes(), key.to_bytes());

        let other = dir.path().join("other.key");
        fs::write(public_path(&other), "").unwrap();
        assert!(matches!(
            write_new(&other, &key),
            Err(KeyFileError::Exists(_))
        ));
        assert!(!other.exists());
    }

    #[test]
    fn another_spelling_of_a_key_is_refused() {
        let pem = encode_pem(&SigningKey::from_bytes(&[7; 32]));
        assert!(decode_pem(&pem).is_some());
        for text in [
            pem.replace('\n', "\r\n"),
            format!("{}\n", pem.as_str()),
            format!(" {}", pem.as_str()),
            pem.replace("MC4C", "MC8C"),
            pem.replace("PRIVATE KEY", "EC PRIVATE KEY"),
            String::new(),
        ] {
            assert!(decode_pem(&text).is_none(), "{text}");
        }
    }
}
