//! The printable report on a bundle: what a court clerk reads, and what an expert checks.
//!
//! [`report`] writes one self-contained page of HTML: no script, no network, no picture, fit for A4. It says nothing that
//! the verdict does not show. A bundle that does not verify gets a report too, which then says only what failed, and shows
//! nothing of what the bundle claims. Names of logs, witnesses and organisations come from the policy and from the key
//! chain, never from free text; everything that comes from a record is escaped, and stands in a cell of its own.

mod around;
mod closing;
mod content;
mod first;
mod page;
mod place;
mod self_test;

use witnessmark_bundle::{Bundle, Verdict};
use witnessmark_verifier::{Hash, LeafHash, TlogProof};

pub use self_test::{SelfTest, self_test};

/// Under which circumstances a report is made. All of it is printed, so that somebody can repeat it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// The SHA-256 of the bundle's file; it stands at the foot of every page.
    pub bundle_sha256: Hash,
    /// When the report is made, in milliseconds since 1970 by the clock of the machine.
    pub made_at_ms: u64,
    /// Name and version of the program.
    pub software: String,
    /// The SHA-256 of the program's file, if it could be read.
    pub software_sha256: Option<Hash>,
    /// Operating system and processor of the machine.
    pub machine: String,
}

/// The report on `bundle`, of which `verdict` is the verdict.
///
/// `verdict` must come from `verify_bundle` on these very bytes. What the report shows beyond the verdict's own facts, it
/// reads from `bundle`, and only when the verdict is positive, so that every byte of it has been checked.
pub fn report(bundle: &[u8], verdict: &Verdict, circumstances: &Circumstances) -> String {
    let shown = Shown::of(bundle, verdict);
    page::html(verdict, shown.as_ref(), circumstances)
}

/// What a verified bundle shows beyond the facts of its verdict.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The bundle, parsed.
    pub(crate) bundle: Bundle,
    /// The hash of the record's leaf.
    pub(crate) leaf: LeafHash,
    /// The hashes of its audit path, the leaf's sibling first.
    pub(crate) path: Vec<Hash>,
    /// The checkpoint with its signatures, as published.
    pub(crate) checkpoint: String,
}

impl Shown {
    fn of(bytes: &[u8], verdict: &Verdict) -> Option<Self> {
        if !verdict.word.is_positive() {
            return None;
        }
        let bundle = Bundle::parse(bytes).ok()?;
        let proof = TlogProof::parse(&bundle.record.proof).ok()?;
        Some(Self {
            leaf: LeafHash::of(&bundle.record.entry),
            path: proof.inclusion.hashes().to_vec(),
            checkpoint: proof.note.source().to_owned(),
            bundle,
        })
    }
}
