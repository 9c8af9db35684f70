//! The key events of every organisation by their places, and the keys that may sign records.

use std::collections::HashMap;

use witnessmark_thread::Node;
use witnessmark_thread::devices::Numbered;
use witnessmark_verifier::{Entry, KeyAction, KeyEvent, KeyId, KeyRole, OrgName};

use super::fresh::Said;

/// What a key event says here: whose it is, and the key with the role `record` that it adds.
#[derive(Debug)]
pub(super) struct Learnt {
    org: OrgName,
    key: Option<KeyId>,
}

impl Learnt {
    /// What the entry of a key event says. Every key event was checked before it was logged.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let org = entry.org.clone()?;
        let mut added = None;
        if let Ok(event) = KeyEvent::parse(&entry.payload)
            && let KeyAction::Add {
                key,
                role: KeyRole::Record,
                ..
            } = event.action
        {
            added = Some(key.key_id());
        }
        Some(Self { org, key: added })
    }
}

/// The key events that were read, and what they say.
#[derive(Debug, Default)]
pub(super) struct Keys {
    events: HashMap<OrgName, Vec<u64>>,
    /// The keys with the role `record`, each with those whose it is, and where that was said first.
    of_records: HashMap<KeyId, Vec<(OrgName, u64)>>,
}

impl Keys {
    /// Adds the key event at `index`. They come in the order of the log, and may come again.
    pub(super) fn add(&mut self, index: u64, learnt: Learnt) {
        let Learnt { org, key } = learnt;
        if let Some(key) = key {
            let owners = self.of_records.entry(key).or_default();
            if !owners.iter().any(|(owner, _)| *owner == org) {
                owners.push((org.clone(), index));
            }
        }
        let events = self.events.entry(org).or_default();
        if events.last().is_none_or(|last| *last < index) {
            events.push(index);
        }
    }

    /// The numbers of a record on its device, if it has any.
    pub(super) fn number(&self, node: &Node) -> Option<Numbered> {
        Numbered::of(node, |key| self.signs_records(&node.org, key, node.index))
    }

    /// Those of a record that was logged at `index`.
    pub(super) fn number_at(&self, index: u64, said: &Said) -> Option<Numbered> {
        let records = |key: &KeyId| self.signs_records(&said.org, key, index);
        said.stated.at(index, records)
    }

    /// Whether the key had the role `record` before the entry at `index`.
    fn signs_records(&self, org: &OrgName, key: &KeyId, index: u64) -> bool {
        let mut owners = self.of_records.get(key).into_iter().flatten();
        owners.any(|(owner, since)| owner == org && *since < index)
    }

    /// The key events of an organisation below `size`, ascending.
    pub(super) fn of(&self, org: &OrgName, size: u64) -> Vec<u64> {
        let events = self.events.get(org).into_iter().flatten();
        events.copied().take_while(|index| *index < size).collect()
    }
}
