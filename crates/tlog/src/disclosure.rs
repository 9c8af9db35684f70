//! The bytes of a disclosure, and the salt and the digest that a record's protected fields need.

use std::fmt;

use witnessmark_verifier::{DisclosedValue, Disclosure, Hash, sha256};

use crate::Encode;

const PREFIX: &[u8] = b"witnessmark/field/v1\n";
const SALT_PREFIX: &[u8] = b"witnessmark/salt/v1\n";

/// The block of SHA-256, to which HMAC extends its key (RFC 2104).
const HMAC_BLOCK_BYTES: usize = 64;

/// The bytes whose digest stands in the record. An error when the name or the value is too long.
impl Encode for Disclosure {
    type Encoded = Result<Vec<u8>, TooLong>;

    fn encode(&self) -> Result<Vec<u8>, TooLong> {
        let (code, value) = match &self.value {
            DisclosedValue::Bytes(bytes) => (0, bytes.clone()),
            DisclosedValue::Text(text) => (1, Vec::from(text.as_bytes())),
            DisclosedValue::Integer(number) => (2, Vec::from(number.to_be_bytes())),
            DisclosedValue::Time(time) => (3, Vec::from(time.to_be_bytes())),
            DisclosedValue::Bool(truth) => (4, Vec::from([u8::from(*truth)])),
            DisclosedValue::Json(text) => (5, Vec::from(text.as_bytes())),
        };
        let value_len = u32::try_from(value.len()).map_err(|_| TooLong)?;
        let mut bytes = Vec::from(PREFIX);
        bytes.extend(self.salt);
        bytes.extend(name_len(&self.name)?);
        bytes.extend(self.name.as_bytes());
        bytes.push(code);
        bytes.extend(value_len.to_be_bytes());
        bytes.extend(value);
        Ok(bytes)
    }
}

/// The name or the value of a disclosure is longer than its length field can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name or value of the disclosure is too long")
    }
}

impl std::error::Error for TooLong {}

/// The digest that stands for this field in the record.
///
/// # Errors
///
/// When the name or the value is too long to be written.
pub fn field_digest(disclosure: &Disclosure) -> Result<Hash, TooLong> {
    disclosure.encode().map(|bytes| sha256(&bytes))
}

/// The salt of the field of this name, drawn from the secret of its record:
/// HMAC-SHA-256(secret, "witnessmark/salt/v1\n" | u16 len, name).
///
/// # Errors
///
/// When the name is longer than a disclosure can hold.
pub fn field_salt(secret: &[u8; 32], name: &str) -> Result<[u8; 32], TooLong> {
    let mut message = Vec::from(SALT_PREFIX);
    message.extend(name_len(name)?);
    message.extend(name.as_bytes());
    Ok(*hmac_sha256(secret, &message).as_bytes())
}

/// HMAC of RFC 2104. The key is shorter than a block, so it is padded with zeros, not hashed.
fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> Hash {
    let mut block = [0; HMAC_BLOCK_BYTES];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut inner = Vec::from(block.map(|byte| byte ^ 0x36));
    inner.extend_from_slice(message);
    let mut outer = Vec::from(block.map(|byte| byte ^ 0x5c));
    outer.extend_from_slice(sha256(&inner).as_bytes());
    sha256(&outer)
}

fn name_len(name: &str) -> Result<[u8; 2], TooLong> {
    let len = u16::try_from(name.len()).map_err(|_| TooLong)?;
    Ok(len.to_be_bytes())
}
