//! Serves a witness over HTTP until it is told to stop.

use std::sync::Arc;

use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::{Error, Server};
use witnessmark_witness::{Witness, router};

use super::limits::{
    DRAIN_TIMEOUT, HEADER_LIST_BYTES_MAX, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, STREAMS_MAX,
};
use crate::clock;
use crate::server::connections;

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
