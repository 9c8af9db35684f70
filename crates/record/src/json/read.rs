//! From JSON to a record: strict, and all problems at once.

use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value,
};
use serde_json::{Map, Value as Json};

use super::{near::nearest, text_to_bytes};
use crate::descriptor::{self, join, typed, words};
use crate::{Format, Problem, RecordKind, codes, v1};

/// The record that `json` describes. It is not validated: see [`validate`](crate::validate()).
///
/// # Errors
///
/// Every member that names no field, and every value that its field cannot hold, each with its path.
pub fn from_json(json: &Json) -> Result<v1::Record, Vec<Problem>> {
    let mut reader = Reader::default();
    let Json::Object(members) = json else {
        let fix = "Write an object with the fields of a record";
        return Err(vec![codes::JSON_TYPE.at("", show(json), fix)]);
    };
    one_body(members, &mut reader.problems);
    let message = reader.message(&descriptor::record(), members, "");
    if reader.problems.is_empty() {
        Ok(typed(&message))
    } else {
        Err(reader.problems)
    }
}

/// What a draft says, which may be incomplete: a member that is blank, `null` or an empty text, is left out, and whatever
/// cannot be read is left out with its problem. Nothing is validated: see [`validate`](crate::validate()).
pub fn from_draft(json: &Json) -> (v1::Record, Vec<Problem>) {
    let mut reader = Reader {
        blanks: true,
        ..Reader::default()
    };
    let Json::Object(members) = json else {
        let fix = "Write an object with the fields of a record";
        let problem = codes::JSON_TYPE.at("", show(json), fix);
        return (v1::Record::default(), vec![problem]);
    };
    one_body(members, &mut reader.problems);
    let message = reader.message(&descriptor::record(), members, "");
    (typed(&message), reader.problems)
}

/// The value that `json` describes for a field, or for one item of it.
pub(super) fn value(
    field: &FieldDescriptor,
    is_item: bool,
    json: &Json,
    path: &str,
) -> Result<Value, Vec<Problem>> {
    let mut reader = Reader::default();
    let value = if is_item {
        reader.single(field, json, path)
    } else {
        reader.field(field, json, path)
    };
    match value {
        Some(value) if reader.problems.is_empty() => Ok(value),
        _ => Err(reader.problems),
    }
}

/// A second body would silently replace the first.
fn one_body(members: &Map<String, Json>, problems: &mut Vec<Problem>) {
    let bodies = RecordKind::ALL.map(RecordKind::field);
    let given: Vec<&str> = bodies
        .into_iter()
        .filter(|body| members.contains_key(*body))
        .collect();
    if given.len() > 1 {
        problems.push(codes::BODY.at("", given.join(", "), "Write one record for each"));
    }
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
    /// Whether blank members are left out.
    blanks: bool,
}

impl Reader {
    fn message(
        &mut self,
        schema: &MessageDescriptor,
        members: &Map<String, Json>,
        path: &str,
    ) -> DynamicMessage {
        let mut message = DynamicMessage::new(schema.clone());
        for (name, json) in members {
            let path = join(path, name);
            let Some(field) = schema.get_field_by_name(name) else {
                self.unknown(schema, name, path);
                continue;
            };
            if let Some(value) = self.field(&field, json, &path) {
                message.set_field(&field, value);
            }
        }
        message
    }

    fn unknown(&mut self, schema: &MessageDescriptor, name: &str, path: String) {
        let fields: Vec<FieldDescriptor> = schema.fields().collect();
        let names = || fields.iter().map(FieldDescriptor::name);
        let fix = match nearest(name, names()) {
            Some(near) => format!("Did you mean {near}?"),
            None => format!("Known are {}", names().collect::<Vec<_>>().join(", ")),
        };
        self.problems.push(codes::JSON_FIELD.at(path, name, fix));
    }

