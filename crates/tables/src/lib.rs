//! Records from tables, and tables from records.
//!
//! [`read_csv()`] and [`read_xlsx()`] read what people keep in spreadsheets, [`import_sheet`] and [`import_lines`] make
//! drafts of it and report all problems at once, each with its row and column. [`Export`] writes records as CSV, `GeoJSON`
//! (RFC 7946), JSON Lines, and JSON-LD in the terms of CASE and UCO. Columns are the paths of the schema's fields, so a new field needs nothing in here.
//!
//! Nothing in here reads a file, a clock or a random number.

mod case;
mod cell;
mod choose;
mod column;
mod degrees;
mod draft;
mod export;
mod flatten;
mod geojson;
mod guard;
mod import;
mod limits;
mod lines;
mod problem;
mod read_csv;
mod read_xlsx;
mod schema;
mod sheet;
mod template;
mod tree;

pub use choose::{ChosenSheets, choose_sheets};
pub use export::{Export, ExportRow, Format, Origin, Standing, UnknownColumns};
pub use import::{Draft, Finding, ImportOptions, Imported, Place, import_sheet};
pub use limits::{CELLS_MAX, LIST_ITEMS_MAX, SHEET_COLUMNS_MAX, TABLE_BYTES_MAX};
pub use lines::import_lines;
pub use problem::table_codes;
pub use read_csv::read_csv;
pub use read_xlsx::read_xlsx;
pub use sheet::{Cell, Row, Sheet};
pub use template::{Template, template};
