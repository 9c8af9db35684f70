//! The walk over all fields of a record: the format that each declares, and the rules of the message it belongs to.
//!
//! It goes over the record's bytes by the tables of the schema, so that a record costs little more than what its rules look at. What a
//! correction puts into one field comes as a value of reflection, and is held to the same rules.

use std::fmt::Write as _;

use prost::Message as _;
use prost_reflect::{FieldDescriptor, Value as Given};

use super::{
    attachment, bytes, fits, identifier, laboratory, mark, party, place, quantity, text, trace,
};
use crate::descriptor::join;
use crate::table::{self, Field, Holds, Message};
use crate::wire::{Fields, Value, Varints};
use crate::{Problem, RecordKind, codes};

/// Applies formats and message rules to everything inside the record with these bytes.
pub(super) fn walk_record(bytes: &[u8], problems: &mut Vec<Problem>) {
    if let Some(record) = table::message(0) {
        walk(bytes, record, &mut String::new(), problems);
    }
}

/// Whether a record with these bytes has the field with this name; inside the message in its field `outside`, if that is given.
pub(super) fn has(bytes: &[u8], outside: Option<&str>, name: &str) -> bool {
    let Some(record) = table::message(0) else {
        return false;
    };
    let Some(outside) = outside else {
        return has_field(bytes, record, name);
    };
    let Some((wanted, field)) = record.named(outside) else {
        return false;
    };
    let Holds::Message(place) = field.holds else {
        return false;
    };
    let Some(inner) = table::message(place) else {
        return false;
    };
    let mut fields = Fields(bytes);
    std::iter::from_fn(|| fields.read()).any(|(number, value)| match value {
        Value::Bytes(bytes) => number == wanted && has_field(bytes, inner, name),
        Value::Varint(_) | Value::Fixed => false,
    })
}

fn has_field(bytes: &[u8], message: &Message, name: &str) -> bool {
    let wanted = message.named(name).map(|(number, _)| number);
    let mut fields = Fields(bytes);
    std::iter::from_fn(|| fields.read()).any(|(number, _)| Some(number) == wanted)
}

/// Applies formats and message rules to one value that stands for the field, or for an item of it, somewhere else.
pub(super) fn check_given(
    field: &FieldDescriptor,
    value: &Given,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    let Some(field) = table::field(field) else {
        return;
    };
    let Some(items) = value.as_list() else {
        return check_reflected(field, value, path, problems);
    };
    for (at, item) in items.iter().enumerate() {
        let path = format!("{path}[{at}]");
        check_item(item, &path, problems);
        check_reflected(field, item, &path, problems);
    }
}

/// An item of a list may not be a default value: it would say nothing and still be signed.
pub(super) fn check_item(item: &Given, path: &str, problems: &mut Vec<Problem>) {
    let text = item.as_str().is_some_and(str::is_empty);
    let word = item.as_enum_number() == Some(0);
    if text || word {
        empty_item(path, problems);
    }
}

fn empty_item(path: &str, problems: &mut Vec<Problem>) {
    problems.push(codes::EMPTY.at(path, "", "Fill it, or leave it out"));
}

fn check_reflected(field: &Field, value: &Given, path: &str, problems: &mut Vec<Problem>) {
    if let Some(text) = value.as_str() {
        text::check(field, text, path, problems);
    } else if let Some(bytes) = value.as_bytes() {
        bytes::check(field, bytes, path, problems);
    } else if let Some(number) = value.as_enum_number() {
        check_enum(field, number, path, problems);
    } else if let Some(inner) = value.as_message() {
        let bytes = inner.encode_to_vec();
        check_inner(field, &bytes, &mut path.to_owned(), problems);
    }
}

/// What is inside a message, in the order of the fields' numbers.
fn walk(bytes: &[u8], message: &Message, path: &mut String, problems: &mut Vec<Problem>) {
    let mut fields = Fields(bytes);
    let mut given: Vec<_> = std::iter::from_fn(|| fields.read()).collect();
    // The field that was chosen of several has the place of the first of them.
    given.sort_by_key(|(number, _)| *number);
    let outside = path.len();
    let (mut last, mut items) = (0, 0_usize);
    for (number, value) in given {
        let Some(field) = message.field(number) else {
            continue;
        };
        if number != last {
            (last, items) = (number, 0);
        }
        if outside > 0 {
            path.push('.');
        }
        path.push_str(&field.name);
        if field.is_list {
            check_items(field, value, &mut items, path, problems);
        } else {
            check_value(field, value, path, problems);
        }
        path.truncate(outside);
    }
}

