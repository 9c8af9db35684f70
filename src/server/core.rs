//! What all calls share: the published log, the queue, and how much may be done at once.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::Instant;
use witnessmark_log::{Reader, SignedCheckpoint};
use witnessmark_proto::{CheckpointChoice, Reason, Refusal};
use witnessmark_store_sled::SledStore;
use witnessmark_verifier::Origin;

use super::checks::Checks;
use super::door::{Account, Door};
use super::limits::{BUNDLES_MAX, READS_MAX, START_WAIT};
use super::links::Links;
use super::scrub::Scrub;
use super::sequencer::Queue;
use super::telemetry::fault;
use super::witnesses::Witnesses;
use crate::ledger::QueueLimits;

/// What all calls share.
#[derive(Debug)]
pub(crate) struct Core {
    /// The name of the log.
    pub(crate) origin: Origin,
    /// Reads what is published.
    pub(crate) reader: Reader<SledStore>,
    /// Which entries belong together.
    pub(crate) links: Arc<Links<SledStore>>,
    /// How many submissions may be inside at once.
    pub(crate) door: Door,
    /// Where submissions wait that are checked.
    pub(crate) queue: Queue,
    /// Whether entries are not among what is offered as tiles.
    pub(crate) entries_withheld: bool,
    /// Room for bundles of entries that are being sent.
    pub(crate) bundles: Arc<Semaphore>,
    /// The latest published checkpoint, for those who watch.
    pub(crate) published: watch::Receiver<SignedCheckpoint>,
    /// Until when a submission waits for the start to be over.
    pub(crate) start_over: Instant,
    /// True once the server is told to stop: streams end.
    pub(crate) stopping: watch::Receiver<bool>,
    /// Who cosigns what is signed, and which checkpoints are shown.
    pub(crate) witnesses: Witnesses,
    /// How far everything stored has been looked at again.
    pub(crate) scrub: Scrub,
    checks: Checks,
    reads: Arc<Semaphore>,
}

impl Core {
    /// The shared state of a server of the ledger in `dir` that begins with `queue`.
    ///
    /// # Errors
    ///
    /// The system has no threads left.
    pub(crate) fn new(
        (origin, reader, links): (Origin, Reader<SledStore>, Arc<Links<SledStore>>),
        dir: PathBuf,
        (queue, limits, entries_withheld): (Queue, QueueLimits, bool),
        (published, witnesses): (watch::Receiver<SignedCheckpoint>, Witnesses),
        stopping: watch::Receiver<bool>,
    ) -> io::Result<Self> {
        Ok(Self {
            origin,
            reader,
            links,
            door: Door::new(limits),
            queue,
            entries_withheld,
            bundles: Arc::new(Semaphore::new(BUNDLES_MAX)),
            published,
            witnesses,
            start_over: Instant::now() + START_WAIT,
            stopping,
            scrub: Scrub::new(dir),
            checks: Checks::start()?,
            reads: Arc::new(Semaphore::new(READS_MAX)),
        })
    }

    /// The checkpoint that an answer of `size` entries at least is relative to.
    ///
    /// # Errors
    ///
    /// There is none of that choice.
    pub(crate) fn shown(
        &self,
        choice: CheckpointChoice,
        size: u64,
    ) -> Result<SignedCheckpoint, Refusal> {
        self.witnesses.shown(choice, size)
    }

    /// Begins to check a submission, or to make its answer, on one of the threads for that, when it is the account's turn.
    pub(crate) fn begin_check<T: Send + 'static>(
        self: &Arc<Self>,
        account: Account,
        check: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Check<T> {
        let (say, said) = oneshot::channel();
        let core = Arc::clone(self);
        self.checks.push(account, move || {
            // Whoever asked may have gone away.
            drop(say.send(check(&core)));
        });
        Check(said)
    }

    /// Reads from the store, on a thread that may wait for the disk.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        // The semaphore is never closed; without a permit the reading is only less bounded.
        let permit = Arc::clone(&self.reads).acquire_owned().await.ok();
        let core = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            let result = read(&core);
            drop(permit);
            result
        });
        reading
            .await
            .unwrap_or_else(|error| Err(fault(Reason::ServerFault, &error)))
    }
}

/// A check that was begun.
#[derive(Debug)]
pub(crate) struct Check<T>(oneshot::Receiver<T>);

impl<T> Check<T> {
    /// What was found.
    ///
    /// # Errors
    ///
    /// `SERVER_FAULT` if the check panicked.
    pub(crate) async fn found(self) -> Result<T, Refusal> {
        let silent = |_| fault(Reason::ServerFault, &"a check ended without an answer");
        self.0.await.map_err(silent)
    }
}
