//! What is done beside the calls: the links follow the log and are written, and the whole log is hashed again once.

use std::io;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Weak};

use witnessmark_log::{LogError, PAGE_ENTRIES_MAX, Reader, Store};
use witnessmark_merkle::Frontier;
use witnessmark_verifier::LeafHash;

use super::core::Core;

/// Starts the thread. It ends when the core is dropped: it holds it only for one step at a time, and not while it writes.
///
/// # Errors
///
/// The system has no thread left.
pub(super) fn begin(core: &Arc<Core>, woken: Receiver<()>) -> io::Result<()> {
    let core = Arc::downgrade(core);
    let thread = std::thread::Builder::new().name("links".to_owned());
    thread.spawn(move || run(&core, &woken)).map(drop)
}

fn run(core: &Weak<Core>, woken: &Receiver<()>) {
    let (mut scrub, mut follows) = (Some(Scrub::default()), true);
    loop {
        while write_next(core) {}
        let Some(core) = core.upgrade() else {
            return;
        };
        match if follows {
            core.links.follow()
        } else {
            Ok(false)
        } {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "the links cannot follow the log");
                follows = false;
            }
        }
        if let Some(begun) = &mut scrub {
            match begun.step(&core.reader) {
                Ok(true) => continue,
                Ok(false) => scrub = None,
                Err(error) => {
                    tracing::error!(%error, "the log is damaged: stop the ledger and run fsck");
                    scrub = None;
                }
            }
        }
        drop(core);
        // An error says that the core was dropped.
        if woken.recv().is_err() {
            return;
        }
        follows = true;
    }
}

/// Writes what is to be written next. False if there is nothing, or it cannot be written.
fn write_next(weak: &Weak<Core>) -> bool {
    let work = weak.upgrade().and_then(|core| core.links.next_work());
    let Some(work) = work else {
        return false;
    };
    let ran = work.run(&|| weak.strong_count() > 0);
    let core = weak.upgrade();
    core.is_some_and(|core| core.links.finish_work(ran))
}

/// Every entry is hashed again, as far as the log goes when that is done, which a start that begins late in the log has not done.
#[derive(Debug, Default)]
struct Scrub {
    /// The tree over the entries as they were read.
    frontier: Frontier,
}

impl Scrub {
    /// Hashes some more entries. False once all of them have the root of the tree.
    fn step<S: Store>(&mut self, reader: &Reader<S>) -> Result<bool, LogError> {
        let (start, size) = (self.frontier.size(), reader.published().size());
        let end = size.min(start.saturating_add(PAGE_ENTRIES_MAX));
        for bytes in reader.entries(start..end)? {
            self.frontier.push(LeafHash::of(&bytes), &mut |_, _| {});
        }
        if end < size {
            return Ok(true);
        }
        if reader.frontier(end)?.head() == self.frontier.head() {
            return Ok(false);
        }
        Err(LogError::Corrupt(format!(
            "the first {end} entries do not have the root of the tree: an entry is not what it was"
        )))
    }
}
