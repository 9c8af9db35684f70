//! From files to a verdict. A file that cannot be read leaves the answer open.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use witnessmark_bundle::{
    AuditOptions, BUNDLE_BYTES_MAX, Finding, FolderFiles, MISBEHAVIOUR_BYTES_MAX, Misbehaviour,
    POLICY_BYTES_MAX, Since, Subject, Verdict, audit_export_with, judge_misbehaviour, quote,
    verify_bundle,
};

use crate::answer::Answer;
use crate::args::Command;
use crate::output;

/// The largest signed note, which the verifier reads no further than.
const NOTE_BYTES_MAX: usize = 1_000_000;

/// Carries out a command.
pub(crate) fn run(command: &Command) -> Answer {
    match command {
        Command::Bundle {
            bundle,
            policy,
            files,
            since,
            allow_older,
            ..
        } => {
            let kept = since.as_deref().map(|path| (path, *allow_older));
            check_bundle(bundle, policy, files.as_deref(), kept)
        }
        Command::Export {
            dir,
            policy,
            since,
            state,
            ..
        } => {
            let options = AuditOptions {
                since: since.clone(),
                state: state.clone(),
                details: false,
            };
            check_export(dir, policy, &options).into()
        }
        Command::Misbehaviour { file, policy, .. } => match read(file, MISBEHAVIOUR_BYTES_MAX) {
            Ok(bytes) => check_misbehaviour(&bytes, policy),
            Err(error) => Finding::cannot_tell("format", cannot_read(file, &error)),
        }
        .into(),
    }
}

fn check_misbehaviour(bytes: &[u8], policy: &Path) -> Finding {
    match read(policy, POLICY_BYTES_MAX) {
        Ok(policy) => judge_misbehaviour(bytes, &policy),
        Err(error) => Finding::cannot_tell("policy", cannot_read(policy, &error)),
    }
}

fn check_bundle(
    bundle: &Path,
    policy: &Path,
    files: Option<&Path>,
    kept: Option<(&Path, bool)>,
) -> Answer {
    let bytes = match read(bundle, BUNDLE_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) => return unreadable(Subject::Bundle, "format", bundle, &error).into(),
    };
    // With the options of a bundle, a bundle is what was asked about.
    if files.is_none() && kept.is_none() && Misbehaviour::is_one(&bytes) {
        return check_misbehaviour(&bytes, policy).into();
    }
    let policy = match read(policy, POLICY_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) => return unreadable(Subject::Bundle, "policy", policy, &error).into(),
    };
    let folder = files.map_or_else(|| folder_of(bundle), Path::to_owned);
    let verdict = verify_bundle(&bytes, &policy, &FolderFiles::new(folder));
    let Some((path, allow_older)) = kept else {
        return verdict.into();
    };
    let note = read(path, NOTE_BYTES_MAX).map_err(|error| cannot_read(path, &error));
    let since = Since {
        note: note.as_deref().map_err(Clone::clone),
        policy: &policy,
        allow_older,
    };
    verdict.since(&since).into()
}

fn check_export(dir: &Path, policy: &Path, options: &AuditOptions) -> Verdict {
    match read(policy, POLICY_BYTES_MAX) {
        Ok(policy) => {
            let verdict = audit_export_with(dir, &policy, options, &mut |read| {
                output::progress(read);
                ControlFlow::Continue(())
            });
            output::progress_ends();
            verdict
        }
        Err(error) => unreadable(Subject::Export, "policy", policy, &error),
    }
}

/// The bytes of a file, and one more than `max` at most: enough to see that it is too large.
fn read(path: &Path, max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let max = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn unreadable(subject: Subject, check: &'static str, path: &Path, error: &io::Error) -> Verdict {
    Verdict::cannot_tell(subject, check, cannot_read(path, error))
}

fn cannot_read(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be read: {error}", quote(&path.to_string_lossy()))
}
