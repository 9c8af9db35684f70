//! JSON Lines: one draft a line, or one exported record a line.

use serde_json::Value as Json;
use witnessmark_record::{Level, Problem};

use crate::draft::{Seen, draft};
use crate::import::{Finding, ImportOptions, Imported, Place};
use crate::problem::FORMAT;

/// The drafts of a file of JSON Lines. A line is a draft, or what the export writes: an object with the draft as `record`.
pub fn import_lines(bytes: &[u8], options: &ImportOptions<'_>) -> Imported {
    let mut done = Imported::default();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut seen = Seen::default();
    for (line, number) in bytes.split(|byte| *byte == b'\n').zip(1_u64..) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        done.rows += 1;
        let place = Place {
            row: Some(number),
            ..Place::default()
        };
        let mut problems = Vec::new();
        let made = match serde_json::from_slice(line) {
            Ok(json) => draft(unwrapped(json), options, &place, &mut seen, &mut problems),
            Err(error) => {
                let fix = "Write one JSON object on each line";
                problems.push(FORMAT.at("", format!("not JSON: {error}"), fix));
                None
            }
        };
        let is_bad = problems.iter().any(|it: &Problem| it.level == Level::Error);
        done.findings
            .extend(problems.into_iter().map(|problem| Finding {
                place: place.clone(),
                problem,
            }));
        match made {
            Some(draft) if !is_bad => done.drafts.push(draft),
            _ => done.bad_rows.push(place),
        }
        (options.progress)();
    }
    done
}

/// The draft in a line of an export.
fn unwrapped(mut json: Json) -> Json {
    let is_export = json.get("record_id").is_some();
    match json.get_mut("record") {
        Some(record) if is_export => record.take(),
        _ => json,
    }
}
