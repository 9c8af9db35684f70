//! What all calls share: the published log, the queue, and how much may be done at once.

use std::sync::Arc;
use std::thread;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use witnessmark_log::{Reader, SignedCheckpoint};
use witnessmark_proto::{Reason, Refusal};
use witnessmark_store_sled::SledStore;
use witnessmark_verifier::Origin;

use super::limits::READS_MAX;
use super::links::Links;
use super::sequencer::Queue;
use super::telemetry::fault;

/// What all calls share.
#[derive(Debug)]
pub(crate) struct Core {
    /// The name of the log.
    pub(crate) origin: Origin,
    /// Reads what is published.
    pub(crate) reader: Reader<SledStore>,
    /// Which entries belong together.
    pub(crate) links: Links<SledStore>,
    /// Where submissions wait.
    pub(crate) queue: Queue,
    /// The latest published checkpoint, for those who watch.
    pub(crate) published: watch::Receiver<SignedCheckpoint>,
    /// True once the server is told to stop: streams end.
    pub(crate) stopping: watch::Receiver<bool>,
    checks: Arc<Semaphore>,
    reads: Arc<Semaphore>,
}

impl Core {
    /// The shared state of a server that begins with `queue`.
    pub(crate) fn new(
        (origin, reader, links): (Origin, Reader<SledStore>, Links<SledStore>),
        queue: Queue,
        published: watch::Receiver<SignedCheckpoint>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            origin,
            reader,
            links,
            queue,
            published,
            stopping,
            checks: Arc::new(Semaphore::new(cores)),
            reads: Arc::new(Semaphore::new(READS_MAX)),
        }
    }

    /// Begins to check a submission on a thread that may be busy for a while. There are as many
    /// such threads as cores; waits for one.
    pub(crate) async fn begin_check<T: Send + 'static>(
        self: &Arc<Self>,
        check: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> JoinHandle<Result<T, Refusal>> {
        self.begin(&self.checks, check).await
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
        finish(self.begin(&self.reads, read).await).await
    }

    async fn begin<T: Send + 'static>(
        self: &Arc<Self>,
        threads: &Arc<Semaphore>,
        work: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> JoinHandle<Result<T, Refusal>> {
        // The semaphores are never closed; without a permit the work is only less bounded.
        let permit = Arc::clone(threads).acquire_owned().await.ok();
        let core = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let result = work(&core);
            drop(permit);
            result
        })
    }
}

/// The result of work that was begun on another thread.
///
/// # Errors
///
/// What the work says, or `SERVER_FAULT` if it panicked.
pub(crate) async fn finish<T>(work: JoinHandle<Result<T, Refusal>>) -> Result<T, Refusal> {
    work.await
        .unwrap_or_else(|error| Err(fault(Reason::ServerFault, &error)))
}
