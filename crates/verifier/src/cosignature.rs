//! Cosignatures of C2SP tlog-cosignature, type 04: a witness saw this checkpoint, at this time.

use alloc::{format, vec::Vec};

use crate::{NoteAlgorithm, SignatureError, VerifierKey};

const TIME_S_MAX: u64 = i64::MAX.cast_unsigned();

/// A time and a signature over it and a checkpoint. Nothing is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cosignature {
    /// Seconds since 1970 by the witness's clock.
    pub time_s: u64,
    /// The Ed25519 signature.
    pub signature: [u8; 64],
}

impl Cosignature {
    /// The cosignature that the bytes after the key id in a signature line are.
    ///
    /// `None` when there are not 72 bytes, or the time is above 2^63-1.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (time, signature) = bytes.split_first_chunk()?;
        let signature = signature.try_into().ok()?;
        let time_s = u64::from_be_bytes(*time);
        (time_s <= TIME_S_MAX).then_some(Self { time_s, signature })
    }

    /// Checks that the witness with this key made the cosignature over a checkpoint's text.
    ///
    /// # Errors
    ///
    /// When it did not, or the key is not one for cosignatures.
    pub fn verify(&self, key: &VerifierKey, checkpoint_text: &str) -> Result<(), SignatureError> {
        if key.algorithm() != NoteAlgorithm::CosignatureEd25519 {
            return Err(SignatureError::Rejected);
        }
        let message = cosignature_message(self.time_s, checkpoint_text);
        key.public_key().verify(&message, &self.signature)
    }
}

/// What a witness signs: a header that keeps these signatures apart from all others, the time, the text.
pub fn cosignature_message(time_s: u64, checkpoint_text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time_s}\n{checkpoint_text}").into_bytes()
}
