//! Which entries belong together: the records that link to a record, those of one subject, what is a
//! part of what, the records of one device, and the key events of an organisation.
//!
//! A view, built again by every server. It is brought up to a size before it is asked about
//! that size, so that what it says is complete as of the checkpoint that the answer is relative to.

use std::collections::{HashMap, HashSet};

use witnessmark_log::{LogError, PAGE_ENTRIES_MAX, Reader, Store};
use witnessmark_merkle::Frontier;
use witnessmark_record::v1::LinkRel;
use witnessmark_record::{Problem, speaks_of};
use witnessmark_thread::devices::{Devices, Finding, Numbered};
use witnessmark_thread::{Link, Node};
use witnessmark_verifier::{
    Entry, EntryKind, KeyAction, KeyEvent, KeyId, KeyRole, LeafHash, OrgName, RecordId,
};

/// The view, as of the first `size` entries.
#[derive(Debug, Default)]
pub(crate) struct Links {
    size: u64,
    /// The tree over the entries as they were read.
    frontier: Frontier,
    linking: HashMap<RecordId, Vec<Linking>>,
    threads: HashMap<Vec<u8>, Vec<u64>>,
    /// By part: its wholes, each with the place of the record that says so.
    wholes: HashMap<RecordId, Vec<(RecordId, u64)>>,
    key_events: HashMap<OrgName, Vec<u64>>,
    /// The keys with the role `record`, each with its organisation.
    record_keys: HashSet<(OrgName, KeyId)>,
    devices: Devices,
    /// What is to be said of a record because of the earlier ones of its device, by its place: its number, and that.
    findings: HashMap<u64, (u64, Vec<Finding>)>,
}

/// A record that links to another, in one way or in several.
#[derive(Debug, Clone, Copy)]
struct Linking {
    index: u64,
    /// It speaks of the other, rather than of how two things hang together.
    speaks: bool,
    /// It corrects or withdraws the other.
    changes: bool,
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
                self.learn_key(org, entry);
            }
            (EntryKind::Record, _) => {
                // Every record was decoded before it was logged; one that a later version logged
                // and this one cannot read has no links that this one could show.
                if let Some(node) = Node::of(index, entry) {
                    self.add_record(&node);
                }
            }
            _ => {}
        }
    }

    /// Every key event was checked before it was logged.
    fn learn_key(&mut self, org: &OrgName, entry: &Entry) {
        if let Ok(event) = KeyEvent::parse(&entry.payload)
            && let KeyAction::Add {
                key,
                role: KeyRole::Record,
                ..
            } = event.action
        {
            self.record_keys.insert((org.clone(), key.key_id()));
        }
    }

    fn add_device(&mut self, node: &Node) {
        let keys = &self.record_keys;
        let records = |key: &KeyId| keys.contains(&(node.org.clone(), *key));
        if let Some(record) = Numbered::of(node, records) {
            let findings = self.devices.push(&record);
            if !findings.is_empty() {
                self.findings.insert(node.index, (record.seq, findings));
            }
        }
    }

    fn add_record(&mut self, node: &Node) {
        self.add_device(node);
        let thread = self.threads.entry(node.thread_id().to_vec()).or_default();
        thread.push(node.index);
        for (word, target) in node.record.links() {
            let linking = self.linking.entry(target).or_default();
            let (speaks, changes) = (speaks_of(word), matches!(word, "corrects" | "withdraws"));
            let index = node.index;
            // A record may link to another in two ways, and is one entry.
            match linking.last_mut().filter(|last| last.index == index) {
                Some(last) => {
                    last.speaks |= speaks;
                    last.changes |= changes;
                }
                None => linking.push(Linking {
                    index,
                    speaks,
                    changes,
                }),
            }
        }
        for Link { rel, target, .. } in node.links() {
            let (part, whole) = if rel == LinkRel::PartOf {
                (node.id, target)
            } else if rel == LinkRel::HasPart {
                (target, node.id)
            } else {
                continue;
            };
            let wholes = self.wholes.entry(part).or_default();
            wholes.push((whole, node.index));
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
                self.frontier.push(LeafHash::of(&bytes), &mut |_, _| {});
                self.add(index, &entry);
            }
        }
        Ok(())
    }

    /// Compares the tree over the entries as they were read with the stored one.
    ///
    /// # Errors
    ///
    /// They differ, so an entry is not what it was; or the stored tree cannot be read.
    pub(crate) fn check_tree<S: Store>(&self, reader: &Reader<S>) -> Result<(), LogError> {
        let size = self.frontier.size();
        if reader.frontier(size)?.head() == self.frontier.head() {
            return Ok(());
        }
        Err(LogError::Corrupt(format!(
            "the first {size} entries do not have the root of the tree: an entry is not what it was"
        )))
    }

    /// Up to which size the view is complete.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// The warnings about the record at `index` because of the earlier ones of its device.
    pub(crate) fn of_device(&self, index: u64) -> Vec<Problem> {
        let found = self.findings.get(&index).into_iter();
        found
            .flat_map(|(seq, findings)| findings.iter().map(|it| it.problem(*seq)))
            .collect()
    }

    /// The records below `size` that link to `record`, ascending.
    pub(crate) fn linking_to(&self, record: &RecordId, size: u64) -> Vec<u64> {
        self.linking_so(record, size, |_| true)
    }

    /// Those of them that speak of it, ascending.
    pub(crate) fn speaking_of(&self, record: &RecordId, size: u64) -> Vec<u64> {
        self.linking_so(record, size, |linking| linking.speaks)
    }

    /// Those of them that correct or withdraw it, ascending.
    pub(crate) fn changing(&self, record: &RecordId, size: u64) -> Vec<u64> {
        self.linking_so(record, size, |linking| linking.changes)
    }

    fn linking_so(
        &self,
        record: &RecordId,
        size: u64,
        keep: impl Fn(&Linking) -> bool,
    ) -> Vec<u64> {
        let linking = self.linking.get(record).into_iter().flatten();
        linking
            .take_while(|linking| linking.index < size)
            .filter(|linking| keep(linking))
            .map(|linking| linking.index)
            .collect()
    }

    /// The records below `size` with this thread id, ascending.
    pub(crate) fn of_thread(&self, thread_id: &[u8], size: u64) -> Vec<u64> {
        below(self.threads.get(thread_id), size)
    }

    /// Of what `part` is a part, by the records below `size`.
    pub(crate) fn wholes_of(&self, part: &RecordId, size: u64) -> Vec<RecordId> {
        let wholes = self.wholes.get(part).into_iter().flatten();
        wholes
            .filter(|(_, stated_at)| *stated_at < size)
            .map(|(whole, _)| *whole)
            .collect()
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
