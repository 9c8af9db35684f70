//! The sequencer over a store whose commits wait for the test: what gathers while one is under way, and in what order it is
//! logged.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use witnessmark_log::testing::{Fixture, MemoryStore, Organisation};
use witnessmark_log::{Commit, Latest, Reader, StoreError};
use witnessmark_merkle::NodeId;
use witnessmark_verifier::{Hash, LeafIndex, RecordId};

use super::*;
use crate::ledger::QueueLimits;
use crate::server::door::{Account, Door};

/// A store in memory whose commits wait, once it is shut.
#[derive(Debug)]
struct Gated {
    store: MemoryStore,
    is_shut: AtomicBool,
    /// Says how many entries a commit brings, when it begins.
    begun: Mutex<mpsc::Sender<usize>>,
    go: Mutex<mpsc::Receiver<()>>,
}

impl Store for Gated {
    fn latest(&self) -> Result<Option<Latest>, StoreError> {
        self.store.latest()
    }

    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        if self.is_shut.load(Ordering::SeqCst) {
            self.begun
                .lock()
                .unwrap()
                .send(commit.entries.len())
                .unwrap();
            let gone = |_| StoreError::Io("the disk is gone".to_owned());
            self.go.lock().unwrap().recv().map_err(gone)?;
        }
        self.store.commit(commit)
    }

    fn nodes(&self, ids: &[NodeId]) -> Result<Vec<Hash>, StoreError> {
        self.store.nodes(ids)
    }

    fn entries(&self, range: Range<u64>) -> Result<Vec<Arc<[u8]>>, StoreError> {
        self.store.entries(range)
    }

    fn index_of(&self, record: &RecordId) -> Result<Option<LeafIndex>, StoreError> {
        self.store.index_of(record)
    }
}

/// A running sequencer with two organisations, each with the key `one`: the log has five entries.
struct World {
    sequencer: Sequencer,
    queue: Queue,
    door: Door,
    reader: Reader<Gated>,
    begun: mpsc::Receiver<usize>,
    go: mpsc::Sender<()>,
    greedy: Organisation,
    polite: Organisation,
    _folder: tempfile::TempDir,
}

impl World {
    fn start() -> Self {
        let (say, begun) = mpsc::channel();
        let (go, may_go) = mpsc::channel();
        let store = Arc::new(Gated {
            store: MemoryStore::new(),
            is_shut: AtomicBool::new(false),
            begun: Mutex::new(say),
            go: Mutex::new(may_go),
        });
        let fixture = Fixture::default();
        let (charter, signatures) = fixture.charter();
        let signer = fixture.signer();
        let mut log = Log::create(Arc::clone(&store), signer, charter, signatures, 1_000).unwrap();
        let mut organisations = ["greedy", "polite"].map(|name| fixture.organisation(name));
        for organisation in &mut organisations {
            for event in [organisation.genesis(), organisation.add_key("one")] {
                let keychain = Arc::clone(&log.reader().published().keychain);
                let event = Checked::of(&keychain, event).unwrap();
                log.append(vec![event], 1_000).unwrap().remove(0).unwrap();
            }
        }
        store.is_shut.store(true, Ordering::SeqCst);
        let [greedy, polite] = organisations;
        let reader = log.reader();
        let (publish, _) = watch::channel(reader.published().checkpoint.clone());
        let (halt, _) = watch::channel(None);
        let folder = tempfile::tempdir().unwrap();
        let (start, _) = StartFile::read(folder.path());
        // The tests hold commits up for as long as they like.
        let watched = Watched::start(Duration::from_secs(3_600), halt).unwrap();
        let (links, _) = Links::open(folder.path(), reader.clone(), true).unwrap();
        let log = (log, Arc::new(links));
        let (sequencer, queue) = Sequencer::start(log, start, publish, watched).unwrap();
        Self {
            sequencer,
            queue,
            door: Door::new(QueueLimits::default()),
            reader,
            begun,
            go,
            greedy,
            polite,
            _folder: folder,
        }
    }

    fn checked(&self, submission: witnessmark_keychain::Submission) -> Checked {
        Checked::of(&self.reader.published().keychain, submission).unwrap()
    }

