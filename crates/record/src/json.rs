//! The JSON form in which people and programs write records.
//!
//! Members are the field names of the schema; enumerations are short words such as `short_range_ballistic_missile`; ids and
//! digests are lower-case hexadecimal, a thread id with hyphens as UUIDs are written; quantities are texts.
//! There is one form: what [`to_json`] writes, [`from_json`] reads back into the same record.

mod field;
mod near;
mod read;
mod write;

pub use field::field_text;
pub(crate) use field::{read_field, text_at};
pub(crate) use near::nearest;
pub use read::{from_draft, from_json};
pub use write::to_json;

use witnessmark_verifier::hex;

use crate::Format;

/// Bytes as text.
pub(crate) fn bytes_to_text(format: Format, bytes: &[u8]) -> String {
    let digits = hex::encode(bytes);
    if format != Format::Uuid || bytes.len() != 16 {
        return digits;
    }
    let mut text = String::with_capacity(36);
    for (at, digit) in digits.char_indices() {
        if matches!(at, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

/// The bytes that `text` spells, in the one spelling that [`bytes_to_text`] gives.
fn text_to_bytes(format: Format, text: &str) -> Option<Vec<u8>> {
    let bytes = if format == Format::Uuid {
        hex::decode(&text.replace('-', "")).ok()?
    } else {
        hex::decode(text).ok()?
    };
    (bytes_to_text(format, &bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_hyphens_in_its_places_and_nothing_else_has() {
        let text = "6f9619ff-8b86-d011-b42d-00c04fc964ff";
        let bytes = text_to_bytes(Format::Uuid, text).unwrap();
        assert_eq!(bytes_to_text(Format::Uuid, &bytes), text);
        for wrong in [
            "6f9619ff8b86d011b42d00c04fc964ff",
            "6f9619ff-8b86-d011-b42d00c04-fc964ff",
            "6F9619FF-8B86-D011-B42D-00C04FC964FF",
        ] {
            assert_eq!(text_to_bytes(Format::Uuid, wrong), None, "{wrong}");
        }
        assert_eq!(text_to_bytes(Format::Sha256, "00-11"), None);
        assert_eq!(text_to_bytes(Format::Sha256, "0011"), Some(vec![0, 0x11]));
    }
}
