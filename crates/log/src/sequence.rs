//! Gives submissions their indexes: which of a batch become entries, in what order, with what bytes.

use std::collections::HashMap;
use std::sync::Arc;

use witnessmark_keychain::{CheckedKeyEvent, CheckedRecord, Keychain, Seal, Submission};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{Entry, EntryKind, Hash, InclusionProof, LeafHash, LeafIndex, RecordId};

use crate::checkpoint::SignedCheckpoint;
use crate::error::{LogError, Refused};
use crate::submission::{Appended, Checked};

/// A sequenced batch: the new entries, and what becomes of each submission.
#[derive(Debug)]
pub(crate) struct Sequenced {
    /// The key chains after the batch.
    pub(crate) keychain: Arc<Keychain>,
    /// The time of the batch.
    pub(crate) registered_at: u64,
    /// The bytes of the new entries, in the order of their indexes.
    pub(crate) entries: Vec<Arc<[u8]>>,
    /// Their leaf hashes, of bytes that are what was checked.
    pub(crate) leaves: Vec<LeafHash>,
    /// Their record ids.
    pub(crate) record_ids: Vec<RecordId>,
    /// Which of them are key events, counted from the first of the batch.
    pub(crate) key_entries: Vec<u64>,
    places: Vec<Place>,
}

/// What becomes of one submission.
#[derive(Debug)]
enum Place {
    /// It becomes this one of the new entries.
    New(usize),
    /// It is the same record as this one of the new entries.
    Repeated(usize),
    /// It was in the log before the batch.
    Logged(Box<Appended>),
    Refused(Refused),
}

/// Sequences a batch on top of the published state.
///
/// `logged` finds a record that the log has already.
///
/// # Errors
///
/// Those of `logged`, which reads the store; and [`LogError::Halted`] when an entry is not what was checked. What is wrong with
/// one submission is its own answer.
pub(crate) fn sequence(
    batch: Vec<Checked>,
    registered_at: u64,
    keychain: Arc<Keychain>,
    logged: impl Fn(&RecordId) -> Result<Option<Appended>, LogError>,
) -> Result<Sequenced, LogError> {
    let mut sequenced = Sequenced {
        keychain,
        registered_at,
        entries: Vec::with_capacity(batch.len()),
        leaves: Vec::with_capacity(batch.len()),
        record_ids: Vec::with_capacity(batch.len()),
        key_entries: Vec::new(),
        places: Vec::with_capacity(batch.len()),
    };
    let mut fresh: HashMap<RecordId, usize> = HashMap::new();
    for checked in batch {
        let record_id = checked.record_id();
        let place = if let Some(entry) = fresh.get(&record_id) {
            Place::Repeated(*entry)
        } else if let Some(appended) = logged(&record_id)? {
            Place::Logged(Box::new(appended))
        } else {
            let seal = checked.seal();
            match sequenced.make(checked) {
                Ok(made) => {
                    made.check(&record_id, &seal)?;
                    let entry = sequenced.push(made, record_id);
                    fresh.insert(record_id, entry);
                    Place::New(entry)
                }
                Err(refused) => Place::Refused(refused),
            }
        };
        sequenced.places.push(place);
    }
    Ok(sequenced)
}

impl Sequenced {
    /// Whether the batch brings no new entry, so that there is nothing to commit.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The answers in the order of the submissions, when the new entries begin at index `first` and
    /// have these proofs in the checkpoint.
    pub(crate) fn answers(
        self,
        first: u64,
        proofs: &[InclusionProof],
        checkpoint: &SignedCheckpoint,
    ) -> Vec<Result<Appended, Refused>> {
        let Self {
            entries,
            record_ids,
            places,
            ..
        } = self;
        let entry = |place: usize, already_logged: bool| {
            let index = first.saturating_add(u64::try_from(place).unwrap_or(u64::MAX));
            Some(Appended {
                index: LeafIndex::new(index),
                record_id: *record_ids.get(place)?,
                already_logged,
                entry: Arc::clone(entries.get(place)?),
                proof: proofs.get(place)?.clone(),
                checkpoint: checkpoint.clone(),
            })
        };
        places
            .into_iter()
            .filter_map(|place| match place {
                Place::New(place) => entry(place, false).map(Ok),
                Place::Repeated(place) => entry(place, true).map(Ok),
                Place::Logged(appended) => Some(Ok(*appended)),
                Place::Refused(refused) => Some(Err(refused)),
            })
            .collect()
    }

