//! Decimal numbers in their one accepted spelling: ASCII digits, no sign, no leading zero.

/// The number that `text` spells; `None` when `text` is not what printing some `u64` gives.
///
/// `str::parse` is not enough: it accepts `+5` and `05`.
pub fn parse(text: &str) -> Option<u64> {
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if leading_zero || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
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
            assert_eq!(parse(text), Some(number));
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
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
