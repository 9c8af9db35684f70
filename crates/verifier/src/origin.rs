//! The two names of Witnessmark: a log's origin and an organisation's name, checked when they are made.

use alloc::{borrow::ToOwned, string::String};

const ORIGIN_BYTES_MAX: usize = 255;
const ORG_NAME_BYTES_MAX: usize = 63;

/// The name of a log, first line of its checkpoints; also the name of any key that signs notes.
///
/// Invariant: 1 to 255 bytes, no Unicode whitespace, no `+`, no control character (C2SP signed-note).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

error! {
    /// Why a text is not an origin.
    OriginError {
        /// It is empty or longer than 255 bytes.
        Length => "a log or key name has 1 to 255 bytes",
        /// It has whitespace, a `+` or a control character.
        Character => "a log or key name has no spaces, no '+' and no control characters",
    }
}

impl Origin {
    /// The origin that `text` is.
    ///
    /// # Errors
    ///
    /// When `text` breaks the rule of the type.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        if text.is_empty() || text.len() > ORIGIN_BYTES_MAX {
            return Err(OriginError::Length);
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+') {
            return Err(OriginError::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// The origin as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

shown!(Origin: Display, name => name.0);

/// The name of an organisation that signs records.
///
/// Invariant: `[a-z0-9][a-z0-9.-]{0,62}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgName(String);

error! {
    /// Why a text is not an organisation's name.
    OrgNameError {
        /// It breaks the rule of the type.
        Form =>
            "an organisation's name is 1 to 63 of a-z, 0-9, '.' and '-', a letter or digit first",
    }
}

impl OrgName {
    /// The name that `text` is.
    ///
    /// # Errors
    ///
    /// When `text` breaks the rule of the type.
    pub fn parse(text: &str) -> Result<Self, OrgNameError> {
        let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let [first, rest @ ..] = text.as_bytes() else {
            return Err(OrgNameError::Form);
        };
        let inner = |byte: &u8| alphanumeric(byte) || matches!(byte, b'.' | b'-');
        if text.len() > ORG_NAME_BYTES_MAX || !alphanumeric(first) || !rest.iter().all(inner) {
            return Err(OrgNameError::Form);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

shown!(OrgName: Display, name => name.0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_character_that_would_break_a_signature_line() {
        assert!(Origin::parse("ledger.example/demo").is_ok());
        assert!(Origin::parse(&"a".repeat(255)).is_ok());
        assert_eq!(Origin::parse(""), Err(OriginError::Length));
        assert_eq!(Origin::parse(&"a".repeat(256)), Err(OriginError::Length));
        for text in [
            "a b",
            "a+b",
            "a\nb",
            "a\tb",
            "a\u{a0}b",
            "a\u{2003}b",
            "a\u{7f}",
            "a\u{85}",
        ] {
            assert_eq!(Origin::parse(text), Err(OriginError::Character), "{text:?}");
        }
    }

    #[test]
    fn an_organisation_has_a_plain_name() {
        for text in ["a", "0", "demo-field-team", "a.b-c", &"a".repeat(63)] {
            assert!(OrgName::parse(text).is_ok(), "{text}");
        }
        for text in ["", ".a", "-a", "A", "a_b", "a b", "\u{e9}", &"a".repeat(64)] {
            assert_eq!(OrgName::parse(text), Err(OrgNameError::Form), "{text}");
        }
    }
}
