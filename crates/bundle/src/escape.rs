//! Text from a record in quotes of ours.

pub use witnessmark_record::escape;

/// `text` escaped and in double quotes, so that it cannot be taken for the program's own words.
pub(crate) fn quote(text: &str) -> String {
    format!("\"{}\"", escape(text).replace('"', "\\u{22}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_mark_does_not_end_the_quotation() {
        assert_eq!(quote("a\" b\u{202e}"), "\"a\\u{22} b\\u{202e}\"");
    }
}
