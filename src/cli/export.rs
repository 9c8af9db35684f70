//! `export`: the whole log as a folder of plain files, from a stopped ledger's folder or from a running ledger.

use std::path::{Path, PathBuf};

use serde_json::json;
use witnessmark_bundle::{ExportError, ExportWriter, Exported};
use witnessmark_client::Client;
use witnessmark_verifier::{LeafIndex, TreeSize};

use super::{Memory, client_trouble, connect};
use crate::ledger;
use crate::output::{Failure, Output, Report, Trouble};

/// Write the whole log as files.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "\
Examples:
  witnessmark export --from http://127.0.0.1:7480 --policy trust.policy --out export
  witnessmark export --dir ledger --out export              (when the ledger is not running)

The folder has the static layout of C2SP tlog-tiles. Running the command again adds what is new: \
the ledger is asked only for entries from the last full tile on, and a ledger that shows another history \
than the folder is refused. The folder can be read at any time, with the old checkpoint or the new one.",
    group(clap::ArgGroup::new("source").required(true).args(["dir", "from"]))
)]
pub(super) struct Arguments {
    /// The folder of a ledger that is not running.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The address of a running ledger.
    #[arg(long, value_name = "URL", requires = "policy")]
    from: Option<String>,
    /// The policy file that says whose signatures are trusted; needed with --from.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The folder to write; it must be new, empty, or an earlier export of the same ledger.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Exports the log.
///
/// # Errors
///
/// When the log cannot be read or the folder cannot be written.
pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let exported = match (&arguments.dir, &arguments.from, &arguments.policy) {
        (Some(dir), _, _) => export_folder(dir, &arguments.out, output)?,
        (None, Some(url), Some(policy)) => {
            let client = connect(url, policy, Memory::Usual).await?;
            export_running(&client, &arguments.out, output).await?
        }
        _ => {
            return Err(Failure::usage(Trouble::new(
                "USAGE",
                "",
                "give --dir, or --from and --policy",
            )));
        }
    };
    let out = arguments.out.display();
    let text = format!(
        "exported {} entries to {out}: {} of them new, {} files written, {} already there\n  \
         next: witnessmark audit {out} --policy POLICY",
        exported.size, exported.new_entries, exported.files_written, exported.files_kept
    );
    Ok(Report::done(
        text,
        json!({
            "folder": arguments.out,
            "size": exported.size,
            "new_entries": exported.new_entries,
            "files_written": exported.files_written,
            "files_kept": exported.files_kept,
        }),
    ))
}

/// How many entries are read from a store at a time.
const PAGE_ENTRIES: u64 = 256;

/// Exports from the folder of a ledger that is not running.
///
/// # Errors
///
/// When the ledger cannot be opened or read, or the export cannot be written.
pub(crate) fn export_folder(dir: &Path, out: &Path, output: &Output) -> Result<Exported, Failure> {
    let reader = ledger::open_to_read(dir).map_err(|error| super::ledger_trouble(&error))?;
    let published = reader.published();
    let size = published.size();
    let mut writer = ExportWriter::create(out, published.checkpoint.text())
        .map_err(|error| export_trouble(out, &error))?;
    let bar = output.progress(size, "exporting");
    let mut start = writer.next_index();
    bar.set_position(start);
    while start < size {
        let end = size.min(start.saturating_add(PAGE_ENTRIES));
        let entries = reader
            .entries(start..end)
            .map_err(|error| Failure::cannot_tell(Trouble::new("STORE", dir.display(), error)))?;
        for entry in entries {
            writer
                .push(&entry)
                .map_err(|error| export_trouble(out, &error))?;
            bar.inc(1);
        }
        start = end;
    }
    bar.finish_and_clear();
    writer.finish().map_err(|error| export_trouble(out, &error))
}

/// Exports from a running ledger; every entry is verified before it is written.
///
/// # Errors
///
/// When the ledger breaks off or does not verify, or the export cannot be written.
pub(crate) async fn export_running(
    client: &Client,
    out: &Path,
    output: &Output,
) -> Result<Exported, Failure> {
    let checkpoint = client.checkpoint().await.map_err(client_trouble)?;
    let size = checkpoint.head().size.get();
    let mut writer = ExportWriter::create(out, checkpoint.note())
        .map_err(|error| export_trouble(out, &error))?;
    let start = writer.next_index();
    if start == size {
        return writer.finish().map_err(|error| export_trouble(out, &error));
    }
    let bar = output.progress(size, "exporting");
    bar.set_position(start);
    let mut pages = client
        .entries(LeafIndex::new(start), Some(TreeSize::new(size)))
        .await
        .map_err(client_trouble)?;
    while let Some(page) = pages.next().await.map_err(client_trouble)? {
        for entry in &page.entries {
            writer
                .push(entry)
                .map_err(|error| export_trouble(out, &error))?;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    writer.finish().map_err(|error| export_trouble(out, &error))
}

fn export_trouble(out: &Path, error: &ExportError) -> Failure {
    Failure::cannot_tell(Trouble::new("EXPORT", out.display(), error))
}
