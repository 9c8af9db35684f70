//! `monitor`: follows ledgers, checks everything that is new in them, and tells whoever wants to know.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::serve::{bind, stop_signal};
use crate::monitor::{self, Looked, Monitor, Settings, Watched};
use crate::output::{Failure, Outcome, Output, Report, Trouble};
use crate::server::telemetry;

/// How long a monitor that looks once waits until every alert was taken.
const DELIVER_WITHIN: Duration = Duration::from_secs(60);

/// Follow ledgers, check everything that is new, and tell what you watch for.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  witnessmark monitor --config monitor.toml --check
  witnessmark monitor --config monitor.toml --metrics 127.0.0.1:9480
  witnessmark monitor --config monitor.toml --once

The file says which ledgers are followed, what is watched for, and who is told; docs/MONITOR.md has an example. Every checkpoint, \
tile, entry, signature and admission is checked, and compared with what witnesses have cosigned. Alerts stand in alerts.jsonl in \
the folder of the monitor, and go from there to a program or an address until they are taken.

Exit codes:
  0   told to stop; with --once: all ledgers are verified
  1   with --once: something is not verified
  2   cannot tell: the network or a file failed, or an alert was not taken
  3   with --once: proved that a ledger has signed two histories
  64  the file is wrong")]
pub(super) struct Arguments {
    /// The file that says what to do.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Only look whether the file is right.
    #[arg(long, conflicts_with_all = ["once", "metrics"])]
    check: bool,
    /// Look once at every ledger, tell what there is, and end.
    #[arg(long, conflicts_with = "metrics")]
    once: bool,
    /// Offer numbers for Prometheus at this address, under /metrics.
    #[arg(long, value_name = "ADDR")]
    metrics: Option<SocketAddr>,
}

/// Looks once, or until it is told to stop.
///
/// # Errors
///
/// When the file is wrong, or the folder cannot be used.
pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let settings = monitor::read_settings(&arguments.config)?;
    if arguments.check {
        return Ok(checked(&settings));
    }
    let every = Duration::from_secs(settings.every_s);
    let monitor = Monitor::open(settings)?;
    if arguments.once {
        return once(monitor).await;
    }
    telemetry::start();
    let stop = stop_signal()?;
    let gauges = monitor
        .ledgers
        .iter()
        .map(|it| Arc::clone(&it.gauges))
        .collect();
    // Ends with what is in it when this function does.
    let mut tasks = JoinSet::new();
    if let Some(address) = arguments.metrics {
        let listener = bind(address).await?;
        let bound = listener.local_addr();
        let bound =
            bound.map_err(|error| Failure::cannot_tell(Trouble::new("LISTEN", "", error)))?;
        output.announce(
            &format!("metrics on {bound}"),
            &json!({ "metrics": bound.to_string() }),
        );
        tasks.spawn(async move {
            let served = monitor::serve_metrics(gauges, listener, std::future::pending()).await;
            if let Err(error) = served {
                tracing::error!(%error, "numbers are not offered any more");
            }
        });
    }
    let Monitor {
        ledgers,
        deliveries,
        ..
    } = &mut { monitor };
    for delivery in deliveries.drain(..) {
        tasks.spawn(delivery.run());
    }
    for ledger in ledgers.drain(..) {
        tasks.spawn(follow(ledger, every));
    }
    stop.await;
    tasks.shutdown().await;
    Ok(Report::done("", Value::Null))
}

async fn follow(mut ledger: Watched, every: Duration) {
    loop {
        let looked = ledger.look().await;
        let name = ledger.name();
        for trouble in &looked.troubles {
            tracing::warn!(
                ledger = name,
                reason = trouble.reason,
                "{}: {}",
                trouble.place,
                trouble.message
            );
        }
        if looked.outcome == Outcome::Done {
            tracing::debug!(ledger = name, size = looked.size, "verified");
        }
        tokio::time::sleep(every).await;
    }
}

fn checked(settings: &Settings) -> Report {
    let names: Vec<&str> = settings.ledgers.iter().map(|it| it.name.as_str()).collect();
    let text = format!(
        "the configuration is right: it follows {}",
        names.join(", ")
    );
    Report::done(text, json!({ "ledgers": names, "folder": settings.dir }))
}

async fn once(mut monitor: Monitor) -> Result<Report, Failure> {
    let mut lines = Vec::new();
    let mut found = Vec::new();
    let mut troubles = Vec::new();
    let mut outcomes = Vec::new();
    for ledger in &mut monitor.ledgers {
        let Looked {
            outcome,
            troubles: told,
            size,
        } = ledger.look().await;
        lines.push(format!(
            "{}: {} ({size} entries)",
            ledger.name(),
            word(outcome)
        ));
        found.push(json!({ "ledger": ledger.name(), "outcome": word(outcome), "size": size }));
        troubles.extend(told);
        outcomes.push(outcome);
    }
    let end = *monitor.length.borrow();
    let mut dones: Vec<_> = monitor
        .deliveries
        .iter()
        .map(monitor::Delivery::done)
        .collect();
    let mut tasks = JoinSet::new();
    for delivery in monitor.deliveries.drain(..) {
        tasks.spawn(delivery.run());
    }
    let delivered = async {
        for done in &mut dones {
            // A sender that is gone delivers nothing any more.
            if done.wait_for(|at| *at >= end).await.is_err() {
                return false;
            }
        }
        true
    };
    if tokio::time::timeout(DELIVER_WITHIN, delivered).await != Ok(true) {
        let what = "not every alert was taken; the next run tells them again";
        troubles.push(Trouble::new("NOT_DELIVERED", "alert", what));
        outcomes.push(Outcome::CannotTell);
    }
    tasks.shutdown().await;
    // What is proved counts most, then what is refused.
    let worst = [Outcome::Misbehaviour, Outcome::Refused, Outcome::CannotTell];
    let outcome = worst.into_iter().find(|it| outcomes.contains(it));
    Ok(Report {
        outcome: outcome.unwrap_or(Outcome::Done),
        text: lines.join("\n"),
        json: json!({
            "ledgers": found,
            "errors": troubles.iter().map(Trouble::to_json).collect::<Vec<_>>(),
        }),
        troubles,
    })
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "verified",
        Outcome::Refused => "not verified",
        Outcome::CannotTell | Outcome::Usage => "cannot tell",
        Outcome::Misbehaviour => "misbehaviour proved",
    }
}
