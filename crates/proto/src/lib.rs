//! Generated service types, and the only conversions to and from them.
//!
//! [`v1`] is generated from `proto/witnessmark/ledger/v1`. Nothing above this crate reads or fills
//! a generated message's bytes itself: [`convert`] makes checked values of them and messages of
//! values. [`Reason`] is the one list of reasons for which the ledger refuses something, and
//! [`Refusal`] is how a refusal travels, as a gRPC status or as an answer within a stream.

mod choice;
mod codec;
pub mod convert;
mod reason;
mod refusal;

pub use crate::choice::{CHECKPOINT_HEADER, CheckpointChoice};
pub use crate::codec::MessageMalformed;
pub use crate::convert::{
    AnswerMalformed, Appended, ConsistencyAnswer, EntryChunk, EntrySelector, EntryWithProof,
    LeafWithProof, Outcome, ProvedEntry, SignedPayload, ThreadAnswer, ThreadRequest, WaitFor,
    Warning,
};
pub use crate::reason::Reason;
pub use crate::refusal::{ERROR_DOMAIN, Refusal, Violation};

/// The generated messages, client and server of `witnessmark.ledger.v1`.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    elided_lifetimes_in_paths,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::wildcard_enum_match_arm,
    clippy::use_self,
    clippy::clone_on_ref_ptr,
    clippy::or_fun_call,
    clippy::as_conversions,
    reason = "generated code follows the generator's style"
)]
pub mod v1 {
    tonic::include_proto!("witnessmark.ledger.v1");
}

/// The schema of [`v1`] as an encoded `google.protobuf.FileDescriptorSet`, comments included, for
/// the reflection service.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The full name of the service, as health checks and reflection call it.
pub const SERVICE_NAME: &str = "witnessmark.ledger.v1.LedgerService";
