//! Why a change does not fit the record that it is to change.

use std::fmt;

use crate::problem::shorten;

/// A change of a correction that does not fit what the record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The position of the change in the correction.
    pub change: usize,
    /// The field that it names.
    pub path: String,
    /// What it says stands there, as JSON; empty for nothing.
    pub was: String,
    /// Why it does not fit.
    pub cause: MisfitCause,
}

/// Why a change does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MisfitCause {
    /// Another value stands there, as JSON; nothing if none does.
    Differs(Option<String>),
    /// The record withholds what stands there, so that nobody can compare it.
    Withheld,
    /// The item or the list that the path leads through is not there, or the new item does not follow the last.
    NoPlace,
    /// The path names a field of another kind of record.
    OtherKind,
    /// The path names no field that may be corrected.
    NoField,
    /// The field is named by another change too, whole or in part.
    Twice,
    /// What is to stand there is nothing that the field can hold.
    NoValue,
}

impl Misfit {
    /// Whether only somebody who has the record can see it. The rest is wrong whatever the record says.
    pub const fn needs_record(&self) -> bool {
        match self.cause {
            MisfitCause::Differs(_)
            | MisfitCause::Withheld
            | MisfitCause::NoPlace
            | MisfitCause::OtherKind => true,
            MisfitCause::NoField | MisfitCause::Twice | MisfitCause::NoValue => false,
        }
    }

    /// What stands in the part of the change that does not fit, made safe to show and cut after 80 characters.
    pub fn value(&self) -> String {
        match self.member() {
            "was" => shown(Some(&self.was)),
            _ => shorten(&self.path),
        }
    }

    /// The part of the change that does not fit: `was`, `path` or `now`.
    pub const fn member(&self) -> &'static str {
        match self.cause {
            MisfitCause::Differs(_) | MisfitCause::Withheld => "was",
            MisfitCause::NoPlace
            | MisfitCause::OtherKind
            | MisfitCause::NoField
            | MisfitCause::Twice => "path",
            MisfitCause::NoValue => "now",
        }
    }

    /// What to do about it: a sentence without a full stop.
    pub fn fix(&self) -> String {
        match &self.cause {
            MisfitCause::Differs(there) => format!(
                "The record's current value is {}. Read it again and correct that",
                shown(there.as_deref())
            ),
            MisfitCause::Withheld => {
                "The record shows no value there and withholds fields, so that nobody can compare it. Leave `was` empty to \
                 write the field in clear, or withdraw the record and write another"
                    .to_owned()
            }
            MisfitCause::NoPlace => {
                "There is no such place in the record now: a new item follows the last of its list. Read it again"
                    .to_owned()
            }
            MisfitCause::OtherKind => "Name a field of the kind that the record has".to_owned(),
            MisfitCause::NoField => "Name a field of the record that may be corrected".to_owned(),
            MisfitCause::Twice => "Make one change of the two".to_owned(),
            MisfitCause::NoValue => "Write a value that the field can hold".to_owned(),
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = shorten(&self.path);
        match &self.cause {
            MisfitCause::Differs(there) => write!(
                f,
                "it takes {path} to be {}, which was {} by then",
                self.value(),
                shown(there.as_deref())
            ),
            MisfitCause::Withheld => write!(
                f,
                "it takes {path} to be {}, and the record shows no value there",
                self.value()
            ),
            MisfitCause::NoPlace => write!(f, "the record has no place {path}"),
            MisfitCause::OtherKind => {
                write!(f, "{path} is a field of another kind of record")
            }
            MisfitCause::NoField => write!(f, "{path} is no field that may be corrected"),
            MisfitCause::Twice => write!(f, "it names {path} twice"),
            MisfitCause::NoValue => write!(f, "{path} cannot hold what it is to hold"),
        }
    }
}

fn shown(value: Option<&str>) -> String {
    match value {
        None | Some("") => "nothing".to_owned(),
        Some(value) => shorten(value),
    }
}