/// The next item of a list, or several.
fn check_items(
    field: &Field,
    value: Value<'_>,
    items: &mut usize,
    path: &mut String,
    problems: &mut Vec<Problem>,
) {
    let list = path.len();
    let mut next = |value, path: &mut String| {
        // Writing to a string cannot fail.
        write!(path, "[{items}]").unwrap_or_default();
        *items = items.saturating_add(1);
        let is_empty = match &field.holds {
            Holds::Text => value == Value::Bytes(&[]),
            Holds::Enumeration(_) => value == Value::Varint(0),
            Holds::Bytes | Holds::Message(_) | Holds::Other => false,
        };
        if is_empty {
            empty_item(path, problems);
        }
        check_value(field, value, path, problems);
        path.truncate(list);
    };
    match (&field.holds, value) {
        (Holds::Enumeration(_), Value::Bytes(several)) => {
            Varints(several).for_each(|number| next(Value::Varint(number), path));
        }
        _ => next(value, path),
    }
}

fn check_value(field: &Field, value: Value<'_>, path: &mut String, problems: &mut Vec<Problem>) {
    match (&field.holds, value) {
        (Holds::Text, Value::Bytes(text)) => {
            text::check(
                field,
                str::from_utf8(text).unwrap_or_default(),
                path,
                problems,
            );
        }
        (Holds::Bytes, Value::Bytes(bytes)) => bytes::check(field, bytes, path, problems),
        (Holds::Message(_), Value::Bytes(inner)) => check_inner(field, inner, path, problems),
        (Holds::Enumeration(_), Value::Varint(number)) => {
            // Of 32 bits, and as many as 64 when it is below zero.
            let number = i32::try_from(number.cast_signed()).unwrap_or(i32::MIN);
            check_enum(field, number, path, problems);
        }
        _ => {}
    }
}

fn check_enum(field: &Field, number: i32, path: &str, problems: &mut Vec<Problem>) {
    let known = match &field.holds {
        Holds::Enumeration(numbers) => numbers.contains(&number),
        Holds::Text | Holds::Bytes | Holds::Message(_) | Holds::Other => false,
    };
    if !known {
        let fix = "Use a value of the schema";
        problems.push(codes::FORMAT.at(path, number.to_string(), fix));
    }
}

fn check_inner(field: &Field, bytes: &[u8], path: &mut String, problems: &mut Vec<Problem>) {
    let Holds::Message(place) = field.holds else {
        return;
    };
    if let Some(message) = table::message(place) {
        check_message(message, bytes, path, problems);
        fits::check(field, (message, bytes), path, problems);
        walk(bytes, message, path, problems);
    }
}

/// A message of the walk in its generated type.
pub(super) fn typed<T: prost::Message + Default>(bytes: &[u8]) -> T {
    T::decode(bytes).unwrap_or_default()
}

/// The rules of one message, wherever in a record it stands.
fn check_message(message: &Message, bytes: &[u8], path: &str, problems: &mut Vec<Problem>) {
    let name = message.name.as_str();
    // The presence of an aggregate says that the record describes a set, and a body's rules have their own codes.
    let may_be_empty = name == "Aggregate" || !path.contains(['.', '[']) && is_body(path);
    if bytes.is_empty() && !may_be_empty {
        problems.push(codes::EMPTY.at(path, "", "Fill it, or leave it out"));
        return;
    }
    match name {
        "Quantity" => quantity::check(&typed(bytes), path, problems),
        "Share" => quantity::check_share(&typed(bytes), path, problems),
        "Confidence" => quantity::check_confidence(&typed(bytes), path, problems),
        "Place" => place::check(&typed(bytes), path, problems),
        "Point" => place::check_point(&typed(bytes), path, problems),
        "Identifier" => identifier::check(&typed(bytes), path, problems),
        "DateCode" => mark::check_date_code(&typed(bytes), path, problems),
        "SeenMark" => mark::check_seen(&typed(bytes), path, problems),
        "Party" => party::check(&typed(bytes), path, problems),
        "Attachment" => attachment::check(&typed(bytes), path, problems),
        "LangString" => text::check_lang_string(&typed(bytes), path, problems),
        "LabResult" => laboratory::check_result(&typed(bytes), path, problems),
        "TraceQuestion" => trace::check_question(&typed(bytes), path, problems),
        _ => check_type(message, bytes, path, problems),
    }
}

/// Messages whose first field says what they are: it may not be left out.
fn check_type(message: &Message, bytes: &[u8], path: &str, problems: &mut Vec<Problem>) {
    let field = match message.name.as_str() {
        "PortCall" => "role",
        "ShipmentDocument" | "CargoTransfer" => "type",
        "Conveyance" | "ShipmentTotal" | "ErasureTarget" => "kind",
        "Identification" => "designation",
        "Measurement" => "quantity",
        "Figure" => "what",
        "PlaceName" => "name",
        _ => return,
    };
    if !has_field(bytes, message, field) {
        let fix = format!("Give `{field}`");
        problems.push(codes::TYPE_REQUIRED.at(join(path, field), "", fix));
    }
}

fn is_body(path: &str) -> bool {
    RecordKind::ALL.iter().any(|kind| kind.field() == path)
}