    fn record(&self, of: &Organisation, number: u64) -> Checked {
        let payload = format!("{} {number}", of.name());
        self.checked(of.record("one", payload.as_bytes()))
    }

    fn push(&self, checked: Checked) -> oneshot::Receiver<Answer> {
        let org = checked.submission().org.clone();
        let account = Account::Organisation(org.clone());
        let place = self.door.place_now(account, 8).unwrap();
        self.queue.push(org, (checked, None), place).unwrap()
    }

    /// Queues one record, and waits until its commit is under way.
    fn occupy(&self) -> oneshot::Receiver<Answer> {
        let first = self.push(self.record(&self.greedy, u64::MAX));
        assert_eq!(self.begun.recv(), Ok(1));
        first
    }

    /// Lets all commits go on, this one and those to come.
    fn open(&self) {
        for _ in 0..100 {
            self.go.send(()).unwrap();
        }
    }
}

fn index(answer: Answer) -> u64 {
    answer.0.unwrap().index.get()
}

#[tokio::test]
async fn what_waits_when_a_commit_ends_is_the_next_batch() {
    let world = World::start();
    // The first is not kept for others to come.
    let first = world.occupy();
    let others: Vec<_> = (0..5)
        .map(|number| world.push(world.record(&world.polite, number)))
        .collect();
    world.go.send(()).unwrap();
    assert_eq!(index(first.await.unwrap()), 5);
    assert_eq!(world.begun.recv(), Ok(5));
    world.open();
    for (place, other) in (6..).zip(others) {
        assert_eq!(index(other.await.unwrap()), place);
    }
}

#[tokio::test]
async fn a_long_queue_of_one_organisation_does_not_hold_up_another() {
    let world = World::start();
    let first = world.occupy();
    let many: Vec<_> = (0..600)
        .map(|number| world.push(world.record(&world.greedy, number)))
        .collect();
    let few = [1, 2].map(|number| world.push(world.record(&world.polite, number)));
    world.open();
    assert_eq!(index(first.await.unwrap()), 5);
    let places = {
        let [one, two] = few;
        [index(one.await.unwrap()), index(two.await.unwrap())]
    };
    assert_eq!(
        places,
        [7, 9],
        "every second place is its own while it has any"
    );
    let mut last = 0;
    for answer in many {
        let place = index(answer.await.unwrap());
        assert!(place > last, "an organisation's own order is kept");
        last = place;
    }
    assert_eq!(last, 5 + 602);
    assert_eq!(world.begun.recv(), Ok(BATCH_RECORDS));
}

#[tokio::test]
async fn a_key_that_is_revoked_between_the_check_and_the_batch_signs_nothing() {
    let mut world = World::start();
    let first = world.occupy();
    // Both pass the check while the key is good.
    let early = world.record(&world.polite, 1);
    let late = world.record(&world.polite, 2);
    let end = world.polite.revoke_key("one");
    let end = world.checked(end);
    let [early, end, late] = [early, end, late].map(|checked| world.push(checked));
    world.open();
    first.await.unwrap().0.unwrap();
    assert_eq!(index(early.await.unwrap()), 6);
    assert_eq!(index(end.await.unwrap()), 7);
    let refusal = late.await.unwrap().0.unwrap_err();
    assert_eq!(refusal.reason, Reason::KeyRevoked);
}

#[tokio::test]
async fn settled_is_what_was_queued_before_by_anybody() {
    let world = World::start();
    let first = world.occupy();
    let mut answers = vec![first];
    // More than one batch, so that what the mark stands behind is not all in the next.
    for number in 0..400 {
        answers.push(world.push(world.record(&world.greedy, number)));
    }
    answers.push(world.push(world.record(&world.polite, 1)));
    let settle = world.queue.settle();
    tokio::pin!(settle);
    let now = tokio::time::timeout(Duration::from_millis(1), &mut settle);
    assert!(now.await.is_err(), "nothing is committed yet");
    world.open();
    settle.await.unwrap();
    assert_eq!(world.reader.published().size(), 5 + 402);
    for answer in answers {
        answer.await.unwrap().0.unwrap();
    }
    // With nothing queued it is settled at once.
    world.queue.settle().await.unwrap();
}

