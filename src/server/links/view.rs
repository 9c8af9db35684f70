//! What the links know at one moment: the postings, the keys, and what devices did last.

use witnessmark_log::{Reader, Store};
use witnessmark_postings::{Damaged, Done, Postings, Work};
use witnessmark_record::Problem;
use witnessmark_thread::Node;
use witnessmark_thread::devices::{Earlier as _, findings};
use witnessmark_verifier::{Entry, EntryKind, Hash, OrgName};

use super::Trouble;
use super::device::{History, Tails};
use super::facts::{Fact, of_device, of_record, place};
use super::keys::{Keys, Learnt};

/// What an entry is to the links.
pub(super) enum Found {
    Record(Box<Node>),
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
            Node::of(index, entry).map(|node| Self::Record(Box::new(node)))
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
}

impl View {
    /// The view of what these postings are of, without its keys.
    pub(super) fn new(postings: Postings) -> Self {
        Self {
            postings,
            keys: Keys::default(),
            tails: Tails::default(),
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
            Found::Record(node) => self.add_record(&node, reader)?,
            Found::Keys(learnt) => self.keys.add(index, learnt),
            Found::Nothing => {}
        }
        Ok(self.postings.advance(index.saturating_add(1)))
    }

    fn add_record<S: Store>(&mut self, node: &Node, reader: &Reader<S>) -> Result<(), Trouble> {
        let mut postings = of_record(node);
        let numbered = self.keys.number(node);
        if let Some(record) = &numbered {
            let view = (&self.postings, &self.keys);
            let mut earlier = History::before(record, view, reader, Some(&self.tails));
            if !findings(&mut earlier, record)?.is_empty() {
                postings.push(Fact::Finding(node.index).at(node.index, 0));
            }
            let below = earlier.number_below(record.seq)?;
            postings.extend(of_device(record, below));
        }
        for posting in postings {
            self.postings.insert(posting);
        }
        if let Some(record) = &numbered {
            self.tails.add(record);
        }
        Ok(())
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
        let view = (&self.postings, &self.keys);
        let found = findings(&mut History::before(&record, view, reader, None), &record)?;
        Ok(found.iter().map(|it| it.problem(record.seq)).collect())
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
    }
}
