//! The command line: what can be typed, and which function runs it.

mod audit;
mod bench;
mod carried;
mod chain;
mod checkpoint;
mod compare;
mod completions;
mod connect;
mod device;
mod export;
mod files;
mod follow;
mod fsck;
mod import;
mod init;
mod key;
mod memory;
mod mirror;
mod misbehaviour;
mod monitor;
mod org;
mod page;
mod passphrase;
mod prove;
mod record;
mod records;
mod report;
mod restore;
mod serve;
mod submit;
mod template;
mod thread;
mod vault;
mod verify;
mod when;
mod witness;
mod witnessed;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::demo;
use crate::output::{Failure, Outcome, Output, Report, Trouble};

pub(crate) use audit::folder as audit_folder;
pub(crate) use chain::{EventDraft, sign_event};
pub(crate) use connect::{client_trouble, connect, ledger_trouble};
pub(crate) use device::DeviceState;
pub(crate) use export::{export_folder, export_running};
pub(crate) use files::{
    TEXT_BYTES_MAX, read_bytes, read_policy, write_new_or_same, write_replacing,
};
pub(crate) use follow::{Found as FoundMisbehaviour, failure as follow_failure, follower};
pub(crate) use key::{new_key, read_key};
pub(crate) use memory::Memory;
pub(crate) use record::{Stamp, sign_record};
pub(crate) use serve::{bind, stop_signal};
pub(crate) use submit::{read_signed, send_event, send_records};
pub(crate) use verify::report as verdict_report;

/// An append-only ledger for evidence records.
///
/// Organisations sign records with their own keys; the ledger gives each one a place in a Merkle tree
/// and signs the whole. A proof can be checked by anybody, offline, without trusting the ledger.
#[derive(Debug, Parser)]
#[command(name = "witnessmark", version, after_help = AFTER_HELP, max_term_width = 100)]
struct Arguments {
    /// Print one JSON object instead of text.
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Start here:
  witnessmark demo                          see everything work, in seconds
  witnessmark init --dir ledger --origin ledger.example
  witnessmark serve --dir ledger --listen 127.0.0.1:7480

Exit codes:
  0   verified, or done
  1   not verified, or a submission was refused
  2   cannot tell (a network, file or storage error)
  3   proved: the ledger signed two histories
  64  the command was not called correctly

The last checkpoint of every ledger is remembered in $XDG_STATE_HOME/witnessmark/checkpoints, or
~/.local/state/witnessmark/checkpoints, and whatever the ledger shows later must fit it.
WITNESSMARK_REMEMBER names another folder, or is off.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new ledger: its folder, keys, charter and trust policy.
    Init(init::Arguments),
    /// Run the ledger until it is told to stop.
    Serve(serve::Arguments),
    /// Make and show signing keys.
    #[command(subcommand)]
    Key(key::Command),
    /// Admit an organisation, add and revoke its keys.
    #[command(subcommand)]
    Org(org::Command),
    /// Write, check, sign and show evidence records. All of it works offline.
    #[command(subcommand)]
    Record(record::Command),
    /// Keep what opens the protected fields of records. It never goes to the ledger.
    #[command(subcommand)]
    Vault(vault::Command),
    /// Make drafts of the rows of a table: CSV, XLSX or JSON Lines.
    Import(import::Arguments),
    /// Take records out of a ledger, as a table.
    #[command(subcommand)]
    Records(records::Command),
    /// Send signed files to a ledger. Sending one again changes nothing.
    Submit(submit::Arguments),
    /// Show the latest checkpoint of a ledger, verified.
    Checkpoint(checkpoint::Arguments),
    /// Write a bundle: one file that proves a record, offline and for ever.
    Prove(prove::Arguments),
    /// Compare two checkpoints of one ledger, and write a proof if they cannot both be honest.
    Compare(compare::Arguments),
    /// Check a bundle or a file of misbehaviour, offline.
    Verify(verify::Arguments),
    /// Write the page that checks bundles in a browser, without a network.
    Page(page::Arguments),
    /// Check a bundle, offline, and write the answer as a page to print.
    Report(report::Arguments),
    /// Show everything the ledger has about one subject, claims side by side.
    Thread(thread::Arguments),
    /// Check a whole ledger from its first entry: an exported folder or a running one.
    Audit(audit::Arguments),
    /// Write the whole log as a folder of plain files that anybody can audit.
    Export(export::Arguments),
    /// Keep a verified copy of a published log, up to date and served.
    Mirror(mirror::Arguments),
    /// Follow ledgers, check everything that is new, and tell what you watch for.
    Monitor(monitor::Arguments),
    /// Check everything that a stopped ledger has stored.
    Fsck(fsck::Arguments),
    /// Rebuild a ledger whose store is damaged or gone from an export.
    Restore(restore::Arguments),
    /// Run a witness, which cosigns the checkpoints of logs that only grow.
    #[command(subcommand)]
    Witness(witness::Command),
    /// Show everything on 60 public records: a real server, real signatures, real proofs.
    Demo(demo::Arguments),
    /// Measure how fast a ledger takes records, beside what the machine could do.
    Bench(bench::Arguments),
    /// Print a completion script for a shell.
    Completions(completions::Arguments),
}

