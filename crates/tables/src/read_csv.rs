//! CSV as spreadsheet programs write it: a comma, a semicolon or a tab between cells, quoted line breaks, UTF-8 with or
//! without a byte order mark.

use csv::{ReaderBuilder, StringRecord};

use crate::guard::unguard;
use crate::import::{Finding, Place};
use crate::limits::{CELLS_MAX, SHEET_COLUMNS_MAX};
use crate::problem::FORMAT;
use crate::sheet::{Cell, Row, Sheet};

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// The rows of a CSV file. An apostrophe that guards against formulas is taken away.
///
/// # Errors
///
/// When the file is not UTF-8, a quotation mark is not closed, or there is more than fits.
pub fn read_csv(bytes: &[u8]) -> Result<Sheet, Box<Finding>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    let (delimiter, skip) = dialect(text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut sheet = Sheet::default();
    let mut record = StringRecord::new();
    let (mut seen, mut lines, mut inside, mut cells, mut last) =
        (0_usize, 0_u64, 0_u64, 0_usize, 0);
    loop {
        let more = reader.read_record(&mut record);
        if !more.map_err(|error| refuse(last + 1, error.to_string(), "Check the row"))? {
            break;
        }
        let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        let piece = text.get(seen..end).unwrap_or_default();
        seen = end;
        // A row is numbered as a spreadsheet does: line breaks within cells do not count.
        lines += breaks(piece);
        let number = lines + u64::from(!piece.ends_with('\n')) - inside;
        inside += record.iter().map(breaks).sum::<u64>();
        let number = number.saturating_sub(record.iter().map(breaks).sum());
        cells += record.len();
        if cells > CELLS_MAX || record.len() > SHEET_COLUMNS_MAX {
            let fix = "Give the table in several files";
            return Err(refuse(number, format!("more than {CELLS_MAX} cells"), fix));
        }
        if number <= skip {
            continue;
        }
        let row: Vec<Cell> = record.iter().map(cell).collect();
        if row.iter().all(Cell::is_blank) {
            continue;
        }
        if last > 0 {
            sheet.empty_rows += number.saturating_sub(last + 1);
        }
        last = number;
        sheet.rows.push(Row { number, cells: row });
    }
    if let Some(row) = unclosed(text, &sheet.rows) {
        let fix = "Close it, or write two for one that is part of the text";
        return Err(refuse(row, "a quotation mark is not closed", fix));
    }
    Ok(sheet)
}

/// The row in which a text begins that swallows the rest of the file.
fn unclosed(text: &str, rows: &[Row]) -> Option<u64> {
    let last = rows.last()?;
    let swallows = |cell: &Cell| matches!(cell, Cell::Text(text) if text.contains('\n'));
    if text.matches('"').count().is_multiple_of(2) || !last.cells.last().is_some_and(swallows) {
        return None;
    }
    // The last break is within the text, so it does not end the row.
    let before = rows.iter().rev().nth(1).map_or(0, |row| row.number);
    Some(last.number.max(before + 1))
}

fn cell(text: &str) -> Cell {
    if text.is_empty() {
        Cell::Empty
    } else {
        Cell::Text(unguard(text).to_owned())
    }
}

fn breaks(text: &str) -> u64 {
    let count = text.bytes().filter(|byte| *byte == b'\n').count();
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The delimiter, and how many lines say so before the table. It is the one that stands most often in the first line
/// that is no remark, outside quotation marks.
fn dialect(text: &str) -> (u8, u64) {
    let first = text.lines().next().unwrap_or_default();
    if let Some([delimiter]) = first.strip_prefix("sep=").map(str::as_bytes) {
        return (*delimiter, 1);
    }
    let header = text
        .lines()
        .find(|line| !line.trim().is_empty() && !line.trim_start_matches('"').starts_with('#'));
    let mut counts = DELIMITERS.map(|delimiter| (0_usize, delimiter));
    let mut quoted = false;
    for byte in header.unwrap_or_default().bytes() {
        quoted ^= byte == b'"';
        for (count, delimiter) in &mut counts {
            *count += usize::from(!quoted && byte == *delimiter);
        }
    }
    let most = counts.into_iter().rev().max_by_key(|(count, _)| *count);
    (most.map_or(b',', |(_, delimiter)| delimiter), 0)
}

fn not_utf8(bytes: &[u8], at: usize) -> Box<Finding> {
    let line = bytes.get(..at).unwrap_or_default();
    let line = line.split(|byte| *byte == b'\n').count();
    let fix = "Save it as \"CSV UTF-8\"; other encodings lose letters without a trace";
    let value = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        "UTF-16".to_owned()
    } else {
        format!("line {line} is not UTF-8")
    };
    refuse(u64::try_from(line).unwrap_or(0), value, fix)
}

fn refuse(row: u64, value: impl AsRef<str>, fix: &str) -> Box<Finding> {
    Box::new(Finding {
        place: Place {
            row: Some(row),
            ..Place::default()
        },
        problem: FORMAT.at("", value, fix),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
        let rows = read_csv(bytes).unwrap().rows.into_iter();
        rows.map(|row| {
            let cells = row.cells.into_iter().map(|cell| {
                if let Cell::Text(text) = cell {
                    text
                } else {
                    String::new()
                }
            });
            (row.number, cells.collect())
        })
        .collect()
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_shows_them() {
        for text in [
            "a,b\n\"1\n2\",x\n\n3,4\n,\n5,6",
            "a,b\r\n\"1\r\n2\",x\r\n\r\n3,4\r\n,\r\n5,6\r\n",
        ] {
            let numbers: Vec<u64> = rows(text.as_bytes()).into_iter().map(|row| row.0).collect();
            assert_eq!(numbers, [1, 2, 4, 6], "{text:?}");
            assert_eq!(read_csv(text.as_bytes()).unwrap().empty_rows, 2);
        }
    }

    #[test]
    fn the_delimiter_is_found_and_a_mark_in_front_is_no_text() {
        assert_eq!(rows(b"\xef\xbb\xbfa;b\n1,5;2\n")[1].1, ["1,5", "2"]);
        assert_eq!(
            rows(b"sep=;\na;b\n1;2\n"),
            [
                (2, vec!["a".into(), "b".into()]),
                (3, vec!["1".into(), "2".into()])
            ]
        );
        assert_eq!(rows(b"a\tb\n1\t2\n")[1].1, ["1", "2"]);
        assert_eq!(rows(b"# x; y; z\n\"a,1\",b\n")[1].1, ["a,1", "b"]);
        assert_eq!(rows(b"a,b\n'=1+1,'x\n")[1].1, ["=1+1", "'x"]);
    }

    #[test]
    fn other_encodings_and_open_quotes_are_refused_with_their_row() {
        for (bytes, row, said) in [
            (&b"a\nb\n\xe9\n"[..], 3, "not UTF-8"),
            (b"\xff\xfea\0", 1, "UTF-16"),
            (b"a,b\n1,2\n3,\"x\n4,5\n6,7\n", 3, "not closed"),
        ] {
            let finding = read_csv(bytes).unwrap_err();
            assert_eq!(
                (finding.place.row, finding.problem.code),
                (Some(row), "E-TABLE-FORMAT")
            );
            assert!(finding.problem.value.contains(said), "{finding:?}");
        }
    }
}
