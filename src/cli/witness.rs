//! `witness`: run a witness, which cosigns the checkpoints of logs that only grow.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use witnessmark_verifier::{Origin, VerifierKey, VerifierKeyError};
use witnessmark_witness::FolderError;

use super::files;
use super::serve::{bind, stop_signal};
use crate::output::{Failure, Output, Report, Trouble};
use crate::witness::{Added, WitnessError};
use crate::{server, witness};

/// Run a witness, which cosigns the checkpoints of logs that only grow.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a new witness: its folder and its key.
    #[command(after_help = "\
Example:
  witnessmark witness init --name witness.example/w1 --dir witness

Prints the witness's key: give it to those who write trust policies. Keep the folder on one machine: a copy of it, or an \
older state of it that is put back, can cosign a second history.")]
    Init(Init),
    /// Watch one more log, or know one more key of a log.
    #[command(after_help = "\
Examples:
  witnessmark witness add-log --dir witness --policy trust.policy
  witnessmark witness add-log --dir witness --vkey ledger.example/main+1a2b3c4d+AZ...

A log that is watched already stays as it is. The witness must not be running.")]
    AddLog(Box<AddLog>),
    /// Run the witness until it is told to stop.
    #[command(after_help = "\
Example:
  witnessmark witness serve --dir witness --listen 127.0.0.1:7481

Prints \"listening on ADDR\" once it accepts; port 0 takes a free port. SIGTERM or Ctrl-C stops it. It speaks plain HTTP: \
put a proxy that does TLS before it. WITNESSMARK_LOG=debug makes its log on standard error longer.

POST /add-checkpoint is for logs; GET /<SHA-256 of the origin>/checkpoint shows anybody what was cosigned last.")]
    Serve(Serve),
}

/// Make a new witness.
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// The witness's name for ever: a host name with an optional path, such as witness.example/w1.
    #[arg(long, value_name = "NAME", value_parser = Origin::parse)]
    name: Origin,
    /// The folder to make.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

/// Watch one more log.
#[derive(Debug, clap::Args)]
pub(super) struct AddLog {
    /// The witness's folder.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The verifier key of the log: name+key id+key.
    #[arg(long, value_name = "KEY", value_parser = parse_key, required_unless_present = "policy")]
    vkey: Option<VerifierKey>,
    /// A policy file: every log in it is watched.
    #[arg(long, value_name = "FILE", conflicts_with = "vkey")]
    policy: Option<PathBuf>,
    /// The first line of the log's checkpoints, where it is not the name of its key.
    #[arg(long, value_name = "ORIGIN", requires = "vkey")]
    origin: Option<String>,
}

/// Run the witness.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// The witness's folder.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7481")]
    listen: SocketAddr,
}

fn parse_key(text: &str) -> Result<VerifierKey, VerifierKeyError> {
    VerifierKey::parse(text)
}

/// Runs one of the commands.
///
/// # Errors
///
/// When the folder cannot be used, or serving fails.
pub(super) async fn run(command: Command, output: &Output) -> Result<Report, Failure> {
    match command {
        Command::Init(arguments) => init(&arguments),
        Command::AddLog(arguments) => add_log(&arguments),
        Command::Serve(arguments) => serve(arguments, output).await,
    }
}

fn init(arguments: &Init) -> Result<Report, Failure> {
    let Init { name, dir } = arguments;
    let vkey = witness::create(dir, name).map_err(|error| trouble(&error, dir))?;
    let folder = dir.display();
    let text = format!(
        "witness {name} made in {folder}\n  \
         policy line    witness {name} {vkey}\n  \
         next: witnessmark witness add-log --dir {folder} --policy TRUST-POLICY-OF-A-LOG"
    );
    let vkey = vkey.to_string();
    Ok(Report::done(
        text,
        json!({ "dir": dir, "name": name.as_str(), "vkey": vkey }),
    ))
}

