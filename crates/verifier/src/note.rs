//! Signed notes of C2SP signed-note: a text, an empty line, and lines of signatures.
//!
//! ```text
//! <text, any number of lines, each ending in a newline>
//!
//! \u{2014} <name> <base64 of key id (4 bytes) and signature>
//! ```

use alloc::vec::Vec;

use crate::VerifierKey;
use crate::base64;

/// The most signatures a note may have: what a quorum of any size needs, and no more work than that.
pub const NOTE_SIGNATURES_MAX: usize = 100;
/// The most bytes a note may have: 100 post-quantum signatures fit.
pub const NOTE_BYTES_MAX: usize = 1_000_000;

const SIGNATURE_START: &str = "\u{2014} ";

error! {
    /// Why a text is not a signed note.
    NoteError {
        /// It is longer than 1,000,000 bytes.
        TooLong => "the note is longer than 1,000,000 bytes",
        /// It has an ASCII control character other than a newline.
        ControlCharacter => "the note has a control character",
        /// No empty line parts a text from its signatures, or the last line does not end.
        NoSignatures => "the note has no signature lines after an empty line",
        /// It has more than 100 signatures.
        TooManySignatures => "the note has more than 100 signatures",
        /// A line after the text is not a dash, a name and a signature.
        SignatureLine => "a signature line of the note is malformed",
    }
}

/// A parsed note. Nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note<'a> {
    source: &'a str,
    text: &'a str,
    signatures: Vec<SignatureLine<'a>>,
}

/// One signature of a note. Nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine<'a> {
    /// The name of who is said to have signed.
    pub name: &'a str,
    /// The key id under that name.
    pub key_id: [u8; 4],
    /// The signature, in the form that the key's algorithm gives it.
    pub signature: Vec<u8>,
}

impl<'a> Note<'a> {
    /// The note that `source` is.
    ///
    /// # Errors
    ///
    /// When `source` is not a signed note within the limits.
    pub fn parse(source: &'a str) -> Result<Self, NoteError> {
        if source.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        if source.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return Err(NoteError::ControlCharacter);
        }
        // The text may have empty lines itself, so the last one is what parts it from its signatures.
        let (before, lines) = source.rsplit_once("\n\n").ok_or(NoteError::NoSignatures)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        let text = source.get(..=before.len()).ok_or(NoteError::NoSignatures)?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == NOTE_SIGNATURES_MAX {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(SignatureLine::parse(line).ok_or(NoteError::SignatureLine)?);
        }
        Ok(Self {
            source,
            text,
            signatures,
        })
    }

    /// The whole note as it was given.
    pub const fn source(&self) -> &'a str {
        self.source
    }

    /// What the signatures are over, with its final newline.
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// Whether `key`, which signs plain texts (type 01), has signed: a line names it, and every line that does is good.
    pub fn is_signed_by(&self, key: &VerifierKey) -> bool {
        let verify = |signature| key.public_key().verify(self.text.as_bytes(), signature);
        let lines = self.signatures.iter().filter(|line| line.is_by(key));
        let mut good = lines.map(|line| verify(&line.signature).is_ok());
        good.next() == Some(true) && good.all(|is_good| is_good)
    }

    /// The signature lines in their order.
    pub fn signatures(&self) -> &[SignatureLine<'a>] {
        &self.signatures
    }
}

impl<'a> SignatureLine<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(SIGNATURE_START)?.split_once(' ')?;
        if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c == '+') {
            return None;
        }
        let bytes = base64::decode(encoded).ok()?;
        let (key_id, signature) = bytes.split_first_chunk::<4>()?;
        if signature.is_empty() {
            return None;
        }
        Some(Self {
            name,
            key_id: *key_id,
            signature: signature.to_vec(),
        })
    }

    /// Whether the line names this key, by name and key id together.
    pub fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name().as_str() && self.key_id == key.key_id()
    }
}
