//! Date codes on parts: every interval that a code can mean under a scheme.
//!
//! Pure functions. What a code means is a reading, never a fact: a code that fits several schemes has several readings, and
//! all of them are kept.

use edtf_core::BoundDate;

use crate::calendar::{civil, days_from_civil};
use crate::v1::{DateCodeReading, DateCodeScheme as Scheme};

/// Codes with two digits of the year, or one, mean a year of the century from here: before it, nobody wrote date codes.
const FIRST_YEAR: i64 = 1970;
/// The year that is added to a Juche year.
const JUCHE: i64 = 1911;

/// The schemes that can be computed, in the order in which readings are given.
const COMPUTABLE: [Scheme; 6] = [
    Scheme::Yyww,
    Scheme::Wwyy,
    Scheme::Yww,
    Scheme::Ymm,
    Scheme::Yyyy,
    Scheme::Juche,
];

/// A first and a last day.
pub(crate) type Days = (BoundDate, BoundDate);

/// Whether the readings of this scheme can be computed from the code alone.
pub const fn is_computable(scheme: Scheme) -> bool {
    !matches!(
        scheme,
        Scheme::Unspecified | Scheme::Maker | Scheme::Unknown
    )
}

/// Every way to read a code under `scheme`, each with the interval it gives in EDTF; none when the code does not fit.
///
/// Weeks follow the first-Thursday rule of ISO 8601: `2245` is `2022-11-07/2022-11-13`. Two digits of a year mean one from
/// 1970 to 2069; one digit means one year in each of these decades. A Juche year counts from 1912. When the scheme is
/// unspecified or unknown, the readings of all schemes that the code fits are given; a maker's own code has none.
///
/// Letters and signs around the digits are passed over, but a code with several groups of digits has no reading.
///
/// # Examples
///
/// ```
/// use witnessmark_record::{date_code, v1::DateCodeScheme};
/// let both = date_code::readings("2223", DateCodeScheme::Unknown);
/// assert_eq!(both[0].derived, "2022-06-06/2022-06-12");
/// assert_eq!(both[1].derived, "2023-05-29/2023-06-04");
/// ```
pub fn readings(as_marked: &str, scheme: Scheme) -> Vec<DateCodeReading> {
    let any = matches!(scheme, Scheme::Unspecified | Scheme::Unknown);
    let schemes = COMPUTABLE.into_iter().filter(|it| any || *it == scheme);
    let mut readings = Vec::new();
    for scheme in schemes {
        for (first, last) in intervals(as_marked, scheme) {
            readings.push(DateCodeReading {
                scheme: scheme.into(),
                derived: format!("{first}/{last}"),
            });
        }
    }
    readings
}

/// The days that a code can mean under one computable scheme.
pub(crate) fn intervals(as_marked: &str, scheme: Scheme) -> Vec<Days> {
    let Some((number, length)) = digits(as_marked) else {
        return Vec::new();
    };
    let (high, low) = (number / 100, number % 100);
    match (scheme, length) {
        (Scheme::Yyww, 4) => week(century(high), low).into_iter().collect(),
        (Scheme::Wwyy, 4) => week(century(low), high).into_iter().collect(),
        (Scheme::Yww, 3) => decades(high).filter_map(|year| week(year, low)).collect(),
        (Scheme::Ymm, 3) => decades(high).filter_map(|year| month(year, low)).collect(),
        (Scheme::Yyyy, 4) if number >= 1000 => vec![year(number)],
        (Scheme::Juche, 1..=3) if number >= 1 => vec![year(number + JUCHE)],
        _ => Vec::new(),
    }
}

/// The only group of digits of a code, and how many they are.
fn digits(as_marked: &str) -> Option<(i64, usize)> {
    let mut groups = as_marked
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty());
    let group = groups.next().filter(|group| group.len() <= 4)?;
    // No other digits, of whatever script.
    let others = as_marked.chars().filter(|c| c.is_numeric()).count();
    (others == group.len()).then_some((group.parse().ok()?, group.len()))
}

/// The year of the century from [`FIRST_YEAR`] with these two last digits.
const fn century(two_digits: i64) -> i64 {
    FIRST_YEAR + (two_digits - FIRST_YEAR).rem_euclid(100)
}

/// The years of the century from [`FIRST_YEAR`] with this last digit.
fn decades(digit: i64) -> impl Iterator<Item = i64> {
    (0..10).map(move |decade| FIRST_YEAR + decade * 10 + digit)
}

fn year(year: i64) -> Days {
    let (first, next) = (days_from_civil(year, 1, 1), days_from_civil(year + 1, 1, 1));
    (civil(first), civil(next - 1))
}

