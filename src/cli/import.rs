//! `import`: from a table to drafts, one for each row; all problems at once, and nothing written while there is one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use witnessmark_record::{Level, Problem, RecordKind, to_json};
use witnessmark_tables::{
    Draft, Finding, ImportOptions, Imported, TABLE_BYTES_MAX, choose_sheets, import_lines,
    import_sheet, read_csv, read_xlsx,
};

use super::files;
use super::record::validate_draft;
use super::template::{self, Form};
use crate::output::{Failure, Outcome, Output, Report, Trouble, io_failure};

/// Make drafts of the rows of a table.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  witnessmark import template strike-event --out strikes.csv
  witnessmark import strikes.csv --kind strike-event --out drafts --dry-run
  witnessmark import cases.xlsx --out drafts                  (each sheet named after its kind)
  witnessmark import records.jsonl --out drafts
  witnessmark record sign drafts/*.json --key device.key --org field-team --policy trust.policy --out signed

Nothing is written while a row has an error, unless --skip-bad is given."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// CSV, XLSX or JSON Lines (.jsonl).
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// What the rows are about; not needed when each sheet or line says so.
    #[arg(long, value_parser = template::parser())]
    kind: Option<Form>,
    /// The folder for the drafts.
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// Only check.
    #[arg(long)]
    dry_run: bool,
    /// Write the good rows although others have errors; those are named.
    #[arg(long)]
    skip_bad: bool,
}

/// The other thing to do.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write a table to begin with: a header, an example, and a list of all columns.
    Template(Template),
}

/// Write a table to begin with.
#[derive(Debug, clap::Args)]
struct Template {
    /// What the records are about.
    #[arg(value_parser = template::parser())]
    kind: Form,
    /// The table; the list of columns is written beside it, as NAME.columns.csv.
    #[arg(long, value_name = "FILE.csv")]
    out: PathBuf,
}

/// Imports a table, or writes a template.
///
/// # Errors
///
/// When a file cannot be read or written, or a row has an error.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    match (&arguments.command, &arguments.file) {
        (Some(Command::Template(template)), _) => write_template(template),
        (None, Some(file)) => import(file, arguments, output),
        (None, None) => Err(Failure::usage(Trouble::new("USAGE", "", "name a file"))),
    }
}

fn import(file: &Path, arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let kind = arguments.kind.map(|form| form.kind);
    let bytes = files::read_bytes(file, TABLE_BYTES_MAX)?;
    let imported = read(file, &bytes, kind, output)?;
    let (errors, remarks): (Vec<&Finding>, Vec<&Finding>) = imported
        .findings
        .iter()
        .partition(|finding| finding.problem.level == Level::Error);
    for remark in summarised(&remarks) {
        output.warn(format!("{}: {remark}", file.display()));
    }
    let is_skipping = arguments.skip_bad && !imported.unusable;
    if !errors.is_empty() && !is_skipping {
        let troubles = errors.iter().map(|it| trouble(file, it)).collect();
        Failure::unless_empty(Outcome::Refused, troubles)?;
    }
    for error in &errors {
        output.warn(format!("{}: skipped: {}", file.display(), line(error)));
    }
    let written = match &arguments.out {
        Some(out) if !arguments.dry_run => write_drafts(out, &imported.drafts, output)?,
        _ => Vec::new(),
    };
    Ok(report(file, arguments, &imported, &written))
}

fn report(file: &Path, arguments: &Arguments, imported: &Imported, written: &[PathBuf]) -> Report {
    let (rows, drafts, bad) = (imported.rows, imported.drafts.len(), &imported.bad_rows);
    let mut text = format!("{}: {rows} rows, {drafts} good", file.display());
    let skipped: Vec<String> = bad.iter().map(ToString::to_string).collect();
    if !skipped.is_empty() {
        text = format!("{text}; {} skipped: {}", skipped.len(), skipped.join("; "));
    }
    let next = match &arguments.out {
        Some(out) if !arguments.dry_run => format!(
            "{} drafts are in {out}\n  next: witnessmark record sign {out}/*.json --key KEY --org ORG --policy POLICY --out signed",
            written.len(),
            out = out.display()
        ),
        _ => "nothing was written: this was a dry run".to_owned(),
    };
    let text = format!("{text}\n{next}");
    let findings: Vec<Value> = imported.findings.iter().map(finding_json).collect();
    let json = json!({
        "file": file,
        "rows": rows,
        "good": drafts,
        "skipped": skipped,
        "findings": findings,
        "written": written,
        "dry_run": arguments.dry_run,
    });
    Report::done(text, json)
}

/// Reads the file as what it is: a workbook by its first bytes, JSON Lines by its name, else CSV.
fn read(
    file: &Path,
    bytes: &[u8],
    kind: Option<RecordKind>,
    output: &Output,
) -> Result<Imported, Failure> {
    let refused = |finding: Box<Finding>| Failure::refused(trouble(file, &finding));
    let is_lines = file.extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("jsonl") || extension.eq_ignore_ascii_case("ndjson")
    });
    let is_book = bytes.starts_with(b"PK") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]);
    let (sheets, notes) = if is_lines {
        (Vec::new(), Vec::new())
    } else if is_book {
        let chosen = read_xlsx(bytes)
            .and_then(|sheets| choose_sheets(sheets, kind))
            .map_err(refused)?;
        let sheets = chosen.sheets.into_iter();
        let sheets = sheets.map(|(kind, sheet)| (Some(kind), sheet));
        (sheets.collect(), chosen.notes)
    } else {
        (vec![(kind, read_csv(bytes).map_err(refused)?)], Vec::new())
    };
    let rows: usize = if is_lines {
        bytes.split(|byte| *byte == b'\n').count()
    } else {
        sheets.iter().map(|(_, sheet)| sheet.rows.len()).sum()
    };
    let bar = output.progress(u64::try_from(rows).unwrap_or(0), "checking rows");
    let check = |record: &witnessmark_record::v1::Record| validate_draft(record.clone());
    let progress = || bar.inc(1);
    let options = |kind| ImportOptions {
        kind,
        check: &check,
        progress: &progress,
    };
    let mut imported = Imported {
        findings: notes,
        ..Imported::default()
    };
    for (kind, sheet) in &sheets {
        imported.merge(import_sheet(sheet, &options(*kind)));
    }
    if is_lines {
        imported.merge(import_lines(bytes, &options(kind)));
    }
    bar.finish_and_clear();
    Ok(imported)
}

/// Writes each draft as `row-0002.json`, with the name of its sheet before it. What is in the way is told before
/// anything is written.
fn write_drafts(out: &Path, drafts: &[Draft], output: &Output) -> Result<Vec<PathBuf>, Failure> {
    files::make_folder(out)?;
    let mut planned = Vec::with_capacity(drafts.len());
    let mut troubles = Vec::new();
    for draft in drafts {
        let path = out.join(name(draft));
        let text = format!("{:#}\n", to_json(&draft.record));
        match fs::read(&path) {
            Ok(there) if there == text.as_bytes() => planned.push((path, None)),
            Ok(_) => troubles.extend(files::exists(&path).troubles),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                planned.push((path, Some(text)));
            }
            Err(error) => troubles.extend(io_failure(&path, &error).troubles),
        }
    }
    Failure::unless_empty(Outcome::CannotTell, troubles)?;
    let new: Vec<(&Path, &str)> = planned
        .iter()
        .filter_map(|(path, text)| Some((path.as_path(), text.as_deref()?)))
        .collect();
    let bar = output.progress(u64::try_from(new.len()).unwrap_or(0), "writing drafts");
    let written = files::write_many(out, &new, &|| bar.inc(1));
    bar.finish_and_clear();
    written?;
    Ok(planned.into_iter().map(|(path, _)| path).collect())
}

fn name(draft: &Draft) -> String {
    let row = format!("row-{:04}.json", draft.place.row.unwrap_or(0));
    match draft.place.sheet {
        Some(_) => format!("{}-{row}", draft.kind.word()),
        None => row,
    }
}

fn trouble(file: &Path, finding: &Finding) -> Trouble {
    let Problem {
        code,
        value,
        rule,
        fix,
        ..
    } = &finding.problem;
    let message = if value.is_empty() {
        rule.clone()
    } else {
        format!("`{value}`: {rule}")
    };
    let place = spot(finding);
    let place = if place.is_empty() {
        file.display().to_string()
    } else {
        format!("{}: {place}", file.display())
    };
    Trouble::new(code, place, message).fix(fix)
}

/// The row and the column, and the field where the header does not say it.
fn spot(finding: &Finding) -> String {
    let (place, path) = (finding.place.to_string(), &finding.problem.path);
    if path.is_empty() || finding.place.header.as_ref() == Some(path) {
        place
    } else if place.is_empty() {
        path.clone()
    } else {
        format!("{place}: {path}")
    }
}

fn line(finding: &Finding) -> String {
    let problem = &finding.problem;
    format!(
        "{}: {} {}: {} [{}]",
        spot(finding),
        problem.level,
        problem.value,
        problem.rule,
        problem.code
    )
}

/// How many rows a remark names before it only counts the others.
const NAMED_ROWS: usize = 5;

/// The remarks, those that many rows of a column share as one line; `--json` has each by itself.
fn summarised(remarks: &[&Finding]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut told = BTreeSet::new();
    for remark in remarks {
        let is_alike = |other: &&&Finding| {
            other.problem.code == remark.problem.code
                && other.place.sheet == remark.place.sheet
                && other.place.column == remark.place.column
        };
        let key = (
            remark.problem.code,
            remark.place.sheet.clone(),
            remark.place.column.clone(),
        );
        if !told.insert(key) {
            continue;
        }
        let alike: Vec<_> = remarks.iter().filter(is_alike).collect();
        for one in alike.iter().take(NAMED_ROWS) {
            lines.push(format!("{}\n  fix: {}", line(one), one.problem.fix));
        }
        if alike.len() > NAMED_ROWS {
            let more = alike.len() - NAMED_ROWS;
            let code = remark.problem.code;
            lines.push(format!("and {more} more rows like these [{code}]"));
        }
    }
    lines
}

fn finding_json(finding: &Finding) -> Value {
    let (place, problem) = (&finding.place, &finding.problem);
    json!({
        "sheet": place.sheet,
        "row": place.row,
        "column": place.column,
        "header": place.header,
        "level": problem.level.word(),
        "code": problem.code,
        "path": problem.path,
        "value": problem.value,
        "rule": problem.rule,
        "fix": problem.fix,
    })
}

fn write_template(arguments: &Template) -> Result<Report, Failure> {
    let kind = arguments.kind.kind;
    let example = template::example(&arguments.kind)?;
    let made = witnessmark_tables::template(kind, &example);
    let columns = arguments.out.with_extension("columns.csv");
    files::write_new_or_same(&arguments.out, made.table.as_bytes())?;
    files::write_new_or_same(&columns, made.columns.as_bytes())?;
    let (out, list) = (arguments.out.display(), columns.display());
    let text = format!(
        "{kind} table written to {out}, with an invented example in row 2: write over it\n\
         every column there can be, and what it means: {list}\n  \
         next: fill it in, then witnessmark import {out} --kind {kind} --out drafts",
        kind = kind.word()
    );
    Ok(Report::done(
        text,
        json!({ "kind": kind.word(), "file": arguments.out, "columns": columns }),
    ))
}
