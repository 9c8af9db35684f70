//! A draft that grows cell by cell, and remembers which column each of its fields comes from.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::schema::Step;

/// Where a value comes from: a column from 0.
pub(crate) type Column = usize;

/// A draft, or a part of one.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    fields: BTreeMap<String, Node>,
}

#[derive(Debug)]
enum Node {
    Value(Json, Column),
    Group(Tree),
    /// A list by the places that the columns name; places that stay empty are closed up.
    Items(BTreeMap<u32, Self>),
}

impl Tree {
    /// Puts a value at the end of a path.
    pub(crate) fn put(&mut self, steps: &[Step], value: Json, column: Column) {
        let Some((step, rest)) = steps.split_first() else {
            return;
        };
        let node = self.fields.entry(step.name.clone());
        let Some(index) = step.index else {
            node.or_insert_with(|| Node::new(rest, column))
                .put(rest, value, column);
            return;
        };
        if let Node::Items(items) = node.or_insert_with(|| Node::Items(BTreeMap::new())) {
            let item = items.entry(index);
            item.or_insert_with(|| Node::new(rest, column))
                .put(rest, value, column);
        }
    }

    /// The draft, and for each of its values the path and the column.
    pub(crate) fn finish(self) -> (Json, Vec<(String, Column)>) {
        let mut origins = Vec::new();
        let json = self.json("", &mut origins);
        (json, origins)
    }

    fn json(self, path: &str, origins: &mut Vec<(String, Column)>) -> Json {
        let mut members = Map::new();
        for (name, node) in self.fields {
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            members.insert(name, node.json(&path, origins));
        }
        Json::Object(members)
    }
}

impl Node {
    /// What stands at the end of a path, or around the rest of it.
    fn new(rest: &[Step], column: Column) -> Self {
        if rest.is_empty() {
            Self::Value(Json::Null, column)
        } else {
            Self::Group(Tree::default())
        }
    }

    fn put(&mut self, rest: &[Step], value: Json, column: Column) {
        match self {
            Self::Group(tree) => tree.put(rest, value, column),
            Self::Value(..) | Self::Items(_) => *self = Self::Value(value, column),
        }
    }

    fn json(self, path: &str, origins: &mut Vec<(String, Column)>) -> Json {
        match self {
            Self::Value(value, column) => {
                origins.push((path.to_owned(), column));
                value
            }
            Self::Group(tree) => tree.json(path, origins),
            Self::Items(items) => {
                let items = items.into_values().enumerate();
                items
                    .map(|(at, item)| item.json(&format!("{path}[{at}]"), origins))
                    .collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::resolve;

    #[test]
    fn places_that_stay_empty_are_closed_up_and_columns_are_remembered() {
        let mut tree = Tree::default();
        for (column, path) in [
            "links[4].note",
            "place.country",
            "links[1].note",
            "marking.release_to[1]",
        ]
        .into_iter()
        .enumerate()
        {
            tree.put(&resolve(path).unwrap().steps, json!(path), column);
        }
        let (json, origins) = tree.finish();
        assert_eq!(
            json,
            json!({
                "links": [{ "note": "links[1].note" }, { "note": "links[4].note" }],
                "place": { "country": "place.country" },
                "marking": { "release_to": ["marking.release_to[1]"] },
            })
        );
        assert!(origins.contains(&("links[1].note".to_owned(), 0)));
        assert!(origins.contains(&("links[0].note".to_owned(), 2)));
    }
}
