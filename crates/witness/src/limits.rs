//! The limits of a witness, each with its reason.

use std::time::Duration;

/// The longest request that is read: a whole proof, and a checkpoint with a dozen post-quantum signatures.
pub(crate) const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// How long the body of a request may take to arrive. A request is a few packets.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Requests that are checked at once. Each has a thread, and those for one log write one after the other.
pub(crate) const CHECKED_AT_ONCE_MAX: usize = 32;

/// The longest file of what is remembered of a log: many times the longest request.
pub(crate) const STATE_BYTES_MAX: u64 = 1024 * 1024;

/// How far the clock may be behind the last cosignature, in seconds: as far as it is set back when it is kept right. The next
/// cosignature then has the time of the last one.
pub(crate) const CLOCK_BEHIND_S_MAX: u64 = 10;

/// 2026-01-01, in seconds since 1970: no clock that is right shows an earlier time. A small machine without a battery starts with one.
pub(crate) const CLOCK_S_MIN: u64 = 1_767_225_600;

/// How long a folder that another process has is waited for. The kernel lets go of the lock of a process that was killed a moment
/// after its end.
pub(crate) const LOCK_WAIT: Duration = Duration::from_secs(2);
