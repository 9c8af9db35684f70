//! The schema at run time: what the fields are called, what formats they declare, what their enumerations are called.

use std::collections::HashMap;
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
    /// What each field declares, by its full name. Reflection decodes the options of a field whenever it is asked for them,
    /// and every check of a record asks for those of every field.
    fields: HashMap<String, Declared>,
    /// The words of each enumeration with their numbers, by its full name.
    words: HashMap<String, Vec<(String, i32)>>,
}

/// What a field declares.
#[derive(Clone, Copy)]
struct Declared {
    format: Format,
    max_chars: usize,
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
    let format = option("format").expect("the schema has the option `format`");
    let max_chars = option("max_chars").expect("the schema has the option `max_chars`");
    let messages: Vec<MessageDescriptor> = pool.all_messages().collect();
    let fields = messages.iter().flat_map(MessageDescriptor::fields);
    let fields = fields.map(|field| {
        let declared = declared(&field, &format, &max_chars);
        (field.full_name().to_owned(), declared)
    });
    let words = pool.all_enums().map(|enumeration| {
        let words = enumeration.values().filter(|value| value.number() != 0);
        let prefix = prefix(enumeration.name());
        let words = words.map(|value| (word_of(&prefix, value.name()), value.number()));
        (enumeration.full_name().to_owned(), words.collect())
    });
    Schema {
        record: record.expect("the schema has a Record"),
        fields: fields.collect(),
        words: words.collect(),
        pool,
    }
}

fn declared(
    field: &FieldDescriptor,
    format: &ExtensionDescriptor,
    max_chars: &ExtensionDescriptor,
) -> Declared {
    let options = field.options();
    let number = options.get_extension(format).as_enum_number();
    let chars = options.get_extension(max_chars).as_u32();
    Declared {
        format: number
            .and_then(|number| Format::try_from(number).ok())
            .unwrap_or_default(),
        max_chars: chars
            .filter(|chars| *chars > 0)
            .and_then(|chars| usize::try_from(chars).ok())
            .unwrap_or(CHARS_MAX),
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
    let declared = SCHEMA.fields.get(field.full_name());
    declared.map(|it| it.format).unwrap_or_default()
}

/// The longest text that a field may hold, in characters.
pub(crate) fn max_chars(field: &FieldDescriptor) -> usize {
    let declared = SCHEMA.fields.get(field.full_name());
    declared.map_or(CHARS_MAX, |it| it.max_chars)
}

/// The short word of an enumeration's value: its name without the enumeration's, in lower case.
/// `None` for a number that the enumeration does not have.
pub fn word(enumeration: &EnumDescriptor, number: i32) -> Option<String> {
    if number == 0 {
        let value = enumeration.get_value(0)?;
        return Some(word_of(&prefix(enumeration.name()), value.name()));
    }
    let mut known = words(enumeration).iter();
    known
        .find(|(_, known)| *known == number)
        .map(|(word, _)| word.clone())
}

/// The words that may stand in a field of this enumeration, with their numbers.
pub(crate) fn words(enumeration: &EnumDescriptor) -> &'static [(String, i32)] {
    let words = SCHEMA.words.get(enumeration.full_name());
    words.map(Vec::as_slice).unwrap_or_default()
}

fn word_of(prefix: &str, name: &str) -> String {
    name.strip_prefix(prefix)
        .unwrap_or(name)
        .to_ascii_lowercase()
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

/// Whether the item of a list that `path` names is there and holds nothing.
pub(crate) fn is_empty_item(message: &DynamicMessage, path: &str) -> bool {
    let (step, rest) = first_step(path);
    let Some((name, position)) = split_step(step) else {
        return false;
    };
    let Some(value) = message.get_field_by_name(name) else {
        return false;
    };
    let value = match position {
        Some(position) => value.as_list().and_then(|items| items.get(position)),
        None => Some(&*value),
    };
    match (value, rest) {
        (Some(value), None) => position.is_some() && holds_nothing(value),
        (Some(Value::Message(inner)), Some(rest)) => is_empty_item(inner, rest),
        _ => false,
    }
}

fn holds_nothing(item: &Value) -> bool {
    let text = item.as_str().is_some_and(str::is_empty);
    let mut inner = item.as_message().into_iter();
    text || inner.any(|inner| inner.fields().next().is_none())
}

fn first_step(path: &str) -> (&str, Option<&str>) {
    path.split_once('.')
        .map_or((path, None), |(step, rest)| (step, Some(rest)))
}

/// Whether the field that `path` names holds something: in the item of a list that it names, or in any where it names none.
pub(crate) fn is_present(message: &DynamicMessage, path: &str) -> bool {
    let (step, rest) = first_step(path);
    // A position that is none says no more than the name.
    let name = step.split_once('[').map_or(step, |(name, _)| name);
    let (name, position) = split_step(step).unwrap_or((name, None));
    let descriptor = message.descriptor();
    let Some(field) = descriptor.get_field_by_name(name) else {
        return false;
    };
    if !message.has_field(&field) {
        return false;
    }
    let value = message.get_field(&field);
    let all = value.as_list().unwrap_or_default();
    let items = match position {
        Some(position) => all
            .get(position)
            .map(std::slice::from_ref)
            .unwrap_or_default(),
        None => all,
    };
    let Some(rest) = rest else {
        return position.is_none() || items.iter().any(|item| !holds_nothing(item));
    };
    items
        .iter()
        .filter_map(Value::as_message)
        .chain(value.as_message())
        .any(|inner| is_present(inner, rest))
}
