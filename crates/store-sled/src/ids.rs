//! The record ids of the log: those that wait for their run, and what is known of the runs.
//!
//! Waiting record ids are in memory and in up to 257 values that are used again, run after run. A
//! commit extends the last value while that is short, and begins another otherwise.

use std::collections::HashMap;

use witnessmark_verifier::{Hash, RecordId};

use crate::db::Writes;
use crate::files::FileWrite;
use crate::filter::{Column, Filter};
use crate::layout::{seal, unseal, waiting_ids_key};
use crate::run::{Fences, RUN_IDS, RUN_WIDTH, Run};

/// A value with fewer record ids than this is extended by the next commit.
const EXTEND_IDS: usize = 64;
/// The most record ids in one value: 8 KiB.
const VALUE_IDS_MAX: usize = 256;

/// The record ids of a log.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    fences: Vec<Fences>,
    filter: Filter,
    waiting: Vec<RecordId>,
    places: HashMap<RecordId, u64>,
    /// Where in `waiting` each stored value begins.
    values: Vec<usize>,
}

/// What the next record ids change.
#[derive(Debug)]
pub(crate) struct Change {
    /// What to write to the files.
    pub(crate) files: Vec<FileWrite>,
    runs: Vec<(Fences, Column)>,
    waiting: Vec<RecordId>,
    values: Vec<usize>,
}

impl Change {
    /// How many values then hold the record ids that wait.
    pub(crate) fn values(&self) -> u16 {
        u16::try_from(self.values.len()).unwrap_or(u16::MAX)
    }
}

/// Where a record id may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It waits for its run; this is its entry's index.
    Waiting(u64),
    /// It is in one of these pieces of runs, or not in the log.
    Perhaps(Vec<(u64, std::ops::RangeInclusive<u8>)>),
}

impl Ids {
    /// Adds what is kept in memory of the next runs.
    pub(crate) fn push_runs(&mut self, runs: impl IntoIterator<Item = (Fences, Column)>) {
        let (fences, columns): (Vec<_>, Vec<_>) = runs.into_iter().unzip();
        self.fences.extend(fences);
        self.filter.extend(&columns);
    }

    /// Adds the next stored value of waiting record ids; `None` if it is not the next.
    pub(crate) fn push_value(&mut self, first: u64, ids: &[RecordId]) -> Option<()> {
        if first != self.end() || ids.is_empty() {
            return None;
        }
        self.values.push(self.waiting.len());
        self.wait_for_run(ids);
        Some(())
    }

    /// How many record ids there are.
    pub(crate) fn end(&self) -> u64 {
        let waiting = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        self.runs()
            .saturating_mul(RUN_WIDTH)
            .saturating_add(waiting)
    }

    /// How many runs are complete.
    pub(crate) fn runs(&self) -> u64 {
        u64::try_from(self.fences.len()).unwrap_or(u64::MAX)
    }

    /// The record ids that wait, in the order of their entries.
    pub(crate) fn waiting(&self) -> &[RecordId] {
        &self.waiting
    }

    /// What is kept in memory of a run: where its pieces begin.
    pub(crate) fn fences(&self, run: u64) -> Option<&Fences> {
        self.fences.get(usize::try_from(run).ok()?)
    }

    /// Whether the filter names this run for a record id.
    pub(crate) fn may_be_in(&self, id: &RecordId, run: u64) -> bool {
        self.filter.candidates(id).contains(&run)
    }

    /// Where a record id may be.
    pub(crate) fn find(&self, id: &RecordId) -> Found {
        if let Some(index) = self.places.get(id) {
            return Found::Waiting(*index);
        }
        let pieces = |run| Some((run, self.fences(run)?.pieces(id)));
        let runs = self.filter.candidates(id).into_iter();
        Found::Perhaps(runs.filter_map(pieces).collect())
    }

    /// What to write when `ids` follow, and what that changes. Nothing changes yet.
    pub(crate) fn extend(&self, ids: &[RecordId]) -> (Writes, Change) {
        let mut writes = Writes::new();
        let (mut files, mut runs) = (Vec::new(), Vec::new());
        let mut number = self.runs();
        let room = RUN_IDS.saturating_sub(self.waiting.len());
        let Some((rest, after)) = ids.split_at_checked(room) else {
            let values = self.extend_values(&mut writes, ids);
            let waiting = ids.to_vec();
            return (
                writes,
                Change {
                    files,
                    runs,
                    waiting,
                    values,
                },
            );
        };
        let mut whole = [self.waiting.as_slice(), rest].concat();
        let mut after = after;
        loop {
            let run = Run::new(number, &whole);
            files.push(run.write());
            runs.push((run.fences(), run.column()));
            number = number.saturating_add(1);
            let Some((next, rest)) = after.split_at_checked(RUN_IDS) else {
                break;
            };
            (whole, after) = (next.to_vec(), rest);
        }
        let first = number.saturating_mul(RUN_WIDTH);
        let values = write_values(&mut writes, (first, after), 0, 0);
        let waiting = after.to_vec();
        (
            writes,
            Change {
                files,
                runs,
                waiting,
                values,
            },
        )
    }

