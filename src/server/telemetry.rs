//! What the operator sees: the log of the running server, and numbered faults.

use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};

use tracing_subscriber::EnvFilter;
use witnessmark_proto::{Reason, Refusal};

use crate::config;

/// The number of the next fault of this process.
static NEXT_FAULT: AtomicU64 = AtomicU64::new(1);

/// Sends the server's log to standard error. What cannot be understood of the filter is left out.
pub(crate) fn start() {
    let started = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(config::log_filter()))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .try_init();
    if started.is_err() {
        // Somebody in this process listens already.
        tracing::debug!("the log was started before");
    }
}

/// Logs what went wrong inside, and gives the caller a refusal that tells only the number under
/// which the operator finds it.
pub(crate) fn fault(reason: Reason, detail: &dyn fmt::Display) -> Refusal {
    let fault = NEXT_FAULT.fetch_add(1, Ordering::Relaxed);
    tracing::error!(fault, %reason, %detail, "a call failed through no fault of the caller");
    Refusal::new(
        reason,
        format!("the operator's log has the details under fault {fault}"),
    )
}
