//! Lists of codes that are data: sections of words, each word with or without a value behind a colon.

use std::collections::BTreeMap;

/// One section: the words in order, each with its value, or an empty one.
pub(crate) type Section = BTreeMap<&'static str, &'static str>;

/// The section that `[name]` begins, up to the next one. Lines that begin with `#` are comments.
pub(crate) fn section(text: &'static str, name: &str) -> Section {
    let mut is_in = false;
    let mut words = Section::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            is_in = title == name;
        } else if is_in && !line.starts_with('#') {
            let pairs = line.split_whitespace();
            words.extend(pairs.map(|word| word.split_once(':').unwrap_or((word, ""))));
        }
    }
    words
}
