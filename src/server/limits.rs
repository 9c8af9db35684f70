//! The limits of the server, each with its reason.

use std::time::Duration;

/// The longest message that is read. An entry has at most 65,535 bytes; twice as much lets
/// the server say what is wrong with a larger one instead of breaking the stream off.
pub(crate) const REQUEST_BYTES_MAX: usize = 128 * 1024;

/// Submissions of one connection that are being received at once, and as many other requests: each may take a whole message, so
/// all connections together take 256 MiB at most. On a good link a message is there at once, and nobody waits for that.
pub(crate) const RECEIVED_AT_ONCE_MAX: usize = 4;

/// Streams of records on one connection, which hold a message each. One is as fast as many.
pub(crate) const RECORD_STREAMS_MAX: usize = 8;

/// Connections at once. Each costs a file and some buffers; a service manager allows 1,024 files.
pub(crate) const CONNECTIONS_MAX: usize = 256;

/// How long accepting rests after it failed, so that it does not spin while there are no files
/// left.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a caller may take until it is known which HTTP he speaks, and with how many bytes it is at the latest: the preface of
/// HTTP/2. Whoever connects and says nothing would keep his place for ever.
pub(crate) const GREETING_TIMEOUT: Duration = Duration::from_secs(30);
pub(crate) const GREETING_BYTES: usize = 24;

/// Calls and streams at once on one connection; a client that needs more opens another one.
pub(crate) const STREAMS_MAX: u32 = 128;

/// Bytes of the headers of one call. The service uses none of its own.
pub(crate) const HEADER_LIST_BYTES_MAX: u32 = 16 * 1024;

/// How long a call may take until its answer begins. The slowest is a large bundle.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a submission waits for the witnesses before it is told that it is logged and they have not cosigned yet. Shorter than what
/// a call may take, so that the answer arrives.
pub(crate) const WITNESSED_WAIT: Duration = Duration::from_secs(25);

/// How long after a start a submission waits for it to be over, in which the witnesses are asked what they saw last.
pub(crate) const START_WAIT: Duration = Duration::from_secs(5);

/// How long a stream may stand still because the caller neither sends nor reads.
pub(crate) const STREAM_IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// How often a silent connection is asked whether it is alive, and how long it may take to answer.
/// A phone that has lost its network frees its connection within two minutes.
pub(crate) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
pub(crate) const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// An account may hold this many times what is free at the door: alone it holds eight ninths, and others find a place at once.
pub(crate) const SHARE: usize = 8;

/// Places of a connection for what is not proved to be of an organisation: as many calls as it may have at once find one. Its first
/// good signature, a check later, puts it on the account of its organisation.
pub(crate) const UNPROVED_MAX: usize = 128;

/// Bytes that count for a submission beside its payload: up to eight signatures, and what the queue itself needs.
pub(crate) const SUBMISSION_OVERHEAD_BYTES: usize = 1_024;

/// Organisations that a connection may have shown signatures of. A gateway carries a few; one that carries more has the rest
/// on its own account.
pub(crate) const PROVED_MAX: usize = 64;

/// For how long places that become free are counted before the pace is computed anew: some batches.
pub(crate) const QUEUE_PACE_WINDOW: Duration = Duration::from_millis(200);

/// The least and the most that a caller is told to wait before he comes back: a commit of a quick disk, and what a person waits.
pub(crate) const RETRY_AFTER_MIN: Duration = Duration::from_millis(20);
pub(crate) const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);

/// Submissions in one batch, and their bytes, unless a single one has more. Larger batches are hardly cheaper for each record, and
/// whoever comes while one is committed waits for its end.
pub(crate) const BATCH_RECORDS: usize = 256;
pub(crate) const BATCH_BYTES: usize = 2 * 1024 * 1024;

/// Submissions of one stream that are being checked, and as many again that are queued: enough to
/// fill the next batch while the last one is committed. A stream that has as many is not read any further.
pub(crate) const STREAM_STAGE_MAX: usize = 256;

/// How long a record of a stream waits for a free place before it is refused with `QUEUE_FULL`.
pub(crate) const QUEUE_WAIT: Duration = Duration::from_secs(10);

/// Answers of a stream that wait for the caller to read them.
pub(crate) const STREAM_ANSWERS_MAX: usize = 16;

/// Reads of the store at once, for those who only read. Each has a thread; the disk does not get faster with more. Submissions
/// have threads of their own, so that nobody who reads waits behind them.
pub(crate) const READS_MAX: usize = 64;

/// How long the store may take for a tile. Shorter than what a call has, so that the answer to a request of HTTP is one of HTTP.
pub(crate) const TILE_READ_TIMEOUT: Duration = Duration::from_secs(20);

/// Bundles of entries that are being sent over HTTP at once, to all callers: two pieces of 1 MiB each at most, so 128 MiB.
pub(crate) const BUNDLES_MAX: usize = 64;

/// How long a caller may take for a piece of a bundle, so that one who does not read gives his place to others.
pub(crate) const BUNDLE_IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Entries that are read from the store at once for a range: at most 1 MiB.
pub(crate) const LIST_STEP_ENTRIES: u64 = 16;

/// Entries in one chunk of a range: a bundle of a tiled log.
pub(crate) const LIST_CHUNK_ENTRIES_MAX: usize = 256;

/// Bytes after which a chunk of a range is sent. With the last step it stays below 2 MiB, half of
/// what gRPC clients read by default.
pub(crate) const LIST_CHUNK_BYTES: usize = 900 * 1024;

/// How long calls in progress may take to end once the server is told to stop, and how long the
/// sequencer may take to commit what it was given.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of related entries and key events in one bundle: in base64 they fit the 64 MiB of a
/// bundle.
pub(crate) const BUNDLE_ENTRY_BYTES_MAX: usize = 44 * 1024 * 1024;

/// Records in one thread: more than anybody reads at once, and two megabytes as a rule.
pub(crate) const THREAD_RECORDS_MAX: usize = 1_000;

/// Bytes of the entries of these records, and as many of key events, so that a thread of the largest
/// records does not fill the memory.
pub(crate) const THREAD_ENTRY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long a server that has drained waits for broken-off calls to let go of the ledger, and how
/// often it looks: they only have to notice that nobody listens.
pub(crate) const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);
pub(crate) const RELEASE_POLL: Duration = Duration::from_millis(2);
