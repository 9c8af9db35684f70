//! The HTTP interface of a witness: `POST /add-checkpoint`, and what it cosigned last for monitors.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::Semaphore;

use crate::limits::{BODY_TIMEOUT, CHECKED_AT_ONCE_MAX, REQUEST_BYTES_MAX};
use crate::rules::Refused;
use crate::witness::Witness;

const TEXT: &str = "text/plain; charset=utf-8";

#[derive(Debug, Clone)]
struct Service {
    witness: Arc<Witness>,
    /// The clock, in seconds since 1970.
    now_s: fn() -> u64,
    places: Arc<Semaphore>,
}

/// The routes of the standard, below a prefix that is empty. `now_s` tells the time in seconds since 1970.
pub fn router(witness: Arc<Witness>, now_s: fn() -> u64) -> Router {
    let service = Service {
        witness,
        now_s,
        places: Arc::new(Semaphore::new(CHECKED_AT_ONCE_MAX)),
    };
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin_hash}/checkpoint", get(latest))
        .with_state(service)
}

async fn add_checkpoint(State(service): State<Service>, body: Body) -> Response {
    let body = match tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, REQUEST_BYTES_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            let told =
                format!("the request is longer than {REQUEST_BYTES_MAX} bytes, or was broken off");
            return say(StatusCode::PAYLOAD_TOO_LARGE, &told);
        }
        Err(_) => {
            return say(
                StatusCode::REQUEST_TIMEOUT,
                "the request did not arrive in time",
            );
        }
    };
    // The semaphore is never closed; without a place the work is only less bounded.
    let place = service.places.acquire_owned().await.ok();
    let (witness, now_s) = (service.witness, service.now_s);
    let checked = tokio::task::spawn_blocking(move || {
        let cosigned = witness.add_checkpoint(&body, now_s());
        drop(place);
        cosigned
    });
    match checked.await {
        Ok(Ok(line)) => ([(header::CONTENT_TYPE, TEXT)], line).into_response(),
        Ok(Err(refused)) => refuse(&refused),
        Err(error) => {
            tracing::error!(%error, "a request was not answered");
            say(StatusCode::INTERNAL_SERVER_ERROR, "the witness failed")
        }
    }
}

async fn latest(State(service): State<Service>, Path(origin_hash): Path<String>) -> Response {
    match service.witness.latest(&origin_hash) {
        Some(note) => {
            let headers = [
                (header::CONTENT_TYPE, TEXT),
                (header::CACHE_CONTROL, "no-store"),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            (headers, note.to_string()).into_response()
        }
        None => say(
            StatusCode::NOT_FOUND,
            "this witness has cosigned no checkpoint of a log with this origin hash",
        ),
    }
}

/// The answer of the standard to what is refused.
fn refuse(refused: &Refused) -> Response {
    let status = match refused {
        Refused::OtherSize(size) => {
            let headers = [(header::CONTENT_TYPE, "text/x.tlog.size")];
            return (StatusCode::CONFLICT, headers, format!("{size}\n")).into_response();
        }
        Refused::Malformed(_) => StatusCode::BAD_REQUEST,
        Refused::UnknownOrigin => StatusCode::NOT_FOUND,
        Refused::NotSigned => StatusCode::FORBIDDEN,
        Refused::Inconsistent(_) => StatusCode::UNPROCESSABLE_ENTITY,
        // Not the caller's fault, and not in the standard.
        Refused::Clock | Refused::NotKept | Refused::Halted => StatusCode::SERVICE_UNAVAILABLE,
    };
    say(status, &refused.to_string())
}

fn say(status: StatusCode, what: &str) -> Response {
    (status, [(header::CONTENT_TYPE, TEXT)], format!("{what}\n")).into_response()
}
