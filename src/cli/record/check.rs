//! `record check`: of every file what is missing now and what is wrong, before anything is signed.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use witnessmark_bundle::{BATCH_BYTES_MAX, Batch};
use witnessmark_record::{Level, Problem, RecordKind, from_draft, v1, validate};

use super::{decode, files};
use crate::cli::carried::{self, Cargo, Carried};
use crate::output::{Failure, Outcome, Output, Report, Trouble, plain};

/// Check drafts and signed files.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark record check drafts/*.toml

What is missing now is told apart from what is wrong. A draft may be incomplete: an empty value counts as not there, and the \
file is never changed.

Exit codes: 0 everything is ready; 1 something is missing or wrong; 2 a file cannot be read.")]
pub(in crate::cli) struct Arguments {
    /// Drafts (TOML or JSON), signed files, or batches of them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// What was found in a draft or in a signed record.
struct Checked {
    place: String,
    is_draft: bool,
    missing: Vec<Problem>,
    wrong: Vec<Problem>,
    /// Warnings and notes.
    remarks: Vec<Problem>,
}

/// Checks each file and tells all problems at once: what is missing, what is wrong, and what cannot be read.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Report {
    let mut checked = Vec::new();
    let mut unread = Unread::default();
    for path in &arguments.files {
        match check_path(path) {
            Ok((found, damage)) => {
                checked.extend(found);
                if let Some(failure) = damage {
                    unread.add(failure);
                }
            }
            Err(failure) => unread.add(failure),
        }
    }
    for one in &checked {
        for remark in &one.remarks {
            output.warn(format!("{}: {}", one.place, describe(remark)));
        }
    }
    report(&checked, unread)
}

/// What cannot be read, and so cannot be judged.
#[derive(Default)]
struct Unread {
    outcome: Option<Outcome>,
    troubles: Vec<Trouble>,
}

impl Unread {
    fn add(&mut self, failure: Failure) {
        self.outcome = self.outcome.max(Some(failure.outcome));
        self.troubles.extend(failure.troubles);
    }
}

fn report(checked: &[Checked], unread: Unread) -> Report {
    let bad = checked.iter().any(|one| !one.is_ready());
    let outcome = unread.outcome.unwrap_or(Outcome::Done);
    let outcome = outcome.max(if bad { Outcome::Refused } else { Outcome::Done });
    let mut lines: Vec<String> = checked.iter().flat_map(Checked::text).collect();
    lines.push(summary(checked, unread.troubles.len()));
    lines.extend(next(checked));
    let mut errors: Vec<Value> = checked
        .iter()
        .flat_map(Checked::troubles)
        .map(|it| it.to_json())
        .collect();
    errors.extend(unread.troubles.iter().map(Trouble::to_json));
    let mut json = json!({
        "checked": checked.iter().map(Checked::json).collect::<Vec<_>>(),
        "errors": errors,
    });
    if let (Outcome::Refused | Outcome::CannotTell, Some(members)) = (outcome, json.as_object_mut())
    {
        let verdict = if outcome == Outcome::Refused {
            "not_verified"
        } else {
            "cannot_tell"
        };
        members.insert("verdict".to_owned(), json!(verdict));
    }
    Report {
        outcome,
        text: plain(&lines.join("\n")),
        json,
        troubles: unread.troubles,
    }
}

fn summary(checked: &[Checked], unread: usize) -> String {
    let of = |state: State| checked.iter().filter(|one| one.state() == state).count();
    let [ready, incomplete, wrong] = [State::Ready, State::Incomplete, State::Wrong].map(of);
    let records = count(checked.len());
    if ready == checked.len() && unread == 0 {
        return format!("{records} checked, no errors");
    }
    let mut summary =
        format!("{records} checked: {ready} ready, {incomplete} incomplete, {wrong} wrong");
    if unread > 0 {
        summary.push_str("; some files could not be read whole");
    }
    summary
}

fn count(records: usize) -> String {
    if records == 1 {
        "1 record".to_owned()
    } else {
        format!("{records} records")
    }
}

/// The commands that come next.
fn next(checked: &[Checked]) -> Vec<String> {
    let places = |is_draft: bool, is_ready: bool| {
        let chosen = |one: &&Checked| one.is_draft == is_draft && one.is_ready() == is_ready;
        let places: Vec<&str> = checked
            .iter()
            .filter(chosen)
            .map(|one| one.place.as_str())
            .collect();
        (!places.is_empty()).then(|| places.join(" "))
    };
    let mut lines = Vec::new();
    if let Some(drafts) = places(true, false) {
        lines.push(format!(
            "  next: fill in and correct, then witnessmark record check {drafts}"
        ));
    }
    if let Some(drafts) = places(true, true) {
        lines.push(format!(
            "  next: witnessmark record sign {drafts} --key KEY --org NAME --policy FILE --out signed"
        ));
    }
    lines
}

/// Whether a record can go its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    /// Something is missing, and nothing is wrong.
    Incomplete,
    Wrong,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Incomplete => "incomplete",
            Self::Wrong => "wrong",
        }
    }
}

