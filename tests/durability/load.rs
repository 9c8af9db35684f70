//! Many submitters at once, and what the ledger acknowledged to them, kept where the ledger cannot lose it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use witnessmark_client::{Client, LoggedEntry, SignedPayload};
use witnessmark_verifier::{Hash, RecordId, TreeHead, TrustPolicy};

use crate::world::{Daemon, World};

/// Submitters at once.
const CLIENTS: usize = 8;

/// How long nothing may be acknowledged before a harness gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// Everything that the ledger has acknowledged so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Oracle {
    /// Where each acknowledged record is.
    pub(crate) places: BTreeMap<RecordId, u64>,
    /// The root at each size of which a checkpoint was seen.
    pub(crate) roots: BTreeMap<u64, Hash>,
    acknowledgements: Vec<Acknowledgement>,
}

#[derive(Clone, Copy, Debug)]
struct Acknowledgement {
    id: RecordId,
    index: u64,
    head: TreeHead,
    /// What the mark was once this was known.
    mark: u64,
}

impl Oracle {
    fn note(&mut self, entry: &LoggedEntry, mark: u64) {
        self.take(Acknowledgement {
            id: entry.record_id(),
            index: entry.index.get(),
            head: *entry.checkpoint.head(),
            mark,
        });
    }

    /// Takes an acknowledgement in, which must not contradict an earlier one.
    fn take(&mut self, one: Acknowledgement) {
        let Acknowledgement {
            id, index, head, ..
        } = one;
        let before = self.places.insert(id, index);
        assert!(
            before.is_none_or(|before| before == index),
            "record {id} has moved to {index}"
        );
        let size = head.size.get();
        let before = self.roots.insert(size, head.root);
        assert!(
            before.is_none_or(|root| root == head.root),
            "two roots at {size}"
        );
        self.acknowledgements.push(one);
    }

    /// What was acknowledged by the time of `mark`.
    pub(crate) fn until(&self, mark: u64) -> Self {
        let mut known = Self::default();
        for one in self.acknowledgements.iter().filter(|one| one.mark <= mark) {
            known.take(*one);
        }
        known
    }

    /// The mark of the first acknowledgement.
    pub(crate) fn first_mark(&self) -> Option<u64> {
        self.acknowledgements.iter().map(|one| one.mark).min()
    }
}

/// Submitters at work.
#[derive(Debug)]
pub(crate) struct Load {
    oracle: Arc<Mutex<Oracle>>,
    threads: Vec<JoinHandle<()>>,
}

/// Asked after each acknowledgement: how far something else has come by then.
pub(crate) type Mark = Arc<dyn Fn() -> u64 + Send + Sync>;

impl Load {
    /// Submits the records of `world` with the numbers in `range`, adding to what `oracle` knows, until they run out or the
    /// daemon is gone.
    pub(crate) fn start(
        world: &World,
        daemon: &Daemon,
        (range, oracle): (Range<usize>, Oracle),
        mark: &Mark,
    ) -> Self {
        let oracle = Arc::new(Mutex::new(oracle));
        let next = Arc::new(AtomicUsize::new(range.start));
        let threads = (0..CLIENTS).map(|number| {
            let submitter = Submitter {
                url: daemon.url.clone(),
                policy: world.policy.clone(),
                records: Arc::clone(&world.records),
                next: Arc::clone(&next),
                end: range.end.min(world.records.len()),
                at_once: 1 + number % 4,
                oracle: Arc::clone(&oracle),
                mark: Arc::clone(mark),
            };
            thread::spawn(move || submitter.run())
        });
        Self {
            threads: threads.collect(),
            oracle,
        }
    }

    /// How many records are acknowledged by now.
    pub(crate) fn acknowledged(&self) -> usize {
        self.oracle.lock().unwrap().places.len()
    }

    /// Waits until more than `count` records are acknowledged, or nobody submits any more.
    pub(crate) fn wait_for_more_than(&self, count: usize) {
        let begin = Instant::now();
        while self.acknowledged() <= count && !self.threads.iter().all(JoinHandle::is_finished) {
            assert!(begin.elapsed() < PATIENCE, "nothing is acknowledged");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until every record is submitted, or the daemon is gone.
    pub(crate) fn join(self) -> Oracle {
        for thread in self.threads {
            thread.join().unwrap();
        }
        Arc::into_inner(self.oracle).unwrap().into_inner().unwrap()
    }
}

/// Nothing else is looked at.
pub(crate) fn no_mark() -> Mark {
    Arc::new(|| 0)
}

struct Submitter {
    url: String,
    policy: TrustPolicy,
    records: Arc<[SignedPayload]>,
    next: Arc<AtomicUsize>,
    end: usize,
    at_once: usize,
    oracle: Arc<Mutex<Oracle>>,
    mark: Mark,
}

impl Submitter {
    fn run(self) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(self.submit());
    }

    /// Ends with the first thing that goes wrong: what is answered until then counts, and nothing else.
    async fn submit(self) {
        let Ok(client) = Client::connect(&self.url, self.policy.clone()).await else {
            return;
        };
        loop {
            let from = self.next.fetch_add(self.at_once, Ordering::Relaxed);
            let until = self.end.min(from.saturating_add(self.at_once));
            let Some(some) = self
                .records
                .get(from..until)
                .filter(|some| !some.is_empty())
            else {
                return;
            };
            let Ok(mut answers) = client.submit_many(some.to_vec()).await else {
                return;
            };
            loop {
                match answers.next().await {
                    Ok(Some(answer)) => {
                        let Ok(entry) = answer.result else { return };
                        let mark = (self.mark)();
                        self.oracle.lock().unwrap().note(&entry, mark);
                    }
                    Ok(None) => break,
                    Err(_) => return,
                }
            }
        }
    }
}
