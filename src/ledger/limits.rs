//! The limits of the queue and of witnesses, as they are unless `ledger.toml` says otherwise, each with its reason.

use witnessmark_log::BATCH_ENTRIES_MAX;

/// `queue_records` in `ledger.toml`: submissions of all callers that are being checked, queued, committed or answered. Four of the
/// largest batches keep the sequencer busy.
pub(crate) const QUEUE_RECORDS: usize = 4 * BATCH_ENTRIES_MAX;

/// The most that `queue_records` may be: each takes some memory beside its bytes.
pub(crate) const QUEUE_RECORDS_MAX: usize = 65_536;

/// `queue_bytes` in `ledger.toml`: bytes of these submissions. In the server they take up to three times as much memory: as they
/// came, as entries, and as answers.
pub(crate) const QUEUE_BYTES: usize = 64 * 1024 * 1024;

/// The least that `queue_bytes` may be: one of the largest records has room, with what is counted for its signatures.
pub(crate) const QUEUE_BYTES_MIN: usize = 128 * 1024;

/// Witnesses that are asked. A note may have a hundred signatures, and every proof carries them.
pub(crate) const WITNESSES_MAX: usize = 32;

/// `idle_seconds` in `ledger.toml`: so that "existed before" is tight to some seconds for what is logged later, too.
pub(crate) const IDLE_SECONDS: u64 = 10;

/// The most that `idle_seconds` may be: a day.
pub(crate) const IDLE_SECONDS_MAX: u64 = 86_400;
