//! What the records that were just logged say to the links, from who checked them to who adds them: so they are decoded once.
//!
//! It is only a short cut. What is not here is read from the log, which has it all.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use witnessmark_record::Record;
use witnessmark_thread::Node;
use witnessmark_thread::devices::Stated;
use witnessmark_verifier::{KeyId, OrgName, RecordId};

use super::facts::of_record;

/// Records of which this is kept until somebody adds them, which is done for each answer: 300 bytes each, and half of its payload for one that
/// is all links.
const FRESH_MAX: usize = 4_096;

/// What a record says to the links.
#[derive(Debug)]
pub(crate) struct Said {
    pub(super) org: OrgName,
    pub(super) stated: Stated,
    /// Key and marks of what is kept of it for its thread and its links.
    pub(super) facts: Vec<(u64, u64)>,
}

impl Said {
    /// What this record of an organisation says, which these keys signed.
    pub(crate) fn of(id: RecordId, org: OrgName, signers: Vec<KeyId>, record: &Record) -> Self {
        Self {
            org,
            stated: Stated::of(id, signers, record),
            facts: of_record(record),
        }
    }

    /// What a record of the log says.
    pub(super) fn of_node(node: &Node) -> Self {
        Self::of(
            node.id,
            node.org.clone(),
            node.signers.clone(),
            &node.record,
        )
    }
}

/// What was just logged, by place.
#[derive(Debug, Default)]
pub(super) struct Fresh(Mutex<BTreeMap<u64, Box<Said>>>);

impl Fresh {
    /// Takes note of what was just logged.
    pub(super) fn add(&self, said: impl IntoIterator<Item = (u64, Box<Said>)>) {
        let mut all = self.lock();
        for (index, said) in said {
            if all.len() >= FRESH_MAX {
                all.pop_first();
            }
            all.insert(index, said);
        }
    }

    /// Whether that of all of them is there.
    pub(super) fn has(&self, range: Range<u64>) -> bool {
        let count = range.end.saturating_sub(range.start);
        u64::try_from(self.lock().range(range).count()) == Ok(count)
    }

    /// Gives what is there of the records in `range`. That of earlier ones is forgotten: they were added.
    pub(super) fn take(&self, range: &Range<u64>) -> BTreeMap<u64, Box<Said>> {
        let mut all = self.lock();
        let mut wanted = all.split_off(&range.start);
        *all = wanted.split_off(&range.end);
        wanted
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Box<Said>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
