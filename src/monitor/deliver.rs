//! Telling: each alert of the journal to a program or to an address, in order, until it was taken.
//!
//! What was taken is kept in a small file, which is written after the delivery. So an alert may come twice after a crash, and none is
//! lost; its `id` says which are the same. Nobody who follows a ledger waits for this.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use witnessmark_follow::Webhook;

use super::alert::Journal;
use crate::cli::write_replacing;
use crate::output::{Failure, Trouble, io_failure};

/// How long a program may take for one alert.
const COMMAND_WITHIN: Duration = Duration::from_secs(60);

/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(20);

/// The waits between tries.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(300);

/// Who is told.
#[derive(Clone, Debug)]
pub(crate) enum Receiver {
    /// A program with its arguments, which gets the alert on standard input and ends with 0. No shell is between.
    Command(Vec<String>),
    /// An address to which the alert is posted.
    Webhook(Webhook),
}

/// Tells one receiver.
#[derive(Debug)]
pub(crate) struct Delivery {
    receiver: Receiver,
    journal: Arc<Journal>,
    cursor: PathBuf,
    done: watch::Sender<u64>,
}

impl Delivery {
    /// Goes on where the receiver was told last; one that was never told anything is told everything.
    ///
    /// # Errors
    ///
    /// The file in `dir` that says so cannot be read.
    pub(crate) fn open(
        receiver: Receiver,
        dir: &Path,
        journal: Arc<Journal>,
    ) -> Result<Self, Failure> {
        let name = match receiver {
            Receiver::Command(_) => "command.delivered",
            Receiver::Webhook(_) => "webhook.delivered",
        };
        let cursor = dir.join(name);
        let start = match std::fs::read_to_string(&cursor) {
            Ok(text) => text.trim().parse().map_err(|error| {
                let fix = "remove the file: then every alert is told again";
                Failure::cannot_tell(Trouble::new("STATE", cursor.display(), error).fix(fix))
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(io_failure(&cursor, &error)),
        };
        Ok(Self {
            receiver,
            journal,
            cursor,
            done: watch::Sender::new(start),
        })
    }

    /// How far it is in the journal, now and whenever it goes on.
    pub(crate) fn done(&self) -> watch::Receiver<u64> {
        self.done.subscribe()
    }

    /// Tells whatever there is and will be, for as long as somebody writes the journal.
    pub(crate) async fn run(self) {
        let mut length = self.journal.length();
        let mut wait = FIRST_WAIT;
        loop {
            let at = *self.done.borrow();
            let told = match self.journal.line_at(at) {
                Ok(Some(line)) => self.tell(&line).await.map(|()| Some(line.len())),
                Ok(None) => Ok(None),
                Err(error) => Err(error.to_string()),
            };
            match told {
                Ok(Some(length)) => {
                    let next = at.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
                    if let Err(failure) =
                        write_replacing(&self.cursor, format!("{next}\n").as_bytes())
                    {
                        let why = failure.troubles.first().map(ToString::to_string);
                        tracing::error!(
                            why,
                            "what was delivered is not kept, so it will be delivered again"
                        );
                    }
                    self.done.send_replace(next);
                    wait = FIRST_WAIT;
                }
                Ok(None) => {
                    let grown = length.wait_for(|length| *length > at).await;
                    if grown.is_err() {
                        return;
                    }
                }
                Err(why) => {
                    tracing::warn!(why, wait_s = wait.as_secs(), "an alert was not delivered");
                    tokio::time::sleep(wait).await;
                    wait = wait.saturating_mul(2).min(WAIT_MAX);
                }
            }
        }
    }

    async fn tell(&self, line: &[u8]) -> Result<(), String> {
        match &self.receiver {
            Receiver::Webhook(webhook) => {
                webhook.post(line).await.map_err(|error| error.to_string())
            }
            Receiver::Command(command) => {
                let (command, line) = (command.clone(), line.to_owned());
                let ran = tokio::task::spawn_blocking(move || run(&command, &line));
                ran.await.map_err(|error| error.to_string())?
            }
        }
    }
}

/// Runs the program, and waits until it has ended well.
fn run(command: &[String], line: &[u8]) -> Result<(), String> {
    let (program, arguments) = command.split_first().ok_or("no program is named")?;
    let failed = |error: io::Error| format!("{program}: {error}");
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program need not read it: how it ends is what counts.
        drop(stdin.write_all(line));
    }
    let begin = Instant::now();
    loop {
        match child.try_wait().map_err(failed)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("{program}: {status}")),
            None if begin.elapsed() > COMMAND_WITHIN => {
                drop(child.kill());
                drop(child.wait());
                let limit = COMMAND_WITHIN.as_secs();
                return Err(format!("{program}: it did not end within {limit} s"));
            }
            None => std::thread::sleep(LOOK),
        }
    }
}
