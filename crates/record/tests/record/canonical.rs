//! The canonical form: one spelling for one record, and nothing in it that is not known.

use witnessmark_record::{
    RECORD_BYTES_MAX, Record, RecordError, RecordKind, encode, from_json, v1,
};

use crate::sample;

fn wreckage() -> Vec<u8> {
    encode(&sample::record("wreckage_finding"))
}

/// A field of bytes, its number and its length below 16 and 128.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).unwrap();
    assert!(number < 16 && length < 128);
    [&[number << 3 | 2, length], bytes].concat()
}

/// A field of bytes whose number takes two bytes.
fn high_field(number: u16, bytes: &[u8]) -> Vec<u8> {
    let key = number << 3 | 2;
    let low = u8::try_from(key & 0x7f).unwrap() | 0x80;
    let high = u8::try_from(key >> 7).unwrap();
    let length = u8::try_from(bytes.len()).unwrap();
    [&[low, high, length], bytes].concat()
}

/// The links of a sample: its own, and those that its body amounts to.
fn links_of(kind: RecordKind) -> Vec<String> {
    let link = |rel: &str, digit: &str| format!("{rel} {}", digit.repeat(64));
    let own = match kind.field() {
        "trace_request" | "trace_response" => "traces",
        _ => "about",
    };
    let of_body = match kind.field() {
        "lab_analysis" | "disclosure" => vec![link("about", "7")],
        "attestation" => vec![link("corroborates", "7")],
        "correction" => vec![link("corrects", "7")],
        "withdrawal" => vec![link("withdraws", "7"), link("about", "8")],
        "erasure" => vec![link("about", "8")],
        _ => vec![],
    };
    [vec![link(own, "2")], of_body].concat()
}

#[test]
fn every_kind_decodes_to_what_was_encoded() {
    for kind in RecordKind::ALL {
        let message = sample::record(kind.field());
        let record = Record::decode(&encode(&message)).unwrap();
        assert_eq!(record.message(), &message);
        assert_eq!(record.kind(), kind);
        assert_eq!(record.org(), "demo-field-team");
        assert_eq!(record.origin(), "ledger.example/demo");
        let links: Vec<String> = record
            .links()
            .map(|(rel, target)| format!("{rel} {target}"))
            .collect();
        assert_eq!(links, links_of(kind), "{kind}");
        assert_eq!(record.attachments().len(), 1);
        assert_eq!(record.protected().len(), 2);
        assert_eq!(record.into_message(), message);
    }
}

#[test]
fn the_golden_payload_has_the_first_five_fields_and_no_kind() {
    let vectors = include_str!("../../../verifier/vectors/witnessmark-v1.json");
    let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
    let payload = vectors["record"]["payload"].as_str().unwrap();
    let payload = witnessmark_verifier::hex::decode(payload).unwrap();
    let message: v1::Record = prost::Message::decode(payload.as_slice()).unwrap();
    assert_eq!(message.org, "demo-field-team");
    assert_eq!(message.device_seq, 7);
    assert_eq!(message.signed_at_ms, 1_767_225_600_000);
    assert_eq!(message.previous.len(), 32);
    assert_eq!(message.protected.len(), 3);
    assert_eq!(encode(&message), payload);
    let schema = String::new();
    assert_eq!(
        Record::decode(&payload),
        Err(RecordError::UnknownKind { schema })
    );
}

#[test]
fn a_field_that_the_schema_does_not_have_is_refused_by_its_path() {
    let unknown = |bytes: &[u8]| match Record::decode(bytes) {
        Err(RecordError::UnknownField(paths)) => paths.join(";"),
        other => panic!("{other:?}"),
    };
    let outside = [wreckage(), high_field(31, b"x")].concat();
    assert_eq!(unknown(&outside), "Record (field 31)");
    // A place with a field 15, appended as a second occurrence of the field, which protobuf merges.
    let inside = [wreckage(), high_field(24, &field(15, b"x"))].concat();
    assert_eq!(unknown(&inside), "place.Place (field 15)");
    let in_list = [wreckage(), high_field(25, &field(15, b"x"))].concat();
    assert_eq!(unknown(&in_list), "links[1].Link (field 15)");
}

#[test]
fn a_body_of_an_unknown_kind_is_answered_with_the_known_ones() {
    let mut message = sample::record("statement");
    message.body = None;
    message.schema = "weather-report/1".to_owned();
    let payload = [encode(&message), high_field(55, b"")].concat();
    let error = Record::decode(&payload).unwrap_err();
    let schema = "weather-report/1".to_owned();
    assert_eq!(error, RecordError::UnknownKind { schema });
    let text = error.to_string();
    for kind in RecordKind::ALL {
        assert!(text.contains(kind.schema()), "{text}");
    }

    let mut message = sample::record("statement");
    message.schema = "statement/2".to_owned();
    let error = Record::decode(&encode(&message)).unwrap_err();
    let schema = "statement/2".to_owned();
    assert_eq!(error, RecordError::UnknownKind { schema });

    let mut message = sample::record("statement");
    message.schema = "strike-event/1".to_owned();
    let error = Record::decode(&encode(&message)).unwrap_err();
    assert!(matches!(error, RecordError::KindMismatch { .. }), "{error}");
}

