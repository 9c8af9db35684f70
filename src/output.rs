//! The only place that prints: human text by default, one JSON object with `--json`, and progress bars on a terminal.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};
use witnessmark_record::{escape, escape_json};

/// How a command ended. The numbers are a contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// Done, or verified (with or without remarks).
    Done,
    /// Not verified; or a submission or a record was refused.
    Refused,
    /// Cannot tell: the network, a file or the store failed before there was an answer.
    CannotTell,
    /// It is proved that the ledger signed two histories. Its code is no other outcome's.
    Misbehaviour,
    /// The command was not called correctly.
    Usage,
}

impl Outcome {
    /// The exit code.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::CannotTell => 2,
            Self::Misbehaviour => 3,
            Self::Usage => 64,
        }
    }

    /// The word for `--json` objects that carry no verdict of their own.
    const fn verdict(self) -> &'static str {
        match self {
            Self::Done => "verified",
            Self::Refused => "not_verified",
            Self::CannotTell => "cannot_tell",
            Self::Misbehaviour => "misbehaviour_proved",
            Self::Usage => "usage",
        }
    }
}

/// The result of a command: what to print in either form.
#[derive(Debug)]
pub(crate) struct Report {
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// For people; printed without change, a newline is added.
    pub(crate) text: String,
    /// For programs.
    pub(crate) json: Value,
    /// What went wrong with a part of it, for people; `json` says it for programs.
    pub(crate) troubles: Vec<Trouble>,
}

impl Report {
    /// A command that did what it was asked to.
    pub(crate) fn done(text: impl Into<String>, json: Value) -> Self {
        Self {
            outcome: Outcome::Done,
            text: text.into(),
            json,
            troubles: Vec::new(),
        }
    }
}

/// One thing that is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// A word for programs, such as `RECORD_INVALID` or `IO`.
    pub(crate) reason: String,
    /// The file, the address or the field it is about; empty when it is about the command.
    pub(crate) place: String,
    /// What is wrong, with the value.
    pub(crate) message: String,
    /// What to do next; empty when there is nothing to add.
    pub(crate) fix: String,
}

impl Trouble {
    /// A trouble without a fix.
    pub(crate) fn new(reason: &str, place: impl Display, message: impl Display) -> Self {
        Self {
            reason: reason.to_owned(),
            place: place.to_string(),
            message: message.to_string(),
            fix: String::new(),
        }
    }

    /// The same with what to do next.
    #[must_use]
    pub(crate) fn fix(mut self, fix: impl Display) -> Self {
        self.fix = fix.to_string();
        self
    }

    /// The form for programs.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "reason": self.reason,
            "place": self.place,
            "message": self.message,
            "fix": self.fix,
        })
    }
}

impl Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("error: ")?;
        if !self.place.is_empty() {
            write!(f, "{}: ", plain(&self.place))?;
        }
        write!(f, "{}", plain(&self.message))?;
        if !self.reason.is_empty() {
            write!(f, " [{}]", self.reason)?;
        }
        if !self.fix.is_empty() {
            write!(f, "\n  fix: {}", plain(&self.fix))?;
        }
        Ok(())
    }
}

/// A command that could not do what it was asked to, with every reason at once.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How it ended; never [`Outcome::Done`].
    pub(crate) outcome: Outcome,
    /// At least one.
    pub(crate) troubles: Vec<Trouble>,
}

impl Failure {
    /// Something was refused or is not verified.
    pub(crate) fn refused(trouble: Trouble) -> Self {
        Self {
            outcome: Outcome::Refused,
            troubles: vec![trouble],
        }
    }

    /// Nothing can be said: I/O, network.
    pub(crate) fn cannot_tell(trouble: Trouble) -> Self {
        Self {
            outcome: Outcome::CannotTell,
            troubles: vec![trouble],
        }
    }

    /// The command was not called correctly.
    pub(crate) fn usage(trouble: Trouble) -> Self {
        Self {
            outcome: Outcome::Usage,
            troubles: vec![trouble],
        }
    }

    /// `Ok` when there is no trouble, else a failure with all of them.
    ///
    /// # Errors
    ///
    /// The troubles, when there are any.
    pub(crate) fn unless_empty(outcome: Outcome, troubles: Vec<Trouble>) -> Result<(), Self> {
        if troubles.is_empty() {
            Ok(())
        } else {
            Err(Self { outcome, troubles })
        }
    }
}

/// What an I/O error on a file becomes.
pub(crate) fn io_failure(path: impl AsRef<Path>, error: &io::Error) -> Failure {
    let advice = [
        (ErrorKind::NotFound, "check the name"),
        (ErrorKind::PermissionDenied, "check who may use the file"),
        (
            ErrorKind::StorageFull,
            "free some space, then run the command again",
        ),
    ];
    let fix = advice
        .iter()
        .find(|(kind, _)| *kind == error.kind())
        .map_or("", |(_, fix)| fix);
    Failure::cannot_tell(Trouble::new("IO", path.as_ref().display(), error).fix(fix))
}

/// Where everything is printed.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    /// The first error of standard output that is not a closed pipe.
    broken: RefCell<Option<io::Error>>,
}

