//! The watchdog: a thread that ends the ledger when the sequencer hangs.
//!
//! The store gives up a commit by itself (`StoreOptions::commit_limit`), so this is for whatever else may never return: a
//! read from a disk that hangs, a thread that cannot be started. First it says that the log has halted, and the server drains
//! as after a commit that failed. If the process is still there after the time that may take, it is ended without waiting for anybody.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use super::limits::{DRAIN_TIMEOUT, RELEASE_TIMEOUT};
use crate::output::{Trouble, end_now};

/// A limit is waited for in so many steps, so that a process that was stopped for a while and goes on has lost one step and not
/// all of them.
const STEPS: u32 = 20;

/// What the watchdog looks at, and where it is said that the log has halted.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Odd while there is work, and another number each time.
    number: Arc<AtomicU64>,
    halted: watch::Sender<Option<String>>,
}

/// Work that is going on, until this is dropped.
#[derive(Debug)]
pub(crate) struct Work<'a>(&'a AtomicU64);

impl Watched {
    /// Starts the watchdog. It says `halted` when one piece of work, which has one commit in it at most, takes more than twice
    /// `commit_limit`.
    ///
    /// # Errors
    ///
    /// The system has no thread left.
    pub(crate) fn start(
        commit_limit: Duration,
        halted: watch::Sender<Option<String>>,
    ) -> io::Result<Self> {
        let number = Arc::new(AtomicU64::new(0));
        let seen = Arc::downgrade(&number);
        let says = halted.clone();
        let limit = commit_limit.saturating_mul(2);
        let watch = move || {
            let look = || Some(seen.upgrade()?.load(Ordering::Acquire));
            if !until_it_hangs(limit / STEPS, look) {
                return;
            }
            let seconds = limit.as_secs();
            let reason = format!("the ledger or its disk did not answer within {seconds} s");
            tracing::error!(%reason, "the log is halted");
            says.send_replace(Some(reason.clone()));
            thread::sleep(2 * DRAIN_TIMEOUT + 2 * RELEASE_TIMEOUT);
            // Gone when the sequencer has ended after all.
            if seen.upgrade().is_some() {
                let fix = "start the ledger again: it finds out what is stored";
                end_now(&Trouble::new("SERVE", "", reason).fix(fix));
            }
        };
        thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(watch)?;
        Ok(Self { number, halted })
    }

    /// Work begins, and ends when what is returned is dropped. There is one piece of work at a time.
    pub(crate) fn begin(&self) -> Work<'_> {
        self.number.fetch_add(1, Ordering::Release);
        Work(&self.number)
    }

    /// Says that the log has halted, and why.
    pub(crate) fn halt(&self, reason: &str) {
        self.halted.send_replace(Some(reason.to_owned()));
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// Looks after each `step`. True once the same work was seen [`STEPS`] times in a row, false when there is nothing to be seen
/// any more.
fn until_it_hangs(step: Duration, look: impl Fn() -> Option<u64>) -> bool {
    let (mut last, mut seen) = (0, 0);
    loop {
        thread::sleep(step);
        let Some(now) = look() else {
            return false;
        };
        seen = if now == last && now % 2 == 1 {
            seen + 1
        } else {
            0
        };
        last = now;
        if seen == STEPS {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// What the watchdog says when it sees these numbers, one after the other.
    fn says(numbers: impl Iterator<Item = u64>) -> bool {
        let numbers = Cell::new(Some(numbers));
        until_it_hangs(Duration::ZERO, || {
            let mut rest = numbers.take()?;
            let next = rest.next();
            numbers.set(Some(rest));
            next
        })
    }

    #[test]
    fn only_one_piece_of_work_that_goes_on_for_the_whole_limit_hangs() {
        assert!(says([0, 0, 1].into_iter().chain([7; 21])));
        // Idle for ever; one after the other; over in time.
        assert!(!says([4; 90].into_iter()));
        assert!(!says(0..90));
        assert!(!says([5; 20].into_iter().chain([6; 20]).chain([7; 20])));
    }

    #[tokio::test]
    async fn the_log_is_halted_when_work_does_not_end() {
        let (halt, mut halted) = watch::channel(None);
        let watched = Watched::start(Duration::from_millis(100), halt).unwrap();
        drop(watched.begin());
        let work = watched.begin();
        let said = halted.wait_for(Option::is_some);
        let said = tokio::time::timeout(Duration::from_secs(60), said).await;
        let said = said.unwrap().unwrap().clone();
        assert!(said.unwrap().contains("did not answer"));
        drop(work);
    }
}
