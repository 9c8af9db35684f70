//! What the ledger says in plain HTTP: the page that checks bundles at `/verify`, for a browser, how it is at `/status`, and the log
//! itself as tiles.

use std::sync::Weak;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, Version, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;

use super::core::Core;
use super::tiles;

/// Where the page is found, over HTTP/1.1 or HTTP/2.
const PATH: &str = "/verify";

/// Where it says how it is, in JSON.
const STATUS_PATH: &str = "/status";

/// What the calls are added to.
pub(super) fn routes(core: &Weak<Core>) -> Routes {
    let router = Routes::default().into_axum_router();
    let asked = Weak::clone(core);
    let status = async move |version: Version| match asked.upgrade() {
        Some(core) => closing(version, core.state()),
        // It is stopping.
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let asked = Weak::clone(core);
    let tiles = async move |version: Version, uri: Uri| {
        closing(version, tiles::answer(asked.upgrade(), uri.path()).await)
    };
    let router = router
        .route(PATH, get(page))
        .route(STATUS_PATH, get(status))
        .route(tiles::CHECKPOINT_PATH, get(tiles.clone()))
        .route(tiles::TILE_PATHS, get(tiles))
        .fallback(unknown);
    Routes::from(router)
}

/// A call of a method that is not there is told so in the way of gRPC, and everybody else in that of HTTP.
async fn unknown(version: Version, headers: HeaderMap) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE);
    if content_type.is_some_and(|it| it.as_bytes().starts_with(b"application/grpc")) {
        return Status::unimplemented("")
            .into_http::<Body>()
            .map(axum::body::Body::new);
    }
    closing(version, StatusCode::NOT_FOUND.into_response())
}

async fn page(version: Version) -> Response {
    let headers: [(HeaderName, HeaderValue); 5] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
    ];
    closing(version, (headers, witnessmark_page::HTML).into_response())
}

/// Who asked has no more to ask, and his connection takes a place that a device may need.
fn closing(version: Version, mut response: Response) -> Response {
    if version < Version::HTTP_2 {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
