//! Serves a witness over HTTP until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::{Error, Server};
use witnessmark_witness::{Witness, router};

use crate::clock;
use crate::server::connections;

/// Requests at once on one connection of HTTP/2: with 256 connections, at most 128 MiB of requests.
const STREAMS_MAX: u32 = 8;

/// Bytes of the headers of a request. The protocol uses none of its own.
const HEADER_LIST_BYTES_MAX: u32 = 16 * 1024;

/// How often a silent connection of HTTP/2 is asked whether it is alive, and how long it may take to answer. One of HTTP/1 may be
/// silent for 30 s.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long requests in progress may take to end once the witness is told to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves `witness` on `listener` until `shutdown`, then answers what has begun.
///
/// # Errors
///
/// The transport fails.
pub(crate) async fn serve(
    witness: Witness,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let (stop, mut stopping) = tokio::sync::watch::channel(false);
    let signal = async move {
        shutdown.await;
        tracing::info!("told to stop");
        stop.send_replace(true);
    };
    let serving = Server::builder()
        .max_concurrent_streams(STREAMS_MAX)
        .http2_max_header_list_size(HEADER_LIST_BYTES_MAX)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .accept_http1(true)
        .add_routes(Routes::from(router(Arc::new(witness), now_s)))
        .serve_with_incoming_shutdown(connections::accept(listener), signal);
    let overtime = async move {
        if stopping.wait_for(|stopping| *stopping).await.is_err() {
            // The transport has ended by itself.
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(DRAIN_TIMEOUT).await;
    };
    tokio::select! {
        served = serving => served,
        () = overtime => {
            tracing::warn!("requests in progress were broken off");
            Ok(())
        }
    }
}

fn now_s() -> u64 {
    clock::now_ms() / 1000
}
