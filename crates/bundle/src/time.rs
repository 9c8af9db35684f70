//! Milliseconds since 1970 as people write them: always UTC, always named so.

use witnessmark_record::instant;

/// The first millisecond of the year 10000, from which on the usual form does not hold.
const YEAR_10000_MS: u64 = 253_402_300_800_000;

/// `2026-01-01 00:00:00.000 UTC`; milliseconds since 1970 as a number from the year 10000 on, where that form does not hold.
pub fn utc(ms: u64) -> String {
    if ms < YEAR_10000_MS {
        instant(ms)
    } else {
        format!("{ms} ms after 1970 UTC")
    }
}

/// `2026-01-01T00:00:00.000Z`, the form of RFC 3339; `None` after the year 9999.
pub(crate) fn rfc3339(ms: u64) -> Option<String> {
    (ms < YEAR_10000_MS).then(|| witnessmark_record::rfc3339(ms))
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
