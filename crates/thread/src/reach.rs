//! Which records belong to the thread of a record: the one rule, for whoever holds the records.
//!
//! Step 0 is every record with the thread id of the one that was asked for. Each further step adds what is linked with a
//! record of the step before, in either direction, and every record with the thread id of one that is added. It ends when
//! nothing is added. A step that does not fit the limits is left out whole, and with it everything behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use witnessmark_verifier::RecordId;

use crate::Records;

/// What a walk needs to know of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub id: RecordId,
    /// The subject that it names.
    pub thread_id: Vec<u8>,
    /// The records that it links to.
    pub targets: Vec<RecordId>,
    /// How many bytes of an answer it takes.
    pub bytes: usize,
}

/// What a walk asks of a ledger; all of it as of one size.
pub trait Ledger {
    /// Why there is no answer.
    type Error;

    /// The record at this place; nothing if the entry there is none that can be read.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    fn record(&mut self, index: u64) -> Result<Option<Seen>, Self::Error>;

    /// Where the record with this id is, if it is there.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    fn index_of(&mut self, record: &RecordId) -> Result<Option<u64>, Self::Error>;

    /// The places of the records that link to this one.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    fn linking_to(&mut self, record: &RecordId) -> Result<Vec<u64>, Self::Error>;

    /// The places of the records with this thread id.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    fn of_thread(&mut self, thread_id: &[u8]) -> Result<Vec<u64>, Self::Error>;
}

/// How much a thread may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How many records.
    pub records: usize,
    /// How many bytes of entries.
    pub bytes: usize,
}

impl Extent {
    /// No limit but the memory's.
    pub const ALL: Self = Self {
        records: usize::MAX,
        bytes: usize::MAX,
    };
}

/// The records of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The places of the records, each with the number of its step.
    pub steps: BTreeMap<u64, u32>,
    /// True when a further step was left out because it does not fit.
    pub more: bool,
}

/// Why there is no thread.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReachError<E> {
    /// The ledger cannot be read.
    Ledger(E),
    /// The entry that was asked for is not a record that can be read.
    NotRecord,
    /// The subject and what is linked with it directly do not fit. They are never cut: a withdrawal could be in the part
    /// that is missing.
    TooLarge,
}

/// The thread of the record at `start`.
///
/// # Errors
///
/// There is no such record, steps 0 and 1 do not fit `extent`, or the ledger cannot be read.
pub fn reach<L: Ledger>(
    ledger: &mut L,
    start: u64,
    extent: Extent,
) -> Result<Reach, ReachError<L::Error>> {
    let mut walk = Walk {
        ledger,
        seen: BTreeMap::new(),
        left: extent,
    };
    if walk.look(start)?.is_none() {
        return Err(ReachError::NotRecord);
    }
    let mut reached = Reach {
        steps: BTreeMap::new(),
        more: false,
    };
    let mut found = BTreeSet::from([start]);
    let mut step = 0;
    loop {
        let Some(added) = walk.add(&found, &reached.steps)? else {
            if step <= 1 {
                return Err(ReachError::TooLarge);
            }
            reached.more = true;
            return Ok(reached);
        };
        if added.is_empty() {
            return Ok(reached);
        }
        reached
            .steps
            .extend(added.iter().map(|index| (*index, step)));
        found = walk.around(&added)?;
        step += 1;
    }
}

struct Walk<'a, L> {
    ledger: &'a mut L,
    seen: BTreeMap<u64, Seen>,
    left: Extent,
}

impl<L: Ledger> Walk<'_, L> {
    fn look(&mut self, index: u64) -> Result<Option<&Seen>, ReachError<L::Error>> {
        if !self.seen.contains_key(&index) {
            let Some(seen) = self.ledger.record(index).map_err(ReachError::Ledger)? else {
                return Ok(None);
            };
            self.seen.insert(index, seen);
        }
        Ok(self.seen.get(&index))
    }

    /// The next step: what was found, with its subjects, without what is there. Nothing if it does not fit.
    fn add(
        &mut self,
        found: &BTreeSet<u64>,
        before: &BTreeMap<u64, u32>,
    ) -> Result<Option<BTreeSet<u64>>, ReachError<L::Error>> {
        let mut waiting: Vec<u64> = found.iter().rev().copied().collect();
        let mut added = BTreeSet::new();
        let mut subjects = BTreeSet::new();
        while let Some(index) = waiting.pop() {
            if before.contains_key(&index) || added.contains(&index) {
                continue;
            }
            let Some(seen) = self.look(index)? else {
                continue;
            };
            let (bytes, subject) = (seen.bytes, seen.thread_id.clone());
            let (Some(records), Some(bytes)) = (
                self.left.records.checked_sub(1),
                self.left.bytes.checked_sub(bytes),
            ) else {
                return Ok(None);
            };
            self.left = Extent { records, bytes };
            added.insert(index);
            if !subjects.contains(&subject) {
                waiting.extend(
                    self.ledger
                        .of_thread(&subject)
                        .map_err(ReachError::Ledger)?,
                );
                subjects.insert(subject);
            }
        }
        Ok(Some(added))
    }

    /// What is linked with these, in either direction.
    fn around(&mut self, added: &BTreeSet<u64>) -> Result<BTreeSet<u64>, ReachError<L::Error>> {
        let mut found = BTreeSet::new();
        for index in added {
            let Some(seen) = self.seen.get(index).cloned() else {
                continue;
            };
            for target in &seen.targets {
                found.extend(self.ledger.index_of(target).map_err(ReachError::Ledger)?);
            }
            found.extend(
                self.ledger
                    .linking_to(&seen.id)
                    .map_err(ReachError::Ledger)?,
            );
        }
        Ok(found)
    }
}

