//! What all calls share: the published log, the queue, and how much may be done at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use witnessmark_log::{LogError, PAGE_ENTRIES_MAX, Reader, SignedCheckpoint};
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
    /// Where submissions wait.
    pub(crate) queue: Queue,
    /// The latest published checkpoint, for those who watch.
    pub(crate) published: watch::Receiver<SignedCheckpoint>,
    /// True once the server is told to stop: streams end.
    pub(crate) stopping: watch::Receiver<bool>,
    links: Mutex<Links>,
    checks: Arc<Semaphore>,
    reads: Arc<Semaphore>,
}

impl Core {
    /// The shared state of a server that begins with `queue`.
    pub(crate) fn new(
        (origin, reader): (Origin, Reader<SledStore>),
        queue: Queue,
        published: watch::Receiver<SignedCheckpoint>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            origin,
            reader,
            queue,
            published,
            stopping,
            links: Mutex::new(Links::new()),
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

    /// Asks the links, once they are complete up to `size`, which is published.
    ///
    /// # Errors
    ///
    /// The entries that are missing in them cannot be read.
    pub(crate) fn with_links<T>(
        &self,
        size: u64,
        ask: impl FnOnce(&Links) -> T,
    ) -> Result<T, LogError> {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.catch_up(&self.reader, size)?;
        Ok(ask(&links))
    }

    /// Brings the links some way up to the published size. False once they are there, and the
    /// entries that were read have the root of the tree.
    ///
    /// # Errors
    ///
    /// The entries cannot be read, or are not what they were.
    pub(crate) fn step_links(&self) -> Result<bool, LogError> {
        let size = self.reader.published().size();
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let next = links.size().saturating_add(PAGE_ENTRIES_MAX).min(size);
        links.catch_up(&self.reader, next)?;
        if links.size() < size {
            return Ok(true);
        }
        links.check_tree(&self.reader)?;
        Ok(false)
    }

    /// Asks the links if that takes no time: nobody else does, and they are complete up to `size`.
    pub(crate) fn with_links_now<T>(&self, size: u64, ask: impl FnOnce(&Links) -> T) -> Option<T> {
        let links = self.links.try_lock().ok()?;
        (links.size() >= size).then(|| ask(&links))
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
