//! Milliseconds since 1970 as people write them: always UTC, always named so.

const MS_PER_DAY: u64 = 86_400_000;

/// The first millisecond of the year 10000, from which on the usual form does not hold.
const YEAR_10000_MS: u64 = 253_402_300_800_000;

/// `2026-01-01 00:00:00.000 UTC`.
pub(crate) fn utc(ms: u64) -> String {
    match Civil::of(ms) {
        Some(c) => format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03} UTC",
            c.year, c.month, c.day, c.hour, c.minute, c.second, c.milli
        ),
        None => format!("{ms} ms after 1970 UTC"),
    }
}

/// `2026-01-01T00:00:00.000Z`, the form of RFC 3339; `None` after the year 9999.
pub(crate) fn rfc3339(ms: u64) -> Option<String> {
    Civil::of(ms).map(|c| {
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            c.year, c.month, c.day, c.hour, c.minute, c.second, c.milli
        )
    })
}

struct Civil {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    milli: u64,
}

impl Civil {
    /// The proleptic Gregorian calendar, counted in eras of 400 years that begin on 1 March, so
    /// that the leap day is the last day of a year.
    fn of(ms: u64) -> Option<Self> {
        if ms >= YEAR_10000_MS {
            return None;
        }
        let of_day = ms % MS_PER_DAY;
        let days = ms / MS_PER_DAY + 719_468;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        Some(Self {
            year: year_of_era + era * 400 + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: of_day / 3_600_000,
            minute: of_day / 60_000 % 60,
            second: of_day / 1_000 % 60,
            milli: of_day % 1_000,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_are_written_as_calendars_do() {
        for (ms, text) in [
            (0, "1970-01-01 00:00:00.000 UTC"),
            (951_782_400_000, "2000-02-29 00:00:00.000 UTC"),
            (951_868_799_999, "2000-02-29 23:59:59.999 UTC"),
            (1_767_225_600_000, "2026-01-01 00:00:00.000 UTC"),
            (4_107_542_399_999, "2100-02-28 23:59:59.999 UTC"),
            (4_107_542_400_000, "2100-03-01 00:00:00.000 UTC"),
            (253_402_300_799_999, "9999-12-31 23:59:59.999 UTC"),
        ] {
            assert_eq!(utc(ms), text);
        }
    }

    #[test]
    fn a_time_no_calendar_holds_is_still_written() {
        assert_eq!(utc(u64::MAX), "18446744073709551615 ms after 1970 UTC");
        assert_eq!(rfc3339(u64::MAX), None);
    }
}
