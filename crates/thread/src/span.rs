//! Dates as people know them: the first and the last day that an EDTF text allows.

use edtf_core::{Bound, BoundDate, Edtf};

/// The days that a date allows; an end is absent where it is open or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) earliest: Option<BoundDate>,
    pub(crate) latest: Option<BoundDate>,
}

impl Span {
    /// The days that `text` allows; all of them if it is no date.
    pub(crate) fn of(text: &str) -> Self {
        let bounds = Edtf::parse(text).ok().map(|date| date.bounds());
        let day = |bound: Option<Bound>| match bound {
            Some(Bound::Date(day)) => Some(day),
            _ => None,
        };
        Self {
            earliest: day(bounds.as_ref().map(|bounds| bounds.earliest)),
            latest: day(bounds.as_ref().map(|bounds| bounds.latest)),
        }
    }

    /// Whether every day of `self` lies before every day of `other`.
    pub(crate) fn is_before(&self, other: &Self) -> bool {
        matches!((self.latest, other.earliest), (Some(last), Some(first)) if last < first)
    }

    /// Whether both are one and the same day.
    pub(crate) fn is_same_day(&self, other: &Self) -> bool {
        self.earliest.is_some() && self.earliest == self.latest && self == other
    }

    /// By the first day, then by the last; dates that are not known come last.
    pub(crate) fn key(&self) -> (bool, Option<BoundDate>, bool, Option<BoundDate>) {
        let Self { earliest, latest } = *self;
        (earliest.is_none(), earliest, latest.is_none(), latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_before_each_other_only_when_no_day_says_otherwise() {
        let before = |a: &str, b: &str| Span::of(a).is_before(&Span::of(b));
        assert!(before("2024-01-06", "2024-02-16"));
        assert!(before("2019-03/2019-04", "2019-05~"));
        assert!(!before("2024-01", "2024-01-06"));
        assert!(!before("", "2024-01-06"));
        assert!(!before("2024-01-06", "not a date"));
        assert!(Span::of("2024-01-06").is_same_day(&Span::of("2024-01-06")));
        assert!(!Span::of("2024-01").is_same_day(&Span::of("2024-01")));
    }
}
