//! Which entries belong together: the records that link to a record, those of one subject, what is a
//! part of what, the records of one device, and the key events of an organisation.
//!
//! A view on disk, in the folder `links`, and never the truth: it names places in the log, and the entries there are looked
//! into before anything is concluded. It follows the log without a sync for each commit; a start passes over what does not
//! fit the log and makes it again from the entries. It is brought up to a size before it is asked about that size, so that what
//! it says is complete as of the checkpoint that the answer is relative to.

mod device;
mod facts;
mod follow;
mod fresh;
mod keys;
mod tails;
#[cfg(test)]
mod tests;
mod view;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, RwLock};

use witnessmark_log::{LogError, Reader, Store};
use witnessmark_postings::{Damaged, Postings, Sizes};
use witnessmark_record::Problem;
use witnessmark_record::v1::LinkRel;
use witnessmark_thread::Node;
use witnessmark_verifier::{Entry, Hash, LeafIndex, OrgName, RecordId};

use self::facts::{CHANGES, Fact, HAS_PART, SPEAKS, has, marks, place};
use self::fresh::Fresh;
pub(crate) use self::fresh::Said;
use self::keys::Learnt;
use self::view::View;

/// The folder beside the store.
const FOLDER: &str = "links";
/// When postings become a run: a start after a crash makes those of so many entries again, and to decode a record of a kilobyte takes
/// up to a tenth of a millisecond. As many as come while two million entries are merged may wait for being written.
const SIZES: Sizes = Sizes {
    entries: 4_096,
    postings: 32_768,
    waiting: 64,
};

/// The view.
#[derive(Debug)]
pub(crate) struct Links<S> {
    reader: Reader<S>,
    view: RwLock<View>,
    fresh: Fresh,
    /// Held by who brings the view up to a size.
    turn: Mutex<()>,
    /// Whether a run is being written.
    writing: AtomicBool,
    wake: Sender<()>,
}

/// Why there is no answer yet, or none at all.
#[derive(Debug)]
enum Trouble {
    /// What is damaged is dropped and made again.
    Damaged(Damaged),
    Log(LogError),
}

impl From<LogError> for Trouble {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<Damaged> for Trouble {
    fn from(damaged: Damaged) -> Self {
        Self::Damaged(damaged)
    }
}

impl<S: Store> Links<S> {
    /// Opens the view of the log whose store is in `dir`, as far as it is there. Also gives what tells when there is something to be
    /// done beside the calls; see [`Links::next_work`].
    ///
    /// # Errors
    ///
    /// The key events cannot be read.
    pub(crate) fn open(
        dir: &Path,
        reader: Reader<S>,
        writes: bool,
    ) -> Result<(Self, Receiver<()>), LogError> {
        Self::open_with(dir, reader, writes, SIZES)
    }

    fn open_with(
        dir: &Path,
        reader: Reader<S>,
        writes: bool,
        sizes: Sizes,
    ) -> Result<(Self, Receiver<()>), LogError> {
        let published = reader.published();
        let has = |size: u64, root: &Hash| {
            let found = reader.frontier(size);
            size <= published.size() && found.is_ok_and(|found| found.root() == *root)
        };
        let (postings, notes) = Postings::open(&dir.join(FOLDER), sizes, writes, has);
        for note in notes {
            tracing::warn!(%note, "a part of the index of links is not used, and is made again");
        }
        let mut view = View::new(postings);
        for &index in published.key_entries.iter() {
            if index < view.size()
                && let Some(learnt) = Learnt::of(&read(&reader, index)?)
            {
                view.learn(index, learnt);
            }
        }
        let (wake, woken) = mpsc::channel();
        let links = Self {
            reader,
            view: RwLock::new(view),
            fresh: Fresh::default(),
            turn: Mutex::new(()),
            writing: AtomicBool::new(false),
            wake,
        };
        Ok((links, woken))
    }

    /// Takes note of what records say that were just logged, each with its place.
    pub(crate) fn add_fresh(&self, said: impl IntoIterator<Item = (u64, Box<Said>)>) {
        self.fresh.add(said);
    }

    /// The warnings about the record at `index` because of the earlier ones of its device.
    ///
    /// # Errors
    ///
    /// The entries cannot be read.
    pub(crate) fn of_device(&self, index: u64) -> Result<Vec<Problem>, LogError> {
        let size = index.saturating_add(1);
        self.catch_up(size)?;
        if let Some(told) = self.view().told_of(index) {
            return Ok(told);
        }
        let found = self.values(Fact::Finding(index), size)?;
        if !found.into_iter().any(|value| place(value) == index) {
            return Ok(Vec::new());
        }
        let node = Node::of(index, &read(&self.reader, index)?);
        let Some(node) = node else {
            return Ok(Vec::new());
        };
        self.mending(size, |view| view.findings(&self.reader, &node))
    }

    /// The same if that takes no time: nobody changes the view, which is complete up to the record or soon will be, and the record was
    /// added lately, or there is nothing to be said.
    pub(crate) fn of_device_now(&self, index: u64) -> Option<Vec<Problem>> {
        if self.view.try_read().ok()?.size() <= index {
            self.follow_few()?;
        }
        let view = self.view.try_read().ok()?;
        if view.size() <= index {
            return None;
        }
        let nothing = || view.says_nothing_of(index).then(Vec::new);
        view.told_of(index).or_else(nothing)
    }

