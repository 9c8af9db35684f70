//! What somebody watches for, and where it stands in a record: names are compared as people read them, not letter by letter.

use serde_json::Value;
use witnessmark_record::aliases::{AliasKind, is_same};
use witnessmark_verifier::OrgName;

/// Letters of other alphabets that are read as Latin ones, capitals and small ones.
const LOOK_ALIKE: &[(char, char)] = &[
    ('\u{430}', 'a'),
    ('\u{432}', 'b'),
    ('\u{435}', 'e'),
    ('\u{43a}', 'k'),
    ('\u{43c}', 'm'),
    ('\u{43d}', 'h'),
    ('\u{43e}', 'o'),
    ('\u{440}', 'p'),
    ('\u{441}', 'c'),
    ('\u{442}', 't'),
    ('\u{443}', 'y'),
    ('\u{445}', 'x'),
    ('\u{455}', 's'),
    ('\u{456}', 'i'),
    ('\u{458}', 'j'),
    ('\u{501}', 'd'),
    ('\u{51b}', 'q'),
    ('\u{51d}', 'w'),
    ('\u{3b1}', 'a'),
    ('\u{3b2}', 'b'),
    ('\u{3b5}', 'e'),
    ('\u{3b6}', 'z'),
    ('\u{3b7}', 'h'),
    ('\u{3b9}', 'i'),
    ('\u{3ba}', 'k'),
    ('\u{3bc}', 'm'),
    ('\u{3bd}', 'n'),
    ('\u{3bf}', 'o'),
    ('\u{3c1}', 'p'),
    ('\u{3c4}', 't'),
    ('\u{3c5}', 'y'),
    ('\u{3c7}', 'x'),
];

/// The fields in which something of a kind stands, wherever they are in a record.
const FIELDS: &[(&str, &[&str])] = &[
    ("brand", &["brand_marked", "statement_on_brands"]),
    ("part_number", &["as_seen", "normalised"]),
    ("mark", &["as_marked"]),
    ("designation", &["designation", "family"]),
];

/// From how many letters and digits on a word is looked for inside of others too.
const SHORT_CHARS: usize = 4;

/// What a monitor watches for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    /// Organisations whose keys and records are ours.
    pub(crate) organisations: Vec<OrgName>,
    /// Whether every new organisation and every event of a key chain is told.
    pub(crate) key_events: bool,
    wanted: Vec<Wanted>,
}

#[derive(Clone, Debug)]
struct Wanted {
    rule: &'static str,
    word: String,
    folded: String,
}

/// Something that is watched for, in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen<'a> {
    /// Of which kind it is.
    pub(crate) rule: &'static str,
    /// What is watched for.
    pub(crate) word: &'a str,
    /// The text of the record in which it stands.
    pub(crate) text: String,
}

impl Watch {
    /// Watches for these words, by their kind.
    pub(crate) fn new(
        organisations: Vec<OrgName>,
        words: [(&'static str, Vec<String>); 4],
        key_events: bool,
    ) -> Self {
        let wanted = words.into_iter().flat_map(|(rule, words)| {
            words.into_iter().map(move |word| Wanted {
                rule,
                folded: fold(&word),
                word,
            })
        });
        Self {
            organisations,
            key_events,
            wanted: wanted.collect(),
        }
    }

    /// Whether records are to be looked into at all.
    pub(crate) const fn looks_into_records(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// What of it stands in a record, each once.
    pub(crate) fn find(&self, record: &Value) -> Vec<Seen<'_>> {
        let mut seen: Vec<Seen<'_>> = Vec::new();
        visit(record, &mut |field, text| {
            let folded = fold(text);
            for wanted in &self.wanted {
                let fields = FIELDS.iter().find(|(rule, _)| *rule == wanted.rule);
                let is_field = fields.is_some_and(|(_, fields)| fields.contains(&field));
                let is_there = is_field && wanted.is_in(text, &folded);
                if is_there
                    && !seen
                        .iter()
                        .any(|it| it.rule == wanted.rule && it.word == wanted.word)
                {
                    seen.push(Seen {
                        rule: wanted.rule,
                        word: &wanted.word,
                        text: text.to_owned(),
                    });
                }
            }
        });
        seen
    }
}

impl Wanted {
    fn is_in(&self, text: &str, folded: &str) -> bool {
        let is_alias =
            self.rule == "designation" && is_same(AliasKind::Designation, &self.word, text);
        is_alias
            || match self.folded.chars().count() {
                // A mark may have no letter or digit at all.
                0 => text.contains(self.word.trim()),
                // So short a word would be found in the middle of others.
                1..SHORT_CHARS => text
                    .split(|c: char| !c.is_alphanumeric())
                    .any(|word| fold(word) == self.folded),
                _ => folded.contains(&self.folded),
            }
    }
}

fn visit(value: &Value, take: &mut dyn FnMut(&str, &str)) {
    for item in value.as_array().into_iter().flatten() {
        visit(item, take);
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        visit(value, take);
        let items = value.as_array().into_iter().flatten();
        for text in items.chain([value]).filter_map(Value::as_str) {
            take(name, text);
        }
    }
}

/// The form in which words are compared: lower case, letters and digits only, letters that look like Latin ones as these.
fn fold(text: &str) -> String {
    let lower = text.chars().map(full_width).flat_map(char::to_lowercase);
    let plain = lower.map(|c| {
        let alike = LOOK_ALIKE.iter().find(|(other, _)| *other == c);
        alike.map_or(c, |(_, latin)| *latin)
    });
    plain.filter(|c| c.is_alphanumeric()).collect()
}

/// Letters and digits of East Asian width as the usual ones.
fn full_width(c: char) -> char {
    match u32::from(c) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(watch: &Watch, record: &Value) -> Vec<&'static str> {
        watch.find(record).iter().map(|seen| seen.rule).collect()
    }

    #[test]
    fn a_brand_is_found_however_it_is_written_and_nowhere_else() {
        let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let watch = Watch::new(
            Vec::new(),
            [
                ("brand", words(&["Analog Devices"])),
                ("part_number", words(&["AD-7606"])),
                ("mark", words(&["\u{3148}"])),
                ("designation", words(&["KN-23"])),
            ],
            false,
        );
        for brand in [
            "ANALOG DEVICES",
            "Analog-Devices, Inc.",
            "\u{410}nalog Devi\u{441}es",
            "\u{ff21}nalog devices",
        ] {
            let record = json!({ "component_observation": { "brand_marked": brand } });
            assert_eq!(rules(&watch, &record), ["brand"], "{brand}");
        }
        let record = json!({ "statement": { "claim": "Analog Devices says" }, "brand_marked": "Digital Devices" });
        assert_eq!(rules(&watch, &record), Vec::<&str>::new());
        let record = json!({ "a": [
            { "identifiers": [{ "as_seen": "AD7606BSTZ" }] },
            { "markings": [{ "as_marked": "\u{3148} 112" }] },
            { "identifications": [{ "designation": "Hwasong-11Ga" }] },
        ] });
        assert_eq!(
            rules(&watch, &record),
            ["part_number", "mark", "designation"]
        );
    }
}
