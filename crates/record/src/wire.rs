//! The bytes of a message, field by field; and whether a payload holds nothing that the schema does not have, seen from them alone.
//!
//! Reflection answers this too, with names for what it finds, and takes a tenth of an audit. Nearly all records are good, so it is
//! asked here first, and of reflection only when the answer is no.

use crate::table::{self, Holds, Message};

/// How deep messages may be nested, as prost has it.
const DEPTH_MAX: u8 = 100;

/// One field, or one item of it, as it stands in the bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    /// Of 4 or 8 bytes.
    Fixed,
    /// A text, bytes, a message, or several numbers.
    Bytes(&'a [u8]),
}

/// The fields of a message in the order of its bytes: number and value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next field; nothing when there is none, or what is left cannot be read.
    pub(crate) fn read(&mut self) -> Option<(usize, Value<'a>)> {
        let bytes = &mut self.0;
        let key = varint(bytes)?;
        let number = usize::try_from(key >> 3).ok()?;
        let value = match key & 7 {
            0 => Value::Varint(varint(bytes)?),
            1 => take(bytes, 8).map(|_| Value::Fixed)?,
            5 => take(bytes, 4).map(|_| Value::Fixed)?,
            2 => {
                let length = varint(bytes)?;
                Value::Bytes(take(bytes, length)?)
            }
            _ => return None,
        };
        Some((number, value))
    }
}

/// Several numbers, one behind the other.
#[derive(Debug)]
pub(crate) struct Varints<'a>(pub(crate) &'a [u8]);

impl Iterator for Varints<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        varint(&mut self.0)
    }
}

/// Whether every field of a payload, and every value of an enumeration in it, is one of the schema. For a payload that does not
/// decode, and for a few that nobody writes, the answer is no.
pub(crate) fn is_all_known(payload: &[u8]) -> bool {
    table::message(0).is_some_and(|record| known(payload, record, 0).is_some())
}

/// Nothing when something is not known.
fn known(bytes: &[u8], message: &Message, depth: u8) -> Option<()> {
    if depth >= DEPTH_MAX {
        return None;
    }
    let mut fields = Fields(bytes);
    while !fields.0.is_empty() {
        let (number, value) = fields.read()?;
        match (value, &message.field(number)?.holds) {
            (Value::Varint(number), Holds::Enumeration(numbers)) => {
                is_number(number, numbers)?;
            }
            (Value::Bytes(inner), Holds::Message(place)) => {
                known(inner, table::message(*place)?, depth.checked_add(1)?)?;
            }
            (Value::Bytes(inner), Holds::Enumeration(numbers)) => {
                let mut several = Varints(inner);
                while !several.0.is_empty() {
                    is_number(several.next()?, numbers)?;
                }
            }
            (Value::Varint(_) | Value::Fixed, Holds::Other)
            | (Value::Bytes(_), Holds::Text | Holds::Bytes | Holds::Other) => {}
            (Value::Varint(_) | Value::Fixed, _) => return None,
        }
    }
    Some(())
}

fn is_number(number: u64, numbers: &[i32]) -> Option<()> {
    let number = i32::try_from(number).ok()?;
    numbers.contains(&number).then_some(())
}

fn take<'a>(bytes: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(taken)
}

/// A number of up to 64 bits.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        // Of the tenth byte there is room for one bit.
        if shift == 63 && *byte > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use crate::{Record, RecordError, encode, v1};

    use super::*;

    fn payload() -> Vec<u8> {
        encode(&v1::Record {
            org: "field-team".to_owned(),
            device_seq: 7,
            previous: vec![3; 32],
            origin: "ledger.example/one".to_owned(),
            schema: "wreckage-finding/1".to_owned(),
            clock_source: v1::ClockSource::Gnss.into(),
            basis: v1::Basis::try_from(1).unwrap().into(),
            titles: vec![v1::LangString {
                lang: "en".to_owned(),
                text: "A title".to_owned(),
            }],
            links: vec![v1::Link {
                rel: v1::LinkRel::About.into(),
                target: vec![4; 32],
                ..v1::Link::default()
            }],
            body: Some(v1::record::Body::WreckageFinding(
                v1::WreckageFinding::default(),
            )),
            ..v1::Record::default()
        })
    }

    #[test]
    fn a_record_of_the_schema_is_known() {
        let payload = payload();
        assert!(is_all_known(&payload));
        assert!(Record::decode(&payload).is_ok());
        assert!(is_all_known(&[]));
    }

    #[test]
    fn what_the_schema_does_not_have_is_not_known() {
        let payload = payload();
        for more in [
            // A field that there is not, and one inside the first title.
            &[0xf8, 0x7f, 1][..],
            &[0x82, 0x01, 3, 0xf8, 0x7f, 1],
            // A clock source that there is not, and one that is no number of 32 bits.
            &[0x48, 99],
            &[0x48, 0x80, 0x80, 0x80, 0x80, 0x10],
        ] {
            let altered = [payload.as_slice(), more].concat();
            assert!(!is_all_known(&altered), "{more:?}");
        }
        let cut = &payload[..payload.len() - 1];
        assert!(!is_all_known(cut));
    }

    /// Reflection must find nothing in what passes here, whatever the bytes.
    #[test]
    fn what_is_known_here_is_known_to_reflection() {
        let payload = payload();
        let mut passed = 0;
        for place in 0..payload.len() {
            for value in 0..=u8::MAX {
                let mut altered = payload.clone();
                altered[place] = value;
                if !is_all_known(&altered) || v1::Record::decode(altered.as_slice()).is_err() {
                    continue;
                }
                passed += 1;
                let found = crate::record::unknown(&altered);
                assert!(
                    !matches!(
                        found,
                        Err(RecordError::UnknownField(_) | RecordError::UnknownEnumValue(_))
                    ),
                    "{place} {value}: {found:?}"
                );
            }
        }
        assert!(passed > 1_000, "{passed}");
    }
}
