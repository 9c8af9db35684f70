//! What the headers of a table mean: the path of a field, a short name, or something that is not imported.

use std::collections::HashMap;

use witnessmark_record::{Problem, RecordKind};

use crate::problem::{COLUMN, IGNORED};
use crate::schema::{Leaf, Shape, resolve};
use crate::sheet::{Cell, letters};

/// The header by which an exported table is known: its other columns that are no paths were made, not recorded.
const EXPORT_MARK: &str = "record_id";

/// A short name, the path it means, and a field that follows from it with its value.
type Alias = (
    &'static str,
    &'static str,
    Option<(&'static str, &'static str)>,
);

/// Short names: where they lead, and a field that follows from them.
const ALIASES: &[Alias] = &[
    ("lat", "place.point.lat_e7", None),
    ("latitude", "place.point.lat_e7", None),
    ("lon", "place.point.lon_e7", None),
    ("lng", "place.point.lon_e7", None),
    ("longitude", "place.point.lon_e7", None),
    ("uncertainty_m", "place.point.uncertainty_m", None),
    ("point_basis", "place.point.basis", None),
    ("country", "place.country", None),
    ("region", "place.region", None),
    ("locality", "place.locality", None),
    ("asserted_by", "asserted_by.name", None),
    ("asserted_by_type", "asserted_by.type", None),
    ("asserted_by_code", "asserted_by.code", None),
    ("asserted_by_country", "asserted_by.country", None),
    ("date", "occurred", None),
    ("source", "sources[0].publisher", None),
    ("source_url", "sources[0].url", None),
    ("source_date", "sources[0].date", None),
    ("tlp", "marking.tlp", None),
    // Places near the end, so that they never meet one that a column names.
    (
        "case_no",
        "refs[990].value",
        Some(("refs[990].scheme", "case")),
    ),
    (
        "exhibit_no",
        "refs[991].value",
        Some(("refs[991].scheme", "exhibit")),
    ),
];

/// Short names that lead to degrees.
const DEGREES: [&str; 5] = ["lat", "latitude", "lon", "lng", "longitude"];

/// The first place in a list of texts by language that `title`, `title_uk` and so on take.
const LANGUAGES_FROM: u32 = 900;

/// What to do with the cells of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// They are values of a field.
    Field(Leaf),
    /// They are degrees, and the field holds units of 1e-7 degree.
    Degrees(Leaf),
    /// They are not imported.
    Ignored,
    /// There is no header, so they must be empty.
    Nameless,
}

/// The language that comes with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Also {
    /// Nothing.
    Nothing,
    /// This value for this field.
    Value(Leaf, String),
    /// The language of the row for this field.
    RowLanguage(Leaf),
}

/// One column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) letters: String,
    pub(crate) header: String,
    pub(crate) target: Target,
    pub(crate) also: Also,
}

/// The columns of a header row, and what is to be said about each, by its place.
pub(crate) fn columns(
    cells: &[Cell],
    kind: Option<RecordKind>,
) -> (Vec<Column>, Vec<(usize, Problem)>) {
    let headers: Vec<String> = cells.iter().map(header).collect();
    let is_export = headers.iter().any(|header| header == EXPORT_MARK);
    let mut columns: Vec<Column> = Vec::new();
    let mut problems = Vec::new();
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut languages = LANGUAGES_FROM;
    for (at, header) in headers.into_iter().enumerate() {
        let found = if header.is_empty() {
            Ok((Target::Nameless, Also::Nothing))
        } else if header.starts_with('#') {
            Ok((Target::Ignored, Also::Nothing))
        } else if is_export {
            Ok((exported(&header), Also::Nothing))
        } else {
            lookup(&header, kind, &mut languages)
        };
        let (target, also) = found.unwrap_or_else(|fix| {
            problems.push((at, COLUMN.at("", &header, fix)));
            (Target::Ignored, Also::Nothing)
        });
        match &target {
            Target::Field(leaf) | Target::Degrees(leaf) => {
                if let Some(first) = taken.insert(leaf.path(), at) {
                    let first = letters(first);
                    let fix = format!("Column {first} is the same field: keep one of the two");
                    problems.push((at, COLUMN.at("", &header, fix)));
                }
            }
            Target::Ignored if problems.last().is_none_or(|(last, _)| *last != at) => {
                let fix = "Its cells are not imported: the column is a remark, or the ledger's";
                problems.push((at, IGNORED.at("", &header, fix)));
            }
            Target::Ignored | Target::Nameless => {}
        }
        columns.push(Column {
            letters: letters(at),
            header,
            target,
            also,
        });
    }
    (columns, problems)
}

fn header(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.trim().to_owned(),
        Cell::Empty => String::new(),
        Cell::Number(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Date(text) | Cell::Time(text) | Cell::Bad(text) => text.clone(),
        Cell::Formula(text) => format!("={text}"),
    }
}

/// In an exported table only full paths are read.
fn exported(header: &str) -> Target {
    match resolve(header) {
        Ok(leaf) if leaf.path() == header => Target::Field(leaf),
        _ => Target::Ignored,
    }
}

