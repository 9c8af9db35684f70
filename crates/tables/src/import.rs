//! From rows to drafts: all problems of all rows at once, each with its row and its column.

use std::fmt;

use serde_json::json;
use witnessmark_record::{Level, Problem, RecordKind, v1};

use crate::cell::{Converted, convert, convert_degrees};
use crate::column::{Also, Column, Target, columns};
use crate::draft::{Seen, draft};
use crate::problem::{COLUMN, EMPTY_ROW, FORMAT, IGNORED, MERGED, WIDTH};
use crate::sheet::{Cell, Row, Sheet, letters};
use crate::tree::Tree;

/// Where in a table something stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The sheet, if the file has sheets.
    pub sheet: Option<String>,
    /// The row as a spreadsheet shows it, from 1, or the line of a file of JSON Lines.
    pub row: Option<u64>,
    /// The letters of the column.
    pub column: Option<String>,
    /// What stands at the head of the column.
    pub header: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.sheet.as_ref().map(|sheet| format!("sheet {sheet:?}")));
        parts.extend(self.row.map(|row| format!("row {row}")));
        parts.extend(self.column.as_ref().map(|column| {
            let header = self.header.as_deref().unwrap_or_default();
            if header.is_empty() {
                format!("column {column}")
            } else {
                format!("column {column} ({header})")
            }
        }));
        f.write_str(&parts.join(", "))
    }
}

/// One problem with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where it is.
    pub place: Place,
    /// What it is; its path is that of the field in the draft.
    pub problem: Problem,
}

/// A draft that a row became.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The row.
    pub place: Place,
    /// Its kind.
    pub kind: RecordKind,
    /// The record; nobody has signed it.
    pub record: v1::Record,
}

/// What a table became.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The drafts of all rows without errors.
    pub drafts: Vec<Draft>,
    /// Everything that is to be said, in the order of the rows.
    pub findings: Vec<Finding>,
    /// How many rows there are below the header.
    pub rows: u64,
    /// The rows that have errors and are no drafts.
    pub bad_rows: Vec<Place>,
    /// The table as a whole cannot be read: no row of it is to be trusted.
    pub unusable: bool,
}

impl Imported {
    /// Adds what another table became.
    pub fn merge(&mut self, other: Self) {
        self.drafts.extend(other.drafts);
        self.findings.extend(other.findings);
        self.rows += other.rows;
        self.bad_rows.extend(other.bad_rows);
        self.unusable |= other.unusable;
    }
}

/// How a table is imported.
pub struct ImportOptions<'a> {
    /// What kind its records are of; `None` when each says so itself.
    pub kind: Option<RecordKind>,
    /// What is wrong with a record.
    pub check: &'a dyn Fn(&v1::Record) -> Vec<Problem>,
    /// Called after each row.
    pub progress: &'a dyn Fn(),
}

impl fmt::Debug for ImportOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportOptions")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// The drafts of a sheet. The first row that is no remark is the header; rows that begin with `#` are remarks as long as
/// no other row has come below the header.
pub fn import_sheet(sheet: &Sheet, options: &ImportOptions<'_>) -> Imported {
    let mut done = Imported::default();
    remarks(sheet, &mut done);
    let mut rows = sheet.rows.iter().skip_while(|row| is_remark(row));
    let Some(header) = rows.next() else {
        let fix = "The first row names the columns: `import template KIND` writes one";
        done.say(sheet, None, FORMAT.at("", "no rows", fix));
        done.unusable = true;
        return done;
    };
    let (columns, problems) = columns(&header.cells, options.kind);
    for (at, problem) in problems {
        done.unusable |= problem.level == Level::Error;
        let place = place(sheet, header.number, columns.get(at));
        done.findings.push(Finding { place, problem });
    }
    let mut importer = Importer {
        sheet,
        columns: &columns,
        options,
        seen: Seen::default(),
    };
    for row in rows.skip_while(|row| is_remark(row)) {
        done.rows += 1;
        let before = done.findings.len();
        let draft = importer.row(row, &mut done);
        let is_bad = done
            .findings
            .iter()
            .skip(before)
            .any(|it| it.problem.level == Level::Error);
        match draft {
            Some(draft) if !is_bad => done.drafts.push(draft),
            _ => done.bad_rows.push(place(sheet, row.number, None)),
        }
        (options.progress)();
    }
    done
}

impl Imported {
    fn say(&mut self, sheet: &Sheet, row: Option<u64>, problem: Problem) {
        let place = Place {
            sheet: sheet.name.clone(),
            row,
            ..Place::default()
        };
        self.findings.push(Finding { place, problem });
    }
}

