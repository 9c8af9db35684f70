//! The postings of a log: runs from its first entry on, and in memory those of its last entries.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use witnessmark_verifier::Hash;

use crate::filter::Filter;
use crate::merge::{Done, Source, UNFINISHED, Work};
use crate::run::{Damaged, Posting, Run, Span};

/// Runs of one level that are merged.
const FAN_IN: usize = 8;
/// Runs of the highest level are never merged: there would be 8^12 of the lowest in one.
const LEVEL_MAX: u8 = 12;

/// When postings in memory are to become a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Those of this many entries, which a start after a crash makes again.
    pub entries: u64,
    /// Or this many, whatever entries they are of: they take about 40 bytes each.
    pub postings: usize,
    /// How many times as much may wait for being written.
    pub waiting: usize,
}

/// The postings of a log.
#[derive(Debug)]
pub struct Postings {
    dir: PathBuf,
    sizes: Sizes,
    writes: bool,
    /// From the first entry on, each following the one before.
    runs: Vec<Arc<Run>>,
    /// What is to become the next runs.
    frozen: VecDeque<Arc<Frozen>>,
    /// Of the entries from `first` to `size`.
    waiting: BTreeSet<Posting>,
    first: u64,
    size: u64,
}

/// Postings that are to become a run.
#[derive(Debug)]
pub(crate) struct Frozen {
    pub(crate) span: Span,
    pub(crate) root: Hash,
    /// Ascending.
    pub(crate) postings: Vec<Posting>,
    filter: Filter,
}

impl Frozen {
    fn new(span: Span, root: Hash, postings: BTreeSet<Posting>) -> Self {
        let mut filter = Filter::new(u64::try_from(postings.len()).unwrap_or(u64::MAX));
        for posting in &postings {
            filter.add(posting.key);
        }
        Self {
            span,
            root,
            postings: postings.into_iter().collect(),
            filter,
        }
    }

    fn values(&self, key: u64) -> impl Iterator<Item = u64> + '_ {
        let range = if self.filter.may_have(key) {
            let start = self.postings.partition_point(|posting| posting.key < key);
            let end = self.postings.partition_point(|posting| posting.key <= key);
            start..end
        } else {
            0..0
        };
        let own = self.postings.get(range).unwrap_or_default();
        own.iter().map(|posting| posting.value)
    }
}

impl Postings {
    /// The postings whose runs are in `dir`, as far as they are of this log: `fits` says whether the log has had this root at
    /// this size. All that does not fit, or does not follow, is passed over, and said. Unless `writes`, nothing is ever written
    /// or removed, and what is not in the runs stays in memory.
    ///
    /// There need not be anything in `dir`, and it need not be there.
    pub fn open(
        dir: &Path,
        sizes: Sizes,
        writes: bool,
        mut fits: impl FnMut(u64, &Hash) -> bool,
    ) -> (Self, Vec<String>) {
        let mut notes = Vec::new();
        let mut found = spans_in(dir).unwrap_or_else(|error| {
            notes.push(format!("{}: {error}", dir.display()));
            BTreeMap::new()
        });
        let mut runs: Vec<Arc<Run>> = Vec::new();
        let mut size = 0;
        while let Some(spans) = found.get_mut(&size) {
            // The longest first: it may be one over the others, which a crash has kept from being removed.
            let Some(span) = spans.pop_last() else {
                break;
            };
            let path = dir.join(span.1.file_name());
            match Run::open(&path) {
                Ok(run) if run.span == span.1 && fits(run.span.end, &run.root) => {
                    size = run.span.end;
                    runs.push(Arc::new(run));
                }
                Ok(_) => notes.push(format!("{} is not of this log", path.display())),
                Err(error) => notes.push(format!("{}: {error}", path.display())),
            }
        }
        if writes {
            remove_others(dir, &runs);
        }
        let postings = Self {
            dir: dir.to_owned(),
            sizes,
            writes,
            runs,
            frozen: VecDeque::new(),
            waiting: BTreeSet::new(),
            first: size,
            size,
        };
        (postings, notes)
    }

    /// Up to which entry there are postings.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// From which entry on the postings are in memory.
    pub fn in_memory_from(&self) -> u64 {
        self.frozen
            .front()
            .map_or(self.first, |frozen| frozen.span.first)
    }

    /// Adds a posting of the next entry.
    pub fn insert(&mut self, posting: Posting) {
        self.waiting.insert(posting);
    }

    /// Takes note that there are all postings of the entries up to `size`. True if what is in memory is to become a run:
    /// then [`Postings::freeze`] comes next.
    pub fn advance(&mut self, size: u64) -> bool {
        self.size = self.size.max(size);
        let entries = self.size.saturating_sub(self.first);
        entries >= self.sizes.entries || self.waiting.len() >= self.sizes.postings
    }

    /// Sets what is in memory apart, to become a run. `root` is the one that the log has at [`Postings::size`].
    pub fn freeze(&mut self, root: Hash) {
        if self.size == self.first {
            return;
        }
        let span = Span {
            level: 0,
            first: self.first,
            end: self.size,
        };
        let postings = std::mem::take(&mut self.waiting);
        let frozen = Frozen::new(span, root, postings);
        self.frozen.push_back(Arc::new(frozen));
        self.first = self.size;
    }

