//! What the program has to say: a verdict on evidence, or a finding on a file of misbehaviour.

use witnessmark_bundle::{Finding, Verdict};

/// The answer to one command.
#[derive(Debug)]
pub(crate) enum Answer {
    /// On a bundle or an export.
    Verdict(Box<Verdict>),
    /// On a file of misbehaviour.
    Finding(Box<Finding>),
}

impl Answer {
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Verdict(verdict) => verdict.to_text(),
            Self::Finding(finding) => finding.to_text(),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        match self {
            Self::Verdict(verdict) => verdict.to_json(),
            Self::Finding(finding) => finding.to_json(),
        }
    }

    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Verdict(verdict) => verdict.exit_code(),
            Self::Finding(finding) => finding.exit_code(),
        }
    }
}

impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Self {
        Self::Verdict(Box::new(verdict))
    }
}

impl From<Finding> for Answer {
    fn from(finding: Finding) -> Self {
        Self::Finding(Box::new(finding))
    }
}
