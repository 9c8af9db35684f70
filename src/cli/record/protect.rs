//! Protecting fields: they are taken out of the draft before anything else looks at it, and only their digests go
//! into the record. Nothing here repeats a value of theirs.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use witnessmark_record::{
    DisclosedValue, Level, Problem, RecordKind, from_json, private_persons, v1,
};
use witnessmark_verifier::Hash;
use zeroize::Zeroizing;

use super::check::{read_value, record_of, refusal};
use super::path::{FieldPath, TakeError};
use super::sign::validate_draft;
use crate::cli::{files, vault};
use crate::output::{Failure, Outcome, Output, Trouble};
use crate::vault::{FIELDS_MAX, HeldRecord};

/// Members of a record that it cannot be without, or that the signing device fills in.
const NEVER: &[&str] = &[
    "org",
    "device_seq",
    "signed_at_ms",
    "previous",
    "protected",
    "origin",
    "schema",
    "thread_id",
    "missing",
    "seen",
];

/// The rule that a protected field is meant to satisfy: no private person is named in clear.
const PERSON_IN_CLEAR: &str = "E-PERSON-CLEAR";
/// A required field that is absent.
const REQUIRED: &str = "E-REQUIRED";
/// A party that nothing is known of but its type.
const NAMELESS: &str = "E-PARTY-TYPE";
/// Shorter texts are found everywhere by chance.
const REPEATED_BYTES_MIN: usize = 4;

/// Which fields to protect.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// From the last item of a list to the first, so that taking one out moves no other.
    paths: Vec<FieldPath>,
    /// Whether every name, address and identifier of a private person is protected besides.
    persons: bool,
    decoys: usize,
}

/// A draft without its protected fields, and what opens them.
#[derive(Debug)]
pub(super) struct Protected {
    pub(super) record: v1::Record,
    pub(super) held: HeldRecord,
}

impl Plan {
    /// The plan to protect `paths`, and what names private persons if `persons` says so, and to add `decoys` digests that
    /// stand for nothing.
    ///
    /// # Errors
    ///
    /// When a path cannot be protected, or lies within another one.
    pub(super) fn new(paths: &[FieldPath], persons: bool, decoys: usize) -> Result<Self, Failure> {
        let mut paths = paths.to_vec();
        paths.sort();
        paths.reverse();
        let mut troubles = Vec::new();
        for (at, path) in paths.iter().enumerate() {
            let is_body =
                path.is_top() && RecordKind::ALL.iter().any(|k| k.field() == path.first());
            if is_body || NEVER.contains(&path.first()) {
                let message = "this field cannot be protected: a record is nothing without it";
                troubles.push(Trouble::new("PROTECT", path.as_str(), message));
            }
            if path.first() == RecordKind::Correction.field() && !is_body {
                let message =
                    "what a correction changes cannot be protected: nobody could apply it";
                troubles.push(
                    Trouble::new("PROTECT", path.as_str(), message)
                        .fix("withdraw the record, and write another with the field protected"),
                );
            }
            let others = paths.iter().skip(at.saturating_add(1));
            if let Some(other) = others.clone().find(|other| path.overlaps(other)) {
                let message = format!("it is protected already with {}", other.as_str());
                troubles
                    .push(Trouble::new("PROTECT", path.as_str(), message).fix("name one of them"));
            }
        }
        troubles.extend(too_many(paths.len(), decoys));
        Failure::unless_empty(Outcome::Usage, troubles)?;
        Ok(Self {
            paths,
            persons,
            decoys,
        })
    }

    /// The same plan with the private persons of one draft.
    fn with_persons(&self, path: &Path, draft: &Value) -> Result<Self, Failure> {
        let mut plan = self.clone();
        if !self.persons {
            return Ok(plan);
        }
        let record = from_json(draft).map_err(|mut problems| {
            // Nobody can tell yet which of the values name somebody.
            for problem in &mut problems {
                "(not shown)".clone_into(&mut problem.value);
            }
            refusal(path, &problems)
        })?;
        for person in private_persons(&record) {
            let Ok(person) = person.parse::<FieldPath>() else {
                continue;
            };
            if !self.paths.iter().any(|named| named.overlaps(&person)) {
                plan.paths.push(person);
            }
        }
        plan.paths.sort();
        plan.paths.reverse();
        let troubles = too_many(plan.paths.len(), plan.decoys);
        Failure::unless_empty(Outcome::Refused, troubles.into_iter().collect())?;
        Ok(plan)
    }

