//! The log as C2SP tlog-tiles has it: the checkpoint, tiles of hashes, and bundles of entries, below an empty prefix.
//!
//! Whatever is offered lies below the published checkpoint, so it never changes and may be kept for ever; only the checkpoint may
//! not be kept at all. A partial tile is offered as long as the log is there, also when the full one is: it is the beginning of that.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use witnessmark_proto::{CheckpointChoice, Reason, Refusal};
use witnessmark_tlog::{Tile, encode_entry_bundle};
use witnessmark_verifier::Hash;

use super::core::Core;
use super::limits::{BUNDLE_IDLE_TIMEOUT, LIST_STEP_ENTRIES, TILE_READ_TIMEOUT};
use super::status::of_log;
use super::telemetry::fault;
use crate::tile_answers::{BYTES, KEPT_FOR_EVER, NEVER_KEPT, TEXT, offer, refuse};

/// Where the signed checkpoint is.
pub(super) const CHECKPOINT_PATH: &str = "/checkpoint";

/// Where tiles of hashes and bundles of entries are.
pub(super) const TILE_PATHS: &str = "/tile/{*tile}";

const WITHHELD: &str = "the operator of this ledger does not publish its entries here; the checkpoint and the tiles of hashes are public\n";

/// The answer to a request for `path`; no `core` when the server is stopping.
pub(super) async fn answer(core: Option<Arc<Core>>, path: &str) -> Response {
    let Some(core) = core else {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "the ledger is stopping\n");
    };
    // What waits for witnesses before it is shown is not there yet.
    let Ok(checkpoint) = core.shown(CheckpointChoice::Newest, 0) else {
        return missing();
    };
    if path == CHECKPOINT_PATH {
        let checkpoint = core.witnesses.followed().unwrap_or(checkpoint);
        return offer(TEXT, NEVER_KEPT, checkpoint.text().to_owned());
    }
    let size = checkpoint.head().size.get();
    let path = path.trim_start_matches('/');
    if let Ok(tile) = Tile::parse(path) {
        return hashes(&core, tile, size).await;
    }
    match Tile::parse_entries(path) {
        Ok(_) if core.entries_withheld => refuse(StatusCode::FORBIDDEN, WITHHELD),
        Ok(tile) => entries(core, &tile, size).await,
        Err(_) => missing(),
    }
}

async fn hashes(core: &Arc<Core>, tile: Tile, size: u64) -> Response {
    let read = move |core: &Core| core.reader.tile(tile, size).map_err(|error| of_log(&error));
    let hashes = match read_in_time(core, read).await {
        Ok(Some(hashes)) => hashes,
        Ok(None) => return missing(),
        Err(refusal) => return failed(&refusal),
    };
    let bytes: Vec<u8> = hashes.iter().flat_map(Hash::as_bytes).copied().collect();
    offer(BYTES, KEPT_FOR_EVER, bytes)
}

/// A bundle may have 16 MiB, so it is read and sent piece by piece, as fast as the caller takes it.
async fn entries(core: Arc<Core>, tile: &Tile, size: u64) -> Response {
    let Some(mut places) = core.reader.bundle(tile, size) else {
        return missing();
    };
    let Ok(place) = Arc::clone(&core.bundles).try_acquire_owned() else {
        return busy();
    };
    // What cannot be read at all is told in place of a bundle.
    let first = match piece(&core, &mut places).await {
        Ok(first) => first,
        Err(refusal) => return failed(&refusal),
    };
    if places.is_empty() {
        return offer(BYTES, KEPT_FOR_EVER, first);
    }
    let (pieces, received) = mpsc::channel::<io::Result<Vec<u8>>>(1);
    // A caller who does not read must not hold up the end of the ledger.
    let core = Arc::downgrade(&core);
    tokio::spawn(async move {
        let mut next = Ok(first);
        loop {
            // Held until the last piece is on its way.
            let _place = &place;
            let is_last = next.is_err() || places.is_empty();
            let sent = tokio::time::timeout(BUNDLE_IDLE_TIMEOUT, pieces.send(next)).await;
            if is_last || !matches!(sent, Ok(Ok(()))) {
                return;
            }
            // An error breaks the answer off, and whoever reads sees that it is not whole.
            next = match core.upgrade() {
                Some(core) => piece(&core, &mut places).await,
                None => Err(Refusal::new(Reason::LedgerHalted, "the ledger is stopping")),
            }
            .map_err(|refusal| io::Error::other(refusal.message));
        }
    });
    offer(
        BYTES,
        KEPT_FOR_EVER,
        Body::from_stream(ReceiverStream::new(received)),
    )
}

/// The next entries of a bundle, and what is left of it.
async fn piece(core: &Arc<Core>, places: &mut Range<u64>) -> Result<Vec<u8>, Refusal> {
    let end = places
        .end
        .min(places.start.saturating_add(LIST_STEP_ENTRIES));
    let range = places.start..end;
    places.start = end;
    let read = move |core: &Core| core.reader.entries(range).map_err(|error| of_log(&error));
    let entries = read_in_time(core, read).await?;
    encode_entry_bundle(&entries).map_err(|error| fault(Reason::StoreCorrupt, &error))
}

async fn read_in_time<T: Send + 'static>(
    core: &Arc<Core>,
    read: impl FnOnce(&Core) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let read = tokio::time::timeout(TILE_READ_TIMEOUT, core.read(read)).await;
    read.unwrap_or_else(|_| {
        Err(fault(
            Reason::StoreUnreadable,
            &"a read of a tile took too long",
        ))
    })
}

/// As many bundles as may be are being sent.
fn busy() -> Response {
    let why = "too many bundles are being read now; come back in a moment\n";
    let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, why);
    let wait = HeaderValue::from_static("1");
    response.headers_mut().insert(header::RETRY_AFTER, wait);
    response
}

/// It may be there later, so that it is not there now is not kept.
fn missing() -> Response {
    refuse(
        StatusCode::NOT_FOUND,
        "there is no such tile in the published tree\n",
    )
}

fn failed(refusal: &Refusal) -> Response {
    let why = format!("{}: {}\n", refusal.reason, refusal.message);
    refuse(StatusCode::SERVICE_UNAVAILABLE, why)
}
