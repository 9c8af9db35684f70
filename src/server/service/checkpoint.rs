//! Checkpoints: the latest, and those to come.

use std::future::pending;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use witnessmark_proto::{CheckpointChoice, Refusal, v1};

use super::Answers;
use crate::server::core::Core;
use crate::server::limits::STREAM_IDLE_TIMEOUT;
use crate::server::witnesses::Watched;

/// The latest checkpoint.
pub(super) fn latest(
    core: &Core,
    choice: CheckpointChoice,
) -> Result<v1::GetCheckpointResponse, Refusal> {
    let checkpoint = core.shown(choice.newest(), 0)?.text().to_owned();
    Ok(v1::GetCheckpointResponse { checkpoint })
}

/// The latest checkpoint at once, and each later one that is still the latest when the caller is
/// ready for it.
pub(super) fn watch(
    core: &Arc<Core>,
    choice: CheckpointChoice,
) -> Result<Answers<v1::WatchCheckpointsResponse>, Refusal> {
    let choice = choice.newest();
    let mut watched = core.witnesses.watch(choice)?;
    // One that waits to be read, so that a slow reader is not told of old ones.
    let (answers, watching) = mpsc::channel(1);
    let (mut stop, core) = (core.stopping.clone(), Arc::downgrade(core));
    tokio::spawn(async move {
        loop {
            watched.mark_seen();
            let Some(shown) = core.upgrade().map(|core| core.shown(choice, 0)) else {
                return;
            };
            // Without one that is witnessed there is nothing to tell yet.
            if let Ok(shown) = shown {
                let checkpoint = shown.text().to_owned();
                let answer = Ok(v1::WatchCheckpointsResponse { checkpoint });
                let sent = answers.send_timeout(answer, STREAM_IDLE_TIMEOUT).await;
                if sent.is_err() {
                    return;
                }
            }
            tokio::select! {
                () = next(&mut watched) => {}
                _ = stop.wait_for(|stop| *stop) => return,
                () = answers.closed() => return,
            }
        }
    });
    Ok(ReceiverStream::new(watching))
}

/// Waits for the next checkpoint; for ever, when the ledger is read-only and there is none to come.
async fn next(watched: &mut Watched) {
    if !watched.changed().await {
        pending::<()>().await;
    }
}
