//! The numbers that devices give to their records: what is missing, and what was given twice.
//!
//! Each record carries the number it has on its device, from 1, and the id of the record before it there. So a record that
//! was lost or withheld leaves a gap, and a device that was copied or set back leaves two records with one number, or two
//! records after one. The device of a record is the key of its first signature by a key with the role `record`: who
//! countersigns adds his signature behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::ops::RangeInclusive;

use witnessmark_record::{Level, Problem, ProblemCode, Record};
use witnessmark_verifier::{Hash, KeyId, RecordId};

use crate::Node;

/// Numbers before a record's own are not in the ledger.
pub const GAP: ProblemCode = ProblemCode {
    code: "W-DEVICE-GAP",
    level: Level::Warning,
    rule: "the numbers of a device's records follow each other",
};

/// A key signed two records with one number, or after one record.
pub const FORK: ProblemCode = ProblemCode {
    code: "W-DEVICE-FORK",
    level: Level::Warning,
    rule: "a device gives each number once, and each record follows the one with the number before",
};

/// Both of them.
pub const ALL: [ProblemCode; 2] = [FORK, GAP];

/// A record as its device numbered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered {
    /// The key of the device.
    pub key: KeyId,
    /// The place of the record in the log.
    pub index: u64,
    /// Its id.
    pub id: RecordId,
    /// Its number on the device, from 1.
    pub seq: u64,
    /// The record before it on the device, if it names one.
    pub previous: Option<RecordId>,
}

impl Numbered {
    /// The numbers of a record; nothing if it has none, or no signature by a key that `records`, which is to say whether
    /// a key has the role `record`.
    pub fn of(node: &Node, records: impl Fn(&KeyId) -> bool) -> Option<Self> {
        Stated::of(node.id, node.signers.clone(), &node.record).at(node.index, records)
    }
}

/// What a record says of its place on its device. Whether it has one depends on the roles of its keys where it is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    id: RecordId,
    signers: Vec<KeyId>,
    seq: u64,
    previous: Option<RecordId>,
}

impl Stated {
    /// What the record with this id says, which these keys signed.
    pub fn of(id: RecordId, signers: Vec<KeyId>, record: &Record) -> Self {
        let message = record.message();
        let previous = <[u8; 32]>::try_from(message.previous.as_slice()).ok();
        Self {
            id,
            signers,
            seq: message.device_seq,
            previous: previous.map(|id| RecordId::new(Hash::new(id))),
        }
    }

    /// The numbers of the record at this place, as [`Numbered::of`] has them.
    pub fn at(&self, index: u64, records: impl Fn(&KeyId) -> bool) -> Option<Numbered> {
        Some(Numbered {
            key: self.signers.iter().copied().find(|key| records(key))?,
            index,
            id: self.id,
            seq: Some(self.seq).filter(|seq| *seq > 0)?,
            previous: self.previous,
        })
    }
}

/// What is to be said of a record because of those that were logged before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// These numbers, just below its own, are not there.
    Gap(RangeInclusive<u64>),
    /// The record at this place has the same number.
    SameNumber(u64),
    /// The record at this place names the same previous record.
    SamePrevious(u64),
    /// It does not follow the record with the number before, which is at this place.
    NotAfter(u64),
}

impl Finding {
    /// The warning about the record with the number `seq`.
    pub fn problem(&self, seq: u64) -> Problem {
        let two = "two devices use one key, or one was set back to an older state. If the key was copied, revoke it";
        let (code, path, fix) = match self {
            Self::Gap(missing) => (
                GAP,
                "device_seq",
                format!(
                    "Of this device, {} is not in the ledger before this record: it may still come. If it never does, say \
                     why",
                    numbers(missing)
                ),
            ),
            Self::SameNumber(at) => (
                FORK,
                "device_seq",
                format!("Entry {at} by the same key has this number too: {two}"),
            ),
            Self::SamePrevious(at) => (
                FORK,
                "previous",
                format!("Entry {at} by the same key follows the same record: {two}"),
            ),
            Self::NotAfter(at) => (
                FORK,
                "previous",
                format!(
                    "Entry {at} by the same key has the number before, and this does not follow it: {two}"
                ),
            ),
        };
        code.at(path, seq.to_string(), fix)
    }
}

