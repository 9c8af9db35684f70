//! `audit`: the whole log from its first entry, in a folder or from a running ledger.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use witnessmark_bundle::{AuditOptions, Auditor, Subject, Verdict, audit_export_with};
use witnessmark_verifier::{LeafIndex, TreeSize};

use super::files::{self, TEXT_BYTES_MAX};
use super::verify::{report, unreadable};
use super::{LedgerOptions, client_trouble, connect};
use crate::output::{Failure, Output, Report, Trouble};

/// Check a whole ledger.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  witnessmark audit export --policy trust.policy
  witnessmark audit http://127.0.0.1:7480 --policy trust.policy
  witnessmark audit export --policy trust.policy --since checkpoints/
  witnessmark audit export --policy trust.policy --state audit.state   (goes on where it stopped)

Every entry is hashed again, every key chain replayed, every signature checked, and the root \
compared with the signed checkpoint. What is wrong is named by its entry. That numbers of a device are \
missing, or were given twice, is a remark; `witnessmark records devices` has the details.")]
pub(super) struct Arguments {
    /// An exported folder, or the address of a running ledger.
    #[arg(value_name = "DIR_OR_URL")]
    what: String,
    #[command(flatten)]
    ledger: LedgerOptions,
    /// A checkpoint that you kept from before, or a folder of them: the ledger must still begin with its tree. Can be given
    /// more than once.
    #[arg(long, value_name = "FILE|DIR")]
    since: Vec<PathBuf>,
    /// Where to write how far the audit of a folder is, now and then and at its end; when the file is there, the audit goes on
    /// from it. What was read before is then not read again: the file is believed, so keep it as safe as this program.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

/// Audits the folder or the running ledger.
///
/// # Errors
///
/// When the ledger cannot be reached, or breaks off.
pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let options = AuditOptions {
        since: arguments.since.clone(),
        state: arguments.state.clone(),
        details: false,
    };
    let verdict = judge(&arguments.what, &arguments.ledger, &options, output).await?;
    Ok(report(&verdict))
}

/// The verdict on an exported folder or a running ledger.
///
/// # Errors
///
/// When the ledger cannot be reached, or breaks off.
pub(super) async fn judge(
    what: &str,
    ledger: &LedgerOptions,
    options: &AuditOptions,
    output: &Output,
) -> Result<Verdict, Failure> {
    if is_address(what) {
        if options.state.is_some() {
            let message = "a running ledger cannot be audited with a state";
            let fix = "export it first: an export goes on where it stopped, and so does its audit";
            return Err(Failure::usage(
                Trouble::new("USAGE", "--state", message).fix(fix),
            ));
        }
        return running(what, ledger, options, output).await;
    }
    let bar = output.progress(0, "auditing");
    let verdict = folder_with(Path::new(what), &ledger.policy, options, &mut |read| {
        bar.set_position(read);
    });
    bar.finish_and_clear();
    Ok(verdict)
}

/// A folder that exists is one, whatever its name looks like.
pub(super) fn is_address(what: &str) -> bool {
    what.contains("://") || (what.contains(':') && !Path::new(what).exists())
}

/// Audits an exported folder.
pub(crate) fn folder(folder: &Path, policy: &Path, progress: &mut dyn FnMut(u64)) -> Verdict {
    let options = AuditOptions::default();
    folder_with(folder, policy, &options, progress)
}

fn folder_with(
    folder: &Path,
    policy: &Path,
    options: &AuditOptions,
    progress: &mut dyn FnMut(u64),
) -> Verdict {
    match files::read_bytes(policy, TEXT_BYTES_MAX) {
        Ok(policy) => audit_export_with(folder, &policy, options, &mut |read| {
            progress(read);
            ControlFlow::Continue(())
        }),
        Err(failure) => unreadable(Subject::Export, "policy", &failure),
    }
}

async fn running(
    what: &str,
    ledger: &LedgerOptions,
    options: &AuditOptions,
    output: &Output,
) -> Result<Verdict, Failure> {
    let policy = files::read_bytes(&ledger.policy, TEXT_BYTES_MAX)?;
    let client = connect(what, &ledger.policy, ledger.memory()).await?;
    let checkpoint = client.checkpoint().await.map_err(client_trouble)?;
    let mut auditor = Auditor::new(&policy, checkpoint.note().as_bytes()).since(&options.since);
    if options.details {
        auditor = auditor.with_details();
    }
    let size = checkpoint.head().size.get();
    let bar = output.progress(size, "auditing");
    let mut pages = client
        .entries(LeafIndex::new(0), Some(TreeSize::new(size)))
        .await
        .map_err(client_trouble)?;
    while let Some(page) = pages.next().await.map_err(client_trouble)? {
        for entry in &page.entries {
            auditor.push(entry);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(auditor.finish())
}
