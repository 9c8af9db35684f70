//! The JSON form: one form for one record, and all problems at once.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use witnessmark_record::{
    Problem, RecordKind, field_text, from_draft, from_json, to_json, v1, validate,
};

use crate::sample;

fn problems(json: &Json) -> Vec<Problem> {
    from_json(json).unwrap_err()
}

#[test]
fn every_kind_reads_back_what_was_written() {
    for kind in RecordKind::ALL {
        let json = sample::json_of(kind.field());
        let record = sample::record(kind.field());
        assert_eq!(to_json(&record), json, "{kind}");
        assert_eq!(from_json(&to_json(&record)).unwrap(), record, "{kind}");
    }
    assert_eq!(to_json(&v1::Record::default()), json!({}));
    assert_eq!(from_json(&json!({})).unwrap(), v1::Record::default());
}

#[test]
fn all_problems_are_reported_at_once_with_their_paths() {
    let mut json = sample::json_of("wreckage_finding");
    json["ocurred"] = json!("2024");
    json["basis"] = json!("own_observatoin");
    json["links"][0]["target"] = json!("XY");
    json["place"]["point"]["lat_e7"] = json!(49.99);
    json["wreckage_finding"]["measurements"][0]["value"]["exact"] = json!(1100.5);
    json["wreckage_finding"]["features"] = json!("one");
    json["device_seq"] = json!(-1);
    json["marking"] = json!(null);
    let found = problems(&json);
    let pairs: Vec<(&str, &str)> = found.iter().map(|it| (it.code, it.path.as_str())).collect();
    let expected = [
        ("E-JSON-VALUE", "basis"),
        ("E-JSON-VALUE", "device_seq"),
        ("E-JSON-VALUE", "links[0].target"),
        ("E-JSON-TYPE", "marking"),
        ("E-JSON-FIELD", "ocurred"),
        ("E-JSON-VALUE", "place.point.lat_e7"),
        ("E-JSON-TYPE", "wreckage_finding.features"),
        (
            "E-JSON-TYPE",
            "wreckage_finding.measurements[0].value.exact",
        ),
    ];
    assert_eq!(pairs, expected);
    assert!(found[0].fix.contains("own_observation"), "{}", found[0]);
    assert!(found[4].fix.contains("occurred"), "{}", found[4]);
}

#[test]
fn a_word_that_resembles_nothing_is_answered_with_all_words() {
    let mut json = sample::json_of("statement");
    json["clock_source"] = json!("sundial");
    json["manufacturer"] = json!("X");
    let found = problems(&json);
    assert_eq!(found[0].fix, "Known are gnss, ntp, manual");
    assert!(
        found[1].fix.starts_with("Known are org, device_seq"),
        "{}",
        found[1]
    );
}

#[test]
fn unspecified_numbers_and_other_spellings_are_no_words() {
    for word in [
        json!("unspecified"),
        json!("BASIS_INTERVIEW"),
        json!("Interview"),
        json!(4),
    ] {
        let mut json = sample::json_of("statement");
        json["basis"] = word;
        assert_eq!(problems(&json).len(), 1);
    }
}

#[test]
fn two_bodies_are_refused_and_so_is_what_is_no_object() {
    let mut json = sample::json_of("statement");
    json["strike_event"] = json!({});
    assert_eq!(problems(&json)[0].code, "E-BODY");
    for json in [json!([]), json!("x"), json!(null), json!(1)] {
        assert_eq!(problems(&json)[0].code, "E-JSON-TYPE");
    }
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    for (field, value) in [
        ("clock_uncertainty_s", json!(4_294_967_296_u64)),
        ("signed_at_ms", json!(1.5)),
        ("signed_at_ms", json!("1767225600000")),
    ] {
        let mut json = sample::json_of("statement");
        json[field] = value;
        assert_eq!(problems(&json).len(), 1, "{field}");
    }
}

/// The path of every member and item inside `json`, with what stands there.
fn places<'a>(json: &'a Json, path: &str, found: &mut Vec<(String, &'a Json)>) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                let path = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                found.push((path.clone(), value));
                places(value, &path, found);
            }
        }
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let path = format!("{path}[{at}]");
                found.push((path.clone(), item));
                places(item, &path, found);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[test]
