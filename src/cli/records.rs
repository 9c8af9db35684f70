//! `records`: the records of a ledger as a table, and the devices that signed them, after every entry was checked.

pub(super) mod devices;

mod standing;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;
use witnessmark_bundle::{Auditor, VerdictWord};
use witnessmark_record::{Record, rfc3339};
use witnessmark_tables::{
    Export, ExportRow, Format as TableFormat, Origin, Standing, UnknownColumns,
};
use witnessmark_thread::Node;
use witnessmark_tlog::{TILE_WIDTH, Tile, parse_entry_bundle};
use witnessmark_verifier::{Entry, EntryKind, LeafIndex, TreeSize};

use super::files::{self, TEXT_BYTES_MAX};
use super::{Memory, client_trouble, connect, verdict_report};
use crate::output::{Failure, Outcome, Output, Report, Trouble, io_failure};

/// Take records out of a ledger.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Write all records as one file, for a spreadsheet, a map or a program.
    Export(Arguments),
    /// Show for each device which numbers are there, which are missing, and which were given twice.
    Devices(devices::Arguments),
}

/// Write all records as a table.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  witnessmark records export --from http://127.0.0.1:7480 --policy trust.policy --format csv --out records.csv
  witnessmark records export --from export --policy trust.policy --format geojson --out map.geojson
  witnessmark records export --from export --policy trust.policy --format case --out records.jsonld

The whole ledger is checked as `audit` does it before anything is written. Every record is written, and the
total is told. In CSV, a text that a spreadsheet could take for a formula has an apostrophe before it.")]
pub(super) struct Arguments {
    /// The address of a running ledger, or the folder of an export.
    #[arg(long, value_name = "URL|DIR")]
    from: String,
    /// The policy file that says whose signatures are trusted. It comes from you, never from the ledger.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// How to write them.
    #[arg(long, value_enum)]
    format: Format,
    /// The file to write; an older one is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only these columns, in this order.
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// Begin CSV with a byte order mark, by which Excel knows UTF-8.
    #[arg(long)]
    bom: bool,
}

/// How records are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// One row for each record.
    Csv,
    /// RFC 7946: one feature for each record.
    Geojson,
    /// One JSON object for each record, which `import` reads back.
    Jsonl,
    /// JSON-LD in the terms of CASE and UCO 1.4.0: one graph.
    Case,
}

/// Runs one of the commands.
///
/// # Errors
///
/// When the ledger cannot be read or the file not written. A ledger that does not verify is a report.
pub(super) async fn run(command: Command, output: &Output) -> Result<Report, Failure> {
    let arguments = match command {
        Command::Export(arguments) => arguments,
        Command::Devices(arguments) => return devices::run(&arguments, output).await,
    };
    let format = match arguments.format {
        Format::Csv => TableFormat::Csv,
        Format::Geojson => TableFormat::GeoJson,
        Format::Jsonl => TableFormat::JsonLines,
        Format::Case => TableFormat::Case,
    };
    if format == TableFormat::Case && arguments.columns.is_some() {
        let message = "a graph has no columns";
        return Err(Failure::usage(
            Trouble::new("USAGE", "--columns", message).fix("leave it out, or write a table"),
        ));
    }
    let export = Export::new(format, arguments.columns.clone(), arguments.bom).map_err(unknown)?;
    let policy = files::read_bytes(&arguments.policy, TEXT_BYTES_MAX)?;
    let collected = if Path::new(&arguments.from).is_dir() {
        of_folder(Path::new(&arguments.from), &policy, output)?
    } else {
        of_ledger(&arguments, &policy, output).await?
    };
    let Collected { auditor, records } = collected;
    let verdict = auditor.finish();
    if !matches!(
        verdict.word,
        VerdictWord::Verified | VerdictWord::VerifiedWithRemarks
    ) {
        return Ok(verdict_report(&verdict));
    }
    let size = verdict
        .contents
        .as_ref()
        .map_or(0, |contents| contents.entries);
    let ledger = verdict.ledger.as_ref();
    let ledger = ledger.map_or_else(String::new, |facts| facts.origin.clone());
    let export = export.of(Origin { ledger, size });
    write(&arguments, export, &records, size)
}

fn unknown(UnknownColumns(columns): UnknownColumns) -> Failure {
    let troubles = columns
        .into_iter()
        .map(|(name, fix)| Trouble::new("COLUMN", name, "there is no such column").fix(fix));
    Failure {
        outcome: Outcome::Usage,
        troubles: troubles.collect(),
    }
}

/// The entries of records with their indexes, and the audit of all entries.
struct Collected {
    auditor: Auditor,
    records: Vec<(u64, Vec<u8>)>,
}

impl Collected {
    /// Keeps the entry when it is a record. What cannot be read here is named by the audit.
    fn push(&mut self, index: u64, bytes: &[u8]) {
        self.auditor.push(bytes);
        if Entry::parse(bytes).is_ok_and(|entry| entry.kind == EntryKind::Record) {
            self.records.push((index, bytes.to_vec()));
        }
    }
}

/// The longest file of 256 entries, and the longest checkpoint.
const ENTRIES_BYTES_MAX: u64 = 256 * (2 + 65_535);
const CHECKPOINT_BYTES_MAX: u64 = 1_000_000;

