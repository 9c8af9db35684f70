//! The schema as tables, which are made once: the fields of each message by their numbers, with what each declares.
//!
//! Reflection says all of this too, by names that are looked up for each field of each record. A record is read through these tables
//! when it is decoded and when it is judged, and both are done for every record that is submitted.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::Format;
use crate::descriptor;

/// The fields of the schema have smaller numbers.
const NUMBERS_MAX: usize = 1_024;

/// A message.
#[derive(Debug)]
pub(crate) struct Message {
    /// Its name, without the package.
    pub(crate) name: String,
    /// Its fields, each in the place of its number.
    fields: Vec<Option<Field>>,
}

/// A field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// The name of the message that it is a field of.
    pub(crate) message: String,
    pub(crate) is_list: bool,
    pub(crate) format: Format,
    /// The longest text that it may hold, in characters.
    pub(crate) max_chars: usize,
    pub(crate) holds: Holds,
}

/// What can be in a field.
#[derive(Debug)]
pub(crate) enum Holds {
    Text,
    Bytes,
    /// A message: its place among all.
    Message(usize),
    /// One of these numbers.
    Enumeration(Vec<i32>),
    /// A number, or yes or no.
    Other,
}

struct Messages {
    /// The first is the record.
    all: Vec<Message>,
    /// By full names.
    places: HashMap<String, usize>,
}

static MESSAGES: LazyLock<Messages> = LazyLock::new(messages);

fn messages() -> Messages {
    let mut places = HashMap::from([(descriptor::record().full_name().to_owned(), 0)]);
    let mut found: Vec<MessageDescriptor> = vec![descriptor::record()];
    let mut all = Vec::new();
    while let Some(message) = found.get(all.len()).cloned() {
        let mut fields = Vec::new();
        for field in message.fields() {
            let number = usize::try_from(field.number()).unwrap_or(usize::MAX);
            if number >= NUMBERS_MAX {
                continue;
            }
            let made = Field {
                name: field.name().to_owned(),
                message: message.name().to_owned(),
                is_list: field.is_list(),
                format: descriptor::format(&field),
                max_chars: descriptor::max_chars(&field),
                holds: holds(&field, &mut places, &mut found),
            };
            fields.resize_with(fields.len().max(number.saturating_add(1)), || None);
            if let Some(place) = fields.get_mut(number) {
                *place = Some(made);
            }
        }
        let name = message.name().to_owned();
        all.push(Message { name, fields });
    }
    Messages { all, places }
}

fn holds(
    field: &FieldDescriptor,
    places: &mut HashMap<String, usize>,
    found: &mut Vec<MessageDescriptor>,
) -> Holds {
    let kind = field.kind();
    if let Some(inner) = kind.as_message() {
        let next = found.len();
        let place = *places.entry(inner.full_name().to_owned()).or_insert(next);
        if place == next {
            found.push(inner.clone());
        }
        Holds::Message(place)
    } else if let Some(inner) = kind.as_enum() {
        Holds::Enumeration(inner.values().map(|value| value.number()).collect())
    } else if kind == Kind::String {
        Holds::Text
    } else if kind == Kind::Bytes {
        Holds::Bytes
    } else {
        Holds::Other
    }
}

/// The message at this place; the record is at 0.
pub(crate) fn message(place: usize) -> Option<&'static Message> {
    MESSAGES.all.get(place)
}

/// What the tables say of a field of the record, or of what is in it.
pub(crate) fn field(field: &FieldDescriptor) -> Option<&'static Field> {
    let place = MESSAGES.places.get(field.parent_message().full_name())?;
    message(*place)?.field(usize::try_from(field.number()).ok()?)
}

impl Message {
    /// The field with this number.
    pub(crate) fn field(&self, number: usize) -> Option<&Field> {
        self.fields.get(number)?.as_ref()
    }

    /// The number of the field with this name, and the field.
    pub(crate) fn named(&self, name: &str) -> Option<(usize, &Field)> {
        let fields = self.fields.iter().enumerate();
        let mut known = fields.filter_map(|(number, it)| Some((number, it.as_ref()?)));
        known.find(|(_, field)| field.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_say_what_reflection_says() {
        let mut fields = 0;
        for known in &MESSAGES.all {
            let name = format!("witnessmark.record.v1.{}", known.name);
            let pool = descriptor::descriptor_pool();
            let reflected = pool.get_message_by_name(&name).unwrap();
            for one in reflected.fields() {
                let found = field(&one).unwrap();
                assert_eq!(found.name, one.name());
                assert_eq!(found.message, known.name);
                assert_eq!(found.is_list, one.is_list());
                let kind = one.kind();
                assert!(match &found.holds {
                    Holds::Text => kind == Kind::String,
                    Holds::Bytes => kind == Kind::Bytes,
                    Holds::Message(place) => {
                        kind.as_message().unwrap().name() == message(*place).unwrap().name
                    }
                    Holds::Enumeration(numbers) => {
                        kind.as_enum().unwrap().values().len() == numbers.len()
                    }
                    // The schema has no maps and no groups, which would be messages.
                    Holds::Other => kind.as_message().is_none() && kind.as_enum().is_none(),
                });
                fields += 1;
            }
            assert!(known.named("no such field").is_none());
        }
        assert!(fields > 300, "{fields}");
    }
}
