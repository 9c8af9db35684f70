//! Protected fields: their bytes have one spelling, and every other is refused by name.

use serde_json::Value;
use witnessmark_record::{
    DisclosedValue, Disclosure, DisclosureError, TooLong, field_digest, field_salt,
};
use witnessmark_verifier::{Hash, hex};

fn vectors() -> Value {
    let text = include_str!("../../../verifier/vectors/witnessmark-v1.json");
    serde_json::from_str(text).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn hash(value: &Value) -> Hash {
    Hash::parse_hex(value.as_str().unwrap()).unwrap()
}

#[test]
fn every_type_of_disclosed_value_is_read_and_written() {
    let values = [
        DisclosedValue::Bytes(vec![0xff, 0]),
        DisclosedValue::Text("Ana M\u{e9}ndez".into()),
        DisclosedValue::Integer(-5),
        DisclosedValue::Time(i64::MAX),
        DisclosedValue::Bool(true),
        DisclosedValue::Json("{\"a\":1}".into()),
    ];
    for (code, value) in values.into_iter().enumerate() {
        let disclosure = Disclosure {
            salt: [1; 32],
            name: "n".into(),
            value,
        };
        let bytes = disclosure.encode().unwrap();
        assert_eq!(usize::from(bytes[21 + 32 + 2 + 1]), code);
        assert_eq!(Disclosure::parse(&bytes), Ok(disclosure));
    }
}

#[test]
fn a_disclosure_with_a_wrong_byte_is_refused_by_name() {
    let value = DisclosedValue::Bool(true);
    let good = Disclosure {
        salt: [1; 32],
        name: "n".into(),
        value,
    }
    .encode()
    .unwrap();
    let type_at = 21 + 32 + 2 + 1;
    let table = [
        (0, b'W', DisclosureError::Prefix),
        (21 + 32, 1, DisclosureError::Truncated),
        (21 + 32 + 2, 0xff, DisclosureError::Name),
        (type_at, 2, DisclosureError::Value),
        (type_at, 6, DisclosureError::Type),
        (type_at + 4, 2, DisclosureError::Truncated),
        (type_at + 4, 0, DisclosureError::Value),
        (type_at + 5, 2, DisclosureError::Value),
    ];
    for (place, byte, error) in table {
        let mut changed = good.clone();
        changed[place] = byte;
        assert_eq!(
            Disclosure::parse(&changed),
            Err(error),
            "byte {place} = {byte}"
        );
    }
    let mut text = good;
    text[type_at] = 1;
    text[type_at + 5] = 0xff;
    assert_eq!(Disclosure::parse(&text), Err(DisclosureError::Value));
}

#[test]
fn a_name_too_long_for_its_length_field_has_no_salt() {
    assert!(field_salt(&[0; 32], &"n".repeat(65_535)).is_ok());
    let error = TooLong;
    assert_eq!(field_salt(&[0; 32], &"n".repeat(65_536)), Err(error));
}

#[test]
fn every_disclosure_is_made_of_its_salt_and_leads_to_its_digest() {
    let vectors = vectors();
    let secret = bytes(&vectors["disclosures"]["record_secret"])
        .try_into()
        .unwrap();
    let mut digests = Vec::new();
    for field in vectors["disclosures"]["fields"].as_array().unwrap() {
        let name = field["name"].as_str().unwrap();
        let salt = field_salt(&secret, name).unwrap();
        assert_eq!(salt.as_slice(), bytes(&field["salt"]));

        assert_eq!(field["type"], 1);
        let value = DisclosedValue::Text(field["value"].as_str().unwrap().into());
        let disclosure = Disclosure {
            salt,
            name: name.into(),
            value,
        };
        let raw = bytes(&field["disclosure"]);
        assert_eq!(disclosure.encode().unwrap(), raw);
        assert_eq!(Disclosure::parse(&raw).unwrap(), disclosure);
        assert_eq!(field_digest(&disclosure).unwrap(), hash(&field["digest"]));
        digests.push(field_digest(&disclosure).unwrap());
    }
    digests.sort_unstable();
    let sorted = vectors["disclosures"]["sorted_digests"].as_array().unwrap();
    assert_eq!(digests, sorted.iter().map(hash).collect::<Vec<_>>());
    let payload = bytes(&vectors["record"]["payload"]);
    for digest in digests {
        assert!(
            payload
                .windows(32)
                .any(|window| window == digest.as_bytes())
        );
    }
}

#[test]
fn no_byte_of_a_disclosure_can_change_unseen() {
    let vectors = vectors();
    for field in vectors["disclosures"]["fields"].as_array().unwrap() {
        let raw = bytes(&field["disclosure"]);
        let digest = hash(&field["digest"]);
        for place in 0..raw.len() {
            for bit in 0..8 {
                let mut changed = raw.clone();
                changed[place] ^= 1 << bit;
                if let Ok(disclosure) = Disclosure::parse(&changed) {
                    assert_eq!(disclosure.encode().unwrap(), changed);
                    assert_ne!(field_digest(&disclosure).unwrap(), digest);
                }
            }
            Disclosure::parse(&raw[..place]).unwrap_err();
        }
        Disclosure::parse(&[raw.as_slice(), &[0]].concat()).unwrap_err();
    }
}
