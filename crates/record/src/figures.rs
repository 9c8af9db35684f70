//! The numbers that a record states, each with its label, so that rival numbers can stand side by side.

use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};

use crate::descriptor::{self, typed};
use crate::escape::escape;
use crate::render::{label_below, label_of, quantity, scalar};
use crate::v1;

/// Every quantity of the record's body as a label and a value, in the order of the schema.
///
/// Equal labels of two records are about the same thing. So the label is that of [`render`](crate::render()), but an item
/// of a list is labelled with what it says of itself instead of its number, as `Measurements (diameter), value`, and a
/// figure that has no field of its own with the words that say what it counts.
pub fn figures(record: &v1::Record) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let message = descriptor::dynamic(record);
    let body = message
        .fields()
        .filter(|(field, _)| field.containing_oneof().is_some())
        .find_map(|(_, value)| value.as_message().cloned());
    if let Some(body) = body {
        below(&body, "", &mut found);
    }
    found
}

fn below(message: &DynamicMessage, prefix: &str, found: &mut Vec<(String, String)>) {
    for (field, value) in message.fields() {
        let label = match prefix {
            "" => label_of(&field),
            prefix => label_below(prefix, &field),
        };
        match value.as_list() {
            None => one(value, &label, found),
            Some(items) => {
                for (item, number) in items.iter().zip(1..) {
                    let label = match described(item).as_str() {
                        "" => format!("{label} {number}"),
                        words => format!("{label} ({words})"),
                    };
                    one(item, &label, found);
                }
            }
        }
    }
}

/// What an item of a list says of itself, in words.
fn described(item: &Value) -> String {
    let Some(message) = item.as_message() else {
        return String::new();
    };
    let texts = message.fields().filter_map(|(field, value)| {
        let says = matches!(value, Value::String(_) | Value::EnumNumber(_));
        says.then(|| scalar(&field, value))
    });
    texts.collect::<Vec<_>>().join("; ")
}

fn one(value: &Value, label: &str, found: &mut Vec<(String, String)>) {
    let Some(message) = value.as_message() else {
        return;
    };
    match message.descriptor().name() {
        "Quantity" => found.push((label.to_owned(), quantity(&typed(message)))),
        "Figure" => {
            let figure: v1::Figure = typed(message);
            if let Some(value) = &figure.value {
                found.push((escape(&figure.what), quantity(value)));
            }
        }
        _ => below(message, label, found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(number: &str) -> v1::Quantity {
        v1::Quantity {
            exact: number.to_owned(),
            ..v1::Quantity::default()
        }
    }

    #[test]
    fn quantities_are_found_at_any_depth_with_the_labels_that_are_shown() {
        let strike = v1::StrikeEvent {
            impacts: Some(exact("3")),
            casualties: Some(v1::Casualties {
                killed: Some(exact("2")),
                injured: Some(exact("62")),
                ..v1::Casualties::default()
            }),
            ..v1::StrikeEvent::default()
        };
        let record = v1::Record {
            body: Some(v1::record::Body::StrikeEvent(strike)),
            ..v1::Record::default()
        };
        let shown = crate::render(&record);
        let found = figures(&record);
        assert_eq!(found.len(), 3);
        for line in &found {
            assert!(shown.contains(line), "{line:?}");
        }
        assert!(found.contains(&("Casualties, killed".to_owned(), "2".to_owned())));
    }

    #[test]
    fn the_items_of_a_list_are_known_by_what_they_say_and_not_by_their_number() {
        let measured = |quantity: &str, value: &str| v1::Measurement {
            quantity: quantity.to_owned(),
            value: Some(exact(value)),
            ..v1::Measurement::default()
        };
        let wreckage = v1::WreckageFinding {
            measurements: vec![measured("length", "7"), measured("diameter", "1")],
            ..v1::WreckageFinding::default()
        };
        let record = v1::Record {
            body: Some(v1::record::Body::WreckageFinding(wreckage)),
            ..v1::Record::default()
        };
        let labels: Vec<String> = figures(&record).into_iter().map(|(it, _)| it).collect();
        let expected = [
            "Measurements (length), value",
            "Measurements (diameter), value",
        ];
        assert_eq!(labels, expected);
    }

    #[test]
    fn a_figure_is_labelled_with_what_it_counts() {
        let statement = v1::Statement {
            figures: vec![v1::Figure {
                what: "attacks".to_owned(),
                value: Some(exact("12")),
                ..v1::Figure::default()
            }],
            ..v1::Statement::default()
        };
        let record = v1::Record {
            body: Some(v1::record::Body::Statement(statement)),
            ..v1::Record::default()
        };
        assert_eq!(figures(&record), [("attacks".to_owned(), "12".to_owned())]);
        assert_eq!(figures(&v1::Record::default()), []);
    }
}
