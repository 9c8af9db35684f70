//! Days, dates and moments: the arithmetic of the proleptic Gregorian calendar, without a clock.

use edtf_core::BoundDate;

const DAY_MS: u64 = 86_400_000;
/// Days from 1 March of the year 0 to 1970.
const EPOCH_DAYS: i64 = 719_468;
/// Days in 400 years.
const ERA_DAYS: i64 = 146_097;

/// The day in UTC of a time in milliseconds since 1970.
pub(crate) fn day_of_ms(ms: u64) -> BoundDate {
    civil(i64::try_from(ms / DAY_MS).unwrap_or(i64::MAX))
}

/// A time in UTC, from milliseconds since 1970: `2026-01-01 00:00:00.000 UTC`.
pub fn instant(ms: u64) -> String {
    format!("{} {} UTC", day_of_ms(ms), time_of_day(ms))
}

/// A time in the form of RFC 3339, from milliseconds since 1970: `2026-01-01T00:00:00.000Z`. Years after 9999, for
/// which RFC 3339 has no form, are written with as many digits as they need.
pub fn rfc3339(ms: u64) -> String {
    let BoundDate { year, month, day } = day_of_ms(ms);
    format!("{year:04}-{month:02}-{day:02}T{}Z", time_of_day(ms))
}

fn time_of_day(ms: u64) -> String {
    let of_day = ms % DAY_MS;
    let (hours, minutes) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (seconds, millis) = (of_day / 1_000 % 60, of_day % 1_000);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{millis:03}")
}

/// The date of a day that is counted from 1970, as in Howard Hinnant's `civil_from_days`.
pub(crate) fn civil(days: i64) -> BoundDate {
    let days = days.saturating_add(EPOCH_DAYS);
    let (era, of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    BoundDate {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month: u8::try_from(month).unwrap_or(12),
        day: u8::try_from(day).unwrap_or(31),
    }
}

/// Days since 1970 of a date, as in Howard Hinnant's `days_from_civil`.
pub(crate) const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_become_days() {
        assert_eq!(day_of_ms(0).to_string(), "1970-01-01");
        assert_eq!(day_of_ms(951_782_400_000).to_string(), "2000-02-29");
        assert_eq!(day_of_ms(1_767_225_599_999).to_string(), "2025-12-31");
        assert_eq!(day_of_ms(1_767_225_600_000).to_string(), "2026-01-01");
        assert!(day_of_ms(u64::MAX).year > 0);
    }

    #[test]
    fn known_moments_are_written_as_calendars_do() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(ms), text);
        }
        assert_eq!(instant(951_868_799_999), "2000-02-29 23:59:59.999 UTC");
    }

    #[test]
    fn days_and_dates_are_each_others_inverse() {
        for days in (-800_000..800_000).step_by(97) {
            let date = civil(days);
            let back = days_from_civil(date.year, i64::from(date.month), i64::from(date.day));
            assert_eq!(back, days, "{date}");
        }
        assert_eq!(civil(-1).to_string(), "1969-12-31");
    }
}
