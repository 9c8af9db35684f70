//! The log: sequence, integrate, sign, commit, publish.
//!
//! One process has the log and one thread appends to it, so sequencing, integrating and committing
//! a batch is one step of the store. What a crash leaves:
//!
//! | Crash | In the store | Seen by anybody | After opening again |
//! |---|---|---|---|
//! | before or in *sequence* | nothing of the batch | nothing | the batch was never there; callers submit again |
//! | before or in *integrate* | nothing of the batch | nothing | the same |
//! | before *sign* | nothing of the batch | nothing | the same |
//! | after *sign*, before *commit* | nothing of the batch | nothing: the signature never left the process | the same; the size may be signed again with another root, and only that one is ever seen |
//! | in *commit* | all of the batch or nothing | nothing | the store says which |
//! | after *commit*, before *publish* | all of the batch | nothing | all of the batch is published; callers who submit again get index and proof |
//! | after *publish* | all of the batch | the checkpoint | the same |
//!
//! After a commit that failed this process cannot know whether it is in the fourth row or the sixth.
//! Therefore the log halts: it appends nothing any more until it is opened again.
//!
//! A bit of memory that flips on the way must not be signed. Each step compares what it takes over with what the step before has
//! made, by other code, and halts the log when they differ:
//!
//! | From | To | Compared |
//! |---|---|---|
//! | the check of the signatures | the entry | record id, organisation and signatures, by parsing the entry's bytes as the verifier does |
//! | the leaf hash | the tree | the new root, made by the frontier, with the root that the verifier computes from the consistency proof, and with the one that `again.rs` computes from the entries' bytes |
//! | the nodes that the frontier completed | the nodes that are committed and that proofs are made of | each with the one that `again.rs` computes |
//! | the entry's bytes as they were hashed | the bytes that are committed | the leaf hash, computed again by `again.rs` |
//! | the tree that was signed last | the frontier | the verifier's consistency proof starts at the checkpoint that was signed, not at what the frontier says |
//! | the key | the signature | the verifier checks the note that was made |

use std::sync::Arc;

use witnessmark_merkle::Frontier;
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Charter, Entry, EntryKind, EntrySignature, Hash, LeafHash, PAYLOAD_TYPE_CHARTER, RecordId,
    TreeHead, VerifierKey,
};

use crate::again;
use crate::checkpoint::SignedCheckpoint;
use crate::error::{LogError, Refused};
use crate::integrate::{Integrated, integrate};
use crate::limits::{BATCH_ENTRIES_MAX, CLOCK_BEHIND_MS_MAX};
use crate::load::load;
use crate::published::{Published, StartPoint};
use crate::reader::Reader;
use crate::sequence::sequence;
use crate::signer::{CheckpointSigner, SignError};
use crate::store::{Commit, Store, StoreError};
use crate::submission::{Appended, Checked};

/// The one writer of a log.
///
/// Invariants: `frontier`, the reader's published state and `registered_at` are those of the last
/// commit that succeeded; `epoch` is this writer's own; once `halted` is set it stays.
#[derive(Debug)]
pub struct Log<S> {
    store: Arc<S>,
    signer: CheckpointSigner,
    reader: Reader<S>,
    epoch: u64,
    frontier: Frontier,
    registered_at: u64,
    halted: Option<String>,
}

impl<S: Store> Log<S> {
    /// Creates a log in an empty store, with its charter as entry 0, and opens it.
    ///
    /// # Errors
    ///
    /// [`LogError::Exists`] if the store has a log, [`LogError::Refused`] if the charter is not one
    /// for this signer, or the errors of a commit and of [`Log::open`].
    pub fn create(
        store: Arc<S>,
        signer: CheckpointSigner,
        charter: Vec<u8>,
        signatures: Vec<EntrySignature>,
        now_ms: u64,
    ) -> Result<Self, LogError> {
        if let Some(latest) = store.latest().map_err(LogError::of_read)? {
            return Err(LogError::Exists {
                size: latest.size(),
            });
        }
        let entry = charter_entry(charter, signatures, now_ms, signer.vkey())?;
        let record_ids = vec![entry.record_id()];
        let bytes: Arc<[u8]> = Arc::from(entry.encode().map_err(Refused::Entry)?);
        let leaf = LeafHash::of(&bytes);
        let entries = vec![bytes];
        let empty = Frontier::new();
        let integrated = integrate(&empty, &[leaf]).map_err(|error| halted(&error))?;
        let checkpoint = sign(&signer, (&empty.head(), &empty), &integrated, &entries)?;
        let nodes = integrated.nodes;
        let commit = Commit {
            epoch: 1,
            old_size: 0,
            entries,
            record_ids,
            nodes,
            checkpoint,
        };
        store.commit(&commit).map_err(LogError::of_commit)?;
        Self::open(store, signer, &mut |_, _| {})
    }

