//! Every code of validation: a change that gives it, with the path it is given at; and that a valid record gives none.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use witnessmark_record::{
    Level, RecordKind, check_clock, encode, from_json, problem_codes, validate,
};

use crate::sample;

/// A change to the JSON of a valid record, and the problem that follows.
struct Case {
    /// The body of the record.
    field: String,
    /// Where the change is made.
    pointer: String,
    /// What is put there; null takes away what is there.
    value: Json,
    code: String,
    path: String,
}

/// The cases of `cases.jsonl`, one a line in the order of [`Case`], and those that are too long for a line.
fn changes() -> Vec<Case> {
    let lines = include_str!("cases.jsonl").lines();
    let written = lines.map(|line| {
        let (field, pointer, value, code, path) = parts(&serde_json::from_str(line).unwrap());
        case(&field, &pointer, value, &code, &path)
    });
    let text = |length| json!("x".repeat(length));
    let say = |pointer, value, code, path| case("statement", pointer, value, code, path);
    let long = [
        say("/titles/0/text", text(201), "E-TITLE", "titles[0].text"),
        say("/note", text(4_001), "E-TEXT-LENGTH", "note"),
        say("/protected", numbered(1_025), "E-PROTECTED", "protected"),
        say("/summaries/0/text", text(64_000), "E-SIZE", ""),
    ];
    written.chain(long).collect()
}

fn case(field: &str, pointer: &str, value: Json, code: &str, path: &str) -> Case {
    Case {
        field: field.to_owned(),
        pointer: pointer.to_owned(),
        value,
        code: code.to_owned(),
        path: path.to_owned(),
    }
}

fn parts(line: &Json) -> (String, String, Json, String, String) {
    let text = |at: usize| line[at].as_str().unwrap().to_owned();
    (text(0), text(1), line[2].clone(), text(3), text(4))
}

fn missing(path: &str) -> Json {
    json!([{"path": path, "reason": "not_stated"}])
}

fn numbered(count: u32) -> Json {
    let digest = |number: u32| format!("{number:064x}");
    json!((0..count).map(digest).collect::<Vec<_>>())
}

/// Puts `value` where `pointer` points, or takes away what is there.
fn change(json: &mut Json, pointer: &str, value: Json) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Json::Object(members), Json::Null) => assert!(members.remove(name).is_some(), "{pointer}"),
        (Json::Object(members), value) => drop(members.insert(name.to_owned(), value)),
        (Json::Array(items), value) => items[name.parse::<usize>().unwrap()] = value,
        (other, _) => panic!("{pointer} in {other}"),
    }
}

#[test]
fn a_valid_record_of_each_kind_gives_no_problem() {
    for kind in RecordKind::ALL {
        let record = sample::record(kind.field());
        assert_eq!(validate(&record), [], "{kind}");
    }
}

#[test]
fn each_change_gives_its_problem_at_its_path() {
    for case in changes() {
        let Case {
            field,
            pointer,
            value,
            code,
            path,
        } = case;
        let mut json = sample::json_of(&field);
        change(&mut json, &pointer, value.clone());
        let record = from_json(&json).unwrap_or_else(|problems| panic!("{pointer}: {problems:?}"));
        let problems = validate(&record);
        let found = problems.iter().any(|it| it.code == code && it.path == path);
        let value = value.to_string();
        let shown: String = value.chars().take(80).collect();
        assert!(
            found,
            "{field}{pointer} = {shown}: no {code} at {path} in {problems:#?}"
        );
    }
}

#[test]
fn what_is_stated_twice_is_a_problem() {
    for (list, path, code) in [
        ("links", "links[1].target", "E-LINK-DUP"),
        ("attachments", "attachments[1].sha256", "E-ATTACHMENT-DUP"),
        ("attachments", "attachments[1].name", "E-ATTACHMENT-DUP"),
    ] {
        let mut json = sample::json_of("statement");
        let twice = json[list][0].clone();
        json[list].as_array_mut().unwrap().push(twice);
        let problems = validate(&from_json(&json).unwrap());
        assert!(
            problems.iter().any(|it| it.code == code && it.path == path),
            "{problems:#?}"
        );
    }
    let mut json = sample::json_of("statement");
    json["basis"] = json!("public_source_transcription");
    json["sources"] = json!([]);
    let problems = validate(&from_json(&json).unwrap());
    assert!(
        problems
            .iter()
            .any(|it| it.code == "E-SOURCES" && it.path == "sources")
    );
}

#[test]
fn every_kind_has_several_bad_records() {
    let changes = changes();
    for kind in RecordKind::ALL {
        let bad = |case: &&Case| case.field == kind.field() && case.code.starts_with("E-");
        assert!(changes.iter().filter(bad).count() >= 3, "{kind}");
    }
}

