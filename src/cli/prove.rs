//! `prove`: fetch the bundle of a record, verify it with the verifier alone, and only then write it.

use std::path::PathBuf;

use serde_json::Value;
use witnessmark_bundle::{FolderFiles, verify_bundle};
use witnessmark_client::EntrySelector;
use witnessmark_verifier::{LeafIndex, RecordId};

use super::files::{self, TEXT_BYTES_MAX};
use super::{LedgerOptions, client_trouble, connect, verify};
use crate::output::{Failure, Outcome, Report};

/// Write a bundle.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark prove 3 --from http://127.0.0.1:7480 --policy trust.policy --out bundle.json
  witnessmark verify bundle.json --policy trust.policy       (offline, for ever)")]
pub(super) struct Arguments {
    /// The record: its index, or its record id of 64 hex digits.
    #[arg(value_name = "RECORD_ID|INDEX", value_parser = parse_which)]
    which: EntrySelector,
    /// The ledger's address.
    #[arg(long, value_name = "URL")]
    from: String,
    /// The bundle to write; an older one is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    ledger: LedgerOptions,
}

/// Reads an index or a record id.
///
/// # Errors
///
/// A sentence for the person who typed it.
pub(super) fn parse_which(text: &str) -> Result<EntrySelector, String> {
    if let Ok(id) = RecordId::parse_hex(text) {
        return Ok(EntrySelector::RecordId(id));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(index) = text.parse()
    {
        return Ok(EntrySelector::Index(LeafIndex::new(index)));
    }
    Err("give an index such as 12, or a record id of 64 lower-case hex digits".to_owned())
}

/// Fetches, verifies and writes the bundle.
///
/// # Errors
///
/// When there is no such record, the connection fails, or the file cannot be written.
pub(super) async fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let ledger = &arguments.ledger;
    let client = connect(&arguments.from, &ledger.policy, ledger.remember.as_deref()).await?;
    let id = match arguments.which {
        EntrySelector::RecordId(id) => id,
        selector @ EntrySelector::Index(_) => client
            .entry(selector)
            .await
            .map_err(client_trouble)?
            .record_id(),
    };
    let bundle = client
        .bundle(id)
        .await
        .map_err(client_trouble)?
        .into_unverified_bytes();
    let policy = files::read_bytes(&ledger.policy, TEXT_BYTES_MAX)?;
    let folder = arguments
        .out
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let beside = FolderFiles::new(folder.unwrap_or_else(|| std::path::Path::new(".")));
    let verdict = verify_bundle(&bundle, &policy, &beside);
    let mut report = verify::report(&verdict);
    if report.outcome != Outcome::Done {
        // A bundle that does not verify here would not verify anywhere: it is not written.
        return Ok(report);
    }
    files::write_replacing(&arguments.out, &bundle)?;
    report.text = format!(
        "{}\nbundle written to {}",
        report.text.trim_end(),
        arguments.out.display()
    );
    if let Value::Object(members) = &mut report.json {
        members.insert("file".to_owned(), serde_json::json!(arguments.out));
    }
    Ok(report)
}
