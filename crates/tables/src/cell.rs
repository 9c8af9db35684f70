//! From a cell to the value of a field: what spreadsheets do to texts, dates and numbers is undone where that is certain,
//! said where it is not, and refused where something was lost.

use calamine::{ExcelDateTime, ExcelDateTimeType};
use serde_json::{Number, Value as Json};
use witnessmark_record::{Format, Problem};

use crate::degrees;
use crate::problem::{CELL, DATE, DATE_CONVERTED, DEGREES, NUMBER, ROUNDED, SPACE, record_problem};
use crate::schema::Shape;
use crate::sheet::Cell;

/// Spreadsheets keep fifteen digits of a number.
const EXACT_MAX: f64 = 1e15;

/// The days that a bare number in a date column is likely to mean: 1927 to 2119.
const SERIALS: std::ops::RangeInclusive<u32> = 10_000..=80_000;

/// The value of a cell, unless it is empty or wrong, and what there is to say about it.
#[derive(Debug, Default)]
pub(crate) struct Converted {
    pub(crate) value: Option<Json>,
    pub(crate) problems: Vec<Problem>,
}

impl Converted {
    fn good(value: impl Into<Json>) -> Self {
        Self {
            value: Some(value.into()),
            problems: Vec::new(),
        }
    }

    fn wrong(problem: Problem) -> Self {
        Self {
            value: None,
            problems: vec![problem],
        }
    }

    fn but(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        self
    }
}

/// The value of a field of this shape.
pub(crate) fn convert(cell: &Cell, shape: &Shape, path: &str, from_1904: bool) -> Converted {
    if let Some(refused) = unusable(cell, path) {
        return refused;
    }
    if cell.is_blank() {
        return Converted::default();
    }
    match shape {
        Shape::Text(format) => text(cell, *format, path, from_1904),
        Shape::Word => Converted::good(word(&plain(cell))),
        Shape::Bytes => Converted::good(plain(cell).to_ascii_lowercase()),
        Shape::Whole => whole(&plain(cell)),
        Shape::Flag => flag(cell),
    }
}

/// The value of a field in units of 1e-7 degree, from degrees.
pub(crate) fn convert_degrees(cell: &Cell, path: &str) -> Converted {
    if let Some(refused) = unusable(cell, path) {
        return refused;
    }
    if cell.is_blank() {
        return Converted::default();
    }
    let text = plain(cell);
    let is_number = matches!(cell, Cell::Text(_) | Cell::Number(_));
    let Some(read) = degrees::parse(&text).filter(|_| is_number) else {
        let fix = "Write decimal degrees such as 50.4501 or -73.98; convert degrees, minutes and seconds first";
        return Converted::wrong(DEGREES.at(path, text, fix));
    };
    let Ok(units) = i32::try_from(read.units) else {
        let fix = "Write latitude from -90 to 90 and longitude from -180 to 180";
        return Converted::wrong(record_problem("E-COORD-RANGE", path, &text, fix));
    };
    let converted = Converted::good(units);
    if read.rounded {
        let fix = format!("It is written as {}", degrees::show(units));
        return converted.but(ROUNDED.at(path, text, fix));
    }
    converted
}

fn unusable(cell: &Cell, path: &str) -> Option<Converted> {
    let (value, fix) = match cell {
        Cell::Formula(formula) => (
            format!("={formula}"),
            "Copy the cell and paste it as a value, so that it is the same tomorrow",
        ),
        Cell::Bad(what) => (what.clone(), "Correct the cell, or empty it"),
        Cell::Empty
        | Cell::Text(_)
        | Cell::Number(_)
        | Cell::Flag(_)
        | Cell::Date(_)
        | Cell::Time(_) => {
            return None;
        }
    };
    Some(Converted::wrong(CELL.at(path, value, fix)))
}

/// A cell as text, without the space around it.
fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.trim().to_owned(),
        Cell::Number(number) => number_text(*number),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Date(text) | Cell::Time(text) | Cell::Formula(text) | Cell::Bad(text) => text.clone(),
    }
}

/// The shortest decimal that is this number, without an exponent.
fn number_text(number: f64) -> String {
    format!("{number}")
}

fn word(text: &str) -> String {
    text.to_lowercase().replace([' ', '-'], "_")
}

fn whole(text: &str) -> Converted {
    let number = text.parse::<u64>().map(Number::from);
    let number = number.or_else(|_| text.parse::<i64>().map(Number::from));
    match number {
        Ok(number) => Converted::good(Json::Number(number)),
        // Reading the draft says what is wrong with it.
        Err(_) => Converted::good(text),
    }
}

