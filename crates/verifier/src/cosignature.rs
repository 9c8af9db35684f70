//! Cosignatures of C2SP tlog-cosignature, type 04: a witness saw this checkpoint, at this time.

use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use crate::{NoteAlgorithm, VerifierKey};

const TIME_S_MAX: u64 = i64::MAX.cast_unsigned();

/// A time and a signature over it and a checkpoint. Nothing is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cosignature {
    /// Seconds since 1970 by the witness's clock.
    pub time_s: u64,
    /// The Ed25519 signature.
    pub signature: [u8; 64],
}

/// Why bytes are not a good cosignature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CosignatureError {
    /// They are not 8 bytes of time and 64 of signature.
    Length,
    /// The time is above 2^63-1.
    Time,
    /// The key is not one for cosignatures.
    Algorithm,
    /// The signature is not by this key over this time and checkpoint.
    Rejected,
}

impl fmt::Display for CosignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "the cosignature is not 72 bytes long",
            Self::Time => "the time of the cosignature is above 2^63-1",
            Self::Algorithm => "the key is not a witness's key",
            Self::Rejected => "the cosignature is not good for this checkpoint and key",
        })
    }
}

impl core::error::Error for CosignatureError {}

impl Cosignature {
    /// The cosignature that the bytes after the key id in a signature line are.
    ///
    /// # Errors
    ///
    /// When there are not 72 bytes, or the time is above 2^63-1.
    pub fn parse(bytes: &[u8]) -> Result<Self, CosignatureError> {
        let (time, signature) = bytes.split_first_chunk().ok_or(CosignatureError::Length)?;
        let signature = signature.try_into().map_err(|_| CosignatureError::Length)?;
        let time_s = u64::from_be_bytes(*time);
        if time_s > TIME_S_MAX {
            return Err(CosignatureError::Time);
        }
        Ok(Self { time_s, signature })
    }

    /// Checks that the witness with this key made the cosignature over a checkpoint's text.
    ///
    /// # Errors
    ///
    /// When it did not, or the key is not one for cosignatures.
    pub fn verify(&self, key: &VerifierKey, checkpoint_text: &str) -> Result<(), CosignatureError> {
        if key.algorithm() != NoteAlgorithm::CosignatureEd25519 {
            return Err(CosignatureError::Algorithm);
        }
        let message = cosignature_message(self.time_s, checkpoint_text);
        let verified = key.public_key().verify(&message, &self.signature);
        verified.map_err(|_| CosignatureError::Rejected)
    }
}

/// What a witness signs: a header that keeps these signatures apart from all others, the time, the text.
pub fn cosignature_message(time_s: u64, checkpoint_text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time_s}\n{checkpoint_text}").into_bytes()
}
