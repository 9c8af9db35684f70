//! The threads that check submissions: as many as cores, and by turns among accounts.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::door::Account;
use super::turns::Turns;

/// What a thread does for somebody.
type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Waiting {
    turns: Turns<Account, Job>,
    stop: bool,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    ready: Condvar,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job, once there is one; nothing when there will be none.
    fn next(&self) -> Option<Job> {
        let waiting = self.waiting();
        let idle = |waiting: &mut Waiting| waiting.turns.is_empty() && !waiting.stop;
        let ready = self.ready.wait_while(waiting, idle);
        ready.unwrap_or_else(PoisonError::into_inner).turns.pop()
    }
}

/// The threads. They end when this is dropped, once nothing waits.
pub(crate) struct Checks(Arc<Shared>);

impl fmt::Debug for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checks")
            .field("waiting", &self.0.waiting().turns.len())
            .finish()
    }
}

impl Checks {
    /// Starts as many threads as there are cores.
    ///
    /// # Errors
    ///
    /// The system has no thread left.
    pub(crate) fn start() -> io::Result<Self> {
        let checks = Self(Arc::default());
        for _ in 0..cores() {
            let shared = Arc::clone(&checks.0);
            let work = move || {
                while let Some(job) = shared.next() {
                    // Whoever waits for the job finds out that it gave no answer.
                    drop(catch_unwind(AssertUnwindSafe(job)));
                }
            };
            thread::Builder::new()
                .name("check".to_owned())
                .spawn(work)?;
        }
        Ok(checks)
    }

    /// Has `job` done when it is the account's turn. How much waits is bounded by the places at the door.
    pub(crate) fn push(&self, account: Account, job: impl FnOnce() + Send + 'static) {
        self.0.waiting().turns.push(account, Box::new(job));
        self.0.ready.notify_one();
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        self.0.waiting().stop = true;
        self.0.ready.notify_all();
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use std::sync::{Barrier, mpsc};

    use super::*;

    #[test]
    fn all_cores_check_at_once() {
        let checks = Checks::start().unwrap();
        // Each waits for all the others, so none ends while one has no thread.
        let barrier = Arc::new(Barrier::new(cores()));
        let (end, ended) = mpsc::channel();
        for _ in 0..cores() {
            let (barrier, end) = (Arc::clone(&barrier), end.clone());
            checks.push(Account::Connection(1), move || {
                barrier.wait();
                end.send(()).unwrap();
            });
        }
        drop(end);
        assert_eq!(ended.iter().count(), cores());
    }

    #[test]
    fn one_that_sends_much_does_not_hold_up_another() {
        let checks = Checks::start().unwrap();
        let (gate, closed) = (
            Arc::new(Mutex::new(())),
            Arc::new(Barrier::new(cores() + 1)),
        );
        let shut = gate.lock().unwrap();
        // Every thread is busy, so that what comes now waits.
        for _ in 0..cores() {
            let (gate, closed) = (Arc::clone(&gate), Arc::clone(&closed));
            checks.push(Account::Connection(0), move || {
                closed.wait();
                drop(gate.lock());
            });
        }
        closed.wait();
        let (say, said) = mpsc::channel();
        for (account, times) in [(1, 500), (2, 1)] {
            for _ in 0..times {
                let say = say.clone();
                checks.push(Account::Connection(account), move || {
                    say.send(account).unwrap();
                });
            }
        }
        drop((shut, say));
        let order: Vec<u64> = said.iter().collect();
        let place = order.iter().position(|account| *account == 2).unwrap();
        assert_eq!(order.len(), 501);
        assert!(place <= 1 + cores(), "after {place} of the other");
    }

    #[test]
    fn a_check_that_panics_ends_no_thread() {
        let checks = Checks::start().unwrap();
        let (end, ended) = mpsc::channel();
        for _ in 0..cores() * 2 {
            checks.push(Account::Connection(1), || panic!("on purpose"));
        }
        checks.push(Account::Connection(1), move || end.send(()).unwrap());
        assert_eq!(ended.recv(), Ok(()));
    }
}
