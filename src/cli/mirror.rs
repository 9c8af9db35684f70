//! `mirror`: a full verified copy of a published log, kept up to date and served.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use witnessmark_bundle::Contradiction;
use witnessmark_follow::{FollowError, Follower, Passed};

use super::follow::{self, Found};
use super::serve::{bind, stop_signal};
use crate::mirror;
use crate::output::{Failure, Output, Report, Trouble};
use crate::server::telemetry;

/// Keep a verified copy of a published log.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  witnessmark mirror https://ledger.example --policy trust.policy --dir copy --once
  witnessmark mirror https://ledger.example --policy trust.policy --dir copy --listen 0.0.0.0:7481

URL is where the log publishes checkpoint and tile (C2SP tlog-tiles): a ledger, a mirror, or a web server with an export. \
The server is not trusted: every tile is checked up to the signed root, every entry against its leaf, and a new checkpoint must \
go on from the one in the folder. A checkpoint is in the folder only when all that it speaks of is; stop it at any time and run it \
again. The folder is an export: witnessmark audit and witnessmark restore read it.

Exit codes:
  0   up to date (--once), or told to stop
  1   refused: not signed, altered, or older than what is in the folder
  2   cannot tell: the network or a file failed
  3   proved: the log has signed two histories; both checkpoints are in the file that is named")]
pub(super) struct Arguments {
    /// Where the log is published.
    #[arg(value_name = "URL")]
    url: String,
    /// The policy file that says whose signatures are trusted. It comes from you, never from the log.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// The folder of the copy; it must be new, empty, or an earlier copy or export of the same log.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Take what is there now, and end.
    #[arg(long, conflicts_with_all = ["listen", "every"])]
    once: bool,
    /// How long to wait between two looks at the log, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    every: u64,
    /// Serve the copy at this address, over HTTP.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// The folder for files of misbehaviour; beside the folder of the copy if left out.
    #[arg(long, value_name = "DIR")]
    misbehaviour: Option<PathBuf>,
}

/// Copies the log once, or until it is told to stop.
///
/// # Errors
///
/// When something is refused or cannot be had with `--once`; else when it cannot begin.
pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let policy = super::files::read_policy(&arguments.policy)?;
    let follower = follow::follower(&arguments.url, policy, &arguments.dir)?;
    if arguments.once {
        return once(arguments, &follower, output).await;
    }
    telemetry::start();
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let signal = stop_signal()?;
    tokio::spawn(async move {
        signal.await;
        stop.send_replace(true);
    });
    let mut until = stopped.clone();
    let serving = match arguments.listen {
        Some(address) => Some(listen(&arguments.dir, address, stopped.clone(), output).await?),
        None => None,
    };
    let following = async {
        tokio::select! {
            () = follow_on(arguments, &follower) => {}
            _ = until.wait_for(|stop| *stop) => {}
        }
    };
    if let Some(serving) = serving {
        let served = tokio::select! {
            served = serving => Some(served),
            () = following => None,
        };
        if let Some(Ok(Err(error))) = served
            && !*stopped.borrow_and_update()
        {
            return Err(Failure::cannot_tell(Trouble::new("SERVE", "", error)));
        }
    } else {
        following.await;
    }
    Ok(Report::done("", Value::Null))
}

async fn listen(
    dir: &Path,
    address: SocketAddr,
    mut stopped: tokio::sync::watch::Receiver<bool>,
    output: &Output,
) -> Result<tokio::task::JoinHandle<Result<(), tonic::transport::Error>>, Failure> {
    let listener = bind(address).await?;
    let bound = listener.local_addr();
    let bound = bound.map_err(|error| Failure::cannot_tell(Trouble::new("LISTEN", "", error)))?;
    output.announce(
        &format!("listening on {bound}"),
        &json!({ "listening": bound.to_string() }),
    );
    let dir = dir.to_owned();
    Ok(tokio::spawn(async move {
        let stop = async move {
            // A sender that is gone stops it too.
            drop(stopped.wait_for(|stop| *stop).await);
        };
        mirror::serve(&dir, listener, stop).await
    }))
}

async fn once(
    arguments: &Arguments,
    follower: &Follower,
    output: &Output,
) -> Result<Report, Failure> {
    let bar = output.progress(0, "copying");
    let mut progress = |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    };
    let passed = follower.pass(&mut progress).await;
    bar.finish_and_clear();
    match passed {
        Ok(passed) => Ok(report(arguments, &passed)),
        Err(FollowError::Misbehaviour(found)) => {
            let folder =
                follow::misbehaviour_folder(arguments.misbehaviour.as_deref(), &arguments.dir);
            Err(Found::write(&found, &folder).into_failure(&arguments.url))
        }
        Err(error) => Err(follow::failure(&error, &arguments.url, &arguments.dir)),
    }
}

fn report(arguments: &Arguments, passed: &Passed) -> Report {
    let dir = arguments.dir.display();
    let head = passed.checkpoint.head();
    let text = format!(
        "{dir} holds {} entries of {}, verified: {} of them new\n  next: witnessmark audit {dir} --policy POLICY",
        head.size,
        passed.checkpoint.origin(),
        passed.exported.new_entries
    );
    let json = json!({
        "folder": arguments.dir,
        "origin": passed.checkpoint.origin().as_str(),
        "size": head.size.get(),
        "root": head.root.to_string(),
        "new_entries": passed.exported.new_entries,
    });
    Report::done(text, json)
}

/// Looks again and again. Whatever goes wrong is told in the log, and what is kept stays and is served.
async fn follow_on(arguments: &Arguments, follower: &Follower) {
    let folder = follow::misbehaviour_folder(arguments.misbehaviour.as_deref(), &arguments.dir);
    let mut told = None;
    loop {
        match follower.pass(&mut |_, _| {}).await {
            Ok(passed) => {
                told = None;
                let (size, new) = (passed.exported.size, passed.exported.new_entries);
                if new > 0 {
                    tracing::info!(size, new, "the copy has grown");
                }
            }
            Err(FollowError::Misbehaviour(found)) if told.as_ref() == Some(&found.notes) => {}
            Err(FollowError::Misbehaviour(found)) => {
                let written = Found::write(&found, &folder);
                let is_proof = !matches!(found.shown_by, Contradiction::Unproved(_));
                tracing::error!(
                    is_proof, file = %written.place(),
                    "the log contradicts the copy, which stays as it is: {}", written.told()
                );
                told = Some(found.notes);
            }
            Err(error) => tracing::warn!(%error, "nothing new was taken"),
        }
        tokio::time::sleep(Duration::from_secs(arguments.every)).await;
    }
}
