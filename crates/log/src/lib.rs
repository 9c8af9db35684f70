//! The log of Witnessmark: sequence, integrate, sign, commit and publish, over one small storage
//! trait.
//!
//! [`Log`] is the one writer, [`Reader`] reads what is published, [`Store`] is what an engine must
//! give. There is no network, clock or thread here: time comes in as an argument, and who calls from
//! where is the caller's to arrange.
//!
//! The feature `testing` adds stores that live in memory or fail on purpose, the contract that any
//! store must keep, and a check of a whole log.

mod again;
mod checkpoint;
mod error;
mod integrate;
mod limits;
mod load;
mod log;
mod published;
mod reader;
mod rebuild;
mod sequence;
mod signer;
mod store;
mod submission;
#[cfg(feature = "testing")]
pub mod testing;

pub use checkpoint::{SignedCheckpoint, SignedCheckpointError};
pub use error::{LogError, Refused};
pub use limits::{BATCH_ENTRIES_MAX, CLOCK_BEHIND_MS_MAX, PAGE_ENTRIES_MAX};
pub use log::Log;
pub use published::{Published, StartPoint};
pub use reader::{LoggedEntry, Reader};
pub use rebuild::Rebuild;
pub use signer::{CheckpointSigner, SignError, Signer, SignerError};
pub use store::{Commit, Latest, Store, StoreError};
pub use submission::{Appended, Checked};
