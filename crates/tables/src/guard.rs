//! The guard against formulas: no text of a record becomes a command when a spreadsheet opens the file.
//!
//! A text whose first character could begin a formula gets an apostrophe before it. So that reading takes away exactly
//! what writing added, a text that has apostrophes before such a character gets one more.

/// What spreadsheet programs take for the beginning of a formula, also in full width, or skip before one.
const TRIGGERS: [char; 11] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

fn is_dangerous(text: &str) -> bool {
    text.trim_start_matches(['\'', ' ']).starts_with(TRIGGERS)
}

/// The text as it is written into a CSV file.
pub(crate) fn guard(text: &str) -> String {
    if is_dangerous(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The text that [`guard`] was given.
pub(crate) fn unguard(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_dangerous(rest) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_of_a_formula_is_guarded_and_comes_back() {
        for text in [
            "=1+1",
            "+49 30",
            "-5",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "'=1",
            "''=1",
            "\u{ff1d}1",
        ] {
            let written = guard(text);
            assert!(written.starts_with('\'') && written.len() == text.len() + 1);
            assert_eq!(unguard(&written), text);
        }
        for text in ["", "plain", "'quoted'", "1=1", "O'Neill"] {
            assert_eq!(guard(text), text);
            assert_eq!(unguard(text), text);
        }
    }
}
