//! The schema at run time: what the fields are called, what formats they declare, what their enumerations are called.

use std::sync::LazyLock;

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, ExtensionDescriptor, FieldDescriptor,
    MessageDescriptor, ReflectMessage as _, Value,
};

use crate::v1;

pub use crate::v1::Format;

/// The longest text of a field that declares no other length, in characters.
const CHARS_MAX: usize = 4_000;

struct Schema {
    pool: DescriptorPool,
    record: MessageDescriptor,
    format: ExtensionDescriptor,
    max_chars: ExtensionDescriptor,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(load);

#[expect(
    clippy::expect_used,
    reason = "the bytes are made by this crate's build script; every test of the crate reads them"
)]
fn load() -> Schema {
    let bytes: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/record_descriptors.bin"));
    let pool = DescriptorPool::decode(bytes).expect("the descriptors decode");
    let record = pool.get_message_by_name("witnessmark.record.v1.Record");
    let option = |name: &str| pool.all_extensions().find(|option| option.name() == name);
    Schema {
        record: record.expect("the schema has a Record"),
        format: option("format").expect("the schema has the option `format`"),
        max_chars: option("max_chars").expect("the schema has the option `max_chars`"),
        pool,
    }
}

/// The descriptors of all messages of a record, for reflection.
pub fn descriptor_pool() -> DescriptorPool {
    SCHEMA.pool.clone()
}

/// The descriptor of the record itself.
pub(crate) fn record() -> MessageDescriptor {
    SCHEMA.record.clone()
}

/// The record as a message whose fields can be walked.
pub(crate) fn dynamic(record: &v1::Record) -> DynamicMessage {
    let mut message = DynamicMessage::new(SCHEMA.record.clone());
    // Both sides are made of the same schema, so this cannot fail; an empty message would be refused by every check.
    if message.transcode_from(record).is_err() {
        message = DynamicMessage::new(SCHEMA.record.clone());
    }
    message
}

/// A message of the walk in its generated type.
pub(crate) fn typed<T: prost::Message + Default>(message: &DynamicMessage) -> T {
    message.transcode_to().unwrap_or_default()
}

/// The format that a field declares.
pub(crate) fn format(field: &FieldDescriptor) -> Format {
    let options = field.options();
    let number = options.get_extension(&SCHEMA.format).as_enum_number();
    number
        .and_then(|number| Format::try_from(number).ok())
        .unwrap_or_default()
}

/// The longest text that a field may hold, in characters.
pub(crate) fn max_chars(field: &FieldDescriptor) -> usize {
    let options = field.options();
    let declared = options.get_extension(&SCHEMA.max_chars).as_u32();
    declared
        .filter(|chars| *chars > 0)
        .and_then(|chars| usize::try_from(chars).ok())
        .unwrap_or(CHARS_MAX)
}

/// The short word of an enumeration's value: its name without the enumeration's, in lower case.
/// `None` for a number that the enumeration does not have.
pub fn word(enumeration: &EnumDescriptor, number: i32) -> Option<String> {
    let value = enumeration.get_value(number)?;
    let prefix = prefix(enumeration.name());
    let word = value
        .name()
        .strip_prefix(&prefix)
        .unwrap_or_else(|| value.name());
    Some(word.to_ascii_lowercase())
}

/// The words that may stand in a field of this enumeration, with their numbers.
pub(crate) fn words(enumeration: &EnumDescriptor) -> Vec<(String, i32)> {
    enumeration
        .values()
        .filter(|value| value.number() != 0)
        .filter_map(|value| Some((word(enumeration, value.number())?, value.number())))
        .collect()
}

/// `LinkRel` gives `LINK_REL_`.
fn prefix(name: &str) -> String {
    let mut prefix = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            prefix.push('_');
        }
        prefix.push(letter.to_ascii_uppercase());
    }
    prefix.push('_');
    prefix
}

/// The path of a field inside the message at `path`.
pub(crate) fn join(path: &str, field: &str) -> String {
    if path.is_empty() {
        field.to_owned()
    } else {
        format!("{path}.{field}")
    }
}

/// Whether `path` names a field of a record. Positions in lists may be given.
pub(crate) fn names_a_field(path: &str) -> bool {
    let mut message = Some(record());
    for step in path.split('.') {
        let name = step.split_once('[').map_or(step, |(name, _)| name);
        let Some(field) = message.as_ref().and_then(|m| m.get_field_by_name(name)) else {
            return false;
        };
        message = field.kind().as_message().cloned();
    }
    true
}

/// A field that a path names, and whether the path names one item of a list rather than the whole field.
pub(crate) struct Place {
    pub(crate) field: FieldDescriptor,
    pub(crate) is_item: bool,
}

/// The field that `path` names from the record in its one spelling: with a position after each list on the way, such as
/// `links[0].note`, and with or without one at the end.
pub(crate) fn place(path: &str) -> Option<Place> {
    let mut message = Some(record());
    let mut found: Option<Place> = None;
    for step in path.split('.') {
        if found
            .as_ref()
            .is_some_and(|place| place.field.is_list() && !place.is_item)
        {
            return None;
        }
        let (name, position) = split_step(step)?;
        let field = message?.get_field_by_name(name)?;
        if position.is_some() && !field.is_list() {
            return None;
        }
        message = field.kind().as_message().cloned();
        found = Some(Place {
            field,
            is_item: position.is_some(),
        });
    }
    found
}

/// The name and the position of one step of a path, such as `links` and 0 of `links[0]`.
pub(crate) fn split_step(step: &str) -> Option<(&str, Option<usize>)> {
    let Some((name, rest)) = step.split_once('[') else {
        return Some((step, None));
    };
    let position = rest.strip_suffix(']')?;
    let number = position.parse::<usize>().ok()?;
    (number.to_string() == position).then_some((name, Some(number)))
}

/// Whether the field that `path` names, without positions in lists, holds something.
pub(crate) fn is_present(message: &DynamicMessage, path: &str) -> bool {
    let (name, rest) = path
        .split_once('.')
        .map_or((path, None), |(name, rest)| (name, Some(rest)));
    let name = name.split_once('[').map_or(name, |(name, _)| name);
    let descriptor = message.descriptor();
    let Some(field) = descriptor.get_field_by_name(name) else {
        return false;
    };
    if !message.has_field(&field) {
        return false;
    }
    let Some(rest) = rest else { return true };
    let value = message.get_field(&field);
    let items = value.as_list().unwrap_or_default().iter();
    items
        .filter_map(Value::as_message)
        .chain(value.as_message())
        .any(|inner| is_present(inner, rest))
}