fn month(year: i64, month: i64) -> Option<Days> {
    if !(1..=12).contains(&month) {
        return None;
    }
    let next = if month == 12 {
        days_from_civil(year + 1, 1, 1)
    } else {
        days_from_civil(year, month + 1, 1)
    };
    Some((civil(days_from_civil(year, month, 1)), civil(next - 1)))
}

/// The days of an ISO week: week 1 holds the year's first Thursday.
fn week(year: i64, week: i64) -> Option<Days> {
    let first = monday_of_week_one(year) + (week - 1) * 7;
    let exists = week >= 1 && first < monday_of_week_one(year + 1);
    exists.then(|| (civil(first), civil(first + 6)))
}

/// The Monday on or before 4 January, counted in days since 1970, which began on a Thursday.
const fn monday_of_week_one(year: i64) -> i64 {
    let fourth = days_from_civil(year, 1, 4);
    fourth - (fourth + 3).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(marked: &str, scheme: Scheme) -> String {
        let all = readings(marked, scheme);
        let texts: Vec<&str> = all.iter().map(|it| it.derived.as_str()).collect();
        texts.join(" ")
    }

    #[test]
    fn week_codes_follow_the_iso_rule() {
        assert_eq!(derived("2245", Scheme::Yyww), "2022-11-07/2022-11-13");
        assert_eq!(derived("2001", Scheme::Yyww), "2019-12-30/2020-01-05");
        assert_eq!(derived("2053", Scheme::Yyww), "2020-12-28/2021-01-03");
        assert_eq!(derived("2153", Scheme::Yyww), "");
        assert_eq!(derived("2254", Scheme::Yyww), "");
        assert_eq!(derived("2200", Scheme::Yyww), "");
        assert_eq!(derived("2223", Scheme::Wwyy), "2023-05-29/2023-06-04");
    }

    #[test]
    fn two_digits_of_a_year_mean_one_from_1970_to_2069() {
        assert_eq!(derived("9845", Scheme::Yyww), "1998-11-02/1998-11-08");
        assert_eq!(derived("7001", Scheme::Yyww), "1969-12-29/1970-01-04");
        assert_eq!(derived("6901", Scheme::Yyww), "2068-12-31/2069-01-06");
        assert_eq!(derived("4598", Scheme::Wwyy), "1998-11-02/1998-11-08");
    }

    #[test]
    fn one_digit_of_a_year_means_one_year_of_each_decade() {
        let weeks = readings("245", Scheme::Yww);
        assert_eq!(weeks.len(), 10);
        assert!(weeks.iter().any(|it| it.derived == "2022-11-07/2022-11-13"));
        assert!(weeks.iter().any(|it| it.derived == "2012-11-05/2012-11-11"));
        // Only some of the years that end with 0 have a week 53.
        assert!(derived("053", Scheme::Yww).contains("2020-12-28/2021-01-03"));
        assert!(!derived("053", Scheme::Yww).contains("2010"));
        assert_eq!(derived("254", Scheme::Yww), "");
        assert!(derived("402", Scheme::Ymm).contains("2024-02-01/2024-02-29"));
        assert!(derived("112", Scheme::Ymm).contains("2021-12-01/2021-12-31"));
        assert_eq!(derived("113", Scheme::Ymm), "");
    }

    #[test]
    fn years_and_juche_years_are_whole_years() {
        assert_eq!(derived("2023", Scheme::Yyyy), "2023-01-01/2023-12-31");
        assert_eq!(derived("112", Scheme::Juche), "2023-01-01/2023-12-31");
        assert_eq!(derived("113", Scheme::Juche), "2024-01-01/2024-12-31");
        assert_eq!(derived("1", Scheme::Juche), "1912-01-01/1912-12-31");
        assert_eq!(derived("0", Scheme::Juche), "");
        assert_eq!(derived("0999", Scheme::Yyyy), "");
    }

    #[test]
    fn a_code_of_unknown_scheme_has_all_its_readings() {
        let schemes = |marked: &str| -> Vec<Scheme> {
            let mut all: Vec<Scheme> = readings(marked, Scheme::Unknown)
                .iter()
                .map(DateCodeReading::scheme)
                .collect();
            all.dedup();
            all
        };
        assert_eq!(schemes("2223"), [Scheme::Yyww, Scheme::Wwyy, Scheme::Yyyy]);
        assert_eq!(schemes("112"), [Scheme::Yww, Scheme::Ymm, Scheme::Juche]);
        assert_eq!(schemes("A"), []);
        assert_eq!(readings("2223", Scheme::Maker), []);
    }

    #[test]
    fn signs_around_the_digits_are_passed_over_and_groups_are_not_joined() {
        assert_eq!(derived("D/C 2245+", Scheme::Yyww), "2022-11-07/2022-11-13");
        for marked in ["22 45", "22\u{663}45", "22451", "\u{662}245", "", "-"] {
            assert_eq!(derived(marked, Scheme::Yyww), "", "{marked}");
        }
    }
}
