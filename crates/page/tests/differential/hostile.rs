//! Bundles whose every text wants to be more than text: markup, commands to a terminal, characters that turn the writing around, and
//! letters that look like others.

use witnessmark_record::{DisclosedValue, Disclosure, Record, RecordKind, encode, field_salt};

use crate::fields;
use crate::ledger::{Honest, Tamper};
use crate::random::Random;
use crate::story::{Case, PHOTO, case, subject, told};

/// What a page that takes it for markup would run, and a terminal that takes it for commands would do.
const MARKUP: &str = "<script>window.taken=1</script><svg onload=\"window.taken=1\"></svg>\
                      <img src=x onerror=\"window.taken=1\"><style>*{display:none}</style></bdi></p></section>\
                      <a href=\"javascript:window.taken=1\">VERIFIED</a> &lt;b&gt;";
const TURNED: &str = "\u{202e}DEIFIREV\u{202c}";
const COMMANDS: &str = "\u{1b}[2J\u{1b}[1;1H\u{9b}32m\u{7}\r\n";
const LOOK_ALIKE: &str = "V\u{415}RIFIED";
const FILE_NAME: &str = "\u{202e}gpj.<img src=x onerror=window.taken=1>.V\u{415}RIFIED";

/// What every text of the evidence is.
fn text() -> String {
    format!("{MARKUP} {TURNED} {COMMANDS} {LOOK_ALIKE}")
}

/// Changes the texts of the story that are not in its subject: the label of the key, and the title of what contradicts it.
struct Texts;

impl Tamper for Texts {
    fn payload(&mut self, step: usize, payload: &mut Vec<u8>, _signers: &mut Vec<u8>) {
        if step == 2 {
            let label = format!("{TURNED} {LOOK_ALIKE} <img src=x onerror=x()>");
            let event = String::from_utf8(payload.clone()).unwrap();
            *payload = event
                .replace("label key 11", &format!("label {label}"))
                .into_bytes();
        }
        if step == 8 {
            let mut record = Record::decode(payload).unwrap().into_message();
            record.titles.first_mut().unwrap().text = text();
            *payload = encode(&record);
        }
    }
}

fn disclosure() -> Vec<u8> {
    let disclosure = Disclosure {
        salt: field_salt(&[7; 32], "name").unwrap(),
        name: text(),
        value: DisclosedValue::Text(text()),
    };
    disclosure.encode().unwrap()
}

/// Good evidence with such texts wherever there can be one.
pub(crate) fn everywhere() -> Case {
    let opened = [disclosure()];
    let mut record = subject(&opened);
    let any = fields::record(&mut Random::new(3), RecordKind::WreckageFinding);
    record.body = any.body;
    record.titles.first_mut().unwrap().text = text();
    record.note = text();
    record.asserted_by.as_mut().unwrap().name = text();
    FILE_NAME.clone_into(&mut record.attachments.first_mut().unwrap().name);
    let mut document = told(&record, &opened, &mut Texts);
    FILE_NAME.clone_into(&mut document.files.first_mut().unwrap().name);
    let mut made = case(&document);
    made.files = [(FILE_NAME.to_owned(), PHOTO.to_vec())].into();
    made
}

/// The same with another file under the name: what names the fault is a text of the evidence.
pub(crate) fn with_another_file() -> Case {
    let mut made = everywhere();
    made.files = [(FILE_NAME.to_owned(), b"b photograph".to_vec())].into();
    made
}

/// A record of a kind with all its fields, with such a text in the one that may be longest.
pub(crate) fn in_a_note() -> Case {
    let mut record = fields::record(&mut Random::new(3), RecordKind::WreckageFinding);
    record.note = text();
    let mut document = told(&record, &[], &mut Honest);
    document.files.clear();
    case(&document)
}

#[test]
fn hostile_texts_leave_good_evidence_good_and_are_shown_as_what_they_are() {
    use crate::agree::in_rust;
    let verdict = in_rust(&everywhere());
    assert!(verdict.word.is_positive(), "{}", verdict.to_text());
    let shown = verdict.to_text();
    for mark in [
        "\\u{202e}DEIFIREV",
        "\\u{1b}[2J",
        "mixes Latin and Cyrillic letters",
    ] {
        assert!(shown.contains(mark), "{mark}: {shown}");
    }
    let failed = in_rust(&with_another_file());
    assert_eq!(failed.failed().map(|check| check.name), Some("files"));
}
