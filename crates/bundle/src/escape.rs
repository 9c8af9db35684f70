//! Text from a record in quotes of ours.

pub use witnessmark_record::escape;
use witnessmark_record::mixed_alphabets;

/// `text` escaped and in double quotes, so that it cannot be taken for the program's own words. When letters of different
/// alphabets look alike in it, that is said behind it.
pub fn quote(text: &str) -> String {
    let quoted = escape(text).replace('"', "\\u{22}");
    match mixed_alphabets(text) {
        None => format!("\"{quoted}\""),
        Some((one, two)) => format!("\"{quoted}\" (a word of it mixes {one} and {two} letters)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_mark_does_not_end_the_quotation() {
        assert_eq!(quote("a\" b\u{202e}"), "\"a\\u{22} b\\u{202e}\"");
    }

    #[test]
    fn letters_that_look_alike_are_told_of() {
        let said = " (a word of it mixes Latin and Cyrillic letters)";
        assert_eq!(quote("V\u{415}RIFIED"), format!("\"V\u{415}RIFIED\"{said}"));
    }
}
