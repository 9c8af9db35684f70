//! The limits of the queue, as they are unless `ledger.toml` says otherwise, each with its reason.

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
