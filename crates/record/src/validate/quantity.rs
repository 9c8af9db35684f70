//! Quantities, shares and confidences: numbers with honest bounds.

use std::cmp::Ordering;

use crate::currency::is_currency;
use crate::descriptor::join;
use crate::{Problem, codes, v1};

/// Units that are no currency. An empty unit is a count.
const UNITS: &[&str] = &["mm", "m", "km", "g", "kg", "t", "l", "m3", "s", "deg", "bp"];

/// A decimal number in its one accepted spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        let long = text.len() > 40;
        if whole.is_empty() || leading_zero || long || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let zero = |part: &str| part.bytes().all(|byte| byte == b'0');
        if negative && zero(whole) && zero(fraction) {
            return None;
        }
        Some(Self {
            negative,
            whole,
            fraction,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
        }
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        let by_whole = self.whole.len().cmp(&other.whole.len());
        by_whole
            .then_with(|| self.whole.cmp(other.whole))
            .then_with(|| {
                let left = self.fraction.trim_end_matches('0');
                left.cmp(other.fraction.trim_end_matches('0'))
            })
    }
}

/// Whether `text` is a decimal number in its one accepted spelling.
pub(super) fn is_decimal(text: &str) -> bool {
    Decimal::parse(text).is_some()
}

/// Whether `unit` is a unit of the list, or is or was a currency.
pub(super) fn is_unit(unit: &str) -> bool {
    UNITS.contains(&unit) || is_currency(unit)
}

pub(super) fn check(quantity: &v1::Quantity, path: &str, problems: &mut Vec<Problem>) {
    let exact = !quantity.exact.is_empty();
    let approx = !quantity.approx.is_empty();
    let bounded = !quantity.min.is_empty() || !quantity.max.is_empty();
    let value = describe(quantity);
    if u8::from(exact) + u8::from(approx) + u8::from(bounded) != 1 {
        let fix = "Give exactly one of: exact; approx; min, max or both";
        problems.push(codes::QUANTITY.at(path, &value, fix));
    }
    if quantity.strict && !bounded {
        let fix = "Leave strict out: it excludes a bound, and there is none";
        problems.push(codes::QUANTITY.at(join(path, "strict"), "true", fix));
    }
    if let (Some(min), Some(max)) = (Decimal::parse(&quantity.min), Decimal::parse(&quantity.max)) {
        let order = min.compare(&max);
        if order == Ordering::Greater || (quantity.strict && order == Ordering::Equal) {
            problems.push(codes::QUANTITY.at(path, value, "Exchange min and max, or correct them"));
        }
    }
    let goods = path.contains("cargo[") || path.contains("transfers[");
    let money = goods && path.rsplit('.').next() == Some("value");
    if money && !is_currency(&quantity.unit) {
        let fix = "Give the currency, such as USD";
        problems.push(codes::UNIT.at(join(path, "unit"), &quantity.unit, fix));
    }
}

fn describe(quantity: &v1::Quantity) -> String {
    let parts = [
        ("exact", &quantity.exact),
        ("min", &quantity.min),
        ("max", &quantity.max),
        ("approx", &quantity.approx),
    ];
    let given = parts.iter().filter(|(_, value)| !value.is_empty());
    let texts: Vec<String> = given
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    texts.join(", ")
}

pub(super) fn check_share(share: &v1::Share, path: &str, problems: &mut Vec<Problem>) {
    if share.share.is_none() && share.as_written.is_empty() {
        problems.push(codes::SHARE.at(path, "", "Give share in basis points, or as_written"));
    }
    if share.denominator.is_empty() {
        let fix = "Say what it is a share of";
        problems.push(codes::SHARE.at(join(path, "denominator"), "", fix));
    }
    let Some(quantity) = &share.share else { return };
    let path = join(path, "share");
    if quantity.unit != "bp" {
        let fix = "Write 75.5 % as 7550 with unit bp";
        problems.push(codes::SHARE.at(join(&path, "unit"), &quantity.unit, fix));
    }
    let whole = |text: &str| text.parse::<u16>().is_ok_and(|bp| bp <= 10_000);
    for part in [
        &quantity.exact,
        &quantity.min,
        &quantity.max,
        &quantity.approx,
    ] {
        if !part.is_empty() && is_decimal(part) && !whole(part) {
            problems.push(codes::SHARE.at(&path, part, "Write 75.5 % as 7550 with unit bp"));
        }
    }
}

pub(super) fn check_confidence(
    confidence: &v1::Confidence,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    let percent = &confidence.percent;
    let valid = percent.is_empty()
        || is_decimal(percent) && percent.parse::<u8>().is_ok_and(|percent| percent <= 100);
    if !valid {
        let fix = "Write a whole number from 0 to 100, as text";
        problems.push(codes::CONFIDENCE.at(join(path, "percent"), percent, fix));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_has_one_spelling() {
        for text in ["0", "3", "-3", "12.50", "0.5", "-0.5", "1000000"] {
            assert!(is_decimal(text), "{text}");
        }
        for text in [
            "", "+3", "03", ".5", "5.", "1e3", "-0", "-0.0", "1,5", " 1", "0x1", "1.2.3",
        ] {
            assert!(!is_decimal(text), "{text}");
        }
        assert!(!is_decimal(&"9".repeat(41)));
    }

    #[test]
    fn decimals_are_compared_by_value_and_not_as_floats() {
        let compare = |a, b| {
            Decimal::parse(a)
                .unwrap()
                .compare(&Decimal::parse(b).unwrap())
        };
        assert_eq!(compare("9", "10"), Ordering::Less);
        assert_eq!(compare("1.50", "1.5"), Ordering::Equal);
        assert_eq!(compare("-2", "-10"), Ordering::Greater);
        assert_eq!(compare("-1", "0"), Ordering::Less);
        assert_eq!(compare("0.09", "0.1"), Ordering::Less);
        let (left, right) = ("9007199254740993", "9007199254740992");
        assert_eq!(compare(left, right), Ordering::Greater);
    }
}
