//! The embedded store: sled 0.34.7 behind the log's storage trait, used only in the ways that
//! are known to be safe, and plain files for what is full.
//!
//! # What was found out about sled 0.34.7, and what is done about it
//!
//! * **A flush is not a sync.** On Linux `flush` asks the kernel to start writing and does not
//!   wait for the disk, so a power cut can lose what was flushed. A killed process never shows the
//!   difference, because the kernel keeps what it was given. So a commit flushes and then syncs
//!   through a descriptor of its own.
//! * **A batch on one tree is all or nothing**; across trees it is not. So there is one tree, and
//!   a commit is one batch.
//! * **Large leaf nodes leave the log.** A node above a quarter of a segment becomes a file of its
//!   own that sled never syncs. So segments have 2 MiB, values at most 16 KiB, and a longer entry
//!   is stored in pieces.
//! * **Leftovers stop it.** A process killed while opening, or a full disk, can leave an
//!   unfinished page-table snapshot, `snap.*.generating`, and sled then refuses to open although
//!   nothing is lost. They are moved to the folder `aside` before opening.
//! * **It can wait for ever.** When a write or `sync_file_range` fails in one of its threads, `flush` may
//!   never return, nor does closing then. So sled has a thread to itself, and who waits for it stops
//!   after a limit: the commit has failed.
//! * **Damage is met with panics**, and at times by opening an older state in silence. So opening
//!   and reading are guarded against panics, opening has a time limit, and the *anchor*, a file
//!   that sled does not know, says what was acknowledged last.
//! * **A key costs memory, always**, whether it is read or not. So entries and record ids are
//!   stored many to a key.
//! * **What is written is written again**: a leaf node has up to sixteen values, each change of one
//!   writes its neighbours again in time, and the space is free only once a whole segment is. A
//!   value that is written once ends up in one and a half to two times its bytes. So sled has only
//!   what is not full yet, and plain files have the rest.
//! * **Opening after a crash replays the log** since the last time it was opened.
//! * A batch can be read before it is durable and a scan is no snapshot. So reads stop at the
//!   latest size, below which nothing ever changes.
//!
//! # A commit
//!
//! One writer, in this order: refuse if less than the reserve is free; write to the files what the
//! commit fills (chunks of 256 entries, tiles, runs of 16,384 record ids) and sync them; one batch of
//! sled with the head and what is not full; flush; sync; write the anchor and sync it; only then is
//! the commit acknowledged and visible as the latest. Most commits fill nothing and write to no file.
//! A commit is conditional on the epoch and the old size. The batch is the commit point: what the
//! files hold beyond the head's size counts for nothing and is written over. After an error in any
//! step, the store takes no more commits: it must be opened again, which examines it.
//!
//! # Opening
//!
//! Take the lock; move leftovers aside; let sled open, guarded; sync what it read; check the head's
//! checksum; read the entries and record ids that wait, where chunks begin, the filters of the runs,
//! and compute the right edge of the tree from the tiles below it; check that the store is at least as long as the anchor and has the anchor's root at
//! the anchor's size, computed from the stored nodes; check the head's own root; hash about two
//! megabytes of the last entries again. [`SledStore::fsck`] looks at everything. A store that fails one of these checks is opened for reading
//! only and says what is missing: a ledger that forgot something must not sign again.
//!
//! An anchor is made with the store and never removed, so a missing one is suspicious even if the
//! store is empty: whoever can remove the anchor could otherwise put an older store back. Nothing
//! here can notice that store *and* anchor were replaced by older copies together; clients and
//! witnesses that remember a checkpoint can.
//!
//! # Memory
//!
//! About three bytes an entry: 20 bits of filter for its record id, and where its chunk and its piece
//! of a run begin. What sled keeps does not grow with the log. `examples/measure.rs` measures it.
//!
//! # What is left as it was
//!
//! A folder without a store is not written to. sled itself writes when it opens a folder, also when
//! it then fails; nothing in this crate writes to a store that did not open, or repairs one. Copy
//! the folder before anything else is tried. Never copy the folder of a store that is open. Only
//! local file systems on Unix are supported.

mod anchor;
mod db;
mod error;
mod examine;
mod files;
mod filter;
mod folder;
mod fsck;
mod ids;
mod keeper;
mod layout;
mod open;
mod run;
mod state;
mod store;
mod tile;
mod view;
mod waiting;

pub use error::OpenError;
pub use fsck::{Damage, Findings, Judge};
pub use open::StoreOptions;
pub use store::SledStore;