/// The thread of the record at `start` among `records`; nothing if it is not one of them.
pub fn reach_among(records: &Records, start: u64) -> Option<Reach> {
    let mut among = Among::of(records);
    reach(&mut among, start, Extent::ALL).ok()
}

/// Records that are at hand, as a ledger.
struct Among<'a> {
    records: &'a Records,
    linking: BTreeMap<RecordId, Vec<u64>>,
    threads: BTreeMap<&'a [u8], Vec<u64>>,
}

impl<'a> Among<'a> {
    fn of(records: &'a Records) -> Self {
        let mut linking: BTreeMap<RecordId, Vec<u64>> = BTreeMap::new();
        let mut threads: BTreeMap<&[u8], Vec<u64>> = BTreeMap::new();
        for node in records.iter() {
            threads
                .entry(node.thread_id())
                .or_default()
                .push(node.index);
            for link in node.links() {
                linking.entry(link.target).or_default().push(node.index);
            }
        }
        Self {
            records,
            linking,
            threads,
        }
    }
}

impl Ledger for Among<'_> {
    type Error = Infallible;

    fn record(&mut self, index: u64) -> Result<Option<Seen>, Infallible> {
        Ok(self.records.at(index).map(|node| Seen {
            id: node.id,
            thread_id: node.thread_id().to_vec(),
            targets: node.links().iter().map(|link| link.target).collect(),
            bytes: 0,
        }))
    }

    fn index_of(&mut self, record: &RecordId) -> Result<Option<u64>, Infallible> {
        Ok(self.records.get(record).map(|node| node.index))
    }

    fn linking_to(&mut self, record: &RecordId) -> Result<Vec<u64>, Infallible> {
        Ok(self.linking.get(record).cloned().unwrap_or_default())
    }

    fn of_thread(&mut self, thread_id: &[u8]) -> Result<Vec<u64>, Infallible> {
        Ok(self.threads.get(thread_id).cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Node;
    use crate::sample::{Rel, draft, nobody, records};

    /// A chain of four: 3 about 2, 2 about 1, and 1 has the thread id of 0; 4 is alone.
    fn chain() -> [Node; 5] {
        let zero = draft(0).at(10);
        let one = draft(1).with(|it| it.thread_id = vec![1; 16]).at(11);
        let two = draft(2).link(Rel::About, one.id).at(12);
        let three = draft(3)
            .link(Rel::About, two.id)
            .link(Rel::About, nobody())
            .at(13);
        [zero, one, two, three, draft(4).at(14)]
    }

    #[test]
    fn a_thread_is_the_subject_and_what_is_linked_with_it_in_either_direction() {
        let [zero, one, two, three, four] = chain();
        let all = records([&zero, &one, &two, &three, &four]);
        let steps = |start| reach_among(&all, start).unwrap().steps;
        assert_eq!(
            steps(10),
            BTreeMap::from([(10, 0), (11, 0), (12, 1), (13, 2)])
        );
        // The subject comes with a record of it that is reached.
        assert_eq!(
            steps(13),
            BTreeMap::from([(13, 0), (12, 1), (11, 2), (10, 2)])
        );
        assert_eq!(steps(14), BTreeMap::from([(14, 0)]));
        assert_eq!(reach_among(&all, 9), None);
    }

    #[test]
    fn a_step_that_does_not_fit_is_left_out_whole_and_said_to_be() {
        let [zero, one, two, three, four] = chain();
        let all = records([&zero, &one, &two, &three, &four]);
        let within = |records| {
            let extent = Extent { records, bytes: 0 };
            reach(&mut Among::of(&all), 10, extent)
        };
        let cut = within(3).unwrap();
        assert_eq!(cut.steps, BTreeMap::from([(10, 0), (11, 0), (12, 1)]));
        assert!(cut.more);
        assert!(!within(4).unwrap().more);
        // What is linked directly is never cut.
        for records in 0..3 {
            assert_eq!(within(records), Err(ReachError::TooLarge));
        }
    }
}
