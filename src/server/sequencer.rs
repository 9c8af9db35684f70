//! The one writer: a thread that takes whatever waits as the next batch, and wakes the callers.
//!
//! There is no timer. While one batch is committed the next one gathers, so batches are small and
//! quick when the ledger is idle, and grow with the load.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use witnessmark_log::{Appended, BATCH_ENTRIES_MAX, Checked, Log, SignedCheckpoint, Store};
use witnessmark_proto::{Reason, Refusal};

use super::limits::{QUEUE_WAIT, SUBMISSIONS_MAX};
use super::status;
use super::watchdog::Watched;
use crate::clock;
use crate::ledger::start::StartFile;

/// What one submission is answered with.
pub(crate) type Answer = Result<Appended, Refusal>;

/// One of the places that [`SUBMISSIONS_MAX`] allows; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(
    #[expect(dead_code, reason = "it is held, and dropping it frees the place")]
    OwnedSemaphorePermit,
);

/// A checked submission on its way into the log.
#[derive(Debug)]
struct Job {
    checked: Checked,
    answer: oneshot::Sender<Answer>,
    /// Kept until the job is answered.
    place: Place,
}

#[derive(Debug)]
enum Work {
    Append(Box<Job>),
    /// Say so once everything before this is committed or refused.
    Mark(oneshot::Sender<()>),
    /// Nothing more comes: commit what waits, and end.
    Stop,
}

/// Where submissions wait for the sequencer. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    /// The way to the thread, or why there is none.
    work: Result<mpsc::Sender<Work>, String>,
    places: Arc<Semaphore>,
}

impl Queue {
    /// The queue of a ledger that takes no submissions, and why.
    pub(crate) fn read_only(reason: String) -> Self {
        Self {
            work: Err(reason),
            places: Arc::new(Semaphore::new(0)),
        }
    }

    /// A place in the queue, if there is one now.
    ///
    /// # Errors
    ///
    /// `QUEUE_FULL`, or `LEDGER_READ_ONLY`.
    pub(crate) fn place_now(&self) -> Result<Place, Refusal> {
        self.check_open()?;
        Arc::clone(&self.places)
            .try_acquire_owned()
            .map(Place)
            .map_err(|_| full())
    }

    /// A place in the queue, as soon as there is one.
    ///
    /// # Errors
    ///
    /// `QUEUE_FULL` when that takes too long, or `LEDGER_READ_ONLY`.
    pub(crate) async fn place_soon(&self) -> Result<Place, Refusal> {
        self.check_open()?;
        let place = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(QUEUE_WAIT, place).await {
            Ok(Ok(place)) => Ok(Place(place)),
            Ok(Err(_)) | Err(_) => Err(full()),
        }
    }

    /// Puts a submission into the queue; the answer comes once it is durable or refused.
    ///
    /// # Errors
    ///
    /// `SERVER_STOPPING`, or `LEDGER_READ_ONLY`.
    pub(crate) fn push(
        &self,
        checked: Checked,
        place: Place,
    ) -> Result<oneshot::Receiver<Answer>, Refusal> {
        let work = self.check_open()?;
        let (answer, answered) = oneshot::channel();
        let job = Job {
            checked,
            answer,
            place,
        };
        work.try_send(Work::Append(Box::new(job)))
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => full(),
                mpsc::error::TrySendError::Closed(_) => stopping(),
            })?;
        Ok(answered)
    }

    /// Waits until everything that was queued before is committed or refused. The caller's place makes sure that there is room.
    ///
    /// # Errors
    ///
    /// `SERVER_STOPPING`, or `LEDGER_READ_ONLY`.
    pub(crate) async fn settle(&self, _place: &Place) -> Result<(), Refusal> {
        let work = self.check_open()?;
        let (done, settled) = oneshot::channel();
        work.send(Work::Mark(done)).await.map_err(|_| stopping())?;
        settled.await.map_err(|_| stopping())
    }

    fn check_open(&self) -> Result<&mpsc::Sender<Work>, Refusal> {
        self.work
            .as_ref()
            .map_err(|reason| Refusal::new(Reason::LedgerReadOnly, reason))
    }
}

/// What a call is told that comes too late.
pub(crate) fn stopping() -> Refusal {
    Refusal::new(Reason::ServerStopping, "the server is shutting down")
}

fn full() -> Refusal {
    Refusal::new(
        Reason::QueueFull,
        format!("{SUBMISSIONS_MAX} submissions are waiting"),
    )
}

/// The running thread.
#[derive(Debug)]
pub(crate) struct Sequencer {
    work: mpsc::Sender<Work>,
    ended: oneshot::Receiver<()>,
}

