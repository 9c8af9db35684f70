//! Reads what is published: entries and proofs, all relative to the published checkpoint.
//!
//! What lies below a published size never changes, so readers take no lock over a read and see no
//! half of a batch.

use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use witnessmark_merkle::{ConsistencyPlan, Frontier, InclusionPlan, NodeId};
use witnessmark_tlog::{TILE_WIDTH, Tile};
use witnessmark_verifier::{
    ConsistencyProof, Entry, Hash, InclusionProof, LeafHash, LeafIndex, RecordId, VerifierKey,
};

use crate::error::LogError;
use crate::load::load;
use crate::published::{Published, StartPoint};
use crate::store::Store;
use crate::submission::Appended;

/// How many levels of the tree are in one level of tiles.
const TILE_HEIGHT: u8 = 8;

/// An entry and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEntry {
    /// Its place in the log.
    pub index: LeafIndex,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// Reads the published part of a log. Cheap to clone; clones see the same publications.
#[derive(Debug)]
pub struct Reader<S> {
    store: Arc<S>,
    published: Arc<RwLock<Arc<Published>>>,
}

impl<S> Clone for Reader<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            published: Arc::clone(&self.published),
        }
    }
}

impl<S: Store> Reader<S> {
    /// Opens a log for reading only: no writer's role is taken and nothing is written. The log is
    /// checked as [`Log::open`](crate::Log::open) checks it, and `visit` sees every entry in order.
    ///
    /// # Errors
    ///
    /// There is no log, it cannot be read, or it contradicts itself or the key.
    pub fn open(
        store: Arc<S>,
        vkey: &VerifierKey,
        visit: &mut dyn FnMut(u64, &Entry),
    ) -> Result<Self, LogError> {
        Self::open_from(store, vkey, None, visit)
    }

    /// [`Reader::open`], which goes on from a start point, as
    /// [`Log::open_from`](crate::Log::open_from) does.
    ///
    /// # Errors
    ///
    /// As [`Reader::open`].
    pub fn open_from(
        store: Arc<S>,
        vkey: &VerifierKey,
        from: Option<&StartPoint>,
        visit: &mut dyn FnMut(u64, &Entry),
    ) -> Result<Self, LogError> {
        let loaded = load(store.as_ref(), vkey, from, visit)?;
        Ok(Self::new(store, loaded.published()))
    }

    /// The store that is read, for what a log does not ask of it.
    pub fn store(&self) -> &S {
        &self.store
    }

    pub(crate) fn new(store: Arc<S>, published: Published) -> Self {
        Self {
            store,
            published: Arc::new(RwLock::new(Arc::new(published))),
        }
    }

    /// Lets readers see what is durable.
    pub(crate) fn publish(&self, published: Published) {
        *self
            .published
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(published);
    }

    /// What readers see at this moment. Ask once for everything that must fit together.
    pub fn published(&self) -> Arc<Published> {
        Arc::clone(
            &self
                .published
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// The bytes of one entry.
    ///
    /// # Errors
    ///
    /// [`LogError::IndexBeyond`], or the store cannot be read.
    pub fn entry(&self, index: LeafIndex) -> Result<Arc<[u8]>, LogError> {
        let index = index.get();
        let size = self.published().size();
        if index >= size {
            return Err(LogError::IndexBeyond { index, size });
        }
        self.entries(index..index + 1)?
            .pop()
            .ok_or_else(|| too_few("entries"))
    }

    /// The bytes of the entries in `range`. How many are asked for at once is the caller's to
    /// limit; [`PAGE_ENTRIES_MAX`](crate::PAGE_ENTRIES_MAX) is a good page.
    ///
    /// # Errors
    ///
    /// [`LogError::SizeBeyond`] for a range that does not end at or before the published size, or
    /// the store cannot be read.
    pub fn entries(&self, range: Range<u64>) -> Result<Vec<Arc<[u8]>>, LogError> {
        self.check_size(range.end)?;
        let asked = range.end.saturating_sub(range.start);
        let entries = self.store.entries(range).map_err(LogError::of_read)?;
        if u64::try_from(entries.len()) == Ok(asked) {
            Ok(entries)
        } else {
            Err(too_few("entries"))
        }
    }

    /// Where the entry of this record is, if it is published.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn index_of(&self, record: &RecordId) -> Result<Option<LeafIndex>, LogError> {
        let size = self.published().checkpoint.head().size;
        let index = self.store.index_of(record).map_err(LogError::of_read)?;
        Ok(index.filter(|index| index.get() < size.get()))
    }

    /// Index and bytes of the entry of this record, if it is published.
    ///
    /// # Errors
    ///
    /// The store cannot be read, or the index points to the entry of another record.
    pub fn entry_of(&self, record: &RecordId) -> Result<Option<LoggedEntry>, LogError> {
        let Some(index) = self.index_of(record)? else {
            return Ok(None);
        };
        let bytes = self.entry(index)?;
        match Entry::parse(&bytes) {
            Ok(entry) if entry.record_id() == *record => Ok(Some(LoggedEntry { index, bytes })),
            Ok(_) => Err(LogError::Corrupt(format!(
                "entry {index} is not of record {record}"
            ))),
            Err(error) => Err(LogError::Corrupt(format!("entry {index}: {error}"))),
        }
    }

    /// The proof that the entry at `index` is in the tree of `size` entries.
    ///
    /// # Errors
    ///
    /// [`LogError::SizeBeyond`] for a size that is not published, [`LogError::IndexBeyond`] for an
    /// index that a tree of this size does not have, or the store cannot be read.
    pub fn inclusion_proof(&self, index: LeafIndex, size: u64) -> Result<InclusionProof, LogError> {
        self.check_size(size)?;
        let plan = InclusionPlan::new(index.get(), size).map_err(|_| LogError::IndexBeyond {
            index: index.get(),
            size,
        })?;
        plan.assemble(&self.nodes(plan.nodes())?)
            .map_err(|_| too_few("nodes"))
    }

    /// The leaf hash of the entry at `index` and the proof that it is in the tree of `size` entries, if both can be given without
    /// reading anything. Nothing, too, when there is no such proof: [`Reader::inclusion_proof`] says why.
    pub fn inclusion_at_hand(
        &self,
        index: LeafIndex,
        size: u64,
    ) -> Option<(LeafHash, InclusionProof)> {
        self.check_size(size).ok()?;
        let plan = InclusionPlan::new(index.get(), size).ok()?;
        let nodes = [plan.nodes(), &[NodeId::leaf(index.get())]].concat();
        let mut hashes = self.store.nodes_at_hand(&nodes)?;
        let leaf = LeafHash::new(hashes.pop()?);
        Some((leaf, plan.assemble(&hashes).ok()?))
    }

    /// The proof that the tree of `old` entries is a beginning of the tree of `new` entries, likewise.
    pub fn consistency_at_hand(&self, old: u64, new: u64) -> Option<ConsistencyProof> {
        self.check_size(new).ok()?;
        let plan = ConsistencyPlan::new(old, new).ok()?;
        let hashes = self.store.nodes_at_hand(plan.nodes())?;
        plan.assemble(&hashes).ok()
    }

    /// The stored leaf hash of the entry at `index`.
    ///
    /// # Errors
    ///
    /// [`LogError::IndexBeyond`], or the store cannot be read.
    pub fn leaf(&self, index: LeafIndex) -> Result<LeafHash, LogError> {
        let (index, size) = (index.get(), self.published().size());
        if index >= size {
            return Err(LogError::IndexBeyond { index, size });
        }
        let leaf = self.nodes(&[NodeId::leaf(index)])?.pop();
        leaf.map(LeafHash::new).ok_or_else(|| too_few("nodes"))
    }

    /// The proof that the tree of `old` entries is a beginning of the tree of `new` entries.
    ///
    /// # Errors
    ///
    /// [`LogError::SizeBeyond`] for a new size that is not published, or an old size that is
    /// greater; or the store cannot be read.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<ConsistencyProof, LogError> {
        self.check_size(new)?;
        let plan = ConsistencyPlan::new(old, new).map_err(|_| LogError::SizeBeyond {
            asked: old,
            size: new,
        })?;
        plan.assemble(&self.nodes(plan.nodes())?)
            .map_err(|_| too_few("nodes"))
    }

