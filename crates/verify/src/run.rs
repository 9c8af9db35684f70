//! From files to a verdict. A file that cannot be read leaves the answer open.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use witnessmark_bundle::{
    AuditOptions, BUNDLE_BYTES_MAX, FolderFiles, POLICY_BYTES_MAX, Subject, Verdict,
    audit_export_with, quote, verify_bundle,
};

use crate::args::Command;
use crate::output;

/// Carries out a command.
pub(crate) fn run(command: &Command) -> Verdict {
    match command {
        Command::Bundle {
            bundle,
            policy,
            files,
            ..
        } => check_bundle(bundle, policy, files.as_deref()),
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
            check_export(dir, policy, &options)
        }
    }
}

fn check_bundle(bundle: &Path, policy: &Path, files: Option<&Path>) -> Verdict {
    let bytes = match read(bundle, BUNDLE_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) => return unreadable(Subject::Bundle, "format", bundle, &error),
    };
    let policy = match read(policy, POLICY_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) => return unreadable(Subject::Bundle, "policy", policy, &error),
    };
    let folder = files.map_or_else(|| folder_of(bundle), Path::to_owned);
    verify_bundle(&bytes, &policy, &FolderFiles::new(folder))
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
    Verdict::cannot_tell(
        subject,
        check,
        format!("{} cannot be read: {error}", quote(&path.to_string_lossy())),
    )
}
