//! Times on the command line: UTC, as `2026-03-01T12:00:00Z` or `2026-03-01`, to milliseconds since 1970; and how long
//! something may take, as `90s`, `5m`, `2h` or `1d`.

use std::time::Duration;

/// The units of a length of time, in seconds, the longest first.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads a length of time: a whole number with its unit. Only `0` needs none.
///
/// # Errors
///
/// A sentence for the person who typed it.
pub(super) fn parse_length(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let read = || {
        let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
        let number = text.strip_suffix(unit)?;
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        number.parse::<u64>().ok()?.checked_mul(seconds)
    };
    // A century is longer than anybody waits, and cannot overflow a clock.
    read()
        .filter(|seconds| *seconds <= 36_525 * 86_400)
        .map(Duration::from_secs)
        .ok_or_else(|| format!("`{text}` is not a length of time such as 90s, 5m, 2h, 1d or 0"))
}

/// A length of time in words, rounded up to the second: `4 m 57 s`.
pub(super) fn length(of: Duration) -> String {
    let mut seconds = of.as_millis().div_ceil(1_000);
    let mut words = Vec::new();
    for (unit, in_seconds) in UNITS {
        let in_seconds = u128::from(in_seconds);
        if seconds >= in_seconds {
            words.push(format!("{} {unit}", seconds / in_seconds));
            seconds %= in_seconds;
        }
    }
    if words.is_empty() {
        return "0 s".to_owned();
    }
    words.join(" ")
}

/// Reads a time.
///
/// # Errors
///
/// A sentence for the person who typed it.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, time.strip_suffix('Z').ok_or_else(|| advice(text))?),
        None => (text, "00:00:00"),
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2]).ok_or_else(|| advice(text))?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2]).ok_or_else(|| advice(text))?;
    let is_real = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_of_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !is_real {
        return Err(advice(text));
    }
    let years: u64 = (1970..year)
        .map(|year| if is_leap(year) { 366 } else { 365 })
        .sum();
    let months: u64 = (1..month).map(|month| days_of_month(year, month)).sum();
    let days = years + months + day - 1;
    Ok((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000)
}

fn advice(text: &str) -> String {
    format!("`{text}` is not a time in UTC such as 2026-03-01T12:00:00Z or 2026-03-01")
}

fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[u64; 3]> {
    let mut pieces = text.split(separator);
    let mut found = [0; 3];
    for (slot, width) in found.iter_mut().zip(widths) {
        let piece = pieces.next()?;
        if piece.len() != width || !piece.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *slot = piece.parse().ok()?;
    }
    pieces.next().is_none().then_some(found)
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_milliseconds_of_utc() {
        assert_eq!(parse("1970-01-01"), Ok(0));
        assert_eq!(parse("2000-02-29T23:59:59Z"), Ok(951_868_799_000));
        assert_eq!(parse("2026-03-01T12:00:00Z"), Ok(1_772_366_400_000));
    }

    #[test]
    fn lengths_of_time_have_a_unit() {
        let seconds = |text| parse_length(text).map(|length| length.as_secs());
        for (text, expected) in [
            ("0", 0),
            ("90s", 90),
            ("5m", 300),
            ("2h", 7_200),
            ("1d", 86_400),
        ] {
            assert_eq!(seconds(text), Ok(expected));
        }
        for text in [
            "",
            "5",
            "s",
            "-1s",
            "+1s",
            "1.5m",
            "5 m",
            "m5",
            "36526d",
            "99999999999999999999s",
        ] {
            assert!(parse_length(text).is_err(), "{text}");
        }
        assert_eq!(length(Duration::from_millis(296_001)), "4 m 57 s");
        assert_eq!(length(Duration::from_secs(86_400)), "1 d");
        assert_eq!(length(Duration::ZERO), "0 s");
    }

    #[test]
    fn days_that_do_not_exist_and_other_spellings_are_refused() {
        for text in [
            "2023-02-29",
            "2026-3-1",
            "2026-03-01T12:00:00",
            "2026-03-01T24:00:00Z",
            "+026-03-01",
            "",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
