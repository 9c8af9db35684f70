//! Records in the terms of CASE and UCO 1.4.0, as JSON-LD: one `@graph` that refers to nothing outside of itself.
//!
//! `docs/CASE.md` says what becomes of each kind. The graph is written piece by piece; what many records share is written once,
//! where it is first needed, and at the end stands what was referred to and is no record of the export.

mod id;
mod kinds;
mod node;
mod record;
mod shared;
mod when;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::export::ExportRow;
use node::Node;
use record::Maker;

/// The prefixes of the names that the graph uses.
const PREFIXES: [(&str, &str); 11] = [
    (
        "case-investigation",
        "https://ontology.caseontology.org/case/investigation/",
    ),
    (
        "uco-action",
        "https://ontology.unifiedcyberontology.org/uco/action/",
    ),
    (
        "uco-analysis",
        "https://ontology.unifiedcyberontology.org/uco/analysis/",
    ),
    (
        "uco-core",
        "https://ontology.unifiedcyberontology.org/uco/core/",
    ),
    (
        "uco-identity",
        "https://ontology.unifiedcyberontology.org/uco/identity/",
    ),
    (
        "uco-location",
        "https://ontology.unifiedcyberontology.org/uco/location/",
    ),
    (
        "uco-marking",
        "https://ontology.unifiedcyberontology.org/uco/marking/",
    ),
    (
        "uco-observable",
        "https://ontology.unifiedcyberontology.org/uco/observable/",
    ),
    (
        "uco-tool",
        "https://ontology.unifiedcyberontology.org/uco/tool/",
    ),
    (
        "uco-types",
        "https://ontology.unifiedcyberontology.org/uco/types/",
    ),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// The prefix of terms of our own, and their namespace. It names no host, so it can be lost to nobody.
const OWN: (&str, &str) = (
    "witnessmark",
    "urn:uuid:9459b090-26f2-4c72-85f6-c981f0fa81d5#",
);

/// What is written so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    /// The names of all nodes at the top of the graph, in their order.
    members: Vec<String>,
    /// The names of all nodes, also of those within others.
    defined: BTreeSet<String>,
    /// The names that were referred to.
    referred: BTreeSet<String>,
}

impl Graph {
    /// What comes before the first record.
    pub(crate) fn begin() -> String {
        let context: BTreeMap<&str, &str> = PREFIXES.into_iter().chain([OWN]).collect();
        format!("{{\"@context\":{},\n\"@graph\":[\n", json!(context))
    }

    /// What one record adds.
    pub(crate) fn record(&mut self, row: &ExportRow) -> String {
        let nodes = Maker::new(row).finish();
        nodes.into_iter().map(|node| self.add(&node)).collect()
    }

    /// What comes after the last: what was referred to and is not there, and the bundle of everything.
    pub(crate) fn end(&mut self, ledger: &str, size: u64) -> String {
        let absent: Vec<String> = self.referred.difference(&self.defined).cloned().collect();
        let mut text: String = absent
            .into_iter()
            .map(|name| {
                let said = format!("{name}: not among the records of this export");
                let node = Node::new(name, &["uco-core:UcoObject"]).text("uco-core:name", said);
                self.add(&node)
            })
            .collect();
        let bundle = Node::new(format!("bundle/{ledger}/{size}"), &["uco-core:Bundle"])
            .text(
                "uco-core:name",
                format!("records of the ledger {ledger} at size {size}"),
            )
            .text("uco-core:description", DISCLAIMER)
            .text("witnessmark:ledger", ledger)
            .typed("witnessmark:size", "xsd:integer", size.to_string())
            .lists("uco-core:object", self.members.clone());
        text.push_str(&self.add(&bundle));
        text.push_str("\n]}\n");
        text
    }

    /// One node as a line, unless it is there already.
    fn add(&mut self, node: &Node) -> String {
        if !self.defined.insert(node.name().to_owned()) {
            return String::new();
        }
        let comma = if self.members.is_empty() { "" } else { ",\n" };
        self.defined.extend(node.contained().iter().cloned());
        self.referred.extend(node.references().iter().cloned());
        self.members.push(node.name().to_owned());
        let line: Json = node.json();
        format!("{comma}{line}")
    }
}

/// What whoever reads the file must know of it.
const DISCLAIMER: &str = "Every record of the ledger up to this size, each as it was signed. A signature shows who submitted a \
                          claim, never that it is true. This file proves nothing by itself: a bundle of a record does.";

#[cfg(test)]
mod tests;
