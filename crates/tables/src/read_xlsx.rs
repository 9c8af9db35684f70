//! XLSX: every sheet of a workbook, cell by cell, with what its program makes of dates, formulas and errors left visible.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};

use crate::import::{Finding, Place};
use crate::limits::{CELLS_MAX, SHEET_COLUMNS_MAX};
use crate::problem::FORMAT;
use crate::sheet::{Cell, Row, Sheet, letters};

/// The sheets of a workbook in their order, also the hidden ones.
///
/// # Errors
///
/// When it is no XLSX file, is damaged or encrypted, or has more cells than fit.
pub fn read_xlsx(bytes: &[u8]) -> Result<Vec<Sheet>, Box<Finding>> {
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        let fix = "Save it as XLSX without a password";
        return Err(refuse("an encrypted or an old XLS file", fix));
    }
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let from_1904 = book.has_1904_epoch();
    let listed = book.sheets_metadata().to_vec();
    let mut sheets = Vec::new();
    let mut cells = 0_usize;
    for listed in listed {
        if listed.typ != SheetType::WorkSheet {
            continue;
        }
        let merged = book
            .merge_cells_by_sheet_name(&listed.name)
            .unwrap_or_default();
        let merged = merged.iter().map(|region| {
            let corner = |(row, column): (u32, u32)| {
                let column = usize::try_from(column).unwrap_or(usize::MAX);
                format!("{}{}", letters(column), u64::from(row) + 1)
            };
            format!("{}:{}", corner(region.start), corner(region.end))
        });
        let mut sheet = Sheet {
            name: Some(listed.name.clone()),
            hidden: listed.visible != SheetVisible::Visible,
            from_1904,
            merged: merged.collect(),
            ..Sheet::default()
        };
        fill(&mut book, &mut sheet, &listed.name, &mut cells)?;
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// Reads the cells one after the other: the dense table that a single far cell would make is never built.
fn fill(
    book: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &mut Sheet,
    name: &str,
    cells: &mut usize,
) -> Result<(), Box<Finding>> {
    let mut reader = book
        .worksheet_cells_reader(name)
        .map_err(|error| damaged(&error))?;
    let mut rows: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    while let Some(found) = reader
        .next_cell_with_formula_metadata()
        .map_err(|error| damaged(&error))?
    {
        let cell = if found.formula.is_some() {
            Cell::Formula(formula(found.formula))
        } else {
            value(found.value)
        };
        if cell.is_blank() {
            continue;
        }
        let (row, column) = found.pos;
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        let row = rows.entry(row).or_default();
        *cells += column.saturating_add(1).saturating_sub(row.len());
        if column >= SHEET_COLUMNS_MAX || *cells > CELLS_MAX {
            let fix = "Give the table in several files, and delete cells far beside it";
            return Err(refuse(&format!("more than {CELLS_MAX} cells"), fix));
        }
        if row.len() <= column {
            row.resize(column + 1, Cell::Empty);
        }
        if let Some(place) = row.get_mut(column) {
            *place = cell;
        }
    }
    let mut last = None;
    for (row, cells) in rows {
        let number = u64::from(row) + 1;
        if let Some(last) = last {
            sheet.empty_rows += number.saturating_sub(last + 1);
        }
        last = Some(number);
        sheet.rows.push(Row { number, cells });
    }
    Ok(())
}

fn formula(metadata: Option<calamine::XlsxFormulaMetadata>) -> String {
    use calamine::XlsxFormulaMetadata as Metadata;
    match metadata {
        Some(Metadata::Normal { formula } | Metadata::Shared { formula, .. }) => formula,
        _ => "...".to_owned(),
    }
}

fn value(value: DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) | DataRef::DateTimeIso(text) => Cell::Text(text),
        DataRef::SharedString(text) => Cell::Text(text.to_owned()),
        // The whole numbers that a spreadsheet has are exact in this type.
        DataRef::Int(number) => number.to_string().parse().map_or(Cell::Empty, Cell::Number),
        DataRef::Float(number) if number.is_finite() => Cell::Number(number),
        DataRef::Float(number) => Cell::Bad(number.to_string()),
        DataRef::Bool(flag) => Cell::Flag(flag),
        DataRef::DateTime(time) => moment(time),
        DataRef::DurationIso(text) => Cell::Bad(format!("the duration {text}")),
        DataRef::Error(error) => Cell::Bad(error.to_string()),
    }
}

fn moment(time: ExcelDateTime) -> Cell {
    let serial = time.as_f64();
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    let of_day = if second == 0 {
        format!("{hour:02}:{minute:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}")
    };
    if (0.0..1.0).contains(&serial) {
        return Cell::Time(of_day);
    }
    if time.is_duration() || !(0.0..2_958_466.0).contains(&serial) {
        return Cell::Bad(format!("the duration or day {serial}"));
    }
    if (year, month, day) == (1900, 2, 29) {
        return Cell::Bad("29 February 1900, a day that never was".to_owned());
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        return Cell::Date(date);
    }
    Cell::Date(format!("{date}T{hour:02}:{minute:02}:{second:02}"))
}

fn damaged(error: &XlsxError) -> Box<Finding> {
    let fix = "Open it in a spreadsheet program and save it again as XLSX";
    refuse(&format!("not readable as XLSX: {error}"), fix)
}

fn refuse(value: &str, fix: &str) -> Box<Finding> {
    Box::new(Finding {
        place: Place::default(),
        problem: FORMAT.at("", value, fix),
    })
}