    /// Takes a change over, once it is durable.
    pub(crate) fn apply(&mut self, change: Change) {
        if !change.runs.is_empty() {
            self.waiting.clear();
            self.places.clear();
        }
        self.push_runs(change.runs);
        self.values = change.values;
        self.wait_for_run(&change.waiting);
    }

    fn wait_for_run(&mut self, ids: &[RecordId]) {
        let end = self.end();
        self.places.extend(ids.iter().copied().zip(end..));
        self.waiting.extend_from_slice(ids);
    }

    /// Writes the values that `ids` extend or begin; and where all values then begin.
    fn extend_values(&self, writes: &mut Writes, ids: &[RecordId]) -> Vec<usize> {
        let mut values = self.values.clone();
        if ids.is_empty() {
            return values;
        }
        let short = |start: &usize| self.waiting.len().saturating_sub(*start) < EXTEND_IDS;
        let start = values
            .pop_if(|start| short(start))
            .unwrap_or(self.waiting.len());
        let kept = self.waiting.get(start..).unwrap_or_default();
        let all = [kept, ids].concat();
        let first = self.runs().saturating_mul(RUN_WIDTH);
        let first = first.saturating_add(u64::try_from(start).unwrap_or(u64::MAX));
        let more = write_values(writes, (first, &all), values.len(), start);
        values.extend(more);
        values
    }
}

/// Writes the record ids from entry `first` on, as values from `number` on, and gives where the
/// values begin if these ids begin at `start`.
fn write_values(
    writes: &mut Writes,
    (first, ids): (u64, &[RecordId]),
    number: usize,
    start: usize,
) -> Vec<usize> {
    let mut starts = Vec::new();
    let (mut at, mut index) = (start, first);
    for (number, ids) in (number..).zip(ids.chunks(VALUE_IDS_MAX)) {
        // A run's record ids fill fewer values than a number has.
        let key = waiting_ids_key(u16::try_from(number).unwrap_or(u16::MAX));
        let mut value = index.to_be_bytes().to_vec();
        for id in ids {
            value.extend_from_slice(id.as_bytes());
        }
        let value = seal(&key, value);
        writes.push((key, value));
        starts.push(at);
        at = at.saturating_add(ids.len());
        index = index.saturating_add(u64::try_from(ids.len()).unwrap_or(u64::MAX));
    }
    starts
}

/// The first index and the record ids in a stored value, if it is one.
pub(crate) fn parse_value(number: u16, sealed: &[u8]) -> Option<(u64, Vec<RecordId>)> {
    let bytes = unseal(&waiting_ids_key(number), sealed)?;
    let (first, ids) = bytes.split_first_chunk()?;
    let (ids, rest) = ids.as_chunks::<32>();
    let ids = ids.iter().map(|id| RecordId::new(Hash::new(*id))).collect();
    rest.is_empty().then_some((u64::from_be_bytes(*first), ids))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::run::tests::id;

    #[test]
    fn however_record_ids_come_a_start_finds_them_again() {
        let batches: [&[u64]; 4] = [
            &[1; 300],
            &[1000; 40],
            &[16_384, 1, 40_000],
            &[63, 64, 65, 256, 257],
        ];
        for batches in batches {
            let (mut ids, mut stored, mut end) = (Ids::default(), BTreeMap::new(), 0);
            for batch in batches {
                let new: Vec<_> = (end..end + batch).map(id).collect();
                let (writes, change) = ids.extend(&new);
                stored.extend(writes);
                let values = change.values();
                ids.apply(change);
                end += batch;
                assert_eq!(ids.end(), end);
                assert!(values <= 257);

                let mut again = Ids::default();
                again.fences.clone_from(&ids.fences);
                for number in 0..values {
                    let value = &stored[&waiting_ids_key(number)];
                    let (first, ids) = parse_value(number, value).unwrap();
                    assert!(ids.len() <= VALUE_IDS_MAX);
                    again.push_value(first, &ids).unwrap();
                }
                assert_eq!((&again.waiting, &again.values), (&ids.waiting, &ids.values));
            }
            for number in (0..end).rev().step_by(501) {
                match ids.find(&id(number)) {
                    Found::Waiting(index) => assert_eq!(index, number),
                    Found::Perhaps(pieces) => {
                        assert!(pieces.iter().any(|(run, _)| *run == number / RUN_WIDTH));
                    }
                }
            }
            assert!(matches!(ids.find(&id(end)), Found::Perhaps(_)));
        }
    }
}
