//! `witness.toml`: the version of the folder, the name of the witness, and the logs it watches.
//!
//! ```text
//! format = 1
//! name = "witness.example/w1"
//!
//! [[log]]                                  for each key; several with one origin are keys of one log
//! origin = "ledger.example/main"           the first line of its checkpoints
//! vkey = "ledger.example/main+1a2b...+..."
//! ```

use serde::Deserialize;
use witnessmark_verifier::{NoteAlgorithm, Origin, VerifierKey};

use super::Added;

/// The version of the folder's layout.
const FORMAT: u32 = 1;

/// What the file says.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) name: Origin,
    pub(super) logs: Vec<Log>,
}

/// A log and the keys that may sign its checkpoints.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Log {
    pub(super) origin: String,
    pub(super) keys: Vec<VerifierKey>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    name: String,
    #[serde(default)]
    log: Vec<LogDocument>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogDocument {
    origin: String,
    vkey: String,
}

impl Settings {
    /// Adds a key of the log `origin`. `own` is the key of the witness.
    ///
    /// # Errors
    ///
    /// Why it cannot be one.
    pub(super) fn add(
        &mut self,
        own: &VerifierKey,
        origin: &str,
        key: &VerifierKey,
    ) -> Result<Added, String> {
        let log = self.logs.iter().find(|log| log.origin == origin);
        if log.is_some_and(|log| log.keys.contains(key)) {
            return Ok(Added::Nothing);
        }
        if own.clashes_with(key) {
            return Err(format!("{key} is the key of this witness itself"));
        }
        add_to(&mut self.logs, origin, key.clone())
    }
}

/// Adds a key of the log `origin` to the others.
fn add_to(logs: &mut Vec<Log>, origin: &str, key: VerifierKey) -> Result<Added, String> {
    if let Some(problem) = problem_among(logs, origin, &key) {
        return Err(problem);
    }
    if let Some(log) = logs.iter_mut().find(|log| log.origin == origin) {
        log.keys.push(key);
        return Ok(Added::Key);
    }
    logs.push(Log {
        origin: origin.to_owned(),
        keys: vec![key],
    });
    Ok(Added::Log)
}

/// Why `key` cannot stand beside the others as one of the log `origin`, if so.
fn problem_among(logs: &[Log], origin: &str, key: &VerifierKey) -> Option<String> {
    if origin.is_empty() || origin.chars().any(char::is_control) {
        return Some(format!(
            "origin {origin:?} is not one line that is not empty"
        ));
    }
    if key.algorithm() != NoteAlgorithm::Ed25519 {
        return Some(format!(
            "{key} is the key of a witness (type 04); logs sign with keys of type 01"
        ));
    }
    let clash = |log: &&Log| log.keys.iter().any(|known| known.clashes_with(key));
    let log = logs.iter().find(clash)?;
    Some(if log.origin == origin {
        format!("{key} is a key of {origin} already")
    } else {
        format!(
            "{key} is a key of another log, {}; a key signs for one log",
            log.origin
        )
    })
}

/// The text of the file of a new witness.
pub(super) fn encode(name: &Origin) -> String {
    let name = toml::Value::from(name.as_str());
    format!("format = {FORMAT}\nname = {name}\n")
}

/// The text of a file with one more key. What a person wrote in it stays.
pub(super) fn with_log(text: &str, origin: &str, key: &VerifierKey) -> String {
    let (origin, vkey) = (
        toml::Value::from(origin),
        toml::Value::from(key.to_string()),
    );
    let text = text.trim_end();
    format!("{text}\n\n[[log]]\norigin = {origin}\nvkey = {vkey}\n")
}

/// Reads the text of the file.
///
/// # Errors
///
/// All that is wrong with it.
pub(super) fn parse(text: &str) -> Result<Settings, String> {
    let document: Document = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut problems = Vec::new();
    if document.format != FORMAT {
        let format = document.format;
        problems.push(format!(
            "format {format} is not known; this version knows {FORMAT}"
        ));
    }
    let mut logs: Vec<Log> = Vec::new();
    for LogDocument { origin, vkey } in document.log {
        match VerifierKey::parse(&vkey) {
            Ok(key) => {
                if let Err(problem) = add_to(&mut logs, &origin, key) {
                    problems.push(problem);
                }
            }
            Err(error) => problems.push(format!("vkey {vkey:?} of {origin}: {error}")),
        }
    }
    match Origin::parse(&document.name) {
        Ok(name) if problems.is_empty() => return Ok(Settings { name, logs }),
        Ok(_) => {}
        Err(error) => problems.push(format!("name {:?}: {error}", document.name)),
    }
    Err(problems.join("; "))
}

#[cfg(test)]
mod tests {
    use witnessmark_verifier::PublicKey;

    use super::*;

    fn key(name: &str, seed: u8, algorithm: NoteAlgorithm) -> VerifierKey {
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
        let public = PublicKey::admit(key.verifying_key().as_bytes()).unwrap();
        VerifierKey::new(Origin::parse(name).unwrap(), algorithm, public)
    }

    #[test]
    fn what_is_added_is_read_back_and_a_comment_stays() {
        let name = Origin::parse("witness.example/w1").unwrap();
        let text = encode(&name) + "# ours\n";
        let keys = [1, 2].map(|seed| key("log.example", seed, NoteAlgorithm::Ed25519));
        let mut added = text;
        for key in &keys {
            added = with_log(&added, "log of \"ours\"", key);
        }
        assert!(added.contains("# ours\n"), "{added}");
        let settings = parse(&added).unwrap();
        assert_eq!(settings.name, name);
        let origin = "log of \"ours\"".to_owned();
        let keys = keys.to_vec();
        assert_eq!(settings.logs, [Log { origin, keys }]);
    }

    #[test]
    fn every_problem_is_told() {
        let good = key("log.example", 1, NoteAlgorithm::Ed25519);
        let witness = key("w.example", 2, NoteAlgorithm::CosignatureEd25519);
        let text = format!(
            "format = 2\nname = \"two words\"\n[[log]]\norigin = \"a\"\nvkey = \"b\"\n\
             [[log]]\norigin = \"c\"\nvkey = \"{good}\"\n[[log]]\norigin = \"d\"\nvkey = \"{good}\"\n\
             [[log]]\norigin = \"e\"\nvkey = \"{witness}\"\n"
        );
        let problem = parse(&text).unwrap_err();
        for part in [
            "format 2",
            "name \"two words\"",
            "vkey \"b\" of a",
            "of another log, c",
            "type 04",
        ] {
            assert!(problem.contains(part), "{part} in {problem}");
        }
        assert!(parse("format = 1\nname = \"a\"\nlogs = 1\n").is_err());
    }

    #[test]
    fn the_witness_does_not_watch_itself() {
        let own = key("w.example", 1, NoteAlgorithm::CosignatureEd25519);
        let mut settings = parse(&encode(own.name())).unwrap();
        let same = key("log.example", 1, NoteAlgorithm::Ed25519);
        assert!(settings.add(&own, "log.example", &same).is_err());
        let [one, two] = [2, 3].map(|seed| key("log.example", seed, NoteAlgorithm::Ed25519));
        for (key, added) in [
            (&one, Added::Log),
            (&two, Added::Key),
            (&one, Added::Nothing),
        ] {
            assert_eq!(settings.add(&own, "log.example", key), Ok(added));
        }
        assert!(settings.add(&own, "a\nb", &two).is_err());
        assert!(settings.add(&own, "", &two).is_err());
    }
}
