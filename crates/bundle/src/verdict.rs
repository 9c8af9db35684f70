//! The verdict: one of four words, the checks that led to it, and only such facts as a check has shown.
//!
//! Every optional member stays empty until the check that proves it has passed, so what is printed or
//! read by a program is never merely what a file claims.

mod erased;
mod file;
mod ledger;
mod related;

use witnessmark_record::RecordKind;
use witnessmark_verifier::{Hash, RecordId};

pub use erased::{ErasedFacts, OpeningFacts, Validity};
pub use file::{FileFacts, FileState};
pub use ledger::{Contradicted, DeviceFacts, LedgerContents, NumberedFacts, SeenFacts};
pub use related::{ChangeFacts, CorrectionFacts, LinkFacts, RelatedFacts};

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictWord {
    /// Every check passed.
    Verified,
    /// Every check passed, and there is something that the reader has to know.
    VerifiedWithRemarks,
    /// A check failed.
    NotVerified,
    /// Something that the checks need is missing or not known to this software.
    CannotTell,
}

impl VerdictWord {
    /// The words as printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "VERIFIED",
            Self::VerifiedWithRemarks => "VERIFIED WITH REMARKS",
            Self::NotVerified => "NOT VERIFIED",
            Self::CannotTell => "CANNOT TELL",
        }
    }

    /// The words as programs read them: lower case, joined by `_`.
    pub const fn as_json(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::VerifiedWithRemarks => "verified_with_remarks",
            Self::NotVerified => "not_verified",
            Self::CannotTell => "cannot_tell",
        }
    }

    /// The exit code of a program that ends with this verdict: 0 verified, with remarks or without,
    /// 1 not verified, 2 cannot tell.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Verified | Self::VerifiedWithRemarks => 0,
            Self::NotVerified => 1,
            Self::CannotTell => 2,
        }
    }

    /// Whether every check passed.
    pub const fn is_positive(self) -> bool {
        matches!(self, Self::Verified | Self::VerifiedWithRemarks)
    }
}

/// What was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A bundle: one record with all that proves it.
    Bundle,
    /// A folder with all entries and tiles of a ledger.
    Export,
    /// All entries of a running ledger.
    Ledger,
}

impl Subject {
    /// The names of its checks, in the order in which they are made.
    pub const fn checks(self) -> &'static [&'static str] {
        match self {
            Self::Bundle => BUNDLE_CHECKS,
            Self::Export => EXPORT_CHECKS,
            Self::Ledger => LEDGER_CHECKS,
        }
    }
}

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was made and nothing is wrong.
    Passed,
    /// It was made and something is wrong or missing.
    Failed,
    /// It was not made, because an earlier one failed.
    Skipped,
}

impl Outcome {
    /// The word for people and for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name, the same in every language and version.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found, in one line; empty when it was skipped.
    pub detail: String,
}

/// What the policy and the signatures on the checkpoint show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerFacts {
    /// The ledger's name, from the policy.
    pub origin: String,
    /// How many entries it has as of this checkpoint.
    pub size: u64,
    /// The root hash of its tree.
    pub root: Hash,
    /// The witnesses of the policy that signed it: name, and seconds since 1970 by their clocks.
    pub cosigned: Vec<(String, u64)>,
    /// The witnesses that the policy asks for, in words; `None` when it asks for none.
    pub quorum: Option<String>,
    /// By when that was met, in seconds since 1970 by their clocks: this state of the ledger, and all that is in it, existed then.
    /// `None` when the policy asks for none.
    pub witnessed_s: Option<u64>,
}

/// What is known of a key that signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerFacts {
    /// The key's id.
    pub key_id: String,
    /// `record` or `countersign`.
    pub role: &'static str,
    /// What the organisation calls it.
    pub label: Option<String>,
    /// The key event that registered it.
    pub added_seq: u32,
    /// The key event that revoked it after this record, and the reason it gives.
    pub revoked: Option<(u32, &'static str)>,
    /// Since when it is said to be in wrong hands, in milliseconds.
    pub suspected_since: Option<u64>,
}

/// A protected field, or a decoy: the record holds its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedFacts {
    /// The digest.
    pub commitment: Hash,
    /// Name and value, when a disclosure opened it. Otherwise it is erased or withheld.
    pub shown: Option<(String, String)>,
    /// That it was erased, when the record's organisation says so.
    pub erased: Option<ErasedFacts>,
}

