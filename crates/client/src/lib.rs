//! A client that verifies every answer before it returns it.
//!
//! The server is not trusted. Every checkpoint it shows must satisfy the caller's [`TrustPolicy`]
//! and fit the last checkpoint that its key is remembered with; every entry must be proved to be in
//! such a checkpoint. What does not verify is an error, never a value.
//!
//! [`TrustPolicy`]: witnessmark_verifier::TrustPolicy

mod asking;
mod busy;
mod client;
mod error;
mod fit;
mod kept;
mod limits;
mod range;
mod remembered;
mod streams;
mod thread;
mod verify;

pub use crate::client::{Client, ProvedLeaf, UnverifiedBundle};
pub use crate::error::{ClientError, Evidence, Misbehaviour, RefusedProof};
pub use crate::kept::Kept;
pub use crate::remembered::Remembered;
pub use crate::streams::{CheckpointStream, EntryPage, EntryStream, Submitted, SubmittedStream};
pub use crate::thread::{ProvedThread, ThreadRecord};
pub use crate::verify::LoggedEntry;
pub use witnessmark_proto::{EntrySelector, Reason, Refusal, SignedPayload, Violation, Warning};
