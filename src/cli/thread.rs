//! `thread`: everything the ledger has about one subject, in order, with claims side by side and nothing merged.

mod erased;
mod json;
mod text;
mod view;
mod whole;

use witnessmark_client::{Client, EntrySelector, ProvedThread};
use witnessmark_thread::{Node, Records};
use witnessmark_verifier::{RecordId, TreeSize, VerifiedCheckpoint};

use super::prove::parse_which;
use super::{LedgerOptions, client_trouble, connect};
use crate::output::{Failure, Output, Report, Trouble, plain};
use view::View;

/// Show a thread.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  witnessmark thread 12 --from http://127.0.0.1:7480 --policy trust.policy
  witnessmark thread 12 --at 40 --from http://127.0.0.1:7480 --policy trust.policy
  witnessmark thread 12 --whole-log --from http://127.0.0.1:7480 --policy trust.policy

The thread of a record is every record with its thread id, and every record that links lead to from \
these, in either direction. Withdrawals, corrections and contradictions come first, then rival figures \
side by side, then the records in the order of the log. With --at, only what was in the ledger at that \
size is shown.")]
pub(super) struct Arguments {
    /// The record: its index, or its record id of 64 hex digits.
    #[arg(value_name = "RECORD_ID|INDEX", value_parser = parse_which)]
    which: EntrySelector,
    /// The ledger's address.
    #[arg(long, value_name = "URL")]
    from: String,
    /// As of this size of the log; the latest when left out.
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(u64).range(1..))]
    at: Option<u64>,
    /// Read every entry and find the thread here, so that the ledger can leave nothing out.
    #[arg(long)]
    whole_log: bool,
    /// Show every field of each record, also how it is numbered, tied to its device and handled.
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    ledger: LedgerOptions,
}

/// Some records of a ledger, all proved and their signatures checked.
struct Found {
    checkpoint: VerifiedCheckpoint,
    size: u64,
    records: Records,
    /// The places of records that this version cannot read.
    unread: Vec<u64>,
    more: bool,
}

/// Shows the thread.
///
/// # Errors
///
/// When there is no such record, the connection fails, or the answer does not verify.
pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let ledger = &arguments.ledger;
    let client = connect(&arguments.from, &ledger.policy, ledger.memory()).await?;
    let id = match arguments.which {
        EntrySelector::RecordId(id) => id,
        selector @ EntrySelector::Index(_) => client
            .entry(selector)
            .await
            .map_err(client_trouble)?
            .record_id(),
    };
    let view = if arguments.whole_log {
        let found = whole::read(&client, arguments.at, output).await?;
        View::within(found, id)?
    } else {
        View::of(ask(&client, id, arguments.at).await?, id)?
    };
    let text = text::page(&view, arguments.full);
    Ok(Report::done(plain(&text), json::object(&view)))
}

/// Has the ledger find the thread.
async fn ask(client: &Client, id: RecordId, at: Option<u64>) -> Result<Found, Failure> {
    let thread = client.thread(id, at.map(TreeSize::new)).await;
    let ProvedThread {
        head,
        checkpoint,
        records,
        more,
        ..
    } = thread.map_err(client_trouble)?;
    let mut unread = Vec::new();
    let mut nodes = Vec::new();
    for record in records {
        let index = record.index.get();
        match Node::of(index, &record.entry) {
            Some(node) => nodes.push(node),
            None => unread.push(index),
        }
    }
    Ok(Found {
        checkpoint,
        size: head.size.get(),
        records: nodes.into_iter().collect(),
        unread,
        more,
    })
}

/// What was shown cannot be believed.
fn not_verified(place: &str, message: impl std::fmt::Display) -> Failure {
    Failure::refused(
        Trouble::new("NOT_VERIFIED", place, message)
            .fix("do not trust this ledger's answer: run `witnessmark audit` and keep the output"),
    )
}
