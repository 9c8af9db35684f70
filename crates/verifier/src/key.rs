//! Verifier keys of C2SP signed-note: a name, the four bytes that identify a key under it, and the key.

use core::fmt;

use crate::base64::{self, Base64Error};
use crate::hex;
use crate::{KeyError, Origin, OriginError, PublicKey, sha256};

spelling! {
    /// What a key of a note signs, the type byte of C2SP signed-note.
    NoteAlgorithm: byte -> u8, of_byte {
        /// Type 01: Ed25519 over the note's text. A log's key.
        Ed25519 = 1,
        /// Type 04: Ed25519 over a time and the note's text. A witness's key.
        CosignatureEd25519 = 4,
    }
}

error! {
    /// Why a text is not a verifier key.
    VerifierKeyError {
        /// It is not three parts joined by `+`.
        Parts => "a verifier key is name+key id+key, joined by '+'",
        /// The name is not one a key can have.
        Name <- error: OriginError => "{error}",
        /// The key id is not eight lower-case hexadecimal digits.
        KeyIdSpelling => "the key id is not eight hexadecimal digits",
        /// The last part is not base64.
        Base64 <- error: Base64Error => "{error}",
        /// The type is neither 01 nor 04, or the key is not 32 bytes long.
        Algorithm => "the key is neither Ed25519 type 01 nor type 04",
        /// The Ed25519 rule does not admit the key.
        Key <- error: KeyError => "{error}",
        /// The key id does not belong to this name, type and key.
        KeyIdMismatch => "the key id does not belong to this name and key",
    }
}

/// A named key that checks signatures of notes.
///
/// Invariant: `key_id` is the one that name, algorithm and key give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: Origin,
    key_id: [u8; 4],
    algorithm: NoteAlgorithm,
    key: PublicKey,
}

impl VerifierKey {
    /// The verifier key of this name, algorithm and key.
    pub fn new(name: Origin, algorithm: NoteAlgorithm, key: PublicKey) -> Self {
        let separator = [b'\n', algorithm.byte()];
        let named = [name.as_str().as_bytes(), &separator, key.as_bytes()].concat();
        let [a, b, c, d, ..] = *sha256(&named).as_bytes();
        Self {
            name,
            key_id: [a, b, c, d],
            algorithm,
            key,
        }
    }

    /// The verifier key that `text` spells: `name+hex(key id)+base64(type || key)`.
    ///
    /// # Errors
    ///
    /// When `text` is anything else, the key id is not the key's, or the key is not admitted.
    pub fn parse(text: &str) -> Result<Self, VerifierKeyError> {
        // The name has no `+`, the base64 may have some.
        let (name, rest) = text.split_once('+').ok_or(VerifierKeyError::Parts)?;
        let (key_id, key) = rest.split_once('+').ok_or(VerifierKeyError::Parts)?;
        let name = Origin::parse(name)?;
        let key_id = hex::decode(key_id).ok().and_then(|id| id.try_into().ok());
        let key_id: [u8; 4] = key_id.ok_or(VerifierKeyError::KeyIdSpelling)?;
        let typed = base64::decode(key)?;
        let (&kind, key) = typed.split_first().ok_or(VerifierKeyError::Algorithm)?;
        let algorithm = NoteAlgorithm::of_byte(kind).ok_or(VerifierKeyError::Algorithm)?;
        let key = key.try_into().map_err(|_| VerifierKeyError::Algorithm)?;
        let parsed = Self::new(name, algorithm, PublicKey::admit(key)?);
        if parsed.key_id != key_id {
            return Err(VerifierKeyError::KeyIdMismatch);
        }
        Ok(parsed)
    }

    /// Whether no policy can have both: it is the same key, under whatever name and type, or a signature line would name both.
    pub fn clashes_with(&self, other: &Self) -> bool {
        self.key == other.key || (&self.name, self.key_id) == (&other.name, other.key_id)
    }

    /// The name of who signs with the key.
    pub const fn name(&self) -> &Origin {
        &self.name
    }

    /// The four bytes that tell the keys of one name apart.
    pub const fn key_id(&self) -> [u8; 4] {
        self.key_id
    }

    /// What the key signs.
    pub const fn algorithm(&self) -> NoteAlgorithm {
        self.algorithm
    }

    /// The key itself.
    pub const fn public_key(&self) -> &PublicKey {
        &self.key
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[self.algorithm.byte()], self.key.as_bytes().as_slice()].concat();
        let (key_id, key) = (hex::encode(&self.key_id), base64::encode(&typed));
        write!(f, "{}+{key_id}+{key}", self.name)
    }
}
