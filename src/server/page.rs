//! What the ledger says in plain HTTP: the page that checks bundles at `/verify`, for a browser, and how it is at `/status`.

use std::sync::Weak;

use axum::http::{HeaderName, HeaderValue, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tonic::service::Routes;

use super::core::Core;

/// Where the page is found, over HTTP/1.1 or HTTP/2.
const PATH: &str = "/verify";

/// Where it says how it is, in JSON.
const STATUS_PATH: &str = "/status";

/// What the calls are added to.
pub(super) fn routes(core: Weak<Core>) -> Routes {
    let router = Routes::default().into_axum_router();
    let status = async move |version: Version| match core.upgrade() {
        Some(core) => closing(version, core.state()),
        // It is stopping.
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let router = router
        .route(PATH, get(page))
        .route(STATUS_PATH, get(status));
    Routes::from(router)
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
