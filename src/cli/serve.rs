//! `serve`: run the ledger until SIGTERM or Ctrl-C, then drain.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::key::Unlock;
use super::ledger_trouble;
use crate::output::{Failure, Output, Report, Trouble};
use crate::server::{ServeOptions, Word};
use crate::{ledger, server};

/// Run the ledger.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark serve --dir ledger --listen 127.0.0.1:7480

Prints \"listening on ADDR\" once it accepts; port 0 takes a free port. SIGTERM or Ctrl-C stops it: \
calls that have begun are answered first. WITNESSMARK_LOG=debug makes its log on standard error \
longer.

GET /status at the same address tells in JSON whether submissions are taken, and how far the stored log has been read again. \
GET /checkpoint, /tile/... and /tile/entries/... offer the log as C2SP tlog-tiles.

A commit that fails, or does not end in time, ends the ledger with exit code 2: start it again. Nothing that was \
acknowledged is lost.")]
pub(super) struct Arguments {
    /// The ledger's folder.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7480")]
    listen: SocketAddr,
    /// How long the disk may take to commit a batch, in seconds. If it takes longer the ledger ends, as when a commit fails, and
    /// a start finds out what is stored. Far more than the slowest commit of a disk in order.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=3600))]
    commit_limit: u64,
    /// How much of what is stored is read and hashed again in a second, in MiB, for as long as the ledger runs. When something is
    /// found damaged, no more submissions are taken.
    #[arg(long, value_name = "MIB", default_value = "2", value_parser = clap::value_parser!(u64).range(1..=1000))]
    scrub_rate: u64,
    /// Sign without asking the witnesses first what they saw last, and why: only when none of them can be reached, and nothing was
    /// restored from a copy. The reason is logged, and kept in the ledger's folder.
    #[arg(long, value_name = "REASON", value_parser = Word::parse)]
    without_witnesses: Option<Word>,
    #[command(flatten)]
    unlock: Unlock,
}

/// Serves until it is told to stop.
///
/// # Errors
///
/// When the folder is not a ledger or is in use, the address cannot be listened on, or serving fails.
pub(super) async fn run(arguments: Arguments, output: &Output) -> Result<Report, Failure> {
    server::telemetry::start();
    let Arguments {
        dir,
        listen,
        commit_limit,
        scrub_rate,
        without_witnesses,
        unlock,
    } = arguments;
    let commit_limit = Duration::from_secs(commit_limit);
    let options = ServeOptions {
        commit_limit,
        scrub_rate: scrub_rate << 20,
        without_witnesses: without_witnesses.is_some(),
    };
    let opened = tokio::task::spawn_blocking(move || -> Result<_, Failure> {
        let name = ledger::log_key_name(&dir).map_err(|error| ledger_trouble(&error))?;
        let key = unlock.open(&name)?;
        ledger::open(&dir, key, commit_limit).map_err(|error| ledger_trouble(&error))
    })
    .await
    .map_err(|error| Failure::cannot_tell(Trouble::new("INTERNAL", "", error)))?;
    let ledger = opened?;
    // Before anything is signed on it.
    if let Some(word) = without_witnesses {
        word.remember(&ledger.dir).map_err(|error| {
            Failure::cannot_tell(Trouble::new("IO", ledger.dir.display(), error))
        })?;
    }
    let listener = bind(listen).await?;
    let address = listener
        .local_addr()
        .map_err(|error| listen_failure(listen, &error))?;
    let stop = stop_signal()?;
    output.announce(
        &format!("listening on {address}"),
        &json!({ "listening": address.to_string() }),
    );
    server::run(ledger, listener, options, stop)
        .await
        .map_err(|error| Failure::cannot_tell(Trouble::new("SERVE", address, error)))?;
    Ok(Report::done("", Value::Null))
}

/// Listens on an address.
///
/// # Errors
///
/// When that cannot be done, for example because the port is in use.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| listen_failure(address, &error))
}

fn listen_failure(address: SocketAddr, error: &std::io::Error) -> Failure {
    let fix = if error.kind() == ErrorKind::AddrInUse {
        "stop the program that uses the port, or listen on another"
    } else if error.kind() == ErrorKind::PermissionDenied {
        "listen on a port above 1023"
    } else {
        "check the address"
    };
    Failure::cannot_tell(Trouble::new("LISTEN", address, error).fix(fix))
}

/// Ends with the first SIGTERM or SIGINT.
///
/// # Errors
///
/// When the signals cannot be listened for.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let failed = |error| Failure::cannot_tell(Trouble::new("SIGNAL", "", error));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
