//! Records as a table: one row each, a stable id first, then what people look for, then every field by its path.

use std::collections::BTreeMap;

use edtf_core::{Bound, Edtf};
use serde_json::{Value as Json, json};
use witnessmark_record::{RecordKind, to_json, v1};

use crate::case::Graph;
use crate::flatten::{Order, flatten, text};
use crate::guard::guard;
use crate::{degrees, geojson, schema};

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CSV of RFC 4180, every text in quotation marks and guarded against formulas.
    Csv,
    /// `GeoJSON` of RFC 7946.
    GeoJson,
    /// One JSON object a line, with the record in the form that drafts have.
    JsonLines,
    /// JSON-LD in the terms of CASE and UCO 1.4.0.
    Case,
}

/// Where the records come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The name of the ledger.
    pub ledger: String,
    /// The size at which it was read: the standing of each record is as of this size.
    pub size: u64,
}

/// What other records of the same ledger say of the standing of a record, by their ids. A record never changes: its row shows it
/// as it was signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Those of its own organisation that withdraw it.
    pub withdrawn_by: Vec<String>,
    /// Those of its own organisation that supersede it.
    pub superseded_by: Vec<String>,
    /// Those of its own organisation that correct it.
    pub corrected_by: Vec<String>,
    /// Those of anybody that contradict it.
    pub contradicted_by: Vec<String>,
    /// For a step of custody: the steps just before it, where their order can be told.
    pub custody_after: Vec<String>,
}

impl Standing {
    /// What its own organisation made of it, in a word; the gravest when there are several.
    const fn word(&self) -> &'static str {
        if !self.withdrawn_by.is_empty() {
            "withdrawn"
        } else if !self.superseded_by.is_empty() {
            "superseded"
        } else if !self.corrected_by.is_empty() {
            "corrected"
        } else {
            "unchanged"
        }
    }

    /// The lists, each with its column.
    const fn lists(&self) -> [(&'static str, &Vec<String>); 4] {
        [
            ("withdrawn_by", &self.withdrawn_by),
            ("superseded_by", &self.superseded_by),
            ("corrected_by", &self.corrected_by),
            ("contradicted_by", &self.contradicted_by),
        ]
    }
}

/// A record of a ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportRow {
    /// Its id, in hexadecimal digits.
    pub record_id: String,
    /// Its index in the log.
    pub index: u64,
    /// When the ledger registered it, in the form of RFC 3339.
    pub registered_at: String,
    /// What it says.
    pub record: v1::Record,
    /// What others say of its standing.
    pub standing: Standing,
}

/// Columns that are neither made nor the path of a field, each with what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownColumns(pub Vec<(String, String)>);

/// The columns that are always there, in their order.
const MADE: [&str; 28] = [
    "record_id",
    "index",
    "address",
    "registered_at",
    "status",
    "withdrawn_by",
    "superseded_by",
    "corrected_by",
    "contradicted_by",
    "as_of_size",
    "org",
    "asserted_by",
    "kind",
    "title",
    "occurred",
    "occurred_earliest",
    "occurred_latest",
    "documented",
    "documented_earliest",
    "documented_latest",
    "reported",
    "reported_earliest",
    "reported_latest",
    "lat",
    "lon",
    "uncertainty_m",
    "place",
    "sources",
];

/// The last of them.
const LINKS: &str = "links";

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A text that somebody wrote.
    Text(String),
    /// A decimal number that this program wrote.
    Number(String),
}

/// Writes records in one format, piece by piece: [`observe`](Self::observe) all, then [`begin`](Self::begin), each
/// [`row`](Self::row), and [`end`](Self::end).
#[derive(Clone, Debug)]
pub struct Export {
    format: Format,
    bom: bool,
    chosen: Option<Vec<String>>,
    paths: BTreeMap<Order, String>,
    rows: u64,
    origin: Origin,
    graph: Graph,
}

