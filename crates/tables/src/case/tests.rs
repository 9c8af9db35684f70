//! The graph of records of all kinds: it is closed, it keeps to the ontology's names, and it avoids the ontology's traps.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use witnessmark_record::{RecordKind, from_json};

use crate::{Export, ExportRow, Format, Origin, Standing};

/// Every name of CASE and UCO 1.4.0 that the export uses: classes with a capital letter, properties with a small one. Each was
/// looked up in the ontology's files.
const TERMS: &str = include_str!("terms.txt");
const PAGE: &str = include_str!("../../../../docs/CASE.md");
const RECORDS: &str = include_str!("../../../../data/synthetic-records.jsonl");

/// The synthetic records with ids: the strike and the wreckage have those that others link to.
fn rows() -> Vec<ExportRow> {
    let lines = RECORDS.lines().zip(0..);
    let rows = lines.map(|(line, index)| {
        let mut record = from_json(&serde_json::from_str(line).unwrap()).unwrap();
        record.org = "synthetic-team".to_owned();
        record.signed_at_ms = 1_767_225_600_000;
        let record_id = match index {
            0 => "b".repeat(64),
            1 => "c".repeat(64),
            _ => format!("{index:064x}"),
        };
        ExportRow {
            record_id,
            index,
            registered_at: "2026-01-01T00:00:00.000Z".to_owned(),
            record,
            standing: Standing::default(),
        }
    });
    rows.collect()
}

fn written(rows: &[ExportRow]) -> String {
    let origin = Origin {
        ledger: "ledger.example/synthetic".to_owned(),
        size: 99,
    };
    let mut export = Export::new(Format::Case, None, false).unwrap().of(origin);
    let mut text = export.begin();
    for row in rows {
        text.push_str(&export.row(row));
    }
    text + &export.end()
}

fn graph(text: &str) -> Vec<Json> {
    let json: Json = serde_json::from_str(text).unwrap();
    json["@graph"].as_array().unwrap().clone()
}

/// Everything that a graph names.
#[derive(Default)]
struct Found {
    defined: Vec<String>,
    referred: BTreeSet<String>,
    blank: Vec<String>,
    names: BTreeSet<String>,
}

impl Found {
    fn object(&mut self, object: &serde_json::Map<String, Json>) {
        if let Some(datatype) = object
            .get("@type")
            .filter(|_| object.contains_key("@value"))
        {
            assert!(datatype.as_str().unwrap().starts_with("xsd:"));
            return;
        }
        match object.get("@id").and_then(Json::as_str) {
            None => self.blank.push(Json::Object(object.clone()).to_string()),
            Some(id) if object.len() == 1 => drop(self.referred.insert(id.to_owned())),
            Some(id) => self.defined.push(id.to_owned()),
        }
        for (name, value) in object {
            let values = each(value);
            if name == "@type" {
                let types = values.iter().map(|it| it.as_str().unwrap().to_owned());
                self.names.extend(types);
            } else if !name.starts_with('@') {
                self.names.insert(name.clone());
            }
            for inner in values.iter().filter_map(Json::as_object) {
                self.object(inner);
            }
        }
    }

    fn of(graph: &[Json]) -> Self {
        let mut found = Self::default();
        for node in graph {
            found.object(node.as_object().unwrap());
        }
        found
    }
}

/// The nodes that a record of this id consists of, by the list that the signed record keeps of them.
fn nodes_of<'a>(graph: &'a [Json], id: &str) -> Vec<&'a Json> {
    let record = graph
        .iter()
        .find(|node| node["witnessmark:recordId"] == id)
        .unwrap();
    let inside = each(&record["uco-core:object"]);
    let is_in = |node: &&Json| inside.iter().any(|it| it["@id"] == node["@id"]);
    graph.iter().filter(is_in).chain([record]).collect()
}

fn types(node: &Json) -> Vec<&str> {
    let types = each(&node["@type"]).iter();
    types.filter_map(Json::as_str).collect()
}

