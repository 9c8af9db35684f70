//! The entries of a log in order: times, charter, key chains, and the records between them.
//!
//! Key events are applied one after the other. Records wait, each with the key chain as it was when
//! they came, and are checked by all cores a batch at a time.

mod saved;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use witnessmark_record::{Record, check_label};
use witnessmark_verifier::{
    Charter, Entry, EntryKind, Hash, KeyChain, KeyChainError, KeyId, KeyRole, OrgName, Origin,
    RecordId,
};

use crate::evidence;
use crate::tiles::Tiler;
use crate::verdict::{DeviceFacts, LedgerContents, NumberedFacts, Problem};

use super::history::History;
use super::numbers::Numbers;
use super::prepare::Ready;
use super::problems::Problems;
use super::seen::{Claim, Tally};
use super::workers::on_all_cores;

/// Records that a core checks at a time.
const GRAIN: usize = 32;

/// Keys of a chain from which on a record that waits takes only those that it names.
const KEYS_SHARED_MAX: usize = 16;

/// The log so far.
#[derive(Debug)]
pub(super) struct Replay {
    origin: Origin,
    charter: Option<Charter>,
    chains: BTreeMap<OrgName, Arc<KeyChain>>,
    /// Half of each id that was there, and the place of the first entry that has it, as far as it fits.
    ids: HashMap<[u8; 16], u32>,
    waiting: Vec<Waiting>,
    contents: LedgerContents,
    seen: Tally,
    numbers: Numbers,
    /// Whether what is found of each record is kept, for who wants to list it.
    keeps_details: bool,
    /// The charter and the key events, for who wants to go on later.
    key_entries: Option<Vec<Entry>>,
}

#[derive(Debug)]
struct Waiting {
    index: u64,
    entry: Entry,
    id: RecordId,
    chain: Arc<KeyChain>,
}

