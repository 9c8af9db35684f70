//! Which hashes a Merkle proof needs, and the proof made of them: pure functions, no I/O.
//!
//! The tree is the one of RFC 6962 section 2.1. What is stored are the hashes of *perfect*
//! subtrees ([`NodeId`]): they never change once complete. Everything else (the root, a proof) is
//! made of stored nodes in two steps: ask a plan which nodes it needs, read them, and give their
//! hashes back to the plan. The last column of nodes needed to go on appending is the
//! [`Frontier`].

mod frontier;
mod node;
mod plan;

pub use frontier::{Frontier, FrontierError};
pub use node::NodeId;
pub use plan::{ConsistencyPlan, InclusionPlan, PlanError, RootPlan};
