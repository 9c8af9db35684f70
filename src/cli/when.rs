//! Times on the command line: UTC, as `2026-03-01T12:00:00Z` or `2026-03-01`, to milliseconds since 1970.

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