    /// Reads the draft at `path` and takes the fields out.
    ///
    /// # Errors
    ///
    /// When it cannot be read, a field is not there, is not good, or the record needs it in clear.
    pub(super) fn read(&self, path: &Path, output: &Output) -> Result<Protected, Failure> {
        let draft = read_value(path, &files::read_text(path)?)?;
        self.with_persons(path, &draft)?
            .read_draft(path, draft, output)
    }

    fn read_draft(
        &self,
        path: &Path,
        mut draft: Value,
        output: &Output,
    ) -> Result<Protected, Failure> {
        self.check_whole(path, &draft)?;
        let Taken { fields, emptied } = self.take(path, &mut draft)?;
        for (name, place) in repeated(&fields, &draft) {
            output.warn(format!(
                "warning: {}: what {name} holds is also in {place}, which stays in clear",
                path.display()
            ));
        }
        let held = hold(path, fields)?;
        let mut record = record_of(path, &draft)?;
        self.add_digests(path, &mut record, &held)?;
        self.say_withheld(&mut record, emptied);
        let needed = validate_draft(record.clone());
        let needed = needed.into_iter().filter(|problem| {
            problem.level == Level::Error && self.paths.iter().any(|p| p.lies_in(&problem.path))
        });
        let needed: Vec<Problem> = needed
            .map(|mut problem| {
                problem.fix = format!(
                    "{} (this field is protected: protect less, or the whole that it is part of)",
                    problem.fix
                );
                problem
            })
            .collect();
        if needed.is_empty() {
            Ok(Protected { record, held })
        } else {
            Err(refusal(path, &needed))
        }
    }

