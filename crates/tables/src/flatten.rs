//! A record as values by path, in the order of the schema.

use prost_reflect::MessageDescriptor;
use serde_json::Value as Json;
use witnessmark_record::{to_json, v1};

use crate::schema;

/// The place of a column among all that there could be: for each step the field and the place in its list.
pub(crate) type Order = Vec<(u32, usize)>;

/// One value of a record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Flat {
    pub(crate) order: Order,
    pub(crate) path: String,
    pub(crate) value: Json,
}

/// Every value of a record.
pub(crate) fn flatten(record: &v1::Record) -> Vec<Flat> {
    let mut flat = Vec::new();
    let json = to_json(record);
    message(schema::record(), &json, "", &Order::new(), &mut flat);
    flat
}

fn message(
    descriptor: &MessageDescriptor,
    json: &Json,
    path: &str,
    order: &Order,
    flat: &mut Vec<Flat>,
) {
    for field in descriptor.fields() {
        let Some(value) = json.get(field.name()) else {
            continue;
        };
        let name = if path.is_empty() {
            field.name().to_owned()
        } else {
            format!("{path}.{}", field.name())
        };
        let items = match value {
            Json::Array(items) => items.as_slice(),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => {
                std::slice::from_ref(value)
            }
        };
        for (at, item) in items.iter().enumerate() {
            let path = if field.is_list() {
                format!("{name}[{at}]")
            } else {
                name.clone()
            };
            let mut order = order.clone();
            order.push((field.number(), at));
            match field.kind().as_message() {
                Some(inner) => message(inner, item, &path, &order, flat),
                None => flat.push(Flat {
                    order,
                    path,
                    value: item.clone(),
                }),
            }
        }
    }
}

/// A value as text.
pub(crate) fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
            value.to_string()
        }
    }
}
