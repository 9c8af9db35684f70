//! Checks a bundle or an exported ledger, offline: what somebody installs who trusts nobody.
//!
//! It opens no network connection and reads nothing but the files it is given. The exit code is the
//! verdict: 0 verified, with remarks or without, 1 not verified, 2 cannot tell, 3 proved misbehaviour of the
//! ledger, 64 wrong usage. A fault of this program itself is never a verdict on the evidence: it ends with 2 as well.

mod answer;
mod args;
mod output;
mod run;

use std::panic;
use std::process::ExitCode;

use witnessmark_bundle::{Finding, Subject, Verdict};

use answer::Answer;
use args::{Command, Parsed};

fn main() -> ExitCode {
    let command = match args::parse(std::env::args_os()) {
        Parsed::Run(command) => command,
        Parsed::Show(text) => {
            output::out(&text);
            return ExitCode::SUCCESS;
        }
        Parsed::Usage(text) => {
            output::err(&text);
            return ExitCode::from(args::USAGE);
        }
    };
    // The message of a panic helps nobody who reads a verdict, and may quote the evidence.
    panic::set_hook(Box::new(|_| {}));
    let answer = panic::catch_unwind(|| run::run(&command)).unwrap_or_else(|_| broken(&command));
    output::answer(&answer, command.is_json());
    ExitCode::from(answer.exit_code())
}

fn broken(command: &Command) -> Answer {
    let what = "this program broke off by a fault of its own; please report it";
    let subject = match command {
        Command::Bundle { .. } => Subject::Bundle,
        Command::Export { .. } => Subject::Export,
        Command::Misbehaviour { .. } => return Finding::cannot_tell("format", what).into(),
    };
    Verdict::cannot_tell(subject, "format", what).into()
}
