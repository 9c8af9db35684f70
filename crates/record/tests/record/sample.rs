//! One valid record of each kind, synthetic, with the parts that the public data do not have.

use serde_json::{Value as Json, json};
use witnessmark_record::{from_json, v1};

/// A record of the kind whose body is `field`.
pub(crate) fn record(field: &str) -> v1::Record {
    from_json(&json_of(field)).unwrap()
}

/// The JSON of that record.
pub(crate) fn json_of(field: &str) -> Json {
    let mut record = envelope();
    record["schema"] = Json::from(format!("{}/1", field.replace('_', "-")));
    record[field] = body(field).or_else(|| later_body(field)).unwrap();
    if field.starts_with("trace_") {
        record["links"][0]["rel"] = json!("traces");
    }
    record
}

fn envelope() -> Json {
    json!({
        "org": "demo-field-team",
        "device_seq": 7,
        "signed_at_ms": 1_767_225_600_000_u64,
        "previous": "11".repeat(32),
        "protected": ["00".repeat(32), "01".repeat(32)],
        "origin": "ledger.example/demo",
        "thread_id": "6f9619ff-8b86-4011-b42d-00c04fc964ff",
        "clock_source": "gnss",
        "clock_uncertainty_s": 2,
        "utc_offset": "+02:00",
        "asserted_by": {"code": "DEMO", "name": "Demo Field Team", "type": "ngo", "country": "UA"},
        "basis": "own_observation",
        "confidence": {"word": "high", "percent": "90"},
        "source_grade": {"reliability": "b", "credibility": "two"},
        "titles": [{"lang": "en", "text": "A synthetic record"}, {"lang": "uk", "text": "\u{417}\u{430}\u{43f}\u{438}\u{441}"}],
        "summaries": [{"lang": "en", "text": "First line\nsecond line"}],
        "language": "en",
        "refs": [{"scheme": "case", "value": "C-1", "issuer": "Demo Court Registry"}],
        "sources": [{"publisher": "Demo Press", "url": "https://press.example/1", "date": "2024-01"}],
        "occurred": "2024-01-02",
        "documented": "2024-01-11",
        "reported": "2024-01-24~",
        "place": {
            "country": "UA", "locality": "Kharkiv", "names": [{"name": "Kharkov", "script": "Latn"}],
            "point": {"lat_e7": 499_935_000, "lon_e7": 362_304_000, "uncertainty_m": 15_000, "basis": "locality_centroid"}
        },
        "links": [{"rel": "about", "target": "22".repeat(32), "note": "same site"}],
        "attachments": [{
            "sha256": "33".repeat(32), "sha512": "44".repeat(64), "size": 12_345, "media_type": "image/jpeg",
            "role": "original", "name": "photo-1.jpg"
        }],
        "marking": {"tlp": "amber_strict", "embargo_until": "2026-06-01", "content_flags": ["graphic_violence"]},
        "note": "Synthetic."
    })
}

fn body(field: &str) -> Option<Json> {
    Some(match field {
        "strike_event" => json!({
            "event_class": "missile", "weapon_class": "short_range_ballistic_missile",
            "weapon_claims": [{"designation": "KN-23", "family": "Hwasong-11", "basis": "lab_analysis"}],
            "munition_count": {"min": "20", "strict": true}, "local_time": {"time": "07:30", "approximate": true},
            "casualties": {"killed": {"min": "2", "max": "3"}}
        }),
        "wreckage_finding" => json!({
            "item_class": "ballistic_missile", "state": "fragment", "condition": "burnt",
            "identifications": [{"designation": "KN-23", "basis": "own_observation"}],
            "measurements": [{"quantity": "diameter", "value": {"exact": "1100.5", "unit": "mm"}}],
            "markings": [{
                "as_marked": "112", "content": "numeric", "photo": "33".repeat(32),
                "readings": [{"value": "Juche year 112", "as_edtf": "2023"}, {"value": "February 11 plant"}]
            }]
        }),
        "component_observation" => json!({
            "component_class": "integrated_circuit", "brand_marked": "Example Semi", "authenticity": "not_assessed",
            "date_codes": [{"as_marked": "2245", "scheme": "yyww", "derived": "2022-11-07/2022-11-13"}],
            "identifiers": [{"scheme": "part_number", "as_seen": "EX-1"}],
            "hs_code": {"scheme": "hs", "as_seen": "8542.31", "normalised": "854231", "edition": "2022"},
            "aggregate": {"with_date_code": {"share": {"exact": "7550", "unit": "bp"}, "denominator": "all"}}
        }),
        "intercepted_shipment" => json!({
            "status": "seized",
            "conveyances": [{
                "kind": "vessel", "name": "Demo",
                "identifiers": [{"scheme": "imo_ship", "as_seen": "9179842", "normalised": "9179842"}]
            }],
            "cargo": [{"declared": "sugar", "actual": "parts", "value": {"exact": "1500000", "unit": "USD"}}],
            "containers": [{"scheme": "container", "as_seen": "ECMU 465749-6", "normalised": "ECMU4657496"}],
            "parties": [{"name_as_written": "Demo Trading", "type": "organisation", "role": "shipper"}]
        }),
        "custody_transfer" => json!({
            "item": "exhibit 4", "event": "received", "reason": "examination",
            "from": {"name_as_written": "Demo Field Team", "type": "organisation", "role": "giver"},
            "to": {"name_as_written": "Demo Laboratory", "type": "store", "role": "taker"},
            "changes_made": "cut", "changes_reason": "sampling", "sha256_after": "55".repeat(32)
        }),
        "statement" => json!({
            "texts": [{"lang": "en", "text": "No sales were made."}], "fidelity": "paraphrase",
            "statement_type": "right_of_reply",
            "speaker": {"name_as_written": "A. Minister", "type": "person", "public_official": true}
        }),
        _ => return None,
    })
}

