//! A store that fails on purpose, in both ways that matter: lost, and kept though reported lost.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use witnessmark_merkle::NodeId;
use witnessmark_verifier::{Hash, LeafIndex, RecordId};

use crate::store::{Commit, Latest, Store, StoreError};

/// How a call of the store goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The commit is not written, and an I/O error is reported.
    Lost,
    /// The commit is written, and an I/O error is reported all the same.
    KeptButReportedLost,
    /// The commit is not written, and this error is reported.
    Refused(StoreError),
}

/// Another store whose commits and reads fail when a test says so.
#[derive(Debug)]
pub struct FaultyStore<S> {
    store: S,
    plan: Mutex<FaultPlan>,
}

#[derive(Debug, Default)]
struct FaultPlan {
    /// How many commits succeed before the fault.
    commits_before: usize,
    commit: Option<Fault>,
    read: Option<StoreError>,
}

impl<S> FaultyStore<S> {
    /// A store without faults for the time being.
    pub fn new(store: S) -> Self {
        Self {
            store,
            plan: Mutex::new(FaultPlan::default()),
        }
    }

    /// Lets `commits_before` commits succeed and the next one fail; later ones succeed again.
    pub fn fail_commit(&self, commits_before: usize, fault: Fault) {
        let mut plan = self.plan();
        plan.commits_before = commits_before;
        plan.commit = Some(fault);
    }

    /// Lets every read fail with this error from here on, or succeed again with `None`.
    pub fn fail_reads(&self, error: Option<StoreError>) {
        self.plan().read = error;
    }

    /// Whether a fault of a commit is still to come.
    pub fn is_armed(&self) -> bool {
        self.plan().commit.is_some()
    }

    /// The store underneath.
    pub const fn store(&self) -> &S {
        &self.store
    }

    fn plan(&self) -> MutexGuard<'_, FaultPlan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_read(&self) -> Result<(), StoreError> {
        self.plan().read.clone().map_or(Ok(()), Err)
    }

    /// The fault of this commit, if it is its turn.
    fn next_commit(&self) -> Option<Fault> {
        let mut plan = self.plan();
        if plan.commits_before == 0 {
            return plan.commit.take();
        }
        plan.commits_before -= 1;
        None
    }
}

impl<S: Store> Store for FaultyStore<S> {
    fn latest(&self) -> Result<Option<Latest>, StoreError> {
        self.check_read()?;
        self.store.latest()
    }

    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        match self.next_commit() {
            None => self.store.commit(commit),
            Some(Fault::Lost) => Err(StoreError::Io("the write was lost".to_owned())),
            Some(Fault::KeptButReportedLost) => {
                self.store.commit(commit)?;
                Err(StoreError::Io("the connection was lost".to_owned()))
            }
            Some(Fault::Refused(error)) => Err(error),
        }
    }

    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>, StoreError> {
        self.check_read()?;
        self.store.nodes(ids)
    }

    fn entries(&self, range: Range<u64>) -> Result<Vec<Arc<[u8]>>, StoreError> {
        self.check_read()?;
        self.store.entries(range)
    }

    fn index_of(&self, record: &RecordId) -> Result<Option<LeafIndex>, StoreError> {
        self.check_read()?;
        self.store.index_of(record)
    }
}
