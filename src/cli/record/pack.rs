//! `record pack`: one file for a stick, made of many signed files.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::json;
use witnessmark_bundle::{Batch, BatchError, SignedRecord};
use witnessmark_verifier::RecordId;

use super::files;
use crate::cli::carried::{self, Carried};
use crate::cli::submit;
use crate::output::{Failure, Outcome, Report, Trouble};

/// Put signed files into one batch file, to carry them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark record pack signed/*.json --out week-12.batch
  witnessmark submit week-12.batch --to http://127.0.0.1:7480 --policy trust.policy

The batch is text, one signed record a line, and says at its beginning what is in it. So a copy that \
was cut short is noticed, what is whole of it can be used, and what is missing is named. `submit`, \
`record check`, `record show` and `record countersign` take a batch wherever they take signed files.")]
pub(in crate::cli) struct Arguments {
    /// Signed records and key events, or batches of them, in the order in which they are to be logged.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The batch file to write; it must be new.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Writes the batch; nothing is written unless every file is good.
///
/// # Errors
///
/// When a file cannot be read or is not whole, or a record is there twice.
pub(super) fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let mut cargo = carried::read(&arguments.files)?;
    // What is missing in one batch must not be forgotten in another.
    if let Some(failure) = cargo.failure() {
        return Err(failure);
    }
    let mut troubles = Vec::new();
    for Carried { place, signed } in &cargo.items {
        if let Err(failure) = submit::to_payload(place, signed.clone()) {
            troubles.extend(failure.troubles);
        }
    }
    troubles.extend(doubled(&cargo.items));
    Failure::unless_empty(Outcome::Refused, troubles)?;
    let signed: Vec<SignedRecord> = cargo.items.into_iter().map(|it| it.signed).collect();
    let out = &arguments.out;
    let text = Batch::encode(&signed).map_err(|error: BatchError| {
        Failure::refused(
            Trouble::new("TOO_LARGE", out.display(), error).fix("make several batches"),
        )
    })?;
    files::write_new_or_same(out, text.as_bytes())?;
    let ids: Vec<String> = signed.iter().map(|it| it.record_id().to_string()).collect();
    let told = format!(
        "{} signed records in {out}\n  next: witnessmark submit {out} --to URL --policy FILE",
        signed.len(),
        out = out.display()
    );
    Ok(Report::done(told, json!({ "file": out, "records": ids })))
}

/// A record that is given twice, also when its signatures differ: only one of the two can be meant.
fn doubled(items: &[Carried]) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let mut seen: HashMap<RecordId, &Carried> = HashMap::new();
    for item in items {
        let first = *seen.entry(item.signed.record_id()).or_insert(item);
        if !std::ptr::eq(first, item) {
            let message = if first.signed == item.signed {
                format!("the same signed record as {}", first.place)
            } else {
                format!("the same record as {}, with other signatures", first.place)
            };
            troubles.push(
                Trouble::new("RECORD_TWICE", &item.place, message)
                    .fix("give it once, with all signatures that it has"),
            );
        }
    }
    troubles
}
