//! Which entries of a log have something in common: a view on disk that is made from the log again at any time.
//!
//! A posting is a key and a value of 64 bits each. Whoever makes them decides what they mean: as a rule the key is a part of
//! a hash of what entries have in common, and the value begins with the place of an entry. Values of one key come back
//! ascending, so those of earlier entries come first.
//!
//! # What is kept where
//!
//! The postings of the last entries are in memory. Those of every [`Sizes::entries`] entries become a *run*: a sorted file
//! that is written once. Eight runs of one level are merged into one of the next level, so there are few runs however long
//! the log is. In memory are, of each run, a filter of 12 bits for each posting and where its pieces begin; a look-up of a key
//! reads one piece of two kilobytes of each run that has it.
//!
//! # Why nothing here needs a sync for each commit
//!
//! The log is the truth. A run says of which entries it is made, and the root that the log had there; what does not
//! follow the run before, is not whole, or is not of this log is passed over when the folder is opened, with all that comes
//! after it, and is to be made again from the log. So a crash costs the making of what was in memory. A merged run is
//! synced before those that it is made of are removed.
//!
//! # Damage
//!
//! Each piece has a checksum, and so have the filter and the places of the pieces. A look-up that meets a piece that is not
//! what it was says so, [`Postings::cut`] drops the run and what follows it, and the log is read again from there. A key may
//! be shared by two things, since it is short: whoever asks must look into the entry.

mod filter;
mod merge;
mod postings;
mod run;

pub use merge::{Done, Work};
pub use postings::{Postings, Sizes};
pub use run::{Damaged, Posting};