    /// Opens the log that this signer signed, checks it, and takes the writer's role by raising the
    /// epoch. `visit` sees every entry in order, so that views can be built in the same pass.
    ///
    /// # Errors
    ///
    /// There is no log, it cannot be read, it contradicts itself or the signer's key, or another
    /// writer came first.
    pub fn open(
        store: Arc<S>,
        signer: CheckpointSigner,
        visit: &mut dyn FnMut(u64, &Entry),
    ) -> Result<Self, LogError> {
        Self::open_from(store, signer, None, visit)
    }

    /// [`Log::open`], which goes on from where an earlier start has read to, if the log has that
    /// start point; `visit` then sees the entries after it.
    ///
    /// # Errors
    ///
    /// As [`Log::open`].
    pub fn open_from(
        store: Arc<S>,
        signer: CheckpointSigner,
        from: Option<&StartPoint>,
        visit: &mut dyn FnMut(u64, &Entry),
    ) -> Result<Self, LogError> {
        let loaded = load(store.as_ref(), signer.vkey(), from, visit)?;
        let epoch = loaded
            .latest
            .epoch
            .checked_add(1)
            .ok_or_else(|| LogError::Corrupt("the epoch has no successor".to_owned()))?;
        // From here on a commit by whoever had the role before fails, and the state that was read is
        // durable, whatever the store did before it was opened.
        let role = Commit {
            epoch,
            old_size: loaded.latest.size(),
            entries: Vec::new(),
            record_ids: Vec::new(),
            nodes: Vec::new(),
            checkpoint: loaded.latest.checkpoint.clone(),
        };
        store.commit(&role).map_err(LogError::of_commit)?;
        let reader = Reader::new(Arc::clone(&store), loaded.published());
        Ok(Self {
            store,
            signer,
            reader,
            epoch,
            frontier: loaded.frontier,
            registered_at: loaded.registered_at,
            halted: None,
        })
    }

    /// Appends a batch, and answers each submission in order.
    ///
    /// What is wrong with one submission is its own answer and does not concern the others. A record
    /// that is in the log already, or twice in the batch, is answered with the one entry it has.
    ///
    /// # Errors
    ///
    /// Nothing of the batch is published then. [`LogError::Halted`], now and for ever after, when
    /// the outcome of the commit is unknown, another writer has the log, or what should be signed
    /// is not what the verifier accepts. After any other error the log goes on.
    pub fn append(
        &mut self,
        batch: Vec<Checked>,
        now_ms: u64,
    ) -> Result<Vec<Result<Appended, Refused>>, LogError> {
        self.check_takes(&batch)?;

        // Sequence. Then every submission is in the log already, refused, or the bytes of an entry
        // whose index is known; the keys that allow it are those at that index.
        let before = self.reader.published();
        let time = now_ms.max(self.registered_at);
        let find = |id: &RecordId| self.reader.already_logged(id);
        let sequenced = sequence(batch, time, Arc::clone(&before.keychain), find)
            .map_err(|error| self.halt(error))?;
        if sequenced.is_empty() {
            return Ok(sequenced.answers(before.size(), &[], &before.checkpoint));
        }

        let behind_ms = self.registered_at.saturating_sub(now_ms);
        if behind_ms > CLOCK_BEHIND_MS_MAX {
            return Err(LogError::Clock { behind_ms });
        }

        // Integrate. Then the new tree, what it adds to the store, and all proofs are known.
        let integrated = integrate(&self.frontier, &sequenced.leaves)
            .map_err(|error| self.halt(halted(&error)))?;

        // Sign. Then the verifier has accepted that the new tree continues the one that was signed
        // last, by its checkpoint and not by the frontier; computed again from their bytes, the new entries make this tree and no
        // other; and there is a checkpoint, which nobody has seen.
        let last = before.checkpoint.head();
        let before_it = (last, &self.frontier);
        let signed = sign(&self.signer, before_it, &integrated, &sequenced.entries);
        let checkpoint = signed.map_err(|error| self.halt(error))?;

        // Commit. Then the batch is durable, wholly. This is the commit point: before it the batch
        // was never there, after it the batch can never be lost.
        let commit = Commit {
            epoch: self.epoch,
            old_size: before.size(),
            entries: sequenced.entries.clone(),
            record_ids: sequenced.record_ids.clone(),
            nodes: integrated.nodes,
            checkpoint: checkpoint.clone(),
        };
        self.commit(&commit)?;

        // Publish. Then readers see the checkpoint, and callers may be answered.
        self.frontier = integrated.frontier;
        self.registered_at = sequenced.registered_at;
        let mut key_entries = Arc::clone(&before.key_entries);
        if !sequenced.key_entries.is_empty() {
            let new = sequenced.key_entries.iter();
            let new = new.map(|place| before.size().saturating_add(*place));
            Arc::make_mut(&mut key_entries).extend(new);
        }
        self.reader.publish(Published {
            checkpoint: checkpoint.clone(),
            keychain: Arc::clone(&sequenced.keychain),
            key_entries,
        });
        Ok(sequenced.answers(before.size(), &integrated.inclusions, &checkpoint))
    }

