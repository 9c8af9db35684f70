//! The entries of a log in order: times, charter, key chains, and the records between them.
//!
//! Key events are applied one after the other. Records wait, each with the key chain as it was when
//! they came, and are checked by all cores a batch at a time.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use witnessmark_record::{Record, check_label};
use witnessmark_verifier::{
    Charter, Entry, EntryKind, Hash, KeyChain, KeyChainError, KeyId, KeyRole, LeafHash, OrgName,
    Origin, RecordId,
};

use crate::evidence;
use crate::verdict::{DeviceFacts, LedgerContents, NumberedFacts, Problem};

use super::problems::Problems;
use super::seen::{Claim, Trees};

/// Records that wait to be checked together: enough for every core, few enough for the memory.
const BATCH_RECORDS: usize = 2_048;

/// Bytes that wait to be checked together.
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// The log so far.
#[derive(Debug)]
pub(super) struct Replay {
    origin: Origin,
    charter: Option<Charter>,
    chains: BTreeMap<OrgName, Arc<KeyChain>>,
    seen: HashMap<[u8; 16], u64>,
    waiting: Vec<Waiting>,
    waiting_bytes: usize,
    contents: LedgerContents,
    trees: Trees,
}

#[derive(Debug)]
struct Waiting {
    index: u64,
    entry: Entry,
    chain: Arc<KeyChain>,
}

impl Replay {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            origin,
            charter: None,
            chains: BTreeMap::new(),
            seen: HashMap::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            contents: LedgerContents::default(),
            trees: Trees::default(),
        }
    }

    /// Takes the entry at `index`, whose leaf hash is `leaf`.
    pub(super) fn push(
        &mut self,
        (index, leaf): (u64, LeafHash),
        bytes: &[u8],
        problems: &mut Problems,
    ) {
        self.contents.entries += 1;
        let entry = match Entry::parse(bytes) {
            Ok(entry) => entry,
            Err(error) => {
                self.trees.push(leaf, 0);
                problems.note("entries", Some(index), None, error.to_string());
                return;
            }
        };
        self.trees.push(leaf, entry.registered_at);
        self.check_time(index, &entry, problems);
        if (index == 0) != (entry.kind == EntryKind::Charter) {
            let what = "entry 0, and no other, must be the charter";
            problems.note("charter", Some(index), None, what.to_owned());
            return;
        }
        match entry.kind {
            EntryKind::Charter => self.take_charter(&entry, problems),
            EntryKind::KeyEvent => self.take_key_event(index, &entry, problems),
            EntryKind::Record => self.take_record(index, entry, bytes.len(), problems),
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
            Ok(charter) if charter.origin == self.origin => self.charter = Some(charter),
            Ok(_) => {
                let what = "it is the charter of another ledger";
                problems.note("charter", Some(0), None, what.to_owned());
            }
            Err(error) => problems.note("charter", Some(0), None, error.to_string()),
        }
    }

    fn take_key_event(&mut self, index: u64, entry: &Entry, problems: &mut Problems) {
        self.contents.key_events += 1;
        self.check_new(index, entry, problems);
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
            }
            Err(error) => {
                problems.note(
                    "key_chains",
                    Some(index),
                    None,
                    format!("{}: {error}", org.as_str()),
                );
            }
        }
    }

    fn take_record(&mut self, index: u64, entry: Entry, size: usize, problems: &mut Problems) {
        self.contents.records += 1;
        let signatures = u64::try_from(entry.signatures.len()).unwrap_or(u64::MAX);
        self.contents.signatures = self.contents.signatures.saturating_add(signatures);
        self.check_new(index, &entry, problems);
        let Some(chain) = entry.org.as_ref().and_then(|org| self.chains.get(org)) else {
            let what = KeyChainError::UnknownOrganisation.to_string();
            problems.note("signatures", Some(index), None, what);
            return;
        };
        let chain = Arc::clone(chain);
        self.waiting.push(Waiting {
            index,
            entry,
            chain,
        });
        self.waiting_bytes += size;
        if self.waiting.len() >= BATCH_RECORDS || self.waiting_bytes >= BATCH_BYTES {
            self.flush(problems);
        }
    }

    /// Half of a record id tells records apart as surely as anybody can find out.
    fn check_new(&mut self, index: u64, entry: &Entry, problems: &mut Problems) {
        let id: RecordId = entry.record_id();
        let Some(half) = id.as_bytes().first_chunk::<16>() else {
            return;
        };
        if let Some(before) = self.seen.insert(*half, index) {
            let what = format!("the same payload is in entry {before}");
            problems.note("records", Some(index), None, what);
        }
    }

    /// Checks the records that wait.
    pub(super) fn flush(&mut self, problems: &mut Problems) {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let share = waiting.len().div_ceil(workers).max(1);
        let origin = &self.origin;
        let found: Vec<Vec<Found>> = thread::scope(|scope| {
            let shares: Vec<_> = waiting
                .chunks(share)
                .map(|share| scope.spawn(move || share.iter().map(|it| it.check(origin)).collect()))
                .collect();
            shares
                .into_iter()
                .map(|share| share.join().unwrap_or_else(|_| stopped(&waiting)))
                .collect()
        });
        for found in found.into_iter().flatten() {
            match found {
                Found::Good(numbered, claim) => {
                    let seen = claim.and_then(|claim| self.trees.judge(&claim));
                    self.contents.seen.extend(seen);
                    self.contents.numbered.extend(numbered);
                }
                Found::Bad(problem) => problems.add(problem),
            }
        }
    }

    /// What the log holds so far.
    pub(super) fn take_contents(&mut self) -> LedgerContents {
        let keys = self.chains.values().flat_map(|chain| {
            let records = chain.keys().filter(|it| it.role == KeyRole::Record);
            records.map(|it| DeviceFacts {
                key_id: it.key.key_id(),
                organisation: chain.org().as_str().to_owned(),
                label: it.label.clone(),
            })
        });
        LedgerContents {
            organisations: u64::try_from(self.chains.len()).unwrap_or(u64::MAX),
            devices: keys.collect(),
            ..std::mem::take(&mut self.contents)
        }
    }
}

