//! Submitting: convert, authorise, append, map, convert; one at a time, or as a stream.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};
use witnessmark_log::Appended;
use witnessmark_proto::{Outcome, Reason, Refusal, SignedPayload, Warning, v1};
use witnessmark_tlog::encode_proof;

use super::Answers;
use crate::clock;
use crate::server::admission::{Admitted, admit_key_event, admit_record};
use crate::server::core::{Core, finish};
use crate::server::device_rules;
use crate::server::limits::{STREAM_ANSWERS_MAX, STREAM_IDLE_TIMEOUT, STREAM_STAGE_MAX};
use crate::server::link_rules;
use crate::server::sequencer::{Answer, Place, stopping};

/// Appends one record.
pub(super) async fn submit_record(
    core: &Arc<Core>,
    request: v1::SubmitRecordRequest,
) -> Result<v1::SubmitRecordResponse, Refusal> {
    let record = SignedPayload::from_message("record", request.record)?;
    let place = core.queue.place_now()?;
    let judged = finish(begin_admission(core, record).await).await?;
    let appended = append(core, judged.admitted?, place)?.answer().await?;
    Ok(v1::SubmitRecordResponse {
        appended: Some(appended.into()),
    })
}

/// Appends one key event.
pub(super) async fn submit_key_event(
    core: &Arc<Core>,
    request: v1::SubmitKeyEventRequest,
) -> Result<v1::SubmitKeyEventResponse, Refusal> {
    let event = SignedPayload::from_message("key_event", request.key_event)?;
    let place = core.queue.place_now()?;
    let check = core
        .begin_check(move |core| admit_key_event(&core.reader, event))
        .await;
    let admitted = finish(check).await?;
    let appended = append(core, admitted, place)?.answer().await?;
    Ok(v1::SubmitKeyEventResponse {
        appended: Some(appended.into()),
    })
}

/// Appends a stream of records. Three tasks follow each other, so that records are checked on all
/// cores while earlier ones are committed, and both the log and the answers keep the stream's
/// order.
pub(super) fn submit_records(
    core: &Arc<Core>,
    requests: Streaming<v1::SubmitRecordsRequest>,
) -> Answers<v1::SubmitRecordsResponse> {
    let (to_sequence, checking) = mpsc::channel(STREAM_STAGE_MAX);
    let (to_answer, waiting) = mpsc::channel(STREAM_STAGE_MAX);
    let (answers, answered) = mpsc::channel(STREAM_ANSWERS_MAX);
    tokio::spawn(receive(Arc::clone(core), requests, to_sequence));
    tokio::spawn(sequence(Arc::clone(core), checking, to_answer));
    tokio::spawn(answer(waiting, answers));
    ReceiverStream::new(answered)
}

/// A record of a stream while it is checked.
enum Checking {
    Record(JoinHandle<Result<Judged, Refusal>>, Place),
    Refused(Refusal),
    /// The stream cannot go on.
    Broken(Status),
}

/// A record of a stream until it is answered.
enum Waiting {
    Record(Pending),
    Refused(Refusal),
    Broken(Status),
}

/// First task: receives records and begins to check them, until the stream ends or breaks.
async fn receive(
    core: Arc<Core>,
    mut requests: Streaming<v1::SubmitRecordsRequest>,
    next: mpsc::Sender<Checking>,
) {
    let mut stop = core.stopping.clone();
    let mut empty = true;
    loop {
        let message = tokio::select! {
            message = tokio::time::timeout(STREAM_IDLE_TIMEOUT, requests.message()) => message,
            _ = stop.wait_for(|stop| *stop) => Ok(Err(stopping().into())),
            () = next.closed() => return,
        };
        let checking = match message {
            Ok(Ok(Some(request))) => begin(&core, request).await,
            Ok(Ok(None)) if empty => {
                let message = "the stream ended without a record";
                Checking::Broken(Refusal::new(Reason::RequestEmpty, message).into())
            }
            Ok(Ok(None)) => return,
            Ok(Err(status)) => Checking::Broken(status),
            Err(_) => Checking::Broken(idle().into()),
        };
        empty = false;
        let broken = matches!(checking, Checking::Broken(_));
        if next.send(checking).await.is_err() || broken {
            return;
        }
    }
}

async fn begin(core: &Arc<Core>, request: v1::SubmitRecordsRequest) -> Checking {
    let record = match SignedPayload::from_message("record", request.record) {
        Ok(record) => record,
        Err(refusal) => return Checking::Refused(refusal),
    };
    match core.queue.place_soon().await {
        Ok(place) => Checking::Record(begin_admission(core, record).await, place),
        Err(refusal) => Checking::Refused(refusal),
    }
}

