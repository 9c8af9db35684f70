//! Submitting: convert, authorise, append, map, convert; one at a time, or as a stream.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_stream::StreamExt as _;
use tokio_stream::adapters::Map;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};
use witnessmark_log::Appended;
use witnessmark_proto::{
    CheckpointChoice, Outcome, Reason, Refusal, SignedPayload, WaitFor, Warning, v1,
};
use witnessmark_tlog::encode_proof;
use witnessmark_verifier::OrgName;

use super::entry::covering;
use crate::clock;
use crate::server::admission::{Admitted, admit_key_event, admit_record};
use crate::server::core::{Check, Core};
use crate::server::device_rules;
use crate::server::door::Place;
use crate::server::limits::{
    STREAM_ANSWERS_MAX, STREAM_IDLE_TIMEOUT, STREAM_STAGE_MAX, WITNESSED_WAIT,
};
use crate::server::link_rules;
use crate::server::peer::Peer;
use crate::server::sequencer::{Answer, stopping};
use crate::server::status;

/// An answer of a stream, with the place of its submission until the transport takes it.
type Ready = (Result<v1::SubmitRecordsResponse, Status>, Option<Place>);

/// The answers of a stream as the transport takes them.
pub(super) type SubmitAnswers =
    Map<ReceiverStream<Ready>, fn(Ready) -> Result<v1::SubmitRecordsResponse, Status>>;

/// Appends one record.
pub(super) async fn submit_record(
    core: &Arc<Core>,
    peer: Peer,
    request: v1::SubmitRecordRequest,
) -> Result<v1::SubmitRecordResponse, Refusal> {
    let wait = WaitFor::from_message(request.wait_for)?;
    let record = SignedPayload::from_message("record", request.record)?;
    core.queue.opened(core.start_over).await;
    let place = place_now(core, &peer, &record)?;
    let judged = begin_admission(core, peer, record, place).found().await?;
    let pending = append(core, judged.admitted?, (judged.place, wait))?;
    let (appended, _place) = pending.answer().await;
    Ok(v1::SubmitRecordResponse {
        appended: Some(appended?.into()),
    })
}

/// Appends one key event.
pub(super) async fn submit_key_event(
    core: &Arc<Core>,
    peer: Peer,
    request: v1::SubmitKeyEventRequest,
) -> Result<v1::SubmitKeyEventResponse, Refusal> {
    let wait = WaitFor::from_message(request.wait_for)?;
    let event = SignedPayload::from_message("key_event", request.key_event)?;
    core.queue.opened(core.start_over).await;
    let mut place = place_now(core, &peer, &event)?;
    let check = core.begin_check(place.account().clone(), move |core| {
        let org = event.org.clone();
        let admitted = admit_key_event(&core.reader, event);
        peer.learn(&org, &admitted, &mut place);
        (admitted, place)
    });
    let (admitted, place) = check.found().await?;
    let (appended, _place) = append(core, admitted?, (place, wait))?.answer().await;
    Ok(v1::SubmitKeyEventResponse {
        appended: Some(appended?.into()),
    })
}

/// Appends a stream of records. Three tasks follow each other, so that records are checked on all
/// cores while earlier ones are committed, and both the log and the answers keep the stream's
/// order.
pub(super) fn submit_records(
    core: &Arc<Core>,
    peer: Peer,
    requests: Streaming<v1::SubmitRecordsRequest>,
) -> Result<SubmitAnswers, Refusal> {
    let room = peer.stream()?;
    let (to_sequence, checking) = mpsc::channel(STREAM_STAGE_MAX);
    let (to_answer, waiting) = mpsc::channel(STREAM_STAGE_MAX);
    let (answers, answered) = mpsc::channel(STREAM_ANSWERS_MAX);
    let receiving = receive((Arc::clone(core), peer.clone()), requests, to_sequence);
    tokio::spawn(async move {
        receiving.await;
        drop(room);
    });
    tokio::spawn(sequence((Arc::clone(core), peer), checking, to_answer));
    tokio::spawn(answer(waiting, answers));
    Ok(ReceiverStream::new(answered).map(|(answer, _place)| answer))
}

