//! The numbers that devices gave to their records: what is missing, and how often a device went two ways.
//!
//! Of each device only runs of numbers are kept, so a device that numbers well takes the same memory whatever it signs.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_verifier::{KeyId, RecordId};

use crate::verdict::{DeviceFacts, NumberedFacts};

/// Devices that an audit remarks on; the rest are only counted.
const REMARKS_MAX: usize = 20;

/// Runs of missing numbers that a remark names.
const LISTED_MAX: usize = 20;

/// Every device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) devices: BTreeMap<KeyId, Device>,
}

/// The numbers of one device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Device {
    /// By its first number: a run of numbers that are there.
    pub(super) runs: BTreeMap<u64, Run>,
    /// Numbers that were given to more than one record.
    pub(super) doubled: BTreeSet<u64>,
    /// Records that do not follow the one with the number before.
    pub(super) broken: u64,
}

/// Numbers that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Its last number.
    pub(super) last: u64,
    /// The record with the last number.
    pub(super) last_id: RecordId,
    /// The record that the one with the first number says it follows.
    pub(super) follows: Option<RecordId>,
}

impl Numbers {
    pub(super) fn push(&mut self, record: &NumberedFacts) {
        let device = self.devices.entry(record.key_id).or_default();
        device.push(record.seq, record.record_id, record.previous);
    }

    /// A sentence for each device of which something is missing or was given twice.
    pub(super) fn remarks(&self, facts: &[DeviceFacts]) -> Vec<String> {
        let by_key: BTreeMap<KeyId, &DeviceFacts> =
            facts.iter().map(|it| (it.key_id, it)).collect();
        let mut remarks = self.devices.iter().filter_map(|(key, device)| {
            let said = device.said()?;
            let organisation = by_key.get(key).map_or("", |it| it.organisation.as_str());
            Some(format!(
                "Device {key} of {organisation}: {said}; see `witnessmark records devices`."
            ))
        });
        let mut shown: Vec<String> = remarks.by_ref().take(REMARKS_MAX).collect();
        let more = remarks.count();
        if more > 0 {
            shown.push(format!("{more} more devices have gaps or forks."));
        }
        shown
    }
}

impl Device {
    fn push(&mut self, seq: u64, id: RecordId, previous: Option<RecordId>) {
        let before = self.runs.range(..=seq).next_back();
        let before = before.map(|(first, run)| (*first, *run));
        if before.is_some_and(|(_, run)| run.last >= seq) {
            self.doubled.insert(seq);
            return;
        }
        let (mut first, mut follows) = (seq, previous);
        if let Some((start, run)) = before {
            let is_next = run.last.checked_add(1) == Some(seq);
            // A record that names no previous one says nothing about it.
            let follows_it = previous.is_none_or(|id| id == run.last_id);
            self.broken += u64::from(is_next != follows_it && previous.is_some());
            if is_next {
                (first, follows) = (start, run.follows);
            }
        } else if seq == 1 {
            self.broken += u64::from(previous.is_some());
        }
        let (mut last, mut last_id) = (seq, id);
        let next = self.runs.range(seq..).next();
        if let Some((start, run)) = next.map(|(start, run)| (*start, *run)) {
            let is_next = seq.checked_add(1) == Some(start);
            let follows_it = run.follows.is_none_or(|it| it == id);
            self.broken += u64::from(is_next != follows_it && run.follows.is_some());
            if is_next {
                self.runs.remove(&start);
                (last, last_id) = (run.last, run.last_id);
            }
        }
        let run = Run {
            last,
            last_id,
            follows,
        };
        self.runs.insert(first, run);
    }

    /// What is missing and doubled, if anything is.
    fn said(&self) -> Option<String> {
        let mut missing = Vec::new();
        let mut next = 1_u64;
        for (first, run) in &self.runs {
            if *first > next {
                missing.push((next, first.saturating_sub(1)));
            }
            next = run.last.saturating_add(1);
        }
        let doubled = u64::try_from(self.doubled.len()).unwrap_or(u64::MAX);
        // One copy of a key often shows in both; the most that one of them shows is what is certain.
        let forks = doubled.max(self.broken);
        let mut said = Vec::new();
        if !missing.is_empty() {
            said.push(format!("numbers missing: {}", ranges(&missing)));
        }
        if forks > 0 {
            said.push(format!("{forks} fork(s)"));
        }
        (!said.is_empty()).then(|| said.join(", "))
    }
}

fn ranges(missing: &[(u64, u64)]) -> String {
    let shown = missing.iter().take(LISTED_MAX);
    let shown: Vec<String> = shown
        .map(|(start, end)| {
            if start == end {
                start.to_string()
            } else {
                format!("{start} to {end}")
            }
        })
        .collect();
    let shown = shown.join(", ");
    match missing.len().saturating_sub(LISTED_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use witnessmark_verifier::Hash;

    use super::*;

    fn id(number: u8) -> RecordId {
        RecordId::new(Hash::new([number; 32]))
    }

    fn said(records: &[(u64, u8, Option<u8>)]) -> Option<String> {
        let mut device = Device::default();
        for (seq, own, previous) in records {
            device.push(*seq, id(*own), previous.map(id));
        }
        device.said()
    }

    #[test]
    fn gaps_and_forks_are_found_whatever_the_order() {
        let straight = [(1, 1, None), (2, 2, Some(1)), (3, 3, Some(2))];
        assert_eq!(said(&straight), None);
        let late = [(1, 1, None), (3, 3, Some(2)), (2, 2, Some(1))];
        assert_eq!(said(&late), None);
        let backwards = [(3, 3, Some(2)), (2, 2, Some(1)), (1, 1, None)];
        assert_eq!(said(&backwards), None);
        for (records, words) in [
            (
                &[(2, 2, Some(1)), (5, 5, Some(4))][..],
                "numbers missing: 1, 3 to 4",
            ),
            (
                &[(1, 1, None), (2, 2, Some(1)), (2, 9, Some(1))],
                "1 fork(s)",
            ),
            (&[(1, 1, None), (2, 2, Some(7))], "1 fork(s)"),
            (&[(2, 2, Some(7)), (1, 1, None)], "1 fork(s)"),
            (&[(1, 1, Some(7))], "1 fork(s)"),
            (
                &[(1, 1, None), (3, 3, Some(1)), (3, 4, Some(1))],
                "numbers missing: 2, 1 fork(s)",
            ),
        ] {
            assert_eq!(said(records).as_deref(), Some(words));
        }
        assert_eq!(
            said(&[(u64::MAX, 1, None)]).unwrap(),
            format!("numbers missing: 1 to {}", u64::MAX - 1)
        );
    }
}
