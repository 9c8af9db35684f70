//! Many signed records in one file, for a stick: JSON Lines that show what is missing when a copy was cut short.
//!
//! ```text
//! {"format":"witnessmark-batch/1","records":[{"id":<record id>,"sha256":<of its line>}, ...]}
//! {"payload":...,"payloadType":...,"signatures":[...]}            one line for each, in that order
//! {"sha256":<of all bytes before this line>}
//! ```
//!
//! A line ends with LF, which is not in its digest. The digests find what became of the copy; they prove nothing about who
//! signed, which the signatures do. Whatever lines are whole can be used, in the order of the first line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use witnessmark_verifier::{Hash, RecordId, sha256};

use crate::dsse::SignedRecord;
use crate::limits::BATCH_BYTES_MAX;

/// The first member of a batch file.
const FORMAT: &str = "witnessmark-batch/1";

/// How a batch file of any version begins.
const BEGIN: &[u8] = b"{\"format\":\"witnessmark-batch/";

/// What is in a batch file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The signed records that are whole, in their order.
    pub signed: Vec<SignedRecord>,
    /// The records that the first line names and that are not there whole.
    pub missing: Vec<RecordId>,
    /// What is wrong with the file.
    pub faults: Vec<BatchFault>,
}

/// Something that is wrong with a batch file, the rest of which can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchFault {
    /// The last line is missing.
    #[error("the file was cut short: its last line is missing")]
    CutShort,
    /// A line, counted from 1, is not one that was written.
    #[error("line {0} was altered, or is not of this batch")]
    Altered(usize),
    /// A line, counted from 1, is there twice.
    #[error("line {0} is there a second time")]
    Doubled(usize),
    /// There is more behind the last line.
    #[error("there is more behind its last line: two files may have been joined")]
    MoreBehind,
    /// The bytes are not those that the last line speaks of.
    #[error("the bytes are not those whose digest stands in the last line")]
    Digest,
}

/// Why a file is not a batch that can be used, or none can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// It is too long.
    #[error("the file is larger than {BATCH_BYTES_MAX} bytes")]
    TooLarge,
    /// Its first line is not that of a batch.
    #[error(
        "its first line is not that of a batch of this version: {FORMAT}, with the list of its records"
    )]
    FirstLine,
    /// A record is named twice.
    #[error("the record {0} is in it twice")]
    Twice(RecordId),
}

impl Batch {
    /// Whether a file is a batch, whole or not, as far as its beginning tells.
    pub fn is_batch(bytes: &[u8]) -> bool {
        bytes.starts_with(BEGIN)
    }

    /// Whether everything is there, as it was written.
    pub const fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.faults.is_empty()
    }

    /// The text of a batch with these records, in this order.
    ///
    /// # Errors
    ///
    /// When a record is there twice, or the batch would be too long.
    pub fn encode(records: &[SignedRecord]) -> Result<String, BatchError> {
        let mut first = FirstLine {
            format: FORMAT.to_owned(),
            records: Vec::new(),
        };
        let mut ids = BTreeSet::new();
        let mut lines = String::new();
        for record in records {
            let (id, line) = (record.record_id(), record.encode_line());
            if !ids.insert(id) {
                return Err(BatchError::Twice(id));
            }
            first.records.push(Named {
                id: id.to_string(),
                sha256: sha256(line.as_bytes()).to_string(),
            });
            lines.push_str(&line);
            lines.push('\n');
        }
        let text = format!("{}\n{lines}", json(&first));
        let last = LastLine {
            sha256: sha256(text.as_bytes()).to_string(),
        };
        let text = format!("{text}{}\n", json(&last));
        if text.len() > BATCH_BYTES_MAX {
            return Err(BatchError::TooLarge);
        }
        Ok(text)
    }

    /// Reads a batch, and what is left of one.
    ///
    /// # Errors
    ///
    /// When nothing of it can be used: the first line cannot be read, or names a record twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, BatchError> {
        if bytes.len() > BATCH_BYTES_MAX {
            return Err(BatchError::TooLarge);
        }
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        let names = names(first)?;
        let mut reader = Reader {
            by_digest: names.iter().map(|(id, digest)| (*digest, *id)).collect(),
            found: BTreeMap::new(),
            ended: false,
            faults: Vec::new(),
        };
        let mut before = first.len();
        for (number, line) in (2..).zip(lines) {
            let (head, _) = bytes.split_at(before);
            reader.line(number, line, head);
            before = before.saturating_add(line.len());
        }
        if !reader.ended {
            reader.faults.push(BatchFault::CutShort);
        }
        let Reader {
            mut found, faults, ..
        } = reader;
        let mut batch = Self {
            signed: Vec::with_capacity(found.len()),
            missing: Vec::new(),
            faults,
        };
        for (id, _) in names {
            match found.remove(&id) {
                Some(signed) => batch.signed.push(signed),
                None => batch.missing.push(id),
            }
        }
        Ok(batch)
    }
}

/// What was found of a batch so far.
struct Reader {
    by_digest: BTreeMap<Hash, RecordId>,
    found: BTreeMap<RecordId, SignedRecord>,
    ended: bool,
    faults: Vec<BatchFault>,
}

