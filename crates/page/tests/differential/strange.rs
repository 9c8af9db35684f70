//! Documents that readers of JSON take for different things, and the smallest trees: files of misbehaviour of which both say the same.

use witnessmark_bundle::{Contradiction, Misbehaviour};
use witnessmark_verifier::{ConsistencyProof, base64, empty_root, sha256};

use crate::node::{Node, is_there};
use crate::notes::{Asked, GOOD, difference, kind, named, on_file};
use crate::reject::corpus::world::by_log;

/// Documents that readers of JSON take for different things, and the smallest trees.
fn special() -> Vec<Asked> {
    let log = named();
    let policy = log.policy();
    let [_, beginnings, entries] = &*GOOD;
    let good = beginnings.encode().unwrap();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let version = "\"witnessmark-misbehaviour/2\"";
    let mut texts: Vec<String> = [
        "",
        "null",
        "{}",
        "[]",
        "[\"witnessmark-misbehaviour/1\"]",
        "[\"witnessmark-misbehaviour/2\"]",
        "{\"format\": \"witnessmark-misbehaviour/\"}",
        "{\"format\": \"witnessmark-misbehaviour\"}",
        "{\"format\": 2}",
        "{\"format\": \"witnessmark-bundle/2\"}",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.extend([
        format!("{{\"format\": {version}}}"),
        format!(" {{\"more\": {{\"format\": 1}}, \"format\": {version}}} "),
        format!("{{\"format\": {version}, \"format\": {version}}}"),
        format!("{{\"format\": {version}, \"more\": {deep}}}"),
        format!("{{\"format\": {version}, \"more\": 1e999}}"),
        format!("{{\"format\": {version}, \"more\": [}}"),
        good.replace("\"consistency\": [", "\"consistency\": [ "),
        good.replace("\"refusal\": null", "\"refusal\": \"no_proof\""),
        good.replace("two-beginnings", "constructor"),
        good.replace("two-beginnings", "__proto__"),
        good.replace("\"entries\": null", "\"entries\": []"),
        good.replace("\"root\": ", "\"\\u0072oot\": "),
    ]);
    let spelled = entries.encode().unwrap();
    let index = "\"index\": 5";
    for other in [
        "5.0",
        "5e0",
        "-0",
        "9007199254740992",
        "18446744073709551615",
        "1e400",
        "\"5\"",
        "null",
    ] {
        texts.push(spelled.replace(index, &format!("\"index\": {other}")));
    }
    let mut all: Vec<Asked> = texts
        .iter()
        .map(|text| on_file(text.as_bytes(), policy.as_bytes()))
        .collect();
    all.push(on_file(&[0xff, 0xfe], policy.as_bytes()));
    all.extend(on_empty_trees());
    all
}

/// An empty tree has one root, and every tree begins with it.
fn on_empty_trees() -> [Asked; 4] {
    let log = named();
    let [_, new] = &GOOD[1].notes;
    let nothing = sha256(b"nothing");
    [
        (empty_root(), nothing),
        (nothing, empty_root()),
        (nothing, sha256(b"something")),
        (empty_root(), empty_root()),
    ]
    .map(|(signed, root)| {
        let text = format!("{}\n0\n{}\n", log.origin, base64::encode(signed.as_bytes()));
        let old = format!("{text}\n{}", by_log(&log, &text));
        let file = Misbehaviour {
            notes: [old, new.clone()],
            shown_by: Contradiction::TwoBeginnings {
                root,
                consistency: ConsistencyProof::new(Vec::new()),
            },
        };
        on_file(file.encode().unwrap().as_bytes(), log.policy().as_bytes())
    })
}

#[test]
fn strange_documents_and_empty_trees_are_judged_alike() {
    if !is_there() {
        return;
    }
    let mut node = Node::start("native");
    let special = special();
    for asked in &special {
        assert_eq!(difference(&mut node, asked), None);
    }
    let count = |wanted: &str| special.iter().filter(|it| kind(it) == wanted).count();
    // A ledger that signs for an empty tree with entries is convicted by it, and no other.
    assert_eq!(count("misbehaviour_proved "), 1);
    assert_eq!(count("cannot_tell format"), 5);
}
