//! The thread that has sled: whatever may wait for ever does so there, and who asked for it stops waiting after a limit.
//!
//! When a write of sled's own threads fails, its `flush` can wait for ever: the commit neither succeeds nor fails. A disk that
//! hangs does the same to any call. A thread that hangs cannot be ended, so it is left behind with everything it has: sled, the
//! writer, and the lock of the folder, which so stays taken until the process ends.

use std::fs::File;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{io, thread};

use witnessmark_log::StoreError;

use crate::db::{Db, guarded};
use crate::store::Writer;

/// A limit is waited for in so many steps, so that a process that was stopped for a while and goes on has lost one step and
/// not all of them.
const STEPS: u32 = 20;

/// What the thread has; dropped in this order, so that the lock goes last.
pub(crate) struct Kept {
    /// The database.
    pub(crate) db: Db,
    /// What commits are written with; `None` if there are none.
    pub(crate) writer: Option<Writer>,
    _lock: File,
}

impl Kept {
    /// These things, for the thread to have.
    pub(crate) const fn new(db: Db, writer: Option<Writer>, lock: File) -> Self {
        Self {
            db,
            writer,
            _lock: lock,
        }
    }
}

type Job = Box<dyn FnOnce(&mut Kept) + Send>;

/// The way to the thread. When it is dropped the thread closes the store.
#[derive(Debug)]
pub(crate) struct Keeper {
    /// None once the thread has hung, or is to end.
    jobs: Option<mpsc::Sender<Job>>,
    ended: mpsc::Receiver<()>,
    limit: Duration,
}

impl Keeper {
    /// Starts the thread. What it is asked may take as long as `limit`.
    ///
    /// # Errors
    ///
    /// The system has no thread left; what it should have had is dropped here.
    pub(crate) fn start(mut kept: Kept, limit: Duration) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let (end, ended) = mpsc::channel();
        let work = move || {
            for job in waiting {
                job(&mut kept);
            }
            drop(kept);
            // Nobody may be waiting for the end any more.
            let _: Result<(), _> = end.send(());
        };
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(work)?;
        Ok(Self {
            jobs: Some(jobs),
            ended,
            limit,
        })
    }

    /// Has the thread do this, and waits for it.
    ///
    /// # Errors
    ///
    /// What the work says, or that it panicked or did not end within the limit. After the latter nothing more is done.
    pub(crate) fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Kept) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let gone = || StoreError::Io("the thread of the store has ended or hangs".to_owned());
        let (answer, answered) = mpsc::channel();
        let job = move |kept: &mut Kept| {
            let result = guarded(|| work(kept));
            // Whoever asked may have stopped waiting.
            drop(answer.send(result));
        };
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(Box::new(job)).map_err(|_| gone())?;
        match within(self.limit, &answered) {
            Ok(result) => result,
            Err(RecvTimeoutError::Disconnected) => Err(gone()),
            Err(RecvTimeoutError::Timeout) => {
                self.jobs = None;
                let seconds = self.limit.as_secs_f64();
                Err(StoreError::Io(format!(
                    "the storage engine or the disk did not answer within {seconds} s"
                )))
            }
        }
    }
}

impl Drop for Keeper {
    /// Waits until the store is closed, so that its folder can be opened again, and not longer than the limit. Everything that
    /// was acknowledged was synced before, so what is cut off here is no loss.
    fn drop(&mut self) {
        if self.jobs.take().is_some() {
            // Either way there is nothing more to do.
            let _: Result<(), RecvTimeoutError> = within(self.limit, &self.ended);
        }
    }
}

/// What comes within `limit`.
fn within<T>(limit: Duration, from: &mpsc::Receiver<T>) -> Result<T, RecvTimeoutError> {
    for _ in 1..STEPS {
        match from.recv_timeout(limit / STEPS) {
            Err(RecvTimeoutError::Timeout) => {}
            answered => return answered,
        }
    }
    from.recv_timeout(limit / STEPS)
}