impl Reader {
    /// Takes a line; `head` is everything before it.
    fn line(&mut self, number: usize, line: &[u8], head: &[u8]) {
        if self.ended {
            if !self.faults.contains(&BatchFault::MoreBehind) {
                self.faults.push(BatchFault::MoreBehind);
            }
            return;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        if let Some(id) = self.by_digest.get(&sha256(text)) {
            let signed = SignedRecord::parse(text).ok();
            match signed.filter(|signed| signed.record_id() == *id) {
                Some(_) if self.found.contains_key(id) => {
                    self.faults.push(BatchFault::Doubled(number));
                }
                Some(signed) => drop(self.found.insert(*id, signed)),
                None => self.faults.push(BatchFault::Altered(number)),
            }
        } else if let Ok(last) = serde_json::from_slice::<LastLine>(text) {
            self.ended = true;
            if last.sha256 != sha256(head).to_string() {
                self.faults.push(BatchFault::Digest);
            }
        } else {
            self.faults.push(BatchFault::Altered(number));
        }
    }
}

fn names(first: &[u8]) -> Result<Vec<(RecordId, Hash)>, BatchError> {
    let first: FirstLine = serde_json::from_slice(first).map_err(|_| BatchError::FirstLine)?;
    if first.format != FORMAT {
        return Err(BatchError::FirstLine);
    }
    let mut ids = BTreeSet::new();
    let mut names = Vec::with_capacity(first.records.len());
    for named in first.records {
        let id = RecordId::parse_hex(&named.id).map_err(|_| BatchError::FirstLine)?;
        let digest = Hash::parse_hex(&named.sha256).map_err(|_| BatchError::FirstLine)?;
        if !ids.insert(id) {
            return Err(BatchError::Twice(id));
        }
        names.push((id, digest));
    }
    Ok(names)
}

/// Texts and lists of texts always serialise.
fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).unwrap_or_default()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstLine {
    format: String,
    records: Vec<Named>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    id: String,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastLine {
    sha256: String,
}

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, missing) = (self.signed.len(), self.missing.len());
        write!(f, "{whole} records whole, {missing} missing")
    }
}

#[cfg(test)]
mod tests {
    use witnessmark_verifier::{EntrySignature, KeyId};

    use super::*;

    fn record(number: u8) -> SignedRecord {
        SignedRecord {
            payload_type: "text/plain".to_owned(),
            payload: vec![number; 40],
            signatures: vec![EntrySignature {
                key_id: KeyId::new(Hash::new([1; 32])),
                signature: [2; 64],
            }],
        }
    }

    fn batch() -> (Vec<SignedRecord>, String) {
        // Not in the order of their ids, which is not theirs.
        let records: Vec<SignedRecord> = (0..5).map(record).collect();
        let text = Batch::encode(&records).unwrap();
        (records, text)
    }

    #[test]
    fn what_was_written_is_read_in_its_order() {
        let (records, text) = batch();
        assert!(Batch::is_batch(text.as_bytes()));
        let read = Batch::parse(text.as_bytes()).unwrap();
        assert!(read.is_whole());
        assert_eq!(read.signed, records);
        let none = Batch::encode(&[]).unwrap();
        assert!(Batch::parse(none.as_bytes()).unwrap().is_whole());
        let twice = [record(1), record(1)];
        let id = record(1).record_id();
        assert_eq!(Batch::encode(&twice), Err(BatchError::Twice(id)));
    }

    #[test]
    fn a_copy_cut_short_anywhere_is_noticed_and_its_whole_lines_are_used() {
        let (records, text) = batch();
        let ids: Vec<RecordId> = records.iter().map(SignedRecord::record_id).collect();
        let first = text.find('\n').unwrap();
        for length in 0..text.len() {
            let Ok(read) = Batch::parse(&text.as_bytes()[..length]) else {
                assert!(length < first, "{length}");
                continue;
            };
            let whole = read.signed.len();
            assert_eq!(read.signed, records[..whole], "{length}");
            assert_eq!(read.missing, ids[whole..], "{length}");
            // Only the newline behind everything can be missing without harm.
            assert_eq!(read.is_whole(), length + 1 == text.len(), "{length}");
        }
    }

    #[test]
    fn every_changed_byte_is_noticed_and_costs_one_record_at_most() {
        let (records, text) = batch();
        for place in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= 1;
            let Ok(read) = Batch::parse(&bytes) else {
                assert!(place <= text.find('\n').unwrap(), "{place}");
                continue;
            };
            assert!(!read.is_whole(), "{place}");
            assert!(read.missing.len() <= 2, "{place}: {read}");
            for signed in &read.signed {
                assert!(records.contains(signed), "{place}");
            }
        }
    }

    #[test]
    fn doubled_foreign_and_joined_lines_are_named() {
        let (records, text) = batch();
        let lines: Vec<&str> = text.lines().collect();
        let with = |place: usize, line: &str| {
            let mut lines = lines.clone();
            lines.insert(place, line);
            let text = lines.join("\n") + "\n";
            Batch::parse(text.as_bytes()).unwrap()
        };
        let read = with(3, lines[2]);
        assert_eq!(read.faults, [BatchFault::Doubled(4), BatchFault::Digest]);
        assert_eq!((read.signed, read.missing.len()), (records.clone(), 0));
        let foreign = record(77).encode_line();
        let read = with(3, &foreign);
        assert_eq!(read.faults, [BatchFault::Altered(4), BatchFault::Digest]);
        assert_eq!(read.signed, records);
        let joined = format!("{text}{text}");
        let read = Batch::parse(joined.as_bytes()).unwrap();
        assert_eq!(read.faults, [BatchFault::MoreBehind]);
        assert_eq!(read.signed, records);
        // A line taken out, and everything set right but the list.
        let without = text.replacen(&format!("{}\n", lines[2]), "", 1);
        let read = Batch::parse(without.as_bytes()).unwrap();
        assert_eq!(read.missing, [records[1].record_id()]);
        for bad in [
            "",
            "{}",
            "{\"format\":\"witnessmark-batch/2\",\"records\":[]}\n",
        ] {
            assert_eq!(Batch::parse(bad.as_bytes()), Err(BatchError::FirstLine));
        }
    }
}
