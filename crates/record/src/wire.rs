//! Whether a payload holds nothing that the schema does not have, seen from its bytes alone.
//!
//! Reflection answers this too, with names for what it finds, and takes a tenth of an audit. Nearly all records are good, so it is
//! asked here first, and of reflection only when the answer is no.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::MessageDescriptor;

use crate::descriptor;

/// How deep messages may be nested, as prost has it.
const DEPTH_MAX: u8 = 100;

/// The fields of the schema have smaller numbers; of another, the answer is no.
const NUMBERS_MAX: usize = 1_024;

/// What can be in a field, as far as it matters here.
#[derive(Debug)]
enum Holds {
    /// A message: its place in the list of all.
    Message(usize),
    /// One of these numbers.
    Enumeration(Vec<u64>),
    /// A value that the schema does not restrict.
    Other,
}

/// The fields of each message, each in the place of its number. The first is the record.
static MESSAGES: LazyLock<Vec<Vec<Option<Holds>>>> = LazyLock::new(messages);

fn messages() -> Vec<Vec<Option<Holds>>> {
    let mut places = HashMap::from([(descriptor::record().full_name().to_owned(), 0)]);
    let mut found: Vec<MessageDescriptor> = vec![descriptor::record()];
    let mut messages = Vec::new();
    while let Some(message) = found.get(messages.len()).cloned() {
        let mut fields = Vec::new();
        for field in message.fields() {
            let kind = field.kind();
            let holds = if let Some(inner) = kind.as_message() {
                let next = found.len();
                let place = *places.entry(inner.full_name().to_owned()).or_insert(next);
                if place == next {
                    found.push(inner.clone());
                }
                Holds::Message(place)
            } else if let Some(inner) = kind.as_enum() {
                let numbers = inner.values().map(|value| value.number());
                Holds::Enumeration(numbers.filter_map(|it| u64::try_from(it).ok()).collect())
            } else {
                Holds::Other
            };
            let number = usize::try_from(field.number()).unwrap_or(usize::MAX);
            if number < NUMBERS_MAX {
                fields.resize_with(fields.len().max(number.saturating_add(1)), || None);
                if let Some(place) = fields.get_mut(number) {
                    *place = Some(holds);
                }
            }
        }
        messages.push(fields);
    }
    messages
}

/// Whether every field of a payload, and every value of an enumeration in it, is one of the schema. For a payload that does not
/// decode, and for a few that nobody writes, the answer is no.
pub(crate) fn is_all_known(payload: &[u8]) -> bool {
    message(payload, 0, 0).is_some()
}

/// Nothing when something is not known.
fn message(mut bytes: &[u8], place: usize, depth: u8) -> Option<()> {
    let fields = MESSAGES.get(place).filter(|_| depth < DEPTH_MAX)?;
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let number = usize::try_from(key >> 3).ok()?;
        let holds = fields.get(number)?.as_ref()?;
        match (key & 7, holds) {
            (0, Holds::Enumeration(numbers)) => known(varint(&mut bytes)?, numbers)?,
            (0, Holds::Other) => drop(varint(&mut bytes)?),
            (1, Holds::Other) => drop(take(&mut bytes, 8)?),
            (5, Holds::Other) => drop(take(&mut bytes, 4)?),
            (2, holds) => {
                let length = varint(&mut bytes)?;
                let mut inner = take(&mut bytes, length)?;
                match holds {
                    Holds::Message(place) => message(inner, *place, depth.checked_add(1)?)?,
                    Holds::Enumeration(numbers) => {
                        while !inner.is_empty() {
                            known(varint(&mut inner)?, numbers)?;
                        }
                    }
                    Holds::Other => {}
                }
            }
            _ => return None,
        }
    }
    Some(())
}

fn known(number: u64, numbers: &[u64]) -> Option<()> {
    numbers.contains(&number).then_some(())
}

fn take<'a>(bytes: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(taken)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
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
