//! Marks and date codes: what a code can mean, and that it fits what is claimed of it.

use edtf_core::{BoundDate, Edtf};

use super::time::wholly_before;
use crate::calendar::day_of_ms;
use crate::descriptor::join;
use crate::{Problem, codes, date_code, v1};
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
    if !date_code::is_computable(scheme) {
        return;
    }
    let readings = date_code::readings(marked, scheme);
    if readings.is_empty() {
        let fix =
            format!("{marked:?} has no such week, month or year. Correct the scheme, not the mark");
        problems.push(codes::DATECODE.at(join(path, "scheme"), scheme.as_str_name(), fix));
        return;
    }
    let Ok(stated) = Edtf::parse(derived) else {
        return;
    };
    let fits = |reading: &v1::DateCodeReading| {
        Edtf::parse(&reading.derived).is_ok_and(|date| date.bounds() == stated.bounds())
    };
    if !readings.iter().any(fits) {
        let fix = format!("The scheme gives {}", intervals(&readings));
        problems.push(codes::DATECODE.at(join(path, "derived"), derived, fix));
    }
}

fn intervals(readings: &[v1::DateCodeReading]) -> String {
    let texts: Vec<&str> = readings.iter().map(|it| it.derived.as_str()).collect();
    texts.join(" or ")
}

/// What can be judged only beside the times of the record.
pub(super) fn check_times(record: &v1::Record, problems: &mut Vec<Problem>) {
    let Some(v1::record::Body::ComponentObservation(component)) = &record.body else {
        return;
    };
    let event = [&record.occurred, &record.documented, &record.reported]
        .into_iter()
        .find_map(|text| Edtf::parse(text).ok());
    let signed = day_of_ms(record.signed_at_ms);
    for (at, code) in component.date_codes.iter().enumerate() {
        let path = format!("component_observation.date_codes[{at}]");
        check_ambiguous(code, signed, &path, problems);
        // A part that was made after the strike it was found at is a misreading or more.
        if let (Some(event), Some(date)) = (&event, earliest(code))
            && wholly_before(event, &date)
        {
            let fix =
                format!("{date} is later than the record's own date, {event}. Check the reading");
            problems.push(codes::DATECODE_FUTURE.at(join(&path, "derived"), &code.derived, fix));
        }
    }
}

/// The interval that is claimed, or the earliest that the scheme gives.
fn earliest(code: &v1::DateCode) -> Option<Edtf> {
    if code.derived.is_empty() {
        let first = date_code::readings(&code.as_marked, code.scheme())
            .into_iter()
            .next()?;
        return Edtf::parse(&first.derived).ok();
    }
    Edtf::parse(&code.derived).ok()
}

/// The schemes that a code could be by its length, when the asserting party takes it to be `scheme`.
const fn rivals(scheme: Scheme) -> &'static [Scheme] {
    match scheme {
        Scheme::Yyww | Scheme::Wwyy => &[Scheme::Yyww, Scheme::Wwyy],
        Scheme::Yww | Scheme::Ymm => &[Scheme::Yww, Scheme::Ymm],
        Scheme::Unspecified | Scheme::Unknown => &[
            Scheme::Yyww,
            Scheme::Wwyy,
            Scheme::Yww,
            Scheme::Ymm,
            Scheme::Juche,
        ],
        // A maker's code is known, and a year of four digits or of the Juche calendar is not taken for a week by mistake.
        Scheme::Yyyy | Scheme::Juche | Scheme::Maker => &[],
    }
}

/// A code that fits several schemes, in a way that does not lie after the signature, names them all.
fn check_ambiguous(
    code: &v1::DateCode,
    signed: BoundDate,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    let possible = |scheme: &&Scheme| {
        date_code::intervals(&code.as_marked, **scheme)
            .iter()
            .any(|(first, _)| *first <= signed)
    };
    let fitting: Vec<&Scheme> = rivals(code.scheme()).iter().filter(possible).collect();
    let named = |scheme: Scheme| {
        scheme == code.scheme() || code.alternatives.iter().any(|it| it.scheme() == scheme)
    };
    let unnamed: Vec<String> = fitting
        .iter()
        .filter(|scheme| !named(***scheme))
        .map(|scheme| reading_in_words(&code.as_marked, **scheme, signed))
        .collect();
    if fitting.len() > 1 && !unnamed.is_empty() {
        let fix = format!(
            "It can be read as {}. Keep that in alternatives, or write the scheme maker if the maker's own is known",
            unnamed.join(" and as ")
        );
        problems.push(codes::DATECODE_AMBIG.at(join(path, "as_marked"), &code.as_marked, fix));
    }
}

/// A scheme with the interval it gives; the last that does not lie after the signature, when there are several.
fn reading_in_words(marked: &str, scheme: Scheme, signed: BoundDate) -> String {
    let intervals = date_code::intervals(marked, scheme);
    let last = intervals.iter().rfind(|(first, _)| *first <= signed);
    let name = scheme.as_str_name();
    let name = name.strip_prefix("DATE_CODE_SCHEME_").unwrap_or(name);
    last.map_or_else(
        || name.to_ascii_lowercase(),
        |(first, last)| format!("{} {first}/{last}", name.to_ascii_lowercase()),
    )
}
