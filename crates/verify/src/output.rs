//! The only place that prints. A reader who closes the pipe early changes no verdict.

use std::io::{self, IsTerminal as _, Write as _};

use crate::answer::Answer;

/// Prints an answer, as text or as one JSON object.
pub(crate) fn answer(answer: &Answer, is_json: bool) {
    if is_json {
        out(&format!("{}\n", answer.to_json()));
    } else {
        out(&answer.to_text());
    }
}

/// Tells a person at a terminal how many entries were read. Nobody else is told.
pub(crate) fn progress(read: u64) {
    let mut err = io::stderr().lock();
    if err.is_terminal() {
        write!(err, "\r{read} entries read ").unwrap_or_default();
    }
}

/// Takes away what [`progress`] wrote.
pub(crate) fn progress_ends() {
    let mut err = io::stderr().lock();
    if err.is_terminal() {
        write!(err, "\r{:40}\r", "").unwrap_or_default();
    }
}

/// Prints what was asked for.
pub(crate) fn out(text: &str) {
    let mut out = io::stdout().lock();
    // The exit code says it as well, so there is nothing to do about a closed pipe.
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .unwrap_or_default();
}

/// Prints why a command line cannot be understood.
pub(crate) fn err(text: &str) {
    io::stderr()
        .lock()
        .write_all(text.as_bytes())
        .unwrap_or_default();
}
