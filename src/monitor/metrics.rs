//! What a monitor does in numbers, as text for Prometheus. The label `ledger` has the names of the configuration, and no other.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::{Error, Server};

use super::ledger::Looked;
use crate::output::Outcome;
use crate::server::connections;

/// How many different things are remembered as told.
const TOLD_MAX: usize = 1_000;

/// The numbers of one ledger.
#[derive(Debug)]
pub(crate) struct Gauges {
    name: String,
    size: AtomicU64,
    looks: AtomicU64,
    failed: AtomicU64,
    alerts: AtomicU64,
    last_good_s: AtomicU64,
    state: AtomicU64,
    told: Mutex<BTreeSet<(&'static str, String)>>,
}

/// Name, type, help, and where the value is.
type Metric = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Gauges) -> &AtomicU64,
);

const METRICS: &[Metric] = &[
    (
        "entries",
        "gauge",
        "Entries that are kept and audited.",
        |it| &it.size,
    ),
    ("looks_total", "counter", "Looks at the ledger.", |it| {
        &it.looks
    }),
    (
        "looks_failed_total",
        "counter",
        "Looks that did not end well.",
        |it| &it.failed,
    ),
    ("alerts_total", "counter", "Alerts since the start.", |it| {
        &it.alerts
    }),
    (
        "last_good_look_seconds",
        "gauge",
        "When a look last ended well, in seconds since 1970; 0 if none has.",
        |it| &it.last_good_s,
    ),
    (
        "state",
        "gauge",
        "How the last look ended: 0 verified, 1 not verified, 2 cannot tell, 3 misbehaviour proved.",
        |it| &it.state,
    ),
];

impl Gauges {
    /// The numbers of the ledger with this name.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            size: AtomicU64::new(0),
            looks: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            alerts: AtomicU64::new(0),
            last_good_s: AtomicU64::new(0),
            state: AtomicU64::new(u64::from(Outcome::CannotTell.code())),
            told: Mutex::new(BTreeSet::new()),
        }
    }

    /// Takes note of how a look ended.
    pub(crate) fn looked(&self, looked: &Looked, now_ms: u64) {
        self.looks.fetch_add(1, Ordering::Relaxed);
        self.state
            .store(u64::from(looked.outcome.code()), Ordering::Relaxed);
        if looked.size > 0 {
            self.size.store(looked.size, Ordering::Relaxed);
        }
        if looked.outcome == Outcome::Done {
            self.last_good_s.store(now_ms / 1_000, Ordering::Relaxed);
        } else {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes note of alerts.
    pub(crate) fn told(&self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.alerts.fetch_add(count, Ordering::Relaxed);
    }

    /// Whether this is told for the first time since the start.
    pub(crate) fn is_first(&self, rule: &'static str, words: &str) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= TOLD_MAX {
            told.clear();
        }
        told.insert((rule, words.to_owned()))
    }
}

/// The text for all ledgers.
fn text(ledgers: &[Arc<Gauges>]) -> String {
    let mut text = String::new();
    for (name, kind, help, value) in METRICS {
        let name = format!("witnessmark_monitor_{name}");
        // Nothing can fail in writing to a text.
        let _ok = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for ledger in ledgers {
            let value = value(ledger).load(Ordering::Relaxed);
            let _ok = writeln!(text, "{name}{{ledger=\"{}\"}} {value}", ledger.name);
        }
    }
    text
}

/// Serves the numbers at `/metrics` until `shutdown`.
///
/// # Errors
///
/// The transport fails.
pub(crate) async fn serve(
    ledgers: Vec<Arc<Gauges>>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let router = Router::new()
        .route("/metrics", get(answer))
        .with_state(Arc::new(ledgers));
    Server::builder()
        .accept_http1(true)
        .add_routes(Routes::from(router))
        .serve_with_incoming_shutdown(connections::accept(listener), shutdown)
        .await
}

async fn answer(State(ledgers): State<Arc<Vec<Arc<Gauges>>>>) -> impl IntoResponse {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text(&ledgers))
}