/// A record of a stream while it is checked.
enum Checking {
    Record(Check<Judged>, WaitFor),
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
    (core, peer): (Arc<Core>, Peer),
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
            Ok(Ok(Some(request))) => begin(&core, &peer, request).await,
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

/// While there is no place the stream is not read any further, and the window of the connection holds up the caller.
async fn begin(core: &Arc<Core>, peer: &Peer, request: v1::SubmitRecordsRequest) -> Checking {
    let record = SignedPayload::from_message("record", request.record);
    let wait = WaitFor::from_message(request.wait_for);
    let (record, wait) = match (record, wait) {
        (Ok(record), Ok(wait)) => (record, wait),
        (Err(refusal), _) | (_, Err(refusal)) => return Checking::Refused(refusal),
    };
    core.queue.opened(core.start_over).await;
    if let Err(refusal) = core.queue.check_open() {
        return Checking::Refused(refusal);
    }
    let account = peer.account(&record.org);
    match core.door.place_soon(account, record.payload.len()).await {
        Ok(place) => Checking::Record(begin_admission(core, peer.clone(), record, place), wait),
        Err(refusal) => Checking::Refused(refusal),
    }
}

/// Second task: queues records in the stream's order as soon as they are checked.
async fn sequence(
    (core, peer): (Arc<Core>, Peer),
    mut checking: mpsc::Receiver<Checking>,
    next: mpsc::Sender<Waiting>,
) {
    // Whose turns the stream takes: those of who signed the first of its records that is queued. A stream of several
    // organisations keeps its order only in one queue.
    let mut turn = None;
    while let Some(checking) = checking.recv().await {
        let waiting = match checking {
            Checking::Record(check, wait) => {
                let judged = judged(&core, &peer, check).await;
                let queued =
                    |(admitted, place)| append_in(&core, &mut turn, admitted, (place, wait));
                match judged.and_then(queued) {
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
    peer: &Peer,
    check: Check<Judged>,
) -> Result<(Admitted, Place), Refusal> {
    let Judged {
        admitted,
        again,
        place,
    } = check.found().await?;
    let Some(record) = again else {
        return Ok((admitted?, place));
    };
    core.queue.settle().await?;
    let again = begin_admission(core, peer.clone(), record, place);
    let Judged {
        admitted, place, ..
    } = again.found().await?;
    Ok((admitted?, place))
}

/// Third task: answers records in the stream's order as soon as they are committed.
async fn answer(mut waiting: mpsc::Receiver<Waiting>, answers: mpsc::Sender<Ready>) {
    let mut position = 0_u64;
    while let Some(waiting) = waiting.recv().await {
        let (result, place) = match waiting {
            Waiting::Record(pending) => pending.answer().await,
            Waiting::Refused(refusal) => (Err(refusal), None),
            Waiting::Broken(status) => {
                // A caller that does not read holds up its own stream, and not for ever.
                let answer = (Err(status), None);
                drop(answers.send_timeout(answer, STREAM_IDLE_TIMEOUT).await);
                return;
            }
        };
        let answer = Outcome { position, result };
        position = position.saturating_add(1);
        let answer = (Ok(answer.into()), place);
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

fn place_now(core: &Core, peer: &Peer, signed: &SignedPayload) -> Result<Place, Refusal> {
    core.queue.check_open()?;
    let account = peer.account(&signed.org);
    core.door.place_now(account, signed.payload.len())
}

/// What was found of a record, by what the ledger held then.
struct Judged {
    admitted: Result<Admitted, Refusal>,
    /// The record, when it changes another and so depends on what is logged just before it.
    again: Option<SignedPayload>,
    /// Whoever goes away while his record is checked leaves its place to the check.
    place: Place,
}

fn begin_admission(
    core: &Arc<Core>,
    peer: Peer,
    record: SignedPayload,
    mut place: Place,
) -> Check<Judged> {
    let now = clock::now_ms();
    core.begin_check(place.account().clone(), move |core| {
        let org = record.org.clone();
        let mut again = None;
        let judge = |record: &_, signed: &dyn Fn() -> SignedPayload| {
            again = link_rules::changes_another(record).then(signed);
            let mut problems = link_rules::judge(core, record)?;
            problems.extend(device_rules::seen(core, record)?);
            Ok(problems)
        };
        let admitted = admit_record(&core.reader, &core.origin, record, now, judge);
        peer.learn(&org, &admitted, &mut place);
        Judged {
            admitted,
            again,
            place,
        }
    })
}

/// A submission that is on its way into the log, or in it already.
enum Pending {
    Logged(Box<Appended>, Place, Wanted),
    Queued(oneshot::Receiver<Answer>, Vec<Warning>, Wanted),
}

/// What its answer waits for.
struct Wanted {
    core: Arc<Core>,
    wait: WaitFor,
    /// Until when, if it waits for witnesses.
    deadline: Instant,
}

/// Queues what was checked; what is logged already needs no queue.
fn append(
    core: &Arc<Core>,
    admitted: Admitted,
    placed: (Place, WaitFor),
) -> Result<Pending, Refusal> {
    append_in(core, &mut None, admitted, placed)
}

/// The same, in the queue of an organisation; in that of the submission when there is none yet.
fn append_in(
    core: &Arc<Core>,
    turn: &mut Option<OrgName>,
    admitted: Admitted,
    (place, wait): (Place, WaitFor),
) -> Result<Pending, Refusal> {
    let wanted = Wanted {
        core: Arc::clone(core),
        wait,
        deadline: Instant::now() + WITNESSED_WAIT,
    };
    match admitted {
        Admitted::Logged(appended) => Ok(Pending::Logged(appended, place, wanted)),
        Admitted::Checked(checked, said, warnings) => {
            let own = || checked.submission().org.clone();
            let turn = turn.get_or_insert_with(own).clone();
            let answer = core.queue.push(turn, (checked, said), place)?;
            Ok(Pending::Queued(answer, warnings, wanted))
        }
    }
}

impl Pending {
    /// The answer, once the submission is durable and published, and the place that it holds until it is handed over.
    async fn answer(self) -> (Result<witnessmark_proto::Appended, Refusal>, Option<Place>) {
        let (result, place, wanted, warnings) = match self {
            Self::Logged(appended, place, wanted) => (Ok(*appended), place, wanted, Vec::new()),
            Self::Queued(answer, warnings, wanted) => match answer.await {
                Ok((result, place)) => (result, place, wanted, warnings),
                // The sequencer ends without an answer only when the server stops.
                Err(_) => return (Err(stopping()), None),
            },
        };
        let answer = match result {
            Ok(appended) => match witnessed(&wanted, appended).await {
                Ok(appended) => describe(&wanted.core, appended, warnings, &place).await,
                Err(refusal) => Err(refusal),
            },
            Err(refusal) => Err(refusal),
        };
        (answer, Some(place))
    }
}

/// What was logged, proved in a checkpoint that may be shown: at once, or when the witnesses have cosigned it.
async fn witnessed(wanted: &Wanted, appended: Appended) -> Result<Appended, Refusal> {
    let core = &wanted.core;
    let choice = match wanted.wait {
        WaitFor::Witnessed => CheckpointChoice::FirstWitnessed,
        WaitFor::Published if core.witnesses.come_first() => CheckpointChoice::FirstWitnessed,
        WaitFor::Published => return Ok(appended),
    };
    let index = appended.index;
    let mut stop = core.stopping.clone();
    tokio::select! {
        in_time = core.witnesses.until_witnessed(index.get(), wanted.deadline) => in_time?,
        // It is logged; whoever submits it again is told.
        _ = stop.wait_for(|stop| *stop) => return Err(stopping()),
    }
    let proved = core.read(move |core| {
        let checkpoint = covering(core, choice, index)?;
        let size = checkpoint.head().size.get();
        let proof = core.reader.inclusion_proof(index, size);
        let proof = proof.map_err(|error| status::of_log(&error))?;
        Ok((checkpoint, proof))
    });
    let (checkpoint, proof) = proved.await?;
    Ok(Appended {
        checkpoint,
        proof,
        ..appended
    })
}

async fn describe(
    core: &Arc<Core>,
    appended: Appended,
    warnings: Vec<Warning>,
    place: &Place,
) -> Result<witnessmark_proto::Appended, Refusal> {
    let mut warnings = link_rules::still_missing(core, place, &appended, warnings).await?;
    warnings.extend(device_rules::of_logged(core, place, &appended).await?);
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
