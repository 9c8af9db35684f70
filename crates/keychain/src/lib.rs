//! Which keys every organisation had at an index.
//!
//! A [`Keychain`] is a view: replaying a log from its first entry makes it, on the server, in an
//! audit and in a stranger's hands, and the same entries always make the same one. The state as of
//! an index is the state after replaying the entries below it. The judge of each chain is
//! [`witnessmark_verifier::KeyChain`]; this crate keeps one for every organisation and hands out
//! the types that only a check can make.

mod error;
mod keychain;
mod submission;

pub use error::KeychainError;
pub use keychain::Keychain;
pub use submission::{CheckedKeyEvent, CheckedRecord, Identified, Seal, Submission};
