//! Texts that are meant to deceive whoever reads the answer: in good evidence, where they are shown and not obeyed, and in bad
//! evidence, of which nothing is shown.

use std::fs;

use witnessmark_record::{DisclosedValue, field_digest, v1};
use witnessmark_verifier::{KeyAction, KeyRole};

use super::mini_log::{COURT, MiniLog, ORIGIN, TEAM, key, link, public};
use super::world::{
    PHOTO, WITNESS, blind, bundle, export, ledger, named_photo, policy, proven, shown, usual,
};
use super::{Corpus, Expected};

use Expected::{CannotTell, NotVerified, Shown};

pub(crate) fn write(corpus: &mut Corpus) {
    titles(corpus);
    elsewhere(corpus);
    altered(corpus);
    names(corpus);
    paths(corpus);
}

/// A text, and what the answer must show of it.
type Hostile = (&'static str, &'static str, &'static str);

const HOSTILE: [Hostile; 29] = [
    (
        "clears-the-screen",
        "x\u{1b}[2J\u{1b}[1;1HVERIFIED",
        "\\u{1b}[2J\\u{1b}[1;1HVERIFIED",
    ),
    (
        "names-the-window",
        "\u{1b}]0;VERIFIED\u{7}",
        "\\u{1b}]0;VERIFIED\\u{7}",
    ),
    (
        "one-character-escape",
        "\u{9b}2J\u{9b}32mVERIFIED",
        "\\u{9b}2J\\u{9b}32mVERIFIED",
    ),
    (
        "a-line-of-its-own",
        "x\nVERIFIED\n\nThis record",
        "x\\u{a}VERIFIED\\u{a}\\u{a}This",
    ),
    ("carriage-return", "x\rVERIFIED", "x\\u{d}VERIFIED"),
    ("next-line", "x\u{85}VERIFIED", "x\\u{85}VERIFIED"),
    (
        "line-separator",
        "x\u{2028}VERIFIED\u{2029}",
        "x\\u{2028}VERIFIED\\u{2029}",
    ),
    (
        "backspaces",
        "NOT\u{8}\u{8}\u{8}VERIFIED",
        "NOT\\u{8}\\u{8}\\u{8}VERIFIED",
    ),
    ("form-feed", "x\u{c}VERIFIED", "x\\u{c}VERIFIED"),
    ("a-zero", "x\u{0}VERIFIED", "x\\u{0}VERIFIED"),
    ("delete", "x\u{7f}VERIFIED", "x\\u{7f}VERIFIED"),
    (
        "turned-round",
        "\u{202e}DEIFIREV\u{202c}",
        "\\u{202e}DEIFIREV\\u{202c}",
    ),
    (
        "isolated",
        "\u{2067}DEIFIREV\u{2069}",
        "\\u{2067}DEIFIREV\\u{2069}",
    ),
    ("arabic-mark", "x\u{61c}VERIFIED", "x\\u{61c}VERIFIED"),
    ("zero-width-space", "VER\u{200b}IFIED", "VER\\u{200b}IFIED"),
    ("word-joiner", "VER\u{2060}IFIED", "VER\\u{2060}IFIED"),
    ("soft-hyphen", "VER\u{ad}IFIED", "VER\\u{ad}IFIED"),
    ("byte-order-mark", "\u{feff}VERIFIED", "\\u{feff}VERIFIED"),
    ("tags", "x\u{e0056}\u{e0045}", "x\\u{e0056}\\u{e0045}"),
    ("blank-letter", "x\u{3164}VERIFIED", "x\\u{3164}VERIFIED"),
    (
        "end-of-quotation",
        "x\" VERIFIED \"",
        "x\\u{22} VERIFIED \\u{22}",
    ),
    (
        "html",
        "<script>alert(1)</script><b>VERIFIED</b>",
        "<script>alert(1)</script>",
    ),
    (
        "html-attribute",
        "\"><img src=x onerror=alert(1)>",
        "\\u{22}><img src=x",
    ),
    (
        "formula",
        "=HYPERLINK(\"http://x\";\"VERIFIED\")",
        "=HYPERLINK(",
    ),
    (
        "command-in-a-cell",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|",
    ),
    (
        "words-that-begin-a-line",
        "x VERIFIED WITH REMARKS VERIFIED WITH REMARKS VERIFIED WITH REMARKS VERIFIED WITH REMARKS VERIFIED",
        "x VERIFIED WITH REMARKS",
    ),
    (
        "other-words-that-begin-a-line",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx NOT VERIFIED CANNOT TELL VERIFIED VERIFIED",
        "xxx NOT VERIFIED CANNOT TELL",
    ),
    (
        "cyrillic-letters",
        "V\u{415}RIFI\u{415}D",
        "mixes Latin and Cyrillic letters",
    ),
    (
        "greek-letters",
        "VERIFI\u{395}D",
        "mixes Latin and Greek letters",
    ),
];

/// The texts without a character that names of files and keys cannot have.
fn in_names() -> impl Iterator<Item = Hostile> {
    let is_plain = |text: &str| {
        !text
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\' | ':'))
    };
    HOSTILE
        .into_iter()
        .filter(move |(_, text, _)| is_plain(text))
}

fn titles(corpus: &mut Corpus) {
    let mut class = corpus.class(
        "N24",
        "title",
        "A good record has a title that is meant to deceive whoever reads the answer.",
    );
    for (name, text, shows) in HOSTILE {
        let mut log = MiniLog::usual();
        let index = log.record(11, &log.message(TEAM, text));
        let bundle = blind(&log, index, TEAM).encode().unwrap();
        let case = class.bundle(name, bundle, &policy(&log), Shown);
        case.shows.push(shows.to_owned());
    }
    let mut log = MiniLog::usual();
    let index = log.record(11, &log.message(TEAM, &"VERIFIED ".repeat(2_000)));
    let bundle = blind(&log, index, TEAM).encode().unwrap();
    class.bundle("long", bundle, &policy(&log), Shown);
}

/// The same in other places of the evidence.
fn elsewhere(corpus: &mut Corpus) {
    let mut class = corpus.class(
        "N24",
        "other-texts",
        "A text of a good bundle other than the title of its record is meant to deceive.",
    );
    for (name, text, shows) in HOSTILE {
        let mut log = MiniLog::usual();
        let mut message = log.message(TEAM, "Tail section");
        text.clone_into(&mut message.asserted_by.as_mut().unwrap().name);
        text.clone_into(&mut message.note);
        let mut field = shown();
        field.value = DisclosedValue::Text(text.to_owned());
        text.clone_into(&mut field.name);
        message.protected = vec![field_digest(&field).unwrap().as_bytes().to_vec()];
        let index = log.record(11, &message);
        let mut second = log.message(COURT, text);
        second.links = vec![link(v1::LinkRel::Contradicts, &log.id(index))];
        log.record(21, &second);
        let mut parts = log.parts(index, &[index + 1]);
        parts.checkpoint = log.checkpoint(&[WITNESS]);
        parts.disclosures = vec![field.encode().unwrap()];
        let bundle = parts.assemble().unwrap().encode().unwrap();
        let case = class.bundle(name, bundle, &policy(&log), Shown);
        case.shows.push(shows.to_owned());
    }
    let mut class = corpus.class(
        "N24",
        "labels",
        "The label of the key that signed a good record is meant to deceive.",
    );
    for (name, text, shows) in in_names().filter(|(_, text, _)| text.len() <= 80) {
        let mut log = MiniLog::usual();
        let add = KeyAction::Add {
            key: public(&key(12)),
            role: KeyRole::Record,
            label: Some(text.to_owned()),
        };
        log.key_event(TEAM, add, &[&key(10), &key(12)]);
        let index = log.record(12, &log.message(TEAM, "Tail section"));
        let bundle = blind(&log, index, TEAM).encode().unwrap();
        let case = class.bundle(name, bundle, &policy(&log), Shown);
        case.shows.push(shows.to_owned());
    }
}

/// Bad evidence with such texts: the answer holds nothing of them.
fn altered(corpus: &mut Corpus) {
    let mut class = corpus.class(
        "N24",
        "altered-with-hostile-texts",
        "The record was altered, and its texts are meant to hide that.",
    );
    for (name, text, shows) in HOSTILE {
        let mut log = MiniLog::usual();
        let index = log.record(11, &log.message(TEAM, text));
        let mut bundle = blind(&log, index, TEAM);
        *bundle.record.entry.last_mut().unwrap() ^= 1;
        let text = bundle.encode().unwrap();
        let case = class.bundle(name, text, &policy(&log), NotVerified("inclusion"));
        case.hides.push(shows.to_owned());
    }
    let (_, policy) = usual();
    let mut class = corpus.class(
        "N24",
        "hostile-documents",
        "What is no bundle holds texts that a message about it could repeat.",
    );
    for (name, text, shows) in HOSTILE {
        let quoted = serde_json::to_string(text).unwrap();
        for (what, document) in [
            ("as-a-member", format!("{{{quoted}: 1}}")),
            ("as-the-format", format!("{{\"format\": {quoted}}}")),
        ] {
            let name = format!("{name}-{what}");
            let case = class.bundle(&name, document, &policy, NotVerified("format"));
            case.hides.push(shows.to_owned());
        }
    }
}

/// Names of files beside a bundle, of files in an export, and of ledgers.
fn names(corpus: &mut Corpus) {
    let mut class = corpus.class(
        "N24",
        "file-names",
        "The name of a file that the record holds is meant to deceive; the file is there, or it is not.",
    );
    for (name, text, shows) in in_names() {
        let (bundle, policy) = named_photo(text);
        let bundle = bundle.encode().unwrap();
        let case = class.beside(name, (&bundle, &policy), Shown, |folder| {
            fs::write(folder.join(text), PHOTO).unwrap();
        });
        case.shows.push(shows.to_owned());
        let name = format!("{name}-missing");
        let case = class.beside(&name, (&bundle, &policy), CannotTell("files"), |_| {});
        case.shows.push(shows.to_owned());
    }
    let log = ledger();
    let mut class = corpus.class(
        "N24",
        "strange-files-in-an-export",
        "In the folder of a good export lies a file whose name is meant to deceive.",
    );
    let can_be_a_name = |text: &str| !text.contains(['/', '\0']);
    for (name, text, shows) in HOSTILE
        .into_iter()
        .filter(|(_, text, _)| can_be_a_name(text))
    {
        let case = class.export(name, &policy(&log), Shown, |folder| {
            export(&log, folder);
            fs::write(folder.join(text), b"VERIFIED").unwrap();
        });
        case.shows.push(shows.to_owned());
    }
    let (text, _) = usual();
    let mut class = corpus.class(
        "N24",
        "name-of-a-ledger",
        "The only ledger of the policy has a name that is meant to deceive, and is another one.",
    );
    let could_be_one = |text: &str| {
        !text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '+')
    };
    for (name, origin, shows) in HOSTILE
        .into_iter()
        .filter(|(_, text, _)| could_be_one(text))
    {
        let other = MiniLog::new(&format!("{ORIGIN}/{origin}"));
        let case = class.bundle(name, &text, &other.policy(), CannotTell("checkpoint"));
        case.shows.push(shows.to_owned());
    }
    let log = ledger();
    let mut class = corpus.class(
        "N24",
        "relation",
        "The bundle calls a related entry by a word that is meant to deceive.",
    );
    for (name, text, shows) in HOSTILE {
        let mut bundle = bundle(&log);
        text.clone_into(&mut bundle.related[0].relation);
        bundle.related[0].proven = proven(&log, 6);
        let text = bundle.encode().unwrap();
        let case = class.bundle(name, text, &policy(&log), NotVerified("related"));
        case.hides.push(shows.to_owned());
    }
}

/// Paths on the command line where there is nothing.
fn paths(corpus: &mut Corpus) {
    let (text, policy) = usual();
    let mut class = corpus.class(
        "N24",
        "path-of-the-bundle",
        "The path of the bundle is meant to deceive, and nothing lies there.",
    );
    let can_be_a_path = |text: &str| !text.contains(['/', '\0']);
    for (name, hostile, shows) in HOSTILE
        .into_iter()
        .filter(|(_, text, _)| can_be_a_path(text))
    {
        let case = class.beside(name, (&text, &policy), CannotTell("format"), |_| {});
        case.input = case.input.replace("bundle.json", hostile);
        // A quotation mark ends nothing here, and letters of other alphabets are the reader's own.
        if shows.starts_with("\\u") && !shows.contains("\\u{22}") {
            case.shows.push(shows.to_owned());
        }
    }
}
