//! What a submitter signs: the pre-authentication encoding of DSSE v1, and the record id made of it.

use alloc::{format, vec::Vec};

use crate::hex::HexError;
use crate::{Hash, sha256};

/// The payload type of a record.
pub const PAYLOAD_TYPE_RECORD: &str = "application/vnd.witnessmark.record.v1+protobuf";
/// The payload type of a key event.
pub const PAYLOAD_TYPE_KEY_EVENT: &str = "application/vnd.witnessmark.key-event.v1+text";
/// The payload type of a charter.
pub const PAYLOAD_TYPE_CHARTER: &str = "application/vnd.witnessmark.charter.v1+text";

/// The bytes a signature is over: `DSSEv1`, then type and payload, each after its length in decimal.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let (type_len, payload_len) = (payload_type.len(), payload.len());
    let head = format!("DSSEv1 {type_len} {payload_type} {payload_len} ");
    [head.as_bytes(), payload].concat()
}

/// What links and retries refer to: SHA-256 of a payload's pre-authentication encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(Hash);

impl RecordId {
    /// A record id that was computed before.
    pub const fn new(hash: Hash) -> Self {
        Self(hash)
    }

    /// The record id of a payload.
    pub fn of(payload_type: &str, payload: &[u8]) -> Self {
        Self(sha256(&pae(payload_type, payload)))
    }

    /// The record id that `text` spells as 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    ///
    /// When `text` is anything else.
    pub fn parse_hex(text: &str) -> Result<Self, HexError> {
        Hash::parse_hex(text).map(Self)
    }

    /// The bytes of the record id.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

shown!(RecordId: Display, id => id.0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_dsse_holds() {
        let encoded = pae("http://example.com/HelloWorld", b"hello world");
        assert_eq!(
            encoded,
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
        assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    }
}
