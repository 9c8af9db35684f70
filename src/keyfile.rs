//! Private keys in files: PKCS#8 in PEM, or encrypted by a passphrase, mode 0600, never overwritten, refused when others can
//! read.
//!
//! `NAME.key` holds one Ed25519 key as the PEM block "PRIVATE KEY" of RFC 7468, in the one spelling
//! that is written here: `openssl pkey -in NAME.key -text` reads it. `NAME.pub` beside it holds the
//! public key in hex, one line.

mod sealed;

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use witnessmark_verifier::{PublicKey, base64, hex};
use zeroize::Zeroizing;

pub(crate) use sealed::Sealing;

/// What comes before the 32 bytes of the key in PKCS#8 version 1 (RFC 8410 section 7): a sequence
/// of version 0, the object id 1.3.101.112, and an octet string in an octet string.
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
const PEM_HEAD: &str = "-----BEGIN PRIVATE KEY-----\n";
const PEM_TAIL: &str = "\n-----END PRIVATE KEY-----\n";

/// Longer than any key file; nothing larger is read.
const FILE_BYTES_MAX: u64 = 4_096;
/// The same and a little more, which reading to the end asks for.
const FILE_CAPACITY: usize = 4_096 + 64;

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
    /// The file is encrypted, and there is no passphrase.
    #[error("{} is encrypted, and no passphrase was given", .0.display())]
    Encrypted(PathBuf),
    /// The passphrase is not that of the file.
    #[error("the passphrase does not open {}", .0.display())]
    WrongPassphrase(PathBuf),
    /// The file asks for more work than an honest one before it opens.
    #[error("{} asks for too much work before it opens", .0.display())]
    TooMuchWork(PathBuf),
    /// The new file could not be encrypted.
    #[error("{} could not be encrypted", .0.display())]
    NotEncrypted(PathBuf),
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
    write_pair(path, key, encode_pem(key).as_bytes())
}

fn write_pair(path: &Path, key: &SigningKey, private: &[u8]) -> Result<(), KeyFileError> {
    let public = public_path(path);
    // Looked at first, so that a public file in the way leaves no private file behind.
    if public.symlink_metadata().is_ok() {
        return Err(KeyFileError::Exists(public));
    }
    write_file(path, PRIVATE_MODE, private)?;
    let line = format!("{}\n", hex::encode(key.verifying_key().as_bytes()));
    write_file(&public, 0o644, line.as_bytes())
}

/// Writes the private key, encrypted by a passphrase, as [`write_new`] does.
///
/// # Errors
///
/// As [`write_new`], or it cannot be encrypted.
pub(crate) fn write_new_sealed(
    path: &Path,
    key: &SigningKey,
    how: Sealing,
    passphrase: &str,
) -> Result<(), KeyFileError> {
    let (pem, der) = (encode_pem(key), encode_der(key));
    let sealed = sealed::seal(&pem, der.as_slice(), how, passphrase)
        .map_err(|_| KeyFileError::NotEncrypted(path.to_owned()))?;
    write_pair(path, key, &sealed)
}

/// A private key file that was read: a key, or what a passphrase opens.
#[derive(Debug)]
pub(crate) enum KeyFile {
    /// The key.
    Key(SigningKey),
    /// It is encrypted.
    Sealed(SealedKey),
}

/// A private key that a passphrase opens.
#[derive(Debug)]
pub(crate) struct SealedKey {
    path: PathBuf,
    bytes: Vec<u8>,
    how: Sealing,
}

