//! The verdict for people: the answer first, then what it rests on, what it does not show, and how to
//! check it without us. Everything that comes from a record is escaped and quoted.

mod bundle;
mod ledger;
mod misbehaviour;

use crate::escape::escape;
use crate::time::utc;
use crate::verdict::{Check, LedgerFacts, Outcome, Subject, Verdict};

/// The longest line of our own words.
const WIDTH: usize = 96;

impl Verdict {
    /// The verdict in plain words, ending in a newline.
    pub fn to_text(&self) -> String {
        let mut page = Page::default();
        page.line(0, self.word.as_str());
        page.blank();
        if self.word.is_positive() {
            match self.subject {
                Subject::Bundle => bundle::write(&mut page, self),
                Subject::Export | Subject::Ledger => ledger::write(&mut page, self),
            }
        } else {
            self.write_failure(&mut page);
        }
        self.write_checks(&mut page);
        page.text
    }

    /// Nothing from the evidence is shown here but what names the fault.
    fn write_failure(&self, page: &mut Page) {
        if let Some(check) = self.failed() {
            // What names the fault may come from elsewhere: no part of it begins a line.
            let failed = format!("The check {:?} failed: {}.", check.name, check.detail);
            page.flowed(0, &failed, 2);
        }
        page.wrapped(0, self.meaning());
        bundle::write_files(page, &self.files);
        let more = self.problem_count;
        if more > 1 {
            let listed = u64::try_from(self.problems.len()).unwrap_or(more);
            let shown = if listed < more {
                format!(", the first {listed}")
            } else {
                String::new()
            };
            page.heading(&format!("What is wrong ({more} faults{shown})"));
            for problem in &self.problems {
                let index = problem.index.map(|index| format!("entry {index}"));
                let place: Vec<&str> = index
                    .iter()
                    .chain(&problem.path)
                    .map(String::as_str)
                    .collect();
                let place = if place.is_empty() {
                    "the whole".to_owned()
                } else {
                    place.join(", ")
                };
                page.line(2, &format!("{}: {place}: {}", problem.check, problem.what));
            }
        }
    }

    fn write_checks(&self, page: &mut Page) {
        page.heading("Checks, in order");
        for check in &self.checks {
            page.check(check, 12);
        }
    }

    fn write_remarks(&self, page: &mut Page) {
        if !self.remarks.is_empty() {
            page.heading("Remarks: what you have to know");
            page.list(self.remarks.iter().map(String::as_str));
        }
    }

    fn write_limits(&self, page: &mut Page) {
        page.heading("What this does not show");
        page.list(self.does_not_show().iter().copied());
    }
}

/// Who saw this state of the ledger besides the ledger, and when.
fn write_witnesses(page: &mut Page, ledger: &LedgerFacts) {
    if let (Some(time_s), Some(quorum)) = (ledger.witnessed_s, &ledger.quorum) {
        let when = utc(time_s.saturating_mul(1_000));
        let quorum = escape(quorum);
        page.pair(
            "witnessed",
            &format!("not after {when}: by then the policy's quorum had signed, {quorum}"),
        );
    }
    for (name, time_s) in &ledger.cosigned {
        let when = utc(time_s.saturating_mul(1_000));
        page.pair(
            "witnessed",
            &format!("{when}, by the clock of the witness {}", escape(name)),
        );
    }
    if ledger.quorum.is_none() {
        page.pair(
            "witnessed",
            "no independent witness was required: the ledger could show different people different states",
        );
    }
}

/// Text in lines of our own making. Line breaks in what is written into it are escaped.
#[derive(Debug, Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, indent: usize, text: &str) {
        for _ in 0..indent {
            self.text.push(' ');
        }
        self.text.push_str(&escape(text));
        self.text.push('\n');
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        self.line(0, text);
    }

    /// A label and a value, the values below one another.
    fn pair(&mut self, label: &str, value: &str) {
        let label = escape(label);
        let width = label.chars().count();
        if width < 14 {
            self.flowed(2, &format!("{label}{}{value}", " ".repeat(14 - width)), 16);
        } else {
            self.flowed(2, &format!("{label}: {value}"), 16);
        }
    }

    /// How a check ended; names are shorter than `width`.
    fn check(&mut self, check: &Check, width: usize) {
        let outcome = match check.outcome {
            Outcome::Skipped => "not made",
            Outcome::Passed | Outcome::Failed => check.outcome.as_str(),
        };
        let line = format!("{:<width$}{outcome:<9} {}", check.name, check.detail);
        self.line(2, line.trim_end());
    }

    fn list<'a>(&mut self, items: impl Iterator<Item = &'a str>) {
        for item in items {
            self.flowed(2, &format!("- {item}"), 4);
        }
    }

    fn wrapped(&mut self, indent: usize, text: &str) {
        self.flowed(indent, text, indent);
    }

    /// Breaks between words; later lines are indented by `later`. Runs of spaces at the start of the
    /// text are kept, so that values stay below one another.
    fn flowed(&mut self, indent: usize, text: &str, later: usize) {
        let text = escape(text);
        let mut line = " ".repeat(indent);
        let mut width = indent;
        let mut is_empty = true;
        for word in text.split(' ') {
            let length = word.chars().count();
            if !is_empty && width + 1 + length > WIDTH && length > 0 {
                self.text.push_str(line.trim_end());
                self.text.push('\n');
                line = " ".repeat(later);
                width = later;
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
                width += 1;
            }
            line.push_str(word);
            width += length;
            is_empty = false;
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}
