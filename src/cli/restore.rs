//! `restore`: a ledger whose store cannot be opened, or is damaged, rebuilt from an export.

use std::ops::ControlFlow;
use std::path::PathBuf;

use serde_json::json;
use witnessmark_bundle::{AuditOptions, Verdict, VerdictWord, audit_export_with};

use super::fsck::examine;
use super::ledger_trouble;
use crate::ledger::restore::{Restore, RestoreError, keys_of};
use crate::output::{Failure, Outcome, Output, Report, Trouble};

/// Rebuild a ledger from an export.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "\
Examples:
  witnessmark restore --from export --to ledger-2 --anchor ledger
  witnessmark restore --from export --to ledger-2 --no-anchor --keys saved-keys --since checkpoints/

Every entry of the export is audited first: hashes, signatures, key chains, rules. The export must end in a checkpoint that the \
log's own key signed, and must hold everything that the anchor of the old folder says was signed. Entries are taken byte for \
byte at their places; nothing is left out, invented or signed. Then the new folder is checked as fsck does, and only a whole \
ledger gets the name that --to says. The old folder is not changed: keep it, and never serve it again.

Exit codes:
  0   restored
  1   refused: the export is altered, of another log or key, or lacks entries that were signed
  2   cannot tell: a file cannot be read or written, or there is something at --to",
    group(clap::ArgGroup::new("last").required(true).args(["anchor", "no_anchor"]))
)]
pub(super) struct Arguments {
    /// The folder of an export of the log: the latest there is.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The folder of the new ledger; it must be new or empty.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The folder of the old ledger, or a copy of it: its anchor says what was signed last, and its keys are taken.
    #[arg(long, value_name = "DIR")]
    anchor: Option<PathBuf>,
    /// Nothing of the old ledger's anchor is left. Then nobody here can know whether the export holds everything that was signed.
    #[arg(long, requires = "keys")]
    no_anchor: bool,
    /// A folder with the log's key, log.key, and its registrar's, registrar.key, when they are not to be taken from the old ledger.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// A checkpoint that somebody kept, or a folder of them: the export must hold its tree. Can be given more than once.
    #[arg(long, value_name = "FILE|DIR")]
    since: Vec<PathBuf>,
}

/// Restores the ledger.
///
/// # Errors
///
/// When the export is refused, or something cannot be read or written.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let old = arguments.anchor.as_deref();
    let keys = arguments.keys.clone().or_else(|| old.map(keys_of));
    let keys = keys.ok_or_else(|| Failure::usage(Trouble::new("USAGE", "", "give --keys")))?;
    let restore = Restore::prepare(&arguments.from, &keys, old, &arguments.to)
        .map_err(|error| trouble(&error))?;
    audit(arguments, &restore, output)?;
    let bar = output.progress(restore.head().size.get(), "restoring");
    let built = restore.build(&|index| bar.set_position(index));
    bar.finish_and_clear();
    let built = built.map_err(|error| trouble(&error))?;
    let store = built.store().map_err(|error| trouble(&error))?;
    // The audit has checked the signatures.
    let found = examine(&store, restore.vkey(), false, output);
    let unsound = store.read_only_reason().map(str::to_owned);
    let unsound = unsound.or_else(|| {
        let first = found.damage.first();
        first.map(|damage| format!("{}: {}", damage.place, damage.what))
    });
    if let Some(what) = unsound {
        let what = format!("what was written is not what is read: {what}");
        let fix = "the disk is not to be trusted; use another one";
        return Err(Failure::cannot_tell(
            Trouble::new("DAMAGED", arguments.to.display(), what).fix(fix),
        ));
    }
    drop(store);
    built.finish().map_err(|error| trouble(&error))?;
    Ok(done(arguments, &restore))
}

