//! `ledger.toml`: the version of the folder, the origin, and what the operator has chosen.
//!
//! ```text
//! format = 1
//! origin = "ledger.example"
//! log_key = "agent:SHA256:..."   where the key of the log is, when it is not in keys/log.key
//!
//! [limits]                  may be left out, and each line of it too
//! queue_records = 4096      submissions of all callers that wait
//! queue_bytes = 67108864    their bytes
//! ```

use serde::{Deserialize, Serialize};
use witnessmark_verifier::Origin;

use super::limits::{QUEUE_BYTES, QUEUE_BYTES_MIN, QUEUE_RECORDS, QUEUE_RECORDS_MAX};
use crate::signer::KeyName;

/// The version of the folder's layout.
const FORMAT: u32 = 1;

/// How much may wait to be logged. See `docs/OVERLOAD.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueLimits {
    /// Submissions.
    pub(crate) records: usize,
    /// Their bytes.
    pub(crate) bytes: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self {
            records: QUEUE_RECORDS,
            bytes: QUEUE_BYTES,
        }
    }
}

/// What the file says.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) origin: Origin,
    /// Where the key of the log is, when it is not in the folder.
    pub(crate) log_key: Option<KeyName>,
    pub(crate) limits: QueueLimits,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    origin: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    queue_records: Option<usize>,
    queue_bytes: Option<usize>,
}

/// The text of the file of a new ledger.
///
/// # Errors
///
/// What cannot be written as TOML.
pub(crate) fn encode(
    origin: &Origin,
    log_key: Option<&KeyName>,
) -> Result<String, toml::ser::Error> {
    toml::to_string(&Document {
        format: FORMAT,
        origin: origin.as_str().to_owned(),
        log_key: log_key.map(ToString::to_string),
        limits: None,
    })
}

/// Reads the text of the file.
///
/// # Errors
///
/// All that is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Settings, String> {
    let document: Document = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut problems = Vec::new();
    if document.format != FORMAT {
        let format = document.format;
        problems.push(format!(
            "format {format} is not known; this version knows {FORMAT}"
        ));
    }
    let log_key = document.log_key.map(|name| KeyName::parse(name.into()));
    let log_key = log_key.transpose().unwrap_or_else(|problem| {
        problems.push(format!("log_key: {problem}"));
        None
    });
    let limits = limits(&document.limits.unwrap_or_default(), &mut problems);
    let origin = Origin::parse(&document.origin).map_err(|error| format!("origin: {error}"));
    match origin {
        Ok(origin) if problems.is_empty() => Ok(Settings {
            origin,
            log_key,
            limits,
        }),
        Ok(_) => Err(problems.join("; ")),
        Err(problem) => {
            problems.push(problem);
            Err(problems.join("; "))
        }
    }
}

fn limits(given: &Limits, problems: &mut Vec<String>) -> QueueLimits {
    let default = QueueLimits::default();
    let records = given.queue_records.unwrap_or(default.records);
    if !(1..=QUEUE_RECORDS_MAX).contains(&records) {
        problems.push(format!(
            "limits.queue_records is {records}, and is from 1 to {QUEUE_RECORDS_MAX}"
        ));
    }
    let bytes = given.queue_bytes.unwrap_or(default.bytes);
    if bytes < QUEUE_BYTES_MIN {
        problems.push(format!(
            "limits.queue_bytes is {bytes}, and is at least {QUEUE_BYTES_MIN}, so that every record fits"
        ));
    }
    QueueLimits { records, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_it_is_by_default() {
        let origin = Origin::parse("ledger.example").unwrap();
        let text = encode(&origin, None).unwrap();
        assert_eq!(parse(&text).unwrap().limits, QueueLimits::default());
        assert_eq!(parse(&text).unwrap().log_key, None);
        let key = KeyName::Agent("SHA256:a".to_owned());
        let elsewhere = encode(&origin, Some(&key)).unwrap();
        assert_eq!(parse(&elsewhere).unwrap().log_key, Some(key));
        let text = format!("{text}\n[limits]\nqueue_records = 9\n");
        let limits = parse(&text).unwrap().limits;
        assert_eq!((limits.records, limits.bytes), (9, QUEUE_BYTES));
    }

    #[test]
    fn every_problem_is_told_with_its_value_and_its_rule() {
        let text =
            "format = 1\norigin = \"two words\"\n[limits]\nqueue_records = 0\nqueue_bytes = 7\n";
        let problem = parse(text).unwrap_err();
        for part in ["queue_records is 0", "queue_bytes is 7", "origin: "] {
            assert!(problem.contains(part), "{part} in {problem}");
        }
        let unknown = "format = 1\norigin = \"a.b\"\n[limits]\nqueue = 3\n";
        assert!(parse(unknown).unwrap_err().contains("queue"));
    }
}