impl Output {
    /// `json`: one object on standard output instead of text.
    pub(crate) const fn new(json: bool) -> Self {
        Self {
            json,
            broken: RefCell::new(None),
        }
    }

    /// Whether `--json` was given.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// A line for people while a command runs; nothing with `--json`.
    pub(crate) fn say(&self, line: impl Display) {
        if !self.json {
            self.stdout(&format!("{line}\n"));
        }
    }

    /// A line for people on standard error, such as a warning; also with `--json`.
    #[expect(
        clippy::unused_self,
        reason = "printing goes through an Output, so that it is seen in signatures"
    )]
    pub(crate) fn warn(&self, line: impl Display) {
        // Nobody is left to tell when standard error is closed.
        drop(writeln!(
            io::stderr().lock(),
            "{}",
            plain(&line.to_string())
        ));
    }

    /// A line that a script waits for: text, or the object with `--json`.
    pub(crate) fn announce(&self, line: &str, value: &Value) {
        if self.json {
            self.stdout(&escape_json(&format!("{value}\n")));
        } else {
            self.stdout(&format!("{line}\n"));
        }
    }

    /// A bar for long work, `total` 0 when its end is not known: only when standard error is a
    /// terminal and people read it.
    pub(crate) fn progress(&self, total: u64, what: &'static str) -> ProgressBar {
        let bar = ProgressBar::new(total);
        if self.json || !io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            return bar;
        }
        // Without a known end there is only a count.
        let template = if total == 0 {
            "{msg} {spinner} {pos}"
        } else {
            "{msg} {bar:30} {pos}/{len} {eta}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    /// Prints the result and gives the exit code.
    pub(crate) fn finish(&self, result: Result<Report, Failure>) -> ExitCode {
        let outcome = match result {
            Ok(report) => {
                if self.json && report.json.is_null() {
                    // Everything was announced while the command ran.
                } else if self.json {
                    self.stdout(&escape_json(&format!("{:#}\n", report.json)));
                } else if !report.text.is_empty() {
                    let text = report.text.trim_end_matches('\n');
                    self.stdout(&format!("{text}\n"));
                }
                if !self.json {
                    tell(&report.troubles);
                }
                report.outcome
            }
            Err(failure) => {
                self.fail(&failure);
                failure.outcome
            }
        };
        if let Some(error) = self.broken.borrow_mut().take() {
            self.warn(format!("error: standard output: {error}"));
            return ExitCode::from(outcome.max(Outcome::CannotTell).code());
        }
        ExitCode::from(outcome.code())
    }

    fn fail(&self, failure: &Failure) {
        if self.json {
            let mut object = Map::new();
            object.insert("verdict".to_owned(), json!(failure.outcome.verdict()));
            for absent in [
                "index",
                "size",
                "origin",
                "organisation",
                "registered_at",
                "failed",
            ] {
                object.insert(absent.to_owned(), Value::Null);
            }
            object.insert("checks".to_owned(), json!([]));
            let troubles: Vec<Value> = failure.troubles.iter().map(Trouble::to_json).collect();
            object.insert("errors".to_owned(), Value::Array(troubles));
            self.stdout(&escape_json(&format!("{:#}\n", Value::Object(object))));
            return;
        }
        tell(&failure.troubles);
    }

    /// A closed pipe is how a reader says it has seen enough; any other error is remembered.
    fn stdout(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
        if let Err(error) = written
            && error.kind() != ErrorKind::BrokenPipe
        {
            self.broken.borrow_mut().get_or_insert(error);
        }
    }
}

/// Says this on standard error and ends the process at once, when threads hang that nothing can end: nothing is flushed and no
/// thread is waited for.
pub(crate) fn end_now(trouble: &Trouble) -> ! {
    tell(std::slice::from_ref(trouble));
    #[expect(
        clippy::exit,
        reason = "an orderly end has been tried, and a thread that hangs cannot be joined"
    )]
    std::process::exit(i32::from(Outcome::CannotTell.code()))
}

/// Every trouble, on standard error. Nobody is left to tell when that is closed.
fn tell(troubles: &[Trouble]) {
    for trouble in troubles {
        drop(writeln!(io::stderr().lock(), "{trouble}"));
    }
}

/// Text from elsewhere, safe for a terminal: what could deceive is shown as escapes, and line breaks stay.
pub(crate) fn plain(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(escape).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_codes_are_the_documented_ones() {
        let codes = [
            Outcome::Done,
            Outcome::Refused,
            Outcome::CannotTell,
            Outcome::Misbehaviour,
            Outcome::Usage,
        ];
        assert_eq!(codes.map(Outcome::code), [0, 1, 2, 3, 64]);
    }

    #[test]
    fn hostile_text_cannot_move_the_cursor_or_turn_the_line_around() {
        assert_eq!(
            plain("a\u{1b}[2Jb\u{202e}c\nd"),
            "a\\u{1b}[2Jb\\u{202e}c\nd"
        );
    }

    #[test]
    fn a_trouble_names_place_message_reason_and_fix() {
        let trouble = Trouble::new("IO", "x.json", "no such file").fix("check the name");
        assert_eq!(
            trouble.to_string(),
            "error: x.json: no such file [IO]\n  fix: check the name"
        );
    }
}
