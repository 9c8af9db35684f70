//! One record as nodes: the signed record itself, what it is about, and what both have in common.

use serde_json::Value as Json;
use witnessmark_record::{RecordKind, rfc3339, to_json, v1};

use super::node::Node;
use super::{kinds, shared, when};
use crate::export::ExportRow;

/// The text at `path` of a value, steps between slashes; empty where there is none.
pub(super) fn text<'a>(json: &'a Json, path: &str) -> &'a str {
    let found = json.pointer(&format!("/{path}"));
    found.and_then(Json::as_str).unwrap_or_default()
}

/// The items of the list at `path`, each with its place in words, such as `cargo[0]`.
pub(super) fn items<'a>(json: &'a Json, path: &str) -> Vec<(String, &'a Json)> {
    let list = json.pointer(&format!("/{path}")).and_then(Json::as_array);
    let items = list.into_iter().flatten().enumerate();
    items
        .map(|(at, item)| (format!("{path}[{at}]"), item))
        .collect()
}

/// The texts of the list at `path`.
pub(super) fn texts<'a>(json: &'a Json, path: &str) -> Vec<&'a str> {
    let list = json.pointer(&format!("/{path}")).and_then(Json::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect()
}

/// The name of the signed record with this id.
pub(super) fn record_name(id: &str) -> String {
    format!("record/{id}")
}

/// The name of what the record with this id is about.
pub(super) fn subject_name(id: &str) -> String {
    format!("record/{id}/subject")
}

/// A record while its nodes are made.
pub(super) struct Maker<'a> {
    /// The record.
    pub(super) row: &'a ExportRow,
    /// The same as JSON.
    pub(super) json: Json,
    /// The body within it.
    pub(super) body: Json,
    /// What it is.
    pub(super) kind: Option<RecordKind>,
    made: Vec<Node>,
}

impl<'a> Maker<'a> {
    /// What is to be made of a record.
    pub(super) fn new(row: &'a ExportRow) -> Self {
        let json = to_json(&row.record);
        let kind = row.record.body.as_ref().map(RecordKind::of);
        let body = kind.and_then(|kind| json.get(kind.field()));
        Self {
            row,
            body: body.cloned().unwrap_or_default(),
            json,
            kind,
            made: Vec::new(),
        }
    }

    /// The name of a thing in this record.
    pub(super) fn name(&self, role: &str) -> String {
        format!("{}/{role}", record_name(&self.row.record_id))
    }

    /// A thing in this record, with what every thing of it has: who signed, who asserts, on what grounds, for whose eyes, and
    /// whether the record was withdrawn.
    pub(super) fn object(&self, role: &str, types: &[&str]) -> Node {
        let name = self.name(role);
        self.common(Node::new(name, types))
    }

    fn common(&self, node: Node) -> Node {
        let record = &self.row.record;
        let status = if self.row.standing.withdrawn_by.is_empty() {
            "Final"
        } else {
            "Deprecated"
        };
        let markings = shared::markings(&self.json);
        let node = node
            .refers("uco-core:createdBy", shared::org_name(&record.org))
            .text("uco-core:objectStatus", status)
            .text("witnessmark:basis", text(&self.json, "basis"))
            .refers_all("uco-core:objectMarking", markings.iter().map(Node::name));
        let node = match shared::asserter(&self.json) {
            Some(by) => node.refers("witnessmark:assertedBy", by.name()),
            None => node,
        };
        if record.basis() == v1::Basis::PublicSourceTranscription {
            return node.text("witnessmark:notice", TRANSCRIPTION);
        }
        node
    }

    /// What the record is about, with its title and all that its body says in words.
    pub(super) fn subject(&self, types: &[&str]) -> Node {
        let title = self.row.record.titles.first();
        self.object("subject", types)
            .text(
                "uco-core:name",
                title.map_or("", |title| title.text.as_str()),
            )
            .text("uco-core:description", self.words())
            .maybe_holds("uco-core:hasFacet", self.confidence("subject", &self.json))
            .text(
                "witnessmark:confidenceWord",
                text(&self.json, "confidence/word"),
            )
    }

    /// The confidence that `json` states, as a facet of the thing in this role.
    pub(super) fn confidence(&self, role: &str, json: &Json) -> Option<Node> {
        let percent = text(json, "confidence/percent");
        let name = self.name(&format!("{role}/confidence"));
        (!percent.is_empty()).then(|| {
            Node::new(name, &["uco-core:ConfidenceFacet"]).typed(
                "uco-core:confidence",
                "xsd:nonNegativeInteger",
                percent,
            )
        })
    }

