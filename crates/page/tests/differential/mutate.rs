//! Changes to bytes, texts and documents, by chance.

use witnessmark_verifier::base64;

use crate::document::{Document, Proven};
use crate::random::Random;

/// One change to some bytes, of a kind that transmission, editors and forgers make.
pub(crate) fn bytes(random: &mut Random, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        bytes.push(random.byte());
        return;
    }
    let at = random.below(bytes.len());
    match random.below(9) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.byte(),
        2 => {
            bytes.remove(at);
        }
        3 => bytes.insert(at, random.byte()),
        4 => {
            let end = (at + 1 + random.below(40)).min(bytes.len());
            let slice = bytes[at..end].to_vec();
            bytes.splice(at..at, slice);
        }
        5 => {
            let end = (at + 1 + random.below(40)).min(bytes.len());
            bytes.drain(at..end);
        }
        6 => bytes.truncate(at),
        7 => {
            let other = random.below(bytes.len());
            bytes.swap(at, other);
        }
        _ => bytes[at] = bytes[at].wrapping_add(1),
    }
}

/// Values that stand at the edge of what is allowed, for the values in lines of texts.
const VALUES: &[&str] = &[
    "",
    "0",
    "1",
    "2",
    "00",
    "01",
    "-1",
    "+1",
    "1.0",
    "17",
    "4294967295",
    "4294967296",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "a",
    "A",
    "record",
    "countersign",
    "genesis",
    "none",
    "all",
    "any",
    "\u{e9}",
    "e\u{301}",
    "a b",
    " ",
    "\t",
    "\u{a0}",
    "\u{2003}",
    "\u{feff}",
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "\r",
    "+",
    "field-team",
    "court-registry",
    "ledger.example/two",
    "ledger.example/three",
    "0000000000000000000000000000000000000000000000000000000000000000",
    // Of small order, of mixed order, in another encoding, and no point at all.
    "0100000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0200000000000000000000000000000000000000000000000000000000000000",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
];

/// A label that is as long as one may be, or a byte longer.
fn long_value(random: &mut Random) -> String {
    let letter = *random.pick(&["a", "\u{e9}", "\u{1f600}"]);
    let length = *random.pick(&[62, 63, 64, 79, 80, 81, 254, 255, 256]);
    let mut text = letter.repeat(length / letter.len());
    while text.len() < length {
        text.push('a');
    }
    text
}

/// One change to the lines of a text.
pub(crate) fn lines(random: &mut Random, text: &mut String) {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let (at, other) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(11) {
        0 => {
            lines.remove(at);
        }
        1 => lines.insert(other, lines[at].clone()),
        2 => lines.swap(at, other),
        3 => {
            let line = lines[other].clone();
            lines[at] = line;
        }
        4 => lines.insert(at, String::new()),
        5 => lines.insert(at, format!("# {}", lines[other])),
        6 => words(random, &mut lines[at]),
        7 => value(random, &mut lines[at]),
        8 => number(random, &mut lines[at]),
        9 => lines[at] = lines[at].to_uppercase(),
        _ => {
            let character = *random.pick(&[' ', '\t', '\r', '\u{a0}', 'x', '0', '\u{301}']);
            let line = &mut lines[at];
            let places: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
            let place = if places.is_empty() || random.chance(50) {
                line.len()
            } else {
                *random.pick(&places)
            };
            line.insert(place, character);
        }
    }
    *text = lines.join("\n");
}

/// Words of a line dropped, doubled or exchanged.
fn words(random: &mut Random, line: &mut String) {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let (at, other) = (random.below(words.len()), random.below(words.len()));
    match random.below(4) {
        0 => {
            words.remove(at);
        }
        1 => words.insert(other, words[at].clone()),
        2 => words.swap(at, other),
        _ => words.insert(at, String::new()),
    }
    *line = words.join(" ");
}

/// Another value in the place of one word.
fn value(random: &mut Random, line: &mut String) {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let at = random.below(words.len());
    words[at] = if random.chance(15) {
        long_value(random)
    } else {
        (*random.pick(VALUES)).to_owned()
    };
    *line = words.join(" ");
}

/// A number that is a little more or less.
fn number(random: &mut Random, line: &mut String) {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    for word in &mut words {
        if let Ok(number) = word.parse::<u64>() {
            *word = if random.chance(50) {
                number.wrapping_add(1).to_string()
            } else {
                number.saturating_sub(1).to_string()
            };
        }
    }
    *line = words.join(" ");
}

