//! The store as a whole, on real sled folders.
//!
//! `ledger` makes commits and says what must be read back; `committing` asks what a commit leaves,
//! `opening` what is noticed when a store is opened, `crash` kills the writer, `fsck` plants damage
//! and looks for it; `full` is about the files of what is full.

#![expect(
    clippy::unwrap_used,
    reason = "what the tests' own helpers meet is a failed test"
)]

mod committing;
mod contract;
mod crash;
mod fsck;
mod full;
mod ledger;
mod opening;
