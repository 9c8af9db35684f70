//! `record check`: every problem of every file, before anything is signed.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use witnessmark_record::{Level, Problem, from_json, v1, validate};

use super::{decode, files};
use crate::cli::submit;
use crate::output::{Failure, Outcome, Output, Report, Trouble};

/// Check drafts and signed files.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Drafts (TOML or JSON) or signed files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Checks each file and tells all problems at once.
///
/// # Errors
///
/// When a file cannot be read, or a record has an error.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let mut troubles = Vec::new();
    let mut outcome = Outcome::Refused;
    let mut checked = Vec::new();
    for path in &arguments.files {
        match check_one(path) {
            Ok(remarks) => {
                for remark in &remarks {
                    output.warn(format!("{}: {}", path.display(), describe(remark)));
                }
                let remarks: Vec<Value> = remarks.iter().map(to_json).collect();
                checked.push(json!({ "file": path, "remarks": remarks }));
            }
            Err(failure) => {
                outcome = outcome.max(failure.outcome);
                troubles.extend(failure.troubles);
            }
        }
    }
    Failure::unless_empty(outcome, troubles)?;
    let text = format!("{} checked, no errors", count(checked.len()));
    Ok(Report::done(text, json!({ "checked": checked })))
}

fn count(files: usize) -> String {
    if files == 1 {
        "1 file".to_owned()
    } else {
        format!("{files} files")
    }
}

/// The warnings and notes of a file without errors.
fn check_one(path: &Path) -> Result<Vec<Problem>, Failure> {
    let text = files::read_text(path)?;
    if is_signed(&text) {
        let signed = submit::parse_signed(path, text.as_bytes())?;
        let record = decode(&path.display().to_string(), &signed.payload)?;
        return no_errors(path, validate(record.message()));
    }
    let record = read_draft(path, &text)?;
    // What signing fills in is not missing from a draft.
    no_errors(path, super::sign::validate_draft(record))
}

/// A signed file is the one with a `payloadType`.
fn is_signed(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value.get("payloadType").is_some())
}

/// The record in a draft: TOML, or JSON when the name ends in `.json`.
pub(super) fn read_draft(path: &Path, text: &str) -> Result<v1::Record, Failure> {
    record_of(path, &read_value(path, text)?)
}

/// What a draft says, before it is known whether a record can say it.
pub(super) fn read_value(path: &Path, text: &str) -> Result<Value, Failure> {
    if is_json(path) {
        return serde_json::from_str(text).map_err(|error| unreadable(path, "JSON", &error));
    }
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        // Not as the library shows it, with the line itself: a field to be protected may stand there.
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.split('\n').count());
        unreadable(path, "TOML", &format!("line {line}: {}", error.message()))
    })?;
    Ok(from_toml(toml::Value::Table(table)))
}

/// The record that a draft describes.
pub(super) fn record_of(path: &Path, value: &Value) -> Result<v1::Record, Failure> {
    from_json(value).map_err(|problems| refusal(path, &problems))
}

/// Whether a draft is JSON: by its name.
pub(super) fn is_json(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

fn unreadable(path: &Path, form: &str, error: &dyn std::fmt::Display) -> Failure {
    let message = format!("not {form}: {error}");
    Failure::refused(
        Trouble::new("DRAFT_MALFORMED", path.display(), message.trim_end())
            .fix("start from `witnessmark record new KIND`; a draft is TOML, or JSON in a file ending in .json"),
    )
}

/// TOML as JSON. Dates become the text they were written as, which is what EDTF fields hold.
fn from_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(items) => Value::Array(items.into_iter().map(from_toml).collect()),
        toml::Value::Table(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| (name, from_toml(value)))
                .collect(),
        ),
    }
}

/// The problems when none is an error, else a failure with every error.
pub(super) fn no_errors(path: &Path, problems: Vec<Problem>) -> Result<Vec<Problem>, Failure> {
    if problems.iter().any(|problem| problem.level == Level::Error) {
        return Err(refusal(path, &problems));
    }
    Ok(problems)
}

pub(super) fn refusal(path: &Path, problems: &[Problem]) -> Failure {
    let troubles = problems
        .iter()
        .filter(|problem| problem.level == Level::Error)
        .map(|problem| {
            let place = match problem.path.as_str() {
                "" => path.display().to_string(),
                field => format!("{}: {field}", path.display()),
            };
            Trouble::new(problem.code, place, message(problem)).fix(&problem.fix)
        })
        .collect();
    Failure {
        outcome: Outcome::Refused,
        troubles,
    }
}

fn message(problem: &Problem) -> String {
    if problem.value.is_empty() {
        problem.rule.clone()
    } else {
        format!("`{}`: {}", problem.value, problem.rule)
    }
}

/// A warning or a note as a line.
pub(super) fn describe(problem: &Problem) -> String {
    let level = match problem.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let place = match problem.path.as_str() {
        "" => String::new(),
        field => format!("{field}: "),
    };
    format!(
        "{level}: {place}{} [{}]\n  fix: {}",
        message(problem),
        problem.code,
        problem.fix
    )
}

/// A problem for programs.
pub(super) fn to_json(problem: &Problem) -> Value {
    json!({
        "code": problem.code,
        "path": problem.path,
        "value": problem.value,
        "rule": problem.rule,
        "fix": problem.fix,
    })
}