fn of_folder(folder: &Path, policy: &[u8], output: &Output) -> Result<Collected, Failure> {
    let checkpoint = files::read_bytes(&folder.join("checkpoint"), CHECKPOINT_BYTES_MAX)?;
    let auditor = Auditor::new(policy, &checkpoint);
    let size = auditor.size().unwrap_or(0);
    let mut collected = Collected {
        auditor,
        records: Vec::new(),
    };
    let bar = output.progress(size, "checking");
    let width = u64::from(TILE_WIDTH);
    let mut index = 0;
    while index < size {
        let count = width.min(size - index);
        let tile = Tile {
            level: 0,
            index: index / width,
            width: u16::try_from(count).unwrap_or(TILE_WIDTH),
        };
        let path = folder.join(tile.entries_path());
        let bytes = files::read_bytes(&path, ENTRIES_BYTES_MAX)?;
        let entries = parse_entry_bundle(&bytes)
            .map_err(|error| Failure::refused(Trouble::new("EXPORT", path.display(), error)))?;
        if u64::try_from(entries.len()) != Ok(count) {
            let message = format!("holds {} entries instead of {count}", entries.len());
            return Err(Failure::refused(Trouble::new(
                "EXPORT",
                path.display(),
                message,
            )));
        }
        for entry in entries {
            collected.push(index, entry);
            index += 1;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(collected)
}

async fn of_ledger(
    arguments: &Arguments,
    policy: &[u8],
    output: &Output,
) -> Result<Collected, Failure> {
    let client = connect(&arguments.from, &arguments.policy, Memory::Usual).await?;
    let checkpoint = client.checkpoint().await.map_err(client_trouble)?;
    let size = checkpoint.head().size.get();
    let mut collected = Collected {
        auditor: Auditor::new(policy, checkpoint.note().as_bytes()),
        records: Vec::new(),
    };
    let bar = output.progress(size, "checking");
    let mut index = 0;
    let mut pages = client
        .entries(LeafIndex::new(0), Some(TreeSize::new(size)))
        .await
        .map_err(client_trouble)?;
    while let Some(page) = pages.next().await.map_err(client_trouble)? {
        for entry in &page.entries {
            collected.push(index, entry);
            index += 1;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(collected)
}

fn write(
    arguments: &Arguments,
    mut export: Export,
    records: &[(u64, Vec<u8>)],
    size: u64,
) -> Result<Report, Failure> {
    let mut nodes = Vec::with_capacity(records.len());
    for (index, bytes) in records {
        export.observe(&row(*index, bytes, Standing::default())?.record);
        nodes.extend(
            Entry::parse(bytes)
                .ok()
                .and_then(|entry| Node::of(*index, &entry)),
        );
    }
    let mut standings: BTreeMap<u64, Standing> = standing::standings(&nodes.into_iter().collect());
    let out = &arguments.out;
    // Beside its place first, so that no half of a table is ever taken for the whole.
    let aside = files::aside(out);
    let mut pour = || -> Result<(), Failure> {
        let io = |error| io_failure(out, &error);
        let mut file = BufWriter::new(File::create(&aside).map_err(io)?);
        file.write_all(export.begin().as_bytes()).map_err(io)?;
        for (index, bytes) in records {
            let standing = standings.remove(index).unwrap_or_default();
            let text = export.row(&row(*index, bytes, standing)?);
            file.write_all(text.as_bytes()).map_err(io)?;
        }
        file.write_all(export.end().as_bytes()).map_err(io)?;
        let file = file.into_inner().map_err(|error| io(error.into_error()))?;
        file.sync_all().map_err(io)?;
        std::fs::rename(&aside, out).map_err(io)
    };
    if let Err(failure) = pour() {
        // The first error is the one to report.
        drop(std::fs::remove_file(&aside));
        return Err(failure);
    }
    let rows = export.rows();
    let columns = match arguments.format {
        Format::Case => Vec::new(),
        Format::Csv | Format::Geojson | Format::Jsonl => export.columns(),
    };
    let count = match columns.len() {
        0 => String::new(),
        count => format!(", {count} columns"),
    };
    let text = format!(
        "{rows} records of a verified ledger of {size} entries written to {}: all of them{count}",
        out.display()
    );
    Ok(Report::done(
        text,
        json!({ "file": out, "records": rows, "size": size, "columns": columns }),
    ))
}

/// An entry that the audit has found good, as a row.
fn row(index: u64, bytes: &[u8], standing: Standing) -> Result<ExportRow, Failure> {
    let broken = |error: &dyn std::fmt::Display| {
        Failure::refused(Trouble::new(
            "RECORD_MALFORMED",
            format!("entry {index}"),
            error,
        ))
    };
    let entry = Entry::parse(bytes).map_err(|error| broken(&error))?;
    let record = Record::decode(&entry.payload).map_err(|error| broken(&error))?;
    Ok(ExportRow {
        record_id: entry.record_id().to_string(),
        index,
        registered_at: rfc3339(entry.registered_at),
        record: record.into_message(),
        standing,
    })
}