impl Replay {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            origin,
            charter: None,
            chains: BTreeMap::new(),
            ids: HashMap::new(),
            waiting: Vec::new(),
            contents: LedgerContents::default(),
            seen: Tally::default(),
            numbers: Numbers::default(),
            keeps_details: false,
            key_entries: None,
        }
    }

    /// Keeps what is found of each record from now on.
    pub(super) const fn keep_details(&mut self) {
        self.keeps_details = true;
    }

    /// Keeps the charter and the key events from now on.
    pub(super) fn keep_key_entries(&mut self) {
        self.key_entries.get_or_insert_default();
    }

    /// Takes the next entry.
    pub(super) fn push(&mut self, ready: Ready, problems: &mut Problems) {
        let index = ready.index;
        self.contents.entries += 1;
        let (entry, id) = match ready.parsed {
            Ok(parsed) => parsed,
            Err(error) => {
                problems.note("entries", Some(index), None, error.to_string());
                return;
            }
        };
        self.check_time(index, &entry, problems);
        if (index == 0) != (entry.kind == EntryKind::Charter) {
            let what = "entry 0, and no other, must be the charter";
            problems.note("charter", Some(index), None, what.to_owned());
            return;
        }
        match entry.kind {
            EntryKind::Charter => self.take_charter(&entry, problems),
            EntryKind::KeyEvent => self.take_key_event(index, &entry, id, problems),
            EntryKind::Record => self.take_record(index, entry, id, problems),
            EntryKind::TimeAnchor | EntryKind::Tombstone | EntryKind::Rehash | _ => {
                let what = "it is of a kind that this software cannot check";
                problems.note("records", Some(index), None, what.to_owned());
            }
        }
    }

    fn check_time(&mut self, index: u64, entry: &Entry, problems: &mut Problems) {
        let (first, last) = self
            .contents
            .first_and_last
            .unwrap_or((entry.registered_at, entry.registered_at));
        if entry.registered_at < last {
            let what = "its time is before that of the entry before it";
            problems.note("entries", Some(index), None, what.to_owned());
        }
        self.contents.first_and_last = Some((first, last.max(entry.registered_at)));
    }

    fn take_charter(&mut self, entry: &Entry, problems: &mut Problems) {
        match Charter::verify_entry(entry) {
            Ok(charter) if charter.origin == self.origin => {
                self.charter = Some(charter);
                self.key_entries
                    .iter_mut()
                    .for_each(|it| it.push(entry.clone()));
            }
            Ok(_) => {
                let what = "it is the charter of another ledger";
                problems.note("charter", Some(0), None, what.to_owned());
            }
            Err(error) => problems.note("charter", Some(0), None, error.to_string()),
        }
    }

    fn take_key_event(&mut self, index: u64, entry: &Entry, id: RecordId, problems: &mut Problems) {
        self.contents.key_events += 1;
        self.check_new(index, id, problems);
        let (Some(charter), Some(org)) = (&self.charter, &entry.org) else {
            let what = "there is no good charter to check it by";
            problems.note("key_chains", Some(index), None, what.to_owned());
            return;
        };
        let known = self.chains.get(org).cloned();
        let mut chain = known.unwrap_or_else(|| Arc::new(KeyChain::new(org.clone())));
        // A chain that stands still when an event is bad makes what follows fail by name.
        let applied = Arc::make_mut(&mut chain)
            .apply_entry(charter, entry)
            .map_err(|error| error.to_string())
            .and_then(|event| check_label(&event).map_err(|error| error.to_string()));
        match applied {
            Ok(()) => {
                self.chains.insert(org.clone(), chain);
                self.key_entries
                    .iter_mut()
                    .for_each(|it| it.push(entry.clone()));
            }
            Err(error) => {
                let what = format!("{}: {error}", org.as_str());
                problems.note("key_chains", Some(index), None, what);
            }
        }
    }

    fn take_record(&mut self, index: u64, entry: Entry, id: RecordId, problems: &mut Problems) {
        self.contents.records += 1;
        let signatures = u64::try_from(entry.signatures.len()).unwrap_or(u64::MAX);
        self.contents.signatures = self.contents.signatures.saturating_add(signatures);
        self.check_new(index, id, problems);
        let Some(chain) = entry.org.as_ref().and_then(|org| self.chains.get(org)) else {
            let what = KeyChainError::UnknownOrganisation.to_string();
            problems.note("signatures", Some(index), None, what);
            return;
        };
        // A chain that is shared is copied at the next key event, and a long one takes much memory.
        let chain = if chain.keys().nth(KEYS_SHARED_MAX).is_some() {
            let named = entry.signatures.iter().map(|it| it.key_id).collect();
            Arc::new(chain.only(&named))
        } else {
            Arc::clone(chain)
        };
        self.waiting.push(Waiting {
            index,
            entry,
            id,
            chain,
        });
    }

    /// Half of a record id tells records apart as surely as anybody can find out.
    fn check_new(&mut self, index: u64, id: RecordId, problems: &mut Problems) {
        let Some(half) = id.as_bytes().first_chunk::<16>() else {
            return;
        };
        let place = u32::try_from(index).unwrap_or(u32::MAX);
        if let Some(before) = self.ids.insert(*half, place) {
            let what = match before {
                u32::MAX => "the same payload is in an earlier entry".to_owned(),
                before => format!("the same payload is in entry {before}"),
            };
            problems.note("records", Some(index), None, what);
        }
    }

    /// Checks the records that wait.
    pub(super) fn flush(&mut self, history: &mut History, tiler: &Tiler, problems: &mut Problems) {
        let waiting = std::mem::take(&mut self.waiting);
        let origin = &self.origin;
        let found = on_all_cores(&waiting, GRAIN, |it| it.check(origin));
        for (waiting, found) in waiting.iter().zip(found) {
            match found {
                Some(Found::Good(numbered, claim)) => {
                    if let Some(numbered) = numbered {
                        self.numbers.push(&numbered);
                        if self.keeps_details {
                            self.contents.numbered.push(numbered);
                        }
                    }
                    if let Some(claim) = claim {
                        self.judge(&claim, history, tiler);
                    }
                }
                Some(Found::Bad(problem)) => problems.add(problem),
                None => problems.add(waiting.stopped()),
            }
        }
    }

    fn judge(&mut self, claim: &Claim, history: &mut History, tiler: &Tiler) {
        let tree = claim.size().map(|size| history.tree_at(tiler, size));
        // When it cannot be read, the check of the files says so; of the claim nothing is known.
        let Ok(tree) = tree.transpose() else {
            return;
        };
        let facts = claim.judge(tree.as_ref());
        self.seen.push(&facts);
        if self.keeps_details {
            self.contents.seen.push(facts);
        }
    }

    /// What the log holds so far, and what is to be remarked on.
    pub(super) fn take_contents(&mut self) -> (LedgerContents, Vec<String>) {
        let keys = self.chains.values().flat_map(|chain| {
            let records = chain.keys().filter(|it| it.role == KeyRole::Record);
            records.map(|it| DeviceFacts {
                key_id: it.key.key_id(),
                organisation: chain.org().as_str().to_owned(),
                label: it.label.clone(),
            })
        });
        let contents = LedgerContents {
            organisations: u64::try_from(self.chains.len()).unwrap_or(u64::MAX),
            devices: keys.collect(),
            seen_count: self.seen.count,
            seen_of_log: self.seen.of_log,
            ..std::mem::take(&mut self.contents)
        };
        let mut remarks = std::mem::take(&mut self.seen).into_remarks();
        remarks.extend(self.numbers.remarks(&contents.devices));
        (contents, remarks)
    }
}

