//! Key events on the signer's side: drafted from what is known of the chain, signed offline, carried or sent.

use ed25519_dalek::{Signer, SigningKey};
use witnessmark_bundle::SignedRecord;
use witnessmark_client::Client;
use witnessmark_keychain::Keychain;
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Entry, EntrySignature, Hash, KeyAction, KeyEvent, KeyId, LeafIndex, OrgName,
    PAYLOAD_TYPE_KEY_EVENT, TreeSize, pae,
};

use crate::cli::client_trouble;
use crate::output::{Failure, Trouble};

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
pub(crate) fn sign_event(draft: EventDraft, time_ms: u64, keys: &[SigningKey]) -> SignedRecord {
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
    let signatures = sign_payload(PAYLOAD_TYPE_KEY_EVENT, &payload, keys);
    SignedRecord {
        payload_type: PAYLOAD_TYPE_KEY_EVENT.to_owned(),
        payload,
        signatures,
    }
}

/// The signature of each key over the payload, in the order of the keys; a key that is given twice signs once.
pub(crate) fn sign_payload(
    payload_type: &str,
    payload: &[u8],
    keys: &[SigningKey],
) -> Vec<EntrySignature> {
    let message = pae(payload_type, payload);
    let mut signatures: Vec<EntrySignature> = Vec::with_capacity(keys.len());
    for key in keys {
        let key_id = KeyId::of(key.verifying_key().as_bytes());
        if !signatures
            .iter()
            .any(|signature| signature.key_id == key_id)
        {
            signatures.push(EntrySignature {
                key_id,
                signature: key.sign(&message).to_bytes(),
            });
        }
    }
    signatures
}

/// Reads the log from its first entry up to `end` (all of it when that is left out) and replays the key chains.
///
/// # Errors
///
/// When the ledger cannot be read, or an entry does not verify or does not follow.
pub(crate) async fn replay(client: &Client, end: Option<u64>) -> Result<Keychain, Failure> {
    let mut keychain = Keychain::new();
    let mut index = 0;
    let mut pages = client
        .entries(LeafIndex::new(0), end.map(TreeSize::new))
        .await
        .map_err(client_trouble)?;
    while let Some(page) = pages.next().await.map_err(client_trouble)? {
        for bytes in page.entries {
            let entry = Entry::parse(&bytes).map_err(|error| not_verified(index, &error))?;
            keychain
                .replay(index, &entry)
                .map_err(|error| not_verified(index, &error))?;
            index = index.saturating_add(1);
        }
    }
    Ok(keychain)
}

fn not_verified(index: u64, error: &dyn std::fmt::Display) -> Failure {
    Failure::refused(
        Trouble::new("NOT_VERIFIED", format!("entry {index}"), error)
            .fix("the ledger published an entry that breaks its own rules: run `witnessmark audit` and keep the output"),
    )
}
