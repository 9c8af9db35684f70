//! Disclosure of protected fields: a record holds their digests, and whoever has salt and value can
//! show one without showing the others.
//!
//! ```text
//! salt(name) = HMAC-SHA-256(record secret, "witnessmark/salt/v1\n" | u16 len, name)
//! disclosure = "witnessmark/field/v1\n" | salt[32] | u16 len, name | u8 type | u32 len, value
//! digest     = SHA-256(disclosure)
//! ```

use std::fmt;

use witnessmark_verifier::{Hash, sha256};

const PREFIX: &[u8] = b"witnessmark/field/v1\n";
const SALT_PREFIX: &[u8] = b"witnessmark/salt/v1\n";

/// The block of SHA-256, to which HMAC extends its key (RFC 2104).
const HMAC_BLOCK_BYTES: usize = 64;

/// The value of a protected field, with its type.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Hides the value in the digest; drawn from the secret of the record.
    pub salt: [u8; 32],
    /// The name of the field.
    pub name: String,
    /// What the field holds.
    pub value: DisclosedValue,
}

impl Disclosure {
    /// Reads a disclosure. Every length is checked before it is read.
    ///
    /// Each byte is fixed or part of one field, so no two texts say the same. A record holds the field when the
    /// SHA-256 of these bytes is among its digests.
    ///
    /// # Errors
    ///
    /// When the bytes are not exactly one disclosure in its one spelling.
    pub fn parse(bytes: &[u8]) -> Result<Self, DisclosureError> {
        let truncated = || DisclosureError::Truncated;
        let (prefix, rest) = bytes.split_at_checked(PREFIX.len()).ok_or_else(truncated)?;
        if prefix != PREFIX {
            return Err(DisclosureError::Prefix);
        }
        let (salt, rest) = rest.split_first_chunk::<32>().ok_or_else(truncated)?;
        let (len, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
        let len = usize::from(u16::from_be_bytes(*len));
        let (name, rest) = rest.split_at_checked(len).ok_or_else(truncated)?;
        let name = str::from_utf8(name).map_err(|_| DisclosureError::Name)?;
        let (code, rest) = rest.split_first().ok_or_else(truncated)?;
        let (len, rest) = rest.split_first_chunk().ok_or_else(truncated)?;
        let len = usize::try_from(u32::from_be_bytes(*len)).map_err(|_| truncated())?;
        let (value, rest) = rest.split_at_checked(len).ok_or_else(truncated)?;
        let value = DisclosedValue::parse(*code, value)?;
        if !rest.is_empty() {
            return Err(DisclosureError::TrailingBytes);
        }
        let (salt, name) = (*salt, name.to_owned());
        Ok(Self { salt, name, value })
    }

    /// The bytes whose digest stands in the record.
    ///
    /// # Errors
    ///
    /// When the name or the value is too long to be written.
    pub fn encode(&self) -> Result<Vec<u8>, TooLong> {
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

impl DisclosedValue {
    fn parse(code: u8, bytes: &[u8]) -> Result<Self, DisclosureError> {
        let wrong = || DisclosureError::Value;
        let text = || Ok(str::from_utf8(bytes).map_err(|_| wrong())?.into());
        let integer = || Ok(i64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?));
        match code {
            0 => Ok(Self::Bytes(bytes.to_vec())),
            1 => text().map(Self::Text),
            2 => integer().map(Self::Integer),
            3 => integer().map(Self::Time),
            4 if bytes == [0] => Ok(Self::Bool(false)),
            4 if bytes == [1] => Ok(Self::Bool(true)),
            4 => Err(wrong()),
            5 => text().map(Self::Json),
            _ => Err(DisclosureError::Type),
        }
    }
}

/// Why bytes are not a disclosure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisclosureError {
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
}

impl fmt::Display for DisclosureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the disclosure ends inside a field",
            Self::TrailingBytes => "bytes follow the end of the disclosure",
            Self::Prefix => "the disclosure does not begin with its first line",
            Self::Name => "the name of the disclosed field is not UTF-8",
            Self::Type => "the disclosed value is of an unknown type",
            Self::Value => "the disclosed value is not one of its type",
        })
    }
}

impl std::error::Error for DisclosureError {}

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
