//! Checkpoints: the latest, and those to come.

use std::future::pending;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use witnessmark_log::SignedCheckpoint;
use witnessmark_proto::v1;

use super::Answers;
use crate::server::core::Core;
use crate::server::limits::STREAM_IDLE_TIMEOUT;

/// The latest checkpoint.
pub(super) fn latest(core: &Core) -> v1::GetCheckpointResponse {
    let checkpoint = core.reader.published().checkpoint.text().to_owned();
    v1::GetCheckpointResponse { checkpoint }
}

/// The latest checkpoint at once, and each later one that is still the latest when the caller is
/// ready for it.
pub(super) fn watch(core: &Arc<Core>) -> Answers<v1::WatchCheckpointsResponse> {
    // One that waits to be read, so that a slow reader is not told of old ones.
    let (answers, watching) = mpsc::channel(1);
    let mut published = core.published.clone();
    let mut stop = core.stopping.clone();
    tokio::spawn(async move {
        loop {
            let checkpoint = published.borrow_and_update().text().to_owned();
            let answer = Ok(v1::WatchCheckpointsResponse { checkpoint });
            if answers
                .send_timeout(answer, STREAM_IDLE_TIMEOUT)
                .await
                .is_err()
            {
                return;
            }
            tokio::select! {
                () = next(&mut published) => {}
                _ = stop.wait_for(|stop| *stop) => return,
                () = answers.closed() => return,
            }
        }
    });
    ReceiverStream::new(watching)
}

/// Waits for the next checkpoint; for ever, when the ledger is read-only and there is none to come.
async fn next(published: &mut watch::Receiver<SignedCheckpoint>) {
    if published.changed().await.is_err() {
        pending::<()>().await;
    }
}
