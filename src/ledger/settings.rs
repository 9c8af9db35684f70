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
//!
//! [tiles]                   may be left out
//! entries = "public"        or "withheld": /tile/entries is refused, while the checkpoint and the hashes stay public
//!
//! [[witness]]               who is asked to cosign, and what is enough: see `witnesses`
//! ```

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use witnessmark_verifier::Origin;

use super::limits::{QUEUE_BYTES, QUEUE_BYTES_MIN, QUEUE_RECORDS, QUEUE_RECORDS_MAX};
use super::witnesses::{self, WitnessSettings};
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
    /// Whether entries are not among what is offered as tiles.
    pub(crate) entries_withheld: bool,
    /// None if no witness is asked.
    pub(crate) witnesses: Option<WitnessSettings>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tiles: Option<Tiles>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    witness: Vec<witnesses::One>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    witnesses: Option<witnesses::Together>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    queue_records: Option<usize>,
    queue_bytes: Option<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tiles {
    entries: String,
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
        tiles: None,
        witness: Vec::new(),
        witnesses: None,
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
    let entries_withheld = match document.tiles.as_ref().map(|tiles| tiles.entries.as_str()) {
        None | Some("public") => false,
        Some("withheld") => true,
        Some(other) => {
            problems.push(format!(
                "tiles.entries is {other:?}, and is \"public\" or \"withheld\""
            ));
            true
        }
    };
    let together = document.witnesses.as_ref();
    let witnesses = witnesses::settings(&document.witness, together, &mut problems);
    let origin = Origin::parse(&document.origin).map_err(|error| format!("origin: {error}"));
    match origin {
        Ok(origin) if problems.is_empty() => Ok(Settings {
            origin,
            log_key,
            limits,
            entries_withheld,
            witnesses,
        }),
        Ok(_) => Err(problems.join("; ")),
        Err(problem) => {
            problems.push(problem);
            Err(problems.join("; "))
        }
    }
}

/// What the operator of the ledger in `dir` has chosen, if it is the ledger `origin`: the files by name, this one last, because it
/// makes a folder a ledger. Nothing if it cannot be read: then all is as it is by default.
pub(super) fn chosen(dir: &Path, origin: &Origin) -> Vec<(String, String)> {
    let read = |name: &str| fs::read_to_string(dir.join(name)).ok();
    let files = || {
        let text = read(super::SETTINGS_FILE)?;
        let settings = parse(&text).ok().filter(|it| it.origin == *origin)?;
        let mut files = Vec::new();
        if let Some(name) = settings.witnesses.as_ref().and_then(WitnessSettings::file) {
            files.push((name.to_owned(), read(name)?));
        }
        files.push((super::SETTINGS_FILE.to_owned(), text));
        Some(files)
    };
    files().unwrap_or_default()
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
    fn entries_are_public_unless_they_are_said_to_be_withheld() {
        let text = "format = 1\norigin = \"a.b\"\n";
        assert!(!parse(text).unwrap().entries_withheld);
        for (word, withheld) in [("public", false), ("withheld", true)] {
            let text = format!("{text}[tiles]\nentries = \"{word}\"\n");
            assert_eq!(parse(&text).unwrap().entries_withheld, withheld);
        }
        let problem = parse(&format!("{text}[tiles]\nentries = \"none\"\n")).unwrap_err();
        assert!(problem.contains("tiles.entries is \"none\""), "{problem}");
        assert!(parse(&format!("{text}[tiles]\n")).is_err());
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

    #[test]
    fn what_is_wrong_with_the_witnesses_is_told_at_once() {
        let head = "format = 1\norigin = \"a.b\"\n";
        let one = "[[witness]]\nurl = \"ftp://a\"\nvkey = \"w\"\n";
        let problem = parse(&format!("{head}{one}")).unwrap_err();
        for part in ["witness[0].vkey", "no quorum"] {
            assert!(problem.contains(part), "{part} in {problem}");
        }
        let problem = parse(&format!(
            "{head}{one}[witnesses]\nquorum = 2\nidle_seconds = 0\n"
        ));
        let problem = problem.unwrap_err();
        for part in ["quorum is 2", "idle_seconds is 0", "witness[0]"] {
            assert!(problem.contains(part), "{part} in {problem}");
        }
        for (text, part) in [
            ("[witnesses]\nquorum = 1\n", "no [[witness]]"),
            ("[witnesses]\n", "either quorum or policy"),
            (
                "[witnesses]\nquorum = 1\npolicy = \"a\"\n",
                "either quorum or policy",
            ),
            ("[witnesses]\npolicy = \"../a\"\n", "beside ledger.toml"),
            ("[witnesses]\nquorum = 1\npublish = \"later\"\n", "later"),
        ] {
            let problem = parse(&format!("{head}{text}")).unwrap_err();
            assert!(problem.contains(part), "{part} in {problem}");
        }
    }
}