#[test]
fn every_code_has_a_case() {
    let changes = changes();
    let mut covered: BTreeSet<&str> = changes.iter().map(|case| case.code.as_str()).collect();
    // These have tests of their own.
    covered.extend(["E-LINK-DUP", "E-ATTACHMENT-DUP"]);
    covered.extend(["W-CLOCK", "W-SEEN-CHECKPOINT", "W-SEEN-CLOCK"]);
    covered.extend(["E-JSON-FIELD", "E-JSON-TYPE", "E-JSON-VALUE"]);
    let known: BTreeSet<&str> = problem_codes().iter().map(|code| code.code).collect();
    assert_eq!(covered, known);
}

#[test]
fn codes_say_their_level_and_stand_in_order() {
    let codes: Vec<&str> = problem_codes().iter().map(|it| it.code).collect();
    assert!(codes.is_sorted(), "{codes:?}");
    for code in problem_codes() {
        let prefix = match code.level {
            Level::Error => "E-",
            Level::Warning => "W-",
            Level::Note => "N-",
        };
        assert!(code.code.starts_with(prefix), "{}", code.code);
        assert!(
            !code.rule.ends_with('.') && !code.rule.contains('|'),
            "{}",
            code.code
        );
    }
    let mut sorted = codes.clone();
    sorted.dedup();
    assert_eq!(sorted, codes);
}

#[test]
fn many_faults_are_reported_together() {
    let mut json = sample::json_of("strike_event");
    for (pointer, value) in [
        ("/occurred", json!("soon")),
        ("/place/country", json!("Ukraine")),
        ("/place/point/uncertainty_m", json!(null)),
        ("/titles", json!(null)),
        ("/marking", json!(null)),
        ("/strike_event/munition_count", json!({"exact": "a few"})),
    ] {
        change(&mut json, pointer, value);
    }
    let problems = validate(&from_json(&json).unwrap());
    let codes: BTreeSet<&str> = problems.iter().map(|problem| problem.code).collect();
    let expected = [
        "E-EDTF",
        "E-ISO3166",
        "E-COORD-UNCERTAINTY",
        "E-TITLE",
        "E-TLP",
        "E-DECIMAL",
    ];
    assert!(
        expected.iter().all(|code| codes.contains(code)),
        "{codes:?}"
    );
}

#[test]
fn an_explained_absence_is_no_problem() {
    let mut json = sample::json_of("wreckage_finding");
    change(&mut json, "/wreckage_finding/state", json!(null));
    json["missing"] = missing("wreckage_finding.state");
    assert_eq!(validate(&from_json(&json).unwrap()), []);
}

#[test]
fn a_trace_request_says_what_it_traces_in_one_of_three_ways() {
    let base = || {
        let mut json = sample::json_of("trace_request");
        change(&mut json, "/links/0/rel", json!("about"));
        change(&mut json, "/trace_request/identifiers", json!(null));
        json
    };
    let problems = validate(&from_json(&base()).unwrap());
    assert!(
        problems
            .iter()
            .any(|it| it.code == "E-TRACE" && it.path == "links")
    );
    for (pointer, value) in [
        ("/links/0/rel", json!("traces")),
        ("/trace_request/items", json!(["a part"])),
        (
            "/missing",
            json!([{"path": "trace_request.items", "reason": "withheld"}]),
        ),
    ] {
        let mut json = base();
        change(&mut json, pointer, value);
        assert_eq!(validate(&from_json(&json).unwrap()), [], "{pointer}");
    }
}

#[test]
fn what_is_protected_may_be_absent_from_the_new_kinds() {
    for (field, path) in [
        ("media_capture", "captured_url"),
        ("trace_request", "addressee"),
        ("disclosure", "to"),
        ("lab_analysis", "sample"),
    ] {
        let mut json = sample::json_of(field);
        change(&mut json, &format!("/{field}/{path}"), json!(null));
        json["missing"] = json!([{"path": format!("{field}.{path}"), "reason": "withheld"}]);
        assert_eq!(validate(&from_json(&json).unwrap()), [], "{field}.{path}");
    }
    let mut json = sample::json_of("trace_response");
    change(&mut json, "/trace_response/permission", json!("anonymous"));
    change(&mut json, "/trace_response/respondent", json!(null));
    assert_eq!(validate(&from_json(&json).unwrap()), []);
}

