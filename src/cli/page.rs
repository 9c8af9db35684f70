//! `page`: write the page that checks bundles in a browser.

use std::path::PathBuf;

use serde_json::json;
use witnessmark_verifier::sha256;

use super::files;
use crate::output::{Failure, Report};

/// Write the page that checks bundles in a browser.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark page --out verify.html

Open the file in a browser and drop a bundle, a policy and the files on it. It needs no network, now or later. A running ledger \
offers the same page at /verify.")]
pub(super) struct Arguments {
    /// The file to write; an older one is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Writes the page.
///
/// # Errors
///
/// When the file cannot be written.
pub(super) fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let page = witnessmark_page::HTML.as_bytes();
    files::write_replacing(&arguments.out, page)?;
    let digest = sha256(page);
    let out = arguments.out.display();
    Ok(Report::done(
        format!("page written to {out}, SHA-256 {digest}"),
        json!({ "file": arguments.out, "sha256": digest.to_string() }),
    ))
}
