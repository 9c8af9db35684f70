//! The rules every list of signatures keeps, whoever may sign.

use alloc::vec::Vec;

use crate::{ENTRY_SIGNATURES_MAX, EntrySignature, KeyId, PublicKey, pae};

/// What is wrong with a list of signatures, before it is said of a charter or a key chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignersError {
    None,
    TooMany,
    Duplicate(KeyId),
    Unknown(KeyId),
    Bad(KeyId),
}

/// Checks that there are signatures, not too many, and none by the same key as another.
pub(crate) fn check_list(signatures: &[EntrySignature]) -> Result<(), SignersError> {
    if signatures.is_empty() {
        return Err(SignersError::None);
    }
    if signatures.len() > ENTRY_SIGNATURES_MAX {
        return Err(SignersError::TooMany);
    }
    let mut seen: Vec<KeyId> = Vec::new();
    for signature in signatures {
        if seen.contains(&signature.key_id) {
            return Err(SignersError::Duplicate(signature.key_id));
        }
        seen.push(signature.key_id);
    }
    Ok(())
}

/// Finds the key of every signature among `allowed`, in the order of the signatures.
pub(crate) fn find_keys<'k>(
    signatures: &[EntrySignature],
    allowed: impl Iterator<Item = &'k PublicKey>,
) -> Result<Vec<&'k PublicKey>, SignersError> {
    check_list(signatures)?;
    let allowed: Vec<(KeyId, &PublicKey)> = allowed.map(|key| (key.key_id(), key)).collect();
    signatures
        .iter()
        .map(|signature| {
            let found = allowed
                .iter()
                .find(|(key_id, _)| *key_id == signature.key_id);
            found
                .map(|(_, key)| *key)
                .ok_or(SignersError::Unknown(signature.key_id))
        })
        .collect()
}

/// How many of `keys` are among `signers`.
pub(crate) fn count(signers: &[&PublicKey], keys: &[PublicKey]) -> usize {
    signers
        .iter()
        .filter(|signer| keys.contains(signer))
        .count()
}

/// Checks each signature over the PAE with the key at the same place in `signers`.
pub(crate) fn verify(
    payload_type: &str,
    payload: &[u8],
    signatures: &[EntrySignature],
    signers: &[&PublicKey],
) -> Result<(), SignersError> {
    let message = pae(payload_type, payload);
    for (signature, key) in signatures.iter().zip(signers) {
        key.verify(&message, &signature.signature)
            .map_err(|_| SignersError::Bad(signature.key_id))?;
    }
    Ok(())
}