impl Export {
    /// An export with all columns, or with the chosen ones in their order. `bom` puts a byte order mark before CSV, by
    /// which some spreadsheet programs know UTF-8. CASE has no columns.
    ///
    /// # Errors
    ///
    /// The chosen columns that do not exist.
    pub fn new(
        format: Format,
        chosen: Option<Vec<String>>,
        bom: bool,
    ) -> Result<Self, UnknownColumns> {
        let unknown: Vec<_> = chosen
            .iter()
            .flatten()
            .filter(|name| !is_made(name))
            .filter_map(|name| match schema::resolve(name) {
                Ok(leaf) if leaf.path() == *name => None,
                Ok(leaf) => Some((name.clone(), format!("Write {}", leaf.path()))),
                Err(fix) => Some((name.clone(), fix)),
            })
            .collect();
        if !unknown.is_empty() {
            return Err(UnknownColumns(unknown));
        }
        Ok(Self {
            format,
            bom: bom && format == Format::Csv,
            chosen,
            paths: BTreeMap::new(),
            rows: 0,
            origin: Origin::default(),
            graph: Graph::default(),
        })
    }

    /// The same, with where the records come from.
    #[must_use]
    pub fn of(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// Takes note of the columns that a record needs.
    pub fn observe(&mut self, record: &v1::Record) {
        if self.chosen.is_none() && matches!(self.format, Format::Csv | Format::GeoJson) {
            for flat in flatten(record) {
                if !is_made(&flat.path) {
                    self.paths.insert(flat.order, flat.path);
                }
            }
        }
    }

    /// The names of the columns.
    pub fn columns(&self) -> Vec<String> {
        if let Some(chosen) = &self.chosen {
            return chosen.clone();
        }
        let made = MADE.into_iter().chain([LINKS]).map(str::to_owned);
        made.chain(self.paths.values().cloned()).collect()
    }

    /// How many rows were written.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// What comes before the rows.
    pub fn begin(&self) -> String {
        match self.format {
            Format::Csv => {
                let mark = if self.bom { "\u{feff}" } else { "" };
                let header = self.columns().into_iter().map(Value::Text).map(Some);
                format!("{mark}{}", csv_row(header))
            }
            Format::GeoJson => geojson::BEGIN.to_owned(),
            Format::JsonLines => String::new(),
            Format::Case => Graph::begin(),
        }
    }

    /// One record.
    pub fn row(&mut self, row: &ExportRow) -> String {
        let is_first = self.rows == 0;
        self.rows += 1;
        match self.format {
            Format::Csv => {
                let mut values = self.values(row);
                csv_row(self.columns().iter().map(|name| values.remove(name)))
            }
            Format::GeoJson => geojson::feature(row, &self.properties(row), is_first),
            Format::JsonLines if self.chosen.is_some() => {
                format!("{}\n", geojson::object(&self.properties(row)))
            }
            Format::JsonLines => format!("{}\n", self.line(row)),
            Format::Case => self.graph.record(row),
        }
    }

    /// A record as an object: what stands in the table, then the record itself.
    fn line(&self, row: &ExportRow) -> Json {
        let mut line = json!({
            "record_id": row.record_id,
            "index": row.index,
            "address": self.address(row),
            "registered_at": row.registered_at,
            "status": row.standing.word(),
            "as_of_size": self.origin.size,
            "record": to_json(&row.record),
        });
        if let Json::Object(members) = &mut line {
            for (name, ids) in row.standing.lists() {
                members.insert(name.to_owned(), json!(ids));
            }
        }
        line
    }

    /// Where a record stands: the ledger and the index in it.
    fn address(&self, row: &ExportRow) -> String {
        format!("{}#{}", self.origin.ledger, row.index)
    }

    /// What comes after the rows.
    pub fn end(&mut self) -> String {
        match self.format {
            Format::GeoJson => geojson::END.to_owned(),
            Format::Case => self.graph.end(&self.origin.ledger, self.origin.size),
            Format::Csv | Format::JsonLines => String::new(),
        }
    }

    /// The columns that hold something, in their order.
    fn properties(&self, row: &ExportRow) -> Vec<(String, Value)> {
        let mut values = self.values(row);
        let columns = self.columns().into_iter();
        columns
            .filter_map(|name| values.remove(&name).map(|value| (name, value)))
            .collect()
    }

    /// Every column of a row that holds something.
    fn values(&self, row: &ExportRow) -> BTreeMap<String, Value> {
        let mut values = record_values(row);
        let mut put = |name: &str, value| values.insert(name.to_owned(), value);
        put("address", Value::Text(self.address(row)));
        put("status", Value::Text(row.standing.word().to_owned()));
        put("as_of_size", Value::Number(self.origin.size.to_string()));
        for (name, ids) in row.standing.lists() {
            if !ids.is_empty() {
                put(name, Value::Text(ids.join(" | ")));
            }
        }
        values
    }
}

fn is_made(name: &str) -> bool {
    MADE.contains(&name) || name == LINKS
}

/// Every column that the record itself fills.
fn record_values(row: &ExportRow) -> BTreeMap<String, Value> {
    let record = &row.record;
    let mut values = BTreeMap::new();
    for flat in flatten(record) {
        let value = match &flat.value {
            Json::Number(number) => Value::Number(number.to_string()),
            Json::Null | Json::Bool(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => {
                Value::Text(text(&flat.value))
            }
        };
        values.insert(flat.path, value);
    }
    let mut put = |name: &str, value: Value| {
        let (Value::Text(text) | Value::Number(text)) = &value;
        if !text.is_empty() {
            values.insert(name.to_owned(), value);
        }
    };
    put("record_id", Value::Text(row.record_id.clone()));
    put("index", Value::Number(row.index.to_string()));
    put("registered_at", Value::Text(row.registered_at.clone()));
    let by = record.asserted_by.as_ref();
    put(
        "asserted_by",
        Value::Text(by.map_or_else(String::new, |by| by.name.clone())),
    );
    let kind = record.body.as_ref().map(RecordKind::of);
    let kind = kind.map_or("", RecordKind::word).to_owned();
    put("kind", Value::Text(kind));
    let title = record.titles.first();
    put(
        "title",
        Value::Text(title.map_or_else(String::new, |title| title.text.clone())),
    );
    for (name, day) in days(record) {
        put(&name, Value::Text(day));
    }
    if let Some(place) = &record.place {
        put("place", Value::Text(place_line(place)));
        if let Some(point) = &place.point {
            put("lat", Value::Number(degrees::show(point.lat_e7)));
            put("lon", Value::Number(degrees::show(point.lon_e7)));
            put(
                "uncertainty_m",
                Value::Number(point.uncertainty_m.to_string()),
            );
        }
    }
    let sources: Vec<String> = record.sources.iter().map(source_line).collect();
    put("sources", Value::Text(sources.join(" | ")));
    let at = |at: usize, field: &str| format!("links[{at}].{field}");
    let links: Vec<String> = (0..record.links.len())
        .map(|link| {
            let part = |field| match values.get(&at(link, field)) {
                Some(Value::Text(text) | Value::Number(text)) => text.as_str(),
                None => "",
            };
            format!("{} {}", part("rel"), part("target"))
        })
        .collect();
    if !links.is_empty() {
        values.insert(LINKS.to_owned(), Value::Text(links.join(" | ")));
    }
    values
}

/// The earliest and the latest day of each date.
fn days(record: &v1::Record) -> Vec<(String, String)> {
    let dates = [
        ("occurred", &record.occurred),
        ("documented", &record.documented),
        ("reported", &record.reported),
    ];
    let mut days = Vec::new();
    for (name, date) in dates {
        if let Ok(date) = Edtf::parse(date) {
            let bounds = date.bounds();
            for (end, bound) in [("earliest", bounds.earliest), ("latest", bounds.latest)] {
                if let Bound::Date(day) = bound {
                    days.push((format!("{name}_{end}"), day.to_string()));
                }
            }
        }
    }
    days
}

fn place_line(place: &v1::Place) -> String {
    let parts = [
        &place.detail,
        &place.locality,
        &place.admin1,
        &place.region,
        &place.country,
    ];
    let parts: Vec<&str> = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(String::as_str)
        .collect();
    parts.join(", ")
}

fn source_line(source: &v1::Source) -> String {
    let parts = [&source.publisher, &source.date, &source.url];
    let parts: Vec<&str> = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(String::as_str)
        .collect();
    parts.join(", ")
}

/// A row of CSV. Texts stand in quotation marks always, so that a delimiter within one never becomes a cell, whatever the
/// program that opens the file takes for one.
pub(crate) fn csv_row(cells: impl Iterator<Item = Option<Value>>) -> String {
    let cells = cells.map(|cell| match cell {
        Some(Value::Text(text)) => format!("\"{}\"", guard(&text).replace('"', "\"\"")),
        Some(Value::Number(number)) => number,
        None => String::new(),
    });
    let cells: Vec<String> = cells.collect();
    format!("{}\r\n", cells.join(","))
}
