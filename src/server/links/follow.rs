//! How the view of the links follows the log: entries are added before somebody asks, runs are written and merged beside the calls,
//! and what is damaged is dropped and made again.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::Duration;

use witnessmark_log::{LogError, PAGE_ENTRIES_MAX, Store};
use witnessmark_postings::{Damaged, Done, Work};

use super::view::{Found, View};
use super::{Links, Trouble, parse, read};

/// How often a damaged run is dropped before an answer is given up.
const MENDS_MAX: usize = 8;
/// So many records are added at once by who waits for nothing: a tenth of a millisecond.
const FEW_MAX: u64 = 4;
/// How long to wait for who writes runs, when too much waits for that.
const BEHIND_PAUSE: Duration = Duration::from_millis(5);

impl<S: Store> Links<S> {
    /// Adds the next entries of the log, a page at most. False if there are none, or somebody else adds them.
    ///
    /// # Errors
    ///
    /// The entries cannot be read.
    pub(crate) fn follow(&self) -> Result<bool, LogError> {
        let Ok(turn) = self.turn.try_lock() else {
            return Ok(false);
        };
        let size = self.reader.published().size();
        let start = self.view().size();
        let page = start.saturating_add(PAGE_ENTRIES_MAX);
        self.add_up_to(size.min(page), &turn)?;
        Ok(start < size)
    }

    /// Asks the view, once it is complete up to `size`, which is published.
    pub(super) fn mending<T>(
        &self,
        size: u64,
        ask: impl Fn(&View) -> Result<T, Trouble>,
    ) -> Result<T, LogError> {
        let mut mends = 0;
        loop {
            self.catch_up(size)?;
            let asked = {
                let view = self.view();
                // What is damaged may have been dropped in between.
                if view.size() < size {
                    continue;
                }
                ask(&view)
            };
            match asked {
                Ok(answer) => return Ok(answer),
                Err(Trouble::Log(error)) => return Err(error),
                Err(Trouble::Damaged(damaged)) => self.mend(&damaged, &mut mends)?,
            }
        }
    }

    /// Adds the entries up to `size`, which is published.
    pub(super) fn catch_up(&self, size: u64) -> Result<(), LogError> {
        if self.view().size() >= size {
            return Ok(());
        }
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.add_up_to(size, &turn)
    }

    /// Adds what was just logged if that takes next to no time: it is little, it was told, and nobody else adds. What is looked up on
    /// disk is then at most the numbers of a device that does not count on.
    pub(super) fn follow_few(&self) -> Option<()> {
        let size = self.reader.published().size();
        let turn = self.turn.try_lock().ok()?;
        let (start, is_behind) = {
            let view = self.view();
            (view.size(), view.is_behind())
        };
        let few = start..size.min(start.saturating_add(FEW_MAX));
        if few.end < size || is_behind || !self.fresh.has(few) {
            return None;
        }
        // Whoever asks next meets the error again.
        self.add_up_to(size, &turn).ok()
    }

    fn add_up_to(&self, size: u64, _turn: &MutexGuard<'_, ()>) -> Result<(), LogError> {
        let mut mends = 0;
        loop {
            let start = self.view().size();
            if start >= size {
                return Ok(());
            }
            match self.add_page(start, size.min(start.saturating_add(PAGE_ENTRIES_MAX))) {
                Ok(()) => {}
                Err(Trouble::Log(error)) => return Err(error),
                Err(Trouble::Damaged(damaged)) => self.mend(&damaged, &mut mends)?,
            }
        }
    }

    fn add_page(&self, start: u64, end: u64) -> Result<(), Trouble> {
        let mut fresh = self.fresh.take(&(start..end));
        let mut page = Vec::new();
        if fresh.is_empty() {
            page = self.reader.entries(start..end)?;
        }
        let mut page = page.into_iter();
        for index in start..end {
            // Without the lock: this takes longest.
            let found = match (fresh.remove(&index), page.next()) {
                (Some(said), _) => Found::Record(said),
                (None, Some(bytes)) => Found::of(index, &parse(index, &bytes)?),
                (None, None) => Found::of(index, &read(&self.reader, index)?),
            };
            if !self.view_mut().add((index, found), &self.reader)? {
                continue;
            }
            let size = index.saturating_add(1);
            let root = self.reader.frontier(size)?.root();
            self.view_mut().freeze(size, root);
            // Nobody listens in a ledger that is being closed.
            let _: Result<(), _> = self.wake.send(());
            self.wait_while_behind();
        }
        Ok(())
    }

    /// Writes runs itself, or waits for who does, when too much waits for that.
    fn wait_while_behind(&self) {
        while self.view().is_behind() {
            match self.next_work() {
                Some(work) => {
                    if !self.finish_work(work.run(&|| true)) {
                        return;
                    }
                }
                None if self.writing.load(Ordering::Acquire) => thread::sleep(BEHIND_PAUSE),
                None => return,
            }
        }
    }

    /// What is to be written next, if there is anything and nobody writes. It is to be run, and [`Links::finish_work`] comes then.
    pub(crate) fn next_work(&self) -> Option<Work> {
        if self.writing.swap(true, Ordering::AcqRel) {
            return None;
        }
        let work = self.view().work();
        if work.is_none() {
            self.writing.store(false, Ordering::Release);
        }
        work
    }

    /// Takes over what was written. False if it was not: then it is tried again when there is more.
    pub(crate) fn finish_work(&self, ran: io::Result<Option<Done>>) -> bool {
        let finished = match ran {
            Ok(Some(done)) => {
                let finished = self.view_mut().finish(done);
                if let Err(damaged) = finished {
                    self.drop_damaged(&damaged);
                }
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::warn!(%error, "the index of links was not written; more of it stays in memory");
                false
            }
        };
        self.writing.store(false, Ordering::Release);
        finished
    }

    fn mend(&self, damaged: &Damaged, mends: &mut usize) -> Result<(), LogError> {
        let Damaged { path, what, .. } = damaged;
        if *mends >= MENDS_MAX {
            return Err(LogError::Unreadable(format!("{}: {what}", path.display())));
        }
        *mends = mends.saturating_add(1);
        self.drop_damaged(damaged);
        Ok(())
    }

    fn drop_damaged(&self, damaged: &Damaged) {
        let Damaged { path, what, first } = damaged;
        tracing::warn!(path = %path.display(), %what, from = first, "the index of links is damaged, and is made again");
        self.view_mut().cut(damaged);
    }

    pub(super) fn view(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn view_mut(&self) -> RwLockWriteGuard<'_, View> {
        self.view.write().unwrap_or_else(PoisonError::into_inner)
    }
}
