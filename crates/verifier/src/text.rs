//! The line-by-line texts in which charters and key events are written.
//!
//! A line is a name, one space and a value, and ends with a newline, the last one too.

use alloc::vec::Vec;

use crate::{ENTRY_BYTES_MAX, KeyError, PublicKey, decimal, hex};

/// The most registrars of a charter and roots of an organisation.
pub const KEY_SET_MAX: usize = 16;

/// What is left of a text, and the number of the next line.
pub(crate) struct Lines<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, TextError> {
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(TextError::TooLong);
        }
        let rest = core::str::from_utf8(bytes).map_err(|_| TextError::Encoding)?;
        if !rest.ends_with('\n') {
            return Err(TextError::Newline);
        }
        Ok(Self { rest, line: 1 })
    }

    /// Takes the next line if `parse` knows it.
    fn next<T>(&mut self, parse: impl FnOnce(&'a str) -> Option<T>) -> Option<T> {
        let (line, rest) = self.rest.split_once('\n')?;
        let parsed = parse(line)?;
        self.rest = rest;
        self.line = self.line.saturating_add(1);
        Some(parsed)
    }

    /// A line that always reads the same.
    pub(crate) fn fixed(&mut self, expected: &str) -> Result<(), TextError> {
        let found = self.next(|line| (line == expected).then_some(()));
        found.ok_or_else(|| self.wrong())
    }

    /// The value of the next line if it has this name.
    pub(crate) fn optional(&mut self, name: &str) -> Option<&'a str> {
        self.next(|line| line.strip_prefix(name)?.strip_prefix(' '))
    }

    /// The value of the next line, which must have this name, read by `parse`.
    pub(crate) fn value<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, TextError> {
        let wrong = self.wrong();
        self.optional(name).and_then(parse).ok_or(wrong)
    }

    /// A threshold and the lines of the keys it is of.
    pub(crate) fn key_set(&mut self, name: &str) -> Result<(u8, Vec<PublicKey>), TextError> {
        let threshold = self.value("threshold", decimal::parse)?;
        let mut keys: Vec<PublicKey> = Vec::new();
        while let Some(value) = self.optional(name) {
            if keys.len() == KEY_SET_MAX {
                return Err(TextError::KeyCount);
            }
            let key = public_key(value)?;
            // Nothing comes before every key.
            if keys.last().map(PublicKey::as_bytes) >= Some(key.as_bytes()) {
                return Err(TextError::KeyOrder);
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(TextError::KeyCount);
        }
        let threshold = u8::try_from(threshold).map_err(|_| TextError::Threshold)?;
        if threshold == 0 || usize::from(threshold) > keys.len() {
            return Err(TextError::Threshold);
        }
        Ok((threshold, keys))
    }

    /// Nothing may follow.
    pub(crate) const fn end(&self) -> Result<(), TextError> {
        if !self.rest.is_empty() {
            return Err(self.wrong());
        }
        Ok(())
    }

    /// The error that says the next line is not the one the format has there.
    const fn wrong(&self) -> TextError {
        TextError::Line(self.line)
    }
}

/// A public key in hex, admitted by the key rule.
pub(crate) fn public_key(text: &str) -> Result<PublicKey, TextError> {
    let bytes = hex::decode_32(text).map_err(|_| TextError::KeyHex)?;
    Ok(PublicKey::admit(&bytes)?)
}

error! {
    /// Why bytes are not a charter or a key event.
    TextError {
        /// The text is longer than an entry can be.
        TooLong => "the text is longer than 65535 bytes",
        /// The bytes are not UTF-8.
        Encoding => "the text is not UTF-8",
        /// The last line does not end with a newline.
        Newline => "the last line does not end with a newline",
        /// The line of this number, from 1, is not what the format has there.
        Line(line: usize) => "line {line} is not what the format has there",
        /// A key is not 64 lower-case hex digits.
        KeyHex => "a key is not 64 lower-case hex digits",
        /// A key is refused by the key rule.
        Key <- error: KeyError => "a key is not admitted: {error}",
        /// There is no key, or more than [`KEY_SET_MAX`].
        KeyCount => "there are not between 1 and 16 keys",
        /// The keys are not ascending, or one is there twice.
        KeyOrder => "the keys are not ascending and unique",
        /// The threshold is zero or more than there are keys.
        Threshold => "the threshold is not between 1 and the number of keys",
    }
}