#[test]
fn a_number_that_an_enumeration_does_not_have_is_refused_by_its_path() {
    let mut message = sample::record("wreckage_finding");
    message.basis = 99;
    message.links[0].by = -1;
    let error = Record::decode(&encode(&message)).unwrap_err();
    let paths = vec!["basis = 99".to_owned(), "links[0].by = -1".to_owned()];
    assert_eq!(error, RecordError::UnknownEnumValue(paths));
}

#[test]
fn another_spelling_of_the_same_record_is_refused() {
    let payload = wreckage();
    let not_canonical = |bytes: &[u8], what: &str| {
        let error = Record::decode(bytes).unwrap_err();
        assert!(
            matches!(error, RecordError::NotCanonical(_)),
            "{what}: {error}"
        );
    };
    // The first field is org: its key, a length below 128, and its text.
    let org_end = 2 + usize::from(payload[1]);
    let (org, rest) = payload.split_at(org_end);
    not_canonical(&[rest, org].concat(), "fields out of order");
    not_canonical(&[org, org, rest].concat(), "a doubled field");
    not_canonical(
        &[org, &[0x10, 0x00], &rest[2..]].concat(),
        "a default value",
    );
    let long = [org, &[0x10, 0x87, 0x00], &rest[2..]].concat();
    not_canonical(&long, "a varint that is too long");
    not_canonical(
        &[&payload[..], &high_field(29, b"")].concat(),
        "an empty text",
    );
    // Merging gives the same place as one field would.
    not_canonical(
        &[&payload[..], &high_field(24, b"")].concat(),
        "a split message",
    );
}

#[test]
fn what_is_no_record_is_refused() {
    let malformed = |bytes: &[u8]| {
        let error = Record::decode(bytes).unwrap_err();
        assert!(matches!(error, RecordError::Malformed(_)), "{error}");
    };
    malformed(b"not protobuf");
    malformed(&[0x0a, 0xff]);
    malformed(&[0x00]);
    let payload = wreckage();
    for end in 1..payload.len() {
        assert!(Record::decode(&payload[..end]).is_err(), "cut at {end}");
    }

    let text = [field(1, &[0xff, 0xfe]), payload].concat();
    let error = Record::decode(&text).unwrap_err();
    assert!(
        matches!(&error, RecordError::Encoding(why) if why.contains("org")),
        "{error}"
    );

    let large = vec![0; RECORD_BYTES_MAX + 1];
    let error = Record::decode(&large).unwrap_err();
    assert_eq!(error, RecordError::TooLarge(RECORD_BYTES_MAX + 1));
}

#[test]
fn a_link_without_relation_or_target_is_refused() {
    let mut message = sample::record("statement");
    message.links[0].target.pop();
    let error = Record::decode(&encode(&message)).unwrap_err();
    assert_eq!(error, RecordError::Link(0));
    let mut message = sample::record("statement");
    message.links[0].rel = 0;
    let error = Record::decode(&encode(&message)).unwrap_err();
    assert_eq!(error, RecordError::Link(0));
}

#[test]
fn a_body_about_another_record_that_names_none_is_refused() {
    for (field, pointer, path) in [
        ("attestation", "/attestation/target", "attestation.target"),
        ("correction", "/correction/target", "correction.target"),
        ("withdrawal", "/withdrawal/target", "withdrawal.target"),
        (
            "withdrawal",
            "/withdrawal/in_favour_of",
            "withdrawal.in_favour_of",
        ),
        (
            "lab_analysis",
            "/lab_analysis/sample_custody",
            "lab_analysis.sample_custody",
        ),
        (
            "erasure",
            "/erasure/targets/0/record",
            "erasure.targets[0].record",
        ),
        (
            "disclosure",
            "/disclosure/fields/0/record",
            "disclosure.fields[0].record",
        ),
    ] {
        let mut json = sample::json_of(field);
        *json.pointer_mut(pointer).unwrap() = "77".into();
        let message = from_json(&json).unwrap();
        let error = Record::decode(&encode(&message)).unwrap_err();
        assert_eq!(error, RecordError::Target(path.to_owned()));
    }
    let mut json = sample::json_of("correction");
    json["correction"].as_object_mut().unwrap().remove("target");
    let error = Record::decode(&encode(&from_json(&json).unwrap())).unwrap_err();
    assert_eq!(error, RecordError::Target("correction.target".to_owned()));
}

#[test]
fn what_a_body_says_again_in_a_link_is_one_link() {
    let mut json = sample::json_of("correction");
    json["links"][0]["rel"] = "corrects".into();
    json["links"][0]["target"] = "77".repeat(32).into();
    let record = Record::decode(&encode(&from_json(&json).unwrap())).unwrap();
    assert_eq!(record.links().count(), 1);
}

#[test]
fn no_changed_byte_gives_the_same_record() {
    let payload = wreckage();
    let original = Record::decode(&payload).unwrap();
    for at in 0..payload.len() {
        for bit in [0x01, 0x80] {
            let mut changed = payload.clone();
            changed[at] ^= bit;
            if let Ok(record) = Record::decode(&changed) {
                assert_ne!(record, original, "byte {at}");
                assert_eq!(encode(record.message()), changed, "byte {at}");
            }
        }
    }
}
