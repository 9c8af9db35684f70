//! The scrub: everything stored is read and hashed again, slowly and for as long as the server runs.
//!
//! A start looks at the end of the log only. What is found damaged later, here or by whoever reads the whole log beside the calls,
//! closes the queue: a ledger that does not have what it signed must not sign more before somebody has looked at it. Reading
//! goes on, because what is damaged does not verify, and everything else does.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, Weak};
use std::time::Duration;
use std::{io, thread};

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::watch;
use witnessmark_log::StoreError;

use super::core::Core;
use crate::clock;
use crate::ledger::damaged;

/// Entries that are checked at a time: one chunk of the store.
const STEP_ENTRIES: u64 = 256;

/// How long the scrub rests after a pass, so that it does not spin over a small log, and after a step that could not be read.
const REST: Duration = Duration::from_secs(10);

/// Damaged places that are told one by one.
const DAMAGE_MAX: usize = 16;

/// How far the scrub is, and what it found.
#[derive(Debug)]
pub(crate) struct Scrub {
    /// The folder of the ledger, where the next start finds what was found.
    dir: PathBuf,
    progress: Mutex<Progress>,
    /// What was found first.
    damage: watch::Sender<Option<String>>,
}

#[derive(Debug, Default)]
struct Progress {
    /// Entries of the present pass that are checked.
    position: u64,
    passes: u64,
    /// When the last whole pass ended, and how many entries it had.
    last_pass: Option<(u64, u64)>,
    /// The first places, each once.
    damage: Vec<String>,
}

/// What one step did.
enum Step {
    /// So many bytes were read.
    Read(u64),
    /// The pass is over, or nothing could be read.
    Rest,
}

impl Scrub {
    /// One of the ledger in `dir` that has seen nothing yet.
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            progress: Mutex::default(),
            damage: watch::Sender::new(None),
        }
    }

    /// Tells what was found damaged first, once something is.
    pub(crate) fn watch(&self) -> watch::Receiver<Option<String>> {
        self.damage.subscribe()
    }

    /// Takes up what was found damaged. True if it is new, and one of the first.
    fn note(&self, what: &str) -> bool {
        let mut progress = self.lock();
        let is_new = progress.damage.len() < DAMAGE_MAX
            && !progress.damage.iter().any(|known| known == what);
        if is_new {
            progress.damage.push(what.to_owned());
        }
        drop(progress);
        self.damage.send_if_modified(|first| {
            let is_first = first.is_none();
            first.get_or_insert_with(|| what.to_owned());
            is_first
        });
        is_new
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// Closes the queue because something that is stored is not what it was.
    pub(crate) fn found_damaged(&self, what: &str) {
        self.queue.close(format!(
            "what is stored is damaged ({what}), so nothing more is signed until the operator has looked at it"
        ));
        if self.scrub.note(what) {
            tracing::error!(%what, "the log is damaged: stop the ledger and run fsck");
            if let Err(error) = damaged::note(&self.scrub.dir, what) {
                tracing::error!(%error, "the next start will not know of the damage");
            }
        }
    }

    /// Checks the next entries.
    fn scrub_step(&self) -> Step {
        let size = self.reader.published().size();
        let start = self.scrub.lock().position.min(size);
        let end = size.min(start.saturating_add(STEP_ENTRIES));
        let result = self.reader.store().check(start..end);
        let read = match result {
            Ok(bytes) => bytes,
            Err(StoreError::Corrupt(what)) => {
                self.found_damaged(&what);
                0
            }
            Err(error) => {
                // The disk, or no file descriptor is left: nothing is known about the entries.
                tracing::warn!(%error, from = start, "the scrub could not read");
                return Step::Rest;
            }
        };
        let mut progress = self.scrub.lock();
        progress.position = end;
        if end < size {
            return Step::Read(read);
        }
        progress.position = 0;
        progress.passes = progress.passes.saturating_add(1);
        progress.last_pass = Some((clock::now_ms(), size));
        let damaged = progress.damage.len();
        tracing::debug!(entries = size, damaged, "the scrub has seen everything");
        Step::Rest
    }

    /// What an operator may ask of a running ledger, in JSON.
    pub(crate) fn state(&self) -> Response {
        let refused = self.queue.refused();
        let progress = self.scrub.lock();
        let state = json!({
            "origin": self.origin.as_str(),
            "size": self.reader.published().size(),
            "submissions": if refused.is_none() { "taken" } else { "refused" },
            "code": refused.as_ref().map(|refusal| refusal.reason.name()),
            "reason": refused.map(|refusal| refusal.message),
            "witnesses": self.witnesses.state(),
            "scrub": {
                "position": progress.position,
                "passes": progress.passes,
                "last_pass_ended_ms": progress.last_pass.map(|(ended, _)| ended),
                "last_pass_entries": progress.last_pass.map(|(_, entries)| entries),
                "damage": progress.damage,
            },
        });
        drop(progress);
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        (headers, format!("{state:#}\n")).into_response()
    }
}

/// Starts the scrub, which reads as many bytes in a second as `rate` says, more or less.
///
/// # Errors
///
/// The system has no thread left.
pub(crate) fn begin(core: Weak<Core>, rate: u64) -> io::Result<()> {
    let work = move || {
        while let Some(shared) = core.upgrade() {
            let step = shared.scrub_step();
            drop(shared);
            thread::sleep(match step {
                Step::Read(bytes) => {
                    let micros = bytes.saturating_mul(1_000_000) / rate.max(1);
                    Duration::from_micros(micros)
                }
                Step::Rest => REST,
            });
        }
    };
    let thread = thread::Builder::new().name("scrub".to_owned());
    thread.spawn(work).map(drop)
}