impl Sequencer {
    /// Starts the thread. It tells `published` every new checkpoint before it wakes the callers,
    /// and `watched` why the log has halted, once it has. Then the thread ends.
    ///
    /// # Errors
    ///
    /// The system has no thread left.
    pub(crate) fn start<S: Store>(
        log: Log<S>,
        start: StartFile,
        published: watch::Sender<SignedCheckpoint>,
        watched: Watched,
    ) -> io::Result<(Self, Queue)> {
        // One more than there are places, so that there is always room to say stop.
        let (work, waiting) = mpsc::channel(SUBMISSIONS_MAX.saturating_add(1));
        let (end, ended) = oneshot::channel();
        thread::Builder::new()
            .name("sequencer".to_owned())
            .spawn(move || {
                run(log, start, waiting, &published, &watched);
                // Nobody may be waiting for the end.
                let _: Result<(), ()> = end.send(());
            })?;
        let places = Arc::new(Semaphore::new(SUBMISSIONS_MAX));
        let queue = Queue {
            work: Ok(work.clone()),
            places,
        };
        Ok((Self { work, ended }, queue))
    }

    /// Has the thread commit what waits and close the log. False if that took longer than `limit`.
    pub(crate) async fn stop(self, limit: Duration) -> bool {
        let ended = async {
            // Fails only when the thread has ended.
            drop(self.work.send(Work::Stop).await);
            self.ended.await.is_ok()
        };
        tokio::time::timeout(limit, ended).await.unwrap_or(false)
    }
}

fn run<S: Store>(
    mut log: Log<S>,
    mut start: StartFile,
    mut waiting: mpsc::Receiver<Work>,
    published: &watch::Sender<SignedCheckpoint>,
    watched: &Watched,
) {
    while let Some(first) = waiting.blocking_recv() {
        let _work = watched.begin();
        let mut stop = false;
        let mut batch = Vec::new();
        let mut marks = Vec::new();
        let mut next = Some(first);
        while let Some(work) = next {
            match work {
                Work::Append(job) => batch.push(*job),
                Work::Mark(done) => marks.push(done),
                Work::Stop => stop = true,
            }
            next = if stop || batch.len() >= BATCH_ENTRIES_MAX {
                None
            } else {
                waiting.try_recv().ok()
            };
        }
        append(&mut log, batch, published);
        start.save_when_due(&log.reader().published());
        for done in marks {
            // Whoever asked may have gone away.
            let _: Result<(), ()> = done.send(());
        }
        if let Some(reason) = log.halted() {
            tracing::error!(%reason, "the log has halted");
            watched.halt(reason);
            stop = true;
        }
        if stop {
            break;
        }
    }
    let _work = watched.begin();
    start.save(&log.reader().published());
    // The store is closed within the limit of a commit.
    drop(log);
}

fn append<S: Store>(
    log: &mut Log<S>,
    batch: Vec<Job>,
    published: &watch::Sender<SignedCheckpoint>,
) {
    if batch.is_empty() {
        return;
    }
    let mut callers = Vec::with_capacity(batch.len());
    let mut submissions = Vec::with_capacity(batch.len());
    for Job {
        checked,
        answer,
        place,
    } in batch
    {
        submissions.push(checked);
        callers.push((answer, place));
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
            for ((caller, _place), result) in callers.into_iter().zip(results) {
                // A caller that has gone away finds its record by submitting it again.
                drop(caller.send(result.map_err(|refused| status::of_refused(&refused))));
            }
        }
        Err(error) => {
            let refusal = status::of_log(&error);
            for (caller, _place) in callers {
                drop(caller.send(Err(refusal.clone())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue with one place, and the end that a sequencer would have.
    fn queue() -> (Queue, mpsc::Receiver<Work>) {
        let (work, waiting) = mpsc::channel(1);
        (
            Queue {
                work: Ok(work),
                places: Arc::new(Semaphore::new(1)),
            },
            waiting,
        )
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_takes_again_when_a_place_is_free() {
        let (queue, _waiting) = queue();
        let place = queue.place_now().unwrap();
        assert_eq!(queue.place_now().unwrap_err().reason, Reason::QueueFull);
        drop(place);
        drop(queue.place_now().unwrap());
        queue.place_soon().await.unwrap();
    }

    #[tokio::test]
    async fn a_stream_waits_for_a_place() {
        let (queue, _waiting) = queue();
        let place = queue.place_now().unwrap();
        let waiter = tokio::spawn({
            let queue = queue.clone();
            async move { queue.place_soon().await.map(drop) }
        });
        tokio::task::yield_now().await;
        drop(place);
        waiter.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_queue_without_a_writer_says_why() {
        let queue = Queue::read_only("3 entries are missing".to_owned());
        let refusals = [
            queue.place_now().unwrap_err(),
            queue.place_soon().await.unwrap_err(),
        ];
        for refusal in refusals {
            assert_eq!(refusal.reason, Reason::LedgerReadOnly);
            assert_eq!(refusal.message, "3 entries are missing");
        }
    }
}
