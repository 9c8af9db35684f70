//! Sealing a vault as a file in the age format, by a passphrase or for age identities.

use std::fmt;
use std::io::{Read, Write};

use age::secrecy::{ExposeSecret, SecretString};
use age::{DecryptError, Decryptor, EncryptError, Encryptor, Identity, scrypt, x25519};
use zeroize::Zeroizing;

use super::limits::{SCRYPT_LOG_N, SCRYPT_LOG_N_MAX};
use super::{PASSPHRASE_CHARS_MIN, VAULT_BYTES_MAX};

/// Whom a copy of a vault is sealed for: the public half of an age identity.
pub(crate) type Recipient = x25519::Recipient;

/// What opens a vault.
pub(crate) enum VaultKey {
    /// A passphrase that people remember or keep.
    Passphrase(SecretString),
    /// Private keys as `age-keygen` makes them; the vault is sealed for all of them.
    Identities(Vec<x25519::Identity>),
}

/// Why a vault file was not opened or not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SealError {
    /// The file is not in the age format.
    #[error("this is not a file in the age format")]
    NotAge,
    /// The key is not the one of this file.
    #[error("this key or passphrase does not open the vault")]
    WrongKey,
    /// The key opens the file, but what is inside was altered or cut short.
    #[error("the vault was altered or cut short")]
    Altered,
    /// The file asks for more work than an honest one.
    #[error("the file asks for too much work (2^{0}) before it opens")]
    TooMuchWork(u8),
    /// The file or what is inside is larger than any vault.
    #[error("the vault is larger than {VAULT_BYTES_MAX} bytes")]
    TooLarge,
    /// The passphrase is too short to protect a file.
    #[error("the passphrase has fewer than {PASSPHRASE_CHARS_MIN} characters")]
    ShortPassphrase,
    /// The text holds no age identity.
    #[error("there is no age identity (a line AGE-SECRET-KEY-1...) that this software knows")]
    NoIdentity,
    /// Sealing failed.
    #[error("the vault could not be sealed: {0}")]
    Seal(String),
}

impl VaultKey {
    /// A passphrase for a vault that exists.
    pub(crate) fn passphrase(text: &str) -> Self {
        // The copy is wiped by its owner, as the one that is borrowed here is by its own.
        Self::Passphrase(SecretString::from(text.to_owned()))
    }

    /// The identities in a file that `age-keygen` wrote.
    ///
    /// # Errors
    ///
    /// When it holds none, or anything else.
    pub(crate) fn identities(text: &str) -> Result<Self, SealError> {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let parsed: Result<Vec<x25519::Identity>, &'static str> = lines.map(str::parse).collect();
        match parsed {
            Ok(identities) if !identities.is_empty() => Ok(Self::Identities(identities)),
            Ok(_) | Err(_) => Err(SealError::NoIdentity),
        }
    }

    /// Refuses a passphrase that is too short for a new vault.
    ///
    /// # Errors
    ///
    /// When it is.
    pub(crate) fn fit_for_a_new_vault(&self) -> Result<(), SealError> {
        match self {
            Self::Passphrase(text)
                if text.expose_secret().chars().count() < PASSPHRASE_CHARS_MIN =>
            {
                Err(SealError::ShortPassphrase)
            }
            Self::Passphrase(_) | Self::Identities(_) => Ok(()),
        }
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "VaultKey::Passphrase",
            Self::Identities(_) => "VaultKey::Identities",
        })
    }
}

/// Whether a file in the age format opens with a passphrase.
///
/// # Errors
///
/// When it is not such a file.
pub(crate) fn needs_passphrase(sealed: &[u8]) -> Result<bool, SealError> {
    Ok(decryptor(sealed)?.is_scrypt())
}

/// Opens a vault file.
///
/// # Errors
///
/// When it is not in the age format, the key is another one, or it was altered.
pub(crate) fn open(sealed: &[u8], key: &VaultKey) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let decryptor = decryptor(sealed)?;
    let opened = match key {
        VaultKey::Passphrase(text) => {
            let mut identity = scrypt::Identity::new(text.clone());
            identity.set_max_work_factor(SCRYPT_LOG_N_MAX);
            let identity: &dyn Identity = &identity;
            decryptor.decrypt(std::iter::once(identity))
        }
        VaultKey::Identities(identities) => {
            decryptor.decrypt(identities.iter().map(|one| -> &dyn Identity { one }))
        }
    };
    let reader = opened.map_err(|error| refused(&error))?;
    // Made at its full length, so that no copy is left behind by growing.
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let limit = VAULT_BYTES_MAX.saturating_add(1);
    let read = reader.take(limit).read_to_end(&mut plain);
    read.map_err(|_| SealError::Altered)?;
    if u64::try_from(plain.len()).is_ok_and(|len| len <= VAULT_BYTES_MAX) {
        Ok(plain)
    } else {
        Err(SealError::TooLarge)
    }
}

