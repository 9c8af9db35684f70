//! The load: many callers at once, and when each call had its answer.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use witnessmark_client::ClientError;
use witnessmark_proto::Refusal;
use witnessmark_proto::v1::ledger_service_client::LedgerServiceClient;
use witnessmark_proto::v1::{self, submit_records_response::Outcome};

use super::broken;
use super::echo::Repeated;
use crate::cli::client_trouble;
use crate::output::Failure;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Calls {
    /// Records, one stream for each client.
    Stream,
    /// Records, a call for each, one after the other.
    Unary,
    /// Inclusion proofs of entries all over the log, a call for each.
    Inclusion,
    /// Consistency proofs from sizes all over the log to the latest, a call for each.
    Consistency,
}

impl Calls {
    /// The word, as it is typed.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Unary => "unary",
            Self::Inclusion => "inclusion",
            Self::Consistency => "consistency",
        }
    }

    /// Whether records are appended; proofs are only read.
    pub(super) const fn appends(self) -> bool {
        matches!(self, Self::Stream | Self::Unary)
    }
}

/// What is sent.
#[derive(Clone, Debug)]
pub(super) enum Requests {
    /// Records, all in one stream for each client; so many at most wait for their answers.
    Stream(Vec<v1::SignedPayload>, usize),
    /// Records, each in a call.
    Unary(Vec<v1::SignedPayload>),
    /// Questions for inclusion proofs.
    Inclusion(Vec<v1::GetInclusionProofRequest>),
    /// Questions for consistency proofs.
    Consistency(Vec<v1::GetConsistencyProofRequest>),
}

/// What was measured.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// From the first request sent to the last answer.
    pub(super) took: Duration,
    /// One answer, for the bare service to repeat.
    pub(super) answer: Repeated,
    /// From sending a request to its answer, ascending.
    waits: Vec<Duration>,
}

impl Measured {
    /// How long the quickest `per_mille` thousandths of the calls waited at most.
    pub(super) fn percentile(&self, per_mille: usize) -> Duration {
        percentile(&self.waits, per_mille)
    }
}

/// How long the quickest `per_mille` thousandths of `waits`, which ascend, are at most.
pub(super) fn percentile(waits: &[Duration], per_mille: usize) -> Duration {
    let count = waits.len().saturating_mul(per_mille).div_ceil(1_000);
    let last = waits.get(count.saturating_sub(1));
    last.copied().unwrap_or_default()
}

/// Who calls.
#[derive(Clone, Debug)]
pub(super) struct Load {
    /// The ledger's address, with or without its scheme.
    pub(super) to: String,
    /// How many call at once, each over a connection of its own.
    pub(super) clients: NonZeroU16,
    /// How many answers came.
    pub(super) answered: Arc<AtomicU64>,
}

impl Load {
    /// So many callers of this address.
    pub(super) fn new(to: &str, clients: NonZeroU16) -> Self {
        Self {
            to: to.to_owned(),
            clients,
            answered: Arc::default(),
        }
    }
}

type Service = LedgerServiceClient<Channel>;

/// What one client had: how long each call took, and the last answer.
type Share = Result<(Vec<Duration>, Repeated), ClientError>;

/// Sends the requests, each client its share over a connection of its own, and waits for all answers.
///
/// # Errors
///
/// When a connection fails, or a request is refused.
pub(super) async fn run(load: &Load, requests: Requests) -> Result<Measured, Failure> {
    let clients = usize::from(load.clients.get());
    let url = if load.to.contains("://") {
        load.to.clone()
    } else {
        format!("http://{}", load.to)
    };
    let mut services = Vec::new();
    for _ in 0..clients {
        services.push(Service::connect(url.clone()).await.map_err(broken)?);
    }
    let mut running: JoinSet<Share> = JoinSet::new();
    let begin = Instant::now();
    let answered = &load.answered;
    match requests {
        Requests::Stream(records, in_flight) => {
            for (service, share) in services.into_iter().zip(shares(records, clients)) {
                running.spawn(stream(service, share, in_flight, Arc::clone(answered)));
            }
        }
        Requests::Unary(records) => each(&mut running, services, records, answered, append),
        Requests::Inclusion(asked) => each(&mut running, services, asked, answered, inclusion),
        Requests::Consistency(asked) => each(&mut running, services, asked, answered, consistency),
    }
    let mut measured = Measured::default();
    while let Some(ended) = running.join_next().await {
        let (waits, answer) = ended.map_err(broken)?.map_err(client_trouble)?;
        measured.waits.extend(waits);
        measured.answer = answer;
    }
    measured.took = begin.elapsed();
    measured.waits.sort_unstable();
    Ok(measured)
}

