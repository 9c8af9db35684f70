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

use crate::reader::Reader;

const PREFIX: &[u8; 21] = b"witnessmark/field/v1\n";

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
        let mut reader = Reader::new(bytes);
        let disclosure = Self::read(&mut reader).ok_or(DisclosureError::Truncated)??;
        if !reader.is_empty() {
            return Err(DisclosureError::TrailingBytes);
        }
        Ok(disclosure)
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
}

/// Why bytes are not a disclosure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl core::error::Error for DisclosureError {}