/// The options of every command that talks to a ledger.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LedgerOptions {
    /// The policy file that says whose signatures are trusted. It comes from you, never from the ledger.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
    /// Remember the last checkpoint in this file, and not in the usual folder. A ledger that contradicts it later is refused.
    #[arg(long, value_name = "FILE")]
    pub(crate) remember: Option<PathBuf>,
    /// Compare with no earlier checkpoint, and remember none.
    #[arg(long, conflicts_with = "remember")]
    pub(crate) no_remember: bool,
}

impl LedgerOptions {
    /// Where checkpoints are remembered.
    pub(crate) fn memory(&self) -> Memory<'_> {
        match &self.remember {
            _ if self.no_remember => Memory::Off,
            Some(path) => Memory::File(path),
            None => Memory::Usual,
        }
    }
}

/// Reads the arguments, runs the command and prints the result.
pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let output = Output::new(arguments.json);
    let result = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => {
            let result = runtime.block_on(Box::pin(run(arguments.command, &output)));
            // A connection that hangs must not keep the process.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(Failure::cannot_tell(Trouble::new("IO", "", error))),
    };
    output.finish(result)
}

/// Help and version are answers; everything else that clap says is a usage error.
fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe: there is nobody to tell.
    drop(error.print());
    if error.use_stderr() {
        ExitCode::from(Outcome::Usage.code())
    } else {
        ExitCode::SUCCESS
    }
}

async fn run(command: Command, output: &Output) -> Result<Report, Failure> {
    match command {
        Command::Init(arguments) => init::run(&arguments),
        Command::Serve(arguments) => serve::run(arguments, output).await,
        Command::Key(command) => key::run(&command),
        Command::Org(command) => org::run(command).await,
        Command::Record(command) => record::run(command, output).await,
        Command::Vault(command) => vault::run(&command),
        Command::Import(arguments) => import::run(&arguments, output),
        Command::Records(command) => records::run(command, output).await,
        Command::Submit(arguments) => submit::run(&arguments, output).await,
        Command::Checkpoint(arguments) => checkpoint::run(&arguments, output).await,
        Command::Prove(arguments) => prove::run(&arguments).await,
        Command::Compare(arguments) => compare::run(&arguments).await,
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Page(arguments) => page::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Thread(arguments) => thread::run(&arguments, output).await,
        Command::Audit(arguments) => audit::run(&arguments, output).await,
        Command::Export(arguments) => export::run(&arguments, output).await,
        Command::Mirror(arguments) => mirror::run(&arguments, output).await,
        Command::Monitor(arguments) => Box::pin(monitor::run(&arguments, output)).await,
        Command::Fsck(arguments) => fsck::run(&arguments, output),
        Command::Restore(arguments) => restore::run(&arguments, output),
        Command::Witness(command) => witness::run(command, output).await,
        Command::Demo(arguments) => demo::run(&arguments, output).await,
        Command::Bench(arguments) => bench::run(&arguments, output).await,
        Command::Completions(arguments) => Ok(completions::run(&arguments)),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        Arguments::command().debug_assert();
    }
}
