//! What is done beside the calls: the links follow the log, and are written.

use std::io;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Weak};

use witnessmark_log::LogError;

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
    loop {
        while write_next(core) {}
        let Some(core) = core.upgrade() else {
            return;
        };
        match core.links.follow() {
            Ok(true) => continue,
            Ok(false) => {}
            Err(LogError::Corrupt(what)) => core.found_damaged(&what),
            Err(error) => tracing::error!(%error, "the links cannot follow the log"),
        }
        drop(core);
        // An error says that the core was dropped.
        if woken.recv().is_err() {
            return;
        }
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
