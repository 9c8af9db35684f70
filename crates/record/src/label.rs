//! The one rule for key events that needs Unicode tables, which the verifier does not have.

use std::fmt;

use unicode_normalization::is_nfc;
use witnessmark_verifier::{KeyAction, KeyEvent};

/// The label of a key is not in Unicode normalisation form C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelNotComposed;

impl fmt::Display for LabelNotComposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the label of the key is not in Unicode normalisation form C (NFC)")
    }
}

impl std::error::Error for LabelNotComposed {}

/// Checks that the label of a key that is added, if it has one, is in normalisation form C: two labels
/// that look the same are then the same bytes.
///
/// # Errors
///
/// When it is not.
pub fn check_label(event: &KeyEvent) -> Result<(), LabelNotComposed> {
    if let KeyAction::Add {
        label: Some(label), ..
    } = &event.action
        && !is_nfc(label)
    {
        return Err(LabelNotComposed);
    }
    Ok(())
}
