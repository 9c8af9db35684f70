//! The fields of a record by their paths, such as `links[0].rel`: what each holds, and what the schema says about it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use prost_reflect::{ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value as Json, json};
use witnessmark_record::{Format, descriptor_pool, from_json};

use crate::limits::LIST_ITEMS_MAX;

/// What a field that is no group holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A text of this format.
    Text(Format),
    /// A word of an enumeration.
    Word,
    /// A whole number.
    Whole,
    /// True or false.
    Flag,
    /// Hexadecimal digits, or a UUID.
    Bytes,
}

/// One step of a path: the name of a field, and the place in its list if it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) index: Option<u32>,
}

/// A field that holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) steps: Vec<Step>,
    pub(crate) shape: Shape,
    /// The full name of the field, by which its comment is found.
    pub(crate) full_name: String,
}

impl Leaf {
    /// The path as it is written.
    pub(crate) fn path(&self) -> String {
        path_of(&self.steps)
    }
}

/// Steps as a path.
pub(crate) fn path_of(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&step.name);
        if let Some(index) = step.index {
            // Writing to a string cannot fail.
            let _ = write!(path, "[{index}]");
        }
    }
    path
}

struct Schema {
    record: MessageDescriptor,
    format: ExtensionDescriptor,
    comments: HashMap<&'static str, &'static str>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(load);

#[expect(
    clippy::expect_used,
    reason = "the schema is compiled into the record crate; every test of this crate reads it"
)]
fn load() -> Schema {
    let pool = descriptor_pool();
    let lines = include_str!(concat!(env!("OUT_DIR"), "/comments.tsv")).lines();
    Schema {
        record: pool
            .get_message_by_name("witnessmark.record.v1.Record")
            .expect("the schema has a Record"),
        format: pool
            .get_extension_by_name("witnessmark.record.v1.format")
            .expect("the schema has the option `format`"),
        comments: lines.filter_map(|line| line.split_once('\t')).collect(),
    }
}

/// The descriptor of a record.
pub(crate) fn record() -> &'static MessageDescriptor {
    &SCHEMA.record
}

/// What the schema says about a field.
pub(crate) fn comment(full_name: &str) -> &'static str {
    SCHEMA.comments.get(full_name).copied().unwrap_or_default()
}

/// What a field holds; `None` for a group of fields.
pub(crate) fn shape(field: &FieldDescriptor) -> Option<Shape> {
    let kind = field.kind();
    if kind.as_message().is_some() {
        None
    } else if kind.as_enum().is_some() {
        Some(Shape::Word)
    } else if matches!(kind, Kind::Bool) {
        Some(Shape::Flag)
    } else if matches!(kind, Kind::Bytes) {
        Some(Shape::Bytes)
    } else if matches!(kind, Kind::String) {
        Some(Shape::Text(format(field)))
    } else {
        Some(Shape::Whole)
    }
}

fn format(field: &FieldDescriptor) -> Format {
    let options = field.options();
    let number = options.get_extension(&SCHEMA.format).as_enum_number();
    number
        .and_then(|number| Format::try_from(number).ok())
        .unwrap_or_default()
}

/// The words that an enumeration's field can hold, as drafts write them.
pub(crate) fn words(full_name: &str) -> Vec<String> {
    let Some((message, field)) = full_name.rsplit_once('.') else {
        return Vec::new();
    };
    let message = descriptor_pool().get_message_by_name(message);
    let Some(field) = message.and_then(|message| message.get_field_by_name(field)) else {
        return Vec::new();
    };
    let Kind::Enum(enumeration) = field.kind() else {
        return Vec::new();
    };
    let names: Vec<String> = enumeration
        .values()
        .map(|value| value.name().to_owned())
        .collect();
    // All begin with the enumeration's own name; the unspecified value, which comes first, shows how far it goes.
    let prefix = names
        .first()
        .and_then(|name| name.strip_suffix("UNSPECIFIED"))
        .unwrap_or_default();
    let words = names.iter().skip(1);
    words
        .map(|name| {
            name.strip_prefix(prefix)
                .unwrap_or(name)
                .to_ascii_lowercase()
        })
        .collect()
}

