//! A monitor: follows ledgers, checks everything that is new in them, and tells whoever wants to know.
//!
//! ```text
//! DIR/lock                          held for as long as a monitor runs
//! DIR/alerts.jsonl                  every alert, one a line; on the disk before anybody is told
//! DIR/command.delivered             how far in it the program was told; and webhook.delivered the address
//! DIR/<ledger>/log/                 a verified copy, in the layout of an export
//! DIR/<ledger>/audit.state          how far the audit is
//! DIR/<ledger>/position.json        how far the rules are; written after the alerts
//! DIR/<ledger>/misbehaviour/        checkpoints that contradict each other
//! ```

mod alert;
mod deliver;
mod ledger;
mod metrics;
mod rules;
mod settings;
mod watch;
mod witness;

use std::fs::{File, TryLockError};
use std::sync::Arc;

use crate::output::{Failure, Trouble, io_failure};

use alert::Journal;
pub(crate) use deliver::Delivery;
use deliver::Receiver;
pub(crate) use ledger::{Looked, Watched};
pub(crate) use metrics::serve as serve_metrics;
pub(crate) use settings::{Settings, read as read_settings};

/// A monitor that can begin.
#[derive(Debug)]
pub(crate) struct Monitor {
    /// The ledgers that it follows.
    pub(crate) ledgers: Vec<Watched>,
    /// Those who are told.
    pub(crate) deliveries: Vec<Delivery>,
    /// How long the journal is.
    pub(crate) length: tokio::sync::watch::Receiver<u64>,
    /// Two monitors on one folder would undo what the other has kept.
    _lock: File,
}

impl Monitor {
    /// Takes up what is kept in the folder of the configuration.
    ///
    /// # Errors
    ///
    /// Another monitor runs there, or something in it cannot be used.
    pub(crate) fn open(settings: Settings) -> Result<Self, Failure> {
        let dir = settings.dir;
        std::fs::create_dir_all(&dir).map_err(|error| io_failure(&dir, &error))?;
        let path = dir.join("lock");
        let lock = File::create(&path).map_err(|error| io_failure(&path, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let trouble =
                    Trouble::new("BUSY", dir.display(), "another monitor runs in this folder");
                return Err(Failure::cannot_tell(
                    trouble.fix("stop it, or give this one a folder of its own"),
                ));
            }
            Err(TryLockError::Error(error)) => return Err(io_failure(&path, &error)),
        }
        let journal =
            Journal::open(&dir).map_err(|error| io_failure(dir.join("alerts.jsonl"), &error))?;
        let journal = Arc::new(journal);
        let mut ledgers = Vec::new();
        for ledger in settings.ledgers {
            let folder = dir.join(&ledger.name);
            let journal = Arc::clone(&journal);
            ledgers.push(Watched::open(ledger, folder, &settings.watch, journal)?);
        }
        let mut receivers = Vec::new();
        receivers.extend(settings.command.map(Receiver::Command));
        if let Some(address) = settings.webhook {
            let webhook = witnessmark_follow::Webhook::new(address);
            let webhook = webhook.map_err(|error| {
                Failure::cannot_tell(Trouble::new("HTTP", "alert.webhook", error))
            })?;
            receivers.push(Receiver::Webhook(webhook));
        }
        let deliveries = receivers
            .into_iter()
            .map(|receiver| Delivery::open(receiver, &dir, Arc::clone(&journal)));
        Ok(Self {
            deliveries: deliveries.collect::<Result<_, _>>()?,
            length: journal.length(),
            ledgers,
            _lock: lock,
        })
    }
}
