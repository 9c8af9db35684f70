//! Texts: the format that each field declares, and what no text may hold.

use edtf_core::{Bound, Edtf};
use unicode_normalization::is_nfc;
use witnessmark_verifier::{OrgName, Origin};

use super::quantity::{is_decimal, is_unit};
use crate::descriptor::join;
use crate::escape::{has_hidden, is_hidden};
use crate::table::Field;
use crate::{Format, Problem, codes, country, currency, language, v1};

pub(super) fn check(field: &Field, text: &str, path: &str, problems: &mut Vec<Problem>) {
    let format = field.format;
    let lines = format == Format::Unspecified;
    // Most texts are ASCII, of which much needs not be asked: none of it is hidden, or written in two ways.
    let plain = text.is_ascii();
    let bad_control = |c: char| c.is_control() && !(lines && c == '\n');
    let bad_byte = |byte: u8| byte.is_ascii_control() && !(lines && byte == b'\n');
    if plain && text.bytes().any(bad_byte) || !plain && text.contains(bad_control) {
        let fix = "Take the character out; it is shown here as \\u{...}";
        problems.push(codes::TEXT_CONTROL.at(path, text, fix));
    }
    // Joiners belong to the writing of some scripts, and never to an identifier or anything else with a form of its own.
    let is_writing = lines && field.message != "Identifier";
    if !plain && text.contains(is_hidden) && (!is_writing || has_hidden(text)) {
        let fix = "Take the character out unless it is part of what was seen";
        problems.push(codes::TEXT_HIDDEN.at(path, text, fix));
    }
    if !plain && !is_nfc(text) {
        let fix = "Write accents as one character with their letter";
        problems.push(codes::TEXT_NFC.at(path, text, fix));
    }
    let chars = if plain {
        text.len()
    } else {
        text.chars().count()
    };
    let max = field.max_chars;
    if chars > max {
        let fix = format!("Shorten it from {chars} to at most {max} characters");
        problems.push(codes::TEXT_LENGTH.at(path, text, fix));
    }
    check_format(format, text, path, problems);
}

fn check_format(format: Format, text: &str, path: &str, problems: &mut Vec<Problem>) {
    let (valid, code, fix) = match format {
        Format::Edtf => return check_edtf(text, path, problems),
        Format::Language => return check_language(text, path, problems),
        Format::Script => return check_script(text, path, problems),
        Format::Unit => return check_unit(text, path, problems),
        Format::Country => (
            country::is_country(text),
            &codes::ISO3166,
            "Use two capital letters, such as UA or GB",
        ),
        Format::Decimal => (is_decimal(text), &codes::DECIMAL, "Write 1500 or 12.5"),
        Format::Organisation => (
            OrgName::parse(text).is_ok(),
            &codes::ORG,
            "Use the name under which the organisation is registered",
        ),
        Format::Origin => (
            Origin::parse(text).is_ok(),
            &codes::ORIGIN,
            "Copy the origin from the ledger's policy file",
        ),
        Format::Day => (
            is_day(text),
            &codes::FORMAT,
            "Write one day, such as 2026-01-31",
        ),
        Format::Url => (
            is_url(text),
            &codes::FORMAT,
            "Write an address that starts with https:// or http://",
        ),
        Format::UtcOffset => (is_offset(text), &codes::FORMAT, "Write +02:00"),
        Format::LocalTime => (is_time(text), &codes::FORMAT, "Write 07:30"),
        Format::MediaType => (is_media_type(text), &codes::FORMAT, "Write image/jpeg"),
        Format::FileName => (
            is_file_name(text),
            &codes::FORMAT,
            "Write a file name without a folder",
        ),
        // The schema, percentages, paths and values of fields have rules of their own; the rest is plain text or no text.
        Format::Unspecified
        | Format::Schema
        | Format::Percent
        | Format::Path
        | Format::Json
        | Format::RecordId
        | Format::Sha256
        | Format::Sha512
        | Format::Uuid => return,
    };
    if !valid {
        problems.push(code.at(path, text, fix));
    }
}