    /// Makes the next entry of a submission, if its organisation's keys, as they are at this index,
    /// still allow it. After a refusal nothing has changed.
    fn make(&mut self, checked: Checked) -> Result<Made, Refused> {
        match checked {
            Checked::Record(record) => self.record_entry(record),
            Checked::KeyEvent(event) => self.key_event_entry(&event),
        }
    }

    /// Takes the next entry, and says which of the new ones it is.
    fn push(&mut self, made: Made, record_id: RecordId) -> usize {
        let place = self.entries.len();
        if made.entry.kind == EntryKind::KeyEvent {
            let place = u64::try_from(place).unwrap_or(u64::MAX);
            self.key_entries.push(place);
        }
        self.entries.push(made.bytes);
        self.leaves.push(made.leaf);
        self.record_ids.push(record_id);
        place
    }

    fn record_entry(&self, record: CheckedRecord) -> Result<Made, Refused> {
        self.keychain.recheck(&record).map_err(Refused::Keys)?;
        let submission = record.into_submission();
        // A rechecked record has a chain; without one it would not be this organisation's entry.
        let (seq, head) = self
            .keychain
            .organisation(&submission.org)
            .map_or((0, Hash::new([0; 32])), |chain| (chain.seq(), chain.head()));
        self.entry(EntryKind::Record, submission, seq, head)
    }

    fn key_event_entry(&mut self, event: &CheckedKeyEvent) -> Result<Made, Refused> {
        let submission = event.submission().clone();
        // The chain must not advance by an event that has no entry. Whether there is one does not
        // depend on the state of the chain, so it is asked before.
        self.entry(
            EntryKind::KeyEvent,
            submission.clone(),
            0,
            Hash::new([0; 32]),
        )?;
        let (seq, head) = Arc::make_mut(&mut self.keychain)
            .apply_key_event(event)
            .map_err(Refused::Keys)?;
        self.entry(EntryKind::KeyEvent, submission, seq, head)
    }

    fn entry(
        &self,
        kind: EntryKind,
        submission: Submission,
        org_key_seq: u32,
        org_key_head: Hash,
    ) -> Result<Made, Refused> {
        let Submission {
            org,
            payload_type,
            payload,
            signatures,
        } = submission;
        let entry = Entry {
            kind,
            registered_at: self.registered_at,
            org: Some(org),
            org_key_seq,
            org_key_head,
            payload_type,
            payload,
            signatures,
        };
        let bytes: Arc<[u8]> = Arc::from(entry.encode().map_err(Refused::Entry)?);
        let leaf = LeafHash::of(&bytes);
        Ok(Made { entry, bytes, leaf })
    }
}

/// An entry that was made of a submission.
#[derive(Debug)]
struct Made {
    entry: Entry,
    bytes: Arc<[u8]>,
    /// Computed before the bytes are compared with anything, so that they are the same bytes.
    leaf: LeafHash,
}

impl Made {
    /// Compares the bytes with what was checked, by reading them as the verifier does. They differ only when memory, or this
    /// program, is not what it should be: then nothing may be signed.
    fn check(&self, record_id: &RecordId, seal: &Seal) -> Result<(), LogError> {
        let is_what_was_checked = Entry::parse(&self.bytes).is_ok_and(|read| {
            read == self.entry && Seal::of_entry(&read) == *seal && seal.record_id() == *record_id
        });
        if is_what_was_checked {
            return Ok(());
        }
        Err(LogError::Halted(format!(
            "the entry of record {record_id} is not what was checked: the memory of this machine is not to be trusted"
        )))
    }
}

#[cfg(test)]
mod tests;
