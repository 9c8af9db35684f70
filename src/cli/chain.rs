//! Key events on the signer's side: drafted from what is known of the chain, signed offline, carried or sent.

use witnessmark_bundle::SignedRecord;
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    EntrySignature, Hash, KeyAction, KeyEvent, OrgName, PAYLOAD_TYPE_KEY_EVENT, pae,
};

use crate::output::{Failure, Trouble};
use crate::signer::{Key, SignerError};

/// A key event before it is signed.
#[derive(Clone, Debug)]
pub(crate) struct EventDraft {
    /// Whose keys.
    pub(crate) org: OrgName,
    /// The number of the event, from 1.
    pub(crate) seq: u32,
    /// The head of the chain before it.
    pub(crate) prev: Hash,
    /// What changes.
    pub(crate) action: KeyAction,
}

/// Writes the event's text and signs it with each key, once.
///
/// # Errors
///
/// When a key gives no signature.
pub(crate) fn sign_event(
    draft: EventDraft,
    time_ms: u64,
    keys: &[Key],
) -> Result<SignedRecord, Failure> {
    let EventDraft {
        org,
        seq,
        prev,
        action,
    } = draft;
    let payload = KeyEvent {
        org,
        seq,
        prev,
        time: time_ms,
        action,
    }
    .encode()
    .into_bytes();
    let signatures = sign_payload(PAYLOAD_TYPE_KEY_EVENT, &payload, keys)?;
    Ok(SignedRecord {
        payload_type: PAYLOAD_TYPE_KEY_EVENT.to_owned(),
        payload,
        signatures,
    })
}

/// The signature of each key over the payload, in the order of the keys; a key that is given twice signs once.
///
/// # Errors
///
/// When a key gives no signature.
pub(crate) fn sign_payload(
    payload_type: &str,
    payload: &[u8],
    keys: &[Key],
) -> Result<Vec<EntrySignature>, Failure> {
    let message = pae(payload_type, payload);
    let mut signatures: Vec<EntrySignature> = Vec::with_capacity(keys.len());
    for key in keys {
        let public = key.public_key();
        let key_id = public.key_id();
        if signatures.iter().any(|it| it.key_id == key_id) {
            continue;
        }
        let signature = key.sign(&message).map_err(|error| not_signed(&error))?;
        // What comes from elsewhere is looked at before it is passed on.
        public.verify(&message, &signature).map_err(|_| {
            let holder = format!("the holder of key {key_id}");
            not_signed(&SignerError::NotASignature { holder })
        })?;
        signatures.push(EntrySignature { key_id, signature });
    }
    Ok(signatures)
}

/// What it means that a key gave no signature.
pub(crate) fn not_signed(error: &SignerError) -> Failure {
    Failure::cannot_tell(
        Trouble::new("SIGNER", "", error)
            .fix("nothing was signed; make the key available, and run the command again"),
    )
}
