//! Writes the must-reject list into a folder: a file for each case, and `manifest.json` that says what must come of it.
//!
//!     cargo run -p witnessmark-bundle --example reject_corpus -- FOLDER
//!
//! All keys and times are fixed, so the files are the same wherever they are made. Another verifier can be run on them:
//! the manifest has for each case the input, the policy, the word and the check that must fail. The folder `honest` in it
//! has evidence that must be accepted.

#![expect(
    clippy::unwrap_used,
    reason = "a program for tests ends where it cannot write"
)]

#[path = "corpus.rs"]
mod corpus;

use std::path::PathBuf;

fn main() {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| PathBuf::from("reject"));
    corpus::write(&folder);
    corpus::honest(&folder.join("honest"));
}
