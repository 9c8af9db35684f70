//! The page's checks, run by node, and other judges: each one long-lived process that answers a line for each line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value as Json;

/// Set to a number of cases by those who want the comparison for sure: without node it then fails.
pub(crate) const COUNT_VARIABLE: &str = "WITNESSMARK_MUTATIONS";

/// The number that a variable of the environment holds.
pub(crate) fn number(variable: &str, otherwise: u64) -> u64 {
    let text = std::env::var_os(variable);
    text.map_or(otherwise, |text| text.to_str().unwrap().parse().unwrap())
}

/// A process that answers a line for each line.
pub(crate) struct Judge {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// The page's judge.
pub(crate) struct Node(Judge);

/// Whether node can be run. Without it there is nothing to compare with.
pub(crate) fn is_there() -> bool {
    let output = Command::new("node").arg("--version").output();
    let is_there = output.is_ok_and(|output| output.status.success());
    assert!(
        is_there || std::env::var_os(COUNT_VARIABLE).is_none(),
        "{COUNT_VARIABLE} is set, and there is no node to run"
    );
    is_there
}

impl Node {
    /// Starts the judge with `crypto`: see `tests/web/judge.mjs`.
    pub(crate) fn start(crypto: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web/judge.mjs");
        let mut command = Command::new("node");
        command.arg("--no-warnings").arg(script).arg(crypto);
        Self(Judge::start(command))
    }

    pub(crate) fn ask(&mut self, question: &Json) -> Json {
        self.0.ask(question)
    }
}

impl Judge {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self {
            process,
            questions,
            answers,
        }
    }

    pub(crate) fn ask(&mut self, question: &Json) -> Json {
        let mut line = question.to_string();
        line.push('\n');
        let questions = self.questions.as_mut().unwrap();
        questions.write_all(line.as_bytes()).unwrap();
        questions.flush().unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert!(!answer.is_empty(), "the judge ended; its message is above");
        serde_json::from_str(&answer).unwrap()
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        // Without questions it ends by itself.
        self.questions = None;
        self.process.wait().unwrap();
    }
}
