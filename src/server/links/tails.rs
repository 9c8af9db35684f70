//! What devices did last, in memory: the records that came last, and the highest numbers of devices whose records come in another order
//! than they were numbered.
//!
//! A device that counts on is answered from its last record. One whose records overtake each other, as those of several connections do, is
//! answered from its highest numbers. Everything else is looked up on disk.

use std::collections::{BTreeMap, HashMap};

use witnessmark_thread::devices::Numbered;
use witnessmark_verifier::{KeyId, RecordId};

/// Devices whose last record is kept, 150 bytes each.
const TAILS_MAX: usize = 65_536;
/// Records that are kept by their places, 200 bytes each.
const RECORDS_MAX: usize = 8_192;
/// The highest numbers that are kept of one device, 100 bytes each.
const HIGHEST_MAX: usize = 4_096;
/// The same of all devices.
const HIGHEST_OF_ALL_MAX: usize = 65_536;
/// So many records of a device came out of their order before its highest numbers are kept, because it costs to find them first.
const OVERTAKEN_MIN: u8 = 2;

/// What is kept. It is only of entries that were added, and all of it may be forgotten at any time.
#[derive(Debug, Default)]
pub(super) struct Tails {
    devices: HashMap<KeyId, Tail>,
    /// The records that came last, of all devices, by place.
    records: BTreeMap<u64, Numbered>,
    /// How many numbers are kept in all [`Highest`].
    numbers: usize,
}

/// A device.
#[derive(Debug)]
pub(super) struct Tail {
    /// The record that came last.
    pub(super) last: Numbered,
    overtaken: u8,
    pub(super) highest: Option<Highest>,
}

/// The highest numbers of a device.
#[derive(Debug)]
pub(super) struct Highest {
    /// A number that the device has, unless all of its numbers are here.
    below: Option<u64>,
    /// All numbers above that, with place and id of the first record with it.
    numbers: BTreeMap<u64, (u64, RecordId)>,
}

impl Highest {
    /// The highest numbers of a device, of which this is the highest so far.
    pub(super) const fn after(highest: Option<u64>) -> Self {
        Self {
            below: highest,
            numbers: BTreeMap::new(),
        }
    }

    /// Whether all numbers from this one on are here.
    pub(super) fn has_from(&self, seq: u64) -> bool {
        self.below.is_none_or(|below| below < seq)
    }

    /// The highest number below this one, if there is one. Of a number that [`Highest::has_from`].
    pub(super) fn below(&self, seq: u64) -> Option<u64> {
        let lower = self.numbers.range(..seq).next_back();
        lower.map(|(seq, _)| *seq).or(self.below)
    }

    /// Place and id of the first record with this number, if there is one. Of a number that [`Highest::has_from`].
    pub(super) fn first(&self, seq: u64) -> Option<(u64, RecordId)> {
        self.numbers.get(&seq).copied()
    }

    /// Takes note of the next record. Gives by how much more is kept, and forgets the lowest number when it is too much.
    fn add(&mut self, record: &Numbered) -> (usize, usize) {
        let before = self.numbers.len();
        if self.has_from(record.seq) {
            let first = (record.index, record.id);
            self.numbers.entry(record.seq).or_insert(first);
        }
        if self.numbers.len() > HIGHEST_MAX
            && let Some((lowest, _)) = self.numbers.pop_first()
        {
            self.below = Some(lowest);
        }
        (before, self.numbers.len())
    }
}

impl Tails {
    /// What is kept of a device.
    pub(super) fn of(&self, key: &KeyId) -> Option<&Tail> {
        self.devices.get(key)
    }

    /// The record at `index`, if it is kept.
    pub(super) fn at(&self, index: u64) -> Option<&Numbered> {
        self.records.get(&index)
    }

    /// Whether the highest numbers of the device should be found, because this is not the first record that comes in another order.
    pub(super) fn wants_highest(&mut self, record: &Numbered) -> bool {
        let Some(tail) = self.devices.get_mut(&record.key) else {
            return false;
        };
        if tail.highest.is_some() || tail.last.seq.saturating_add(1) == record.seq {
            return false;
        }
        tail.overtaken = tail.overtaken.saturating_add(1);
        tail.overtaken >= OVERTAKEN_MIN
    }

    /// Keeps the highest numbers of a device from now on; before its next record, this is the highest.
    pub(super) fn keep_highest(&mut self, key: &KeyId, highest: Option<u64>) {
        if let Some(tail) = self.devices.get_mut(key) {
            tail.highest = Some(Highest::after(highest));
        }
    }

    /// Takes note of the next record.
    pub(super) fn add(&mut self, record: &Numbered) {
        if self.devices.len() >= TAILS_MAX || self.numbers >= HIGHEST_OF_ALL_MAX {
            self.devices.clear();
            self.numbers = 0;
        }
        let tail = self.devices.entry(record.key).or_insert(Tail {
            last: *record,
            overtaken: 0,
            highest: None,
        });
        tail.last = *record;
        if let Some(highest) = &mut tail.highest {
            let (before, after) = highest.add(record);
            self.numbers = self.numbers.saturating_add(after).saturating_sub(before);
        }
        if self.records.len() >= RECORDS_MAX {
            self.records.pop_first();
        }
        self.records.insert(record.index, *record);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use witnessmark_verifier::{Hash, sha256};

    use super::*;

    fn record(index: u64, seq: u64) -> Numbered {
        Numbered {
            key: KeyId::new(Hash::new([1; 32])),
            index,
            id: RecordId::new(sha256(&index.to_be_bytes())),
            seq,
            previous: None,
        }
    }

    #[test]
    fn the_highest_numbers_are_known_and_lower_ones_are_not() {
        let mut highest = Highest::after(Some(10));
        for (index, seq) in [(0, 15), (1, 12), (2, 12), (3, 9)] {
            highest.add(&record(index, seq));
        }
        assert_eq!(highest.below(13), Some(12));
        assert_eq!(highest.below(12), Some(10));
        assert_eq!(highest.below(11), Some(10));
        assert!(highest.has_from(11) && !highest.has_from(10));
        assert_eq!(highest.first(12), Some((1, record(1, 12).id)));
        assert_eq!(highest.first(14), None);
        let none = Highest::after(None);
        assert!(none.has_from(1) && none.below(1).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut highest = Highest::after(None);
        for seq in 1..=5_000 {
            highest.add(&record(seq, seq));
        }
        assert_eq!(highest.numbers.len(), HIGHEST_MAX);
        assert!(highest.has_from(905) && !highest.has_from(904));
        assert_eq!(highest.below(906), Some(905));
        assert_eq!(highest.below(905), Some(904));
        let mut tails = Tails::default();
        for index in 0..20_000 {
            tails.add(&record(index, 1));
        }
        assert_eq!(tails.records.len(), RECORDS_MAX);
        assert!(tails.at(19_999).is_some() && tails.at(0).is_none());
    }

    #[test]
    fn highest_numbers_are_wanted_of_devices_whose_records_overtake_each_other() {
        let mut tails = Tails::default();
        let mut wanted = Vec::new();
        for (index, seq) in (0..).zip([1, 2, 3, 5, 4, 7]) {
            let record = record(index, seq);
            wanted.push(tails.wants_highest(&record));
            if wanted.last() == Some(&true) {
                tails.keep_highest(&record.key, Some(5));
            }
            tails.add(&record);
        }
        assert_eq!(wanted, [false, false, false, false, true, false]);
        let tail = tails.of(&record(0, 1).key).unwrap();
        assert_eq!(tail.last.seq, 7);
        assert_eq!(tail.highest.as_ref().unwrap().below(7), Some(5));
    }
}
