//! The limits of the client, each with its reason.

use std::time::Duration;

/// The longest answer that is read. A bundle is the largest one, and is at most 64 MiB.
pub(crate) const ANSWER_BYTES_MAX: usize = 65 * 1024 * 1024;

/// How long connecting may take. A ledger that is up answers within a few round trips.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a call may take until its answer begins. Longer than the server's own limit, so that
/// the server's reason arrives.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// How often a connection is asked whether it is alive while a call waits on it: a phone that has changed its network
/// is noticed soon, and no middlebox forgets a connection that is used.
pub(crate) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// How long the answer to that may take. On a slow link the question waits behind the records in flight.
pub(crate) const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(40);

/// Bytes of records of one stream that may be without an answer. A link of 26 kbit/s carries them within the time above,
/// and about a hundred records fill the ledger's next batch.
pub(crate) const IN_FLIGHT_BYTES_MAX: u32 = 128 * 1024;

/// For how long in all a call is repeated by itself while the ledger says when to come back. What takes longer is told to whoever
/// called, who may have more patience.
pub(crate) const BUSY_WAIT_MAX: Duration = Duration::from_secs(20);
