//! Tags of BCP 47 (RFC 5646) and scripts of ISO 15924, by the registry of subtags.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::json::nearest;
use crate::lists::{Section, section};

const LIST: &str = include_str!("../data/subtags.txt");
const TAG_BYTES_MAX: usize = 40;

static LANGUAGES: LazyLock<Section> = LazyLock::new(|| section(LIST, "language"));
static EXTLANGS: LazyLock<Section> = LazyLock::new(|| section(LIST, "extlang"));
static SCRIPTS: LazyLock<Section> = LazyLock::new(|| section(LIST, "script"));
static REGIONS: LazyLock<Section> = LazyLock::new(|| section(LIST, "region"));
static VARIANTS: LazyLock<Section> = LazyLock::new(|| section(LIST, "variant"));
static LONGER: LazyLock<Section> = LazyLock::new(|| section(LIST, "longer"));

/// Whether `code` is a script, in its one spelling.
pub(crate) fn is_script(code: &str) -> bool {
    let is_private = ("Qaaa"..="Qabx").contains(&code) && is_title(code);
    is_private || SCRIPTS.contains_key(code)
}

/// What to write instead of a script that is none.
pub(crate) fn script_fix(code: &str) -> String {
    let code = title(code);
    let known = || SCRIPTS.keys().copied();
    // A slip is rarer in the first letters.
    let alike = known().filter(|it| it.get(..2) == code.get(..2));
    match nearest(&code, alike).or_else(|| nearest(&code, known())) {
        Some(near) => format!("Did you mean {near}?"),
        None => "Use four letters of ISO 15924, such as Latn, Cyrl or Hang".to_owned(),
    }
}