    /// The records below `size` that link to `record`, ascending; if there are more than `most`, only the first of them,
    /// one more than `most`.
    ///
    /// # Errors
    ///
    /// The entries cannot be read.
    pub(crate) fn linking_to(
        &self,
        record: &RecordId,
        size: u64,
        most: usize,
    ) -> Result<Vec<u64>, LogError> {
        self.linking_so(record, 0, size, most)
    }

    /// Those of them that speak of it, likewise.
    ///
    /// # Errors
    ///
    /// The entries cannot be read.
    pub(crate) fn speaking_of(
        &self,
        record: &RecordId,
        size: u64,
        most: usize,
    ) -> Result<Vec<u64>, LogError> {
        self.linking_so(record, SPEAKS, size, most)
    }

    /// All of them that correct or withdraw it, ascending.
    ///
    /// # Errors
    ///
    /// The entries cannot be read.
    pub(crate) fn changing(&self, record: &RecordId, size: u64) -> Result<Vec<u64>, LogError> {
        self.linking_so(record, CHANGES, size, usize::MAX)
    }

    fn linking_so(
        &self,
        record: &RecordId,
        wanted: u64,
        size: u64,
        most: usize,
    ) -> Result<Vec<u64>, LogError> {
        let links =
            |node: &Node| marks(&node.record, record).is_some_and(|marks| has(marks, wanted));
        let of = |node: Node| links(&node).then_some(node.index);
        self.nodes(Fact::LinksTo(record), wanted, (size, most), of)
    }

    /// The records below `size` with this thread id, ascending; if there are more than `most`, only the first of them, one more
    /// than `most`.
    ///
    /// # Errors
    ///
    /// The entries cannot be read.
    pub(crate) fn of_thread(
        &self,
        thread_id: &[u8],
        size: u64,
        most: usize,
    ) -> Result<Vec<u64>, LogError> {
        let of = |node: Node| (node.thread_id() == thread_id).then_some(node.index);
        self.nodes(Fact::Thread(thread_id), 0, (size, most), of)
    }

    /// Of what `part` is a part, by the records below `size`, in their order; if more than `most` others say so, only by the first of
    /// them, one more than `most`.
    ///
    /// # Errors
    ///
    /// The entries cannot be read.
    pub(crate) fn wholes_of(
        &self,
        part: &RecordId,
        size: u64,
        most: usize,
    ) -> Result<Vec<RecordId>, LogError> {
        let has_part =
            |node: &Node| marks(&node.record, part).is_some_and(|marks| has(marks, HAS_PART));
        let of = |node: Node| has_part(&node).then_some((node.index, node.id));
        let mut wholes = self.nodes(Fact::LinksTo(part), HAS_PART, (size, most), of)?;
        let own = self.reader.index_of(part)?.map(LeafIndex::get);
        if let Some(index) = own.filter(|index| *index < size)
            && let Some(node) = Node::of(index, &read(&self.reader, index)?)
        {
            let links = node.links().into_iter();
            let parts = links.filter(|link| link.rel == LinkRel::PartOf);
            wholes.extend(parts.map(|link| (index, link.target)));
        }
        wholes.sort_by_key(|(stated_at, _)| *stated_at);
        Ok(wholes.into_iter().map(|(_, whole)| whole).collect())
    }

    /// The key events of `org` below `size`, ascending.
    ///
    /// # Errors
    ///
    /// The entries cannot be read.
    pub(crate) fn key_events_of(&self, org: &OrgName, size: u64) -> Result<Vec<u64>, LogError> {
        self.mending(size, |view| Ok(view.key_events_of(org, size)))
    }

    /// What `of` says of the records below `size` that have a fact in common, ascending. The postings only name places; `of` looks
    /// into the record, and says nothing of one that does not have the fact.
    fn nodes<T>(
        &self,
        fact: Fact<'_>,
        wanted: u64,
        (size, most): (u64, usize),
        of: impl Fn(Node) -> Option<T>,
    ) -> Result<Vec<T>, LogError> {
        let mut found = Vec::new();
        for value in self.values(fact, size)? {
            if found.len() > most {
                break;
            }
            if has(value, wanted) {
                let index = place(value);
                let node = Node::of(index, &read(&self.reader, index)?);
                found.extend(node.and_then(&of));
            }
        }
        Ok(found)
    }

    /// The values of a fact below `size`.
    fn values(&self, fact: Fact<'_>, size: u64) -> Result<Vec<u64>, LogError> {
        let key = fact.key();
        self.mending(size, |view| Ok(view.values(key, size)?))
    }
}

/// The entry at `index`.
fn read<S: Store>(reader: &Reader<S>, index: u64) -> Result<Entry, LogError> {
    parse(index, &reader.entry(LeafIndex::new(index))?)
}

fn parse(index: u64, bytes: &[u8]) -> Result<Entry, LogError> {
    Entry::parse(bytes).map_err(|error| LogError::Corrupt(format!("entry {index}: {error}")))
}
