//! Text from a record, made safe to print: nothing in it can move, hide or turn what stands around it.

use std::fmt::Write as _;

/// `text` with every control, format and bidirectional character, every line break and every invisible
/// character written as `\u{..}`, so that a terminal or a page shows it and does not obey it.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            // Writing to a string cannot fail.
            write!(out, "\\u{{{:x}}}", u32::from(c)).unwrap_or_default();
        } else {
            out.push(c);
        }
    }
    out
}

/// `text` escaped and in double quotes, so that it cannot be taken for the program's own words.
pub(crate) fn quote(text: &str) -> String {
    format!("\"{}\"", escape(text).replace('"', "\\u{22}"))
}

/// Control characters, and the general categories Cf, Zl and Zp of Unicode, with the blank
/// characters that are drawn as nothing at all.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'..='\u{891}'
                | '\u{8e2}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{110bd}'
                | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_or_turns_the_text_is_shown_and_not_obeyed() {
        assert_eq!(escape("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(escape("a\r\nVERIFIED"), "a\\u{d}\\u{a}VERIFIED");
        assert_eq!(escape("\u{202e}FIREV\u{202c}"), "\\u{202e}FIREV\\u{202c}");
        assert_eq!(escape("\u{9b}2J\u{85}"), "\\u{9b}2J\\u{85}");
        assert_eq!(
            escape("\u{2028}\u{200b}\u{feff}"),
            "\\u{2028}\\u{200b}\\u{feff}"
        );
        assert_eq!(quote("a\" b"), "\"a\\u{22} b\"");
    }

    #[test]
    fn ordinary_text_of_any_script_is_left_alone() {
        let text = "Kharkiv \u{425}\u{430}\u{440}\u{43a}\u{456}\u{432} \u{3148} 112";
        assert_eq!(escape(text), text);
    }
}