/// The values of a member: one alone, or those of a list.
fn each(value: &Json) -> &[Json] {
    let list = value.as_array().map(Vec::as_slice);
    list.unwrap_or_else(|| std::slice::from_ref(value))
}

#[test]
fn the_graph_is_closed_and_every_node_has_one_name() {
    let text = written(&rows());
    let found = Found::of(&graph(&text));
    assert_eq!(found.blank, Vec::<String>::new());
    let unique: BTreeSet<String> = found.defined.iter().cloned().collect();
    assert_eq!(unique.len(), found.defined.len(), "an id is defined twice");
    let open: Vec<&String> = found.referred.difference(&unique).collect();
    assert_eq!(open, Vec::<&String>::new());
    for id in &unique {
        let uuid = id.strip_prefix("urn:uuid:").unwrap();
        let shape: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(shape, [8, 4, 4, 4, 12], "{id}");
        assert!(uuid.split('-').nth(2).unwrap().starts_with('5'), "{id}");
    }
    assert!(unique.len() > 250, "{}", unique.len());
}

#[test]
fn every_name_is_one_of_the_ontology_or_stands_in_the_document() {
    let found = Found::of(&graph(&written(&rows())));
    let known: BTreeSet<&str> = TERMS.lines().collect();
    let used: BTreeSet<&str> = found.names.iter().map(String::as_str).collect();
    let (own, theirs): (BTreeSet<_>, BTreeSet<_>) = used
        .into_iter()
        .partition(|name| name.starts_with("witnessmark:"));
    assert_eq!(theirs, known);
    for name in own {
        let term = name.trim_start_matches("witnessmark:");
        assert!(
            PAGE.contains(&format!("| `{term}` |")),
            "docs/CASE.md lacks {term}"
        );
    }
    assert!(TERMS.lines().is_sorted());
}

#[test]
fn the_traps_of_the_ontology_are_avoided() {
    let text = written(&rows());
    assert!(!text.contains("uco-observable:manufacturer"));
    assert!(text.contains("witnessmark:brandMarked"));
    for node in graph(&text) {
        let types = types(&node);
        let is_event = types.contains(&"uco-core:Event");
        let is_action = types
            .iter()
            .any(|it| it.ends_with("Action") || it.ends_with("Analysis"));
        assert!(!(is_event && is_action), "{node}");
        assert!(
            types.iter().any(|it| !it.starts_with("witnessmark:")),
            "{node}"
        );
    }
}

#[test]
fn two_exports_are_the_same_and_a_record_has_its_names_in_each() {
    let all = rows();
    assert_eq!(written(&all), written(&all));
    let alone = graph(&written(&all[2..3]));
    let among = graph(&written(&all));
    for node in nodes_of(&alone, &all[2].record_id) {
        assert!(among.contains(node), "{node}");
    }
}

#[test]
fn every_kind_is_mapped_and_every_node_says_who_signed() {
    let rows = rows();
    let graph = graph(&written(&rows));
    let mut kinds = BTreeSet::new();
    for row in &rows {
        let kind = RecordKind::of(row.record.body.as_ref().unwrap());
        kinds.insert(kind);
        for node in nodes_of(&graph, &row.record_id) {
            assert_ne!(node["@type"], "uco-core:UcoObject", "{kind}");
            assert!(node["uco-core:createdBy"].is_object(), "{kind}: {node}");
            assert!(node["witnessmark:assertedBy"].is_object(), "{kind}: {node}");
            assert_eq!(node["uco-core:objectStatus"], "Final");
            let is_told = node["witnessmark:notice"].is_string();
            let basis = node["witnessmark:basis"].as_str().unwrap();
            assert_eq!(is_told, basis == "public_source_transcription", "{node}");
        }
    }
    assert_eq!(kinds.len(), RecordKind::ALL.len());
}

