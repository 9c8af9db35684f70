//! What tests of a log and of its stores need: stores without a disk, stores that fail on purpose,
//! the contract of a store as a suite, a judge of a whole log, and people who sign.

mod check;
pub mod contract;
mod faulty;
mod fixture;
mod made;
mod memory;

pub use check::{check_history, check_log};
pub use faulty::{Fault, FaultyStore};
pub use fixture::{Fixture, Organisation};
pub use made::{commit_of, first_checkpoint};
pub use memory::MemoryStore;
