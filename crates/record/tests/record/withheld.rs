//! What is withheld inside of lists and parties: it explains an empty item or a nameless party, and nothing else.

use serde_json::{Value as Json, json};
use witnessmark_record::{Record, encode, from_json, to_json, validate};

use crate::sample;

/// The codes and paths of the problems of a statement that is changed like this.
fn problems(body: &Json, missing: &Json) -> Vec<(&'static str, String)> {
    let record = from_json(&statement(body, missing)).unwrap();
    let found = validate(&record).into_iter();
    found.map(|it| (it.code, it.path)).collect()
}

fn statement(body: &Json, missing: &Json) -> Json {
    let mut json = sample::json_of("statement");
    for (name, value) in body.as_object().unwrap() {
        json["statement"][name] = value.clone();
    }
    json["missing"] = missing.clone();
    json
}

fn withheld(path: &str) -> Json {
    json!([{ "path": path, "reason": "withheld" }])
}

#[test]
fn a_party_whose_name_is_withheld_needs_no_other() {
    let body = json!({ "speaker": { "type": "person", "role": "speaker" } });
    let nameless = vec![("E-PARTY-TYPE", "statement.speaker".to_owned())];
    assert_eq!(problems(&body, &json!([])), nameless);
    for field in [
        "name_as_written",
        "transliteration",
        "office",
        "address",
        "identifiers",
    ] {
        let path = format!("statement.speaker.{field}");
        assert_eq!(problems(&body, &withheld(&path)), [], "{field}");
    }
    let other = withheld("statement.speaker.country");
    assert_eq!(problems(&body, &other), nameless);
    let not_stated =
        json!([{ "path": "statement.speaker.name_as_written", "reason": "not_stated" }]);
    assert_eq!(problems(&body, &not_stated), nameless);
    // The type is never excused.
    let body = json!({ "speaker": { "country": "UA" } });
    let path = withheld("statement.speaker.name_as_written");
    assert_eq!(
        problems(&body, &path),
        [("E-PARTY-TYPE", "statement.speaker.type".to_owned())]
    );
}

#[test]
fn what_is_withheld_of_one_party_says_nothing_of_the_next() {
    let named = json!({ "type": "organisation", "name_as_written": "B" });
    let body = json!({ "joint_with": [{ "type": "person" }, named] });
    let first = withheld("statement.joint_with[0].name_as_written");
    assert_eq!(problems(&body, &first), []);
    let second = withheld("statement.joint_with[1].name_as_written");
    let expected = [
        ("E-MISSING", "missing[0]".to_owned()),
        ("E-PARTY-TYPE", "statement.joint_with[0]".to_owned()),
    ];
    assert_eq!(problems(&body, &second), expected);
}

#[test]
fn an_empty_item_stands_for_one_that_is_withheld_and_for_nothing_else() {
    let named = json!({ "type": "organisation", "name_as_written": "B" });
    let body = json!({ "joint_with": [{}, named] });
    let empty = vec![("E-EMPTY", "statement.joint_with[0]".to_owned())];
    assert_eq!(problems(&body, &json!([])), empty);
    assert_eq!(problems(&body, &withheld("statement.joint_with[0]")), []);
    for path in [
        "statement.joint_with[1]",
        "statement.joint_with",
        "statement.joint_with[2]",
    ] {
        let found = problems(&body, &withheld(path));
        assert!(found.contains(&empty[0]), "{path}: {found:?}");
    }
    // A position behind the end names nothing that is present.
    assert_eq!(problems(&body, &withheld("statement.joint_with[2]")), empty);
}

#[test]
fn an_empty_item_has_one_spelling_and_reads_back() {
    let named = json!({ "type": "organisation", "name_as_written": "B" });
    let body = json!({ "joint_with": [{}, named] });
    let json = statement(&body, &withheld("statement.joint_with[0]"));
    let message = from_json(&json).unwrap();
    assert_eq!(
        to_json(&message)["statement"]["joint_with"],
        body["joint_with"]
    );
    let record = Record::decode(&encode(&message)).unwrap();
    assert_eq!(record.message(), &message);
    let lines = witnessmark_record::render(&message);
    let said = (
        "Not given".to_owned(),
        "statement.joint_with[0]: withheld".to_owned(),
    );
    assert!(lines.contains(&said), "{lines:?}");
}

#[test]
fn texts_in_lists_are_withheld_likewise_and_sources_too() {
    let mut json = sample::json_of("wreckage_finding");
    json["wreckage_finding"]["parts_documented"] = json!(["", "a fin"]);
    json["sources"] = json!([{}, { "publisher": "P", "url": "https://p.example" }]);
    json["missing"] = json!([
        { "path": "sources[0]", "reason": "withheld" },
        { "path": "wreckage_finding.parts_documented[0]", "reason": "withheld" },
    ]);
    let record = from_json(&json).unwrap();
    assert_eq!(validate(&record), []);
    assert!(Record::decode(&encode(&record)).is_ok());
    json["missing"] = json!([]);
    assert_eq!(validate(&from_json(&json).unwrap()).len(), 3);
}

#[test]
fn a_link_and_a_file_cannot_be_withheld() {
    let mut json = sample::json_of("statement");
    json["links"] = json!([{}, json["links"][0]]);
    json["missing"] = withheld("links[0]");
    let record = from_json(&json).unwrap();
    let found = validate(&record);
    assert!(found.iter().any(|it| it.path == "links[0]"), "{found:?}");
    assert!(Record::decode(&encode(&record)).is_err());
    let mut json = sample::json_of("statement");
    json["attachments"] = json!([{}, json["attachments"][0]]);
    json["missing"] = withheld("attachments[0]");
    let found = validate(&from_json(&json).unwrap());
    assert!(
        found.iter().any(|it| it.path == "attachments[0]"),
        "{found:?}"
    );
}