impl Checked {
    fn of(place: String, is_draft: bool, problems: Vec<Problem>) -> Self {
        let (errors, remarks): (Vec<_>, Vec<_>) = problems
            .into_iter()
            .partition(|it| it.level == Level::Error);
        let (missing, wrong) = errors.into_iter().partition(Problem::is_missing);
        Self {
            place,
            is_draft,
            missing,
            wrong,
            remarks,
        }
    }

    const fn state(&self) -> State {
        match (self.missing.is_empty(), self.wrong.is_empty()) {
            (true, true) => State::Ready,
            (false, true) => State::Incomplete,
            (_, false) => State::Wrong,
        }
    }

    fn is_ready(&self) -> bool {
        self.state() == State::Ready
    }

    fn text(&self) -> Vec<String> {
        if self.is_ready() {
            return Vec::new();
        }
        let mut lines = vec![format!("{}:", self.place)];
        for (group, problems) in [("missing now", &self.missing), ("wrong", &self.wrong)] {
            if !problems.is_empty() {
                lines.push(format!("  {group} ({}):", problems.len()));
            }
            for problem in problems {
                let field = if problem.path.is_empty() {
                    "the record"
                } else {
                    &problem.path
                };
                lines.push(format!(
                    "    {field}: {} [{}]",
                    message(problem),
                    problem.code
                ));
                lines.push(format!("      fix: {}", problem.fix));
            }
        }
        lines.push(String::new());
        lines
    }

    fn troubles(&self) -> impl Iterator<Item = Trouble> {
        let errors = self.missing.iter().chain(&self.wrong);
        errors.map(|problem| trouble(&self.place, problem))
    }

    fn json(&self) -> Value {
        let list = |problems: &[Problem]| problems.iter().map(to_json).collect::<Vec<_>>();
        json!({
            "file": self.place,
            "state": self.state().word(),
            "missing": list(&self.missing),
            "wrong": list(&self.wrong),
            "remarks": list(&self.remarks),
        })
    }
}

/// What is in a file, and what is wrong with a batch that can be used in part.
fn check_path(path: &Path) -> Result<(Vec<Checked>, Option<Failure>), Failure> {
    let max = u64::try_from(BATCH_BYTES_MAX).unwrap_or(u64::MAX);
    if !Batch::is_batch(&files::read_bytes(path, max)?) {
        let text = files::read_text(path)?;
        if !is_signed(&text) {
            return Ok((vec![check_draft(path, &text)?], None));
        }
    }
    let mut cargo = carried::read(&[path.to_owned()])?;
    let damage = cargo.failure();
    let Cargo { items, .. } = cargo;
    let checked = items
        .into_iter()
        .map(check_signed)
        .collect::<Result<_, _>>()?;
    Ok((checked, damage))
}

fn check_signed(Carried { place, signed }: Carried) -> Result<Checked, Failure> {
    let record = decode(&place, &signed.payload)?;
    Ok(Checked::of(place, false, validate(record.message())))
}

fn check_draft(path: &Path, text: &str) -> Result<Checked, Failure> {
    let mut value = read_value(path, text)?;
    begin_body(&mut value);
    let (mut record, mut problems) = from_draft(&value);
    if record.thread_id.is_empty() {
        // Signing gives it a new one.
        record.thread_id = vec![1; 16];
    }
    // What signing fills in is not missing from a draft, nor is what stands there and cannot be read.
    let unread: Vec<String> = problems.iter().map(|it| it.path.clone()).collect();
    let is_new = |problem: &Problem| !unread.iter().any(|it| touches(it, &problem.path));
    problems.extend(
        super::sign::validate_draft(record)
            .into_iter()
            .filter(is_new),
    );
    Ok(Checked::of(path.display().to_string(), true, problems))
}

/// A draft that says of what kind it is, and nothing of its kind yet: what the kind needs is missing.
fn begin_body(draft: &mut Value) {
    let Some(members) = draft.as_object_mut() else {
        return;
    };
    let schema = members.get("schema").and_then(Value::as_str);
    let has_body = RecordKind::ALL
        .iter()
        .any(|kind| members.contains_key(kind.field()));
    if let (Some(kind), false) = (schema.and_then(RecordKind::of_schema), has_body) {
        members.insert(kind.field().to_owned(), json!({}));
    }
}

/// Whether one of two paths is, or lies within, the other.
fn touches(left: &str, right: &str) -> bool {
    let within = |part: &str, whole: &str| {
        part.strip_prefix(whole)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    within(left, right) || within(right, left)
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
    let (record, problems) = from_draft(value);
    if problems.is_empty() {
        Ok(record)
    } else {
        Err(refusal(path, &problems))
    }
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
    let place = path.display().to_string();
    let errors = problems.iter().filter(|it| it.level == Level::Error);
    Failure {
        outcome: Outcome::Refused,
        troubles: errors.map(|problem| trouble(&place, problem)).collect(),
    }
}

fn trouble(place: &str, problem: &Problem) -> Trouble {
    let place = match problem.path.as_str() {
        "" => place.to_owned(),
        field => format!("{place}: {field}"),
    };
    Trouble::new(problem.code, place, message(problem)).fix(&problem.fix)
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
