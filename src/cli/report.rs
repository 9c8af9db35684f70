//! `report`: check a bundle and write the answer as one page of HTML, for a court to print and keep.

use std::path::PathBuf;

use serde_json::Value;
use witnessmark_report::{Circumstances, report, self_test};
use witnessmark_verifier::{Hash, sha256};

use super::files::{self, BUNDLE_BYTES_MAX};
use super::verify;
use crate::clock;
use crate::output::{Failure, Report, Trouble};

/// Check a bundle and write a printable report.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark report bundle.json --policy trust.policy --out report.html

The report is one page of HTML without scripts, which any browser shows and prints on A4. A bundle that does not verify \
gets a report too: it says what failed, and shows nothing of what the bundle claims. Exit codes are those of `verify`.")]
pub(super) struct Arguments {
    #[command(flatten)]
    check: verify::Arguments,
    /// The report to write; an older one is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Checks the bundle and writes the report.
///
/// # Errors
///
/// When the bundle cannot be read, the report cannot be written, or the program fails its own test. Whatever is wrong with the bundle is in the
/// report.
pub(super) fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let test = self_test();
    if !test.passed() {
        let trouble = Trouble::new(
            "SELF_TEST",
            "",
            format!("the self-test says: {}", test.say()),
        );
        return Err(Failure::cannot_tell(
            trouble.fix("use another copy of this program, or another machine"),
        ));
    }
    // The very bytes of which the report tells the digest are the ones that are checked.
    let bundle = files::read_bytes(arguments.check.bundle(), BUNDLE_BYTES_MAX)?;
    let verdict = arguments.check.judge(Ok(&bundle));
    let circumstances = Circumstances {
        bundle_sha256: sha256(&bundle),
        made_at_ms: clock::now_ms(),
        software: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
        software_sha256: own_sha256(),
        machine: format!("{}, {}", std::env::consts::OS, std::env::consts::ARCH),
    };
    let page = report(&bundle, &verdict, &circumstances);
    files::write_replacing(&arguments.out, page.as_bytes())?;
    let mut report = verify::report(&verdict);
    report.text = format!(
        "{}\n\nreport written to {}",
        verdict.word.as_str(),
        arguments.out.display()
    );
    if let Value::Object(members) = &mut report.json {
        members.insert("file".to_owned(), serde_json::json!(arguments.out));
    }
    Ok(report)
}

/// The digest of the running program's file.
fn own_sha256() -> Option<Hash> {
    let program = std::fs::read(std::env::current_exe().ok()?).ok()?;
    Some(sha256(&program))
}
