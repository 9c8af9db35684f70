//! Degrees as people write them, and whole units of 1e-7 degree as records hold them; no floats between.

/// The decimals that a unit of 1e-7 degree has.
const DECIMALS: usize = 7;
const UNITS_PER_DEGREE: u32 = 10_000_000;

/// Degrees read from text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Degrees {
    /// In units of 1e-7 degree.
    pub(crate) units: i64,
    /// There were more decimals, and they were not zero.
    pub(crate) rounded: bool,
}

/// Reads degrees: digits, at most three before the point, an optional sign; a comma for the point is understood.
/// `None` when the text is anything else.
pub(crate) fn parse(text: &str) -> Option<Degrees> {
    let (negative, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_point = digits.len() > whole.len();
    if whole.is_empty()
        || whole.len() > 3
        || !is_digits(whole)
        || !is_digits(fraction)
        || (has_point && fraction.is_empty())
    {
        return None;
    }
    let kept = fraction.get(..DECIMALS).unwrap_or(fraction);
    let rest = fraction.get(DECIMALS..).unwrap_or_default();
    let mut units: i64 = format!("{whole}{kept:0<DECIMALS$}").parse().ok()?;
    if rest.bytes().next().is_some_and(|digit| digit >= b'5') {
        units += 1;
    }
    Some(Degrees {
        units: if negative { -units } else { units },
        rounded: rest.bytes().any(|digit| digit != b'0'),
    })
}

/// The exact decimal text of units of 1e-7 degree, without trailing zeros.
pub(crate) fn show(units: i32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let magnitude = units.unsigned_abs();
    let text = format!(
        "{sign}{}.{:0DECIMALS$}",
        magnitude / UNITS_PER_DEGREE,
        magnitude % UNITS_PER_DEGREE
    );
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_exact_in_both_directions() {
        for (text, units) in [
            ("50.4501", 504_501_000),
            ("-0.0000001", -1),
            ("30", 300_000_000),
            ("-179.9999999", -1_799_999_999),
            ("0.3", 3_000_000),
        ] {
            let read = parse(text).unwrap();
            assert_eq!((read.units, read.rounded), (i64::from(units), false));
            assert_eq!(show(units), text);
        }
        assert_eq!(parse("50,4501"), parse("50.4501"));
        assert_eq!(parse("+50.4501000000"), parse("50.4501"));
    }

    #[test]
    fn a_digit_too_many_is_rounded_and_said() {
        let read = parse("50.45010005").unwrap();
        assert_eq!((read.units, read.rounded), (504_501_001, true));
        let read = parse("-50.45010004").unwrap();
        assert_eq!((read.units, read.rounded), (-504_501_000, true));
    }

    #[test]
    fn what_is_no_decimal_is_not_guessed() {
        for text in [
            "", "-", "50.", ".5", "50.1.2", "50 27 0", "50.4501N", "1e2", "1000", "5O",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
