//! A witness of checkpoints (C2SP tlog-witness), and how a log asks one.
//!
//! A witness cosigns a checkpoint when it has seen a proof that the log only grew since the last one it
//! cosigned. What it remembers of a log is one file: [`Folder`] keeps them, [`Witness`] decides and signs,
//! [`router()`] is its HTTP interface. [`ask`] is the other side: a log that asks for a cosignature.

pub mod ask;
mod folder;
mod limits;
mod router;
mod rules;
mod state;
mod witness;

pub use folder::{Folder, FolderError};
pub use router::router;
pub use rules::{Malformed, Refused};
pub use state::StateError;
pub use witness::{OpenError, Watched, Witness};
