//! Records: what is accepted is encoded to the same bytes, is canonical to a reader of the wire format alone, survives the form in
//! JSON, and is shown without a panic; another bit is another record or none.

use witnessmark_record::{Record, encode, from_json, render, to_json, validate};

use crate::{input, memory};

/// Checks all that is said above on one input.
///
/// # Panics
///
/// When it does not hold.
pub fn check(data: &[u8]) {
    // The schema is made at the first call and kept.
    drop(Record::decode(&[]));
    let decoded = memory::bounded(data, 1 << 17, 2_048, || Record::decode(data));
    let Ok(record) = decoded else { return };
    let message = record.message();
    assert_eq!(encode(message), data);
    assert_eq!(
        ascending(data),
        Some(()),
        "a field out of order or a long varint"
    );
    let problems = validate(message);
    let _shown = render(message);
    let json = to_json(message);
    let again = from_json(&json);
    match again {
        Ok(again) => assert_eq!(encode(&again), data, "{json}"),
        // What validation refuses may have no form in JSON.
        Err(error) => assert!(!problems.is_empty(), "{error:?}: {json}"),
    }
    // Other spellings of the same content: a field behind the last with its default value, and a key that is longer than it must be.
    let behind = [data, &[0x18, 0]].concat();
    assert!(Record::decode(&behind).is_err(), "a default value");
    let long = [&[data[0] | 0x80, 0], &data[1..]].concat();
    assert!(Record::decode(&long).is_err(), "a long key");
    for bit in input::some_bits(data) {
        if let Ok(other) = Record::decode(&input::flipped(data, bit)) {
            assert_ne!(encode(other.message()), data, "bit {bit}");
        }
    }
}

/// The outermost message field by field: tags ascend, varints are as short as they can be, nothing is cut.
fn ascending(mut data: &[u8]) -> Option<()> {
    let mut before = 0;
    while !data.is_empty() {
        let key = varint(&mut data)?;
        let (tag, wire) = (key >> 3, key & 7);
        if tag < before || tag == 0 {
            return None;
        }
        before = tag;
        match wire {
            0 => drop(varint(&mut data)?),
            1 => data = data.get(8..)?,
            2 => {
                let len = usize::try_from(varint(&mut data)?).ok()?;
                data = data.get(len..)?;
            }
            5 => data = data.get(4..)?,
            _ => return None,
        }
    }
    Some(())
}

fn varint(data: &mut &[u8]) -> Option<u64> {
    let len = data.iter().position(|byte| *byte < 0x80)? + 1;
    let (bytes, rest) = data.split_at(len);
    *data = rest;
    let is_short = len == 1 || bytes[len - 1] != 0;
    let value = bytes
        .iter()
        .rev()
        .fold(0_u64, |sum, byte| sum << 7 | u64::from(byte & 0x7f));
    (is_short && len <= 10).then_some(value)
}