    /// Everything that the body says, a line each.
    fn words(&self) -> String {
        let body = v1::Record {
            body: self.row.record.body.clone(),
            ..v1::Record::default()
        };
        let lines = witnessmark_record::render(&body).into_iter();
        let lines: Vec<String> = lines
            .map(|(label, value)| format!("{label}: {value}"))
            .collect();
        lines.join("\n")
    }

    /// Keeps a node and gives back its name.
    pub(super) fn keep(&mut self, node: Node) -> String {
        let name = node.name().to_owned();
        self.made.push(node);
        name
    }

    /// The party at `path` of a value, kept.
    pub(super) fn party(&mut self, role: &str, party: Option<&Json>) -> Option<String> {
        let made = shared::party(self, role, party?);
        Some(self.keep(made))
    }

    /// The place in a value, kept.
    pub(super) fn place(&mut self, role: &str, place: Option<&Json>) -> Option<String> {
        let made = shared::place(self, role, place?);
        Some(self.keep(made))
    }

    /// The name of the record's own place, if it states one.
    pub(super) fn own_place(&self) -> Option<String> {
        self.json.get("place").map(|_| self.name("place"))
    }

    /// A relationship of our own making, between two things by their names.
    pub(super) fn relate(&mut self, role: &str, (from, kind, to): (&str, &str, &str)) {
        let node = self
            .object(role, &["uco-core:Relationship"])
            .refers("uco-core:source", from)
            .refers("uco-core:target", to)
            .text("uco-core:kindOfRelationship", kind)
            .flag("uco-core:isDirectional", true);
        self.keep(node);
    }

    /// Who permitted something: a mandate, an order, a law.
    pub(super) fn authorise(&mut self, text: &str, action: &str) {
        if text.is_empty() {
            return;
        }
        let node = self
            .object("authorization", &["case-investigation:Authorization"])
            .text("uco-core:name", text);
        let name = self.keep(node);
        self.relate("authorization/relationship", (&name, "authorizes", action));
    }

    /// The names of what the record's links with this relation lead to.
    pub(super) fn targets(&self, rel: &str) -> Vec<String> {
        let links = items(&self.json, "links").into_iter();
        links
            .filter(|(_, link)| text(link, "rel") == rel)
            .map(|(_, link)| subject_name(text(link, "target")))
            .collect()
    }

    /// All nodes of the record: those of everybody first.
    pub(super) fn finish(mut self) -> Vec<Node> {
        let mut nodes = vec![shared::org(&self.row.record.org)];
        nodes.extend(shared::asserter(&self.json));
        nodes.extend(shared::markings(&self.json));
        let place = self.json.get("place").cloned();
        self.place("place", place.as_ref());
        let subject = kinds::subject(&mut self);
        let files = self.files();
        self.links();
        let made = self.made.iter().map(|node| node.name().to_owned());
        let inside: Vec<String> = [subject.name().to_owned()]
            .into_iter()
            .chain(made)
            .chain(files.iter().map(|file| file.name().to_owned()))
            .collect();
        nodes.push(self.signed_record(inside));
        nodes.push(subject);
        nodes.append(&mut self.made);
        nodes.extend(files);
        nodes
    }

    fn files(&self) -> Vec<Node> {
        let files = items(&self.json, "attachments").into_iter();
        files
            .map(|(role, file)| shared::file(self, &role, file))
            .collect()
    }

    fn links(&mut self) {
        for (role, link) in items(&self.json.clone(), "links") {
            let kind = text(link, "rel");
            let node = self
                .object(&role, &["uco-core:Relationship"])
                .refers("uco-core:source", self.name("subject"))
                .refers("uco-core:target", subject_name(text(link, "target")))
                .text("uco-core:kindOfRelationship", kind)
                .flag("uco-core:isDirectional", !kind.starts_with("same_"))
                .text("uco-core:description", text(link, "note"))
                .text("witnessmark:linkBy", text(link, "by"))
                .maybe_holds("uco-core:hasFacet", self.confidence(&role, link));
            self.keep(node);
        }
    }

