//! The rules that make the canonical form possible, and keep room for what is to come, held against the schema itself.

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};
use witnessmark_record::{RecordKind, descriptor_pool};

fn messages(pool: &DescriptorPool) -> Vec<MessageDescriptor> {
    let ours = |message: &MessageDescriptor| message.package_name() == "witnessmark.record.v1";
    pool.all_messages().filter(ours).collect()
}

#[test]
fn no_field_can_be_spelled_in_two_ways() {
    let pool = descriptor_pool();
    assert!(messages(&pool).len() > 40);
    for field in messages(&pool).iter().flat_map(MessageDescriptor::fields) {
        let name = field.full_name();
        let plain = matches!(
            field.kind(),
            Kind::Bool | Kind::Uint32 | Kind::Uint64 | Kind::Sint32 | Kind::String | Kind::Bytes
        ) || field.kind().as_message().is_some()
            || field.kind().as_enum().is_some();
        assert!(plain, "{name}: no floats, no fixed and no negative varints");
        assert!(!field.is_map() && !field.is_group(), "{name}");
        let message = field.kind().as_message().is_some();
        assert!(message || !field.supports_presence(), "{name}: no optional");
        let scalar_list = field.is_list() && matches!(field.kind(), Kind::Uint32 | Kind::Uint64);
        assert!(!scalar_list, "{name}");
    }
}

#[test]
fn a_choice_is_between_messages_with_numbers_in_a_row() {
    let pool = descriptor_pool();
    for choice in messages(&pool)
        .iter()
        .flat_map(|it| it.oneofs().collect::<Vec<_>>())
    {
        let mut numbers: Vec<u32> = choice.fields().map(|field| field.number()).collect();
        numbers.sort_unstable();
        let row = numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        assert!(row, "{}", choice.full_name());
        let all = choice
            .fields()
            .all(|field| field.kind().as_message().is_some());
        assert!(all, "{}", choice.full_name());
    }
}

#[test]
fn every_enumeration_begins_with_unspecified_and_bears_its_name() {
    for enumeration in descriptor_pool().all_enums() {
        if enumeration.package_name() != "witnessmark.record.v1" {
            continue;
        }
        let zero = enumeration.get_value(0).unwrap();
        let prefix = zero.name().strip_suffix("UNSPECIFIED").unwrap().to_owned();
        for value in enumeration.values() {
            assert!(value.name().starts_with(&prefix), "{}", value.name());
        }
        assert_eq!(
            prefix.replace('_', "").to_lowercase(),
            enumeration.name().to_lowercase()
        );
    }
}

#[test]
fn every_field_of_bytes_says_what_its_bytes_are() {
    let record = descriptor_pool();
    let format = record
        .all_extensions()
        .find(|it| it.name() == "format")
        .unwrap();
    let bytes = |field: &FieldDescriptor| matches!(field.kind(), Kind::Bytes);
    for field in messages(&record).iter().flat_map(MessageDescriptor::fields) {
        let declared = field
            .options()
            .get_extension(&format)
            .as_enum_number()
            .unwrap();
        let of_bytes = (7..=10).contains(&declared);
        assert_eq!(of_bytes, bytes(&field), "{}", field.full_name());
    }
}

#[test]
fn the_numbers_of_what_is_to_come_are_kept() {
    let pool = descriptor_pool();
    let record = pool
        .get_message_by_name("witnessmark.record.v1.Record")
        .unwrap();
    let reserved = |number: u32| {
        record
            .reserved_ranges()
            .any(|range| range.contains(&number))
    };
    assert!((31..=39).chain(55..=59).all(reserved));
    for (number, name) in (1..).zip(["org", "device_seq", "signed_at_ms", "previous", "protected"])
    {
        assert_eq!(record.get_field(number).unwrap().name(), name);
    }
    for (number, kind) in (40..).zip(RecordKind::ALL) {
        assert_eq!(record.get_field(number).unwrap().name(), kind.field());
        assert_eq!(kind.word(), kind.field().replace('_', "-"));
        let schema = format!("{}/1", kind.word());
        assert_eq!(kind.schema(), schema);
        assert_eq!(RecordKind::of_schema(&schema), Some(kind));
    }
}

#[test]
fn everything_in_the_schema_has_a_comment() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../proto/witnessmark/record/v1"
    );
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("// "), "{}", path.display());
        let mut before = "";
        for line in text.lines() {
            let line = line.trim_start();
            let declares = ["message ", "enum ", "oneof "]
                .iter()
                .any(|it| line.starts_with(it))
                || line.contains(" = ") && line.ends_with(';') && !line.starts_with("//");
            let commented = before.starts_with("//");
            let header = line.starts_with("syntax") || line.starts_with("reserved");
            assert!(
                !declares || commented || header,
                "{}: {line}",
                path.display()
            );
            before = line;
        }
    }
}