#[tokio::test]
async fn what_was_queued_before_the_end_is_committed_and_nothing_after_it() {
    let world = World::start();
    let first = world.occupy();
    let second = world.push(world.record(&world.polite, 1));
    let (late, place) = (
        world.record(&world.polite, 2),
        world.door.place_now(Account::Connection(1), 8).unwrap(),
    );
    world.open();
    assert!(world.sequencer.stop(Duration::from_secs(60)).await);
    assert_eq!(index(first.await.unwrap()), 5);
    assert_eq!(index(second.await.unwrap()), 6);
    let org = late.submission().org.clone();
    let refusal = world.queue.push(org, (late, None), place).unwrap_err();
    assert_eq!(refusal.reason, Reason::ServerStopping);
    let refusal = world.queue.settle().await.unwrap_err();
    assert_eq!(refusal.reason, Reason::ServerStopping);
}

#[tokio::test]
async fn what_waits_when_a_commit_fails_is_told_that_the_log_has_halted() {
    let world = World::start();
    let first = world.occupy();
    let second = world.push(world.record(&world.polite, 1));
    let (late, place) = (
        world.record(&world.polite, 2),
        world.door.place_now(Account::Connection(1), 8).unwrap(),
    );
    drop(world.go);
    for waits in [first, second] {
        let refusal = waits.await.unwrap().0.unwrap_err();
        assert_eq!(refusal.reason, Reason::LedgerHalted);
    }
    let org = late.submission().org.clone();
    let refusal = world.queue.push(org, (late, None), place).unwrap_err();
    assert_eq!(refusal.reason, Reason::LedgerHalted);
}

#[test]
fn a_queue_without_a_writer_says_why() {
    let queue = Queue::read_only("3 entries are missing".to_owned());
    let refusal = queue.check_open().unwrap_err();
    assert_eq!(refusal.reason, Reason::LedgerReadOnly);
    assert_eq!(refusal.message, "3 entries are missing");
}

#[test]
fn a_queue_that_was_closed_says_why() {
    let world = World::start();
    assert_eq!(world.queue.refused(), None);
    world.queue.check_open().unwrap();
    world.queue.close("entry 7 is damaged".to_owned());
    world.queue.close("entry 8 is damaged".to_owned());
    let refusal = world.queue.check_open().unwrap_err();
    assert_eq!(refusal.reason, Reason::LedgerReadOnly);
    assert_eq!(refusal.message, "entry 7 is damaged");
    assert_eq!(world.queue.refused().unwrap().message, "entry 7 is damaged");
}

#[tokio::test]
async fn what_waits_when_a_witness_contradicts_the_log_is_refused_and_not_signed() {
    let world = World::start();
    let first = world.occupy();
    let second = world.push(world.record(&world.polite, 1));
    assert!(world.queue.contradicted("w1 has seen 9".to_owned()));
    assert!(!world.queue.contradicted("w2 has seen 9".to_owned()));
    world.open();
    // Its commit had begun.
    assert_eq!(index(first.await.unwrap()), 5);
    for refusal in [
        second.await.unwrap().0.unwrap_err(),
        world.queue.check_open().unwrap_err(),
    ] {
        assert_eq!(refusal.reason, Reason::LedgerContradicted);
        assert_eq!(refusal.message, "w1 has seen 9");
    }
    assert_eq!(world.reader.published().size(), 6);
}

#[tokio::test]
async fn a_queue_that_is_held_says_why_and_takes_what_comes_once_it_is_opened() {
    let world = World::start();
    world.queue.hold("ask the witnesses".to_owned());
    world.queue.opened(Instant::now()).await;
    let refusal = world.queue.check_open().unwrap_err();
    assert_eq!(refusal.reason, Reason::WitnessesUnreachable);
    let queue = world.queue.clone();
    let until = Instant::now() + Duration::from_secs(60);
    let waits = tokio::spawn(async move {
        queue.opened(until).await;
        queue.check_open()
    });
    assert!(world.queue.open() && !world.queue.open());
    waits.await.unwrap().unwrap();
    // One that takes nothing at all stays as it is.
    let queue = Queue::read_only("3 entries are missing".to_owned());
    queue.hold("ask the witnesses".to_owned());
    assert!(!queue.is_held());
}