/// The field at `path`. A list without a place means its first item.
///
/// # Errors
///
/// What to do instead, when there is no such field or it is a group of fields.
pub(crate) fn resolve(path: &str) -> Result<Leaf, String> {
    let mut message = record().clone();
    let mut steps = Vec::new();
    let mut pieces = path.split('.').peekable();
    while let Some(piece) = pieces.next() {
        let (name, index) = split_index(piece)?;
        let Some(field) = message.get_field_by_name(name) else {
            steps.push(Step {
                name: name.to_owned(),
                index: None,
            });
            return Err(nearest(&steps));
        };
        if index.is_some() && !field.is_list() {
            return Err(format!("{name} is no list: leave out the brackets"));
        }
        let index = field.is_list().then(|| index.unwrap_or(0));
        let name = name.to_owned();
        steps.push(Step { name, index });
        match (field.kind(), pieces.peek().is_some(), shape(&field)) {
            (Kind::Message(inner), true, _) => message = inner,
            (Kind::Message(inner), false, _) => {
                let first = inner.fields().next();
                let first = first.map_or_else(String::new, |field| field.name().to_owned());
                return Err(format!(
                    "{path} is a group of fields: name one of them, such as {path}.{first}"
                ));
            }
            (_, false, Some(shape)) => {
                let full_name = field.full_name().to_owned();
                return Ok(Leaf {
                    steps,
                    shape,
                    full_name,
                });
            }
            _ => {
                let at = path_of(&steps);
                return Err(format!("{at} holds a value and has no fields in it"));
            }
        }
    }
    Err("Name a field".to_owned())
}

fn split_index(piece: &str) -> Result<(&str, Option<u32>), String> {
    let Some((name, rest)) = piece.split_once('[') else {
        return Ok((piece, None));
    };
    let index = rest
        .strip_suffix(']')
        .and_then(|digits| digits.parse().ok())
        .filter(|index| *index < LIST_ITEMS_MAX);
    match index {
        Some(index) => Ok((name, Some(index))),
        None => Err(format!(
            "Write the place in the list as a number from 0 to {}: {name}[0]",
            LIST_ITEMS_MAX - 1
        )),
    }
}

/// The advice that reading a draft gives for a field that is not there.
fn nearest(steps: &[Step]) -> String {
    let json = steps.iter().rev().fold(Json::Null, |inner, step| {
        let value = match step.index {
            Some(_) => json!([inner]),
            None => inner,
        };
        json!({ step.name.clone(): value })
    });
    let problems = from_json(&json).err().unwrap_or_default();
    problems
        .into_iter()
        .find(|problem| problem.code == "E-JSON-FIELD")
        .map_or_else(String::new, |problem| problem.fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_fields_and_a_list_means_its_first_item() {
        let leaf = resolve("links.rel").unwrap();
        assert_eq!(
            (leaf.path().as_str(), leaf.shape),
            ("links[0].rel", Shape::Word)
        );
        let leaf = resolve("place.point.lat_e7").unwrap();
        assert_eq!(leaf.shape, Shape::Whole);
        assert!(comment(&leaf.full_name).starts_with("Latitude times ten million"));
        let leaf = resolve("sources[3].date").unwrap();
        assert_eq!(leaf.shape, Shape::Text(Format::Edtf));
        assert_eq!(leaf.path(), "sources[3].date");
        assert!(words(&resolve("links.rel").unwrap().full_name).contains(&"part_of".to_owned()));
    }

    #[test]
    fn what_is_no_field_is_answered_with_what_is_meant() {
        for (path, fix) in [
            ("ocurred", "Did you mean occurred?"),
            ("place.point.lat_e", "Did you mean lat_e7?"),
            ("place", "a group of fields"),
            ("occurred.day", "has no fields in it"),
            ("occurred[0]", "no list"),
            ("links[x].rel", "links[0]"),
            ("links[1000].rel", "from 0 to 999"),
            ("", "Known are"),
        ] {
            let found = resolve(path).unwrap_err();
            assert!(found.contains(fix), "{path}: {found}");
        }
    }
}
