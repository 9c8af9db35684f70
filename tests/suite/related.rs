//! Bundles of the real daemon with what was said of a record, and the remarks that the offline verifier makes of it.

use std::fs;

use serde_json::{Value, json};
use witnessmark_bundle::Bundle;

use crate::corrections::{about, correction, finding, withdrawal};
use crate::support::typed;
use crate::thread::{Linked, id, prints};

const THREAD: &str = "a3bb189e-8bf9-4888-9912-ace4e6543002";

/// The verdict on the bundle of a record, fetched and verified again offline.
#[track_caller]
fn verdict(linked: &Linked, which: &str) -> Value {
    let (out, policy) = (linked.world.path("bundle.json"), linked.world.policy());
    let url = &linked.daemon.url;
    typed(&format!(
        "prove {which} --from {url} --policy {policy} --out {out}"
    ))
    .exits(0);
    typed(&format!("verify {out} --policy {policy} --json"))
        .exits(0)
        .json()
}

fn remarks(verdict: &Value) -> Vec<String> {
    let remarks = verdict["remarks"].as_array().unwrap().iter();
    remarks.map(|it| it.as_str().unwrap().to_owned()).collect()
}

fn relations(verdict: &Value) -> Vec<String> {
    let related = verdict["record"]["related"].as_array().unwrap().iter();
    related
        .map(|it| it["relation"].as_str().unwrap().to_owned())
        .collect()
}

fn attestation(target: &str) -> Value {
    let body = json!({"target": target, "stance": "confirms", "scope": "whole", "basis": "seen"});
    about(THREAD, "attestation", "We saw it", &body)
}

/// A statement with one link.
fn statement(title: &str, rel: &str, target: &str) -> Value {
    let body = json!({"texts": [{"lang": "en", "text": title}], "fidelity": "exact"});
    let mut record = about(THREAD, "statement", title, &body);
    record["reported"] = json!("2024-01-12");
    record["links"] = json!([{"rel": rel, "target": target}]);
    record
}

/// Signs and logs a draft, and gives its record id.
#[track_caller]
fn log(linked: &Linked, org: &str, name: &str, draft: &Value) -> String {
    let file = linked.sign_json(org, name, draft);
    linked.submit(&file).exits(0);
    id(&file)
}

#[test]
fn a_bundle_carries_what_was_said_of_its_record() {
    let linked = Linked::start();
    let ours = |name: &str, draft: &Value| log(&linked, "field-team", name, draft);
    let theirs = |name: &str, draft: &Value| log(&linked, "other-team", name, draft);
    let record = ours("record", &finding(THREAD));
    let before = verdict(&linked, &record);
    assert_eq!(before["verdict"], "verified");
    assert_eq!(relations(&before), [""; 0]);

    let seen = theirs("seen", &attestation(&record));
    assert_eq!(verdict(&linked, &record)["verdict"], "verified");
    let denial = theirs("denial", &statement("Not so", "contradicts", &record));
    ours("answer", &statement("It is so", "responds_to", &denial));
    let change = ("place.locality", "\"Kiev\"", "\"Kyiv\"");
    ours("slip", &correction(&record, &[change]));
    theirs("unseen", &withdrawal(&seen));
    // It is about the same thing as what denies the record, and says nothing of it.
    theirs("aside", &statement("By the way", "same_event_as", &denial));

    let told = verdict(&linked, &record);
    assert_eq!(told["verdict"], "verified_with_remarks");
    let expected = [
        "corroborates",
        "contradicts",
        "responds_to",
        "corrects",
        "withdraws",
    ];
    assert_eq!(relations(&told), expected);
    let steps = told["record"]["related"].as_array().unwrap().iter();
    let steps: Vec<u64> = steps.map(|it| it["steps"].as_u64().unwrap()).collect();
    assert_eq!(steps, [1, 1, 2, 1, 2]);
    let said = remarks(&told);
    let [attested, denied, corrected] = said.as_slice() else {
        panic!("{said:#?}");
    };
    prints(
        attested,
        "no longer counts: its own organisation withdrew it",
    );
    prints(
        denied,
        "by other-team contradicts this record (answered in entry",
    );
    let change = "Place, locality (place.locality): said \"Kiev\", says now \"Kyiv\"";
    prints(corrected, change);

    ours("back", &withdrawal(&record));
    let told = verdict(&linked, &record);
    prints(&remarks(&told)[0], "by field-team withdraws this record");
    let related = &told["record"]["related"];
    assert_eq!(told["record"]["withdrawn_by"], related[5]["index"]);
    let (bundle, policy) = (linked.world.path("bundle.json"), linked.world.policy());
    let text = typed(&format!("verify {bundle} --policy {policy}")).exits(0);
    prints(&text.stdout, "VERIFIED WITH REMARKS");
}

