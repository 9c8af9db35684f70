//! The one writer: a thread that takes whatever waits as the next batch, and wakes the callers.
//!
//! There is no timer. While one batch is committed the next one gathers, so batches are small and
//! quick when the ledger is idle, and grow with the load. What waits is taken by turns among organisations, and of each in its
//! own order: an organisation that submits much fills what the others leave of a batch.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use witnessmark_log::{Appended, Checked, Log, LogError, SignedCheckpoint, Store};
use witnessmark_proto::{Reason, Refusal};
use witnessmark_verifier::OrgName;

use super::door::Place;
use super::limits::{BATCH_BYTES, BATCH_RECORDS};
use super::links::{Links, Said};
use super::status;
use super::turns::Turns;
use super::watchdog::Watched;
use crate::clock;
use crate::ledger::start::StartFile;

/// What one submission is answered with, and its place, which it has until the answer is handed over.
pub(crate) type Answer = (Result<Appended, Refusal>, Place);

/// A checked submission on its way into the log.
#[derive(Debug)]
struct Job {
    checked: Checked,
    said: Option<Box<Said>>,
    answer: oneshot::Sender<Answer>,
    place: Place,
}

#[derive(Debug)]
enum Work {
    Append(Box<Job>),
    /// Dropped once everything before it in this queue is committed or refused.
    Mark(#[expect(dead_code, reason = "dropping it says so")] Arc<Mark>),
}

/// Says that it is dropped.
#[derive(Debug)]
struct Mark(Option<oneshot::Sender<()>>);

impl Drop for Mark {
    fn drop(&mut self) {
        if let Some(settled) = self.0.take() {
            // Whoever asked may have gone away.
            let _: Result<(), ()> = settled.send(());
        }
    }
}

/// What waits for the thread. How much that is, the places at the door bound.
#[derive(Debug, Default)]
struct Waiting {
    /// By organisation; marks for all of them under no name.
    turns: Turns<Option<OrgName>, Work>,
    /// Nothing more comes: commit what waits, and end.
    stop: bool,
    /// The thread has ended, and what whoever comes or waits is told.
    ended: Option<Refusal>,
}

impl Waiting {
    /// Whether more may be queued.
    fn check(&self) -> Result<(), Refusal> {
        match &self.ended {
            Some(why) => Err(why.clone()),
            None if self.stop => Err(stopping()),
            None => Ok(()),
        }
    }
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    ready: Condvar,
    /// Why nothing more is signed, not even what waits, once that is so.
    contradicted: OnceLock<Refusal>,
}

/// The next batch.
#[derive(Debug, Default)]
struct Batch {
    jobs: Vec<Job>,
    /// Dropped when the batch is done.
    marks: Vec<Work>,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, org: OrgName, work: Work) -> Result<(), Refusal> {
        let mut waiting = self.waiting();
        waiting.check()?;
        waiting.turns.push(Some(org), work);
        drop(waiting);
        self.ready.notify_one();
        Ok(())
    }

    /// Whatever waits, as far as it fits a batch, once anything does; nothing when the thread is to end.
    fn next(&self) -> Option<Batch> {
        let idle = |waiting: &mut Waiting| waiting.turns.is_empty() && !waiting.stop;
        let waiting = self.ready.wait_while(self.waiting(), idle);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        if waiting.turns.is_empty() {
            return None;
        }
        let mut batch = Batch::default();
        let mut bytes = 0_usize;
        while batch.jobs.len() < BATCH_RECORDS && bytes < BATCH_BYTES {
            match waiting.turns.pop() {
                Some(Work::Append(job)) => {
                    bytes = bytes.saturating_add(job.place.bytes());
                    batch.jobs.push(*job);
                }
                Some(mark) => batch.marks.push(mark),
                None => break,
            }
        }
        Some(batch)
    }

    /// Nothing is taken any more, and who waits is told why.
    fn end(&self, why: &Refusal) {
        let mut waiting = self.waiting();
        waiting.ended.get_or_insert_with(|| why.clone());
        let mut left = std::mem::take(&mut waiting.turns);
        drop(waiting);
        while let Some(work) = left.pop() {
            if let Work::Append(job) = work {
                // A caller may have gone away.
                drop(job.answer.send((Err(why.clone()), job.place)));
            }
        }
    }
}

/// Where submissions wait for the sequencer. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    /// The way to the thread, or why there is none.
    shared: Result<Arc<Shared>, String>,
    /// Why nothing more is taken, once that is so.
    closed: Arc<OnceLock<Refusal>>,
    /// Why nothing is taken yet, as long as that is so.
    held: Arc<watch::Sender<Option<Refusal>>>,
}