/// Seals a vault with the key that opens it.
///
/// # Errors
///
/// When that fails.
pub(crate) fn seal(plain: &[u8], key: &VaultKey) -> Result<Vec<u8>, SealError> {
    match key {
        VaultKey::Passphrase(text) => {
            let mut recipient = scrypt::Recipient::new(text.clone());
            recipient.set_work_factor(SCRYPT_LOG_N);
            encrypt(plain, &[&recipient])
        }
        VaultKey::Identities(identities) => {
            let recipients: Vec<Recipient> =
                identities.iter().map(x25519::Identity::to_public).collect();
            seal_for(plain, &recipients)
        }
    }
}

/// Seals a copy for others, who then open it with their own identities.
///
/// # Errors
///
/// When there are none, or sealing fails.
pub(crate) fn seal_for(plain: &[u8], recipients: &[Recipient]) -> Result<Vec<u8>, SealError> {
    let recipients: Vec<&dyn age::Recipient> = recipients
        .iter()
        .map(|recipient| -> &dyn age::Recipient { recipient })
        .collect();
    encrypt(plain, &recipients)
}

fn encrypt(plain: &[u8], recipients: &[&dyn age::Recipient]) -> Result<Vec<u8>, SealError> {
    if u64::try_from(plain.len()).map_or(true, |len| len > VAULT_BYTES_MAX) {
        return Err(SealError::TooLarge);
    }
    let sealing = |error: EncryptError| SealError::Seal(error.to_string());
    let writing = |error: std::io::Error| SealError::Seal(error.to_string());
    let encryptor = Encryptor::with_recipients(recipients.iter().copied()).map_err(sealing)?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed).map_err(writing)?;
    writer.write_all(plain).map_err(writing)?;
    writer.finish().map_err(writing)?;
    Ok(sealed)
}

fn decryptor(sealed: &[u8]) -> Result<Decryptor<&[u8]>, SealError> {
    // No key has been tried yet, so nothing else can be wrong.
    Decryptor::new_buffered(sealed).map_err(|_| SealError::NotAge)
}

fn refused(error: &DecryptError) -> SealError {
    match error {
        DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed
        | DecryptError::NoMatchingKeys => SealError::WrongKey,
        DecryptError::ExcessiveWork { required, .. } => SealError::TooMuchWork(*required),
        DecryptError::InvalidMac => SealError::Altered,
        DecryptError::InvalidHeader | DecryptError::Io(_) | DecryptError::UnknownFormat | _ => {
            SealError::NotAge
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> VaultKey {
        VaultKey::Identities(vec![x25519::Identity::generate()])
    }

    #[test]
    fn what_was_sealed_opens_with_the_same_key_and_with_no_other() {
        let key = identity();
        let sealed = seal(b"planted", &key).unwrap();
        assert!(!sealed.windows(7).any(|bytes| bytes == b"planted"));
        assert!(!needs_passphrase(&sealed).unwrap());
        assert_eq!(open(&sealed, &key).unwrap().as_slice(), b"planted");
        assert!(matches!(
            open(&sealed, &identity()),
            Err(SealError::WrongKey)
        ));
        let passphrase = VaultKey::passphrase("correct horse");
        assert!(matches!(
            open(&sealed, &passphrase),
            Err(SealError::WrongKey)
        ));
    }

    #[test]
    fn no_byte_of_a_sealed_vault_can_change_unseen() {
        let key = identity();
        let sealed = seal(b"planted", &key).unwrap();
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(open(&changed, &key).is_err(), "byte {place}");
            assert!(open(&sealed[..place], &key).is_err(), "{place} bytes");
        }
    }

    #[test]
    fn an_identity_file_may_hold_comments_and_nothing_else() {
        let one = x25519::Identity::generate().to_string();
        let text = format!("# created: today\n# public key\n{}\n", one.expose_secret());
        VaultKey::identities(&text).unwrap();
        for wrong in [
            "",
            "# only a comment",
            "ssh-ed25519 AAAA",
            &format!("{text}rest"),
        ] {
            assert!(matches!(
                VaultKey::identities(wrong),
                Err(SealError::NoIdentity)
            ));
        }
    }

    #[test]
    fn a_short_passphrase_is_no_protection() {
        let short = VaultKey::passphrase("eleven char");
        let error = short.fit_for_a_new_vault();
        assert!(matches!(error, Err(SealError::ShortPassphrase)));
        identity().fit_for_a_new_vault().unwrap();
    }
}
