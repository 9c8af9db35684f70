//! The value of one field as text: what a correction says was there and is to be there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, Value};
use serde_json::Value as Json;

use super::{read, write};
use crate::descriptor::{self, split_step};
use crate::{Problem, codes, v1};

/// The value that stands in the field at `path` of a record, as JSON in the one spelling that a correction uses: without
/// spaces, with the members of objects in the order of the alphabet. `None` when nothing stands there, or `path` names no field.
///
/// # Examples
///
/// ```
/// let record = witnessmark_record::v1::Record { note: "two".to_owned(), ..Default::default() };
/// assert_eq!(witnessmark_record::field_text(&record, "note").as_deref(), Some("\"two\""));
/// assert_eq!(witnessmark_record::field_text(&record, "language"), None);
/// ```
pub fn field_text(record: &v1::Record, path: &str) -> Option<String> {
    let place = descriptor::place(path)?;
    text_at(&descriptor::dynamic(record), path, &place)
}

/// The same, for a message at hand and a path that was found to name `place`.
pub(crate) fn text_at(
    message: &DynamicMessage,
    path: &str,
    place: &descriptor::Place,
) -> Option<String> {
    let value = value_at(message, path)?;
    Some(spelled(&write::any(&place.field, &value)))
}

fn value_at(message: &DynamicMessage, path: &str) -> Option<Value> {
    let (step, rest) = path
        .split_once('.')
        .map_or((path, None), |(step, rest)| (step, Some(rest)));
    let (name, position) = split_step(step)?;
    let value = present(message, name)?;
    let value = match position {
        Some(position) => Cow::Owned(value.as_list()?.get(position)?.clone()),
        None => value,
    };
    match rest {
        Some(rest) => value_at(value.as_message()?, rest),
        None => Some(value.into_owned()),
    }
}

fn present<'a>(message: &'a DynamicMessage, name: &str) -> Option<Cow<'a, Value>> {
    message
        .has_field_by_name(name)
        .then(|| message.get_field_by_name(name))?
}

/// Reads the value of the field at `path` from the `text` of a correction, which stands at `at`.
///
/// # Errors
///
/// When the text is no JSON, is none that the field can hold, or is another spelling than [`field_text`] gives.
pub(crate) fn read_field(
    place: &descriptor::Place,
    text: &str,
    at: &str,
) -> Result<Value, Vec<Problem>> {
    let wrong = |fix: String| vec![codes::CORRECT_CHANGE.at(at, text, fix)];
    let json: Json = serde_json::from_str(text).map_err(|error| {
        wrong(format!(
            "Write JSON, a text with its quotation marks: {error}"
        ))
    })?;
    let value = read::value(&place.field, place.is_item, &json, at)?;
    // An absent field and one with its default value are the same.
    if !place.is_item && value.is_default_for_field(&place.field) && !is_message(&value) {
        return Err(wrong(
            "It says nothing: leave it empty to take the field away".to_owned(),
        ));
    }
    let canonical = spelled(&write::any(&place.field, &value));
    if canonical != text {
        return Err(wrong(format!("Write {canonical}")));
    }
    Ok(value)
}

const fn is_message(value: &Value) -> bool {
    matches!(value, Value::Message(_))
}

/// JSON in one spelling.
fn spelled(json: &Json) -> String {
    let mut text = String::new();
    spell(json, &mut text);
    text
}

fn spell(json: &Json, text: &mut String) {
    match json {
        Json::Object(members) => {
            // By the alphabet, however the map keeps them.
            let members: BTreeMap<_, _> = members.iter().collect();
            text.push('{');
            for (at, (name, value)) in members.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&Json::from(name.as_str()).to_string());
                text.push(':');
                spell(value, text);
            }
            text.push('}');
        }
        Json::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                spell(item, text);
            }
            text.push(']');
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            text.push_str(&json.to_string());
        }
    }
}