/// Checks a tag: its language in lower case, and every subtag one of the registry, each in its place. Extensions and private
/// subtags have the right form.
///
/// # Errors
///
/// What to write instead.
pub(crate) fn check_tag(tag: &str) -> Result<(), String> {
    let advice = || "Use a tag such as en, uk or ko-Hang".to_owned();
    let mut parts = tag.split('-').peekable();
    let primary = parts.next().unwrap_or_default();
    let is_shaped =
        (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
    if !is_shaped || tag.len() > TAG_BYTES_MAX {
        return Err(advice());
    }
    check_language(primary)?;
    // Languages within a language: at most three, by RFC 5646.
    for _ in 0..3 {
        let is_extlang = |part: &&str| EXTLANGS.contains_key(part.to_ascii_lowercase().as_str());
        if parts.next_if(is_extlang).is_none() {
            break;
        }
    }
    parts.next_if(|part| is_script(&title(part)));
    parts.next_if(|part| is_region(&part.to_ascii_uppercase()));
    let mut variants = BTreeSet::new();
    while let Some(part) =
        parts.next_if(|part| VARIANTS.contains_key(part.to_ascii_lowercase().as_str()))
    {
        if !variants.insert(part.to_ascii_lowercase()) {
            return Err(format!("Write {part} once"));
        }
    }
    check_rest(parts)
}

fn check_language(primary: &str) -> Result<(), String> {
    let is_private = primary.len() == 3 && ("qaa"..="qtz").contains(&primary);
    if is_private || LANGUAGES.contains_key(primary) {
        return Ok(());
    }
    Err(match LONGER.get(primary) {
        Some(short) => {
            format!("Write {short}: a language that has two letters is not written with three")
        }
        None => format!("No language is registered as {primary}. Use one such as en, uk or ko"),
    })
}

fn is_region(code: &str) -> bool {
    let is_private = code.len() == 2
        && code.bytes().all(|b| b.is_ascii_uppercase())
        && (("QM"..="QZ").contains(&code) || ("XA"..="XZ").contains(&code));
    is_private || REGIONS.contains_key(code)
}

/// What follows the variants: extensions, each after a letter or digit of its own, and what is private, after `x`.
fn check_rest<'a>(
    mut parts: std::iter::Peekable<impl Iterator<Item = &'a str>>,
) -> Result<(), String> {
    let is_word = |part: &&str, min: usize| {
        (min..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let mut singletons = BTreeSet::new();
    while let Some(part) = parts.next() {
        let is_singleton = part.len() == 1 && part.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_singleton {
            return Err(format!(
                "{part} is no registered script, region or variant, or stands in the wrong place. Write language, script, region: \
                 uk-Cyrl-UA"
            ));
        }
        let is_private = part.eq_ignore_ascii_case("x");
        let min = if is_private { 1 } else { 2 };
        let mut words = 0_usize;
        while parts.next_if(|part| is_word(part, min)).is_some() {
            words += 1;
        }
        if words == 0 || !singletons.insert(part.to_ascii_lowercase()) {
            return Err(format!("Write something after {part}, once"));
        }
    }
    Ok(())
}

fn is_title(code: &str) -> bool {
    let mut letters = code.bytes();
    code.len() == 4
        && letters.next().is_some_and(|b| b.is_ascii_uppercase())
        && letters.all(|b| b.is_ascii_lowercase())
}

/// The spelling that scripts have: a capital letter and small ones.
fn title(code: &str) -> String {
    let mut letters = code.chars();
    letters.next().map_or_else(String::new, |first| {
        let rest = letters.map(|c| c.to_ascii_lowercase());
        std::iter::once(first.to_ascii_uppercase())
            .chain(rest)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_there_whole() {
        let lists = [
            &LANGUAGES, &EXTLANGS, &SCRIPTS, &REGIONS, &VARIANTS, &LONGER,
        ];
        assert_eq!(
            lists.map(|list| list.len()),
            [8_267, 256, 224, 303, 134, 203]
        );
        assert!(LONGER.iter().all(|(long, short)| !LANGUAGES.contains_key(long) && LANGUAGES.contains_key(short)));
    }

    #[test]
    fn tags_of_registered_subtags_in_their_places_are_tags() {
        for tag in [
            "en",
            "uk",
            "ko-Hang",
            "uk-Cyrl-UA",
            "zh-yue-Hant-HK",
            "sr-Latn",
            "es-419",
            "ca-valencia",
            "de-CH-1996",
            "ckb",
            "fa",
            "qaa",
            "und",
            "mul",
            "zxx",
            "en-x-team",
            "de-u-co-phonebk",
            "hy-Latn-IT-arevela",
            "uk-cyrl",
            "sh",
            "en-XK",
        ] {
            assert_eq!(check_tag(tag), Ok(()), "{tag}");
        }
    }

    #[test]
    fn what_is_shaped_like_a_tag_and_is_none_is_refused() {
        for tag in [
            "",
            "EN",
            "english",
            "xx",
            "qzz",
            "en-",
            "en-US-Latn",
            "en-Lati",
            "en-ZQ",
            "uk-Cyrl-Cyrl",
            "en-x",
            "en-u",
            "de-1996-1996",
            "en-a-bb-a-cc",
            "x-team",
            "en-toolongsubtag",
            "en-US-UA",
            "en--US",
        ] {
            assert!(check_tag(tag).is_err(), "{tag}");
        }
        assert!(check_tag("eng").unwrap_err().starts_with("Write en:"));
        assert!(check_tag("ger").unwrap_err().starts_with("Write de:"));
        assert!(check_tag("en-Lati").unwrap_err().contains("Lati"));
    }

    #[test]
    fn scripts_have_one_spelling() {
        for code in ["Latn", "Cyrl", "Hang", "Kore", "Zxxx", "Qaaa", "Qabx"] {
            assert!(is_script(code), "{code}");
        }
        for code in [
            "",
            "latn",
            "LATN",
            "Lat",
            "Lati",
            "Qaby",
            "QaAb",
            "Qaaa..Qabx",
        ] {
            assert!(!is_script(code), "{code}");
        }
        assert!(
            script_fix("Cyri").contains("Cyrl"),
            "{}",
            script_fix("Cyri")
        );
        assert!(script_fix("latn").contains("Latn"));
        assert!(script_fix("Foobar").contains("four letters"));
    }
}