/// The audit of the export under the log's own key. It must pass without a failing check.
fn audit(arguments: &Arguments, restore: &Restore, output: &Output) -> Result<(), Failure> {
    let options = AuditOptions {
        since: arguments.since.clone(),
        ..AuditOptions::default()
    };
    let bar = output.progress(restore.head().size.get(), "auditing");
    let policy = restore.policy();
    let verdict = audit_export_with(&arguments.from, policy.as_bytes(), &options, &mut |read| {
        bar.set_position(read);
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    match verdict.word {
        VerdictWord::Verified | VerdictWord::VerifiedWithRemarks => Ok(()),
        VerdictWord::NotVerified => Err(refusal(arguments, &verdict, Outcome::Refused)),
        VerdictWord::CannotTell => Err(refusal(arguments, &verdict, Outcome::CannotTell)),
    }
}

fn refusal(arguments: &Arguments, verdict: &Verdict, outcome: Outcome) -> Failure {
    let from = arguments.from.display();
    let what = verdict.failed().map_or_else(
        || "its audit has no answer".to_owned(),
        |check| format!("its audit fails at {}: {}", check.name, check.detail),
    );
    let fix = "run witnessmark audit on it to see everything that is wrong; take another export or a mirror";
    Failure {
        outcome,
        troubles: vec![Trouble::new("EXPORT_NOT_SOUND", from, what).fix(fix)],
    }
}

fn done(arguments: &Arguments, restore: &Restore) -> Report {
    let (to, head) = (arguments.to.display(), restore.head());
    let anchor = match restore.anchor() {
        Some(anchor) if anchor == head => "the anchor says the same".to_owned(),
        Some(anchor) => format!("the anchor's {} entries are a beginning of it", anchor.size),
        None => "there was no anchor to compare with".to_owned(),
    };
    let settings = if restore.keeps_settings() {
        "ledger.toml is the old one's"
    } else {
        "ledger.toml is new: no witness is asked until you name it there, and entries are public until you withhold them"
    };
    let text = format!(
        "restored {} entries to {to}, up to the root {}; {anchor}\n  \
         {settings}\n  \
         keep the old folder and never serve it again: two ledgers with one key sign two histories\n  \
         next: witnessmark serve --dir {to}",
        head.size, head.root
    );
    Report::done(
        text,
        json!({
            "folder": arguments.to,
            "settings_kept": restore.keeps_settings(),
            "size": head.size.get(),
            "root": head.root.to_string(),
            "anchor_size": restore.anchor().map(|anchor| anchor.size.get()),
        }),
    )
}

fn trouble(error: &RestoreError) -> Failure {
    let refused = |reason, fix| Failure::refused(Trouble::new(reason, "", error).fix(fix));
    let unknown = |reason, fix| Failure::cannot_tell(Trouble::new(reason, "", error).fix(fix));
    match error {
        RestoreError::Ledger(error) => ledger_trouble(error),
        RestoreError::Export(_) => unknown("EXPORT", "audit the export, or take another"),
        RestoreError::Checkpoint(_) => refused(
            "OTHER_KEY",
            "name an export of this ledger, and the folder of its keys",
        ),
        RestoreError::AnchorOfOther(_) => {
            refused("OTHER_KEY", "name the folder that the keys are of")
        }
        RestoreError::Anchor(_) => unknown(
            "ANCHOR",
            "stop the old ledger if it runs; --no-anchor only if nothing of the anchor can be read",
        ),
        RestoreError::Behind { .. } => refused(
            "EXPORT_BEHIND",
            "find a later export or a mirror; if the old ledger still opens, witnessmark export --dir makes one",
        ),
        RestoreError::OtherHistory { .. } => refused(
            "OTHER_HISTORY",
            "make a bundle of misbehaviour with witnessmark compare",
        ),
        RestoreError::Entries(_) => refused("EXPORT_NOT_SOUND", "audit the export"),
        RestoreError::Busy(_) | RestoreError::InTheWay(_) => unknown("IN_THE_WAY", ""),
    }
}
