//! The currencies of ISO 4217, those that are in use and those that were withdrawn.

use std::sync::LazyLock;

use crate::lists::{Section, section};

const LIST: &str = include_str!("../data/currencies.txt");

static CURRENT: LazyLock<Section> = LazyLock::new(|| section(LIST, "current"));
static WITHDRAWN: LazyLock<Section> = LazyLock::new(|| section(LIST, "withdrawn"));

/// Whether `code` is or was a currency.
pub(crate) fn is_currency(code: &str) -> bool {
    CURRENT.contains_key(code) || WITHDRAWN.contains_key(code)
}

/// The last year in which `code` was a currency, when it is none any more.
pub(crate) fn withdrawn(code: &str) -> Option<i64> {
    WITHDRAWN.get(code)?.parse().ok()
}

/// Currencies in use that begin like `code`, which is none: of the same country, most likely.
pub(crate) fn near(code: &str) -> Vec<&'static str> {
    let Some(start) = code.get(..2) else {
        return Vec::new();
    };
    let start = start.to_ascii_uppercase();
    let known = CURRENT.keys().filter(|it| it.starts_with(&start));
    known.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_that_of_iso_4217() {
        assert_eq!((CURRENT.len(), WITHDRAWN.len()), (176, 129));
        let is_code = |code: &&str| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
        assert!(CURRENT.keys().chain(WITHDRAWN.keys()).all(is_code));
        assert!(
            WITHDRAWN
                .keys()
                .all(|code| withdrawn(code).is_some_and(|it| (1978..=2026).contains(&it)))
        );
        assert!(WITHDRAWN.keys().all(|code| !CURRENT.contains_key(code)));
    }

    #[test]
    fn currencies_of_today_and_of_then_are_told_apart_from_three_letters() {
        for code in ["USD", "UAH", "KPW", "XAU", "SUR", "DDM", "HRK"] {
            assert!(is_currency(code), "{code}");
        }
        for code in ["USX", "usd", "US", "XTS", "CNH", ""] {
            assert!(!is_currency(code), "{code}");
        }
        assert_eq!(withdrawn("SUR"), Some(1990));
        assert_eq!(withdrawn("USD"), None);
        assert_eq!(near("uax"), ["UAH"]);
        assert_eq!(near("\u{20ac}"), [""; 0]);
    }
}
