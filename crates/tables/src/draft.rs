//! What a row lacks to be a draft: its kind, its subject, and the judgement of the record crate.

use std::collections::HashMap;

use serde_json::{Value as Json, json};
use witnessmark_record::{Problem, RecordKind, from_json};
use witnessmark_verifier::{Hash, hex, sha256};

use crate::import::{Draft, ImportOptions, Place};
use crate::problem::{DUPLICATE, KIND};

/// The rows so far, by what they say.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    rows: HashMap<Hash, (Option<u64>, u64)>,
}

/// Completes a draft with schema and subject, reads it and checks it.
pub(crate) fn draft(
    mut json: Json,
    options: &ImportOptions<'_>,
    place: &Place,
    seen: &mut Seen,
    problems: &mut Vec<Problem>,
) -> Option<Draft> {
    let kind = match kind_of(&json, options.kind) {
        Ok(kind) => kind,
        Err(problem) => {
            problems.push(*problem);
            return None;
        }
    };
    let digest = sha256(format!("{} {json}", kind.field()).as_bytes());
    let (first, count) = seen.rows.entry(digest).or_insert((place.row, 0));
    *count += 1;
    if *count > 1 {
        let value = first.map_or_else(String::new, |row| format!("the same as row {row}"));
        let fix = "Delete one of the two, unless both are meant";
        problems.push(DUPLICATE.at("", value, fix));
    }
    if let Json::Object(members) = &mut json {
        members
            .entry("schema")
            .or_insert_with(|| json!(kind.schema()));
        members
            .entry("thread_id")
            .or_insert_with(|| json!(thread_id(&digest, *count)));
    }
    match from_json(&json) {
        Ok(record) => {
            problems.extend((options.check)(&record));
            Some(Draft {
                place: place.clone(),
                kind,
                record,
            })
        }
        Err(found) => {
            problems.extend(found);
            None
        }
    }
}

/// The kind that a draft says it is of, or was asked for.
fn kind_of(json: &Json, asked: Option<RecordKind>) -> Result<RecordKind, Box<Problem>> {
    let schema = json.get("schema").and_then(Json::as_str);
    let by_body = || {
        let mut kinds = RecordKind::ALL.into_iter();
        kinds.find(|kind| json.get(kind.field()).is_some())
    };
    let said = match schema {
        Some(schema) => RecordKind::of_schema(schema),
        None => by_body(),
    };
    match (asked, said, schema) {
        (Some(asked), Some(said), _) if asked != said => {
            let fix = format!("It was to be imported as {}", asked.schema());
            Err(Box::new(KIND.at("schema", said.schema(), fix)))
        }
        (_, Some(kind), _) | (Some(kind), None, None) => Ok(kind),
        (_, None, schema) => {
            let fix = format!(
                "Name the kind: --kind, or schema as one of {}",
                RecordKind::known()
            );
            Err(Box::new(KIND.at("schema", schema.unwrap_or_default(), fix)))
        }
    }
}

/// A subject for a row, a UUID of version 8 (RFC 9562): the same row gets the same one when it is imported again.
fn thread_id(digest: &Hash, count: u64) -> String {
    let named = format!("witnessmark-tables {digest} {count}");
    let mut id = [0_u8; 16];
    for (to, from) in id.iter_mut().zip(sha256(named.as_bytes()).as_bytes()) {
        *to = *from;
    }
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut id;
    *version = *version & 0x0f | 0x80;
    *variant = *variant & 0x3f | 0x80;
    let mut text = hex::encode(&id);
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}
