//! SHA-256 as the tree uses it: hashes of leaves and of nodes can never be equal (RFC 6962 section 2.1).

use sha2::{Digest, Sha256};

use crate::base64::{self, Base64Error};
use crate::hex::{self, HexError};

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash that has these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash that `text` spells as 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    ///
    /// When `text` is anything else.
    pub fn parse_hex(text: &str) -> Result<Self, HexError> {
        hex::decode_32(text).map(Self)
    }

    /// The hash that `text` spells in base64.
    ///
    /// # Errors
    ///
    /// When `text` is not the base64 of 32 bytes.
    pub fn parse_base64(text: &str) -> Result<Self, Base64Error> {
        let bytes = base64::decode(text)?;
        bytes.try_into().map(Self).map_err(|_| Base64Error::Length)
    }

    /// The bytes of the hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

shown!(Hash: Display, hash => hex::encode(&hash.0));

shown!(Hash: Debug, hash => hash);

/// The hash of an entry as a leaf of the tree. It cannot be mistaken for the hash of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafHash(Hash);

impl LeafHash {
    /// A leaf hash that was computed before and stored.
    pub const fn new(hash: Hash) -> Self {
        Self(hash)
    }

    /// The leaf hash of an entry: SHA-256(0x00 || entry).
    pub fn of(entry: &[u8]) -> Self {
        let hasher = Sha256::new().chain_update([0]).chain_update(entry);
        Self(Hash(hasher.finalize().into()))
    }

    /// The hash itself.
    pub const fn hash(&self) -> Hash {
        self.0
    }
}

/// The hash of the node above `left` and `right`: SHA-256(0x01 || left || right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let hasher = Sha256::new().chain_update([1]).chain_update(left.0);
    Hash(hasher.chain_update(right.0).finalize().into())
}

/// The root of the tree that has no entry: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}
