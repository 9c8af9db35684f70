//! The answer on a file of misbehaviour: proved, not proved, or open. None of its words reads as if a ledger were fine.

use serde::Serialize;
use witnessmark_record::escape_json;
use witnessmark_verifier::{Hash, TreeHead};

use super::{Contradiction, MISBEHAVIOUR_CHECKS};
use crate::verdict::{Check, Failure, Outcome, Stopped, VerdictWord};

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingWord {
    /// One key of the ledger signed two checkpoints that cannot both be honest.
    Proved,
    /// The file does not show it.
    NotProved,
    /// It cannot be told: a complaint without proof, another ledger, or something that could not be read.
    CannotTell,
}

impl FindingWord {
    /// The words as printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proved => "MISBEHAVIOUR PROVED",
            Self::NotProved => "NOT PROVED",
            Self::CannotTell => "CANNOT TELL",
        }
    }

    /// The words as programs read them.
    pub const fn as_json(self) -> &'static str {
        match self {
            Self::Proved => "misbehaviour_proved",
            Self::NotProved => "not_proved",
            Self::CannotTell => "cannot_tell",
        }
    }

    /// The exit code of a program that ends with this answer: 3 proved, 1 not proved, 2 cannot tell. Never 0, which
    /// scripts take for good evidence.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Proved => 3,
            Self::NotProved => 1,
            Self::CannotTell => 2,
        }
    }
}

/// What is known once the signatures are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingFacts {
    /// The ledger's name.
    pub origin: String,
    /// The verifier key that signed both notes, as the policy has it.
    pub key: String,
    /// The two trees that were signed, in the order of the file.
    pub heads: [TreeHead; 2],
    /// What the file brings to show that they contradict each other. Shown to hold only by a word of
    /// [`FindingWord::Proved`].
    pub shown_by: Contradiction,
    /// The witnesses of the policy that cosigned both.
    pub cosigned_both: Vec<String>,
}

/// The whole answer on a file of misbehaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The answer.
    pub word: FindingWord,
    /// The checks, in the order in which they are made.
    pub checks: Vec<Check>,
    /// The SHA-256 of the policy file that was used.
    pub policy_sha256: Option<Hash>,
    /// What was signed: after the check `signatures`.
    pub facts: Option<FindingFacts>,
}

/// What a proof of misbehaviour does not show.
const DOES_NOT_SHOW: &[&str] = &[
    "who did it: a stolen key signs as well as its owner does",
    "whether it was meant: a ledger that went on from an old copy of its folder, or ran twice from one, signs two \
     histories too",
    "which of the two histories is the right one, if either is",
    "that any record was altered: each is signed by its own organisation, and that is checked by itself",
    "when it was done, or what was shown to whom",
];

impl Finding {
    /// The first check that failed.
    pub fn failed(&self) -> Option<&Check> {
        self.checks
            .iter()
            .find(|check| check.outcome == Outcome::Failed)
    }

    /// The exit code of a program that ends with this finding.
    pub const fn exit_code(&self) -> u8 {
        self.word.exit_code()
    }

    /// A finding on something that could not be read: the check `name` failed with `detail`.
    pub fn cannot_tell(name: &'static str, detail: impl Into<String>) -> Self {
        let mut steps = Steps::new();
        // It is in the list.
        let _stopped: Result<(), Stopped> = steps.record(name, Err(Failure::cannot_tell(detail)));
        steps.into_finding()
    }

    /// What it means, for somebody who knows none of the words.
    pub fn meaning(&self) -> &'static str {
        let failed = self.failed().map_or("", |check| check.name);
        match (self.word, failed) {
            (FindingWord::Proved, _) => {
                "The ledger's key signed two histories that exclude each other. What rests on the word of this ledger alone \
                 - that a record is in it, since when, and that nothing was taken out - can no longer be relied upon \
                 without a look at which history it belongs to."
            }
            (FindingWord::CannotTell, "contradiction") => {
                "A complaint, and no proof. Both checkpoints are signed, and both can be honest. Ask the ledger, or somebody who \
                 has a copy of it, how the two belong together; witnessmark compare does that."
            }
            (FindingWord::CannotTell, "checkpoints") => {
                "Not this ledger: your policy does not name the ledger that the file is about. It may be proved under another \
                 policy."
            }
            (FindingWord::CannotTell, "policy") => {
                "Without a readable policy there is nobody to trust. Get the policy of the ledger from a source you trust, not from \
                 whoever gave you the file."
            }
            (FindingWord::CannotTell, _) => {
                "Software too old, or input that could not be read: nothing was shown either way."
            }
            (FindingWord::NotProved, "signatures") => {
                "One key of the ledger did not sign both checkpoints, as your policy has it. The file accuses nobody."
            }
            (FindingWord::NotProved, _) => {
                "The file does not show what it says. It accuses nobody."
            }
        }
    }

    /// What even a proof does not show.
    pub const fn does_not_show(&self) -> &'static [&'static str] {
        DOES_NOT_SHOW
    }

    /// The finding as one JSON object. A member is null until the check that shows it has passed.
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists of them always serialise.
        escape_json(&serde_json::to_string_pretty(&Answer::of(self)).unwrap_or_default())
    }
}

