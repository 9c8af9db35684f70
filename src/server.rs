//! The server: built from an open ledger, served on a listener, drained when it is told to stop.

mod admission;
mod checks;
pub(crate) mod connections;
mod core;
mod device_rules;
mod door;
mod limits;
mod link_rules;
mod links;
mod page;
mod peer;
mod receiving;
mod scrub;
mod sequencer;
mod service;
mod status;
pub(crate) mod telemetry;
mod tiles;
mod turns;
mod upkeep;
mod watchdog;
mod witnesses;

use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use witnessmark_log::LogError;
use witnessmark_proto::v1::ledger_service_server::LedgerServiceServer;
use witnessmark_proto::{FILE_DESCRIPTOR_SET, SERVICE_NAME};
use witnessmark_witness::ask::AskError;

use self::core::Core;
use self::limits::{
    DRAIN_TIMEOUT, HEADER_LIST_BYTES_MAX, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, RELEASE_POLL,
    RELEASE_TIMEOUT, REQUEST_BYTES_MAX, REQUEST_TIMEOUT, STREAMS_MAX,
};
use self::links::Links;
use self::receiving::Receiving;
use self::sequencer::{Queue, Sequencer};
use self::service::LedgerApi;
use self::watchdog::Watched;
use self::witnesses::Witnesses;
pub(crate) use self::witnesses::Word;
use crate::ledger::{Access, OpenLedger};

pub(crate) use self::status::of_key_chain;

/// The name under which health checks learn whether submissions are taken.
const SUBMIT_HEALTH_NAME: &str = "witnessmark.ledger.v1.LedgerService/submit";

/// The name under which health checks learn whether everything that was looked at is what it was.
const STORAGE_HEALTH_NAME: &str = "witnessmark.ledger.v1.LedgerService/storage";

/// How a ledger is served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServeOptions {
    /// How long a commit may take.
    pub(crate) commit_limit: Duration,
    /// How many bytes of what is stored are read and hashed again in a second.
    pub(crate) scrub_rate: u64,
    /// Whether it signs without asking its witnesses first, by the operator's word.
    pub(crate) without_witnesses: bool,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            commit_limit: Duration::from_secs(30),
            scrub_rate: 2 << 20,
            without_witnesses: false,
        }
    }
}

/// Why the server ended otherwise than it was told to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ServeError {
    /// The system has no thread for the sequencer, for checks or for the links.
    #[error("a thread of the server cannot be started: {0}")]
    Thread(io::Error),
    /// The key events of the log cannot be read.
    #[error("the key events cannot be read: {0}")]
    Links(LogError),
    /// What is kept of the witnesses cannot be read.
    #[error("what is kept of the witnesses: {0}")]
    Witnesses(io::Error),
    /// Witnesses cannot be asked.
    #[error("witnesses cannot be asked: {0}")]
    Asking(#[from] AskError),
    /// The schema cannot be offered to reflection.
    #[error("reflection cannot be offered: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The transport failed.
    #[error("serving failed: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The outcome of a commit is unknown, or another writer has the ledger.
    #[error(
        "{0}. Nothing that was acknowledged is lost. Start the ledger again: it finds out what is stored"
    )]
    Halted(String),
    /// What was queued could not be committed in time. Nothing that was acknowledged is lost.
    #[error("the sequencer did not end within {} s", DRAIN_TIMEOUT.as_secs())]
    Drain,
}

/// A server that is ready to serve.
struct Built {
    core: Arc<Core>,
    /// None if the ledger is read-only.
    sequencer: Option<Sequencer>,
    stop: watch::Sender<bool>,
    /// Why nothing can be committed any more, once that is so.
    halted: watch::Receiver<Option<String>>,
}

/// Serves `ledger` on `listener` until `shutdown`, or until its log halts; then ends streams, waits for calls in progress
/// and for what is queued, each within a time limit, and closes the ledger.
///
/// A log that has halted does not know what is stored. Only a start finds out, so the process ends, and whatever supervises it
/// starts it again. The same holds for a commit that takes longer than its limit.
///
/// # Errors
///
/// Serving cannot begin, breaks down, or does not end in time.
pub(crate) async fn run(
    ledger: OpenLedger,
    listener: TcpListener,
    options: ServeOptions,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let built = build(ledger, options)?;
    let Built {
        core,
        sequencer,
        stop,
        halted,
    } = built;
    let held = Arc::downgrade(&core);
    let takes_writes = sequencer.is_some();
    let mut halting = halted.clone();
    let ended = async move {
        tokio::select! {
            () = shutdown => tracing::info!("told to stop"),
            () = until_halted(&mut halting) => {}
        }
    };
    let served = serve((core, takes_writes), listener, stop, ended).await;
    let drained = match sequencer {
        Some(sequencer) => sequencer.stop(DRAIN_TIMEOUT).await,
        None => true,
    };
    let released = tokio::time::timeout(RELEASE_TIMEOUT, release(&held)).await;
    if released.is_err() {
        tracing::warn!("a call that was broken off still holds the ledger");
    }
    served?;
    let halted = halted.borrow().clone();
    match halted {
        Some(reason) => Err(ServeError::Halted(reason)),
        None if drained => Ok(()),
        None => Err(ServeError::Drain),
    }
}