impl SealedKey {
    /// Opens it. This takes about a second.
    ///
    /// # Errors
    ///
    /// The passphrase is another one, or what is inside is no private key.
    pub(crate) fn open(&self, passphrase: &str) -> Result<SigningKey, KeyFileError> {
        let path = || self.path.clone();
        let inside = sealed::open(&self.bytes, self.how, passphrase);
        let inside = inside.map_err(|trouble| match trouble {
            sealed::Trouble::WrongPassphrase => KeyFileError::WrongPassphrase(path()),
            sealed::Trouble::TooMuchWork => KeyFileError::TooMuchWork(path()),
            sealed::Trouble::Malformed | sealed::Trouble::Failed => {
                KeyFileError::NotPrivateKey(path())
            }
        })?;
        let key = match &inside {
            sealed::Inside::Text(text) => decode_pem(text),
            sealed::Inside::Der(der) => decode_der(der),
        };
        key.ok_or_else(|| KeyFileError::NotPrivateKey(path()))
    }
}

/// Reads the private key at `path`, which is not encrypted.
///
/// # Errors
///
/// The file cannot be read, others have rights on it, it is encrypted, or it is not a private key.
pub(crate) fn read(path: &Path) -> Result<SigningKey, KeyFileError> {
    match load(path)? {
        KeyFile::Key(key) => Ok(key),
        KeyFile::Sealed(_) => Err(KeyFileError::Encrypted(path.to_owned())),
    }
}

/// Reads the private key file at `path`, which may be encrypted.
///
/// # Errors
///
/// The file cannot be read, others have rights on it, or it is not a private key.
pub(crate) fn load(path: &Path) -> Result<KeyFile, KeyFileError> {
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
    // Made at its full length, so that no copy of the key is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_CAPACITY));
    file.take(FILE_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if let Some(how) = sealed::sealing(&bytes) {
        let (path, bytes) = (path.to_owned(), bytes.to_vec());
        return Ok(KeyFile::Sealed(SealedKey { path, bytes, how }));
    }
    let key = str::from_utf8(&bytes).ok().and_then(decode_pem);
    let key = key.ok_or_else(|| KeyFileError::NotPrivateKey(path.to_owned()))?;
    Ok(KeyFile::Key(key))
}

/// The public key of the pair at `path`, whose private half may be encrypted or elsewhere: then the file beside it says it.
///
/// # Errors
///
/// A file cannot be read, or holds no key.
pub(crate) fn public_of_pair(path: &Path) -> Result<PublicKey, KeyFileError> {
    match load(path) {
        Ok(KeyFile::Key(key)) => public_of(&key, path),
        Ok(KeyFile::Sealed(_)) => read_public(&public_path(path)),
        // The error that is told is of the private key, when there is neither.
        Err(KeyFileError::Io { error, .. })
            if error.kind() == io::ErrorKind::NotFound && public_path(path).exists() =>
        {
            read_public(&public_path(path))
        }
        Err(error) => Err(error),
    }
}

/// Copies the pair at `from` to `to`, where there must be none, as far as it is there.
///
/// # Errors
///
/// As [`public_of_pair`], or something cannot be written.
pub(crate) fn copy_pair(from: &Path, to: &Path) -> Result<(), KeyFileError> {
    let public = public_of_pair(from)?;
    let private = match load(from) {
        Ok(KeyFile::Key(key)) => Some(Zeroizing::new(encode_pem(&key).as_bytes().to_vec())),
        Ok(KeyFile::Sealed(sealed)) => Some(Zeroizing::new(sealed.bytes)),
        Err(_) => None,
    };
    if let Some(private) = private {
        write_file(to, PRIVATE_MODE, &private)?;
    }
    let line = format!("{}\n", hex::encode(public.as_bytes()));
    write_file(&public_path(to), 0o644, line.as_bytes())
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

fn encode_der(key: &SigningKey) -> Zeroizing<[u8; 48]> {
    let mut der = Zeroizing::new([0_u8; 48]);
    let (head, seed) = der.split_at_mut(PKCS8_HEAD.len());
    head.copy_from_slice(&PKCS8_HEAD);
    seed.copy_from_slice(Zeroizing::new(key.to_bytes()).as_slice());
    der
}

fn encode_pem(key: &SigningKey) -> Zeroizing<String> {
    let der = encode_der(key);
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
    decode_der(&der)
}

fn decode_der(der: &[u8]) -> Option<SigningKey> {
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
