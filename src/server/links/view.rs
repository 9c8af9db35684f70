//! What the links know at one moment: the postings, the keys, and what devices did last.

use std::collections::BTreeMap;

use witnessmark_log::{Reader, Store};
use witnessmark_postings::{Damaged, Done, Posting, Postings, Work};
use witnessmark_record::Problem;
use witnessmark_thread::Node;
use witnessmark_thread::devices::{Earlier as _, Finding, Numbered, findings};
use witnessmark_verifier::{Entry, EntryKind, Hash, OrgName};

use super::Trouble;
use super::device::History;
use super::facts::{Fact, of_device, place, posting};
use super::fresh::Said;
use super::keys::{Keys, Learnt};
use super::tails::Tails;

/// What an entry is to the links.
pub(super) enum Found {
    Record(Box<Said>),
    Keys(Learnt),
    /// It is neither, or a record of a later version that this one cannot read.
    Nothing,
}

impl Found {
    /// What the entry at `index` is.
    pub(super) fn of(index: u64, entry: &Entry) -> Self {
        let found = if entry.kind == EntryKind::KeyEvent {
            Learnt::of(entry).map(Self::Keys)
        } else {
            Node::of(index, entry).map(|node| Self::Record(Box::new(Said::of_node(&node))))
        };
        found.unwrap_or(Self::Nothing)
    }
}

/// The view as of its size.
#[derive(Debug)]
pub(super) struct View {
    postings: Postings,
    keys: Keys,
    tails: Tails,
    told: Told,
}

/// Records whose findings are kept, most of them none.
const TOLD_MAX: usize = 8_192;

/// What was found of the numbered records that were added last, by place, with their numbers.
#[derive(Debug, Default)]
struct Told(BTreeMap<u64, (u64, Vec<Finding>)>);

impl Told {
    fn add(&mut self, record: &Numbered, found: Vec<Finding>) {
        if self.0.len() >= TOLD_MAX {
            self.0.pop_first();
        }
        self.0.insert(record.index, (record.seq, found));
    }

    fn get(&self, index: u64) -> Option<Vec<Problem>> {
        let (seq, found) = self.0.get(&index)?;
        Some(found.iter().map(|it| it.problem(*seq)).collect())
    }
}

impl View {
    /// The view of what these postings are of, without its keys.
    pub(super) fn new(postings: Postings) -> Self {
        Self {
            postings,
            keys: Keys::default(),
            tails: Tails::default(),
            told: Told::default(),
        }
    }

    /// Up to which size the view is complete.
    pub(super) fn size(&self) -> u64 {
        self.postings.size()
    }

    /// Takes note of a key event.
    pub(super) fn learn(&mut self, index: u64, learnt: Learnt) {
        self.keys.add(index, learnt);
    }

    /// Adds the entry at `index`, if it is the next. True if what is in memory is to be frozen then.
    ///
    /// # Errors
    ///
    /// Then nothing is added.
    pub(super) fn add<S: Store>(
        &mut self,
        (index, found): (u64, Found),
        reader: &Reader<S>,
    ) -> Result<bool, Trouble> {
        if index != self.size() {
            return Ok(false);
        }
        match found {
            Found::Record(said) => self.add_record(index, &said, reader)?,
            Found::Keys(learnt) => self.keys.add(index, learnt),
            Found::Nothing => {}
        }
        Ok(self.postings.advance(index.saturating_add(1)))
    }

    fn add_record<S: Store>(
        &mut self,
        index: u64,
        said: &Said,
        reader: &Reader<S>,
    ) -> Result<(), Trouble> {
        let of_record = said.facts.iter();
        let of_record = of_record.map(|(key, marks)| posting(*key, index, *marks));
        let mut postings: Vec<Posting> = of_record.collect();
        let mut found = Vec::new();
        let numbered = self.keys.number_at(index, said);
        if let Some(record) = &numbered {
            if self.tails.wants_highest(record) {
                let highest = self.before(record, reader, false).highest()?;
                self.tails.keep_highest(&record.key, highest);
            }
            let mut earlier = self.before(record, reader, true);
            found = findings(&mut earlier, record)?;
            let below = earlier.number_below(record.seq)?;
            postings.extend(of_device(record, below));
            if !found.is_empty() {
                postings.push(Fact::Finding(index).at(index, 0));
            }
        }
        for posting in postings {
            self.postings.insert(posting);
        }
        if let Some(record) = &numbered {
            self.tails.add(record);
            self.told.add(record, found);
        }
        Ok(())
    }

    /// The earlier records of a device.
    fn before<'a, S: Store>(
        &'a self,
        record: &Numbered,
        reader: &'a Reader<S>,
        is_next: bool,
    ) -> History<'a, S> {
        let view = (&self.postings, &self.keys, &self.tails);
        History::before(record, view, reader, is_next)
    }

    /// What is to be said of a record because of the earlier ones of its device.
    pub(super) fn findings<S: Store>(
        &self,
        reader: &Reader<S>,
        node: &Node,
    ) -> Result<Vec<Problem>, Trouble> {
        let Some(record) = self.keys.number(node) else {
            return Ok(Vec::new());
        };
        let found = findings(&mut self.before(&record, reader, false), &record)?;
        Ok(found.iter().map(|it| it.problem(record.seq)).collect())
    }

    /// The same of the record at `index`, if it was added lately.
    pub(super) fn told_of(&self, index: u64) -> Option<Vec<Problem>> {
        self.told.get(index)
    }

    /// Whether the record at `index` is in memory and nothing is to be said of it.
    pub(super) fn says_nothing_of(&self, index: u64) -> bool {
        let mut found = self.postings.find_in_memory(Fact::Finding(index).key());
        index >= self.postings.in_memory_from() && !found.any(|value| place(value) == index)
    }

    /// The values of a key that are of entries below `size`.
    pub(super) fn values(&self, key: u64, size: u64) -> Result<Vec<u64>, Damaged> {
        let mut values = Vec::new();
        for value in self.postings.find(key) {
            let value = value?;
            if place(value) >= size {
                break;
            }
            values.push(value);
        }
        Ok(values)
    }

    /// The key events of `org` below `size`, ascending.
    pub(super) fn key_events_of(&self, org: &OrgName, size: u64) -> Vec<u64> {
        self.keys.of(org, size)
    }

    /// Sets what is in memory apart to be written, if the view still ends at `size`, where the log has this root.
    pub(super) fn freeze(&mut self, size: u64, root: Hash) {
        if self.size() == size {
            self.postings.freeze(root);
        }
    }

    /// Whether too much waits for being written.
    pub(super) fn is_behind(&self) -> bool {
        self.postings.is_behind()
    }

    /// What is to be written next.
    pub(super) fn work(&self) -> Option<Work> {
        self.postings.work()
    }

    /// Takes over what was written.
    ///
    /// # Errors
    ///
    /// What it was to be made of is damaged.
    pub(super) fn finish(&mut self, done: Done) -> Result<(), Damaged> {
        self.postings.finish(done)
    }

    /// Drops what is damaged, and what is of later entries.
    pub(super) fn cut(&mut self, damaged: &Damaged) {
        self.postings.cut(damaged.first);
        self.tails.clear();
        self.told = Told::default();
    }
}
