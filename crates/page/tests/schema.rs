//! The schema that the page reads records by is made of the descriptors and the labels of the records.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::panic,
    reason = "a type that the page cannot read ends the test, whatever it is"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use prost_reflect::{Cardinality, DescriptorPool, EnumDescriptor, FieldDescriptor, Kind};
use prost_reflect::{MessageDescriptor, OneofDescriptor};
use serde_json::{Map, Value as Json, json};
use witnessmark_record::{RecordKind, descriptor_pool, enum_word, label_of, render, v1};

const RECORD: &str = "witnessmark.record.v1.Record";
/// The fields of a record that hold bodies, also of kinds that this version does not know.
const BODIES: (u32, u32) = (40, 59);
/// The number of `FORMAT_UUID`: the only format that changes how a value is shown.
const FORMAT_UUID: i32 = 10;

fn type_of(field: &FieldDescriptor) -> (&'static str, Option<String>) {
    match field.kind() {
        Kind::Uint32 => ("uint32", None),
        Kind::Uint64 => ("uint64", None),
        Kind::Sint32 => ("sint32", None),
        Kind::Bool => ("bool", None),
        Kind::String => ("string", None),
        Kind::Bytes => ("bytes", None),
        Kind::Enum(it) => ("enum", Some(it.name().to_owned())),
        Kind::Message(it) => ("message", Some(it.name().to_owned())),
        other => panic!("the page cannot read a field of the type {other:?}"),
    }
}

fn is_uuid(pool: &DescriptorPool, field: &FieldDescriptor) -> bool {
    let option = pool.all_extensions().find(|it| it.name() == "format");
    let options = field.options();
    options.get_extension(&option.unwrap()).as_enum_number() == Some(FORMAT_UUID)
}

fn field(pool: &DescriptorPool, field: &FieldDescriptor) -> Json {
    let (kind, of) = type_of(field);
    let mut members = Map::new();
    members.insert("number".to_owned(), json!(field.number()));
    members.insert("name".to_owned(), json!(field.name()));
    members.insert("label".to_owned(), json!(label_of(field)));
    members.insert("type".to_owned(), json!(kind));
    if let Some(of) = of {
        members.insert("ref".to_owned(), json!(of));
    }
    if field.cardinality() == Cardinality::Repeated {
        members.insert("repeated".to_owned(), json!(true));
        assert!(
            kind == "string" || kind == "bytes" || kind == "message" || field.is_packed(),
            "the page reads only packed lists of numbers: {}",
            field.full_name()
        );
    }
    if let Some(oneof) = field.containing_oneof() {
        members.insert("oneof".to_owned(), json!(OneofDescriptor::name(&oneof)));
    }
    if is_uuid(pool, field) {
        members.insert("format".to_owned(), json!("uuid"));
    }
    Json::Object(members)
}

fn words(enumeration: &EnumDescriptor) -> Json {
    let words = enumeration.values().map(|value| {
        let number = value.number();
        (
            number.to_string(),
            json!(enum_word(enumeration, number).unwrap()),
        )
    });
    Json::Object(words.collect())
}

/// All messages that a record can hold, itself first.
fn messages(pool: &DescriptorPool) -> Vec<MessageDescriptor> {
    let mut found = vec![pool.get_message_by_name(RECORD).unwrap()];
    let mut at = 0;
    while let Some(message) = found.get(at).cloned() {
        for field in message.fields() {
            if let Kind::Message(inner) = field.kind()
                && !found.contains(&inner)
            {
                found.push(inner);
            }
        }
        at += 1;
    }
    found.sort_by(|a, b| a.name().cmp(b.name()));
    found
}

/// The note that stands with every transcription, as the records' own words have it.
fn note_well() -> Json {
    let record = v1::Record {
        basis: v1::Basis::PublicSourceTranscription.into(),
        ..Default::default()
    };
    let lines = render(&record);
    let (label, text) = lines
        .iter()
        .find(|(label, _)| label == "Note well")
        .unwrap();
    let (_, basis) = lines.iter().find(|(label, _)| label == "Basis").unwrap();
    json!({ "basis": basis, "label": label, "text": text })
}

fn document() -> String {
    let pool = descriptor_pool();
    let messages = messages(&pool);
    let names: BTreeSet<_> = messages.iter().map(MessageDescriptor::name).collect();
    assert_eq!(names.len(), messages.len(), "names are not unique");
    let mut by_name = Map::new();
    let mut enums = Map::new();
    for message in &messages {
        let mut fields: Vec<_> = message.fields().collect();
        fields.sort_by_key(FieldDescriptor::number);
        for it in &fields {
            if let Kind::Enum(enumeration) = it.kind() {
                enums.insert(enumeration.name().to_owned(), words(&enumeration));
            }
        }
        let fields: Vec<_> = fields.iter().map(|it| field(&pool, it)).collect();
        by_name.insert(message.name().to_owned(), json!({ "fields": fields }));
    }
    let kinds: Vec<_> = RecordKind::ALL
        .iter()
        .map(
            |kind| json!({ "schema": kind.schema(), "field": kind.field(), "label": kind.label() }),
        )
        .collect();
    let schema = json!({
        "record": "Record",
        "bodies": { "from": BODIES.0, "to": BODIES.1 },
        "noteWell": note_well(),
        "kinds": kinds,
        "messages": by_name,
        "enums": enums,
    });
    spelled(&schema)
}

/// One line for each field and each list of words, so that a change of the schema is a change of few lines.
fn spelled(schema: &Json) -> String {
    let mut text = String::from("{\n");
    let members = schema.as_object().unwrap();
    for (at, (name, value)) in members.iter().enumerate() {
        let end = if at + 1 == members.len() { "" } else { "," };
        writeln!(text, "{}: {}{end}", json!(name), rows(name, value)).unwrap();
    }
    text + "}\n"
}

fn rows(name: &str, value: &Json) -> String {
    let joined = |rows: Vec<String>| rows.join(",\n");
    match name {
        "messages" => {
            let each = value.as_object().unwrap().iter().map(|(name, message)| {
                let fields = message["fields"].as_array().unwrap();
                let rows = joined(fields.iter().map(|it| format!("  {it}")).collect());
                format!("{}: {{ \"fields\": [\n{rows}\n] }}", json!(name))
            });
            format!("{{\n{}\n}}", joined(each.collect()))
        }
        "enums" => {
            let each = value.as_object().unwrap().iter();
            let each = each.map(|(name, words)| format!("{}: {words}", json!(name)));
            format!("{{\n{}\n}}", joined(each.collect()))
        }
        "kinds" => {
            let each = value.as_array().unwrap().iter().map(|it| format!("  {it}"));
            format!("[\n{}\n]", joined(each.collect()))
        }
        _ => value.to_string(),
    }
}

#[test]
fn the_schema_of_the_page_is_that_of_the_records() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/schema.json");
    let expected = document();
    if std::env::var_os("WITNESSMARK_WRITE_DOCS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        expected,
        "run: WITNESSMARK_WRITE_DOCS=1 cargo test -p witnessmark-page schema"
    );
}