fn check_edtf(text: &str, path: &str, problems: &mut Vec<Problem>) {
    if let Err(error) = Edtf::parse(text) {
        let fix = format!(
            "At character {}: {}. Write 2024-01-02, 2024-01~ (about), 2013-07-10/2013-07-16 (an interval) \
             or [1986-12-13,1986-12-31] (one of these)",
            error.offset.saturating_add(1),
            error.message
        );
        problems.push(codes::EDTF.at(path, text, fix));
    }
}

fn check_language(text: &str, path: &str, problems: &mut Vec<Problem>) {
    if let Err(fix) = language::check_tag(text) {
        problems.push(codes::LANG.at(path, text, fix));
    }
}

fn check_script(text: &str, path: &str, problems: &mut Vec<Problem>) {
    if !language::is_script(text) {
        problems.push(codes::SCRIPT.at(path, text, language::script_fix(text)));
    }
}

fn check_unit(text: &str, path: &str, problems: &mut Vec<Problem>) {
    if !is_unit(text) {
        let near = currency::near(text);
        let fix = if text.len() == 3 && !near.is_empty() {
            format!("Did you mean {}?", near.join(" or "))
        } else {
            "Use mm, m, km, g, kg, t, l, m3, s, deg, bp, a currency, or nothing for a count"
                .to_owned()
        };
        problems.push(codes::UNIT.at(path, text, fix));
    } else if let Some(year) = currency::withdrawn(text) {
        // Whether the record speaks of such a time is judged when all of it is known.
        let fix = format!("It was withdrawn in {year}. Check the currency and the dates");
        problems.push(codes::UNIT_OLD.at(path, text, fix));
    }
}

/// Whether a withdrawn currency stands in a record that speaks of a later time. A record without a date says nothing of that.
pub(super) fn is_out_of_time(record: &v1::Record, currency: &str) -> bool {
    let mut dates = [&record.occurred, &record.documented, &record.reported].into_iter();
    let date = dates.find(|date| !date.is_empty());
    let earliest = date.and_then(|date| Some(Edtf::parse(date).ok()?.bounds().earliest));
    match (earliest, currency::withdrawn(currency)) {
        (Some(Bound::Date(date)), Some(year)) => date.year > year,
        _ => false,
    }
}

pub(super) fn check_lang_string(text: &v1::LangString, path: &str, problems: &mut Vec<Problem>) {
    if text.lang.is_empty() {
        let fix = "Name the language, such as en";
        problems.push(codes::LANG.at(join(path, "lang"), "", fix));
    }
    if text.text.is_empty() {
        problems.push(codes::EMPTY.at(join(path, "text"), "", "Fill it, or leave it out"));
    }
}

/// One calendar day in the plainest spelling of EDTF.
pub(super) fn is_day(text: &str) -> bool {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shape && Edtf::parse(text).is_ok()
}

fn is_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let plain = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\\' | '`');
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !text.contains(plain))
}

fn is_offset(text: &str) -> bool {
    text.strip_prefix(['+', '-'])
        .is_some_and(|time| is_time(time) && time <= "14:00")
        && text != "-00:00"
}

fn is_time(text: &str) -> bool {
    let two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(':').is_some_and(|(hours, minutes)| {
        two(hours) && two(minutes) && hours <= "23" && minutes <= "59"
    })
}

fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$&-^_.+".contains(&byte)
            })
    };
    text.split_once('/')
        .is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

/// A plain name: no folder, nothing that names a folder, nothing that a shell or another system reads differently.
fn is_file_name(text: &str) -> bool {
    text != "." && text != ".." && !text.contains(['/', '\\', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_accept_what_they_name_and_nothing_near_it() {
        assert!(is_day("2024-02-29") && !is_day("2023-02-29") && !is_day("2024-02"));
        assert!(is_url("https://a.example/b?c=d") && !is_url("ftp://a") && !is_url("https://a b"));
        assert!(is_offset("+02:00") && !is_offset("+15:00") && !is_offset("02:00"));
        assert!(is_time("23:59") && !is_time("24:00") && !is_time("7:30"));
        assert!(is_media_type("image/jpeg") && !is_media_type("image") && !is_media_type("/x"));
        assert!(is_file_name("photo-1.jpg") && !is_file_name("a/b") && !is_file_name(".."));
    }
}
