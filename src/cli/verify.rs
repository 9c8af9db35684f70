//! `verify`: check a bundle or a file of misbehaviour with the verifier alone; nothing here knows a server.

use std::path::{Path, PathBuf};

use witnessmark_bundle::{
    FolderFiles, Misbehaviour, Since, Subject, Verdict, VerdictWord, quote, verify_bundle,
};

use super::files::{self, BUNDLE_BYTES_MAX, TEXT_BYTES_MAX};
use super::misbehaviour;
use crate::output::{Failure, Outcome, Report};

/// Check a bundle or a file of misbehaviour, offline.
#[derive(Debug, clap::Args)]
// `report` has these arguments too, in a group of its own.
#[group(id = "check")]
#[command(after_help = "\
Example:
  witnessmark verify bundle.json --policy trust.policy

Ends with 0 for VERIFIED and VERIFIED WITH REMARKS, 1 for NOT VERIFIED, 2 for CANNOT TELL.

A file that proves that a ledger signed two histories is recognised: 3 for MISBEHAVIOUR PROVED, 1 for NOT PROVED, 2 \
for CANNOT TELL.")]
pub(super) struct Arguments {
    /// The bundle, or the file of misbehaviour.
    bundle: PathBuf,
    /// The policy file that says whose signatures are trusted. It comes from you, never from the ledger.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// The folder of the files that travel beside the bundle; the bundle's own when left out.
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
    /// A signed checkpoint of this ledger that you kept from before: the bundle must not contradict it, nor be older.
    #[arg(long, value_name = "NOTE")]
    since: Option<PathBuf>,
    /// Take a bundle of an older state than the one of --since, with a remark.
    #[arg(long, requires = "since")]
    allow_older: bool,
}

/// Checks the bundle.
///
/// # Errors
///
/// Never: whatever cannot be read is a verdict too.
#[expect(clippy::unnecessary_wraps, reason = "all commands have one shape")]
pub(super) fn run(arguments: &Arguments) -> Result<Report, Failure> {
    // One that is too large is judged, like everything else that is no bundle.
    let bundle = files::read_start(&arguments.bundle, BUNDLE_BYTES_MAX);
    // With the options of a bundle, a bundle is what was asked about.
    let is_plain = arguments.files.is_none() && arguments.since.is_none();
    if let Ok(bytes) = &bundle
        && is_plain
        && Misbehaviour::is_one(bytes)
    {
        let policy = files::read_bytes(&arguments.policy, TEXT_BYTES_MAX);
        return Ok(misbehaviour::report(bytes, policy.as_deref()));
    }
    Ok(report(&arguments.judge(bundle.as_deref())))
}

impl Arguments {
    /// The bundle's file.
    pub(super) fn bundle(&self) -> &Path {
        &self.bundle
    }

    /// The verdict on the bundle with these bytes.
    pub(super) fn judge(&self, bundle: Result<&[u8], &Failure>) -> Verdict {
        let bundle = match bundle {
            Ok(bundle) => bundle,
            Err(failure) => return unreadable(Subject::Bundle, "format", failure),
        };
        let policy = match files::read_bytes(&self.policy, TEXT_BYTES_MAX) {
            Ok(policy) => policy,
            Err(failure) => return unreadable(Subject::Bundle, "policy", &failure),
        };
        let folder = match (&self.files, self.bundle.parent()) {
            (Some(folder), _) => folder.clone(),
            (None, Some(folder)) if !folder.as_os_str().is_empty() => folder.to_owned(),
            (None, _) => Path::new(".").to_owned(),
        };
        let verdict = verify_bundle(bundle, &policy, &FolderFiles::new(folder));
        let Some(since) = &self.since else {
            return verdict;
        };
        let note = files::read_bytes(since, TEXT_BYTES_MAX);
        verdict.since(&Since {
            note: note.as_deref().map_err(why),
            policy: &policy,
            allow_older: self.allow_older,
        })
    }
}

/// The verdict on something that could not be read.
pub(super) fn unreadable(subject: Subject, check: &'static str, failure: &Failure) -> Verdict {
    Verdict::cannot_tell(subject, check, why(failure))
}

/// Why something could not be read, in one line.
pub(super) fn why(failure: &Failure) -> String {
    let why: Vec<String> = failure
        .troubles
        .iter()
        .map(|trouble| format!("{}: {}", quote(&trouble.place), trouble.message))
        .collect();
    why.join("; ")
}

/// A verdict as the result of a command.
pub(crate) fn report(verdict: &Verdict) -> Report {
    let outcome = match verdict.word {
        VerdictWord::Verified | VerdictWord::VerifiedWithRemarks => Outcome::Done,
        VerdictWord::NotVerified => Outcome::Refused,
        VerdictWord::CannotTell => Outcome::CannotTell,
    };
    Report {
        outcome,
        text: verdict.to_text(),
        // The verdict writes itself, so this always parses; the text would do for a person.
        json: serde_json::from_str(&verdict.to_json()).unwrap_or_default(),
        troubles: Vec::new(),
    }
}
