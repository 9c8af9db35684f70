//! What is signed for a kind never changes: the digests of records' bytes, as they were when the kind was introduced.

use witnessmark_record::{Record, encode, from_json, render, to_json, validate};
use witnessmark_verifier::sha256;

use crate::sample;

/// The body of a sample record, and the SHA-256 of the record's canonical bytes.
const DIGESTS: &[(&str, &str)] = &[
    (
        "strike_event",
        "7cfc54ac32b0ff5eb54394f0126f8e17c237bded5dc26f38acad1622c2a5600e",
    ),
    (
        "wreckage_finding",
        "380b6463a3ec064e3820bb01a431ed7141aa9ebb7ddfa648da520b91d40b7ea0",
    ),
    (
        "component_observation",
        "0a7f26525f7583c08f807eb479aaaf35bc129b0942d80656116b0e4c14c9f0a7",
    ),
    (
        "intercepted_shipment",
        "f65d00b47958afe4b88fef83c410203121519c46d565311ac8e095a0f4f7663f",
    ),
    (
        "custody_transfer",
        "a43d8e08825738badd1eeb0edd2333e24a3642b5683eff668b34e5b30603dcaa",
    ),
    (
        "statement",
        "2d6b477664e8c4e69d448d451a4630b1269e4b201674d12d4f5e6918dd5ae1bf",
    ),
    (
        "media_capture",
        "afe359d455b751a8e53f1c9ed27827f5d7f769f13a7d588acd82c2bbf54de58a",
    ),
    (
        "trace_request",
        "614dbcfd4bc56973ac9d35a0a802e0703a784f84f92d8d414c88afdd152d1c08",
    ),
    (
        "trace_response",
        "821efe00f6112704ea39a289c1a35d36707eff288c9efc69bfb1d304bfc3bf2e",
    ),
    (
        "lab_analysis",
        "4832cb6b8bc0b491b580d10d58baef2043a7f8f3c55870b3befd4d6e5129ba3b",
    ),
    (
        "attestation",
        "4faa2c9b1fffdbba345e21045798636f9935242af2e7e42a08f0371d9b206fee",
    ),
    (
        "correction",
        "67af6851aee60ae87cd494ae6186c0b9cdf1203e6e870ba15b9e8f9136dbc6f2",
    ),
    (
        "withdrawal",
        "6b22e4caa09493b094fd00153d35ee6ada00e2bef23a1917bdffd83a75942752",
    ),
    (
        "erasure",
        "e06bb129ec1ce9685223a2b29551cb3b3ccfbd413bc244505e81cfd5271935c8",
    ),
    (
        "disclosure",
        "62e83ff1ccdc4c4b3735cb7dc9f627b7f4f3562202375dba6b6f80224cbc1363",
    ),
];

#[test]
fn the_bytes_of_each_kind_are_what_they_were() {
    let digest = |kind: &str| sha256(&encode(&sample::record(kind))).to_string();
    let now: Vec<(&str, String)> = DIGESTS
        .iter()
        .map(|(kind, _)| (*kind, digest(kind)))
        .collect();
    let were: Vec<(&str, String)> = DIGESTS
        .iter()
        .map(|(kind, digest)| (*kind, (*digest).to_owned()))
        .collect();
    assert_eq!(
        now, were,
        "a record that was signed once would not verify any more"
    );
}

#[test]
fn a_checkpoint_that_was_seen_is_field_30_and_read_as_the_signers_word() {
    let mut json = sample::json_of("statement");
    json["seen"] = serde_json::json!({"size": 300, "root": "55".repeat(32)});
    let record = from_json(&json).unwrap();
    let without = sample::record("statement");
    // Key 30, 37 bytes: the size 300 as field 1, the root as field 2.
    let mut seen = vec![0xf2, 0x01, 37, 0x08, 0xac, 0x02, 0x12, 32];
    seen.extend([0x55; 32]);
    let bytes = encode(&record);
    let place = bytes.windows(seen.len()).position(|it| it == seen).unwrap();
    let rest = [&bytes[..place], &bytes[place + seen.len()..]].concat();
    assert_eq!(rest, encode(&without));
    assert_eq!(Record::decode(&bytes).unwrap().message(), &record);
    assert_eq!(to_json(&record)["seen"], json["seen"]);
    assert_eq!(validate(&record), []);
    let root = "55".repeat(32);
    let words = format!("signed after checkpoint of size 300, root {root}, by the signer's word");
    let line = ("Newest checkpoint seen".to_owned(), words);
    assert!(render(&record).contains(&line));
}
