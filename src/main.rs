//! The one binary: reads the arguments, runs one command, ends with its exit code.

mod cli;
mod clock;
mod config;
mod demo;
mod keyfile;
mod ledger;
mod mirror;
mod monitor;
mod output;
mod public_key;
mod server;
mod signer;
mod tile_answers;
mod vault;
mod witness;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
