//! A log with one organisation, and the judge of what it answers.

use std::sync::Arc;

use witnessmark_keychain::Submission;
use witnessmark_log::testing::{Fixture, MemoryStore, Organisation};
use witnessmark_log::{Appended, Checked, Log, LogError, Refused, Store};
use witnessmark_verifier::{Entry, LeafHash};

/// When everything happens, unless a test says otherwise.
pub(crate) const NOW: u64 = 10_000;

/// A log in memory in which `Ada` has been admitted and has the keys `one` and `two`: four entries.
pub(crate) struct World {
    pub(crate) fixture: Fixture,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) log: Log<MemoryStore>,
    pub(crate) ada: Organisation,
}

impl World {
    pub(crate) fn new() -> Self {
        let fixture = Fixture::default();
        let store = Arc::new(MemoryStore::new());
        let mut log = created(&fixture, &store);
        let ada = admit(&fixture, &mut log);
        Self {
            fixture,
            store,
            log,
            ada,
        }
    }

    pub(crate) fn record(&self, payload: &[u8]) -> Checked {
        checked(&self.log, self.ada.record("one", payload))
    }
}

pub(crate) fn created<S: Store>(fixture: &Fixture, store: &Arc<S>) -> Log<S> {
    let (charter, signatures) = fixture.charter();
    Log::create(
        Arc::clone(store),
        fixture.signer(),
        charter,
        signatures,
        NOW,
    )
    .unwrap()
}

pub(crate) fn reopened<S: Store>(fixture: &Fixture, store: &Arc<S>) -> Result<Log<S>, LogError> {
    Log::open(Arc::clone(store), fixture.signer(), &mut |_, _| {})
}

/// Appends the key events of an organisation with two keys.
pub(crate) fn admit<S: Store>(fixture: &Fixture, log: &mut Log<S>) -> Organisation {
    let mut ada = fixture.organisation("ada");
    for event in [ada.genesis(), ada.add_key("one"), ada.add_key("two")] {
        let event = checked(log, event);
        append_one(log, event).unwrap();
    }
    ada
}

/// The check that a server makes before it queues a submission.
pub(crate) fn checked<S: Store>(log: &Log<S>, submission: Submission) -> Checked {
    Checked::of(&log.reader().published().keychain, submission).unwrap()
}

pub(crate) fn append_one<S: Store>(
    log: &mut Log<S>,
    checked: Checked,
) -> Result<Appended, Refused> {
    let mut answers = log.append(vec![checked], NOW).unwrap();
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

/// What everybody who gets an answer can check: the proof leads from the entry to the checkpoint.
pub(crate) fn assert_proved<S: Store>(log: &Log<S>, appended: &Appended) -> Entry {
    let Appended {
        index,
        record_id,
        entry,
        proof,
        checkpoint,
        ..
    } = appended;
    assert_eq!(checkpoint.verify(log.vkey()), Ok(()));
    assert_eq!(
        proof.verify(LeafHash::of(entry), *index, checkpoint.head()),
        Ok(())
    );
    let entry = Entry::parse(entry).unwrap();
    assert_eq!(entry.record_id(), *record_id);
    entry
}
