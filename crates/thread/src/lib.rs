//! What belongs to one subject, and what the links between records may say: pure rules over records.
//!
//! A record never changes, and nobody's claim replaces another's. So whoever asks about a subject is shown all that the
//! ledger has about it, each claim with who made it. This crate says which records that are ([`reach()`]), what the rules
//! for links are ([`rules`]), and what can be computed from the records together: rival figures ([`figures`]), the steps
//! of custody and where they do not join ([`custody`]), whether a corroboration is independent ([`independence`]), and what a
//! record says once its corrections are applied ([`corrections`]).
//!
//! Nothing in here reads a file, a network or a clock, and nothing is ever merged. `docs/LINKS.md` says all of it in words.

pub mod corrections;
pub mod custody;
pub mod devices;
pub mod figures;
pub mod independence;
mod node;
mod notices;
mod parts;
mod reach;
pub mod rules;
#[cfg(test)]
mod sample;
mod span;
mod subject;
mod words;

pub use node::{Link, Node, Records};
pub use notices::{Notice, notices};
pub use reach::{Extent, Ledger, Reach, ReachError, Seen, reach, reach_among};
pub use subject::{Subjects, subjects};