fn numbers(range: &RangeInclusive<u64>) -> String {
    if range.start() == range.end() {
        format!("number {}", range.start())
    } else {
        format!("each of the numbers {} to {}", range.start(), range.end())
    }
}

/// The records of one device that were logged before another one of it.
pub trait Earlier {
    /// Why there is no answer.
    type Error;

    /// The highest number below `seq` that one of them has.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    fn number_below(&mut self, seq: u64) -> Result<Option<u64>, Self::Error>;

    /// The place of the first of them with this number.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    fn numbered(&mut self, seq: u64) -> Result<Option<u64>, Self::Error>;

    /// Whether this is one of them and has this number.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    fn has_number(&mut self, record: &RecordId, seq: u64) -> Result<bool, Self::Error>;

    /// The place of the first of them that follows `previous`.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    fn follower(&mut self, previous: &RecordId) -> Result<Option<u64>, Self::Error>;
}

/// What is to be said of a record because of the earlier ones of its device.
///
/// # Errors
///
/// They cannot be read.
pub fn findings<E: Earlier>(earlier: &mut E, record: &Numbered) -> Result<Vec<Finding>, E::Error> {
    let mut findings = Vec::new();
    let before = earlier.number_below(record.seq)?;
    let first = before.unwrap_or(0).saturating_add(1);
    if first < record.seq {
        findings.push(Finding::Gap(first..=record.seq.saturating_sub(1)));
    }
    if let Some(index) = earlier.numbered(record.seq)? {
        findings.push(Finding::SameNumber(index));
    }
    // A record that names no previous one says nothing about it.
    let Some(previous) = &record.previous else {
        return Ok(findings);
    };
    let below = record.seq.saturating_sub(1);
    if let Some(index) = earlier.follower(previous)? {
        findings.push(Finding::SamePrevious(index));
    } else if !earlier.has_number(previous, below)?
        && let Some(at) = earlier.numbered(below)?
    {
        findings.push(Finding::NotAfter(at));
    }
    Ok(findings)
}

/// The records of all devices, as they come.
#[derive(Debug, Clone, Default)]
pub struct Devices {
    by_key: BTreeMap<KeyId, Device>,
}

/// The records of one device.
#[derive(Debug, Clone, Default)]
pub struct Device {
    /// By number and place: the record, and the one that it says it follows.
    records: BTreeMap<(u64, u64), (RecordId, Option<RecordId>)>,
    /// Which records follow which, by place.
    followers: BTreeSet<(RecordId, u64)>,
}

impl Devices {
    /// Takes the next record of the log, and says what is to be said of it because of those before.
    pub fn push(&mut self, record: &Numbered) -> Vec<Finding> {
        let device = self.by_key.entry(record.key).or_default();
        let Ok(findings) = findings(device, record);
        device.insert(record);
        findings
    }

    /// The records of the device with this key.
    pub fn get(&self, key: &KeyId) -> Option<&Device> {
        self.by_key.get(key)
    }

    /// Every device, by its key.
    pub fn iter(&self) -> impl Iterator<Item = (&KeyId, &Device)> {
        self.by_key.iter()
    }
}

impl Device {
    fn insert(&mut self, record: &Numbered) {
        let at = (record.seq, record.index);
        self.records.insert(at, (record.id, record.previous));
        if let Some(previous) = record.previous {
            self.followers.insert((previous, record.index));
        }
    }

    /// Places and ids of the records with this number.
    fn with_number(&self, seq: u64) -> impl Iterator<Item = (u64, RecordId)> {
        let records = self.records.range((seq, 0)..=(seq, u64::MAX));
        records.map(|((_, index), (id, _))| (*index, *id))
    }

