//! From an entry to alerts: what is ours, what speaks of it, and what is watched for.

use std::collections::{BTreeSet, HashMap};

use witnessmark_record::{Record, RecordKind, to_json};
use witnessmark_verifier::{Entry, EntryKind, OrgName, RecordId};

use super::alert::Alert;
use super::watch::Watch;

/// The relations of which the owner of a record is told, with the rule of the alert.
const TOLD: &[(&str, &str)] = &[
    ("contradicts", "contradicted"),
    ("corrects", "corrected"),
    ("withdraws", "withdrawn"),
    ("supersedes", "superseded"),
];

/// The rules for one ledger, and what they know of the entries so far.
#[derive(Debug)]
pub(crate) struct Rules {
    ledger: String,
    watch: Watch,
    /// Records of our organisations, and where they are.
    ours: HashMap<RecordId, u64>,
    /// Organisations that have an entry.
    known: BTreeSet<OrgName>,
}

impl Rules {
    /// Rules that have seen no entry.
    pub(crate) fn new(ledger: &str, watch: &Watch) -> Self {
        Self {
            ledger: ledger.to_owned(),
            watch: watch.clone(),
            ours: HashMap::new(),
            known: BTreeSet::new(),
        }
    }

    /// Takes note of the next entry, and gives the alerts about it. An entry that cannot be read gives none: the audit has refused it.
    pub(crate) fn look(&mut self, index: u64, bytes: &[u8]) -> Vec<Alert> {
        let Ok(entry) = Entry::parse(bytes) else {
            return Vec::new();
        };
        let id = entry.record_id();
        let mut about = About {
            ledger: &self.ledger,
            index,
            id: id.to_string(),
            alerts: Vec::new(),
        };
        let Some(org) = &entry.org else {
            return Vec::new();
        };
        let is_new = self.known.insert(org.clone());
        let is_ours = self.watch.organisations.contains(org);
        if entry.kind == EntryKind::KeyEvent {
            if is_new && self.watch.key_events {
                about.tell(
                    "new_organisation",
                    format!("the organisation {org} was admitted"),
                );
            } else if is_ours || self.watch.key_events {
                let seq = entry.org_key_seq;
                let what = format!("the keys of {org} changed: event {seq} of its chain");
                about.tell("key_event", what);
            }
        } else if entry.kind == EntryKind::Record
            && let Ok(record) = Record::decode(&entry.payload)
        {
            if is_ours {
                self.ours.insert(id, index);
                about.tell("key_used", key_used(&entry, org, &record));
            }
            about.links(&self.ours, org, &record);
            about.seen(&self.watch, org, &record);
        }
        about.alerts
    }
}

fn key_used(entry: &Entry, org: &OrgName, record: &Record) -> String {
    let keys = entry.signatures.iter().map(|it| it.key_id.to_string());
    let keys: Vec<String> = keys.collect();
    format!(
        "a record of {org} was logged, of the kind {}, signed by the key {}",
        record.kind(),
        keys.join(" and ")
    )
}

/// The alerts about one entry.
struct About<'a> {
    ledger: &'a str,
    index: u64,
    id: String,
    alerts: Vec<Alert>,
}

impl About<'_> {
    fn tell(&mut self, rule: &'static str, words: String) {
        self.alerts.push(Alert {
            ledger: self.ledger.to_owned(),
            rule,
            index: Some(self.index),
            record: Some(self.id.clone()),
            words,
        });
    }

    fn links(&mut self, ours: &HashMap<RecordId, u64>, org: &OrgName, record: &Record) {
        for (relation, target) in record.links() {
            let erased =
                Some(("erases", "erased")).filter(|_| record.kind() == RecordKind::Erasure);
            let mut told = TOLD.iter().copied();
            let rule = erased.or_else(|| told.find(|(word, _)| *word == relation));
            if let (Some((does, rule)), Some(at)) = (rule, ours.get(&target)) {
                let what =
                    format!("{org} says of our record {target} at index {at} that it {does} it");
                self.tell(rule, what);
            }
        }
    }

    fn seen(&mut self, watch: &Watch, org: &OrgName, record: &Record) {
        if !watch.looks_into_records() {
            return;
        }
        for seen in watch.find(&to_json(record.message())) {
            let what = format!(
                "{:?} stands in a record of {org}, of the kind {}, as {:?}",
                seen.word,
                record.kind(),
                seen.text
            );
            self.tell(seen.rule, what);
        }
    }
}