    /// A reader of what this log publishes.
    pub fn reader(&self) -> Reader<S> {
        self.reader.clone()
    }

    /// The key that verifies this log's checkpoints.
    pub const fn vkey(&self) -> &VerifierKey {
        self.signer.vkey()
    }

    /// Why the log halted, if it did.
    pub fn halted(&self) -> Option<&str> {
        self.halted.as_deref()
    }

    fn check_takes(&self, batch: &[Checked]) -> Result<(), LogError> {
        if let Some(reason) = &self.halted {
            Err(LogError::Halted(reason.clone()))
        } else if batch.len() > BATCH_ENTRIES_MAX {
            Err(LogError::Busy)
        } else {
            Ok(())
        }
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), LogError> {
        let result: Result<(), StoreError> = self.store.commit(commit);
        result.map_err(|error| self.halt(LogError::of_commit(error)))
    }

    /// Remembers the error if it is one that halts the log.
    fn halt(&mut self, error: LogError) -> LogError {
        if let LogError::Halted(reason) = &error {
            self.halted = Some(reason.clone());
        }
        error
    }
}

/// Signs the checkpoint of a batch on top of the tree that was signed last, and that ended in this frontier, once the batch is what its
/// entries make and the verifier has accepted that it continues that tree.
fn sign(
    signer: &CheckpointSigner,
    (last, frontier): (&TreeHead, &Frontier),
    integrated: &Integrated,
    entries: &[Arc<[u8]>],
) -> Result<SignedCheckpoint, LogError> {
    again::check(frontier.nodes(), entries, integrated).map_err(|error| halted(&error))?;
    let checkpoint = signer.sign(last, &integrated.new, &integrated.consistency);
    checkpoint.map_err(|error| match error {
        // Nothing was written and nothing is known to be wrong: the next batch is signed, or not.
        SignError::Signer(error) => LogError::Signer(error),
        SignError::Inconsistent(_) | SignError::Unusable(_) => halted(&error),
    })
}

fn halted(error: &dyn std::error::Error) -> LogError {
    LogError::Halted(error.to_string())
}