    /// The place of a record with the number before `seq`, when there are such and `previous` is none of them. A record
    /// that names no previous one says nothing about it.
    fn not_after(&self, seq: u64, previous: Option<RecordId>) -> Option<u64> {
        let (before, previous) = (seq.checked_sub(1)?, previous?);
        if self.with_number(before).any(|(_, id)| id == previous) {
            return None;
        }
        self.with_number(before).map(|(index, _)| index).next()
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The lowest and the highest number.
    pub fn span(&self) -> Option<(u64, u64)> {
        let ((first, _), _) = self.records.first_key_value()?;
        let ((last, _), _) = self.records.last_key_value()?;
        Some((*first, *last))
    }

    /// Numbers and places of the records, by number and then by place.
    pub fn records(&self) -> impl Iterator<Item = (u64, u64)> {
        self.records.keys().copied()
    }

    /// The numbers from 1 to the highest that no record has.
    pub fn missing(&self) -> Vec<RangeInclusive<u64>> {
        let mut missing = Vec::new();
        let mut next = 1_u64;
        for (seq, _) in self.records.keys() {
            if *seq > next {
                missing.push(next..=seq.saturating_sub(1));
            }
            next = seq.saturating_add(1);
        }
        missing
    }

    /// The numbers that several records have, each with the places of these.
    pub fn doubled(&self) -> Vec<(u64, Vec<u64>)> {
        let mut by_seq: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for (seq, index) in self.records.keys() {
            by_seq.entry(*seq).or_default().push(*index);
        }
        by_seq.retain(|_, places| places.len() > 1);
        by_seq.into_iter().collect()
    }

    /// The records that several records follow, each with the places of these.
    pub fn forked(&self) -> Vec<(RecordId, Vec<u64>)> {
        let mut by_previous: BTreeMap<RecordId, Vec<u64>> = BTreeMap::new();
        for (previous, index) in &self.followers {
            by_previous.entry(*previous).or_default().push(*index);
        }
        by_previous.retain(|_, places| places.len() > 1);
        by_previous.into_iter().collect()
    }

    /// The places of records that do not follow a record with the number before, where it is known that they do not: the
    /// number before is there, the record that they follow has another number, or they are the first and follow one.
    pub fn broken(&self) -> Vec<u64> {
        let known: BTreeMap<RecordId, u64> = self
            .records
            .iter()
            .map(|((seq, _), (id, _))| (*id, *seq))
            .collect();
        let is_broken = |seq: u64, previous: Option<RecordId>| {
            let follows = previous.and_then(|id| known.get(&id).copied());
            self.not_after(seq, previous).is_some()
                || follows.is_some_and(|it| it.saturating_add(1) != seq)
                || seq == 1 && previous.is_some()
        };
        let records = self.records.iter();
        let broken = records.filter(|((seq, _), (_, previous))| is_broken(*seq, *previous));
        broken.map(|((_, index), _)| *index).collect()
    }

    /// The places of records that were logged after one with a higher number.
    pub fn late(&self) -> Vec<u64> {
        let mut by_place: Vec<(u64, u64)> = self.records().map(|(seq, at)| (at, seq)).collect();
        by_place.sort_unstable();
        let mut highest = 0;
        let late = by_place.into_iter().filter(|(_, seq)| {
            let is_late = *seq < highest;
            highest = highest.max(*seq);
            is_late
        });
        late.map(|(index, _)| index).collect()
    }
}

impl Earlier for Device {
    type Error = Infallible;

    fn number_below(&mut self, seq: u64) -> Result<Option<u64>, Infallible> {
        let before = self.records.range(..(seq, 0)).next_back();
        Ok(before.map(|((seq, _), _)| *seq))
    }

    fn numbered(&mut self, seq: u64) -> Result<Option<u64>, Infallible> {
        Ok(self.with_number(seq).map(|(index, _)| index).next())
    }

    fn has_number(&mut self, record: &RecordId, seq: u64) -> Result<bool, Infallible> {
        Ok(self.with_number(seq).any(|(_, id)| id == *record))
    }

