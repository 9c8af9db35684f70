//! What an export says of records that others withdraw, correct and contradict, on a real ledger.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::support::{Daemon, World, typed};

/// A statement with links, signed by an organisation and not sent yet: its file and its id.
fn signed(world: &World, org: &str, title: &str, links: &[(&str, &str)]) -> (String, String) {
    let links: Vec<Value> = links
        .iter()
        .map(|(rel, target)| json!({ "rel": rel, "target": target }))
        .collect();
    let draft = json!({
        "schema": "statement/1",
        "thread_id": "a3bb189e-8bf9-4888-9912-ace4e6543002",
        "titles": [{ "lang": "en", "text": title }],
        "language": "en",
        "asserted_by": { "name": "Example Team", "type": "ngo" },
        "basis": "own_observation",
        "marking": { "tlp": "clear" },
        "reported": "2024-01-02",
        "links": links,
        "statement": { "texts": [{ "lang": "en", "text": title }], "fidelity": "exact" },
    });
    let path = world.path(&format!("{title}.json"));
    fs::write(&path, draft.to_string()).unwrap();
    let (key, out) = (world.path(&format!("{org}.key")), world.path("signed"));
    let policy = world.policy();
    let line = format!("record sign {path} --key {key} --org {org} --policy {policy} --out {out}");
    let done = typed(&format!("{line} --json")).exits(0).json();
    let id = done["signed"][0]["record_id"].as_str().unwrap().to_owned();
    (world.path(&format!("signed/{title}.signed.json")), id)
}

/// A ledger with a second organisation, `other`.
fn two_organisations() -> (World, Daemon) {
    let (world, daemon) = World::start();
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    fs::copy(world.path("device.key"), world.path("field-team.key")).unwrap();
    for name in ["root2.key", "other.key"] {
        typed(&format!("key new --out {}", world.path(name))).exits(0);
    }
    let org = format!("--org other --root {}", world.path("root2.key"));
    let registrar = world.path("ledger/keys/registrar.key");
    typed(&format!("org genesis {org} --registrar {registrar} {to}")).exits(0);
    let other = world.path("other.key");
    typed(&format!("org add-key {org} --key {other} {to}")).exits(0);
    (world, daemon)
}

fn export(world: &World, daemon: &Daemon, form: &str) -> String {
    let (out, policy, url) = (world.path(form), world.policy(), &daemon.url);
    typed(&format!(
        "records export --from {url} --policy {policy} --format {form} --out {out}"
    ))
    .exits(0);
    fs::read_to_string(out).unwrap()
}

/// The ids of the records that the test is about.
struct Ids {
    withdrawn: String,
    withdrawing: String,
    corrected: String,
    correcting: String,
    denying: String,
}

fn submitted(world: &World, daemon: &Daemon) -> Ids {
    let sign = |org, title, links: &[(&str, &str)]| signed(world, org, title, links);
    let (first, withdrawn) = sign("field-team", "withdrawn", &[]);
    let (second, corrected) = sign("field-team", "corrected", &[]);
    let (foreign, _) = sign("other", "foreign", &[("withdraws", &corrected)]);
    let (denial, denying) = sign("other", "denial", &[("contradicts", &corrected)]);
    let (own, withdrawing) = sign("field-team", "own", &[("withdraws", &withdrawn)]);
    let (later, correcting) = sign("field-team", "later", &[("corrects", &corrected)]);
    // What another organisation withdraws before it is there is logged, and has no effect.
    for file in [foreign, first, second, denial, own, later] {
        let (url, policy) = (&daemon.url, world.policy());
        typed(&format!("submit {file} --to {url} --policy {policy}")).exits(0);
    }
    Ids {
        withdrawn,
        withdrawing,
        corrected,
        correcting,
        denying,
    }
}

#[test]
fn an_export_tells_the_standing_of_each_record_and_shows_it_as_signed() {
    let (world, daemon) = two_organisations();
    let ids = submitted(&world, &daemon);
    let lines = export(&world, &daemon, "jsonl");
    let rows: BTreeMap<String, Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|row| (row["record_id"].as_str().unwrap().to_owned(), row))
        .collect();
    assert_eq!(rows.len(), 6);
    let (gone, fixed) = (&rows[&ids.withdrawn], &rows[&ids.corrected]);
    assert_eq!(gone["status"], "withdrawn");
    assert_eq!(gone["withdrawn_by"], json!([ids.withdrawing]));
    assert_eq!(fixed["status"], "corrected");
    assert_eq!(fixed["corrected_by"], json!([ids.correcting]));
    assert_eq!(fixed["contradicted_by"], json!([ids.denying]));
    assert_eq!(fixed["withdrawn_by"], json!([]));
    assert_eq!(rows[&ids.denying]["status"], "unchanged");
    assert_eq!(fixed["record"]["titles"][0]["text"], "corrected");
    let size = fixed["as_of_size"].as_u64().unwrap();
    let index = fixed["index"].as_u64().unwrap();
    assert!(size > index);
    assert_eq!(fixed["address"], format!("ledger.test/one#{index}"));

    let csv = export(&world, &daemon, "csv");
    let start = format!("\"{}\"", ids.withdrawn);
    let row = csv.lines().find(|line| line.starts_with(&start)).unwrap();
    let said = format!("\"withdrawn\",\"{}\",,,,{size},", ids.withdrawing);
    assert!(row.contains(&said), "{row}");
    let map: Value = serde_json::from_str(&export(&world, &daemon, "geojson")).unwrap();
    let mut features = map["features"].as_array().unwrap().iter();
    let feature = features
        .find(|it| it["id"] == json!(ids.corrected))
        .unwrap();
    assert_eq!(feature["properties"]["contradicted_by"], ids.denying);
    the_graph_tells_the_same(&world, &daemon, &ids);
}

fn the_graph_tells_the_same(world: &World, daemon: &Daemon, ids: &Ids) {
    let text = export(world, daemon, "case");
    assert_eq!(text, export(world, daemon, "case"));
    let graph: Value = serde_json::from_str(&text).unwrap();
    let nodes = graph["@graph"].as_array().unwrap();
    let record = |id: &str| {
        let mut nodes = nodes.iter();
        nodes
            .find(|it| it["witnessmark:recordId"] == json!(id))
            .unwrap()
    };
    let (gone, by) = (record(&ids.withdrawn), record(&ids.withdrawing));
    assert_eq!(gone["uco-core:objectStatus"], "Deprecated");
    assert_eq!(gone["witnessmark:withdrawnBy"]["@id"], by["@id"]);
    assert_eq!(record(&ids.corrected)["uco-core:objectStatus"], "Final");
    let (policy, url) = (world.policy(), &daemon.url);
    let refused = typed(&format!(
        "records export --from {url} --policy {policy} --format case --out x --columns index"
    ));
    assert!(refused.exits(64).stderr.contains("a graph has no columns"));
}