/// One change to a text, to its lines or its letters.
pub(crate) fn text(random: &mut Random, text: &mut String) {
    if random.chance(70) {
        lines(random, text);
    } else {
        let mut changed = text.clone().into_bytes();
        bytes(random, &mut changed);
        *text = String::from_utf8_lossy(&changed).into_owned();
    }
}

/// One change to the members of a document.
pub(crate) fn document(random: &mut Random, document: &mut Document) {
    match random.below(15) {
        0 => exchange(random, document),
        14 => {
            let mut texts = document.texts();
            let from = texts[random.below(texts.len())].clone();
            let to = random.below(texts.len());
            *texts[to] = from;
        }
        1 => {
            let mut texts = document.texts();
            let at = random.below(texts.len());
            text(random, texts[at]);
        }
        2 | 3 => {
            let mut entries = document.entries();
            let at = random.below(entries.len());
            let mut decoded = base64::decode(entries[at]).unwrap_or_default();
            bytes(random, &mut decoded);
            *entries[at] = base64::encode(&decoded);
        }
        4 | 5 => {
            let mut proofs = document.proofs();
            let at = random.below(proofs.len());
            lines(random, proofs[at]);
        }
        6 => same_in_all_proofs(random, document),
        7 => list(random, &mut document.key_chains),
        8 if !document.key_chains.is_empty() => {
            let at = random.below(document.key_chains.len());
            list(random, &mut document.key_chains[at].events);
        }
        9 => list(random, &mut document.related),
        10 => list(random, &mut document.disclosures),
        11 => list(random, &mut document.files),
        12 if !document.related.is_empty() => {
            let relations = ["about", "contradicts", "corrects", "part_of", "", "About"];
            let at = random.below(document.related.len());
            document.related[at].relation = (*random.pick(&relations)).to_owned();
        }
        _ => file(random, document),
    }
}

/// One proved entry in the place of another.
fn exchange(random: &mut Random, document: &mut Document) {
    let all: Vec<Proven> = [document.record.clone(), document.charter.clone()]
        .into_iter()
        .chain(document.related.iter().map(|related| Proven {
            entry: related.entry.clone(),
            proof: related.proof.clone(),
        }))
        .collect();
    let proven = random.pick(&all).clone();
    match random.below(3) {
        0 => document.record = proven,
        1 => document.charter = proven,
        _ => {
            if let Some(related) = document.related.first_mut() {
                related.entry = proven.entry;
                related.proof = proven.proof;
            }
        }
    }
}

/// The same change to the checkpoint in every proof.
fn same_in_all_proofs(random: &mut Random, document: &mut Document) {
    let Some((_, checkpoint)) = document.record.proof.split_once("\n\n") else {
        return;
    };
    let checkpoint = checkpoint.to_owned();
    let mut changed = checkpoint.clone();
    text(random, &mut changed);
    for proof in document.proofs() {
        *proof = proof.replace(&checkpoint, &changed);
    }
}

fn list<T: Clone>(random: &mut Random, items: &mut Vec<T>) {
    if items.is_empty() {
        return;
    }
    let (at, other) = (random.below(items.len()), random.below(items.len()));
    match random.below(5) {
        0 => {
            items.remove(at);
        }
        1 => items.insert(other, items[at].clone()),
        2 => items.swap(at, other),
        3 => items[other] = items[at].clone(),
        _ => items.truncate(at),
    }
}

fn file(random: &mut Random, document: &mut Document) {
    let Some(file) = document.files.first_mut() else {
        return;
    };
    let names = [
        "photo.jpg",
        "Photo.jpg",
        "../photo.jpg",
        "a/b",
        "a\\b",
        "C:x",
        ".",
        "..",
        "",
        "a\u{0}",
        "a\u{85}",
        "\u{202e}gpj",
        "a\"b",
        "a\u{2028}b",
    ];
    match random.below(4) {
        0 => file.name = String::from(*random.pick(&names)),
        1 => file.name = "n".repeat(*random.pick(&[200, 255, 256])),
        2 => {
            file.size = *random.pick(&[
                0,
                11,
                13,
                u64::MAX,
                9_007_199_254_740_991,
                9_007_199_254_740_992,
                9_007_199_254_740_993,
            ]);
        }
        _ => file.sha256 = file.sha256.to_uppercase(),
    }
}