    fn follower(&mut self, previous: &RecordId) -> Result<Option<u64>, Infallible> {
        let followers = self.followers.range((*previous, 0)..=(*previous, u64::MAX));
        Ok(followers.map(|(_, index)| *index).next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::draft;

    fn id(byte: u8) -> RecordId {
        RecordId::new(Hash::new([byte; 32]))
    }

    /// The record `id` with a number, after another one.
    fn record(index: u64, seq: u64, own: u8, previous: u8) -> Numbered {
        Numbered {
            key: KeyId::new(Hash::new([1; 32])),
            index,
            id: id(own),
            seq,
            previous: (previous > 0).then(|| id(previous)),
        }
    }

    fn device(records: &[Numbered]) -> Device {
        let mut devices = Devices::default();
        for record in records {
            devices.push(record);
        }
        devices.by_key.into_values().next().unwrap()
    }

    fn codes(findings: &[Finding]) -> Vec<&'static str> {
        findings.iter().map(|it| it.problem(1).code).collect()
    }

    #[test]
    fn a_device_that_counts_on_gives_nothing_to_say() {
        let records = [record(3, 1, 1, 0), record(4, 2, 2, 1), record(9, 3, 3, 2)];
        let mut devices = Devices::default();
        for record in &records {
            assert_eq!(devices.push(record), []);
        }
        let device = device(&records);
        assert_eq!((device.span(), device.len()), (Some((1, 3)), 3));
        assert_eq!((device.missing(), device.doubled()), (vec![], vec![]));
        assert_eq!((device.forked(), device.broken()), (vec![], vec![]));
        assert_eq!(device.late(), [0; 0]);
    }

    #[test]
    fn a_gap_is_told_once_where_it_is_and_closes_when_its_records_come() {
        let mut devices = Devices::default();
        assert_eq!(devices.push(&record(3, 4, 4, 3)), [Finding::Gap(1..=3)]);
        assert_eq!(devices.push(&record(4, 5, 5, 4)), []);
        assert_eq!(devices.push(&record(5, 2, 2, 1)), [Finding::Gap(1..=1)]);
        let (_, device) = devices.iter().next().unwrap();
        assert_eq!(device.missing(), [1..=1, 3..=3]);
        assert_eq!(device.late(), [5]);
        assert_eq!((device.forked(), device.broken()), (vec![], vec![]));
    }

    #[test]
    fn a_device_that_was_copied_or_set_back_is_found_by_number_and_by_what_is_followed() {
        let mut devices = Devices::default();
        devices.push(&record(3, 1, 1, 0));
        devices.push(&record(4, 2, 2, 1));
        let twice = devices.push(&record(5, 2, 9, 1));
        assert_eq!(twice, [Finding::SameNumber(4), Finding::SamePrevious(4)]);
        assert_eq!(codes(&twice), ["W-DEVICE-FORK", "W-DEVICE-FORK"]);
        // The copy leaves numbers out, and follows what was followed already.
        let far = devices.push(&record(6, 50, 50, 2));
        assert_eq!(far, [Finding::Gap(3..=49)]);
        assert_eq!(
            devices.push(&record(7, 3, 3, 2)),
            [Finding::SamePrevious(6)]
        );
        // Its number fits, and it follows something else.
        assert_eq!(
            devices.push(&record(8, 4, 44, 1)),
            [Finding::SamePrevious(4)]
        );
        assert_eq!(devices.push(&record(9, 5, 55, 77)), [Finding::NotAfter(8)]);
        let (_, device) = devices.iter().next().unwrap();
        assert_eq!(device.doubled(), [(2, vec![4, 5])]);
        assert_eq!(
            device.forked(),
            [(id(1), vec![4, 5, 8]), (id(2), vec![6, 7])]
        );
        assert_eq!(device.broken(), [8, 9, 6]);
    }

    #[test]
    fn the_first_record_follows_nothing_and_who_names_none_says_nothing() {
        assert_eq!(device(&[record(3, 1, 1, 7)]).broken(), [3]);
        let none = [record(3, 1, 1, 0), record(4, 2, 2, 0)];
        assert_eq!(device(&none).broken(), [0; 0]);
    }

    #[test]
    fn the_device_is_the_first_key_that_may_sign_records() {
        let node = draft(4).at(7);
        let mut signed = node.clone();
        let [officer, second] = [8, 9].map(|byte| KeyId::new(Hash::new([byte; 32])));
        signed.signers = vec![officer, node.signers[0], second];
        let numbered = Numbered::of(&signed, |key| *key != officer).unwrap();
        assert_eq!((numbered.key, numbered.seq), (node.signers[0], 5));
        assert_eq!(numbered.previous, None);
        assert_eq!(Numbered::of(&signed, |_| false), None);
        let unnumbered = draft(4).with(|it| it.device_seq = 0).at(7);
        assert_eq!(Numbered::of(&unnumbered, |_| true), None);
    }

    #[test]
    fn every_rule_is_in_the_document() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/FIELD_DEVICE.md");
        let text = std::fs::read_to_string(path).unwrap();
        for ProblemCode { code, rule, .. } in ALL {
            let row = format!("| `{code}` | {rule} |");
            assert!(text.contains(&row), "not in docs/FIELD_DEVICE.md: {row}");
        }
    }
}
