//! What each fuzz target asserts. A target is one function `check`; the engine, and a test, give it bytes.

pub mod bundle;
pub mod checkpoint;
pub mod consistency;
pub mod cosignature;
pub mod disclosure;
pub mod entry;
pub mod inclusion;
pub mod input;
pub mod key_chain;
pub mod keys;
pub mod memory;
#[expect(
    dead_code,
    reason = "shared with the tests of the bundle, which use all of it"
)]
#[path = "../../crates/bundle/tests/suite/mini_log.rs"]
mod mini_log;
pub mod policy;
pub mod proved;
pub mod record;
pub mod seeds;
pub mod tlog_proof;
pub mod tree;

/// A target: what it checks on bytes.
pub type Check = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Check); 12] = [
    ("bundle", bundle::check),
    ("checkpoint", checkpoint::check),
    ("consistency", consistency::check),
    ("cosignature", cosignature::check),
    ("disclosure", disclosure::check),
    ("entry", entry::check),
    ("inclusion", inclusion::check),
    ("key_chain", key_chain::check),
    ("policy", policy::check),
    ("proved", proved::check),
    ("record", record::check),
    ("tlog_proof", tlog_proof::check),
];