/// What the record is and says: present only when every check passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFacts {
    /// The record's id.
    pub record_id: RecordId,
    /// Its kind.
    pub kind: RecordKind,
    /// Its title.
    pub title: String,
    /// Who makes the claim, which is not always who signed.
    pub asserted_by: String,
    /// When it was signed, in milliseconds by the signer's clock; 0 when the record does not say.
    pub signed_at: u64,
    /// The keys that signed.
    pub signers: Vec<SignerFacts>,
    /// Every field of the record but the digests of protected ones, as label and value.
    pub lines: Vec<(String, String)>,
    /// Each digest of a protected field in the order of the record, and what is known of it.
    pub protected: Vec<ProtectedFacts>,
    /// Fields that were opened: name and value, in the order of the bundle.
    pub disclosed: Vec<(String, String)>,
    /// How many digests of protected fields nobody opened and nobody erased. Some may stand for nothing at all.
    pub withheld: usize,
    /// The files that the record names.
    pub files: Vec<FileFacts>,
    /// Everything of this record that an erasure among the related records names, whether it counts or not.
    pub erasures: Vec<ErasedFacts>,
    /// The disclosures of fields of this record among the related records, whether they count or not.
    pub openings: Vec<OpeningFacts>,
    /// The records about this record.
    pub related: Vec<RelatedFacts>,
    /// The place of the withdrawal that its own organisation made of it, if one stands.
    pub withdrawn_by: Option<u64>,
    /// The corrections of it and of related records, in the order of the log.
    pub corrections: Vec<CorrectionFacts>,
}

/// One thing that is wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The check that found it.
    pub check: &'static str,
    /// The entry it is about.
    pub index: Option<u64>,
    /// The file it is about, as a path inside the folder.
    pub path: Option<String>,
    /// What is wrong.
    pub what: String,
}

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What was checked.
    pub subject: Subject,
    /// The answer.
    pub word: VerdictWord,
    /// The checks, in the order in which they are made.
    pub checks: Vec<Check>,
    /// The SHA-256 of the policy file that was used.
    pub policy_sha256: Option<Hash>,
    /// The ledger: after the checks `checkpoint` and `quorum`.
    pub ledger: Option<LedgerFacts>,
    /// The record's place: after the check `inclusion`.
    pub index: Option<u64>,
    /// The ledger's time for it, in milliseconds: after the check `inclusion`.
    pub registered_at: Option<u64>,
    /// The organisation that signed it: after the check `signatures`.
    pub organisation: Option<String>,
    /// Every file that the record names and what was found of it: after the checks before `files`, also when that fails.
    pub files: Vec<FileFacts>,
    /// What the reader has to know although every check passed.
    pub remarks: Vec<String>,
    /// The record: after all checks of a bundle.
    pub record: Option<RecordFacts>,
    /// What the ledger holds: after the entries of a ledger were read.
    pub contents: Option<LedgerContents>,
    /// What is wrong with a ledger, entry by entry; at most a hundred.
    pub problems: Vec<Problem>,
    /// How many problems there are, listed or not.
    pub problem_count: u64,
    /// Signed checkpoints that the log does not begin with, although its key signed them.
    pub contradictions: Vec<Contradicted>,
}

impl Verdict {
    /// The first check that failed.
    pub fn failed(&self) -> Option<&Check> {
        self.checks
            .iter()
            .find(|check| check.outcome == Outcome::Failed)
    }

    /// The exit code of a program that ends with this verdict.
    pub const fn exit_code(&self) -> u8 {
        self.word.exit_code()
    }

    /// Adds what the reader has to know although every check passed. A verdict with a failed check stays as it is.
    pub(crate) fn add_remarks(&mut self, remarks: Vec<String>) {
        if self.word.is_positive() && !remarks.is_empty() {
            self.word = VerdictWord::VerifiedWithRemarks;
            self.remarks.extend(remarks);
        }
    }

    /// A verdict on something that could not even be read: the check `name` failed with `detail`.
    pub fn cannot_tell(subject: Subject, name: &'static str, detail: impl Into<String>) -> Self {
        let mut checks = Checklist::new(subject);
        let failure = Failure::cannot_tell(detail);
        let Err(Stopped) = checks.record::<()>(name, Err(failure)) else {
            return checks.into_verdict();
        };
        checks.into_verdict()
    }
}

/// The checks of a bundle, in order.
pub const BUNDLE_CHECKS: &[&str] = &[
    "format",
    "policy",
    "checkpoint",
    "quorum",
    "charter",
    "inclusion",
    "key_chain",
    "signatures",
    "record",
    "related",
    "disclosures",
    "files",
];

