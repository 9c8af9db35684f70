//! Serves the folder of a copy over HTTP: the checkpoint, tiles and bundles of entries, and no other file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::{Error, Server};
use witnessmark_tlog::Tile;

use crate::server::connections;
use crate::tile_answers::{BYTES, KEPT_FOR_EVER, NEVER_KEPT, TEXT, offer, refuse};

/// Requests at once on one connection of HTTP/2.
const STREAMS_MAX: u32 = 8;

/// Bytes of the headers of a request. The protocol uses none of its own.
const HEADER_LIST_BYTES_MAX: u32 = 16 * 1024;

/// How often a silent connection of HTTP/2 is asked whether it is alive, and how long it may take to answer.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

const CHECKPOINT: &str = "checkpoint";

/// Serves the copy in `dir` on `listener` until `shutdown`.
///
/// # Errors
///
/// The transport fails.
pub(crate) async fn serve(
    dir: &Path,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    Server::builder()
        .max_concurrent_streams(STREAMS_MAX)
        .http2_max_header_list_size(HEADER_LIST_BYTES_MAX)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .accept_http1(true)
        .add_routes(Routes::from(router(dir)))
        .serve_with_incoming_shutdown(connections::accept(listener), shutdown)
        .await
}

fn router(dir: &Path) -> Router {
    Router::new()
        .route("/checkpoint", get(file))
        .route("/tile/{*tile}", get(file))
        .with_state(Arc::new(dir.to_owned()))
}

/// Only what is the one spelling of a name in the layout leads to a file, so nothing outside of it can be named.
async fn file(State(dir): State<Arc<PathBuf>>, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    let is_tile = Tile::parse(path).is_ok() || Tile::parse_entries(path).is_ok();
    let (content_type, keep) = match path {
        CHECKPOINT => (TEXT, NEVER_KEPT),
        _ if is_tile => (BYTES, KEPT_FOR_EVER),
        _ => return refuse(StatusCode::NOT_FOUND, "there is no such file\n"),
    };
    match tokio::fs::read(dir.join(path)).await {
        Ok(bytes) => offer(content_type, keep, bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            refuse(StatusCode::NOT_FOUND, "there is no such file\n")
        }
        Err(error) => {
            tracing::error!(path, %error, "a file of the copy cannot be read");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "the file cannot be read\n")
        }
    }
}
