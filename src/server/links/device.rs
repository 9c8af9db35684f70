//! The numbers of a device, looked up on disk: what its earlier records say of a record.

use witnessmark_log::{Reader, Store};
use witnessmark_postings::Postings;
use witnessmark_thread::Node;
use witnessmark_thread::devices::{Earlier, Numbered};
use witnessmark_verifier::{KeyId, LeafIndex, RecordId};

use super::facts::{BLOCK_BITS, BLOCK_LEVELS, Fact, place};
use super::keys::Keys;
use super::tails::{Highest, Tail, Tails};
use super::{Trouble, parse};

/// The records of the device `key` before the entry at `end`.
pub(super) struct History<'a, S> {
    postings: &'a Postings,
    keys: &'a Keys,
    reader: &'a Reader<S>,
    key: KeyId,
    end: u64,
    tails: &'a Tails,
    /// What the device did last, if the records are those of this moment.
    tail: Option<&'a Tail>,
    /// The highest number below another one, as it was found before.
    below: Option<(u64, Option<u64>)>,
}

impl<'a, S: Store> History<'a, S> {
    /// The records before `record`. It is the next that comes, if `is_next`.
    pub(super) fn before(
        record: &Numbered,
        (postings, keys, tails): (&'a Postings, &'a Keys, &'a Tails),
        reader: &'a Reader<S>,
        is_next: bool,
    ) -> Self {
        let tail = tails.of(&record.key).filter(|_| is_next);
        Self {
            postings,
            keys,
            reader,
            key: record.key,
            end: record.index,
            tails,
            tail,
            below: None,
        }
    }

    /// The record at `index`, if it is one of this device.
    fn at(&self, index: u64) -> Result<Option<Numbered>, Trouble> {
        let numbered = if let Some(kept) = self.tails.at(index) {
            Some(*kept)
        } else {
            let bytes = self.reader.entry(LeafIndex::new(index))?;
            let node = Node::of(index, &parse(index, &bytes)?);
            node.and_then(|node| self.keys.number(&node))
        };
        Ok(numbered.filter(|numbered| numbered.key == self.key))
    }

    /// The highest numbers, if they are kept from this one on.
    fn kept(&self, seq: u64) -> Option<&'a Highest> {
        let highest = self.tail?.highest.as_ref();
        highest.filter(|highest| highest.has_from(seq))
    }

    /// The first of the records that have this in common, and for which `is` says so.
    fn first(
        &self,
        fact: Fact<'_>,
        is: impl Fn(&Numbered) -> bool,
    ) -> Result<Option<u64>, Trouble> {
        for value in self.postings.find(fact.key()) {
            let index = place(value?);
            if index >= self.end {
                break;
            }
            if self.at(index)?.is_some_and(|numbered| is(&numbered)) {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// Whether one of the numbers in a block may be there.
    fn has_block(&self, level: u32, block: u64) -> Result<bool, Trouble> {
        let key = Fact::Block(&self.key, level, block).key();
        let first = self.postings.find(key).next().transpose()?;
        Ok(block == 0 || first.is_some_and(|value| place(value) < self.end))
    }

    /// The highest number in a block, if there is one. A block of level 0 is a number.
    fn highest_in(&mut self, level: u32, block: u64) -> Result<Option<u64>, Trouble> {
        let Some(below) = level.checked_sub(1) else {
            let found = if block == 0 {
                None
            } else {
                self.numbered(block)?
            };
            return Ok(found.map(|_| block));
        };
        if !self.has_block(level, block)? {
            return Ok(None);
        }
        let first = block << BLOCK_BITS;
        for inner in (first..=first | ((1 << BLOCK_BITS) - 1)).rev() {
            if let Some(found) = self.highest_in(below, inner)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The highest number of all.
    pub(super) fn highest(&mut self) -> Result<Option<u64>, Trouble> {
        match self.numbered(u64::MAX)? {
            Some(_) => Ok(Some(u64::MAX)),
            None => self.search_below(u64::MAX),
        }
    }

    fn search_below(&mut self, seq: u64) -> Result<Option<u64>, Trouble> {
        for level in 0..=BLOCK_LEVELS {
            let block = seq >> (level * BLOCK_BITS);
            let first = block & !((1 << BLOCK_BITS) - 1);
            for beside in (first..block).rev() {
                if let Some(found) = self.highest_in(level, beside)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }
}

impl<S: Store> Earlier for History<'_, S> {
    type Error = Trouble;

    fn number_below(&mut self, seq: u64) -> Result<Option<u64>, Trouble> {
        let before = seq.checked_sub(1);
        if self.tail.is_some_and(|tail| Some(tail.last.seq) == before) {
            return Ok(before);
        }
        if let Some(kept) = self.kept(seq) {
            return Ok(kept.below(seq));
        }
        if let Some((_, found)) = self.below.filter(|(asked, _)| *asked == seq) {
            return Ok(found);
        }
        let found = self.search_below(seq)?;
        self.below = Some((seq, found));
        Ok(found)
    }

    fn numbered(&mut self, seq: u64) -> Result<Option<u64>, Trouble> {
        if let Some(kept) = self.kept(seq) {
            return Ok(kept.first(seq).map(|(index, _)| index));
        }
        self.first(Fact::Number(&self.key, seq), |it| it.seq == seq)
    }

    fn has_number(&mut self, record: &RecordId, seq: u64) -> Result<bool, Trouble> {
        let last = self.tail.map(|tail| tail.last);
        if last.is_some_and(|last| last.id == *record && last.seq == seq) {
            return Ok(true);
        }
        if let Some(kept) = self.kept(seq) {
            match kept.first(seq) {
                None => return Ok(false),
                Some((_, first)) if first == *record => return Ok(true),
                // It may be another one with this number.
                Some(_) => {}
            }
        }
        let index = self.reader.index_of(record)?.map(LeafIndex::get);
        let Some(index) = index.filter(|index| *index < self.end) else {
            return Ok(false);
        };
        Ok(self.at(index)?.is_some_and(|numbered| numbered.seq == seq))
    }

    fn follower(&mut self, previous: &RecordId) -> Result<Option<u64>, Trouble> {
        let fact = Fact::Follows(&self.key, previous);
        self.first(fact, |it| it.previous == Some(*previous))
    }
}