    /// Whether so much waits for being written that nothing more should be added before.
    pub fn is_behind(&self) -> bool {
        self.frozen.len() >= self.sizes.waiting
    }

    /// The values of a key, ascending within a run, and those of earlier runs first.
    pub fn find(&self, key: u64) -> impl Iterator<Item = Result<u64, Damaged>> + '_ {
        let stored = self.runs.iter().flat_map(move |run| run.find(key));
        stored.chain(self.find_in_memory(key).map(Ok))
    }

    /// Those of the entries from [`Postings::in_memory_from`] on.
    pub fn find_in_memory(&self, key: u64) -> impl Iterator<Item = u64> + '_ {
        let frozen = self.frozen.iter();
        frozen
            .flat_map(move |frozen| frozen.values(key))
            .chain(values(&self.waiting, key))
    }

    /// What is to be written next, if there is anything. One at a time: the next after [`Postings::finish`].
    pub fn work(&self) -> Option<Work> {
        if !self.writes {
            return None;
        }
        let level = |run: &Arc<Run>| run.span.level;
        let same = |runs: &[Arc<Run>]| {
            runs.first().map(level) == runs.last().map(level)
                && runs.first().is_some_and(|run| level(run) < LEVEL_MAX)
        };
        // Levels fall from the first run to the last, and stay so when the first of a level are merged first. Merges come
        // before new runs, or there would be more and more of these while much is added.
        let runs = self.runs.windows(FAN_IN).find(|runs| same(runs));
        let merge = runs.map(|runs| Source::Runs(runs.to_vec()));
        let next = self.frozen.front().map(Arc::clone).map(Source::Frozen);
        Some(match merge {
            Some(merge) => Work::new(&self.dir, merge, next),
            None => Work::new(&self.dir, next?, None),
        })
    }

    /// Takes over what was written, and removes what it was made of.
    ///
    /// # Errors
    ///
    /// What it was to be made of is damaged.
    pub fn finish(&mut self, done: Done) -> Result<(), Damaged> {
        let run = Arc::new(done.outcome?);
        match done.from {
            Source::Frozen(from) => {
                let next = self.frozen.front();
                if next.is_some_and(|next| Arc::ptr_eq(next, &from)) {
                    self.frozen.pop_front();
                    self.runs.push(run);
                    return Ok(());
                }
            }
            Source::Runs(from) => {
                let is_first = |run: &Arc<Run>| from.first().is_some_and(|it| Arc::ptr_eq(run, it));
                let start = self.runs.iter().position(is_first);
                let range = start.map(|start| start..start.saturating_add(from.len()));
                let same = |own: &[Arc<Run>]| own.iter().zip(&from).all(|(a, b)| Arc::ptr_eq(a, b));
                if let Some(range) = range
                    && self.runs.get(range.clone()).is_some_and(same)
                {
                    let removed: Vec<_> = self.runs.splice(range, [run]).collect();
                    for run in removed {
                        remove(run.path());
                    }
                    return Ok(());
                }
            }
        }
        // What it was made of has been dropped meanwhile.
        remove(run.path());
        Ok(())
    }

    /// Drops the run that begins with the entry `first` or holds it, and all that follows. The postings of the entries from
    /// [`Postings::size`] on are then to be made again.
    pub fn cut(&mut self, first: u64) {
        let kept = self.runs.partition_point(|run| run.span.end <= first);
        for run in self.runs.drain(kept..).filter(|_| self.writes) {
            remove(run.path());
        }
        self.frozen.clear();
        self.waiting.clear();
        self.size = self.runs.last().map_or(0, |run| run.span.end);
        self.first = self.size;
    }
}

fn values(postings: &BTreeSet<Posting>, key: u64) -> impl Iterator<Item = u64> + '_ {
    let (first, last) = (0, u64::MAX);
    let all = Posting { key, value: first }..=Posting { key, value: last };
    postings.range(all).map(|posting| posting.value)
}

/// The runs in a folder by their first entry, and then by their end.
fn spans_in(dir: &Path) -> io::Result<BTreeMap<u64, BTreeMap<u64, Span>>> {
    let mut found: BTreeMap<u64, BTreeMap<u64, Span>> = BTreeMap::new();
    let files = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        files => files?,
    };
    for file in files {
        if let Some(span) = file?.file_name().to_str().and_then(Span::parse) {
            found.entry(span.first).or_default().insert(span.end, span);
        }
    }
    Ok(found)
}

/// Removes the runs that are none of these, and what was being written. Files of others stay.
fn remove_others(dir: &Path, runs: &[Arc<Run>]) {
    for spans in spans_in(dir).unwrap_or_default().into_values() {
        for span in spans.into_values() {
            if !runs.iter().any(|run| run.span == span) {
                remove(&dir.join(span.file_name()));
            }
        }
    }
    if dir.is_dir() {
        remove(&dir.join(UNFINISHED));
    }
}

/// Removes a file. One that stays is passed over by the next start.
fn remove(path: &Path) {
    drop(fs::remove_file(path));
}

#[cfg(test)]
mod tests;
