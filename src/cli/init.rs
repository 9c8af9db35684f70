//! `init`: make a new ledger.

use std::path::PathBuf;

use serde_json::json;
use witnessmark_verifier::Origin;

use super::ledger_trouble;
use crate::output::{Failure, Report};
use crate::{clock, ledger};

/// Make a new ledger.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark init --dir ledger --origin ledger.example/main

The folder then holds the ledger's keys (keys/log.key signs checkpoints, keys/registrar.key admits \
organisations), its charter as the first entry, and trust.policy: give that file to everybody who \
is to verify what the ledger says.")]
pub(super) struct Arguments {
    /// The folder to make.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The ledger's name for ever: a host name with an optional path, such as ledger.example/main.
    #[arg(long, value_name = "ORIGIN", value_parser = Origin::parse)]
    origin: Origin,
}

/// Makes the ledger.
///
/// # Errors
///
/// When the folder cannot be made, or is not empty.
pub(super) fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let Arguments { dir, origin } = arguments;
    ledger::create(dir, origin, clock::now_ms()).map_err(|error| ledger_trouble(&error))?;
    let policy = ledger::policy_path(dir);
    let dir = dir.display();
    let text = format!(
        "ledger {} made in {dir}\n  \
         policy    {}  (give it to everybody who verifies)\n  \
         next: witnessmark serve --dir {dir} --listen 127.0.0.1:7480",
        origin.as_str(),
        policy.display()
    );
    Ok(Report::done(
        text,
        json!({ "dir": arguments.dir, "origin": origin.as_str(), "policy": policy, "size": 1 }),
    ))
}
