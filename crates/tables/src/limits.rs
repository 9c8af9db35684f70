//! The limits of tables, with their reasons.

/// A spreadsheet of 100,000 well filled rows is smaller; a larger file is given in parts.
pub const TABLE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What is unpacked from a small XLSX file must still fit into memory.
pub const CELLS_MAX: usize = 4_000_000;

/// The columns of a spreadsheet program.
pub const SHEET_COLUMNS_MAX: usize = 16_384;

/// A list with more items is not written in columns.
pub const LIST_ITEMS_MAX: u32 = 1_000;