/// A finding in the making. It is a proof only when every check was recorded as passed.
#[derive(Debug)]
pub(super) struct Steps(Finding);

impl Steps {
    pub(super) fn new() -> Self {
        let skipped = |name: &&'static str| Check {
            name,
            outcome: Outcome::Skipped,
            detail: String::new(),
        };
        Self(Finding {
            word: FindingWord::CannotTell,
            checks: MISBEHAVIOUR_CHECKS.iter().map(skipped).collect(),
            policy_sha256: None,
            facts: None,
        })
    }

    /// Records how the check `name` ended and hands on what it found.
    pub(super) fn record<T>(
        &mut self,
        name: &'static str,
        result: Result<(T, String), Failure>,
    ) -> Result<T, Stopped> {
        let (outcome, detail, value) = match result {
            Ok((value, detail)) => (Outcome::Passed, detail, Ok(value)),
            Err(failure) => {
                if self.0.failed().is_none() && failure.word() == VerdictWord::NotVerified {
                    self.0.word = FindingWord::NotProved;
                }
                (Outcome::Failed, failure.into_detail(), Err(Stopped))
            }
        };
        if let Some(check) = self.0.checks.iter_mut().find(|check| check.name == name) {
            check.outcome = outcome;
            check.detail = detail;
        }
        value
    }

    pub(super) const fn finding(&mut self) -> &mut Finding {
        &mut self.0
    }

    pub(super) fn into_finding(mut self) -> Finding {
        let checks = &self.0.checks;
        if checks.iter().all(|it| it.outcome == Outcome::Passed) {
            self.0.word = FindingWord::Proved;
        }
        self.0
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    verdict: &'static str,
    subject: &'static str,
    kind: Option<&'static str>,
    origin: Option<&'a str>,
    key: Option<&'a str>,
    checkpoints: Vec<Head>,
    index: Option<u64>,
    cosigned_both: &'a [String],
    checks: Vec<Step<'a>>,
    failed: Option<&'static str>,
    meaning: &'static str,
    does_not_show: &'static [&'static str],
    policy_sha256: Option<String>,
}

#[derive(Serialize)]
struct Head {
    size: u64,
    root: String,
}

#[derive(Serialize)]
struct Step<'a> {
    name: &'static str,
    outcome: &'static str,
    detail: &'a str,
}

impl<'a> Answer<'a> {
    fn of(finding: &'a Finding) -> Self {
        let facts = finding.facts.as_ref();
        let heads = facts.map_or(&[][..], |facts| &facts.heads);
        let checks = finding.checks.iter().map(|check| Step {
            name: check.name,
            outcome: check.outcome.as_str(),
            detail: &check.detail,
        });
        Self {
            verdict: finding.word.as_json(),
            subject: "misbehaviour",
            kind: facts.map(|facts| facts.shown_by.name()),
            origin: facts.map(|facts| facts.origin.as_str()),
            key: facts.map(|facts| facts.key.as_str()),
            checkpoints: heads
                .iter()
                .map(|head| Head {
                    size: head.size.get(),
                    root: head.root.to_string(),
                })
                .collect(),
            index: match facts.map(|facts| &facts.shown_by) {
                Some(Contradiction::TwoEntries { index, .. }) => Some(index.get()),
                _ => None,
            },
            cosigned_both: facts.map_or(&[], |facts| &facts.cosigned_both),
            checks: checks.collect(),
            failed: finding.failed().map(|check| check.name),
            meaning: finding.meaning(),
            does_not_show: finding.does_not_show(),
            policy_sha256: finding.policy_sha256.map(|hash| hash.to_string()),
        }
    }
}