impl Queue {
    /// The queue of a ledger that takes no submissions, and why.
    pub(crate) fn read_only(reason: String) -> Self {
        Self {
            shared: Err(reason),
            closed: Arc::default(),
            held: Arc::new(watch::Sender::new(None)),
        }
    }

    /// Puts a submission into the queue of this organisation, which is its own or, in a stream of several, that of the stream; the
    /// answer comes once it is durable or refused. With it goes what it says to the links.
    ///
    /// # Errors
    ///
    /// `SERVER_STOPPING`, `LEDGER_HALTED`, or `LEDGER_READ_ONLY`.
    pub(crate) fn push(
        &self,
        org: OrgName,
        (checked, said): (Checked, Option<Box<Said>>),
        place: Place,
    ) -> Result<oneshot::Receiver<Answer>, Refusal> {
        let shared = self.shared()?;
        let (answer, answered) = oneshot::channel();
        let job = Job {
            checked,
            said,
            answer,
            place,
        };
        shared.push(org, Work::Append(Box::new(job)))?;
        Ok(answered)
    }

    /// Waits until everything that was queued before, by anybody, is committed or refused.
    ///
    /// # Errors
    ///
    /// `SERVER_STOPPING`, `LEDGER_HALTED`, or `LEDGER_READ_ONLY`.
    pub(crate) async fn settle(&self) -> Result<(), Refusal> {
        let shared = self.shared()?;
        let (say, settled) = oneshot::channel();
        let mark = Arc::new(Mark(Some(say)));
        {
            let mut waiting = shared.waiting();
            waiting.check()?;
            let queues: Vec<_> = waiting
                .turns
                .keys()
                .filter(|key| key.is_some())
                .cloned()
                .collect();
            // The batch that is being committed was taken before: no queue has it, and the mark without a name is behind it.
            for key in queues.into_iter().chain([None]) {
                waiting.turns.push(key, Work::Mark(Arc::clone(&mark)));
            }
        }
        shared.ready.notify_one();
        drop(mark);
        settled.await.map_err(|_| stopping())
    }

    /// Whether the ledger takes submissions at all.
    ///
    /// # Errors
    ///
    /// `LEDGER_READ_ONLY`, and why.
    pub(crate) fn check_open(&self) -> Result<(), Refusal> {
        self.shared().map(drop)
    }

    /// Takes nothing any more, for this reason; what is queued goes on.
    pub(crate) fn close(&self, reason: String) {
        let refusal = Refusal::new(Reason::LedgerReadOnly, reason);
        self.closed.get_or_init(|| refusal);
    }

    /// Takes nothing any more, and refuses what is queued, because a witness has seen what is not here. False if nothing was taken
    /// before either.
    pub(crate) fn contradicted(&self, reason: String) -> bool {
        let refusal = Refusal::new(Reason::LedgerContradicted, reason);
        if let Ok(shared) = &self.shared {
            shared.contradicted.get_or_init(|| refusal.clone());
        }
        self.closed.set(refusal).is_ok()
    }

    /// Takes nothing until it is opened, for this reason. A ledger that takes nothing at all stays as it is.
    pub(crate) fn hold(&self, reason: String) {
        if self.shared.is_ok() {
            let refusal = Refusal::new(Reason::WitnessesUnreachable, reason);
            self.held.send_replace(Some(refusal));
        }
    }

    /// Whether it is held.
    pub(crate) fn is_held(&self) -> bool {
        self.held.borrow().is_some()
    }

    /// Takes what comes from now on. False if it was not held.
    pub(crate) fn open(&self) -> bool {
        self.held.send_if_modified(|held| held.take().is_some())
    }

    /// Waits until it is not held, and not beyond this moment; a start is soon over.
    pub(crate) async fn opened(&self, until: Instant) {
        let mut held = self.held.subscribe();
        // Whoever comes then is told why nothing is taken.
        drop(tokio::time::timeout_at(until, held.wait_for(Option::is_none)).await);
    }

    /// Why nothing is taken, if that is so.
    pub(crate) fn refused(&self) -> Option<Refusal> {
        self.shared().err()
    }

    fn shared(&self) -> Result<&Arc<Shared>, Refusal> {
        if let Some(refusal) = self.closed.get() {
            return Err(refusal.clone());
        }
        let told = |reason| Refusal::new(Reason::LedgerReadOnly, reason);
        let shared = self.shared.as_ref().map_err(told)?;
        match self.held.borrow().as_ref() {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(shared),
        }
    }
}