fn the_text_of_every_field_of_every_kind_can_stand_in_a_correction() {
    for kind in RecordKind::ALL {
        let record = sample::record(kind.field());
        let json = sample::json_of(kind.field());
        let mut found = Vec::new();
        places(&json, "", &mut found);
        // Paths of one depth do not lie in each other, so that one correction can hold them.
        let mut changes: BTreeMap<usize, Vec<Json>> = BTreeMap::new();
        for (path, value) in found {
            let text = field_text(&record, &path).unwrap_or_else(|| panic!("{path}"));
            let parsed: Json = serde_json::from_str(&text).unwrap();
            assert_eq!(&parsed, value, "{path}");
            let depth = path.matches(['.', '[']).count();
            // What is to stand there is held to more than what stands there.
            let change = json!({"path": path, "now": text});
            changes.entry(depth).or_default().push(change);
        }
        for changes in changes.into_values() {
            let mut correction = sample::json_of("correction");
            correction["correction"]["changes"] = Json::Array(changes);
            let problems = validate(&from_json(&correction).unwrap());
            let fixed = |it: &Problem| it.code == "E-CORRECT-PATH";
            assert!(problems.iter().all(fixed), "{kind}: {problems:#?}");
        }
    }
}

#[test]
fn a_path_that_leads_nowhere_has_no_text() {
    let record = sample::record("statement");
    for path in [
        "",
        "colour",
        "missing",
        "titles[2]",
        "titles.text",
        "titles[0]text",
        "titles[00]",
        "titles[-1]",
        "titles[18446744073709551616]",
        "note[0]",
        "note.text",
        "strike_event.damage",
        ".note",
        "note.",
    ] {
        assert_eq!(field_text(&record, path), None, "{path}");
    }
}

#[test]
fn a_draft_may_be_incomplete_and_what_is_missing_is_told_from_what_is_wrong() {
    let draft = json!({
        "schema": "wreckage-finding/1", "basis": "", "thread_id": "", "titles": [], "language": null, "occurred": "2024-13-01",
        "clock_uncertainty_s": "", "place": {"country": "", "locality": "Kyiv"}, "asserted_by": {},
        "marking": {"tlp": "gren"}, "titels": "",
        "wreckage_finding": {"item_class": "", "state": "fragment"}
    });
    let (record, unread) = from_draft(&draft);
    let unread: Vec<_> = unread
        .iter()
        .map(|it| (it.code, it.path.as_str()))
        .collect();
    assert_eq!(
        unread,
        [("E-JSON-VALUE", "marking.tlp"), ("E-JSON-FIELD", "titels")]
    );
    // What could be read is there.
    assert_eq!(record.place.as_ref().unwrap().locality, "Kyiv");
    let problems = validate(&record);
    let paths = |missing: bool| {
        let found = problems.iter().filter(|it| it.is_missing() == missing);
        found.map(|it| it.path.as_str()).collect::<Vec<_>>()
    };
    for path in [
        "asserted_by",
        "basis",
        "titles",
        "language",
        "place",
        "wreckage_finding.item_class",
    ] {
        assert!(paths(true).contains(&path), "{path} in {problems:#?}");
    }
    assert!(paths(false).contains(&"occurred"), "{problems:#?}");
    assert!(!paths(false).contains(&"basis"), "{problems:#?}");
    // A name in clear has no value in its problem, and is not something missing.
    let person =
        json!({"trace_response": {"respondent": {"type": "person", "name_as_written": "A B"}}});
    let problems = validate(&from_draft(&person).0);
    let clear = problems
        .iter()
        .find(|it| it.code == "E-PERSON-CLEAR")
        .unwrap();
    assert!(!clear.is_missing(), "{clear}");
    assert_eq!(from_draft(&json!([])).1[0].code, "E-JSON-TYPE");
    // The strict reading knows no blanks.
    assert!(from_json(&json!({"basis": ""})).is_err());
}
