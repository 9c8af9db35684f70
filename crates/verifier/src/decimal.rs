//! Decimal numbers in their one accepted spelling: ASCII digits, no sign, no leading zero.

use core::fmt;

/// The text is not a number from 0 to 2^64-1 in its one spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecimalError;

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal number without sign or leading zero, below 2^64")
    }
}

impl core::error::Error for DecimalError {}

/// The number that `text` spells. `str::parse` is not enough: it accepts `+5` and `05`.
///
/// # Errors
///
/// When `text` is not what printing some `u64` gives.
pub fn parse(text: &str) -> Result<u64, DecimalError> {
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if leading_zero || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError);
    }
    text.parse().map_err(|_| DecimalError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_spelling_is_accepted() {
        for (text, number) in [
            ("0", 0),
            ("5", 5),
            ("10", 10),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parse(text), Ok(number));
        }
    }

    #[test]
    fn another_spelling_is_refused() {
        for text in [
            "",
            "+5",
            "-0",
            "05",
            "00",
            " 5",
            "5 ",
            "5\n",
            "0x5",
            "18446744073709551616",
        ] {
            assert_eq!(parse(text), Err(DecimalError), "{text:?}");
        }
    }
}