    /// A mistake inside a protected field would be found by nobody later: it is looked for now.
    fn check_whole(&self, path: &Path, draft: &Value) -> Result<(), Failure> {
        let problems = match from_json(draft) {
            Ok(record) => {
                let mut problems = validate_draft(record);
                // The rest is judged again without the fields.
                problems.retain(|problem| {
                    problem.code != PERSON_IN_CLEAR && self.touches(&problem.path)
                });
                problems
            }
            Err(problems) => problems,
        };
        let mut errors: Vec<Problem> = problems
            .into_iter()
            .filter(|problem| problem.level == Level::Error)
            .collect();
        for problem in &mut errors {
            if self.conceals(&problem.path) {
                conceal(problem);
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(refusal(path, &errors))
        }
    }

    /// Whether the problem at `place` is about a protected field or something inside it.
    fn touches(&self, place: &str) -> bool {
        let inside = |path: &FieldPath| {
            place
                .strip_prefix(path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.paths.iter().any(inside)
    }

    /// Whether what stands at `place` may hold something of a protected field.
    fn conceals(&self, place: &str) -> bool {
        match place.parse::<FieldPath>() {
            Ok(place) => self.paths.iter().any(|path| path.overlaps(&place)),
            // The record itself, or a name that no field can have.
            Err(_) => true,
        }
    }

    fn take(&self, path: &Path, draft: &mut Value) -> Result<Taken, Failure> {
        let body = RecordKind::ALL.map(RecordKind::field);
        let mut taken = Taken::default();
        let mut troubles = Vec::new();
        for field in &self.paths {
            let first = field.first();
            // A body may be empty and still says what kind of record it is.
            let kept = if body.contains(&first) { first } else { "" };
            match field.take(draft, kept, &mut taken.emptied) {
                Ok(value) => taken.fields.push((field.as_str().to_owned(), value)),
                Err(error) => {
                    let fix = match error {
                        TakeError::Absent => {
                            "check the path; `witnessmark record check FILE` knows the names of fields"
                        }
                        TakeError::Empty => "fill it, or do not name it",
                        TakeError::NotLast => "protect the whole list, or put the item at its end",
                    };
                    let place = format!("{}: {}", path.display(), field.as_str());
                    troubles.push(Trouble::new("PROTECT", place, error).fix(fix));
                }
            }
        }
        Failure::unless_empty(Outcome::Refused, troubles)?;
        Ok(taken)
    }

    /// The digests of the fields, the decoys, and such digests as the draft held, ascending.
    fn add_digests(
        &self,
        path: &Path,
        record: &mut v1::Record,
        held: &HeldRecord,
    ) -> Result<(), Failure> {
        let digests = held
            .digests()
            .map_err(|error| vault::vault_failure(path, &error))?;
        let mut all: BTreeSet<Vec<u8>> = record.protected.drain(..).collect();
        all.extend(
            digests
                .iter()
                .map(|digest: &Hash| digest.as_bytes().to_vec()),
        );
        for _ in 0..self.decoys {
            all.insert(random()?.to_vec());
        }
        record.protected = all.into_iter().collect();
        Ok(())
    }

    /// Where the schema would miss a protected field, and for items that stay empty, the record says that it is withheld.
    fn say_withheld(&self, record: &mut v1::Record, emptied: Vec<String>) {
        let problems = validate_draft(record.clone());
        let required = problems.iter().filter_map(|problem| match problem.code {
            REQUIRED => {
                let is_ours = self.paths.iter().any(|path| path.lies_in(&problem.path));
                is_ours.then(|| problem.path.clone())
            }
            NAMELESS => self.name_in(&problem.path),
            _ => None,
        });
        let mut withheld: BTreeSet<String> = required.chain(emptied).collect();
        for missing in &record.missing {
            withheld.remove(&missing.path);
        }
        record
            .missing
            .extend(withheld.into_iter().map(|path| v1::MissingField {
                path,
                reason: v1::MissingReason::Withheld.into(),
            }));
    }

    /// The protected field by which the party at `place` is known: its name, if that is one.
    fn name_in(&self, place: &str) -> Option<String> {
        let fields = self.paths.iter().map(FieldPath::as_str).filter(|path| {
            path.rsplit_once('.')
                .is_some_and(|(party, _)| party == place)
        });
        let fields: Vec<&str> = fields.collect();
        let name = fields
            .iter()
            .find(|path| path.ends_with(".name_as_written"));
        name.or_else(|| fields.last())
            .map(|path| (*path).to_owned())
    }
}

/// What was taken out of a draft.
#[derive(Default)]
struct Taken {
    fields: Vec<(String, Value)>,
    /// The paths of items that stay in their lists and are empty now.
    emptied: Vec<String>,
}

fn too_many(fields: usize, decoys: usize) -> Option<Trouble> {
    let message = format!("more than {FIELDS_MAX} protected fields and decoys");
    (fields.saturating_add(decoys) > FIELDS_MAX).then(|| Trouble::new("PROTECT", "", message))
}

/// Takes what stands in a draft out of a problem.
fn conceal(problem: &mut Problem) {
    "(protected)".clone_into(&mut problem.value);
    "Look at it in the draft; it is not repeated here".clone_into(&mut problem.fix);
}

/// 32 bytes that nobody can guess.
fn random() -> Result<Zeroizing<[u8; 32]>, Failure> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice())
        .map_err(|error| Failure::cannot_tell(Trouble::new("RANDOMNESS", "", error)))?;
    Ok(bytes)
}

fn hold(path: &Path, fields: Vec<(String, Value)>) -> Result<HeldRecord, Failure> {
    let typed = fields
        .into_iter()
        .map(|(name, value)| (name, disclosed(value)));
    HeldRecord::new(random()?, typed.collect()).map_err(|error| vault::vault_failure(path, &error))
}

/// A value of the authoring form in the type that a disclosure has for it.
fn disclosed(value: Value) -> DisclosedValue {
    match value {
        Value::String(text) => DisclosedValue::Text(text),
        Value::Bool(truth) => DisclosedValue::Bool(truth),
        Value::Number(number) => number.as_i64().map_or_else(
            || DisclosedValue::Json(number.to_string()),
            DisclosedValue::Integer,
        ),
        Value::Null | Value::Array(_) | Value::Object(_) => DisclosedValue::Json(value.to_string()),
    }
}

/// Fields whose text also stands elsewhere in the draft: their names, and where.
fn repeated(fields: &[(String, Value)], draft: &Value) -> Vec<(String, String)> {
    let mut clear = Vec::new();
    texts("", draft, &mut clear);
    let mut found = Vec::new();
    for (name, value) in fields {
        let mut hidden = Vec::new();
        texts("", value, &mut hidden);
        // The words of enumerations stand everywhere.
        let is_word = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        hidden.retain(|(_, text)| text.len() >= REPEATED_BYTES_MIN && !is_word(text));
        for (place, text) in &clear {
            if hidden.iter().any(|(_, hidden)| text.contains(hidden)) {
                found.push((name.clone(), place.clone()));
            }
        }
    }
    found
}

fn texts<'a>(path: &str, value: &'a Value, found: &mut Vec<(String, &'a str)>) {
    match value {
        Value::String(text) => found.push((path.to_owned(), text)),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                texts(&format!("{path}[{at}]"), item, found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let dot = if path.is_empty() { "" } else { "." };
                texts(&format!("{path}{dot}{name}"), member, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