/// The kinds that came after the first six.
fn later_body(field: &str) -> Option<Json> {
    let laboratory = json!({"name_as_written": "Demo Laboratory", "type": "organisation"});
    Some(match field {
        "media_capture" => json!({
            "captured_url": "https://social.example/post/1", "retrieved_at": "2024-01-11T07:35:10Z",
            "files": ["33".repeat(32)], "method": "wacz", "tool": "Demo Archiver", "tool_version": "1.2",
            "original_post": {
                "author": {"name_as_written": "Demo Channel", "type": "organisation"}, "posted_at": "2024-01-02",
                "platform": "Demo Social", "platform_id": "1"
            },
            "deleted_since": "2024-02", "embedded_metadata": "66".repeat(32), "c2pa_status": "valid_untrusted"
        }),
        "trace_request" => json!({
            "addressee": {"name_as_written": "Example Semi", "type": "organisation"}, "sent": "2024-02-10",
            "due": "2024-03-09", "questions": [{"topic": "sold_to"}, {"topic": "other", "text": "Who tested it?"}],
            "identifiers": [{"scheme": "lot", "as_seen": "L-7"}]
        }),
        "trace_response" => json!({
            "outcome": "confirmed", "respondent": {"name_as_written": "Example Semi", "type": "organisation"},
            "answered": "2024-03-01", "permission": "named", "made": "2021-11", "sold": "2022",
            "texts": [{"lang": "en", "text": "The lot was sold in one piece."}], "quantity": {"exact": "2000"}
        }),
        "lab_analysis" => json!({
            "method": "X-ray fluorescence", "instruments": ["Spectrometer X"], "standard": "ISO 1234:2020",
            "laboratory": laboratory, "accreditation": "ISO/IEC 17025", "sample": "a chip of the casing",
            "sample_custody": "77".repeat(32), "limits_stated": ["the age cannot be told"],
            "results": [
                {
                    "quantity": "wall thickness", "value": {"exact": "3.2", "unit": "mm"},
                    "uncertainty": {"exact": "0.1", "unit": "mm"}, "coverage": "k = 2"
                },
                {"quantity": "alloy", "finding": "aluminium with copper"}
            ]
        }),
        "attestation" => json!({
            "target": "77".repeat(32), "stance": "confirms", "scope": "fields", "inspected_original": "yes",
            "paths": ["wreckage_finding.markings[0].readings", "place"], "basis": "We held the part in our hands."
        }),
        "correction" => json!({
            "target": "77".repeat(32), "reason": "typo",
            "changes": [
                {"path": "place.locality", "was": "\"Kharkov\"", "now": "\"Kharkiv\""},
                {"path": "strike_event.munition_count", "was": "{\"exact\":\"2\"}", "now": "{\"min\":\"2\",\"strict\":true}"},
                {"path": "links[1]", "now": format!("{{\"rel\":\"about\",\"target\":\"{}\"}}", "88".repeat(32))},
                {"path": "note", "was": "\"provisional\""}
            ]
        }),
        "withdrawal" => json!({
            "target": "77".repeat(32), "reason": "duplicate", "in_favour_of": "88".repeat(32)
        }),
        "erasure" => json!({
            "targets": [
                {"kind": "protected_field", "digest": "77".repeat(32), "record": "88".repeat(32)},
                {"kind": "attachment", "digest": "99".repeat(32)}
            ],
            "authority": "wish of the person concerned", "date": "2025-06-01", "remains": "the digests"
        }),
        "disclosure" => json!({
            "to": {"name_as_written": "Demo Court", "type": "state_body"}, "when": "2025-06-01",
            "fields": [{"record": "77".repeat(32), "digests": ["88".repeat(32), "99".repeat(32)]}],
            "authority": "order of the court", "terms": "not in open session"
        }),
        _ => return None,
    })
}