fn add_log(arguments: &AddLog) -> Result<Report, Failure> {
    let AddLog {
        dir,
        vkey,
        policy,
        origin,
    } = arguments;
    let named = |key: &VerifierKey| key.name().as_str().to_owned();
    let logs = match (vkey, policy) {
        (Some(key), _) => vec![(origin.clone().unwrap_or_else(|| named(key)), key.clone())],
        (None, Some(policy)) => {
            let policy = files::read_policy(policy)?;
            let logs = policy.logs().iter();
            logs.map(|key| (named(key), key.clone())).collect()
        }
        (None, None) => Vec::new(),
    };
    let added = witness::add_logs(dir, &logs).map_err(|error| trouble(&error, dir))?;
    let lines = logs
        .iter()
        .zip(&added)
        .map(|((origin, _), added)| match added {
            Added::Log => format!("{origin} is watched\n"),
            Added::Key => format!("{origin} is watched with one more key\n"),
            Added::Nothing => format!("{origin} is watched with this key already\n"),
        });
    let text = format!(
        "{}  next: witnessmark witness serve --dir {}",
        lines.collect::<String>(),
        dir.display()
    );
    let logs = logs.iter().zip(&added).map(|((origin, key), added)| {
        json!({ "origin": origin, "vkey": key.to_string(), "new": *added != Added::Nothing })
    });
    let logs: Vec<Value> = logs.collect();
    Ok(Report::done(text, json!({ "dir": dir, "logs": logs })))
}

async fn serve(arguments: Serve, output: &Output) -> Result<Report, Failure> {
    server::telemetry::start();
    let Serve { dir, listen } = arguments;
    let opened = {
        let dir = dir.clone();
        tokio::task::spawn_blocking(move || witness::open(&dir)).await
    };
    let opened =
        opened.map_err(|error| Failure::cannot_tell(Trouble::new("INTERNAL", "", error)))?;
    let opened = opened.map_err(|error| trouble(&error, &dir))?;
    tracing::info!(witness = %opened.vkey(), "cosigning");
    for (log, held) in opened.logs() {
        let size = held.map_or(0, |(size, _)| size.get());
        tracing::info!(origin = log.origin, size, "watching");
    }
    if opened.logs().next().is_none() {
        output
            .warn("no log is watched yet: stop this, and add one with witnessmark witness add-log");
    }
    let listener = bind(listen).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::cannot_tell(Trouble::new("LISTEN", listen, error)))?;
    let stop = stop_signal()?;
    output.announce(
        &format!("listening on {address}"),
        &json!({ "listening": address.to_string() }),
    );
    witness::serve(opened, listener, stop)
        .await
        .map_err(|error| Failure::cannot_tell(Trouble::new("SERVE", address, error)))?;
    Ok(Report::done("", Value::Null))
}

fn trouble(error: &WitnessError, dir: &Path) -> Failure {
    let (reason, fix) = match error {
        WitnessError::AlreadyWitness(_) => {
            ("WITNESS_EXISTS", "serve it, or name another folder".to_owned())
        }
        WitnessError::NotEmpty(_) => ("FOLDER_NOT_EMPTY", "name a new or empty folder".to_owned()),
        WitnessError::NotWitness(_) => (
            "NOT_A_WITNESS",
            format!(
                "check the folder's name, or make one with: witnessmark witness init --dir {} --name NAME",
                dir.display()
            ),
        ),
        WitnessError::Settings { .. } => ("WITNESS_SETTINGS", "correct the file".to_owned()),
        WitnessError::Log(_) => ("LOG_KEY", "check the key with the operator of the log".to_owned()),
        WitnessError::Key(_) => ("WITNESS_KEY", String::new()),
        WitnessError::Folder(FolderError::InUse(_)) => {
            ("IN_USE", "stop the witness that runs there first".to_owned())
        }
        WitnessError::State(_) => (
            "WITNESS_STATE",
            "find out what the disk did; an older copy of the file may cosign a second history. If the file cannot be had \
             back as it was, make a new witness with a new key"
                .to_owned(),
        ),
        WitnessError::Folder(_) | WitnessError::Io { .. } => ("IO", String::new()),
    };
    // The message names the folder or the file.
    Failure::cannot_tell(Trouble::new(reason, "", error).fix(fix))
}