    /// The perfect subtrees that cover the first `size` entries, and so the tree head of that size.
    ///
    /// # Errors
    ///
    /// [`LogError::SizeBeyond`] for a size that is not published, or the store cannot be read.
    pub fn frontier(&self, size: u64) -> Result<Frontier, LogError> {
        self.check_size(size)?;
        let nodes = self.nodes(&Frontier::node_ids(size))?;
        Frontier::from_nodes(size, nodes).map_err(|_| too_few("nodes"))
    }

    /// The hashes of a tile, if the tree of `size` entries has all of them, and is published.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn tile(&self, tile: Tile, size: u64) -> Result<Option<Vec<Hash>>, LogError> {
        let Some(level) = tile.level.checked_mul(TILE_HEIGHT) else {
            return Ok(None);
        };
        let size = size.min(self.published().size());
        let on_level = size.checked_shr(level.into());
        let Some(places) = places(&tile).filter(|places| Some(places.end) <= on_level) else {
            return Ok(None);
        };
        let ids: Vec<NodeId> = places.map(|index| NodeId { level, index }).collect();
        let hashes = self.nodes(&ids)?;
        if hashes.len() == ids.len() {
            Ok(Some(hashes))
        } else {
            Err(too_few("nodes"))
        }
    }

    /// Which entries the bundle under a tile of level 0 has, if the tree of `size` entries has all of them, and is published.
    pub fn bundle(&self, tile: &Tile, size: u64) -> Option<Range<u64>> {
        let size = size.min(self.published().size());
        places(tile).filter(|places| places.end <= size)
    }

    /// The answer to a record that is published already, with its proof in the published
    /// checkpoint.
    ///
    /// # Errors
    ///
    /// The store cannot be read, or the verifier does not accept the proof made of it.
    pub fn already_logged(&self, record: &RecordId) -> Result<Option<Appended>, LogError> {
        let Some(LoggedEntry {
            index,
            bytes: entry,
        }) = self.entry_of(record)?
        else {
            return Ok(None);
        };
        let checkpoint = self.published().checkpoint.clone();
        let head = checkpoint.head();
        let proof = self.inclusion_proof(index, head.size.get())?;
        proof
            .verify(LeafHash::of(&entry), index, head)
            .map_err(|error| LogError::Corrupt(format!("entry {index}: {error}")))?;
        Ok(Some(Appended {
            index,
            record_id: *record,
            already_logged: true,
            entry,
            proof,
            checkpoint,
        }))
    }

    fn check_size(&self, asked: u64) -> Result<(), LogError> {
        let size = self.published().size();
        if asked <= size {
            Ok(())
        } else {
            Err(LogError::SizeBeyond { asked, size })
        }
    }

    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>, LogError> {
        self.store.nodes(ids).map_err(LogError::of_read)
    }
}

/// The places of what a tile has, on its level; nothing for one that no tree can have.
fn places(tile: &Tile) -> Option<Range<u64>> {
    let start = tile.index.checked_mul(TILE_WIDTH.into())?;
    Some(start..start.checked_add(tile.width.into())?)
}

fn too_few(what: &str) -> LogError {
    LogError::Corrupt(format!(
        "the store gave another number of {what} than it was asked for"
    ))
}
