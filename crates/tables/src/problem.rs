//! What can be wrong with a table before it is a record; what is wrong with a record has the codes of the record crate.

use witnessmark_record::{Level, Problem, ProblemCode, problem_codes};

macro_rules! codes {
    ($($name:ident = $code:literal $level:ident $rule:literal;)*) => {
        $(pub(crate) const $name: ProblemCode = ProblemCode {
            code: $code,
            level: Level::$level,
            rule: $rule,
        };)*
        const ALL: &[ProblemCode] = &[$($name),*];
    };
}

codes! {
    CELL = "E-TABLE-CELL" Error "a cell holds a value, not a formula, an error or what a program made of it";
    COLUMN = "E-TABLE-COLUMN" Error "every column names one field, and no two the same";
    DATE = "E-TABLE-DATE" Error "a date is a date or a text, not the number of a day";
    DEGREES = "E-TABLE-DEGREES" Error "degrees are a decimal number, negative for south and west";
    FORMAT = "E-TABLE-FORMAT" Error "a table is CSV in UTF-8, XLSX, or JSON Lines";
    KIND = "E-TABLE-KIND" Error "each row is of one known kind";
    WIDTH = "E-TABLE-WIDTH" Error "a row has no more cells than there are columns";
    DATE_CONVERTED = "N-TABLE-DATE" Note "a date that the spreadsheet stores as a number is written as the day it shows";
    EMPTY_ROW = "N-TABLE-EMPTY" Note "empty rows are left out";
    IGNORED = "N-TABLE-IGNORED" Note "what is not imported is named";
    MERGED = "N-TABLE-MERGED" Note "a merged cell counts for its first row and column only";
    ROUNDED = "N-TABLE-ROUNDED" Note "degrees are kept to seven decimals, a centimetre";
    DUPLICATE = "W-TABLE-DUPLICATE" Warning "two rows say the same";
    NUMBER = "W-TABLE-NUMBER" Warning "a text that a spreadsheet took for a number may have lost zeros or digits";
    SPACE = "W-TABLE-SPACE" Warning "a text begins or ends with a letter or a sign, not with a space";
}

/// Every code that only tables have.
pub const fn table_codes() -> &'static [ProblemCode] {
    ALL
}

/// A problem with one of the codes that records have.
pub(crate) fn record_problem(code: &str, path: &str, value: &str, fix: &str) -> Problem {
    let known = problem_codes().iter().find(|known| known.code == code);
    known.unwrap_or(&CELL).at(path, value, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_document_and_unlike_those_of_records() {
        let page = include_str!("../../../docs/TABLES.md");
        for code in table_codes() {
            let row = format!("| `{}` | {} | {} |", code.code, code.level, code.rule);
            assert!(page.contains(&row), "docs/TABLES.md lacks: {row}");
            assert!(problem_codes().iter().all(|known| known.code != code.code));
        }
    }

    #[test]
    fn a_long_value_is_shortened_and_a_record_code_brings_its_rule() {
        let problem = record_problem("E-COORD-RANGE", "place", &"x".repeat(100), "fix");
        assert_eq!(problem.value.len(), 83);
        assert!(problem.rule.contains("latitude"));
    }
}
