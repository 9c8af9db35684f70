//! The ledger of the demonstration and its server: the same code as `init` and `serve`, on a free port.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use witnessmark_verifier::Origin;

use super::{ORIGIN, Place};
use crate::cli::{bind, ledger_trouble, read_key, stop_signal, write_new_or_same};
use crate::ledger::Folder;
use crate::output::{Failure, Output, Report, Trouble, io_failure};
use crate::server::{ServeError, ServeOptions};
use crate::{clock, ledger, server};

/// A running server.
#[derive(Debug)]
pub(super) struct Host {
    url: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), ServeError>>,
}

impl Host {
    /// Makes the ledger if there is none, opens it and serves it.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be made or opened, or no port is free.
    pub(super) async fn start(place: &Place, output: &Output) -> Result<Self, Failure> {
        let dir = place.ledger();
        let folder = Folder::new(&dir);
        let trouble = |error| ledger_trouble(&error);
        if folder.is_ledger() {
            output.say("\n1. The ledger is there already, with its keys and its charter");
        } else {
            set_aside(&dir)?;
            let origin = Origin::parse(ORIGIN)
                .map_err(|error| Failure::cannot_tell(Trouble::new("DEMO", ORIGIN, error)))?;
            ledger::create(&dir, &origin, None, clock::now_ms()).map_err(trouble)?;
            output.say(format!(
                "\n1. A ledger is made: {ORIGIN}, its keys, its charter as entry 0"
            ));
        }
        let policy = ledger::policy_path(&dir);
        let bytes = std::fs::read(&policy).map_err(|error| io_failure(&policy, &error))?;
        write_new_or_same(&place.policy(), &bytes)?;

        let options = ServeOptions::default();
        let key = read_key(&Folder::new(&dir).log_key())?;
        let opened = ledger::open(&dir, key, options.commit_limit).map_err(trouble)?;
        let listener = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let address = listener
            .local_addr()
            .map_err(|error| Failure::cannot_tell(Trouble::new("LISTEN", "", error)))?;
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            // A sender that is dropped stops the server too.
            drop(stopped.await);
        };
        let serving = tokio::spawn(server::run(opened, listener, options, shutdown));
        Ok(Self {
            url: format!("http://{address}"),
            stop,
            serving,
        })
    }

    /// Where the server is.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Stops the server and waits until it has drained.
    ///
    /// # Errors
    ///
    /// When it ended with an error.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        // A server that has ended already has nobody who listens.
        self.stop.send(()).unwrap_or_default();
        ended(self.serving.await)
    }

    /// Leaves the server running until Ctrl-C.
    ///
    /// # Errors
    ///
    /// When it ended with an error.
    pub(super) async fn keep(mut self, json: Value, output: &Output) -> Result<Report, Failure> {
        let interrupted = stop_signal()?;
        output.say(format!(
            "\nThe server keeps running at {} until Ctrl-C",
            self.url
        ));
        if output.is_json() {
            output.announce(
                "",
                &serde_json::json!({ "listening": self.url, "demo": json }),
            );
        }
        tokio::select! {
            () = interrupted => {}
            result = &mut self.serving => {
                ended(result)?;
                return Ok(Report::done("the server has stopped", Value::Null));
            }
        }
        self.stop().await?;
        Ok(Report::done("the server has stopped", Value::Null))
    }
}

/// A ledger whose making was interrupted has no entry that anybody was shown. It is kept, beside the new one.
fn set_aside(dir: &Path) -> Result<(), Failure> {
    if !dir.exists() {
        return Ok(());
    }
    let aside = dir.with_file_name(format!("ledger-unfinished-{}", clock::now_ms()));
    std::fs::rename(dir, aside).map_err(|error| io_failure(dir, &error))
}

fn ended(result: Result<Result<(), ServeError>, tokio::task::JoinError>) -> Result<(), Failure> {
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Failure::cannot_tell(Trouble::new("SERVE", "", error))),
        Err(error) => Err(Failure::cannot_tell(Trouble::new("SERVE", "", error))),
    }
}