fn flag(cell: &Cell) -> Converted {
    let text = plain(cell).to_lowercase();
    match text.as_str() {
        "true" | "yes" | "1" => Converted::good(true),
        "false" | "no" | "0" => Converted::good(false),
        _ => Converted::good(text),
    }
}

fn text(cell: &Cell, format: Format, path: &str, from_1904: bool) -> Converted {
    let is_date = matches!(format, Format::Edtf | Format::Day);
    match cell {
        Cell::Text(text) if is_date => typed_date(text.trim(), path, from_1904),
        Cell::Number(number) if is_date => numeric_date(*number, path, from_1904),
        Cell::Date(date) if is_date => {
            let fix = "It is written as this day; for an uncertain date make the column a text column and write EDTF, such as 2024-01~";
            Converted::good(date.as_str()).but(DATE_CONVERTED.at(path, date, fix))
        }
        Cell::Time(time) if format == Format::LocalTime => Converted::good(time.as_str())
            .but(DATE_CONVERTED.at(path, time, "It is written as this time of day")),
        Cell::Date(made) | Cell::Time(made) => {
            let fix = "The spreadsheet took the text for a date, and what was typed is lost: make the column a text column and type it again";
            Converted::wrong(CELL.at(path, made, fix))
        }
        Cell::Flag(flag) => {
            let fix = "The spreadsheet took the text for a truth value: make the column a text column and type it again";
            Converted::wrong(CELL.at(path, flag.to_string(), fix))
        }
        Cell::Number(number) => number_as_text(*number, format, path),
        Cell::Text(text) => typed(text, format, path),
        Cell::Empty | Cell::Formula(_) | Cell::Bad(_) => Converted::default(),
    }
}

/// A text of a cell, unchanged.
fn typed(text: &str, format: Format, path: &str) -> Converted {
    let converted = Converted::good(text);
    if text.trim() != text {
        let fix = "Take the space away if it is not part of what was seen";
        return converted.but(SPACE.at(path, format!("\"{text}\""), fix));
    }
    if format != Format::Decimal && is_scientific(text) {
        let fix = "A spreadsheet has shortened a long number: type it again in a text column";
        return converted.but(NUMBER.at(path, text, fix));
    }
    converted
}

/// `1.23457E+15`, as spreadsheets write numbers with many digits into CSV.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once("E+") else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(exponent) && digits(&mantissa.replacen(['.', ','], "", 1))
}

fn number_as_text(number: f64, format: Format, path: &str) -> Converted {
    let text = number_text(number);
    if number.abs() >= EXACT_MAX {
        let fix = "A spreadsheet keeps fifteen digits of a number: make the column a text column and type it again";
        return Converted::wrong(CELL.at(path, text, fix));
    }
    let converted = Converted::good(text.as_str());
    if matches!(format, Format::Decimal | Format::Percent) {
        return converted;
    }
    let fix =
        "Leading zeros are gone if there were any: compare, and make the column a text column";
    converted.but(NUMBER.at(path, text, fix))
}

fn typed_date(text: &str, path: &str, from_1904: bool) -> Converted {
    match text.parse::<u32>() {
        Ok(serial) if text.len() == 5 && SERIALS.contains(&serial) => {
            Converted::wrong(serial_problem(f64::from(serial), text, path, from_1904))
        }
        _ => Converted::good(text),
    }
}

/// A number in a date column: a year, or a day that lost its format.
fn numeric_date(number: f64, path: &str, from_1904: bool) -> Converted {
    let text = number_text(number);
    if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Converted::good(text);
    }
    Converted::wrong(serial_problem(number, &text, path, from_1904))
}