fn charter_entry(
    payload: Vec<u8>,
    signatures: Vec<EntrySignature>,
    registered_at: u64,
    vkey: &VerifierKey,
) -> Result<Entry, LogError> {
    let entry = Entry {
        kind: EntryKind::Charter,
        registered_at,
        org: None,
        org_key_seq: 0,
        org_key_head: Hash::new([0; 32]),
        payload_type: PAYLOAD_TYPE_CHARTER.to_owned(),
        payload,
        signatures,
    };
    let charter = Charter::verify_entry(&entry).map_err(Refused::Charter)?;
    if charter.origin != *vkey.name() {
        let (charter, signer) = (charter.origin, vkey.name().clone());
        return Err(Refused::Origin { charter, signer }.into());
    }
    Ok(entry)
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use witnessmark_keychain::CheckedRecord;
    use witnessmark_verifier::PublicKey;

    use super::*;
    use crate::signer::{Signer, SignerError};
    use crate::testing::{Fixture, MemoryStore, Organisation};

    /// The key of the fixture in something that can be taken away.
    #[derive(Debug)]
    struct Away(Box<dyn Signer>, Arc<AtomicBool>);

    impl Signer for Away {
        fn public_key(&self) -> PublicKey {
            self.0.public_key()
        }

        fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerError> {
            if self.1.load(Ordering::SeqCst) {
                let (holder, why) = ("the token".to_owned(), "it was pulled out".to_owned());
                return Err(SignerError::Unavailable { holder, why });
            }
            self.0.sign(message)
        }
    }

    #[test]
    fn while_the_key_is_away_nothing_is_published_and_the_log_goes_on_when_it_is_back() {
        let fixture = Fixture::default();
        let store = Arc::new(MemoryStore::new());
        let (charter, signatures) = fixture.charter();
        let away = Arc::new(AtomicBool::new(false));
        let key = Away(Box::new(fixture.log_key()), Arc::clone(&away));
        let signer = CheckpointSigner::new(fixture.origin().clone(), key);
        let mut log = Log::create(Arc::clone(&store), signer, charter, signatures, 1).unwrap();
        let event = |log: &Log<MemoryStore>, event| {
            let keychain = Arc::clone(&log.reader().published().keychain);
            vec![keychain.check_key_event(event).unwrap().into()]
        };
        let mut ada = fixture.organisation("ada");
        let genesis = ada.genesis();
        let before = store.latest().unwrap();
        away.store(true, Ordering::SeqCst);
        let error = log.append(event(&log, genesis.clone()), 1).unwrap_err();
        assert!(matches!(error, LogError::Signer(_)), "{error}");
        assert_eq!(store.latest().unwrap(), before);
        assert_eq!(log.reader().published().size(), 1);
        away.store(false, Ordering::SeqCst);
        log.append(event(&log, genesis), 2).unwrap()[0]
            .as_ref()
            .unwrap();
        assert_eq!(log.reader().published().size(), 2);
    }

    fn record(log: &Log<MemoryStore>, org: &Organisation, payload: &[u8]) -> CheckedRecord {
        let keychain = Arc::clone(&log.reader().published().keychain);
        keychain.check_record(org.record("one", payload)).unwrap()
    }

    #[test]
    fn a_bit_that_flips_in_the_frontier_between_two_batches_is_caught_before_anything_is_signed() {
        let fixture = Fixture::default();
        let store = Arc::new(MemoryStore::new());
        let (charter, signatures) = fixture.charter();
        let signer = fixture.signer();
        let mut log = Log::create(Arc::clone(&store), signer, charter, signatures, 1).unwrap();
        let mut ada = fixture.organisation("ada");
        for event in [ada.genesis(), ada.add_key("one")] {
            let keychain = Arc::clone(&log.reader().published().keychain);
            let event = keychain.check_key_event(event).unwrap();
            log.append(vec![event.into()], 1).unwrap();
        }
        let (size, before) = (log.frontier.size(), store.latest().unwrap());
        let nodes: Vec<Hash> = log.frontier.nodes().map(|(_, hash)| hash).collect();
        let mut flipped = nodes.clone();
        let mut bytes = *nodes[0].as_bytes();
        bytes[9] ^= 16;
        flipped[0] = Hash::new(bytes);
        log.frontier = Frontier::from_nodes(size, flipped).unwrap();
        let one = record(&log, &ada, b"one");
        let error = log.append(vec![one.into()], 2).unwrap_err();
        assert!(matches!(error, LogError::Halted(_)), "{error}");
        assert_eq!(store.latest().unwrap(), before);
        // It stays halted, also with its memory as it was.
        log.frontier = Frontier::from_nodes(size, nodes).unwrap();
        let one = record(&log, &ada, b"one");
        log.append(vec![one.into()], 3).unwrap_err();
    }
}