/// Second task: queues records in the stream's order as soon as they are checked.
async fn sequence(
    core: Arc<Core>,
    mut checking: mpsc::Receiver<Checking>,
    next: mpsc::Sender<Waiting>,
) {
    while let Some(checking) = checking.recv().await {
        let waiting = match checking {
            Checking::Record(check, place) => {
                let admitted = judged(&core, check, &place).await;
                match admitted.and_then(|admitted| append(&core, admitted, place)) {
                    Ok(pending) => Waiting::Record(pending),
                    Err(refusal) => Waiting::Refused(refusal),
                }
            }
            Checking::Refused(refusal) => Waiting::Refused(refusal),
            Checking::Broken(status) => Waiting::Broken(status),
        };
        if next.send(waiting).await.is_err() {
            return;
        }
    }
}

/// May the next record of a stream be logged? One that corrects, withdraws or supersedes another is judged again once everything
/// before it is logged, because its target, or an earlier correction, may be among that.
async fn judged(
    core: &Arc<Core>,
    check: JoinHandle<Result<Judged, Refusal>>,
    place: &Place,
) -> Result<Admitted, Refusal> {
    let Judged { admitted, again } = finish(check).await?;
    let Some(record) = again else {
        return admitted;
    };
    core.queue.settle(place).await?;
    finish(begin_admission(core, record).await).await?.admitted
}

/// Third task: answers records in the stream's order as soon as they are committed.
async fn answer(
    mut waiting: mpsc::Receiver<Waiting>,
    answers: mpsc::Sender<Result<v1::SubmitRecordsResponse, Status>>,
) {
    let mut position = 0_u64;
    while let Some(waiting) = waiting.recv().await {
        let answer = match waiting {
            Waiting::Record(pending) => Ok(Outcome {
                position,
                result: pending.answer().await,
            }
            .into()),
            Waiting::Refused(refusal) => Ok(Outcome {
                position,
                result: Err(refusal),
            }
            .into()),
            Waiting::Broken(status) => Err(status),
        };
        position = position.saturating_add(1);
        // A caller that does not read holds up its own stream, and not for ever.
        if answers
            .send_timeout(answer, STREAM_IDLE_TIMEOUT)
            .await
            .is_err()
        {
            return;
        }
    }
}

fn idle() -> Refusal {
    let seconds = STREAM_IDLE_TIMEOUT.as_secs();
    Refusal::new(
        Reason::StreamIdle,
        format!("nothing was sent for {seconds} seconds"),
    )
}

/// What was found of a record, by what the ledger held then.
struct Judged {
    admitted: Result<Admitted, Refusal>,
    /// The record, when it changes another and so depends on what is logged just before it.
    again: Option<SignedPayload>,
}

async fn begin_admission(
    core: &Arc<Core>,
    record: SignedPayload,
) -> JoinHandle<Result<Judged, Refusal>> {
    let now = clock::now_ms();
    core.begin_check(move |core| {
        let copy = record.clone();
        let mut changes = false;
        let judge = |record: &_| {
            changes = link_rules::changes_another(record);
            let mut problems = link_rules::judge(core, record)?;
            problems.extend(device_rules::seen(core, record)?);
            Ok(problems)
        };
        let admitted = admit_record(&core.reader, &core.origin, record, now, judge);
        Ok(Judged {
            admitted,
            again: changes.then_some(copy),
        })
    })
    .await
}

/// A submission that is on its way into the log, or in it already.
enum Pending {
    Logged(Box<Appended>, Arc<Core>),
    Queued(oneshot::Receiver<Answer>, Vec<Warning>, Arc<Core>),
}

/// Queues what was checked; what is logged already needs no queue.
fn append(core: &Arc<Core>, admitted: Admitted, place: Place) -> Result<Pending, Refusal> {
    match admitted {
        Admitted::Logged(appended) => Ok(Pending::Logged(appended, Arc::clone(core))),
        Admitted::Checked(checked, warnings) => {
            let answer = core.queue.push(checked, place)?;
            Ok(Pending::Queued(answer, warnings, Arc::clone(core)))
        }
    }
}

impl Pending {
    /// The answer, once the submission is durable and published.
    async fn answer(self) -> Result<witnessmark_proto::Appended, Refusal> {
        let (appended, core, mut warnings) = match self {
            Self::Logged(appended, core) => (*appended, core, Vec::new()),
            // The sequencer ends without an answer only when the server stops.
            Self::Queued(answer, warnings, core) => {
                let appended = answer.await.unwrap_or_else(|_| Err(stopping()))?;
                let warnings = link_rules::still_missing(&core, &appended, warnings).await?;
                (appended, core, warnings)
            }
        };
        warnings.extend(device_rules::of_logged(&core, &appended).await?);
        let Appended {
            index,
            already_logged,
            entry,
            proof,
            checkpoint,
            ..
        } = appended;
        let proof = encode_proof(index, &proof, checkpoint.text());
        let entry = entry.to_vec();
        Ok(witnessmark_proto::Appended {
            index,
            entry,
            proof,
            already_logged,
            warnings,
        })
    }
}
