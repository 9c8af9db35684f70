//! Text from elsewhere, made safe to show: what is legitimate in some script stays, what deceives the eye is spelled out.
//!
//! Two invisible characters are letters of a kind: the zero width non-joiner and joiner (U+200C, U+200D). Persian, Kurdish and the
//! scripts of India cannot be written without them, nor can many emoji. They are left alone where RFC 5892, appendix A (rules for
//! IDNA, `ContextJ`) has them, and between letters of one such script; everywhere else they are hidden characters like others.

use std::fmt::Write as _;

use unicode_normalization::char::canonical_combining_class;

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// `text` with every control, format and bidirectional character, every line break and every invisible character written as
/// `\u{...}`, so that a terminal or a page shows it and does not obey it. Joiners of a script that needs them, and of emoji, stay
/// where they are.
///
/// # Examples
///
/// ```
/// use witnessmark_record::escape;
/// assert_eq!(escape("a\u{202e}b\n"), "a\\u{202e}b\\u{a}");
/// let persian = "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}";
/// assert_eq!(escape(persian), persian);
/// ```
pub fn escape(text: &str) -> String {
    spelled_out(text, &is_unsafe, &|shown, c| {
        // Writing to a string cannot fail.
        write!(shown, "\\u{{{:x}}}", u32::from(c)).unwrap_or_default();
    })
}

/// A JSON document with the characters of which [`escape`] speaks written as JSON writes them, so that a terminal that shows it does not
/// obey it. Whoever parses it reads the same. Line feeds between its values stay.
///
/// # Examples
///
/// ```
/// use witnessmark_record::escape_json;
/// assert_eq!(escape_json("[\"a\u{202e}b\"]"), "[\"a\\u202eb\"]");
/// ```
pub fn escape_json(document: &str) -> String {
    let is_unsafe = |c| c != '\n' && is_unsafe(c);
    spelled_out(document, &is_unsafe, &|shown, c| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(shown, "\\u{unit:04x}").unwrap_or_default();
        }
    })
}

/// `text` with `write` in the place of each unsafe character that does not belong where it stands.
fn spelled_out(
    text: &str,
    is_unsafe: &dyn Fn(char) -> bool,
    write: &dyn Fn(&mut String, char),
) -> String {
    if !text.contains(is_unsafe) {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let mut shown = String::with_capacity(text.len());
    for (at, c) in chars.iter().enumerate() {
        if is_unsafe(*c) && !belongs(&chars, at) {
            write(&mut shown, *c);
        } else {
            shown.push(*c);
        }
    }
    shown
}

/// Whether a text has characters that a reader cannot see or that turn the writing around, joiners in their place apart.
pub(crate) fn has_hidden(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let mut all = chars.iter().enumerate();
    all.any(|(at, c)| is_hidden(*c) && !belongs(&chars, at))
}

/// Characters that a reader cannot see, or that turn the writing around.
pub(crate) const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Control characters, and the general categories Cf, Zl and Zp of Unicode, with the blank characters that are drawn as
/// nothing at all and the selectors of variants.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || is_hidden(c)
        || matches!(
            c,
            '\u{34f}'
                | '\u{600}'..='\u{605}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'..='\u{891}'
                | '\u{8e2}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fff8}'
                | '\u{110bd}'
                | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0080}'..='\u{e0fff}'
        )
}

/// Whether the invisible character at `at` is part of the writing: never the first or the last of a text.
fn belongs(chars: &[char], at: usize) -> bool {
    let c = chars.get(at).copied().unwrap_or_default();
    let before = at.checked_sub(1).and_then(|at| chars.get(at)).copied();
    let after = chars.get(at.saturating_add(1)).copied();
    match (c, before, after) {
        // How an emoji is drawn is nothing that deceives.
        ('\u{fe0e}' | '\u{fe0f}', Some(before), _) => is_pictograph(before),
        (NON_JOINER | JOINER, Some(before), Some(after)) => {
            is_virama(before) && !is_unsafe(after)
                || joined_script(before).is_some_and(|it| joined_script(after) == Some(it))
                || c == JOINER && is_pictograph(after) && ends_in_pictograph(chars, at)
        }
        _ => false,
    }
}

/// The mark that takes the vowel from a consonant: class 9 of Unicode.
fn is_virama(c: char) -> bool {
    canonical_combining_class(c) == 9
}

/// The script of a letter or mark, by the first character of its first block, if letters of that script join or are kept
/// from joining.
fn joined_script(c: char) -> Option<char> {
    let script = match c {
        '\u{600}'..='\u{6ff}'
        | '\u{750}'..='\u{77f}'
        | '\u{870}'..='\u{8ff}'
        | '\u{fb50}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}' => '\u{600}',
        '\u{700}'..='\u{74f}' | '\u{860}'..='\u{86f}' => '\u{700}',
        '\u{7c0}'..='\u{7ff}' => '\u{7c0}',
        '\u{840}'..='\u{85f}' => '\u{840}',
        // The scripts of India, Devanagari to Sinhala: a block of 128 characters each.
        '\u{900}'..='\u{dff}' => char::from_u32(u32::from(c) & !0x7f)?,
        '\u{f00}'..='\u{fff}' => '\u{f00}',
        '\u{1000}'..='\u{109f}' => '\u{1000}',
        '\u{1780}'..='\u{17ff}' => '\u{1780}',
        '\u{1800}'..='\u{18af}' => '\u{1800}',
        _ => return None,
    };
    let is_letter = c.is_alphabetic() || canonical_combining_class(c) != 0;
    (is_letter && !is_unsafe(c)).then_some(script)
}

