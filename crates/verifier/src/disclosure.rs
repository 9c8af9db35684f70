//! Disclosure of protected fields: a record holds their digests, and whoever has salt and value can
//! show one without showing the others.
//!
//! ```text
//! salt(name) = HMAC-SHA-256(record secret, "witnessmark/salt/v1\n" | u16 len, name)
//! disclosure = "witnessmark/field/v1\n" | salt[32] | u16 len, name | u8 type | u32 len, value
//! digest     = SHA-256(disclosure)
//! ```

use alloc::{string::String, vec::Vec};
use core::fmt;

use crate::{Hash, reader::Reader, sha256};

const PREFIX: &[u8; 21] = b"witnessmark/field/v1\n";
const SALT_PREFIX: &[u8] = b"witnessmark/salt/v1\n";

/// The block of SHA-256, to which HMAC extends its key (RFC 2104).
const HMAC_BLOCK_BYTES: usize = 64;

/// The value of a protected field, with its type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisclosedValue {
    /// Type 0: bytes.
    Bytes(Vec<u8>),
    /// Type 1: text.
    Text(String),
    /// Type 2: an integer.
    Integer(i64),
    /// Type 3: a time in milliseconds since 1970.
    Time(i64),
    /// Type 4: yes or no.
    Bool(bool),
    /// Type 5: a JSON text. That it is UTF-8 is checked here, that it is JSON is not.
    Json(String),
}

/// A protected field laid open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// Hides the value in the digest; see [`field_salt`].
    pub salt: [u8; 32],
    /// The name of the field.
    pub name: String,
    /// What the field holds.
    pub value: DisclosedValue,
}

impl Disclosure {
    /// Reads a disclosure. Every length is checked before it is read.
    ///
    /// # Errors
    ///
    /// When the bytes are not exactly one disclosure in its one spelling.
    pub fn parse(bytes: &[u8]) -> Result<Self, DisclosureError> {
        let mut reader = Reader::new(bytes);
        let disclosure = Self::read(&mut reader).ok_or(DisclosureError::Truncated)??;
        if !reader.is_empty() {
            return Err(DisclosureError::TrailingBytes);
        }
        if disclosure.encode()? != bytes {
            return Err(DisclosureError::Spelling);
        }
        Ok(disclosure)
    }

    /// The bytes of this disclosure.
    ///
    /// # Errors
    ///
    /// When the name or the value is too long to be written.
    pub fn encode(&self) -> Result<Vec<u8>, DisclosureError> {
        let (code, value) = self.value.encode();
        let value_len = u32::try_from(value.len()).map_err(|_| DisclosureError::TooLong)?;
        let mut bytes = Vec::from(PREFIX);
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&name_len(&self.name)?);
        bytes.extend_from_slice(self.name.as_bytes());
        bytes.push(code);
        bytes.extend_from_slice(&value_len.to_be_bytes());
        bytes.extend_from_slice(&value);
        Ok(bytes)
    }

    /// The digest that stands for this field in the record.
    ///
    /// # Errors
    ///
    /// When the name or the value is too long to be written.
    pub fn digest(&self) -> Result<Hash, DisclosureError> {
        self.encode().map(|bytes| sha256(&bytes))
    }

    /// The fields in their order; `None` when the bytes end too early.
    fn read(reader: &mut Reader<'_>) -> Option<Result<Self, DisclosureError>> {
        if reader.array()? != *PREFIX {
            return Some(Err(DisclosureError::Prefix));
        }
        let salt = reader.array()?;
        let name_len = reader.u16()?;
        let Ok(name) = core::str::from_utf8(reader.take(usize::from(name_len))?) else {
            return Some(Err(DisclosureError::Name));
        };
        let code = reader.u8()?;
        let value_len = usize::try_from(reader.u32()?).ok()?;
        let value = DisclosedValue::parse(code, reader.take(value_len)?);
        Some(value.map(|value| Self {
            salt,
            name: name.into(),
            value,
        }))
    }
}

impl DisclosedValue {
    fn parse(code: u8, bytes: &[u8]) -> Result<Self, DisclosureError> {
        let text = || core::str::from_utf8(bytes).map(String::from);
        let integer = || bytes.try_into().map(i64::from_be_bytes);
        match code {
            0 => Ok(Self::Bytes(bytes.to_vec())),
            1 => text().map(Self::Text).map_err(|_| DisclosureError::Value),
            2 => integer()
                .map(Self::Integer)
                .map_err(|_| DisclosureError::Value),
            3 => integer()
                .map(Self::Time)
                .map_err(|_| DisclosureError::Value),
            4 => match bytes {
                [0] => Ok(Self::Bool(false)),
                [1] => Ok(Self::Bool(true)),
                _ => Err(DisclosureError::Value),
            },
            5 => text().map(Self::Json).map_err(|_| DisclosureError::Value),
            _ => Err(DisclosureError::Type),
        }
    }

    fn encode(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Bytes(bytes) => (0, bytes.clone()),
            Self::Text(text) => (1, Vec::from(text.as_bytes())),
            Self::Integer(number) => (2, Vec::from(number.to_be_bytes())),
            Self::Time(time) => (3, Vec::from(time.to_be_bytes())),
            Self::Bool(truth) => (4, Vec::from([u8::from(*truth)])),
            Self::Json(text) => (5, Vec::from(text.as_bytes())),
        }
    }
}

/// The salt of the field of this name, drawn from the secret of its record.
///
/// # Errors
///
/// When the name is longer than a disclosure can hold.
pub fn field_salt(secret: &[u8; 32], name: &str) -> Result<[u8; 32], DisclosureError> {
    let mut message = Vec::from(SALT_PREFIX);
    message.extend_from_slice(&name_len(name)?);
    message.extend_from_slice(name.as_bytes());
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

fn name_len(name: &str) -> Result<[u8; 2], DisclosureError> {
    let len = u16::try_from(name.len()).map_err(|_| DisclosureError::TooLong)?;
    Ok(len.to_be_bytes())
}

/// Why bytes are not a disclosure, or a disclosure has no bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisclosureError {
    /// The name or the value is longer than its length field can say.
    TooLong,
    /// The bytes end inside a field.
    Truncated,
    /// Something follows the value.
    TrailingBytes,
    /// The first line is not the one of a disclosure.
    Prefix,
    /// The name is not UTF-8.
    Name,
    /// No type of value has this number.
    Type,
    /// The value is not one of its type.
    Value,
    /// The fields are written in another way than they are encoded.
    Spelling,
}

impl fmt::Display for DisclosureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the name or value of the disclosure is too long",
            Self::Truncated => "the disclosure ends inside a field",
            Self::TrailingBytes => "bytes follow the end of the disclosure",
            Self::Prefix => "the disclosure does not begin with its first line",
            Self::Name => "the name of the disclosed field is not UTF-8",
            Self::Type => "the disclosed value is of an unknown type",
            Self::Value => "the disclosed value is not one of its type",
            Self::Spelling => "the disclosure is not in its one spelling",
        })
    }
}

impl core::error::Error for DisclosureError {}
