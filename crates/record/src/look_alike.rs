//! Words whose letters are of more than one alphabet: where letters look alike, such a word can pass for another one.

/// The two alphabets of which the first such word of `text` has letters. A word is a run of letters and digits.
///
/// Latin, Cyrillic and Greek are told apart. Of Greek, only the letters that look like Latin ones count, so that a unit such as
/// a microfarad is no such word.
///
/// # Examples
///
/// ```
/// use witnessmark_record::mixed_alphabets;
/// assert_eq!(mixed_alphabets("p\u{430}ypal"), Some(("Latin", "Cyrillic")));
/// assert_eq!(mixed_alphabets("\u{413}\u{435}\u{440}\u{430}\u{43d}\u{44c}-2 (Shahed)"), None);
/// ```
pub fn mixed_alphabets(text: &str) -> Option<(&'static str, &'static str)> {
    // Nothing else can be in a text of ASCII.
    if text.is_ascii() {
        return None;
    }
    text.split(|c: char| !c.is_alphanumeric()).find_map(mixed)
}

fn mixed(word: &str) -> Option<(&'static str, &'static str)> {
    let has = |alphabet| word.chars().any(|c| alphabet_of(c) == Some(alphabet));
    let [latin, cyrillic, greek] = ["Latin", "Cyrillic", "Greek"].map(has);
    match (latin, cyrillic, greek) {
        (true, true, _) => Some(("Latin", "Cyrillic")),
        (true, false, true) => Some(("Latin", "Greek")),
        (false, true, true) => Some(("Cyrillic", "Greek")),
        _ => None,
    }
}

fn alphabet_of(c: char) -> Option<&'static str> {
    match c {
        'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Some("Latin"),
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{a640}'..='\u{a69f}' => {
            Some("Cyrillic")
        }
        // Alpha, Beta, Epsilon, Zeta, Eta, Iota, Kappa, Mu, Nu, Omicron, Rho, Tau, Upsilon, Chi; small iota, kappa, nu,
        // omicron, rho, upsilon, chi.
        '\u{391}'
        | '\u{392}'
        | '\u{395}'..='\u{397}'
        | '\u{399}'
        | '\u{39a}'
        | '\u{39c}'
        | '\u{39d}'
        | '\u{39f}'
        | '\u{3a1}'
        | '\u{3a4}'
        | '\u{3a5}'
        | '\u{3a7}'
        | '\u{3b9}'
        | '\u{3ba}'
        | '\u{3bd}'
        | '\u{3bf}'
        | '\u{3c1}'
        | '\u{3c5}'
        | '\u{3c7}' => Some("Greek"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_two_alphabets_is_found_wherever_it_stands() {
        for (text, found) in [
            ("V\u{415}RIFIED", ("Latin", "Cyrillic")),
            ("Not so \u{410}mnesty", ("Latin", "Cyrillic")),
            ("52\u{41c}B", ("Latin", "Cyrillic")),
            ("VERIFI\u{395}D", ("Latin", "Greek")),
            ("\u{39f}\u{41e}", ("Cyrillic", "Greek")),
        ] {
            assert_eq!(mixed_alphabets(text), Some(found), "{text}");
        }
    }

    #[test]
    fn words_of_one_alphabet_may_stand_beside_each_other() {
        for text in [
            "",
            "VERIFIED",
            "\u{425}\u{430}\u{440}\u{43a}\u{456}\u{432} Kharkiv",
            "9\u{41c}728 / 9M728",
            "10 \u{3bc}F 4k\u{3a9}",
            "10\u{3bc}F",
            "\u{c9}cole na\u{ef}ve",
            "\u{645}\u{6cc} x",
            "\u{5bfc}\u{5f39}A",
        ] {
            assert_eq!(mixed_alphabets(text), None, "{text}");
        }
    }
}
