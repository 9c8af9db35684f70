//! One thing of the graph: a node with an IRI, its types and its properties, whose members have one order.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::id::iri;

/// A node. It is named by what it is; its IRI is made of that name. No node is without one, so none is a blank node.
#[derive(Clone, Debug)]
pub(super) struct Node {
    name: String,
    members: BTreeMap<String, Vec<Json>>,
    /// The names of the nodes that it refers to.
    references: Vec<String>,
    /// The names of the nodes that it contains.
    contained: Vec<String>,
}

impl Node {
    /// A node with its types.
    pub(super) fn new(name: impl Into<String>, types: &[&str]) -> Self {
        let types = types.iter().map(|it| json!(it)).collect();
        Self {
            name: name.into(),
            members: BTreeMap::from([("@type".to_owned(), types)]),
            references: Vec::new(),
            contained: Vec::new(),
        }
    }

    /// What it is named by.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The names of the nodes that it and what it contains refer to.
    pub(super) fn references(&self) -> &[String] {
        &self.references
    }

    /// The names of the nodes that it contains.
    pub(super) fn contained(&self) -> &[String] {
        &self.contained
    }

    /// Adds a text; an empty one says nothing and is left out.
    #[must_use]
    pub(super) fn text(mut self, property: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.add(property, json!(text));
        }
        self
    }

    /// Adds a value with its datatype, such as `xsd:decimal`; an empty one is left out.
    #[must_use]
    pub(super) fn typed(
        mut self,
        property: &str,
        datatype: &str,
        value: impl Into<String>,
    ) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.add(property, json!({ "@type": datatype, "@value": value }));
        }
        self
    }

    /// Adds a truth value.
    #[must_use]
    pub(super) fn flag(mut self, property: &str, value: bool) -> Self {
        self.add(property, json!(value));
        self
    }

    /// Adds a reference to another node by its name, once.
    #[must_use]
    pub(super) fn refers(mut self, property: &str, name: impl Into<String>) -> Self {
        let name = name.into();
        let reference = json!({ "@id": iri(&name) });
        let there = self.members.get(property);
        if there.is_none_or(|values| !values.contains(&reference)) {
            self.add(property, reference);
            self.references.push(name);
        }
        self
    }

    /// Adds references to several nodes.
    #[must_use]
    pub(super) fn refers_all(
        self,
        property: &str,
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        names
            .into_iter()
            .fold(self, |node, name| node.refers(property, name))
    }

    /// Adds references to nodes each of which is named once: however many there are.
    #[must_use]
    pub(super) fn lists(mut self, property: &str, names: Vec<String>) -> Self {
        for name in &names {
            self.add(property, json!({ "@id": iri(name) }));
        }
        self.references.extend(names);
        self
    }

    /// Adds a node within this one.
    #[must_use]
    pub(super) fn holds(mut self, property: &str, inner: Self) -> Self {
        self.add(property, inner.json());
        self.contained.push(inner.name);
        self.contained.extend(inner.contained);
        self.references.extend(inner.references);
        self
    }

    /// Adds a node within this one if there is one.
    #[must_use]
    pub(super) fn maybe_holds(self, property: &str, inner: Option<Self>) -> Self {
        match inner {
            Some(inner) => self.holds(property, inner),
            None => self,
        }
    }

    fn add(&mut self, property: &str, value: Json) {
        self.members
            .entry(property.to_owned())
            .or_default()
            .push(value);
    }

    /// The node as JSON: `@id` first, then the members by the alphabet; one value stands alone, several in a list.
    pub(super) fn json(&self) -> Json {
        let mut object = Map::new();
        object.insert("@id".to_owned(), json!(iri(&self.name)));
        for (property, values) in &self.members {
            let value = match values.as_slice() {
                [one] => one.clone(),
                many => Json::Array(many.to_vec()),
            };
            object.insert(property.clone(), value);
        }
        Json::Object(object)
    }
}