fn lookup(
    header: &str,
    kind: Option<RecordKind>,
    languages: &mut u32,
) -> Result<(Target, Also), String> {
    let plain = header.to_lowercase().replace([' ', '-'], "_");
    if let Some(found) = alias(&plain) {
        return found;
    }
    if let Some(found) = by_language(header, &plain, languages) {
        return found;
    }
    let mut advice = Vec::new();
    for name in [header, plain.as_str()] {
        let inside = kind.map(|kind| format!("{}.{name}", kind.field()));
        for path in std::iter::once(name.to_owned()).chain(inside) {
            match resolve(&path) {
                Ok(leaf) => return Ok((Target::Field(leaf), Also::Nothing)),
                Err(fix) => advice.push(fix),
            }
        }
    }
    let near = advice.iter().position(|fix| !fix.starts_with("Known are"));
    Err(near.map_or_else(
        || {
            "No field has this name: `import template KIND` lists them; a # before a header makes it a remark"
                .to_owned()
        },
        |at| advice.swap_remove(at),
    ))
}

fn alias(name: &str) -> Option<Result<(Target, Also), String>> {
    let (_, path, also) = ALIASES.iter().find(|(known, ..)| *known == name)?;
    Some(resolve(path).and_then(|leaf| {
        let also = match also {
            Some((path, value)) => Also::Value(resolve(path)?, (*value).to_owned()),
            None => Also::Nothing,
        };
        let target = if DEGREES.contains(&name) && leaf.shape == Shape::Whole {
            Target::Degrees(leaf)
        } else {
            Target::Field(leaf)
        };
        Ok((target, also))
    }))
}

/// `title`, `title_uk`, `summary`, `summary_en` and so on. The tag of a language keeps its letters as they are written.
fn by_language(
    header: &str,
    plain: &str,
    languages: &mut u32,
) -> Option<Result<(Target, Also), String>> {
    let (name, list) = [("title", "titles"), ("summary", "summaries")]
        .into_iter()
        .find(|(name, _)| plain == *name || plain.starts_with(&format!("{name}_")))?;
    let language = header.get(name.len() + 1..).unwrap_or_default();
    let place = format!("{list}[{languages}]");
    *languages += 1;
    let both = resolve(&format!("{place}.text"))
        .and_then(|text| resolve(&format!("{place}.lang")).map(|lang| (text, lang)));
    Some(both.map(|(text, lang)| {
        let also = if language.is_empty() {
            Also::RowLanguage(lang)
        } else {
            Also::Value(lang, language.to_owned())
        };
        (Target::Field(text), also)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&str]) -> (Vec<String>, Vec<(usize, Problem)>) {
        let cells: Vec<Cell> = headers
            .iter()
            .map(|header| Cell::Text((*header).to_owned()))
            .collect();
        let (columns, problems) = columns(&cells, Some(RecordKind::StrikeEvent));
        let shown = columns.iter().map(|column| match &column.target {
            Target::Field(leaf) => leaf.path(),
            Target::Degrees(leaf) => format!("degrees {}", leaf.path()),
            Target::Ignored => "ignored".to_owned(),
            Target::Nameless => "nameless".to_owned(),
        });
        (shown.collect(), problems)
    }

    #[test]
    fn every_short_name_leads_to_a_field() {
        for (name, ..) in ALIASES {
            assert!(alias(name).unwrap().is_ok(), "{name}");
        }
    }

    #[test]
    fn headers_are_paths_fields_of_the_kind_and_short_names() {
        let (shown, problems) = read(&[
            "Lat",
            "occurred",
            "Event Class",
            "title",
            "title_uk-Cyrl",
            "links.rel",
            "#mine",
            "",
            "Exhibit no",
        ]);
        assert_eq!(
            shown,
            [
                "degrees place.point.lat_e7",
                "occurred",
                "strike_event.event_class",
                "titles[900].text",
                "titles[901].text",
                "links[0].rel",
                "ignored",
                "nameless",
                "refs[991].value",
            ]
        );
        let codes: Vec<_> = problems.iter().map(|(at, it)| (*at, it.code)).collect();
        assert_eq!(codes, [(6, "N-TABLE-IGNORED")]);
    }

    #[test]
    fn a_wrong_header_is_named_with_what_was_meant() {
        let (_, problems) = read(&["ocurred", "lat", "latitude", "place", "zzzz", "weapon_clas"]);
        let said: Vec<_> = problems
            .iter()
            .map(|(at, it)| (*at, it.fix.as_str()))
            .collect();
        assert_eq!(said[0], (0, "Did you mean occurred?"));
        assert_eq!(said[1].0, 2);
        assert!(said[1].1.contains("Column B"));
        assert!(said[2].1.contains("group of fields"));
        assert!(said[3].1.contains("import template"));
        assert_eq!(said[4], (5, "Did you mean weapon_class?"));
        assert!(problems.iter().all(|(_, it)| it.code == "E-TABLE-COLUMN"));
    }

    #[test]
    fn of_an_exported_table_only_full_paths_are_read() {
        let (shown, problems) = read(&["record_id", "title", "lat", "occurred", "titles[0].text"]);
        assert_eq!(
            shown,
            [
                "ignored",
                "ignored",
                "ignored",
                "occurred",
                "titles[0].text"
            ]
        );
        assert!(problems.iter().all(|(_, it)| it.code == "N-TABLE-IGNORED"));
    }
}