#[test]
fn a_withdrawn_record_is_deprecated_and_leads_to_what_withdrew_it() {
    let mut rows = rows();
    let by = rows[17].record_id.clone();
    rows[0].standing.withdrawn_by = vec![by.clone()];
    rows[1].standing.contradicted_by = vec![by.clone()];
    let graph = graph(&written(&rows));
    let of = |at: usize| nodes_of(&graph, &rows[at].record_id);
    let status = |at: usize| -> BTreeSet<&str> {
        let nodes = of(at).into_iter();
        nodes
            .filter_map(|node| node["uco-core:objectStatus"].as_str())
            .collect()
    };
    assert_eq!(status(0), BTreeSet::from(["Deprecated"]));
    assert_eq!(status(1), BTreeSet::from(["Final"]));
    let record = of(0).pop().unwrap();
    let withdrawal = of(17).pop().unwrap();
    assert_eq!(record["witnessmark:withdrawnBy"]["@id"], withdrawal["@id"]);
    let contradicted = of(1).pop().unwrap();
    assert_eq!(
        contradicted["witnessmark:contradictedBy"]["@id"],
        withdrawal["@id"]
    );
}

#[test]
fn steps_of_custody_are_chained_within_a_record_and_between_records() {
    let mut rows = rows();
    rows[9].standing.custody_after = vec![rows[8].record_id.clone()];
    let graph = graph(&written(&rows));
    let by_id: BTreeMap<&str, &Json> = graph
        .iter()
        .map(|node| (node["@id"].as_str().unwrap(), node))
        .collect();
    let subject = |at: usize| {
        let nodes = nodes_of(&graph, &rows[at].record_id).into_iter();
        let mut steps = nodes.filter(|node| types(node).contains(&"witnessmark:CustodyStep"));
        steps.next().unwrap()
    };
    let (first, told) = (subject(8), subject(9));
    let before = "case-investigation:wasInformedBy";
    assert_eq!(told[before]["@id"], first["@id"]);
    assert_eq!(first["witnessmark:action"], "custody-received");
    let steps = told["uco-action:subaction"].as_array().unwrap();
    let [seized, forfeited] = [0, 1].map(|at| by_id[steps[at]["@id"].as_str().unwrap()]);
    assert_eq!(forfeited[before]["@id"], seized["@id"]);
    assert_eq!(seized["uco-core:name"], "custody-seized");
    assert!(seized.get(before).is_none());
}

#[test]
fn dates_places_and_digests_have_their_types() {
    let rows = rows();
    let graph = graph(&written(&rows));
    let strike = &rows[0].record_id;
    let mut nodes = nodes_of(&graph, strike).into_iter();
    let event = nodes.rfind(|node| types(node).contains(&"witnessmark:Strike"));
    let event = event.unwrap();
    assert_eq!(event["uco-core:startTime"]["@value"], "2024-01-02T00:00:00");
    assert_eq!(event["uco-core:endTime"]["@type"], "xsd:dateTime");
    assert_eq!(event["witnessmark:edtf"], "2024-01-02");
    let text = Json::from(graph).to_string();
    for piece in [
        "\"uco-location:latitude\":{\"@type\":\"xsd:decimal\",\"@value\":\"-1.2345678\"}",
        "\"uco-location:longitude\":{\"@type\":\"xsd:decimal\",\"@value\":\"-179.5\"}",
        "\"witnessmark:uncertaintyMetres\":{\"@type\":\"xsd:nonNegativeInteger\",\"@value\":\"5000\"}",
        "\"uco-types:hashMethod\":\"SHA256\",\"uco-types:hashValue\":{\"@type\":\"xsd:hexBinary\"",
        "\"uco-core:confidence\":{\"@type\":\"xsd:nonNegativeInteger\",\"@value\":\"60\"}",
        "\"case-investigation:rootExhibitNumber\":\"SYN-4\"",
        "\"case-investigation:exhibitNumber\":\"SYN-4\"",
    ] {
        assert!(text.contains(piece), "{piece}");
    }
}