/// What the check of a record has found.
#[derive(Debug)]
enum Found {
    /// Nothing is wrong with it; with its number on its device, and what it says of a checkpoint that its signer had seen.
    Good(Option<NumberedFacts>, Option<Claim>),
    Bad(Problem),
}

impl Waiting {
    fn fault(&self, check: &'static str, what: String) -> Problem {
        Problem {
            check,
            index: Some(self.index),
            path: None,
            what,
        }
    }

    /// A worker that stopped has shown nothing, so none of its records is good.
    fn stopped(&self) -> Problem {
        self.fault("records", "the check of this record broke off".to_owned())
    }

    fn check(&self, origin: &Origin) -> Found {
        match self.chain.check_record_entry(&self.entry) {
            Ok(()) => {}
            Err(error @ (KeyChainError::HeadMismatch | KeyChainError::OrgMismatch)) => {
                return Found::Bad(self.fault("key_chains", error.to_string()));
            }
            Err(error) => return Found::Bad(self.fault("signatures", error.to_string())),
        }
        match evidence::read(&self.entry, origin) {
            Ok(record) => Found::Good(self.numbered(&record), Claim::of(self.index, &record)),
            Err(what) => Found::Bad(self.fault("records", what)),
        }
    }

    /// The number of a good record on its device, if it has one.
    fn numbered(&self, record: &Record) -> Option<NumberedFacts> {
        let message = record.message();
        let mut signers = self.entry.signatures.iter().map(|it| it.key_id);
        let records = |key: &KeyId| {
            let key = self.chain.key(key);
            key.is_some_and(|key| key.role == KeyRole::Record)
        };
        let previous = <[u8; 32]>::try_from(message.previous.as_slice()).ok();
        Some(NumberedFacts {
            index: self.index,
            record_id: self.id,
            key_id: signers.find(records)?,
            seq: Some(message.device_seq).filter(|seq| *seq > 0)?,
            previous: previous.map(|id| RecordId::new(Hash::new(id))),
            signed_at: message.signed_at_ms,
            registered_at: self.entry.registered_at,
        })
    }
}
