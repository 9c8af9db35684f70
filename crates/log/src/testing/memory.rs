//! A store in memory: as durable as the process, and otherwise the plainest store there can be.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use witnessmark_merkle::NodeId;
use witnessmark_verifier::{Hash, LeafIndex, RecordId};

use crate::store::{Commit, Latest, Store, StoreError};

/// A store in memory. Opening it again is using it again, through an [`Arc`].
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    latest: Option<Latest>,
    entries: Vec<Arc<[u8]>>,
    nodes: HashMap<NodeId, Hash>,
    indexes: HashMap<RecordId, LeafIndex>,
}

impl MemoryStore {
    /// A store without a log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the stored bytes of one entry, as damage or an intruder would. Does nothing if there
    /// is no such entry.
    pub fn tamper_entry(&self, index: u64, change: impl FnOnce(&mut Vec<u8>)) {
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        if let Some(entry) = self.state().entries.get_mut(place) {
            let mut bytes = entry.to_vec();
            change(&mut bytes);
            *entry = Arc::from(bytes);
        }
    }

    /// Replaces the stored hash of one node.
    pub fn tamper_node(&self, node: NodeId, hash: Hash) {
        self.state().nodes.insert(node, hash);
    }

    /// Replaces the state left by the last commit.
    pub fn tamper_latest(&self, latest: Latest) {
        self.state().latest = Some(latest);
    }

    /// Points a record id to another entry, or to none.
    pub fn tamper_index(&self, record: RecordId, index: Option<LeafIndex>) {
        let mut state = self.state();
        match index {
            Some(index) => state.indexes.insert(record, index),
            None => state.indexes.remove(&record),
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn size(&self) -> u64 {
        self.latest.as_ref().map_or(0, Latest::size)
    }
}

impl Store for MemoryStore {
    fn latest(&self) -> Result<Option<Latest>, StoreError> {
        Ok(self.state().latest.clone())
    }

    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        let mut state = self.state();
        commit.check_follows(state.latest.as_ref())?;
        for (index, record) in (commit.old_size..).zip(&commit.record_ids) {
            state.indexes.insert(*record, LeafIndex::new(index));
        }
        state.entries.extend(commit.entries.iter().cloned());
        state.nodes.extend(commit.nodes.iter().copied());
        state.latest = Some(Latest {
            epoch: commit.epoch,
            checkpoint: commit.checkpoint.clone(),
        });
        Ok(())
    }

    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>, StoreError> {
        let state = self.state();
        let size = state.size();
        ids.iter()
            .map(|id| match state.nodes.get(id) {
                _ if !id.is_complete_at(size) => {
                    let asked = id.leaves().map_or(u64::MAX, |leaves| leaves.end);
                    Err(StoreError::Beyond { asked, size })
                }
                Some(hash) => Ok(*hash),
                None => Err(StoreError::Corrupt(format!("{id:?} is missing"))),
            })
            .collect()
    }

    fn entries(&self, range: Range<u64>) -> Result<Vec<Arc<[u8]>>, StoreError> {
        let state = self.state();
        let size = state.size();
        if range.end > size {
            return Err(StoreError::Beyond {
                asked: range.end,
                size,
            });
        }
        range
            .map(|index| {
                let place = usize::try_from(index).unwrap_or(usize::MAX);
                let entry = state.entries.get(place).cloned();
                entry.ok_or_else(|| StoreError::Corrupt(format!("entry {index} is missing")))
            })
            .collect()
    }

    fn index_of(&self, record: &RecordId) -> Result<Option<LeafIndex>, StoreError> {
        Ok(self.state().indexes.get(record).copied())
    }
}
