//! The plain-language lines: everything that was signed, and nothing that deceives the eye.

use witnessmark_record::{RecordKind, escape, render};

use crate::sample;

fn value<'a>(lines: &'a [(String, String)], label: &str) -> &'a str {
    let found = lines.iter().find(|(name, _)| name == label);
    found.map_or_else(
        || panic!("{label} in {lines:#?}"),
        |(_, value)| value.as_str(),
    )
}

#[test]
fn a_wreckage_finding_reads_as_a_person_would_say_it() {
    let lines = render(&sample::record("wreckage_finding"));
    assert_eq!(value(&lines, "Kind"), "Wreckage finding");
    assert_eq!(value(&lines, "Signed and submitted by"), "demo-field-team");
    assert_eq!(value(&lines, "Claimed by, name"), "Demo Field Team");
    let signed = "2026-01-01 00:00:00.000 UTC by the signer's clock";
    assert_eq!(value(&lines, "Signed at"), signed);
    let withheld = format!("withheld (commitment {})", "01".repeat(32));
    assert_eq!(value(&lines, "Protected field 2"), withheld);
    let point = "latitude 49.9935000, longitude 36.2304000, within 15000 m (locality centroid)";
    assert_eq!(value(&lines, "Place, point"), point);
    assert_eq!(value(&lines, "Measurements, value"), "1100.5 mm");
    assert_eq!(
        value(&lines, "Mark, readings 2, value"),
        "February 11 plant"
    );
    let link = format!("about record {}: same site", "22".repeat(32));
    assert_eq!(value(&lines, "Links"), link);
}

#[test]
fn bounds_are_spoken() {
    let lines = render(&sample::record("strike_event"));
    assert_eq!(value(&lines, "Munition count"), "more than 20");
    assert_eq!(
        value(&lines, "Casualties, killed"),
        "at least 2 and at most 3"
    );
    let lines = render(&sample::record("component_observation"));
    let label = "Brand as marked (not the maker)";
    assert_eq!(value(&lines, label), "Example Semi");
}

#[test]
fn records_about_records_say_what_they_do_to_them() {
    let id = |digit: &str| digit.repeat(64);
    let lines = render(&sample::record("correction"));
    assert_eq!(value(&lines, "Corrects the record"), id("7"));
    assert_eq!(value(&lines, "Corrected because of"), "typo");
    let change = "place.locality: was \"Kharkov\", now \"Kharkiv\"";
    assert_eq!(value(&lines, "Change 1"), change);
    assert_eq!(
        value(&lines, "Change 4"),
        "note: was \"provisional\", now absent"
    );

    let lines = render(&sample::record("attestation"));
    assert_eq!(value(&lines, "About the record"), id("7"));
    assert_eq!(value(&lines, "Stance"), "confirms");
    assert_eq!(value(&lines, "Field that is covered 2"), "place");
    assert_eq!(value(&lines, "Basis"), "own observation");
    assert_eq!(
        value(&lines, "The judgement rests on"),
        "We held the part in our hands."
    );

    let lines = render(&sample::record("withdrawal"));
    assert_eq!(value(&lines, "Withdraws the record"), id("7"));
    assert_eq!(value(&lines, "The record that remains"), id("8"));

    let lines = render(&sample::record("erasure"));
    let first = format!("protected field {} of record {}", id("7"), id("8"));
    assert_eq!(value(&lines, "Erased 1"), first);
    assert_eq!(value(&lines, "Erased 2"), format!("attachment {}", id("9")));

    let lines = render(&sample::record("disclosure"));
    assert_eq!(value(&lines, "Disclosed to, name as written"), "Demo Court");
    assert_eq!(value(&lines, "Opened, record"), id("7"));
    assert_eq!(value(&lines, "Opened, protected field 2"), id("9"));
}

#[test]
fn captures_traces_and_analyses_read_as_a_person_would_say_it() {
    let lines = render(&sample::record("media_capture"));
    let address = "https://social.example/post/1";
    assert_eq!(value(&lines, "Captured from the address"), address);
    assert_eq!(value(&lines, "Captured at"), "2024-01-11T07:35:10Z");
    assert_eq!(
        value(&lines, "Embedded statement of origin (C2PA)"),
        "valid untrusted"
    );
    let lines = render(&sample::record("trace_request"));
    assert_eq!(value(&lines, "Asked, name as written"), "Example Semi");
    assert_eq!(value(&lines, "Questions 1, topic"), "sold to");
    let lines = render(&sample::record("trace_response"));
    assert_eq!(value(&lines, "Permission for use in public"), "named");
    let lines = render(&sample::record("lab_analysis"));
    assert_eq!(value(&lines, "Result 1, value"), "3.2 mm");
    assert_eq!(
        value(&lines, "Result 1, uncertainty to either side"),
        "0.1 mm"
    );
}

#[test]
fn every_text_of_every_kind_is_shown() {
    for kind in RecordKind::ALL {
        let json = sample::json_of(kind.field());
        let lines = render(&sample::record(kind.field()));
        let values: Vec<&str> = lines.iter().map(|(_, value)| value.as_str()).collect();
        let shown = values.join("\n");
        let mut texts = Vec::new();
        collect(&json[kind.field()], &mut texts);
        for text in texts {
            let spoken = text.replace('_', " ");
            assert!(
                shown.contains(&text) || shown.contains(&spoken),
                "{text} in\n{shown}"
            );
        }
    }
}

fn collect(json: &serde_json::Value, texts: &mut Vec<String>) {
    match json {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                // Units have words of their own.
                if name != "unit" {
                    collect(value, texts);
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        serde_json::Value::String(text) => texts.push(text.clone()),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

#[test]
fn what_could_deceive_the_eye_or_the_terminal_is_spelled_out() {
    let text = escape("a\u{1b}[2Jb\u{202e}c\u{200b}\nd \u{3148}");
    assert_eq!(text, "a\\u{1b}[2Jb\\u{202e}c\\u{200b}\\u{a}d \u{3148}");
    let mut record = sample::record("statement");
    record.note = "good\u{202e}dab\u{7}".to_owned();
    record.titles[0].text = "x\u{2066}y".to_owned();
    for (label, value) in render(&record) {
        let clean = |text: &str| !text.contains(['\u{202e}', '\u{7}', '\u{2066}', '\n']);
        assert!(clean(&label) && clean(&value), "{label}: {value:?}");
    }
}

#[test]
fn a_name_in_persian_is_written_and_shown_as_it_is() {
    let persian = "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}";
    let mut record = sample::record("statement");
    record.titles[0].text = persian.to_owned();
    assert_eq!(witnessmark_record::validate(&record), []);
    let lines = render(&record);
    assert!(
        lines.iter().any(|(_, value)| value.contains(persian)),
        "{lines:?}"
    );
}
