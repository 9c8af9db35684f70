//! The limits of the log, each with its reason.

/// The most submissions in one batch. A batch is held in memory with its nodes and proofs, and its
/// commit is one write: 1,024 entries of the largest size are 64 MiB. Larger batches gain nothing,
/// because the cost of a sync is shared by enough entries long before.
pub const BATCH_ENTRIES_MAX: usize = 1_024;

/// How far the clock may be behind the time of the last entry, in milliseconds, for its time to be used once more. Clocks are set
/// right by less than this all the time; one that is further behind would give a false time to whatever comes.
pub const CLOCK_BEHIND_MS_MAX: u64 = 1_000;

/// How many entries are read at once when the log is replayed: one bundle of a tiled log, so at
/// most 16 MiB.
pub const PAGE_ENTRIES_MAX: u64 = 256;