/// What a call is told that comes too late.
pub(crate) fn stopping() -> Refusal {
    Refusal::new(Reason::ServerStopping, "the server is shutting down")
}

/// The running thread.
#[derive(Debug)]
pub(crate) struct Sequencer {
    shared: Arc<Shared>,
    ended: oneshot::Receiver<()>,
}

/// Ends the queue, however the thread ends.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end(&stopping());
    }
}

impl Sequencer {
    /// Starts the thread. It tells `published` every new checkpoint before it wakes the callers,
    /// and `watched` why the log has halted, once it has. Then the thread ends.
    ///
    /// # Errors
    ///
    /// The system has no thread left.
    pub(crate) fn start<S: Store>(
        (log, links): (Log<S>, Arc<Links<S>>),
        start: StartFile,
        published: watch::Sender<SignedCheckpoint>,
        watched: Watched,
    ) -> io::Result<(Self, Queue)> {
        let shared = Arc::new(Shared::default());
        let (end, ended) = oneshot::channel();
        let ending = Ending(Arc::clone(&shared));
        thread::Builder::new()
            .name("sequencer".to_owned())
            .spawn(move || {
                run((log, &links), start, &ending.0, &published, &watched);
                drop(ending);
                // Nobody may be waiting for the end.
                let _: Result<(), ()> = end.send(());
            })?;
        let queue = Queue {
            shared: Ok(Arc::clone(&shared)),
            closed: Arc::default(),
            held: Arc::new(watch::Sender::new(None)),
        };
        Ok((Self { shared, ended }, queue))
    }

    /// Has the thread commit what waits and close the log. False if that took longer than `limit`.
    pub(crate) async fn stop(self, limit: Duration) -> bool {
        self.shared.waiting().stop = true;
        self.shared.ready.notify_all();
        let ended = async { self.ended.await.is_ok() };
        tokio::time::timeout(limit, ended).await.unwrap_or(false)
    }
}

fn run<S: Store>(
    (mut log, links): (Log<S>, &Links<S>),
    mut start: StartFile,
    waiting: &Shared,
    published: &watch::Sender<SignedCheckpoint>,
    watched: &Watched,
) {
    while let Some(Batch { jobs, marks }) = waiting.next() {
        let _work = watched.begin();
        match waiting.contradicted.get() {
            Some(refusal) => refuse(jobs, refusal),
            None => append((&mut log, links), jobs, published),
        }
        start.save_when_due(&log.reader().published());
        drop(marks);
        if let Some(reason) = log.halted() {
            tracing::error!(%reason, "the log has halted");
            waiting.end(&status::of_log(&LogError::Halted(reason.to_owned())));
            watched.halt(reason);
            break;
        }
    }
    let _work = watched.begin();
    start.save(&log.reader().published());
    // The store is closed within the limit of a commit.
    drop(log);
}

fn refuse(batch: Vec<Job>, refusal: &Refusal) {
    for Job { answer, place, .. } in batch {
        drop(answer.send((Err(refusal.clone()), place)));
    }
}

fn append<S: Store>(
    (log, links): (&mut Log<S>, &Links<S>),
    batch: Vec<Job>,
    published: &watch::Sender<SignedCheckpoint>,
) {
    if batch.is_empty() {
        return;
    }
    let mut callers = Vec::with_capacity(batch.len());
    let mut submissions = Vec::with_capacity(batch.len());
    let mut said = Vec::with_capacity(batch.len());
    for job in batch {
        submissions.push(job.checked);
        said.push(job.said);
        callers.push((job.answer, job.place));
    }
    match log.append(submissions, clock::now_ms()) {
        Ok(results) => {
            let checkpoint = log.reader().published().checkpoint.clone();
            tracing::debug!(batch = callers.len(), size = %checkpoint.head().size, "committed");
            published.send_if_modified(|latest| {
                let new = *latest != checkpoint;
                *latest = checkpoint;
                new
            });
            let said = said.into_iter().zip(&results);
            links.add_fresh(said.filter_map(|(said, result)| {
                let new = result.as_ref().ok().filter(|it| !it.already_logged)?;
                Some((new.index.get(), said?))
            }));
            for ((caller, place), result) in callers.into_iter().zip(results) {
                // A caller that has gone away finds its record by submitting it again.
                let result = result.map_err(|refused| status::of_refused(&refused));
                drop(caller.send((result, place)));
            }
        }
        Err(error) => {
            let refusal = status::of_log(&error);
            for (caller, place) in callers {
                drop(caller.send((Err(refusal.clone()), place)));
            }
        }
    }
}

#[cfg(test)]
mod tests;
