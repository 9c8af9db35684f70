//! What the replay knows, as values in the state of an audit.
//!
//! Key chains are not stored: the charter and the key events are, and are checked again when the state is read.

use std::collections::HashMap;
use std::io;

use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{Charter, Entry, KeyId, Origin, RecordId};

use crate::verdict::LedgerContents;

use super::super::numbers::{Device, Numbers, Run};
use super::super::problems::Problems;
use super::super::seen::Tally;
use super::super::state::{Reader, Writer, damaged};
use super::Replay;

impl Replay {
    /// Writes everything but records that wait, of which there must be none.
    pub(in crate::audit) fn save(&self, out: &mut Writer) -> io::Result<()> {
        out.origin(&self.origin)?;
        let entries = self.key_entries.as_deref().unwrap_or_default();
        out.count(entries.len())?;
        for entry in entries {
            let bytes = entry.encode().map_err(|error| damaged(error.to_string()))?;
            out.bytes(&bytes)?;
        }
        let (first, last) = self.contents.first_and_last.unwrap_or_default();
        for number in [
            first,
            last,
            self.contents.entries,
            self.contents.records,
            self.contents.signatures,
        ] {
            out.u64(number)?;
        }
        out.count(self.ids.len())?;
        for (half, place) in &self.ids {
            out.array(half)?;
            out.u32(*place)?;
        }
        save_seen(&self.seen, out)?;
        save_numbers(&self.numbers, out)
    }

    /// Reads what [`Self::save`] wrote, and replays the key events.
    pub(in crate::audit) fn restore(reader: &mut Reader) -> io::Result<Self> {
        let origin = Origin::parse(&reader.text()?)
            .map_err(|_| damaged("it is damaged: it names no ledger"))?;
        let mut replay = Self::new(origin);
        replay.keep_key_entries();
        for place in 0..reader.count(u64::MAX)? {
            replay.restore_key_entry(place, &reader.bytes()?)?;
        }
        let times = (reader.u64()?, reader.u64()?);
        let contents = LedgerContents {
            entries: reader.u64()?,
            records: reader.u64()?,
            signatures: reader.u64()?,
            key_events: replay.contents.key_events,
            ..LedgerContents::default()
        };
        replay.contents = contents;
        replay.contents.first_and_last = Some(times).filter(|_| replay.contents.entries > 0);
        // Key events are among them.
        replay.ids = HashMap::new();
        for _ in 0..reader.count(u64::MAX)? {
            let half = reader.array()?;
            replay.ids.insert(half, reader.u32()?);
        }
        replay.seen = restore_seen(reader)?;
        replay.numbers = restore_numbers(reader)?;
        Ok(replay)
    }

    fn restore_key_entry(&mut self, place: u64, bytes: &[u8]) -> io::Result<()> {
        let entry = Entry::parse(bytes).map_err(|error| damaged(error.to_string()))?;
        let mut problems = Problems::default();
        if place == 0 {
            Charter::verify_entry(&entry).map_err(|error| damaged(error.to_string()))?;
            self.take_charter(&entry, &mut problems);
        } else {
            let id = entry.record_id();
            self.take_key_event(place, &entry, id, &mut problems);
        }
        match problems.count() {
            0 => Ok(()),
            _ => Err(damaged("it is damaged: a key chain in it is not one")),
        }
    }

    /// Of which ledger.
    pub(in crate::audit) const fn origin(&self) -> &Origin {
        &self.origin
    }
}

fn save_seen(seen: &Tally, out: &mut Writer) -> io::Result<()> {
    out.u64(seen.count)?;
    out.u64(seen.of_log)?;
    out.u64(seen.more)?;
    out.count(seen.remarks.len())?;
    for remark in &seen.remarks {
        out.bytes(remark.as_bytes())?;
    }
    Ok(())
}

fn restore_seen(reader: &mut Reader) -> io::Result<Tally> {
    let mut seen = Tally {
        count: reader.u64()?,
        of_log: reader.u64()?,
        more: reader.u64()?,
        remarks: Vec::new(),
    };
    for _ in 0..reader.count(u64::MAX)? {
        seen.remarks.push(reader.text()?);
    }
    Ok(seen)
}

fn save_numbers(numbers: &Numbers, out: &mut Writer) -> io::Result<()> {
    out.count(numbers.devices.len())?;
    for (key, device) in &numbers.devices {
        out.array(key.as_bytes())?;
        out.u64(device.broken)?;
        out.count(device.doubled.len())?;
        for number in &device.doubled {
            out.u64(*number)?;
        }
        out.count(device.runs.len())?;
        for (first, run) in &device.runs {
            out.u64(*first)?;
            out.u64(run.last)?;
            out.array(run.last_id.as_bytes())?;
            // No record has the id of zeros.
            out.array(run.follows.as_ref().map_or(&[0; 32], RecordId::as_bytes))?;
        }
    }
    Ok(())
}

fn restore_numbers(reader: &mut Reader) -> io::Result<Numbers> {
    let mut numbers = Numbers::default();
    for _ in 0..reader.count(u64::MAX)? {
        let key = KeyId::new(reader.hash()?);
        let mut device = Device {
            broken: reader.u64()?,
            ..Device::default()
        };
        for _ in 0..reader.count(u64::MAX)? {
            device.doubled.insert(reader.u64()?);
        }
        for _ in 0..reader.count(u64::MAX)? {
            let first = reader.u64()?;
            let run = Run {
                last: reader.u64()?,
                last_id: RecordId::new(reader.hash()?),
                follows: Some(reader.hash()?)
                    .filter(|hash| hash.as_bytes() != &[0; 32])
                    .map(RecordId::new),
            };
            device.runs.insert(first, run);
        }
        numbers.devices.insert(key, device);
    }
    Ok(numbers)
}
