//! `completions`: a script for a shell, made from the same definition as the arguments.

use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;

use crate::output::Report;

/// Print a completion script for a shell.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  witnessmark completions bash > ~/.local/share/bash-completion/completions/witnessmark"
)]
pub(super) struct Arguments {
    /// Which shell.
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut super::Arguments::command(),
        "witnessmark",
        &mut script,
    );
    let script = String::from_utf8_lossy(&script).into_owned();
    Report::done(
        script.clone(),
        json!({ "shell": arguments.shell.to_string(), "script": script }),
    )
}
