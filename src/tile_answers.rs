//! The answers of HTTP to who reads a log as tiles (C2SP tlog-tiles), from a ledger and from a mirror alike.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The type of the checkpoint, and of words for people.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";
/// The type of tiles and of bundles of entries.
pub(crate) const BYTES: &str = "application/octet-stream";
/// For the checkpoint, and for what may be there later.
pub(crate) const NEVER_KEPT: &str = "no-store";
/// For what never changes.
pub(crate) const KEPT_FOR_EVER: &str = "public, max-age=31536000, immutable";

/// What was asked for.
pub(crate) fn offer(
    content_type: &'static str,
    keep: &'static str,
    body: impl IntoResponse,
) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, keep),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, body).into_response()
}

/// Why there is nothing. It may be there later, so what is said now is not kept.
pub(crate) fn refuse(status: StatusCode, why: impl Into<String>) -> Response {
    let mut response = offer(TEXT, NEVER_KEPT, why.into());
    *response.status_mut() = status;
    response
}