/// Whether what stands before `at` is an emoji, with its colour and its variant if it has them.
fn ends_in_pictograph(chars: &[char], at: usize) -> bool {
    let mut before = chars.get(..at).unwrap_or_default().iter().rev();
    let is_modifier = |c: &&char| matches!(c, '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    before
        .find(|c| !is_modifier(c))
        .is_some_and(|c| is_pictograph(*c))
}

/// The blocks that hold the characters with the property `Extended_Pictographic`, without the letters among them.
const fn is_pictograph(c: char) -> bool {
    matches!(
        c,
        '\u{203c}' | '\u{2049}' | '\u{2139}' | '\u{2194}'..='\u{21aa}' | '\u{231a}'..='\u{23ff}'
            | '\u{25aa}'..='\u{25fe}' | '\u{2600}'..='\u{27bf}' | '\u{2934}'..='\u{2935}'
            | '\u{2b05}'..='\u{2b55}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
            | '\u{1f000}'..='\u{1f1e5}' | '\u{1f200}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1faff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text that cannot be written without a joiner: Persian, Sorani Kurdish, Hindi, Sinhala, Malayalam before a space, a family and a
    /// flag of emoji, and a red heart.
    const WRITTEN: [&str; 8] = [
        "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
        "\u{628}\u{647}\u{200c}\u{6a9}\u{627}\u{631}",
        "\u{915}\u{94d}\u{200d}\u{937} \u{930}\u{94d}\u{200c}\u{92f}",
        "\u{dc1}\u{dca}\u{200d}\u{dbb}\u{dd3}",
        "\u{d05}\u{d35}\u{d28}\u{d4d}\u{200d} \u{d05}",
        "\u{1f468}\u{1f3fd}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
        "\u{2764}\u{fe0f}",
    ];

    #[test]
    fn joiners_of_scripts_that_need_them_are_left_alone() {
        for text in WRITTEN {
            assert_eq!(escape(text), text);
            assert!(!has_hidden(text), "{}", text.escape_unicode());
        }
    }

    #[test]
    fn joiners_anywhere_else_are_shown() {
        for text in [
            "\u{200c}\u{645}",
            "\u{645}\u{200c}",
            "a\u{200c}b",
            "pass\u{200d}word",
            "\u{645}\u{200c}\u{200c}\u{645}",
            "\u{645}\u{200c} \u{645}",
            "\u{645}\u{200d}a",
            "\u{664}\u{200c}\u{665}",
            "\u{915}\u{200d}\u{645}",
            "\u{94d}\u{200d}\u{202e}",
            "\u{915}\u{94d}\u{200d}",
            "1\u{200d}\u{1f308}",
            "\u{1f308}\u{200c}\u{1f308}",
        ] {
            assert!(has_hidden(text), "{}", text.escape_unicode());
            let shown = escape(text);
            assert!(shown.contains("\\u{200"), "{shown}");
            assert!(
                !shown.contains([NON_JOINER, JOINER])
                    || text.matches([NON_JOINER, JOINER]).count() > 1
            );
        }
    }

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
        assert_eq!(escape("a\u{fe0f}\u{2800}"), "a\\u{fe0f}\\u{2800}");
    }

    #[test]
    fn all_that_is_hidden_is_spelled_out() {
        let hidden = ('\0'..=char::MAX).filter(|c| is_hidden(*c) || c.is_control());
        for c in hidden {
            let shown = escape(&c.to_string());
            assert_eq!(shown, format!("\\u{{{:x}}}", u32::from(c)));
        }
    }

    #[test]
    fn json_that_is_escaped_says_the_same() {
        let texts = [
            "a\u{7f}\u{9b}2J\u{202e}b\u{e0056}\n\"\\",
            "\u{645}\u{200c}\u{62e}",
            "a\u{200c}b",
        ];
        let document = serde_json::to_string_pretty(&texts).unwrap();
        let shown = escape_json(&document);
        assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), texts);
        assert!(shown.lines().all(|line| escape(line) == line), "{shown}");
        assert!(shown.contains("\\u009b2J\\u202eb\\udb40\\udc56"), "{shown}");
        assert!(shown.contains("\u{645}\u{200c}\u{62e}"), "{shown}");
    }

    #[test]
    fn ordinary_text_of_any_script_is_left_alone() {
        let text = "Kharkiv \u{425}\u{430}\u{440}\u{43a}\u{456}\u{432} \u{3148} 112";
        assert_eq!(escape(text), text);
    }
}