/// What there is to say about a sheet before its rows.
fn remarks(sheet: &Sheet, done: &mut Imported) {
    if sheet.empty_rows > 0 {
        let value = format!("{} empty rows", sheet.empty_rows);
        done.say(
            sheet,
            None,
            EMPTY_ROW.at("", value, "Nothing is to be done"),
        );
    }
    if !sheet.merged.is_empty() {
        let value = sheet.merged.join(", ");
        let fix = "Repeat the value in each row that it is meant for";
        done.say(sheet, None, MERGED.at("", value, fix));
    }
    let count = sheet.rows.iter().filter(|row| is_remark(row)).count();
    if count > 0 {
        let value = format!("{count} rows that begin with #");
        let fix = "Those beside the header are remarks; below the first record, # is a text like any other";
        done.say(sheet, None, IGNORED.at("", value, fix));
    }
}

fn is_remark(row: &Row) -> bool {
    matches!(row.cells.first(), Some(Cell::Text(text)) if text.starts_with('#'))
}

fn place(sheet: &Sheet, row: u64, column: Option<&Column>) -> Place {
    Place {
        sheet: sheet.name.clone(),
        row: Some(row),
        column: column.map(|column| column.letters.clone()),
        header: column.map(|column| column.header.clone()),
    }
}

struct Importer<'a> {
    sheet: &'a Sheet,
    columns: &'a [Column],
    options: &'a ImportOptions<'a>,
    seen: Seen,
}

impl Importer<'_> {
    fn row(&mut self, row: &Row, done: &mut Imported) -> Option<Draft> {
        let before = done.findings.len();
        let mut tree = Tree::default();
        for (at, cell) in row.cells.iter().enumerate() {
            self.cell(row, (at, cell), &mut tree, done);
        }
        let is_bad = |done: &Imported| {
            let mut new = done.findings.iter().skip(before);
            new.any(|it| it.problem.level == Level::Error)
        };
        // What is missing is not known while a column is not understood or a cell was not read.
        if done.unusable || is_bad(done) {
            return None;
        }
        let (json, origins) = tree.finish();
        let row_place = place(self.sheet, row.number, None);
        let mut problems = Vec::new();
        let draft = draft(
            json,
            self.options,
            &row_place,
            &mut self.seen,
            &mut problems,
        );
        for problem in problems {
            let column = column_of(&problem.path, &origins);
            let place = place(
                self.sheet,
                row.number,
                column.and_then(|at| self.columns.get(at)),
            );
            done.findings.push(Finding { place, problem });
        }
        draft
    }

    fn cell(&self, row: &Row, (at, cell): (usize, &Cell), tree: &mut Tree, done: &mut Imported) {
        let mut say = |column: Option<&Column>, problem| {
            let mut place = place(self.sheet, row.number, column);
            place.column.get_or_insert_with(|| letters(at));
            done.findings.push(Finding { place, problem });
        };
        let Some(column) = self.columns.get(at) else {
            if !cell.is_blank() {
                let fix = "A delimiter or a quotation mark within a text shifts the cells after it: put the text into quotation marks";
                say(None, WIDTH.at("", format!("cell {}", at + 1), fix));
            }
            return;
        };
        let from_1904 = self.sheet.from_1904;
        let (leaf, Converted { value, problems }) = match &column.target {
            Target::Ignored => return,
            Target::Nameless => {
                if !cell.is_blank() {
                    let fix = "Name the column at its head, or empty its cells";
                    say(Some(column), COLUMN.at("", "no name", fix));
                }
                return;
            }
            Target::Field(leaf) => (leaf, convert(cell, &leaf.shape, &leaf.path(), from_1904)),
            Target::Degrees(leaf) => (leaf, convert_degrees(cell, &leaf.path())),
        };
        for problem in problems {
            say(Some(column), problem);
        }
        let Some(value) = value else { return };
        tree.put(&leaf.steps, value, at);
        match &column.also {
            Also::Nothing => {}
            Also::Value(leaf, value) => tree.put(&leaf.steps, json!(value), at),
            Also::RowLanguage(leaf) => tree.put(&leaf.steps, json!(self.language(row)), at),
        }
    }

    /// The language that the row states; undetermined when it states none.
    fn language(&self, row: &Row) -> String {
        let at = self.columns.iter().position(
            |column| matches!(&column.target, Target::Field(leaf) if leaf.path() == "language"),
        );
        match at.and_then(|at| row.cells.get(at)) {
            Some(Cell::Text(language)) if !language.trim().is_empty() => language.trim().to_owned(),
            _ => "und".to_owned(),
        }
    }
}

/// The column that a problem is about: the one of its field, else of a field around or within it.
fn column_of(path: &str, origins: &[(String, usize)]) -> Option<usize> {
    let within = |outer: &str, inner: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let exact = origins.iter().find(|(origin, _)| origin == path);
    let inside = || origins.iter().find(|(origin, _)| within(path, origin));
    let around = || origins.iter().find(|(origin, _)| within(origin, path));
    let found = exact.or_else(inside).or_else(around);
    found
        .filter(|_| !path.is_empty())
        .map(|(_, column)| *column)
}
