//! The numbers that a record states, each with its label, so that rival numbers can stand side by side.

use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};

use crate::descriptor::{self, typed};
use crate::render::{escape, label_below, label_of, quantity};
use crate::v1;

/// Every quantity of the record's body as a label and a value, in the order of the schema.
///
/// Labels and values are those of [`render`](crate::render()), but for a figure that has no field of its own: that one
/// is labelled with the words that say what it counts. Equal labels of two records name the same field.
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
            "" => label_of(field.name()),
            prefix => label_below(prefix, field.name()),
        };
        match value.as_list() {
            None => one(value, &label, found),
            Some([only]) => one(only, &label, found),
            Some(items) => {
                for (item, number) in items.iter().zip(1..) {
                    one(item, &format!("{label} {number}"), found);
                }
            }
        }
    }
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

    fn exact(number: &str) -> Option<v1::Quantity> {
        Some(v1::Quantity {
            exact: number.to_owned(),
            ..v1::Quantity::default()
        })
    }

    #[test]
    fn quantities_are_found_at_any_depth_with_the_labels_that_are_shown() {
        let strike = v1::StrikeEvent {
            impacts: exact("3"),
            casualties: Some(v1::Casualties {
                killed: exact("2"),
                injured: exact("62"),
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
    fn a_figure_is_labelled_with_what_it_counts() {
        let statement = v1::Statement {
            figures: vec![v1::Figure {
                what: "attacks".to_owned(),
                value: exact("12"),
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
