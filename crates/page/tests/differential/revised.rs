//! Changes of corrections: most start from what the record says, some from what it never said, and some name no field.

use witnessmark_record::{correctable_values, field_text, v1};

use crate::mutate;
use crate::random::Random;

/// Paths that name something, paths that nearly do, and paths that may not be corrected.
const PATHS: &[&str] = &[
    "note",
    "titles",
    "titles[0]",
    "titles[0].text",
    "titles[1]",
    "titles[01]",
    "titles[18446744073709551615]",
    "titles[18446744073709551616]",
    "titles.text",
    "note[0]",
    "place",
    "place.locality",
    "place.point",
    "place.point.lat_e7",
    "links",
    "links[0].note",
    "missing[0].path",
    "attachments[0].name",
    "attachments[0].sha256",
    "language",
    "occurred",
    "basis",
    "asserted_by.name",
    "wreckage_finding",
    "wreckage_finding.item_class",
    "wreckage_finding.measurements[0]",
    "wreckage_finding.features",
    "wreckage_finding.brand_is_not_supplier_claim",
    "attestation.target",
    "attestation.stance",
    "withdrawal.target",
    "correction.changes",
    "protected",
    "protected[0]",
    "org",
    "thread_id",
    "nothing",
    "",
    ".",
    "note.",
    "titles[0",
    "titles]",
    "\u{202e}",
];

/// Values of every type, in their one spelling and in others.
const VALUES: &[&str] = &[
    "",
    "\"\"",
    "\"a\"",
    "\"12.5\"",
    "\"V\u{415}RIFIED\"",
    "\"\u{202e}gpj\"",
    "\"\\u0061\"",
    "\"\\u0001\\n\u{7f}\"",
    "\"\\ud800\"",
    "\"a",
    "1",
    "0",
    "-0",
    "-5",
    "1.0",
    "01",
    "1e3",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "true",
    "false",
    "null",
    "[]",
    "[ ]",
    "[\"a\"]",
    "[\"a\",\"b\"]",
    "[\"\"]",
    "{}",
    "{\"lang\":\"en\",\"text\":\"New\"}",
    "{\"text\":\"New\",\"lang\":\"en\"}",
    "{\"lang\":\"en\",\"lang\":\"en\"}",
    "{\"lang\":\"\",\"text\":\"New\"}",
    "{\"country\":\"UA\",\"point\":{\"lat_e7\":-1,\"lon_e7\":2147483647}}",
    "{\"nothing\":1}",
    "[{\"rel\":\"about\"}]",
    "\"unspecified\"",
    "\"interview\"",
    "\"confirms\"",
    "\"cruise_missile\"",
    "\"abcd\"",
    "\"ABCD\"",
    "\"abc\"",
    " \"a\"",
    "\"a\" ",
];

/// The changes of a correction of `target`, when these changes were made before it.
pub(crate) fn changes(
    random: &mut Random,
    target: Option<&v1::Record>,
    before: &[[String; 3]],
) -> Vec<[String; 3]> {
    let count = 1 + random.below(3);
    (0..count)
        .map(|_| {
            let mut change = match (random.below(20), target) {
                (0..10, Some(record)) => of_value(random, record),
                (10..13, Some(record)) => of_list(random, record),
                (13..16, _) if !before.is_empty() => {
                    let [path, _, now] = random.pick(before).clone();
                    let next = other(random, &now);
                    [path, now, next]
                }
                _ => [PATHS, VALUES, VALUES].map(|items| (*random.pick(items)).to_owned()),
            };
            if random.chance(4) {
                let at = random.below(3);
                mutate::text(random, &mut change[at]);
            }
            change
        })
        .collect()
}

/// A change of a value that is there, or of a whole that it is part of.
fn of_value(random: &mut Random, record: &v1::Record) -> [String; 3] {
    let values = correctable_values(record);
    let (mut path, mut was) = random.pick(&values).clone();
    if random.chance(25) {
        let ends: Vec<usize> = path.match_indices(['.', '[']).map(|(at, _)| at).collect();
        if !ends.is_empty() {
            path.truncate(*random.pick(&ends));
            was = field_text(record, &path).unwrap_or_default();
        }
    }
    let now = other(random, &was);
    [path, was, now]
}

/// An item more or less in a list that is there, or a list that is not.
fn of_list(random: &mut Random, record: &v1::Record) -> [String; 3] {
    let lists = [
        "titles",
        "summaries",
        "links",
        "wreckage_finding.features",
        "wreckage_finding.measurements",
    ];
    let list = *random.pick(&lists);
    let mut count = 0;
    while field_text(record, &format!("{list}[{count}]")).is_some() {
        count += 1;
    }
    let at = (count + random.below(3)).saturating_sub(1);
    let path = format!("{list}[{at}]");
    let was = field_text(record, &path).unwrap_or_default();
    let items = [
        "",
        "{}",
        "{\"lang\":\"uk\",\"text\":\"New\"}",
        "\"New\"",
        "{\"note\":\"New\"}",
    ];
    [path, was, (*random.pick(&items)).to_owned()]
}

/// A value that often is of the same type as another.
fn other(random: &mut Random, value: &str) -> String {
    match (random.below(10), value.as_bytes().first()) {
        (0, _) => String::new(),
        (1, _) => value.to_owned(),
        (2, _) => (*random.pick(VALUES)).to_owned(),
        (3..9, Some(b'"')) => {
            let texts = [
                "\"b\"",
                "\"Kharkiv \u{425}\"",
                "\"2024-01-02\"",
                "\"other\"",
                "\"00ff\"",
            ];
            (*random.pick(&texts)).to_owned()
        }
        (_, Some(b'0'..=b'9' | b'-')) => random.below(1_000).to_string(),
        (_, Some(b'{')) => value.replacen("\":\"", "\":\"x", 1),
        (_, Some(b'[')) => value.replacen('[', "[\"x\",", 1),
        (_, Some(b'"')) => value.replacen('"', "\"x", 1),
        _ => "true".to_owned(),
    }
}