/// Ends when the log has halted.
async fn until_halted(halted: &mut watch::Receiver<Option<String>>) {
    if halted.wait_for(Option::is_some).await.is_err() {
        // Nobody can say so any more: there is no sequencer, or it has ended, as it was told to.
        std::future::pending::<()>().await;
    }
}

/// Waits until the last call has let go of what they share, so that the ledger is closed and its
/// folder can be opened again.
async fn release(held: &Weak<Core>) {
    while held.strong_count() > 0 {
        tokio::time::sleep(RELEASE_POLL).await;
    }
}

/// Starts the sequencer, and puts together what the calls share.
fn build(ledger: OpenLedger, options: ServeOptions) -> Result<Built, ServeError> {
    let OpenLedger {
        dir,
        origin,
        reader,
        access,
        start,
        limits,
        entries_withheld,
        witnesses,
    } = ledger;
    let writes = matches!(access, Access::Write(_));
    let (links, woken) = Links::open(&dir, reader.clone(), writes).map_err(ServeError::Links)?;
    let links = Arc::new(links);
    let (publish, published) = watch::channel(reader.published().checkpoint.clone());
    let (stop, stopping) = watch::channel(false);
    let (halt, halted) = watch::channel(None);
    let (sequencer, queue) = match access {
        Access::Write(log) => {
            let watched = Watched::start(options.commit_limit, halt).map_err(ServeError::Thread)?;
            let (sequencer, queue) =
                Sequencer::start((*log, Arc::clone(&links)), start, publish, watched)
                    .map_err(ServeError::Thread)?;
            (Some(sequencer), queue)
        }
        Access::ReadOnly(reason) => {
            tracing::warn!(%reason, "the ledger is open for reading only");
            (None, Queue::read_only(reason))
        }
    };
    let witnesses = Witnesses::open(&dir, witnesses, published.clone());
    let witnesses = witnesses.map_err(ServeError::Witnesses)?;
    if !options.without_witnesses
        && let Some(reason) = witnesses.waiting()
    {
        queue.hold(reason);
    }
    let core = Core::new(
        (origin, reader, links),
        dir,
        (queue, limits, entries_withheld),
        (published, witnesses),
        stopping,
    );
    let core = Arc::new(core.map_err(ServeError::Thread)?);
    if writes {
        witnesses::begin(&core)?;
    }
    upkeep::begin(&core, woken).map_err(ServeError::Thread)?;
    scrub::begin(Arc::downgrade(&core), options.scrub_rate).map_err(ServeError::Thread)?;
    Ok(Built {
        core,
        sequencer,
        stop,
        halted,
    })
}

/// Serves until `shutdown`, and then until calls have ended or the time limit has.
async fn serve(
    (core, takes_writes): (Arc<Core>, bool),
    listener: TcpListener,
    stop: watch::Sender<bool>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let (reporter, health) = tonic_health::server::health_reporter();
    report_health(&reporter, true, takes_writes).await;
    tokio::spawn(report_damage(reporter.clone(), core.scrub.watch()));
    tokio::spawn(witnesses::report_health(
        reporter.clone(),
        Arc::downgrade(&core),
    ));
    let mut stopping = core.stopping.clone();
    let published = core.published.borrow().head().size;
    tracing::info!(origin = %core.origin, size = %published, "serving");

    let signal = async move {
        shutdown.await;
        report_health(&reporter, false, false).await;
        stop.send_replace(true);
    };
    let pages = page::routes(&Arc::downgrade(&core));
    let service =
        LedgerServiceServer::new(LedgerApi::new(core)).max_decoding_message_size(REQUEST_BYTES_MAX);
    let [v1, v1alpha] = [reflection(), reflection()];
    let serving = Server::builder()
        .timeout(REQUEST_TIMEOUT)
        .max_concurrent_streams(STREAMS_MAX)
        .http2_max_header_list_size(HEADER_LIST_BYTES_MAX)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .accept_http1(true)
        .add_routes(pages)
        .add_service(health)
        .add_service(v1.build_v1()?)
        .add_service(v1alpha.build_v1alpha()?)
        .add_service(Receiving::new(service))
        .serve_with_incoming_shutdown(connections::accept(listener), signal);
    let overtime = async move {
        // The sender lives until it has said so.
        if stopping.wait_for(|stopping| *stopping).await.is_ok() {
            tokio::time::sleep(DRAIN_TIMEOUT).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        served = serving => Ok(served?),
        () = overtime => {
            tracing::warn!("calls in progress were broken off");
            Ok(())
        }
    }
}

/// Tells health checks once something is found damaged. Ends with the ledger.
async fn report_damage(reporter: HealthReporter, mut damage: watch::Receiver<Option<String>>) {
    if damage.wait_for(Option::is_some).await.is_ok() {
        for name in [SUBMIT_HEALTH_NAME, STORAGE_HEALTH_NAME] {
            let status = ServingStatus::NotServing;
            reporter.set_service_status(name, status).await;
        }
    }
}

fn reflection<'b>() -> tonic_reflection::server::Builder<'b> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

async fn report_health(reporter: &HealthReporter, serving: bool, writable: bool) {
    let status = |good| {
        if good {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        }
    };
    reporter.set_service_status("", status(serving)).await;
    reporter
        .set_service_status(SERVICE_NAME, status(serving))
        .await;
    for name in [SUBMIT_HEALTH_NAME, STORAGE_HEALTH_NAME] {
        reporter.set_service_status(name, status(writable)).await;
    }
}
