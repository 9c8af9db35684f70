//! The log from outside: over stores in memory, with people who sign.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

/// What a batch does: answers, proofs, repeated records, refusals, limits.
mod append;
/// The stores of the `testing` module keep the contract of a store.
mod contract;
/// Each commit lost, kept though reported lost, or refused.
mod faults;
/// Logs that their own key signed, and that are wrong all the same.
mod forged;
/// A random history of append, crash and reopen equals a plain `Vec`.
mod history;
/// Creating, opening, taking over, and what damage is found out.
mod open;
/// What appending asks of the store.
mod reads;
/// A log written again from its entries and its last checkpoint.
mod rebuild;
/// A log with one organisation.
mod support;