/// Has each client make its share of the calls, one by one.
fn each<T, F>(
    running: &mut JoinSet<Share>,
    services: Vec<Service>,
    requests: Vec<T>,
    answered: &Arc<AtomicU64>,
    call: fn(Service, T) -> F,
) where
    T: Send + 'static,
    F: Future<Output = Result<Repeated, ClientError>> + Send + 'static,
{
    let shares = shares(requests, services.len());
    for (service, share) in services.into_iter().zip(shares) {
        let call = move |request| call(service.clone(), request);
        running.spawn(one_by_one(share, call, Arc::clone(answered)));
    }
}

/// What each client sends, in turn.
fn shares<T>(requests: Vec<T>, clients: usize) -> Vec<Vec<T>> {
    let mut shares: Vec<Vec<T>> = (0..clients).map(|_| Vec::new()).collect();
    for (number, request) in requests.into_iter().enumerate() {
        let client = number.checked_rem(clients).unwrap_or(0);
        if let Some(share) = shares.get_mut(client) {
            share.push(request);
        }
    }
    shares
}

async fn one_by_one<T, F>(
    requests: Vec<T>,
    mut call: impl FnMut(T) -> F,
    answered: Arc<AtomicU64>,
) -> Share
where
    F: Future<Output = Result<Repeated, ClientError>>,
{
    let mut waits = Vec::with_capacity(requests.len());
    let mut last = Repeated::default();
    for request in requests {
        let begin = Instant::now();
        last = call(request).await?;
        waits.push(begin.elapsed());
        answered.fetch_add(1, Ordering::Relaxed);
    }
    Ok((waits, last))
}

/// A refusal that says when to come back is waited out, and that time counts.
async fn append(mut service: Service, record: v1::SignedPayload) -> Result<Repeated, ClientError> {
    let record = Some(record);
    let request = v1::SubmitRecordRequest {
        record,
        ..v1::SubmitRecordRequest::default()
    };
    loop {
        let error = match service.submit_record(request.clone()).await {
            Ok(answer) => {
                return Ok(Repeated {
                    appended: answer.into_inner().appended,
                    ..Repeated::default()
                });
            }
            Err(status) => ClientError::from(status),
        };
        let Some(delay) = error.retry_after() else {
            return Err(error);
        };
        tokio::time::sleep(delay).await;
    }
}

async fn inclusion(
    mut service: Service,
    question: v1::GetInclusionProofRequest,
) -> Result<Repeated, ClientError> {
    Ok(Repeated {
        inclusion: Some(service.get_inclusion_proof(question).await?.into_inner()),
        ..Repeated::default()
    })
}

async fn consistency(
    mut service: Service,
    question: v1::GetConsistencyProofRequest,
) -> Result<Repeated, ClientError> {
    Ok(Repeated {
        consistency: Some(service.get_consistency_proof(question).await?.into_inner()),
        ..Repeated::default()
    })
}

async fn stream(
    mut service: Service,
    records: Vec<v1::SignedPayload>,
    in_flight: usize,
    answered: Arc<AtomicU64>,
) -> Share {
    let room = Arc::new(Semaphore::new(in_flight));
    let (send, requests) = mpsc::channel(in_flight);
    let (note, mut times) = mpsc::unbounded_channel();
    let mut waits = Vec::with_capacity(records.len());
    let mut last = Repeated::default();
    tokio::spawn(feed(records, room, send, note));
    let mut answers = service
        .submit_records(ReceiverStream::new(requests))
        .await?
        .into_inner();
    while let Some(answer) = answers.message().await? {
        match answer.outcome {
            Some(Outcome::Appended(appended)) => last.appended = Some(appended),
            Some(Outcome::Refusal(refusal)) => {
                return Err(ClientError::Refused(Box::new(Refusal::try_from(refusal)?)));
            }
            None => {
                return Err(ClientError::Protocol(
                    "an answer without an outcome".to_owned(),
                ));
            }
        }
        if let Some((begin, _room)) = times.recv().await {
            waits.push(Instant::elapsed(&begin));
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok((waits, last))
}

/// Ends when all records are sent, or nobody reads the answers any more.
async fn feed(
    records: Vec<v1::SignedPayload>,
    room: Arc<Semaphore>,
    send: mpsc::Sender<v1::SubmitRecordsRequest>,
    note: mpsc::UnboundedSender<(Instant, OwnedSemaphorePermit)>,
) {
    for record in records {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let request = v1::SubmitRecordsRequest {
            record: Some(record),
            ..v1::SubmitRecordsRequest::default()
        };
        if note.send((Instant::now(), permit)).is_err() || send.send(request).await.is_err() {
            return;
        }
    }
}