fn serial_problem(number: f64, text: &str, path: &str, from_1904: bool) -> Problem {
    let (year, month, day, ..) =
        ExcelDateTime::new(number, ExcelDateTimeType::DateTime, from_1904).to_ymd_hms_milli();
    let fix = format!(
        "As the number of a day it would be {year:04}-{month:02}-{day:02}: write that as text, or give the cell a date format"
    );
    DATE.at(path, text, fix)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn codes(converted: &Converted) -> Vec<&'static str> {
        converted.problems.iter().map(|it| it.code).collect()
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "the cases of a test read better so"
    )]
    #[track_caller]
    fn gives(cell: Cell, shape: Shape, value: Json, said: &[&str]) {
        let converted = convert(&cell, &shape, "path", false);
        let value = (!value.is_null()).then_some(value);
        assert_eq!(
            (&converted.value, codes(&converted).as_slice()),
            (&value, said),
            "{cell:?}"
        );
    }

    fn text_of(format: Format) -> Shape {
        Shape::Text(format)
    }

    #[test]
    fn what_a_spreadsheet_makes_of_dates_is_undone_or_refused() {
        let (edtf, plain) = (text_of(Format::Edtf), text_of(Format::Unspecified));
        let date = |text: &str| Cell::Date(text.to_owned());
        gives(
            date("2024-01-02"),
            edtf.clone(),
            json!("2024-01-02"),
            &["N-TABLE-DATE"],
        );
        gives(Cell::Number(2024.0), edtf.clone(), json!("2024"), &[]);
        gives(
            Cell::Number(45_293.0),
            edtf.clone(),
            Json::Null,
            &["E-TABLE-DATE"],
        );
        gives(
            Cell::Text("45293".to_owned()),
            edtf.clone(),
            Json::Null,
            &["E-TABLE-DATE"],
        );
        gives(
            Cell::Text(" 2024-01~ ".to_owned()),
            edtf.clone(),
            json!("2024-01~"),
            &[],
        );
        gives(date("2024-02-01"), plain, Json::Null, &["E-TABLE-CELL"]);
        let said = convert(&Cell::Number(45_293.0), &edtf, "occurred", false);
        assert!(said.problems[0].fix.contains("2024-01-02"), "{said:?}");
        let said = convert(&Cell::Number(43_831.0), &edtf, "occurred", true);
        assert!(said.problems[0].fix.contains("2024-01-02"), "{said:?}");
        let time = Cell::Time("07:30".to_owned());
        gives(
            time,
            text_of(Format::LocalTime),
            json!("07:30"),
            &["N-TABLE-DATE"],
        );
    }

    #[test]
    fn a_number_that_was_a_text_is_said_and_one_that_lost_digits_is_refused() {
        let plain = text_of(Format::Unspecified);
        gives(
            Cell::Number(123.0),
            plain.clone(),
            json!("123"),
            &["W-TABLE-NUMBER"],
        );
        gives(
            Cell::Number(1.5e15),
            plain.clone(),
            Json::Null,
            &["E-TABLE-CELL"],
        );
        gives(
            Cell::Number(12.5),
            text_of(Format::Decimal),
            json!("12.5"),
            &[],
        );
        let short = Cell::Text("1.23457E+15".to_owned());
        gives(
            short,
            plain.clone(),
            json!("1.23457E+15"),
            &["W-TABLE-NUMBER"],
        );
        gives(
            Cell::Text("E+44".to_owned()),
            plain.clone(),
            json!("E+44"),
            &[],
        );
        gives(
            Cell::Text(" x".to_owned()),
            plain,
            json!(" x"),
            &["W-TABLE-SPACE"],
        );
    }

    #[test]
    fn formulas_and_errors_are_refused_wherever_they_stand() {
        for shape in [
            Shape::Whole,
            Shape::Word,
            Shape::Flag,
            text_of(Format::Edtf),
        ] {
            let formula = Cell::Formula("A1+1".to_owned());
            gives(formula, shape.clone(), Json::Null, &["E-TABLE-CELL"]);
            gives(
                Cell::Bad("#REF!".to_owned()),
                shape,
                Json::Null,
                &["E-TABLE-CELL"],
            );
        }
    }

    #[test]
    fn words_flags_and_numbers_are_understood_as_people_write_them() {
        gives(
            Cell::Text("One-way UAV ".to_owned()),
            Shape::Word,
            json!("one_way_uav"),
            &[],
        );
        gives(Cell::Text("Yes".to_owned()), Shape::Flag, json!(true), &[]);
        gives(Cell::Flag(false), Shape::Flag, json!(false), &[]);
        gives(Cell::Number(1000.0), Shape::Whole, json!(1000), &[]);
        gives(Cell::Text("-5".to_owned()), Shape::Whole, json!(-5), &[]);
        gives(
            Cell::Text("1.5".to_owned()),
            Shape::Whole,
            json!("1.5"),
            &[],
        );
        gives(Cell::Text("  ".to_owned()), Shape::Whole, Json::Null, &[]);
    }

    #[test]
    fn degrees_are_converted_exactly_or_said() {
        let convert = |text: &str| convert_degrees(&Cell::Text(text.to_owned()), "lat");
        assert_eq!(convert("50.4501").value, Some(json!(504_501_000)));
        assert_eq!(codes(&convert("50.45010001")), ["N-TABLE-ROUNDED"]);
        assert_eq!(codes(&convert("50\u{b0}27'")), ["E-TABLE-DEGREES"]);
        assert_eq!(codes(&convert("504.501")), ["E-COORD-RANGE"]);
        let number = convert_degrees(&Cell::Number(-0.1), "lon");
        assert_eq!(number.value, Some(json!(-1_000_000)));
    }
}