/// What the check of a record has found.
#[derive(Debug)]
enum Found {
    /// Nothing is wrong with it; with its number on its device, and what it says of a checkpoint that its signer had seen.
    Good(Option<NumberedFacts>, Option<Claim>),
    Bad(Problem),
}

/// A worker that stopped has shown nothing, so none of its records is good.
fn stopped(waiting: &[Waiting]) -> Vec<Found> {
    let index = waiting.first().map(|waiting| waiting.index);
    let what = "the check of this record or of one after it broke off".to_owned();
    vec![Found::Bad(Problem {
        check: "records",
        index,
        path: None,
        what,
    })]
}

impl Waiting {
    fn check(&self, origin: &Origin) -> Found {
        let fault = |check, what| {
            Found::Bad(Problem {
                check,
                index: Some(self.index),
                path: None,
                what,
            })
        };
        match self.chain.check_record_entry(&self.entry) {
            Ok(()) => {}
            Err(error @ (KeyChainError::HeadMismatch | KeyChainError::OrgMismatch)) => {
                return fault("key_chains", error.to_string());
            }
            Err(error) => return fault("signatures", error.to_string()),
        }
        match evidence::read(&self.entry, origin) {
            Ok(record) => Found::Good(self.numbered(&record), Claim::of(self.index, &record)),
            Err(what) => fault("records", what),
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
            record_id: self.entry.record_id(),
            key_id: signers.find(records)?,
            seq: Some(message.device_seq).filter(|seq| *seq > 0)?,
            previous: previous.map(|id| RecordId::new(Hash::new(id))),
            signed_at: message.signed_at_ms,
            registered_at: self.entry.registered_at,
        })
    }
}
