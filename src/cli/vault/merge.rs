//! `vault merge`: a device's vault into the organisation's.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use witnessmark_verifier::RecordId;

use super::{KeyOptions, VaultFile, vault_failure};
use crate::output::{Failure, Report, Trouble, io_failure, plain};
use crate::vault::Merged;

/// Merge vaults.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark vault merge team.vault device.vault

The records of the second vault are moved into the first: they are on disk there before they are destroyed in the second. A
record that both hold and hold differently is a conflict, and then nothing is moved.")]
pub(in crate::cli) struct Arguments {
    /// The vault that takes the records.
    #[arg(value_name = "INTO")]
    into: PathBuf,
    /// The vault that gives them, such as a device's.
    #[arg(value_name = "FROM")]
    from: PathBuf,
    #[command(flatten)]
    key: KeyOptions,
    /// The age identity that opens the vault FROM.
    #[arg(long, value_name = "FILE")]
    from_identity: Option<PathBuf>,
    /// Take the passphrase of the vault FROM from this file instead of asking for it.
    #[arg(long, value_name = "FILE", conflicts_with = "from_identity")]
    from_passphrase_file: Option<PathBuf>,
    /// Leave the records in the vault FROM as well.
    #[arg(long)]
    keep: bool,
}

/// Moves the records.
///
/// # Errors
///
/// When one of the vaults cannot be read, opened or written, they are one, belong to different organisations, or hold a record
/// differently.
pub(super) fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let (into, from) = (&arguments.into, &arguments.from);
    let [into_path, from_path] = [real(into)?, real(from)?];
    if into_path == from_path {
        let message = "both are the same file";
        return Err(Failure::usage(Trouble::new(
            "USAGE",
            from.display(),
            message,
        )));
    }
    let key = arguments.key.of_existing(into)?;
    let from_key = KeyOptions {
        identity: arguments.from_identity.clone(),
        passphrase_file: arguments.from_passphrase_file.clone(),
    };
    let from_key = from_key.of_existing(from)?;
    // Always in the same order, so that two merges of the same vaults do not wait for each other.
    let (mut taker, mut giver) = if into_path < from_path {
        let taker = VaultFile::open(into, key)?;
        (taker, VaultFile::open(from, from_key)?)
    } else {
        let giver = VaultFile::open(from, from_key)?;
        (VaultFile::open(into, key)?, giver)
    };
    let merged = taker.vault.merge(&giver.vault).map_err(|errors| {
        let failures = errors.iter().map(|error| vault_failure(from, error));
        let troubles = failures.flat_map(|failure| failure.troubles).collect();
        Failure {
            outcome: crate::output::Outcome::Refused,
            troubles,
        }
    })?;
    taker.save()?;
    if !arguments.keep {
        giver.vault.give_away(&merged);
        giver.save()?;
    }
    Ok(report(arguments, &merged))
}

fn real(path: &Path) -> Result<PathBuf, Failure> {
    fs::canonicalize(path).map_err(|error| io_failure(path, &error))
}

fn report(arguments: &Arguments, merged: &Merged) -> Report {
    let (into, from) = (arguments.into.display(), arguments.from.display());
    let left = if arguments.keep {
        format!("{from} still holds them too")
    } else {
        format!(
            "{from} holds them no more; a copy or backup of it still does: destroy it when the new copies of {into} are made"
        )
    };
    let text = format!(
        "{} record(s) moved into {into}, {} were there already\n  {left}\n  make a copy of {into} now",
        merged.added.len(),
        merged.same.len(),
    );
    let ids = |ids: &[RecordId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    Report::done(
        plain(&text),
        json!({
            "file": arguments.into,
            "from": arguments.from,
            "added": ids(&merged.added),
            "already_there": ids(&merged.same),
            "kept": arguments.keep,
        }),
    )
}