/// The checks of an export, in order.
pub const EXPORT_CHECKS: &[&str] = &[
    "format",
    "policy",
    "checkpoint",
    "quorum",
    "entries",
    "charter",
    "key_chains",
    "signatures",
    "records",
    "root",
    "kept",
    "tiles",
];

/// The checks of a running ledger, in order: those of an export, without its files.
pub const LEDGER_CHECKS: &[&str] = &[
    "policy",
    "checkpoint",
    "quorum",
    "entries",
    "charter",
    "key_chains",
    "signatures",
    "records",
    "root",
    "kept",
];

/// Why a check failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    word: VerdictWord,
    detail: String,
}

impl Failure {
    /// Something is wrong.
    pub(crate) fn not_verified(detail: impl Into<String>) -> Self {
        Self {
            word: VerdictWord::NotVerified,
            detail: detail.into(),
        }
    }

    /// The word that it decides.
    pub(crate) const fn word(&self) -> VerdictWord {
        self.word
    }

    /// What was found.
    pub(crate) fn into_detail(self) -> String {
        self.detail
    }

    /// Something is missing, or not known to this software.
    pub(crate) fn cannot_tell(detail: impl Into<String>) -> Self {
        Self {
            word: VerdictWord::CannotTell,
            detail: detail.into(),
        }
    }
}

/// A check failed: the ones after it are not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped;

/// A verdict in the making. It is positive only when every check was recorded as passed.
#[derive(Debug)]
pub(crate) struct Checklist {
    verdict: Verdict,
}

impl Checklist {
    pub(crate) fn new(subject: Subject) -> Self {
        let skipped = |name: &&'static str| Check {
            name,
            outcome: Outcome::Skipped,
            detail: String::new(),
        };
        Self {
            verdict: Verdict {
                subject,
                word: VerdictWord::CannotTell,
                checks: subject.checks().iter().map(skipped).collect(),
                policy_sha256: None,
                ledger: None,
                index: None,
                registered_at: None,
                organisation: None,
                files: Vec::new(),
                remarks: Vec::new(),
                record: None,
                contents: None,
                problems: Vec::new(),
                problem_count: 0,
                contradictions: Vec::new(),
            },
        }
    }

    /// Records how the check `name` ended and hands on what it found.
    pub(crate) fn record<T>(
        &mut self,
        name: &'static str,
        result: Result<(T, String), Failure>,
    ) -> Result<T, Stopped> {
        let (outcome, detail, value) = match result {
            Ok((value, detail)) => (Outcome::Passed, detail, Ok(value)),
            Err(failure) => {
                // An earlier failure has already decided the word.
                if self.verdict.failed().is_none() {
                    self.verdict.word = failure.word;
                }
                (Outcome::Failed, failure.detail, Err(Stopped))
            }
        };
        if let Some(check) = self
            .verdict
            .checks
            .iter_mut()
            .find(|check| check.name == name)
        {
            check.outcome = outcome;
            check.detail = detail;
        }
        value
    }

    /// The verdict, to fill in what a check has shown.
    pub(crate) fn facts(&mut self) -> &mut Verdict {
        &mut self.verdict
    }

    /// The verdict. Without a failure, and with every check made, it is positive.
    pub(crate) fn into_verdict(mut self) -> Verdict {
        let all_passed = self
            .verdict
            .checks
            .iter()
            .all(|c| c.outcome == Outcome::Passed);
        if all_passed {
            self.verdict.word = if self.verdict.remarks.is_empty() {
                VerdictWord::Verified
            } else {
                VerdictWord::VerifiedWithRemarks
            };
        } else {
            self.verdict.record = None;
            self.verdict.remarks.clear();
        }
        self.verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_positive_only_when_every_check_was_made_and_passed() {
        let mut list = Checklist::new(Subject::Bundle);
        for name in BUNDLE_CHECKS.iter().skip(1) {
            list.record(name, Ok(((), String::new()))).unwrap();
        }
        let verdict = list.into_verdict();
        assert_eq!(verdict.word, VerdictWord::CannotTell);
        assert_eq!(verdict.exit_code(), 2);
    }

    #[test]
    fn the_first_failure_decides_the_word() {
        let mut list = Checklist::new(Subject::Ledger);
        let first: Result<(), Stopped> = list.record("policy", Err(Failure::cannot_tell("a")));
        assert_eq!(first, Err(Stopped));
        let second: Result<(), Stopped> = list.record("root", Err(Failure::not_verified("b")));
        assert_eq!(second, Err(Stopped));
        let verdict = list.into_verdict();
        assert_eq!(verdict.word, VerdictWord::CannotTell);
        assert_eq!(verdict.failed().unwrap().name, "policy");
    }
}
