//! What is wrong with a record: level, code, path, value, rule and fix, so that a person can put it right.

use std::fmt::{self, Write as _};

use crate::codes;

/// How grave a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The record is refused.
    Error,
    /// The record is accepted, and the answer says so.
    Warning,
    /// A remark.
    Note,
}

impl Level {
    /// The level as a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One problem of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How grave it is.
    pub level: Level,
    /// Its code, from [`problem_codes`].
    pub code: &'static str,
    /// The field, by its path from the record, such as `place.point.lat_e7` or `links[0].target`.
    pub path: String,
    /// What stands there, shortened, with control characters escaped.
    pub value: String,
    /// The rule it breaks: a lower-case sentence without a full stop.
    pub rule: String,
    /// What to do about it: a sentence without a full stop.
    pub fix: String,
}

/// The codes of what may only not be there yet.
const NOT_THERE_YET: &[ProblemCode] = &[
    codes::ASSERTED_BY,
    codes::ATTACHMENT,
    codes::BASIS,
    codes::BODY,
    codes::BRAND_CLAIM,
    codes::CAPTURE,
    codes::CUSTODY,
    codes::DIGEST,
    codes::EMPTY,
    codes::HS_EDITION,
    codes::IDENTIFIER,
    codes::LANG,
    codes::LANGUAGE,
    codes::LINK_TARGET,
    codes::MARKING_TLP,
    codes::ORG,
    codes::ORIGIN,
    codes::PARTY_TYPE,
    codes::PLACE,
    codes::POINT_BASIS,
    codes::REFERENCE,
    codes::REQUIRED,
    codes::SCHEMA,
    codes::SHARE,
    codes::SOURCES,
    codes::TARGET,
    codes::THREAD,
    codes::TITLE,
    codes::TRACE,
    codes::TYPE_REQUIRED,
];

impl Problem {
    /// Whether something is only not there yet: nothing stands in the field, and something has to. Everything else is
    /// wrong as it stands.
    pub fn is_missing(&self) -> bool {
        self.value.is_empty() && NOT_THERE_YET.iter().any(|it| it.code == self.code)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.path)?;
        if !self.value.is_empty() {
            write!(f, " = {}", self.value)?;
        }
        write!(f, ": {}. {}", self.rule, self.fix)
    }
}

/// A code that a problem can have, with the rule behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemCode {
    /// The code: `E-` errors, `W-` warnings, `N-` notes.
    pub code: &'static str,
    /// How grave it is.
    pub level: Level,
    /// The rule: a lower-case sentence without a full stop.
    pub rule: &'static str,
}

impl ProblemCode {
    /// A problem of this code at a field, whose path is empty when it is about no field; `value` is escaped and shortened.
    pub fn at(
        &self,
        path: impl Into<String>,
        value: impl AsRef<str>,
        fix: impl Into<String>,
    ) -> Problem {
        Problem {
            level: self.level,
            code: self.code,
            path: path.into(),
            value: shorten(value.as_ref()),
            rule: self.rule.to_owned(),
            fix: fix.into(),
        }
    }
}

/// Values are shown, never trusted: escaped, and cut after 80 characters.
pub(crate) fn shorten(value: &str) -> String {
    let escaped = crate::escape(value);
    match escaped.char_indices().nth(80) {
        Some((at, _)) => format!("{}...", escaped.get(..at).unwrap_or_default()),
        None => escaped,
    }
}

/// Every code that validation and the reading of JSON can give, in order of the alphabet.
pub const fn problem_codes() -> &'static [ProblemCode] {
    codes::ALL
}

/// The page `docs/VALIDATION.md`, made of [`problem_codes`].
pub fn validation_document() -> String {
    let mut page = String::from(
        "# What is checked in a record\n\n\
         Made from the code by `validation_document`; do not edit. All problems of a record are reported at once, each with its\n\
         code, the path of the field, the value that stands there, the rule, and what to do. An *error* refuses the record. A\n\
         *warning* is accepted and travels with the answer. What was physically seen is never refused for what it means: the fields\n\
         `as_seen`, `as_marked` and `as_written` take any printable text. The codes are the same in the command line, in JSON and over gRPC.\n\n\
         | Code | Level | Rule |\n|---|---|---|\n",
    );
    for code in problem_codes() {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{}` | {} | {} |", code.code, code.level, code.rule);
    }
    page
}