    /// The record as it was signed, with its place in the ledger, its numbers and sources, and everything in it.
    fn signed_record(&self, inside: Vec<String>) -> Node {
        let (row, record) = (self.row, &self.row.record);
        let standing = &row.standing;
        let name = record_name(&row.record_id);
        let node = self
            .common(Node::new(
                name.as_str(),
                &[
                    "case-investigation:ProvenanceRecord",
                    "witnessmark:SignedRecord",
                ],
            ))
            .text("uco-core:name", format!("record {}", row.record_id))
            .text("witnessmark:recordId", &row.record_id)
            .typed("witnessmark:index", "xsd:integer", row.index.to_string())
            .typed(
                "witnessmark:registeredAt",
                "xsd:dateTime",
                &row.registered_at,
            )
            .typed(
                "witnessmark:signedAt",
                "xsd:dateTime",
                rfc3339(record.signed_at_ms),
            )
            .text("witnessmark:schema", &record.schema)
            .text("witnessmark:threadId", text(&self.json, "thread_id"))
            .text("witnessmark:recordJson", self.json.to_string())
            .lists("uco-core:object", inside);
        let node = [
            ("witnessmark:withdrawnBy", &standing.withdrawn_by),
            ("witnessmark:correctedBy", &standing.corrected_by),
            ("witnessmark:supersededBy", &standing.superseded_by),
            ("witnessmark:contradictedBy", &standing.contradicted_by),
        ]
        .into_iter()
        .fold(node, |node, (property, by)| {
            node.refers_all(property, by.iter().map(|id| record_name(id)))
        });
        let node = [
            ("occurred", &record.occurred),
            ("documented", &record.documented),
            ("reported", &record.reported),
        ]
        .into_iter()
        .fold(node, |node, (name, edtf)| when::date(node, name, edtf));
        let facet = Node::new(
            format!("{name}/signature"),
            &["uco-observable:DigitalSignatureInfoFacet"],
        )
        .flag("uco-observable:signatureExists", true)
        .flag("uco-observable:signatureVerified", true)
        .text("uco-observable:signatureDescription", SIGNATURE);
        self.numbers(node).holds("uco-core:hasFacet", facet)
    }

    /// Exhibits, cases and sources.
    fn numbers(&self, mut node: Node) -> Node {
        let mut exhibits = vec![text(&self.body, "exhibit_number")];
        for (role, reference) in items(&self.json, "refs") {
            let (scheme, value) = (text(reference, "scheme"), text(reference, "value"));
            match scheme {
                "exhibit" => exhibits.push(value),
                "root_exhibit" => {
                    node = node.text("case-investigation:rootExhibitNumber", value);
                }
                _ => {}
            }
            let context = shared::joined(&[scheme, text(reference, "issuer")]);
            node = node.holds(
                "uco-core:externalReference",
                Node::new(self.name(&role), &["uco-core:ExternalReference"])
                    .text("uco-core:definingContext", context)
                    .text("uco-core:externalIdentifier", value),
            );
        }
        // The ontology has room for one; the others stand among the references.
        if let Some(exhibit) = exhibits.into_iter().find(|number| !number.is_empty()) {
            node = node.text("case-investigation:exhibitNumber", exhibit);
        }
        for (role, source) in items(&self.json, "sources") {
            let context =
                shared::joined(&["source", text(source, "publisher"), text(source, "date")]);
            node = node.holds(
                "uco-core:externalReference",
                Node::new(self.name(&role), &["uco-core:ExternalReference"])
                    .text("uco-core:definingContext", context)
                    .typed("uco-core:referenceURL", "xsd:anyURI", text(source, "url")),
            );
            let capture = text(source, "capture");
            if !capture.is_empty() {
                node = node.refers("case-investigation:wasDerivedFrom", record_name(capture));
            }
        }
        let derived = items(&self.json, "links").into_iter();
        let derived = derived.filter(|(_, link)| text(link, "rel") == "derived_from");
        node.refers_all(
            "case-investigation:wasDerivedFrom",
            derived.map(|(_, link)| record_name(text(link, "target"))),
        )
    }
}

/// What a reader of transcribed reports must not miss.
const TRANSCRIPTION: &str = "Transcribed from public reports. The party named in witnessmark:assertedBy made the claim; it has \
                             neither signed nor endorsed this record. Who signed it is uco-core:createdBy.";

/// What was checked before the export was written.
const SIGNATURE: &str = "Ed25519 over the bytes of the record, by keys that were registered to the organisation in \
                         uco-core:createdBy. Checked when this file was written; check it again with a bundle of the record.";
