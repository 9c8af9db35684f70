//! The records of a measurement: invented, signed in advance, all of one length.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::ProgressBar;
use witnessmark_proto::{SignedPayload, v1 as service};
use witnessmark_record::{RecordKind, encode, v1};
use witnessmark_verifier::{KeyId, OrgName, Origin, PublicKey, RecordId};

use super::broken;
use crate::cli::device::DeviceState;
use crate::cli::key::read_key;
use crate::cli::record::{Stamp, sign_record};
use crate::cli::template;
use crate::clock;
use crate::output::Failure;
use crate::signer::Key;

/// The longest text that is made; 4,000 characters are allowed.
const TEXT_CHARS: usize = 3_900;

/// Keys that sign, by their ids.
pub(super) type Keys = BTreeMap<KeyId, PublicKey>;

/// A record that is ready to be sent.
pub(super) struct Made {
    /// Its id.
    pub(super) id: RecordId,
    /// As it was signed.
    pub(super) payload: SignedPayload,
    /// As it goes over the wire.
    pub(super) sent: service::SignedPayload,
}

/// Who signs which records.
#[derive(Debug)]
pub(super) struct Order<'a> {
    pub(super) org: &'a OrgName,
    /// Keys of devices, used in turn.
    pub(super) keys: &'a [PathBuf],
    /// A key that signs each record as well.
    pub(super) countersign: Option<&'a Path>,
    pub(super) records: u32,
    /// The length of each payload.
    pub(super) bytes: u32,
}

/// Signs as many records as are asked for, by each key in turn.
///
/// # Errors
///
/// When a key cannot be read, or does not remember what it signed.
pub(super) fn make(
    order: &Order<'_>,
    origin: &Origin,
    bar: &ProgressBar,
) -> Result<(Vec<Made>, Keys), Failure> {
    let countersigner = order.countersign.map(read_key).transpose()?;
    let mut devices = Vec::new();
    for path in order.keys {
        let keys: Vec<Key> = [read_key(path)?]
            .into_iter()
            .chain(countersigner.clone())
            .map(|key| -> Key { Arc::new(key) })
            .collect();
        devices.push((keys, DeviceState::open(path)?));
    }
    let mut public = Keys::new();
    for key in devices.iter().flat_map(|(keys, _)| keys) {
        let key = key.public_key();
        public.insert(key.key_id(), key);
    }
    let form = template::form(RecordKind::Statement)
        .ok_or_else(|| broken("there is no example of a statement"))?;
    let example = template::example(&form)?;
    let count = usize::try_from(order.records).map_err(broken)?;
    let bytes = usize::try_from(order.bytes).map_err(broken)?;
    let mut made = Vec::with_capacity(count);
    let mut states: Vec<(u64, Option<RecordId>)> = devices
        .iter()
        .map(|(_, state)| (state.next_seq(), state.previous().copied()))
        .collect();
    for number in 0..count {
        let place = number.checked_rem(devices.len()).unwrap_or(0);
        let (Some((keys, _)), Some((seq, previous))) = (devices.get(place), states.get_mut(place))
        else {
            return Err(broken("there is no key"));
        };
        let stamp = Stamp {
            org: order.org.as_str(),
            origin: origin.as_str(),
            signed_at_ms: clock::now_ms(),
            device_seq: *seq,
            previous: *previous,
            seen: None,
        };
        let mut record = example.clone();
        stamp.apply(&mut record);
        fill(&mut record, bytes);
        let (file, id) = sign_record(&record, keys)?;
        *seq = seq.saturating_add(1);
        *previous = Some(id);
        let payload = SignedPayload {
            org: order.org.clone(),
            payload_type: file.payload_type,
            payload: file.payload,
            signatures: file.signatures,
        };
        made.push(Made {
            id,
            sent: payload.clone().into(),
            payload,
        });
        bar.inc(1);
    }
    for ((_, device), (seq, previous)) in devices.iter_mut().zip(states) {
        if let Some(last) = previous {
            device.advance_to(seq.saturating_sub(1), last)?;
        }
    }
    Ok((made, public))
}

/// Makes the payload `bytes` long: by more texts, or by leaving out what a statement can do without.
fn fill(record: &mut v1::Record, bytes: usize) {
    record.attachments.clear();
    if encode(record).len() > bytes {
        shorten(record);
    }
    loop {
        let short = bytes.saturating_sub(encode(record).len());
        let Some(v1::record::Body::Statement(statement)) = &mut record.body else {
            return;
        };
        let Some(text) = statement.texts.last_mut() else {
            return;
        };
        // The lengths of the text, and of what it is in, are written before it, and may take more bytes then.
        let room = TEXT_CHARS.saturating_sub(text.text.len());
        let more = short.saturating_sub(4).min(room);
        text.text.push_str(&".".repeat(more));
        if short < TEXT_CHARS {
            return;
        }
        statement.texts.push(v1::LangString {
            lang: "en".to_owned(),
            text: ".".to_owned(),
        });
    }
}

/// Leaves out what a statement need not say.
fn shorten(record: &mut v1::Record) {
    let long = std::mem::take(record);
    *record = v1::Record {
        org: long.org,
        device_seq: long.device_seq,
        signed_at_ms: long.signed_at_ms,
        previous: long.previous,
        origin: long.origin,
        schema: long.schema,
        thread_id: long.thread_id,
        titles: vec![v1::LangString {
            lang: "en".to_owned(),
            text: "Example".to_owned(),
        }],
        language: long.language,
        asserted_by: long.asserted_by,
        basis: v1::Basis::OwnObservation.into(),
        marking: Some(v1::Marking {
            tlp: v1::Tlp::Clear.into(),
            ..v1::Marking::default()
        }),
        reported: long.reported,
        body: Some(v1::record::Body::Statement(v1::Statement {
            texts: vec![v1::LangString {
                lang: "en".to_owned(),
                text: ".".to_owned(),
            }],
            fidelity: v1::TextFidelity::Exact.into(),
            ..v1::Statement::default()
        })),
        ..v1::Record::default()
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::record::validate_draft;

    #[test]
    fn records_of_every_length_are_good_ones() {
        let form = template::form(RecordKind::Statement).unwrap();
        for bytes in [256, 512, 768, 1_024, 4_096, 8_192, 32_768] {
            let mut record = template::example(&form).unwrap();
            let stamp = Stamp {
                org: "field-team",
                origin: "ledger.example/bench",
                signed_at_ms: 1_790_000_000_000,
                device_seq: 100_000,
                previous: Some(RecordId::of("", b"previous")),
                seen: None,
            };
            stamp.apply(&mut record);
            fill(&mut record, bytes);
            let length = encode(&record).len();
            assert!(length.abs_diff(bytes) < 8, "{length} of {bytes}");
            assert_eq!(validate_draft(record), [], "{bytes}");
        }
    }
}
