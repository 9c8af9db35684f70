//! The Ed25519 rule `strict-torsion-free/1`: what it accepts, every other Ed25519 verifier accepts.

use ed25519_dalek::{Signature, VerifyingKey};

use crate::hex::{self, HexError};
use crate::{Hash, sha256};

/// `COSE_Key` of an Ed25519 public key up to the key's bytes, in the form RFC 9679 hashes:
/// a map of kty OKP, crv Ed25519 and x.
const THUMBPRINT_PREFIX: [u8; 8] = [0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20];

error! {
    /// Why a public key is not admitted.
    KeyError {
        /// The bytes are not a point of the curve.
        NotAPoint => "the public key is not a point of the curve",
        /// The bytes are not the one encoding of their point.
        NotCanonical => "the public key is not in its one encoding",
        /// The point has small order: signatures by it say nothing.
        SmallOrder => "the public key is a point of small order",
        /// The point has a component of small order: verifiers would disagree about its signatures.
        MixedOrder => "the public key has a component of small order",
    }
}

error! {
    /// Why a signature is not accepted.
    SignatureError {
        /// It is not 64 bytes long.
        Length => "the signature is not 64 bytes long",
        /// It is not a signature of this message by this key.
        Rejected => "the signature is not good for this message and key",
    }
}

/// A public key that the rule admits.
///
/// Invariant: canonical, not of small order, torsion-free.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key with these bytes, if the rule admits it.
    ///
    /// # Errors
    ///
    /// When the bytes are no point, not its one encoding, or a point outside the prime-order group.
    pub fn admit(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAPoint)?;
        let point = key.to_edwards();
        if point.compress().as_bytes() != bytes {
            return Err(KeyError::NotCanonical);
        }
        if point.is_small_order() {
            return Err(KeyError::SmallOrder);
        }
        if !point.is_torsion_free() {
            return Err(KeyError::MixedOrder);
        }
        Ok(Self(key))
    }

    /// Checks that `signature` is this key's signature of `message`, by the strict check: S below the
    /// group order, R in its one encoding and not of small order, and no cofactor.
    ///
    /// # Errors
    ///
    /// When it is not.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let signature = signature.try_into().map_err(|_| SignatureError::Length)?;
        let signature = Signature::from_bytes(signature);
        let verified = self.0.verify_strict(message, &signature);
        verified.map_err(|_| SignatureError::Rejected)
    }

    /// The bytes of the key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The key id.
    pub fn key_id(&self) -> KeyId {
        KeyId::of(self.as_bytes())
    }
}

shown!(PublicKey: Debug, key => hex::encode(key.as_bytes()));

/// The COSE thumbprint of a public key (RFC 9679). A hint for finding the key, never a reason to trust one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Hash);

impl KeyId {
    /// A key id that was computed before.
    pub const fn new(hash: Hash) -> Self {
        Self(hash)
    }

    /// The key id of the public key with these bytes.
    pub fn of(public_key: &[u8; 32]) -> Self {
        Self(sha256(&[&THUMBPRINT_PREFIX[..], public_key].concat()))
    }

    /// The key id that `text` spells as 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    ///
    /// When `text` is anything else.
    pub fn parse_hex(text: &str) -> Result<Self, HexError> {
        Hash::parse_hex(text).map(Self)
    }

    /// The bytes of the key id.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

shown!(KeyId: Display, id => id.0);
