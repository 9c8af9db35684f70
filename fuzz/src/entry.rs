//! Entries: what is accepted is what a second reader of the layout accepts, is encoded to the same bytes, and hashes as the
//! definitions say; another bit is another entry or none.

use sha2::{Digest as _, Sha256};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{Entry, LeafHash};

use crate::{input, memory, tree};

/// Checks all that is said above on one input.
///
/// # Panics
///
/// When it does not hold.
pub fn check(data: &[u8]) {
    let parsed = memory::bounded(data, 4_096, 4, || Entry::parse(data));
    assert_eq!(parsed.is_ok(), is_entry(data), "{parsed:?}");
    let Ok(entry) = parsed else { return };
    assert_eq!(entry.encode().as_deref(), Ok(data));
    assert_eq!(LeafHash::of(data).hash(), tree::leaf(data));
    let head = [
        "DSSEv1".to_owned(),
        entry.payload_type.len().to_string(),
        entry.payload_type.clone(),
        entry.payload.len().to_string(),
        String::new(),
    ];
    let message = [head.join(" ").as_bytes(), &entry.payload].concat();
    let id: [u8; 32] = Sha256::digest(message).into();
    assert_eq!(entry.record_id().as_bytes(), &id);
    for bit in input::some_bits(data) {
        let other = input::flipped(data, bit);
        assert_ne!(Entry::parse(&other), Ok(entry.clone()), "bit {bit}");
        assert_ne!(LeafHash::of(&other), LeafHash::of(data));
    }
}

/// The layout of an entry, read from its document with slices.
fn is_entry(data: &[u8]) -> bool {
    if !data.starts_with(b"WMK1") {
        return false;
    }
    let number = |at: usize, len: usize| {
        let bytes = data.get(at..at + len)?;
        Some(
            bytes
                .iter()
                .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)),
        )
    };
    let read = || {
        let kind = number(4, 1)?;
        let org_len = number(13, 1)?;
        let org = data.get(14..14 + org_len)?;
        let mut at = 14 + org_len;
        let chain = data.get(at..at + 36)?;
        at += 36;
        let type_len = number(at, 2)?;
        let payload_type = str::from_utf8(data.get(at + 2..at + 2 + type_len)?);
        at += 2 + type_len;
        let payload_len = number(at, 4)?;
        data.get(at + 4..at + 4 + payload_len)?;
        at += 4 + payload_len;
        let count = number(at, 1)?;
        at += 1;
        for _ in 0..count {
            let good = number(at, 1)? == 1 && number(at + 33, 2)? == 64;
            data.get(at..at + 99)?;
            at += 99;
            good.then_some(())?;
        }
        let expected = match kind {
            1 => Some("application/vnd.witnessmark.record.v1+protobuf"),
            2 => Some("application/vnd.witnessmark.key-event.v1+text"),
            3 => Some("application/vnd.witnessmark.charter.v1+text"),
            _ => None,
        };
        let is_org = |org: &[u8]| {
            let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            org.len() <= 63
                && org.first().is_some_and(inner)
                && org.iter().all(|byte| inner(byte) || b".-".contains(byte))
        };
        let owned = match kind {
            1 | 2 | 5 => is_org(org),
            3 | 4 | 6 => org.is_empty() && chain.iter().all(|byte| *byte == 0),
            _ => false,
        };
        let typed = payload_type.is_ok_and(|found| expected.is_none_or(|it| it == found));
        Some(owned && typed && count <= 8 && at == data.len())
    };
    data.len() <= 65_535 && read() == Some(true)
}
