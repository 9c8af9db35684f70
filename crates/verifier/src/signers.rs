//! The rules every list of signatures keeps, whoever may sign.

use alloc::{collections::BTreeSet, vec::Vec};

use crate::{ENTRY_SIGNATURES_MAX, EntrySignature, KeyId, PublicKey};

error! {
    /// What is wrong with a list of signatures, or with one of them.
    SignersError {
        /// There is no signature.
        NoSignature => "there is no signature",
        /// There are more signatures than an entry may have.
        TooManySignatures => "there are more than 8 signatures",
        /// A key signs twice.
        DuplicateSigner(key_id: KeyId) => "key {key_id} signs twice",
        /// The key was never added, or has no part in this.
        UnknownKey(key_id: KeyId) => "key {key_id} is not one that may sign here",
        /// The signature by this key does not verify.
        BadSignature(key_id: KeyId) => "the signature by key {key_id} does not verify",
    }
}

/// Checks that there are signatures, not too many, and none by the same key as another.
pub(crate) fn check_list(signatures: &[EntrySignature]) -> Result<(), SignersError> {
    if signatures.is_empty() {
        return Err(SignersError::NoSignature);
    }
    if signatures.len() > ENTRY_SIGNATURES_MAX {
        return Err(SignersError::TooManySignatures);
    }
    let mut seen = BTreeSet::new();
    match signatures.iter().find(|it| !seen.insert(it.key_id)) {
        Some(twice) => Err(SignersError::DuplicateSigner(twice.key_id)),
        None => Ok(()),
    }
}

/// Finds the key of every signature among `allowed`, in the order of the signatures.
pub(crate) fn find_keys<'k>(
    signatures: &[EntrySignature],
    allowed: impl Iterator<Item = &'k PublicKey>,
) -> Result<Vec<&'k PublicKey>, SignersError> {
    check_list(signatures)?;
    let allowed: Vec<(KeyId, &PublicKey)> = allowed.map(|key| (key.key_id(), key)).collect();
    let find = |signature: &EntrySignature| {
        let found = allowed.iter().find(|(id, _)| *id == signature.key_id);
        let (_, key) = found.ok_or(SignersError::UnknownKey(signature.key_id))?;
        Ok(*key)
    };
    signatures.iter().map(find).collect()
}

/// How many of `keys` are among `signers`.
pub(crate) fn count(signers: &[&PublicKey], keys: &[PublicKey]) -> usize {
    signers.iter().filter(|it| keys.contains(it)).count()
}

/// Checks each signature over `message` with the key at the same place in `signers`.
pub(crate) fn verify(
    message: &[u8],
    signatures: &[EntrySignature],
    signers: &[&PublicKey],
) -> Result<(), SignersError> {
    for (EntrySignature { key_id, signature }, key) in signatures.iter().zip(signers) {
        let verified = key.verify(message, signature);
        verified.map_err(|_| SignersError::BadSignature(*key_id))?;
    }
    Ok(())
}
