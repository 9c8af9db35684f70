//! The links as plain maps in memory, made of the entries of a log: what the view on disk is compared with.

use std::collections::HashMap;

use witnessmark_log::{Reader, Store};
use witnessmark_record::Problem;
use witnessmark_record::v1::LinkRel;
use witnessmark_thread::devices::{Devices, Finding, Numbered};
use witnessmark_thread::{Link, Node};
use witnessmark_verifier::{
    Entry, EntryKind, KeyAction, KeyEvent, KeyRole, LeafIndex, OrgName, RecordId,
};

#[derive(Debug, Default)]
pub(super) struct Plain {
    pub(super) nodes: Vec<Node>,
    keys: Vec<witnessmark_verifier::KeyId>,
    key_events: HashMap<OrgName, Vec<u64>>,
    devices: Devices,
    findings: HashMap<u64, (u64, Vec<Finding>)>,
}

impl Plain {
    pub(super) fn of<S: Store>(reader: &Reader<S>) -> Self {
        let mut plain = Self::default();
        for index in 0..reader.published().size() {
            let entry = Entry::parse(&reader.entry(LeafIndex::new(index)).unwrap()).unwrap();
            plain.add(index, &entry);
        }
        plain
    }

    fn add(&mut self, index: u64, entry: &Entry) {
        if let (EntryKind::KeyEvent, Some(org)) = (entry.kind, &entry.org) {
            self.key_events.entry(org.clone()).or_default().push(index);
            let event = KeyEvent::parse(&entry.payload).unwrap();
            if let KeyAction::Add {
                key,
                role: KeyRole::Record,
                ..
            } = event.action
            {
                self.keys.push(key.key_id());
            }
        }
        let Some(node) = Node::of(index, entry) else {
            return;
        };
        if let Some(record) = Numbered::of(&node, |key| self.keys.contains(key)) {
            let findings = self.devices.push(&record);
            self.findings.insert(index, (record.seq, findings));
        }
        self.nodes.push(node);
    }

    pub(super) fn of_device(&self, index: u64) -> Vec<Problem> {
        let found = self.findings.get(&index).into_iter();
        found
            .flat_map(|(seq, findings)| findings.iter().map(|it| it.problem(*seq)))
            .collect()
    }

    /// The records below `size` of whose links this is true for one.
    pub(super) fn linking(
        &self,
        target: &RecordId,
        size: u64,
        is: impl Fn(&str) -> bool,
    ) -> Vec<u64> {
        let links = |node: &&Node| {
            let mut links = node.record.links();
            node.index < size && links.any(|(word, to)| to == *target && is(word))
        };
        self.nodes
            .iter()
            .filter(links)
            .map(|node| node.index)
            .collect()
    }

    pub(super) fn of_thread(&self, id: &[u8], size: u64) -> Vec<u64> {
        let is = |node: &&Node| node.index < size && node.thread_id() == id;
        self.nodes
            .iter()
            .filter(is)
            .map(|node| node.index)
            .collect()
    }

    pub(super) fn wholes_of(&self, part: &RecordId, size: u64) -> Vec<RecordId> {
        let mut wholes = Vec::new();
        for node in self.nodes.iter().filter(|node| node.index < size) {
            for Link { rel, target, .. } in node.links() {
                if rel == LinkRel::PartOf && node.id == *part {
                    wholes.push(target);
                } else if rel == LinkRel::HasPart && target == *part {
                    wholes.push(node.id);
                }
            }
        }
        wholes
    }

    pub(super) fn key_events_of(&self, org: &OrgName, size: u64) -> Vec<u64> {
        let events = self.key_events.get(org).into_iter().flatten();
        events.copied().filter(|index| *index < size).collect()
    }
}