#[test]
fn no_problem_of_a_trace_response_repeats_a_name() {
    let mut json = sample::json_of("trace_response");
    json["trace_response"]["permission"] = json!("none");
    json["trace_response"]["respondent"]["name_as_written"] = json!("Secret Name");
    json["trace_response"]["sold_to"] = json!({"name_as_written": "Secret Name", "type": "person"});
    let problems = validate(&from_json(&json).unwrap());
    assert_eq!(problems.len(), 3, "{problems:#?}");
    for problem in problems {
        assert!(!problem.to_string().contains("Secret"), "{problem}");
    }
}

#[test]
fn what_was_seen_is_never_refused() {
    let mut json = sample::json_of("intercepted_shipment");
    json["intercepted_shipment"]["conveyances"][0]["identifiers"] = json!([
        {"scheme": "imo_ship", "as_seen": "Does not exist", "status": "not_assigned"},
        {"scheme": "imo_ship", "as_seen": "9179843", "status": "observed"},
        {"scheme": "container", "as_seen": "ABC 1"},
        {"scheme": "serial", "legibility": "absent"},
        {"scheme": "air_waybill", "as_seen": "020-1234 5676"},
        {"scheme": "lei", "as_seen": "5493001KJTIIGC8Y1R13"},
        {"scheme": "mmsi", "as_seen": "12"},
        {"scheme": "icao24", "as_seen": "XYZ"},
        {"scheme": "locode", "as_seen": "nowhere"},
        {"scheme": "hs", "as_seen": "77", "edition": "2022"}
    ]);
    let problems = validate(&from_json(&json).unwrap());
    assert!(
        problems.iter().all(|problem| problem.level != Level::Error),
        "{problems:#?}"
    );
}

#[test]
fn a_date_code_that_names_all_its_readings_is_no_problem() {
    for code in [
        json!({"as_marked": "2223", "scheme": "yyww", "derived": "2022-06-06/2022-06-12",
            "alternatives": [{"scheme": "wwyy", "derived": "2023-05-29/2023-06-04"}]}),
        json!({"as_marked": "2223", "scheme": "unknown", "alternatives": [
            {"scheme": "yyww", "derived": "2022-06-06/2022-06-12"},
            {"scheme": "wwyy", "derived": "2023-05-29/2023-06-04"}]}),
        // As week and year it would lie after the signature.
        json!({"as_marked": "2245", "scheme": "unknown"}),
        json!({"as_marked": "9845", "scheme": "yyww", "derived": "1998-11-02/1998-11-08"}),
        json!({"as_marked": "245", "scheme": "yww", "derived": "2022-11-07/2022-11-13"}),
        json!({"as_marked": "2254", "scheme": "maker"}),
        json!({"as_marked": "112", "scheme": "juche", "derived": "2023"}),
    ] {
        let mut json = sample::json_of("component_observation");
        json["component_observation"]["date_codes"] = json!([code]);
        assert_eq!(validate(&from_json(&json).unwrap()), [], "{code}");
    }
}

#[test]
fn a_private_name_does_not_stand_in_the_problem_either() {
    let mut json = sample::json_of("intercepted_shipment");
    json["intercepted_shipment"]["parties"][0] =
        json!({"type": "person", "name_as_written": "Secret Name"});
    for problem in validate(&from_json(&json).unwrap()) {
        assert!(!problem.to_string().contains("Secret"), "{problem}");
    }
}

#[test]
fn a_clock_that_is_far_off_is_a_warning_with_both_sides() {
    let record = sample::record("statement");
    let problem = check_clock(&record, record.signed_at_ms + 7_200_000).unwrap();
    assert_eq!((problem.code, problem.level), ("W-CLOCK", Level::Warning));
    assert!(problem.fix.contains("2 h 0 min behind"), "{problem}");
}

#[test]
fn a_record_without_anything_is_judged_and_not_a_panic() {
    let problems = validate(&witnessmark_record::v1::Record::default());
    assert!(problems.len() > 8);
    assert!(encode(&witnessmark_record::v1::Record::default()).is_empty());
}

#[test]
fn a_currency_of_old_stands_with_dates_of_old() {
    let problems = |occurred: Json| {
        let mut json = sample::json_of("intercepted_shipment");
        json["intercepted_shipment"]["cargo"][0]["value"]["unit"] = json!("SUR");
        for date in ["documented", "reported"] {
            json.as_object_mut().unwrap().remove(date);
        }
        json["occurred"] = occurred;
        let found = validate(&from_json(&json).unwrap());
        found.iter().map(|it| it.code).collect::<Vec<_>>()
    };
    for occurred in ["1986-05-01", "1990~", "1989/1995", "../1991"] {
        assert_eq!(problems(json!(occurred)), [""; 0], "{occurred}");
    }
    for occurred in ["1991-01-01", "2024"] {
        assert_eq!(problems(json!(occurred)), ["W-UNIT-OLD"], "{occurred}");
    }
}
