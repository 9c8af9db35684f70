//! Every limit on a bundle and on an export, each with its reason.

/// A whole bundle. A record and its charter are small; this leaves room for a thousand related
/// entries of the largest size, and stops a file that is no bundle before it fills the memory.
pub const BUNDLE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Organisations in a bundle: the record's own, and one for each that wrote about it.
pub const KEY_CHAINS_MAX: usize = 1_024;

/// Key events of one organisation. Each costs a signature check or more; a device a day for a
/// quarter of a century stays below.
pub const EVENTS_MAX: usize = 10_000;

/// Records about the record.
pub const RELATED_MAX: usize = 16_384;

/// Opened fields: a record's payload holds at most as many digests.
pub const DISCLOSURES_MAX: usize = 1_024;

/// Files that travel beside the bundle.
pub const FILES_MAX: usize = 1_024;

/// A plain file name, as most file systems allow it.
pub const FILE_NAME_BYTES_MAX: usize = 255;

/// The largest size of a file: above it, JSON numbers are not exact in every reader (RFC 8259,
/// section 6).
pub const FILE_SIZE_MAX: u64 = (1 << 53) - 1;

/// A signed record file: an entry holds at most 65,535 bytes, which base64 and JSON double at most.
pub const DSSE_BYTES_MAX: usize = 256 * 1024;

/// Problems that an audit describes one by one; the rest are only counted.
pub const PROBLEMS_MAX: usize = 100;

/// Files of a folder that an audit lists when they are not part of the log.
pub const STRAY_FILES_MAX: usize = 20;

/// Records whose checkpoint or clock does not fit, as an audit remarks on them one by one; the rest are only counted.
pub const SEEN_REMARKS_MAX: usize = 20;

/// Checkpoints from before that one audit compares with: one a day for a quarter of a century.
pub const KEPT_MAX: usize = 10_000;

/// A batch of signed records on a stick: some ten thousand records as a rule, and read into memory whole.
pub const BATCH_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A file of misbehaviour: two of the largest notes, every byte of them written as two, and their proofs.
pub const MISBEHAVIOUR_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The largest index in such a file: above it, JSON numbers are not exact in every reader (RFC 8259, section 6).
pub const INDEX_MAX: u64 = (1 << 53) - 1;
