//! One sheet of a table as it was read: rows of cells, before anybody knows what the columns mean.

/// What stands in one cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text, as it stands.
    Text(String),
    /// A number of a spreadsheet.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A day or a moment that a spreadsheet stores as a number: `2024-01-02`, `2024-01-02T07:30:00`.
    Date(String),
    /// A time of day that a spreadsheet stores as a number: `07:30` or `07:30:15`.
    Time(String),
    /// A formula, with its text.
    Formula(String),
    /// The error a formula ended with, such as `#REF!`, or a value with no meaning, in words.
    Bad(String),
}

impl Cell {
    /// Whether there is nothing to see.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Number(_)
            | Self::Flag(_)
            | Self::Date(_)
            | Self::Time(_)
            | Self::Formula(_)
            | Self::Bad(_) => false,
        }
    }
}

/// A row with its number as the spreadsheet shows it, from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its number.
    pub number: u64,
    /// Its cells, from the first column on.
    pub cells: Vec<Cell>,
}

/// One sheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// Its name; `None` for a file that is one sheet.
    pub name: Option<String>,
    /// It is not shown by the program that wrote it.
    pub hidden: bool,
    /// Its dates count from 1904.
    pub from_1904: bool,
    /// Its rows in order. Empty rows are left out.
    pub rows: Vec<Row>,
    /// How many empty rows lie between those that are not.
    pub empty_rows: u64,
    /// Cells that were merged, such as `A2:B3`.
    pub merged: Vec<String>,
}

/// The letters of a column, from 0: `A`, `Z`, `AA`.
pub(crate) fn letters(column: usize) -> String {
    let mut text = String::new();
    let mut left = column + 1;
    while left > 0 {
        let digit = (left - 1) % 26;
        let letter = u8::try_from(digit).map_or('?', |digit| char::from(b'A' + digit));
        text.insert(0, letter);
        left = (left - 1) / 26;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_a_spreadsheet() {
        let named = [0, 25, 26, 51, 52, 701, 702].map(letters);
        assert_eq!(named, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
