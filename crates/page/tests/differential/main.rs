//! Two verifiers, one verdict: the page's checks, run by node, say of every bundle what the checks in Rust say.
//!
//! `WITNESSMARK_MUTATIONS` is how many changed bundles are compared, `WITNESSMARK_SEED` the number of the first. A case that differs is
//! made again by its number alone: `WITNESSMARK_SEED=<number> WITNESSMARK_MUTATIONS=1`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agree;
mod browser;
mod cases;
mod document;
mod extra;
mod fields;
mod history;
mod hostile;
mod ledger;
mod mutate;
mod node;
mod notes;
mod python;
mod random;
mod reject;
mod revised;
mod signatures;
mod story;
mod strange;
mod tamper;
