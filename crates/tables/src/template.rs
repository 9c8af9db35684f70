//! The table to begin with: a header with an example below it, and a list of all columns with what they mean.

use prost_reflect::{Kind, MessageDescriptor};
use witnessmark_record::{Format, RecordKind, v1};

use crate::degrees;
use crate::export::{Value, csv_row};
use crate::flatten::{flatten, text};
use crate::schema::{self, Shape};

/// How deep groups within groups are listed; deeper ones are rare and are written in drafts.
const DEPTH_MAX: usize = 4;

/// What the signing device fills in, and what stands in no table.
const NOT_IN_TABLES: [&str; 9] = [
    "org",
    "origin",
    "device_seq",
    "previous",
    "signed_at_ms",
    "protected",
    "schema",
    "thread_id",
    "seen",
];

/// A table to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// CSV: a header and an example.
    pub table: String,
    /// CSV: each column that there can be, what it holds, and what that means.
    pub columns: String,
}

/// The template of a kind, with `example` as its example.
pub fn template(kind: RecordKind, example: &v1::Record) -> Template {
    let mut header = Vec::new();
    let mut cells = Vec::new();
    for flat in flatten(example) {
        let top = flat.path.split(['.', '[']).next().unwrap_or_default();
        if NOT_IN_TABLES.contains(&top) || top == "attachments" {
            continue;
        }
        let units = flat
            .value
            .as_i64()
            .and_then(|units| i32::try_from(units).ok());
        let (name, value) = match (flat.path.as_str(), units) {
            ("place.point.lat_e7", Some(units)) => ("lat".to_owned(), degrees::show(units)),
            ("place.point.lon_e7", Some(units)) => ("lon".to_owned(), degrees::show(units)),
            _ => (flat.path, text(&flat.value)),
        };
        header.push(name);
        cells.push(value);
    }
    let rows = [header, cells].map(|cells| csv_row(cells.into_iter().map(Value::Text).map(Some)));
    Template {
        table: rows.concat(),
        columns: columns(kind),
    }
}

fn columns(kind: RecordKind) -> String {
    let mut page = row(["column", "holds", "meaning"]);
    for (name, holds, meaning) in [
        (
            "title",
            "text",
            "The title. title_uk is the title in Ukrainian, and so on for every language; summary likewise",
        ),
        ("lat", "decimal degrees", "Latitude, negative in the south"),
        ("lon", "decimal degrees", "Longitude, negative in the west"),
        ("case_no", "text", "The number of the case"),
        ("exhibit_no", "text", "The number of the exhibit"),
        (
            "# ...",
            "anything",
            "A column whose header begins with # is a remark and is not imported",
        ),
    ] {
        page.push_str(&row([name, holds, meaning]));
    }
    list(schema::record(), kind, "", 0, &mut page);
    page
}

fn list(
    message: &MessageDescriptor,
    kind: RecordKind,
    path: &str,
    depth: usize,
    page: &mut String,
) {
    for field in message.fields() {
        let is_other_body = depth == 0
            && RecordKind::ALL
                .into_iter()
                .any(|other| other != kind && other.field() == field.name());
        let is_absent = depth == 0 && NOT_IN_TABLES.contains(&field.name());
        if is_other_body || is_absent || depth > DEPTH_MAX {
            continue;
        }
        let dot = if path.is_empty() { "" } else { "." };
        let place = if field.is_list() { "[0]" } else { "" };
        let path = format!("{path}{dot}{}{place}", field.name());
        if let Kind::Message(inner) = field.kind() {
            list(&inner, kind, &path, depth + 1, page);
        } else if let Some(shape) = schema::shape(&field) {
            let holds = holds(&shape, field.full_name());
            page.push_str(&row([&path, &holds, schema::comment(field.full_name())]));
        }
    }
}

fn row(cells: [&str; 3]) -> String {
    let cells = cells.map(|cell| Some(Value::Text(cell.to_owned())));
    csv_row(cells.into_iter())
}

/// What stands in the cells of a column, in words.
fn holds(shape: &Shape, full_name: &str) -> String {
    let holds = match shape {
        Shape::Word => return format!("one of: {}", schema::words(full_name).join(", ")),
        Shape::Whole => "whole number",
        Shape::Flag => "yes or no",
        Shape::Bytes => "hexadecimal digits",
        Shape::Text(Format::Edtf) => {
            "date (EDTF): 2024-01-02, 2024-01, 2024-01~, 2013-07-10/2013-07-16"
        }
        Shape::Text(Format::Day) => "day: 2026-01-31",
        Shape::Text(Format::LocalTime) => "time of day: 07:30",
        Shape::Text(Format::Decimal) => "decimal number",
        Shape::Text(Format::Country) => "country: UA",
        Shape::Text(Format::Language) => "language: en, uk",
        Shape::Text(Format::Script) => "script: Cyrl, Hang",
        Shape::Text(Format::Url) => "address: https://...",
        Shape::Text(_) => "text",
    };
    holds.to_owned()
}
