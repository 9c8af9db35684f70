//! The part that proof files and witness requests share: hashes in base64, one a line, then an empty line.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Hash, PROOF_HASHES_MAX, base64};

/// Why hash lines cannot be read.
pub(crate) enum HashLinesError {
    /// A line is not the base64 of a hash.
    Line,
    /// There are more than a proof may have.
    TooMany,
    /// No empty line ends them.
    NoEmptyLine,
}

/// The hashes at the start of `text`, and what comes after the empty line.
pub(crate) fn parse(mut text: &str) -> Result<(Vec<Hash>, &str), HashLinesError> {
    let mut hashes = Vec::new();
    loop {
        let (line, rest) = text.split_once('\n').ok_or(HashLinesError::NoEmptyLine)?;
        text = rest;
        if line.is_empty() {
            return Ok((hashes, text));
        }
        if hashes.len() == PROOF_HASHES_MAX {
            return Err(HashLinesError::TooMany);
        }
        hashes.push(Hash::parse_base64(line).map_err(|_| HashLinesError::Line)?);
    }
}

/// The lines for `hashes`, and the empty line.
pub(crate) fn encode(hashes: &[Hash]) -> String {
    let lines = hashes
        .iter()
        .map(|hash| format!("{}\n", base64::encode(hash.as_bytes())));
    lines.chain([String::from("\n")]).collect()
}
