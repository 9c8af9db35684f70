//! Which entries belong together: the records that link to a record, and the key events of an
//! organisation.
//!
//! A view, rebuilt when the ledger is opened. It is brought up to a size before it is asked about
//! that size, so that what it says is complete as of the checkpoint that the answer is relative to.

use std::collections::HashMap;

use witnessmark_log::{LogError, PAGE_ENTRIES_MAX, Reader, Store};
use witnessmark_record::Record;
use witnessmark_verifier::{Entry, EntryKind, OrgName, RecordId};

/// The view, as of the first `size` entries.
#[derive(Debug, Default)]
pub(crate) struct Links {
    size: u64,
    linking: HashMap<RecordId, Vec<u64>>,
    key_events: HashMap<OrgName, Vec<u64>>,
}

impl Links {
    /// The view of the empty log.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds the entry at `index`. Entries that were added before are passed over.
    pub(crate) fn add(&mut self, index: u64, entry: &Entry) {
        if index < self.size {
            return;
        }
        self.size = index.saturating_add(1);
        match (entry.kind, &entry.org) {
            (EntryKind::KeyEvent, Some(org)) => {
                self.key_events.entry(org.clone()).or_default().push(index);
            }
            (EntryKind::Record, _) => {
                // Every record was decoded before it was logged; one that a later version logged
                // and this one cannot read has no links that this one could show.
                let Ok(record) = Record::decode(&entry.payload) else {
                    return;
                };
                for (_, target) in record.links() {
                    let linking = self.linking.entry(target).or_default();
                    // A record may link to another in two ways, and is one entry.
                    if linking.last() != Some(&index) {
                        linking.push(index);
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds the entries up to `size`, which is published.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    pub(crate) fn catch_up<S: Store>(
        &mut self,
        reader: &Reader<S>,
        size: u64,
    ) -> Result<(), LogError> {
        while self.size < size {
            let start = self.size;
            let end = size.min(start.saturating_add(PAGE_ENTRIES_MAX));
            for (index, bytes) in (start..end).zip(reader.entries(start..end)?) {
                let entry = Entry::parse(&bytes)
                    .map_err(|error| LogError::Corrupt(format!("entry {index}: {error}")))?;
                self.add(index, &entry);
            }
        }
        Ok(())
    }

    /// The records below `size` that link to `record`, ascending.
    pub(crate) fn linking_to(&self, record: &RecordId, size: u64) -> Vec<u64> {
        below(self.linking.get(record), size)
    }

    /// The key events of `org` below `size`, ascending.
    pub(crate) fn key_events_of(&self, org: &OrgName, size: u64) -> Vec<u64> {
        below(self.key_events.get(org), size)
    }
}

fn below(indexes: Option<&Vec<u64>>, size: u64) -> Vec<u64> {
    indexes
        .into_iter()
        .flatten()
        .copied()
        .take_while(|index| *index < size)
        .collect()
}
