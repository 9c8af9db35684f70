//! From a record to JSON.

use prost_reflect::{DynamicMessage, FieldDescriptor, Value};
use serde_json::{Map, Value as Json};

use super::bytes_to_text;
use crate::{descriptor, v1};

/// The record as JSON, without the fields that it leaves out.
pub fn to_json(record: &v1::Record) -> Json {
    message(&descriptor::dynamic(record))
}

fn message(message: &DynamicMessage) -> Json {
    let members = message
        .fields()
        .map(|(field, value)| (field.name().to_owned(), any(&field, value)));
    Json::Object(members.collect::<Map<_, _>>())
}

/// The value of a field, or of one item of it.
pub(super) fn any(field: &FieldDescriptor, value: &Value) -> Json {
    match value.as_list() {
        Some(items) => Json::Array(items.iter().map(|it| single(field, it)).collect()),
        None => single(field, value),
    }
}

fn single(field: &FieldDescriptor, value: &Value) -> Json {
    match value {
        Value::Bool(it) => Json::from(*it),
        Value::U32(it) => Json::from(*it),
        Value::U64(it) => Json::from(*it),
        Value::I32(it) => Json::from(*it),
        Value::I64(it) => Json::from(*it),
        Value::String(it) => Json::from(it.as_str()),
        Value::Bytes(it) => Json::from(bytes_to_text(descriptor::format(field), it)),
        Value::EnumNumber(number) => enum_word(field, *number),
        Value::Message(it) => message(it),
        // The schema has no floats and no maps, and lists are taken apart above; a test of the schema says so.
        Value::F32(_) | Value::F64(_) | Value::List(_) | Value::Map(_) => Json::Null,
    }
}

/// A number that the enumeration does not have stays a number, which reading refuses.
fn enum_word(field: &FieldDescriptor, number: i32) -> Json {
    let kind = field.kind();
    let word = kind
        .as_enum()
        .and_then(|enumeration| descriptor::word(enumeration, number));
    word.map_or_else(|| Json::from(number), Json::from)
}
