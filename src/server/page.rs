//! The page that checks bundles, for whoever opens `/verify` of the ledger in a browser.

use axum::http::{HeaderName, HeaderValue, Version, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tonic::service::Routes;

/// Where the page is found, over HTTP/1.1 or HTTP/2.
const PATH: &str = "/verify";

/// What the calls are added to: nothing but the page yet.
pub(super) fn routes() -> Routes {
    let router = Routes::default().into_axum_router();
    Routes::from(router.route(PATH, get(page)))
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
    let mut response = (headers, witnessmark_page::HTML).into_response();
    if version < Version::HTTP_2 {
        // A browser has no more to ask, and its connection takes a place that a device may need.
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
