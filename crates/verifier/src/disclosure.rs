//! Disclosure of protected fields: a record holds their digests, and whoever has salt and value can
//! show one without showing the others.
//!
//! ```text
//! salt(name) = HMAC-SHA-256(record secret, "witnessmark/salt/v1\n" | u16 len, name)
//! disclosure = "witnessmark/field/v1\n" | salt[32] | u16 len, name | u8 type | u32 len, value
//! digest     = SHA-256(disclosure)
//! ```

use alloc::{string::String, vec::Vec};

use crate::error::error;
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
        let mut reader = Reader::new(bytes, DisclosureError::Truncated);
        if reader.array()? != *PREFIX {
            return Err(DisclosureError::Prefix);
        }
        let salt = reader.array()?;
        let name = str::from_utf8(reader.short()?).map_err(|_| DisclosureError::Name)?;
        let code = reader.u8()?;
        let value = DisclosedValue::parse(code, reader.long()?)?;
        if !reader.is_empty() {
            return Err(DisclosureError::TrailingBytes);
        }
        let name = name.into();
        Ok(Self { salt, name, value })
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

error! {
    /// Why bytes are not a disclosure.
    DisclosureError {
        /// The bytes end inside a field.
        Truncated => "the disclosure ends inside a field",
        /// Something follows the value.
        TrailingBytes => "bytes follow the end of the disclosure",
        /// The first line is not the one of a disclosure.
        Prefix => "the disclosure does not begin with its first line",
        /// The name is not UTF-8.
        Name => "the name of the disclosed field is not UTF-8",
        /// No type of value has this number.
        Type => "the disclosed value is of an unknown type",
        /// The value is not one of its type.
        Value => "the disclosed value is not one of its type",
    }
}