    fn field(&mut self, field: &FieldDescriptor, json: &Json, path: &str) -> Option<Value> {
        if self.blanks && (json.is_null() || json.as_str() == Some("")) {
            return None;
        }
        if !field.is_list() {
            return self.single(field, json, path);
        }
        let Json::Array(items) = json else {
            return self.wrong_type(json, path, "a list: [ ... ]");
        };
        let values = items.iter().enumerate().filter_map(|(at, item)| {
            let path = format!("{path}[{at}]");
            self.single(field, item, &path)
        });
        Some(Value::List(values.collect()))
    }

    fn single(&mut self, field: &FieldDescriptor, json: &Json, path: &str) -> Option<Value> {
        match (field.kind(), json) {
            (Kind::Bool, Json::Bool(it)) => Some(Value::Bool(*it)),
            (Kind::String, Json::String(it)) => Some(Value::String(it.clone())),
            (Kind::Message(schema), Json::Object(members)) => {
                Some(Value::Message(self.message(&schema, members, path)))
            }
            (Kind::Enum(words), Json::String(it)) => self.enum_number(&words, it, path),
            (Kind::Bytes, Json::String(it)) => self.bytes(descriptor::format(field), it, path),
            (Kind::Uint32, Json::Number(it)) => {
                let value = it.as_u64().and_then(|it| u32::try_from(it).ok());
                self.number(value.map(Value::U32), json, path)
            }
            (Kind::Uint64, Json::Number(it)) => {
                self.number(it.as_u64().map(Value::U64), json, path)
            }
            (Kind::Sint32, Json::Number(it)) => {
                let value = it.as_i64().and_then(|it| i32::try_from(it).ok());
                self.number(value.map(Value::I32), json, path)
            }
            (kind, _) => self.wrong_type(json, path, wanted(&kind)),
        }
    }

    fn number(&mut self, value: Option<Value>, json: &Json, path: &str) -> Option<Value> {
        if value.is_none() {
            let fix = "Write a whole number that the field can hold, without a decimal point";
            self.problems
                .push(codes::JSON_VALUE.at(path, show(json), fix));
        }
        value
    }

    fn enum_number(
        &mut self,
        enumeration: &EnumDescriptor,
        word: &str,
        path: &str,
    ) -> Option<Value> {
        let known = words(enumeration);
        if let Some((_, number)) = known.iter().find(|(name, _)| name == word) {
            return Some(Value::EnumNumber(*number));
        }
        let names = || known.iter().map(|(name, _)| name.as_str());
        let fix = match nearest(word, names()) {
            Some(near) => format!("Did you mean {near}?"),
            None => format!("Known are {}", names().collect::<Vec<_>>().join(", ")),
        };
        self.problems.push(codes::JSON_VALUE.at(path, word, fix));
        None
    }

    fn bytes(&mut self, format: Format, text: &str, path: &str) -> Option<Value> {
        let bytes = text_to_bytes(format, text);
        if bytes.is_none() {
            let fix = if format == Format::Uuid {
                "Write a UUID in lower case with hyphens"
            } else {
                "Write lower-case hexadecimal digits, two for each byte"
            };
            self.problems.push(codes::JSON_VALUE.at(path, text, fix));
        }
        Some(Value::Bytes(bytes?.into()))
    }

    fn wrong_type<T>(&mut self, json: &Json, path: &str, wanted: &str) -> Option<T> {
        let fix = format!("Write {wanted}, or leave the field out");
        self.problems
            .push(codes::JSON_TYPE.at(path, show(json), fix));
        None
    }
}

fn wanted(kind: &Kind) -> &'static str {
    if kind.as_message().is_some() {
        "an object: { ... }"
    } else if kind.as_enum().is_some() {
        "a word in quotation marks"
    } else if matches!(kind, Kind::Bool) {
        "true or false"
    } else if matches!(kind, Kind::String) {
        "a text in quotation marks, also for numbers: \"12.5\""
    } else if matches!(kind, Kind::Bytes) {
        "hexadecimal digits in quotation marks"
    } else {
        "a whole number"
    }
}

fn show(json: &Json) -> String {
    json.to_string()
}
