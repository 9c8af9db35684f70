//! `checkpoint`: the latest signed statement of the ledger's size and root.

use serde_json::{Value, json};
use witnessmark_verifier::VerifiedCheckpoint;

use super::{LedgerOptions, client_trouble, connect, witnessed};
use crate::output::{Failure, Output, Report, plain};

/// Show the latest checkpoint of a ledger.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark checkpoint --from http://127.0.0.1:7480 --policy trust.policy \\
      --remember seen.checkpoint

A ledger that later shows a checkpoint of another history is found out, and what shows it is written \
to a file; docs/MISBEHAVIOUR.md says what to do then. The file of --remember is the signed note \
itself: carry it to a device in the field, where `record sign --seen` names it in each record. \
`submit --remember` keeps it new.")]
pub(super) struct Arguments {
    /// The ledger's address.
    #[arg(long, value_name = "URL")]
    from: String,
    /// The newest that the quorum of the ledger's own witnesses has cosigned. A policy that asks for witnesses has this in any case,
    /// and only such a policy checks the cosignatures.
    #[arg(long)]
    witnessed: bool,
    #[command(flatten)]
    ledger: LedgerOptions,
}

/// Fetches and verifies the checkpoint.
///
/// # Errors
///
/// When there is none that verifies.
pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let ledger = &arguments.ledger;
    let mut client = connect(&arguments.from, &ledger.policy, ledger.memory()).await?;
    if arguments.witnessed {
        client = client.reading_witnessed();
    }
    let checkpoint = client.checkpoint().await.map_err(client_trouble)?;
    // Beside the note and not in it: what is shown is a file for others.
    output.warn(witnessed::words(&checkpoint));
    Ok(Report::done(plain(checkpoint.note()), to_json(&checkpoint)))
}

fn to_json(checkpoint: &VerifiedCheckpoint) -> Value {
    let check = |name: &str| json!({ "name": name, "outcome": "passed" });
    let mut json = json!({
        "verdict": "verified",
        "index": null,
        "size": checkpoint.head().size.get(),
        "root": checkpoint.head().root.to_string(),
        "origin": checkpoint.origin().as_str(),
        "organisation": null,
        "registered_at": null,
        "checks": [check("checkpoint"), check("quorum")],
        "failed": null,
        "note": checkpoint.note(),
    });
    witnessed::add(&mut json, checkpoint);
    json
}
