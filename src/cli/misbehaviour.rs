//! What a command does when a ledger has signed two histories: it writes the file that shows it, and says what to do with it.

use std::path::{Path, PathBuf};

use witnessmark_bundle as bundle;
use witnessmark_bundle::{
    Contradiction, Finding, FindingWord, MISBEHAVIOUR_BYTES_MAX, Refused, judge_misbehaviour,
};
use witnessmark_client::{Evidence, Misbehaviour, RefusedProof};
use witnessmark_verifier::sha256;

use super::files;
use super::verify::why;
use crate::output::{Failure, Outcome, Report, Trouble};

/// The finding on a file of misbehaviour as the result of a command.
pub(super) fn report(bytes: &[u8], policy: Result<&[u8], &Failure>) -> Report {
    let finding = match policy {
        Ok(policy) => {
            // One byte more than allowed says as much as all of them.
            let max = MISBEHAVIOUR_BYTES_MAX.saturating_add(1);
            judge_misbehaviour(bytes.get(..max).unwrap_or(bytes), policy)
        }
        Err(failure) => Finding::cannot_tell("policy", why(failure)),
    };
    of_finding(&finding)
}

/// A finding as the result of a command.
pub(super) fn of_finding(finding: &Finding) -> Report {
    Report {
        outcome: match finding.word {
            FindingWord::Proved => Outcome::Misbehaviour,
            FindingWord::NotProved => Outcome::Refused,
            FindingWord::CannotTell => Outcome::CannotTell,
        },
        text: finding.to_text(),
        // The finding writes itself, so this always parses; the text would do for a person.
        json: serde_json::from_str(&finding.to_json()).unwrap_or_default(),
        troubles: Vec::new(),
    }
}

/// What the client found, written into a file and told.
pub(super) fn found(found: &Misbehaviour) -> Failure {
    let file = file_of(found);
    let is_proved = !matches!(file.shown_by, Contradiction::Unproved(_));
    let (reason, outcome) = if is_proved {
        ("MISBEHAVIOUR", Outcome::Misbehaviour)
    } else {
        ("MISBEHAVIOUR_UNPROVED", Outcome::Refused)
    };
    match write(&file, None, &found.folder) {
        Ok(path) => {
            let path = path.display().to_string();
            let fix = advice(is_proved, &path);
            Failure {
                outcome,
                troubles: vec![Trouble::new(reason, path, found).fix(fix)],
            }
        }
        Err(failure) => {
            let fix = "keep this output: both signed notes are in it";
            let mut troubles = vec![Trouble::new(reason, "", found).fix(fix)];
            troubles.extend(failure.troubles);
            Failure { outcome, troubles }
        }
    }
}

fn advice(is_proved: bool, path: &str) -> String {
    let kept = "what was remembered stays as it was, so that every later command says so too";
    if is_proved {
        format!(
            "do not rely on this ledger until this is explained; the file named above proves it to everybody \
             (witnessmark verify {path} --policy POLICY): keep it and give it to others who use the ledger; {kept}"
        )
    } else {
        format!(
            "do not rely on this ledger until this is explained; the file named above is a complaint and no proof: ask the operator, and \
             whoever has a copy of the ledger (witnessmark compare {path} --evidence URL-OR-EXPORT --policy POLICY); {kept}"
        )
    }
}

fn file_of(found: &Misbehaviour) -> bundle::Misbehaviour {
    match &found.evidence {
        Evidence::TwoRoots { notes } => {
            bundle::Misbehaviour::of(notes.clone(), Contradiction::TwoRoots)
        }
        Evidence::TwoBeginnings {
            notes,
            root,
            consistency,
        } => {
            let shown_by = Contradiction::TwoBeginnings {
                root: *root,
                consistency: consistency.clone(),
            };
            bundle::Misbehaviour::of(notes.clone(), shown_by)
        }
        Evidence::Unproved(refused) => {
            let notes = [found.remembered.clone(), found.shown.clone()];
            let refused = match refused {
                RefusedProof::FewerEntries => Refused::FewerEntries,
                RefusedProof::DoesNotHold => Refused::ProofFailed,
            };
            bundle::Misbehaviour::of(notes, Contradiction::Unproved(refused))
        }
    }
}

/// The name of the file, made of what is in it.
pub(super) fn name_of(file: &bundle::Misbehaviour, text: &str) -> String {
    let digest = sha256(text.as_bytes()).to_string();
    format!(
        "misbehaviour-{}-{}.json",
        file.shown_by.name(),
        digest.get(..12).unwrap_or_default()
    )
}

/// Writes the file under the name that is given, or in the folder under a name made of what is in it. Nothing is overwritten; the same
/// file may be there already.
///
/// # Errors
///
/// It cannot be written.
pub(super) fn write(
    file: &bundle::Misbehaviour,
    out: Option<&Path>,
    folder: &Path,
) -> Result<PathBuf, Failure> {
    let text = file
        .encode()
        .map_err(|error| Failure::cannot_tell(Trouble::new("MISBEHAVIOUR_FILE", "", error)))?;
    let name = name_of(file, &text);
    let path = if let Some(path) = out {
        path.to_owned()
    } else {
        if !folder.as_os_str().is_empty() {
            files::make_folder(folder)?;
        }
        folder.join(name)
    };
    files::write_new_or_same(&path, text.as_bytes())?;
    Ok(path)
}
