//! Records with every field that the schema has: both show them with the same labels and words.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use witnessmark_record::{RecordKind, descriptor_pool, v1};

use crate::agree::{difference, in_rust};
use crate::ledger::{Honest, ORIGIN};
use crate::node::{Node, is_there};
use crate::random::Random;
use crate::story::{TEAM, case, told};

const TEXTS: &[&str] = &[
    "12",
    "-3.50",
    "0",
    "bp",
    "kg",
    "Tail section",
    "\u{425}\u{430}\u{440}\u{43a}\u{456}\u{432}",
    "\u{202e}gpj.exe",
    "line\nbreak\ttab",
    "\"quoted\"",
    "zero\u{200b}width \u{e0041} \u{fe0f} \u{600}",
    "<b>&amp;</b>",
    "\u{645}\u{6cc}\u{200c}\u{62e} a\u{200d}b \u{915}\u{94d}\u{200d}\u{937} \u{664}\u{200c}\u{665}",
    "\u{1f468}\u{1f3fd}\u{200d}\u{1f469} \u{2764}\u{fe0f} 1\u{200d}\u{1f308} \u{f39}\u{200c}\u{f40}\u{200d}",
    "\u{1f600}",
    "V\u{415}RIFIED",
    "\u{1b}[2J\u{9b}31m\u{7f}",
    "10\u{3bc}F \u{39f}\u{41e}",
];

/// Enough to fill whatever the schema nests.
const DEPTH_MAX: usize = 6;

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the test of the schema says which types there are"
)]
fn value(random: &mut Random, field: &FieldDescriptor, depth: usize) -> Value {
    match field.kind() {
        Kind::Bool => Value::Bool(true),
        Kind::Uint32 => Value::U32(1 + u32::try_from(random.below(90_000)).unwrap()),
        Kind::Uint64 => Value::U64(*random.pick(&[1, 1_767_225_600_123, u64::MAX])),
        Kind::Sint32 => Value::I32(*random.pick(&[-1, 478_388_000, -900_000_000, i32::MIN])),
        Kind::String => Value::String((*random.pick(TEXTS)).to_owned()),
        Kind::Bytes => {
            let length = if field.name() == "thread_id" { 16 } else { 32 };
            let bytes: Vec<u8> = (0..length).map(|_| random.byte()).collect();
            Value::Bytes(bytes.into())
        }
        Kind::Enum(it) => {
            let numbers: Vec<i32> = it.values().map(|value| value.number()).collect();
            Value::EnumNumber(*random.pick(&numbers[1..]))
        }
        Kind::Message(it) => Value::Message(message(random, &it, depth + 1)),
        _ => Value::U32(1),
    }
}

fn message(random: &mut Random, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        let is_needed = matches!(field.name(), "rel" | "target" | "record" | "sha256");
        if depth > DEPTH_MAX || (!is_needed && random.chance(25)) {
            continue;
        }
        if field.is_list() {
            let count = 1 + random.below(2);
            let items = (0..count).map(|_| value(random, &field, depth)).collect();
            message.set_field(&field, Value::List(items));
        } else if field.containing_oneof().is_none() || random.chance(40) {
            message.set_field(&field, value(random, &field, depth));
        }
    }
    message
}

/// A record of this kind that says anything at all. It would not be admitted; a verifier has to show it all the same.
pub(crate) fn record(random: &mut Random, kind: RecordKind) -> v1::Record {
    let descriptor = descriptor_pool()
        .get_message_by_name("witnessmark.record.v1.Record")
        .unwrap();
    let mut it = message(random, &descriptor, 0);
    for other in RecordKind::ALL {
        it.clear_field_by_name(other.field());
    }
    let body = descriptor.get_field_by_name(kind.field()).unwrap();
    it.set_field(&body, value(random, &body, 0));
    for (name, text) in [("org", TEAM), ("origin", ORIGIN), ("schema", kind.schema())] {
        it.set_field_by_name(name, Value::String(text.to_owned()));
    }
    let mut record: v1::Record = it.transcode_to().unwrap();
    record.protected.sort();
    record.attachments.clear();
    record
}

#[test]
fn records_of_every_kind_are_shown_with_the_same_labels_and_words() {
    if !is_there() {
        return;
    }
    let mut node = Node::start("native");
    let mut random = Random::new(7);
    let mut labels = std::collections::BTreeSet::new();
    for kind in RecordKind::ALL {
        for _ in 0..12 {
            let mut document = told(&record(&mut random, kind), &[], &mut Honest);
            document.files.clear();
            let case = case(&document);
            let verdict = in_rust(&case);
            let facts = verdict.record.as_ref();
            assert!(facts.is_some(), "{}", verdict.to_text());
            labels.extend(facts.unwrap().lines.iter().map(|(label, _)| label.clone()));
            assert_eq!(difference(&mut node, &case), None, "{kind}");
        }
    }
    assert!(labels.len() > 500, "{} labels", labels.len());
}
