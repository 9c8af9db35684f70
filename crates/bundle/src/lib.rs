//! The one file for a court: written, parsed and verified; and the audit of a whole log.
//!
//! [`verify_bundle`] judges one record with all that proves it; [`Auditor`] and [`audit_export`] judge a
//! whole ledger. Both give a [`Verdict`]: one of four words, the checks in their order, and only such
//! facts as a check has shown. [`Verdict::to_text`] and [`Verdict::to_json`] say it to people and to
//! programs. [`BundleParts`] and [`ExportWriter`] are the other side: they write what is judged here.
//! [`judge_misbehaviour`] gives a [`Finding`] on two checkpoints that contradict each other.
//! [`SignedRecord`] is a signed record in a file. Nothing in here uses a network.

mod assemble;
mod audit;
mod batch;
mod bundle;
mod dsse;
mod escape;
mod evidence;
mod export;
mod files;
mod json;
mod limits;
mod meaning;
mod misbehaviour;
mod since;
mod text;
mod ties;
mod tiles;
mod time;
mod trust;
mod verdict;
mod verify;

pub use assemble::{AssembleError, BundleFiles, BundleParts, LoggedEntry, attachment_names};
pub use audit::{AuditOptions, Auditor, audit_export, audit_export_with};
pub use batch::{Batch, BatchError, BatchFault};
pub use bundle::{
    BUNDLE_FORMAT, Bundle, BundleError, BundledChain, BundledFile, ProvenEntry, RelatedEntry,
};
pub use dsse::{DsseError, SignedRecord};
pub use escape::{escape, quote};
pub use export::{ExportError, ExportWriter, Exported, ExportedLog};
pub use files::{FileSource, FolderFiles, NoFiles, is_plain_name};
pub use limits::{
    BATCH_BYTES_MAX, BUNDLE_BYTES_MAX, DISCLOSURES_MAX, DSSE_BYTES_MAX, EVENTS_MAX,
    FILE_NAME_BYTES_MAX, FILE_SIZE_MAX, FILES_MAX, INDEX_MAX, KEPT_MAX, KEY_CHAINS_MAX,
    MISBEHAVIOUR_BYTES_MAX, PROBLEMS_MAX, RELATED_MAX, SEEN_REMARKS_MAX, STRAY_FILES_MAX,
};
pub use misbehaviour::{
    Contradiction, Finding, FindingFacts, FindingWord, MISBEHAVIOUR_CHECKS, MISBEHAVIOUR_FORMAT,
    Misbehaviour, MisbehaviourError, ProvedLeaf, Refused, judge_misbehaviour,
};
pub use since::Since;
pub use time::utc;
pub use verdict::{
    BUNDLE_CHECKS, ChangeFacts, Check, Contradicted, CorrectionFacts, DeviceFacts, EXPORT_CHECKS,
    ErasedFacts, FileFacts, FileState, LEDGER_CHECKS, LedgerContents, LedgerFacts, LinkFacts,
    NumberedFacts, OpeningFacts, Outcome, Problem, ProtectedFacts, RecordFacts, RelatedFacts,
    SeenFacts, SignerFacts, Subject, Validity, Verdict, VerdictWord,
};
pub use verify::verify_bundle;
/// The largest policy file, as its reader has it.
pub use witnessmark_policy::POLICY_BYTES_MAX;
