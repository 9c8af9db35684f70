//! Marks and date codes: what a code can mean, and that it fits what is claimed of it.

use edtf_core::{Bound, Bounds, Edtf};

use super::time::wholly_before;
use crate::calendar::{civil, day_of_ms, days_from_civil};
use crate::descriptor::join;
use crate::{Problem, codes, v1};
use v1::DateCodeScheme as Scheme;

pub(super) fn check_seen(mark: &v1::SeenMark, path: &str, problems: &mut Vec<Problem>) {
    let unreadable = matches!(
        mark.legibility(),
        v1::Legibility::Obliterated | v1::Legibility::Absent
    );
    if mark.as_marked.is_empty() && !unreadable && mark.content() != v1::MarkContent::Symbol {
        let fix = "Write what is seen, or say why nothing can be read";
        problems.push(codes::EMPTY.at(join(path, "as_marked"), "", fix));
    }
    for (at, reading) in mark.readings.iter().enumerate() {
        if reading.value.is_empty() {
            let path = format!("{path}.readings[{at}].value");
            problems.push(codes::EMPTY.at(path, "", "Say what the mark is read as"));
        }
    }
}

pub(super) fn check_date_code(code: &v1::DateCode, path: &str, problems: &mut Vec<Problem>) {
    if code.as_marked.is_empty() {
        let fix = "Write the code as it is marked";
        problems.push(codes::EMPTY.at(join(path, "as_marked"), "", fix));
    }
    let marked = code.as_marked.as_str();
    check_reading(marked, code.scheme(), &code.derived, path, problems);
    for (at, other) in code.alternatives.iter().enumerate() {
        let path = format!("{path}.alternatives[{at}]");
        check_reading(marked, other.scheme(), &other.derived, &path, problems);
    }
}

fn check_reading(
    marked: &str,
    scheme: Scheme,
    derived: &str,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    let computable = matches!(
        scheme,
        Scheme::Yyww | Scheme::Wwyy | Scheme::Yyyy | Scheme::Juche
    );
    if !computable {
        return;
    }
    let Some(bounds) = derive(marked, scheme) else {
        let fix = format!("{marked:?} has no such week or year. Correct the scheme, not the mark");
        problems.push(codes::DATECODE.at(join(path, "scheme"), scheme.as_str_name(), fix));
        return;
    };
    let stated = Edtf::parse(derived).map(|date| date.bounds());
    if !derived.is_empty() && stated.is_ok_and(|stated| stated != bounds) {
        let fix = format!("The scheme gives {}", spelled(&bounds));
        problems.push(codes::DATECODE.at(join(path, "derived"), derived, fix));
    }
}

fn spelled(bounds: &Bounds) -> String {
    match (bounds.earliest, bounds.latest) {
        (Bound::Date(first), Bound::Date(last)) => format!("{first}/{last}"),
        _ => String::new(),
    }
}

/// The interval that a code gives under a scheme; `None` when it does not fit.
fn derive(marked: &str, scheme: Scheme) -> Option<Bounds> {
    let number: u32 = if marked.bytes().all(|byte| byte.is_ascii_digit()) {
        marked.parse().ok()?
    } else {
        return None;
    };
    match (scheme, marked.len()) {
        (Scheme::Yyww, 4) => week(2000 + i64::from(number / 100), number % 100),
        (Scheme::Wwyy, 4) => week(2000 + i64::from(number % 100), number / 100),
        (Scheme::Yyyy, 4) => year(i64::from(number)),
        (Scheme::Juche, 1..=3) => year(i64::from(number) + 1911),
        _ => None,
    }
}

fn year(year: i64) -> Option<Bounds> {
    let (first, last) = (format!("{year:04}-01-01"), format!("{year:04}-12-31"));
    Some(Edtf::parse(&format!("{first}/{last}")).ok()?.bounds())
}

/// The days of an ISO week: week 1 holds the year's first Thursday.
fn week(year: i64, week: u32) -> Option<Bounds> {
    // Monday of week 1 is the Monday on or before 4 January.
    let fourth = days_from_civil(year, 1, 4);
    let monday = fourth - (fourth + 3).rem_euclid(7);
    let next_fourth = days_from_civil(year + 1, 1, 4);
    let next_monday = next_fourth - (next_fourth + 3).rem_euclid(7);
    let first = monday + i64::from(week.checked_sub(1)?) * 7;
    if first >= next_monday {
        return None;
    }
    Some(Bounds {
        earliest: Bound::Date(civil(first)),
        latest: Bound::Date(civil(first + 6)),
    })
}

/// What can be judged only beside the times of the record.
pub(super) fn check_times(record: &v1::Record, problems: &mut Vec<Problem>) {
    let Some(v1::record::Body::ComponentObservation(component)) = &record.body else {
        return;
    };
    let event = [&record.occurred, &record.documented, &record.reported]
        .into_iter()
        .find_map(|text| Edtf::parse(text).ok());
    for (at, code) in component.date_codes.iter().enumerate() {
        let path = format!("component_observation.date_codes[{at}]");
        check_ambiguous(record, code, &path, problems);
        let date = Edtf::parse(&code.derived);
        // A part that was made after the strike it was found at is a misreading or more.
        if let (Some(event), Ok(date)) = (&event, date)
            && wholly_before(event, &date)
        {
            let fix = "It is later than the record's own date. Check the reading";
            problems.push(codes::DATECODE_FUTURE.at(join(&path, "derived"), &code.derived, fix));
        }
    }
}

/// Four digits can be year and week or week and year, when neither would lie after the signature.
fn check_ambiguous(
    record: &v1::Record,
    code: &v1::DateCode,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    let signed = day_of_ms(record.signed_at_ms);
    let possible = |scheme| {
        derive(&code.as_marked, scheme)
            .is_some_and(|bounds| matches!(bounds.earliest, Bound::Date(first) if first <= signed))
    };
    let week_code = matches!(
        code.scheme(),
        Scheme::Yyww | Scheme::Wwyy | Scheme::Unspecified | Scheme::Unknown
    );
    let both = possible(Scheme::Yyww) && possible(Scheme::Wwyy);
    if both && week_code && code.alternatives.is_empty() {
        let fix = "It can be year and week or week and year. Give the other reading in alternatives, or the maker's \
                   scheme if known";
        problems.push(codes::DATECODE_AMBIG.at(join(path, "as_marked"), &code.as_marked, fix));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(marked: &str, scheme: Scheme) -> String {
        derive(marked, scheme).map_or_else(String::new, |bounds| spelled(&bounds))
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
    fn juche_years_count_from_1912() {
        assert_eq!(derived("112", Scheme::Juche), "2023-01-01/2023-12-31");
        assert_eq!(derived("113", Scheme::Juche), "2024-01-01/2024-12-31");
        assert_eq!(derived("11a", Scheme::Juche), "");
    }
}
