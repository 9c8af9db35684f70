//! The limits of the client, each with its reason.

use std::time::Duration;

/// The longest answer that is read. A bundle is the largest one, and is at most 64 MiB.
pub(crate) const ANSWER_BYTES_MAX: usize = 65 * 1024 * 1024;

/// How long connecting may take. A ledger that is up answers within a few round trips.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a call may take until its answer begins. Longer than the server's own limit, so that
/// the server's reason arrives.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// How often a silent connection is asked whether it is alive: below the five minutes after which
/// common middleboxes forget a connection.
pub(crate) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);

/// How long the answer to that may take.
pub(crate) const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
