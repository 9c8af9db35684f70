//! Disclosures: what is accepted is encoded to the same bytes; another bit is another disclosure or none.

use witnessmark_record::{DisclosedValue, Disclosure, field_digest};
use witnessmark_verifier::sha256;

use crate::{input, memory};

/// Checks all that is said above on one input.
///
/// # Panics
///
/// When it does not hold.
pub fn check(data: &[u8]) {
    let parsed = memory::bounded(data, 4_096, 4, || Disclosure::parse(data));
    assert_eq!(parsed.is_ok(), is_disclosure(data), "{parsed:?}");
    let Ok(disclosure) = parsed else { return };
    assert_eq!(disclosure.encode().as_deref(), Ok(data));
    assert_eq!(field_digest(&disclosure), Ok(sha256(data)));
    assert!(data.windows(32).any(|window| window == disclosure.salt));
    let shown = match &disclosure.value {
        DisclosedValue::Bytes(bytes) => bytes.clone(),
        DisclosedValue::Text(text) | DisclosedValue::Json(text) => text.clone().into_bytes(),
        DisclosedValue::Integer(number) | DisclosedValue::Time(number) => {
            number.to_be_bytes().to_vec()
        }
        DisclosedValue::Bool(truth) => vec![u8::from(*truth)],
    };
    assert!(data.ends_with(&shown));
    for bit in input::some_bits(data) {
        let other = input::flipped(data, bit);
        assert_ne!(
            Disclosure::parse(&other),
            Ok(disclosure.clone()),
            "bit {bit}"
        );
    }
}

/// The layout of a disclosure, read from its document with slices.
fn is_disclosure(data: &[u8]) -> bool {
    let read = || {
        let rest = data.strip_prefix(b"witnessmark/field/v1\n")?.get(32..)?;
        let (len, rest) = rest.split_at_checked(2)?;
        let len = usize::from(len[0]) * 256 + usize::from(len[1]);
        let (name, rest) = rest.split_at_checked(len)?;
        let (head, value) = rest.split_at_checked(5)?;
        let len = head[1..]
            .iter()
            .fold(0, |sum, byte| sum * 256 + usize::from(*byte));
        let is_text = |bytes: &[u8]| str::from_utf8(bytes).is_ok();
        let good = match head[0] {
            0 => true,
            1 | 5 => is_text(value),
            2 | 3 => value.len() == 8,
            4 => value == [0] || value == [1],
            _ => false,
        };
        Some(is_text(name) && value.len() == len && good)
    };
    read() == Some(true)
}