#[test]
fn an_unrelated_entry_in_a_bundle_is_refused() {
    let linked = Linked::start();
    let log = |name: &str, draft: &Value| log(&linked, "field-team", name, draft);
    let record = log("record", &finding(THREAD));
    let other = log("other", &finding("a3bb189e-8bf9-4888-9912-ace4e6543003"));
    let denial = log("denial", &statement("Not so", "contradicts", &record));
    log("aside", &statement("By the way", "same_event_as", &denial));
    let bundle = |which: &str| {
        verdict(&linked, which);
        Bundle::parse(&fs::read(linked.world.path("bundle.json")).unwrap()).unwrap()
    };
    let (good, of_other, of_denial) = (bundle(&record), bundle(&other), bundle(&denial));
    assert_eq!((good.related.len(), of_denial.related.len()), (1, 1));
    let refused = |name: &str, bundle: &Bundle| {
        let path = linked.world.path(name);
        fs::write(&path, bundle.encode().unwrap()).unwrap();
        let policy = linked.world.policy();
        let told = typed(&format!("verify {path} --policy {policy} --json"))
            .exits(1)
            .json();
        assert_eq!(told["failed"], "related", "{told:#}");
        prints(
            &told["checks"].to_string(),
            "no link of it leads to the record",
        );
    };
    // A proved record of the same ledger that has nothing to do with it.
    let mut planted = good.clone();
    let mut stranger = good.related[0].clone();
    stranger.proven = of_other.record;
    planted.related.insert(0, stranger);
    refused("stranger.json", &planted);
    // And one that is only joined to what denies it.
    let mut planted = good;
    planted.related.extend(of_denial.related);
    refused("joined.json", &planted);
}

#[test]
fn a_thread_too_large_for_an_answer_says_so() {
    let linked = Linked::start();
    let log = |files: &[String]| {
        for files in files.chunks(200) {
            linked.submit(&files.join(" ")).exits(0);
        }
    };
    let record = linked.sign_json("field-team", "record", &finding(THREAD));
    let target = id(&record);
    let mut files = vec![record.clone()];
    let drafts: Vec<String> = (0..1_000)
        .map(|number| {
            let mut draft = statement(&format!("Copy {number}"), "about", &target);
            draft["thread_id"] = json!(format!("{number:08x}-8bf9-4888-9912-ace4e6543002"));
            let path = linked.world.path(&format!("copy{number}.json"));
            fs::write(&path, draft.to_string()).unwrap();
            path
        })
        .collect();
    for drafts in drafts.chunks(200) {
        linked.world.sign(&drafts.join(" "), "device.key");
    }
    files.extend((0..1_000).map(|number| {
        linked
            .world
            .path(&format!("signed/copy{number}.signed.json"))
    }));
    log(&files[..1_000]);
    let which = target;
    // A thousand records fit: itself and 999 about it. What is linked over two steps is then left out, and that is said.
    let full = linked.thread(&which, "");
    assert_eq!(full["records"].as_array().unwrap().len(), 1_000);
    assert_eq!(full["more"], false);
    let mut far = statement("On a copy", "about", &id(&files[1]));
    far["thread_id"] = json!("ffffffff-8bf9-4888-9912-ace4e6543002");
    linked
        .submit(&linked.sign_json("other-team", "far", &far))
        .exits(0);
    assert_eq!(linked.thread(&which, "")["more"], true);
    prints(
        &linked.thread_text(&which, ""),
        "More records are linked over more steps",
    );
    // One more that links directly: nothing of that is ever cut.
    log(&files[1_000..]);
    let (url, policy) = (&linked.daemon.url, linked.world.policy());
    let ran = typed(&format!("thread {which} --from {url} --policy {policy}")).exits(1);
    prints(&ran.stderr, "THREAD_TOO_LARGE");
    let whole = linked.thread(&which, "--whole-log");
    assert_eq!(whole["records"].as_array().unwrap().len(), 1_002);
}
