//! The load: many submitters at once, and when each record had its answer.

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
use crate::cli::client_trouble;
use crate::output::Failure;

/// How records are submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Calls {
    /// One stream for each client.
    Stream,
    /// A call for each record, one after the other.
    Unary,
}

impl Calls {
    /// The word, as it is typed.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Unary => "unary",
        }
    }
}

/// What was measured.
#[derive(Debug)]
pub(super) struct Measured {
    /// From the first record sent to the last answer.
    pub(super) took: Duration,
    /// From sending a record to its answer, ascending.
    waits: Vec<Duration>,
}

impl Measured {
    /// How long the quickest `per_mille` thousandths of the records waited at most.
    pub(super) fn percentile(&self, per_mille: usize) -> Duration {
        let count = self.waits.len().saturating_mul(per_mille).div_ceil(1_000);
        let last = self.waits.get(count.saturating_sub(1));
        last.copied().unwrap_or_default()
    }
}

type Service = LedgerServiceClient<Channel>;

/// Who submits, and how.
#[derive(Clone, Debug)]
pub(super) struct Load {
    /// The ledger's address, with or without its scheme.
    pub(super) to: String,
    /// How many submit at once, each over a connection of its own.
    pub(super) clients: NonZeroU16,
    pub(super) calls: Calls,
    /// How many records a stream sends before the first has its answer.
    pub(super) in_flight: NonZeroU16,
    /// How many answers came.
    pub(super) answered: Arc<AtomicU64>,
}

/// Submits the records, each client its share, and waits for all answers.
///
/// # Errors
///
/// When a connection fails, or a record is refused.
pub(super) async fn run(load: &Load, records: Vec<v1::SignedPayload>) -> Result<Measured, Failure> {
    let clients = usize::from(load.clients.get());
    let mut shares: Vec<Vec<v1::SignedPayload>> = (0..clients).map(|_| Vec::new()).collect();
    for (number, record) in records.into_iter().enumerate() {
        let client = number.checked_rem(clients).unwrap_or(0);
        if let Some(share) = shares.get_mut(client) {
            share.push(record);
        }
    }
    let url = if load.to.contains("://") {
        load.to.clone()
    } else {
        format!("http://{}", load.to)
    };
    let mut services = Vec::new();
    for _ in 0..clients {
        services.push(Service::connect(url.clone()).await.map_err(broken)?);
    }
    let in_flight = usize::from(load.in_flight.get());
    let begin = Instant::now();
    let mut running = JoinSet::new();
    for (service, share) in services.into_iter().zip(shares) {
        match load.calls {
            Calls::Stream => running.spawn(stream(
                service,
                share,
                in_flight,
                Arc::clone(&load.answered),
            )),
            Calls::Unary => running.spawn(unary(service, share, Arc::clone(&load.answered))),
        };
    }
    let mut waits = Vec::new();
    while let Some(ended) = running.join_next().await {
        waits.extend(ended.map_err(broken)?.map_err(client_trouble)?);
    }
    let took = begin.elapsed();
    waits.sort_unstable();
    Ok(Measured { took, waits })
}

async fn unary(
    mut service: Service,
    records: Vec<v1::SignedPayload>,
    answered: Arc<AtomicU64>,
) -> Result<Vec<Duration>, ClientError> {
    let mut waits = Vec::with_capacity(records.len());
    for record in records {
        let begin = Instant::now();
        let request = v1::SubmitRecordRequest {
            record: Some(record),
        };
        // A refusal that says when to come back is waited out, and that time counts.
        loop {
            let Err(status) = service.submit_record(request.clone()).await else {
                break;
            };
            let error = ClientError::from(status);
            let Some(delay) = error.retry_after() else {
                return Err(error);
            };
            tokio::time::sleep(delay).await;
        }
        waits.push(begin.elapsed());
        answered.fetch_add(1, Ordering::Relaxed);
    }
    Ok(waits)
}

async fn stream(
    mut service: Service,
    records: Vec<v1::SignedPayload>,
    in_flight: usize,
    answered: Arc<AtomicU64>,
) -> Result<Vec<Duration>, ClientError> {
    let room = Arc::new(Semaphore::new(in_flight));
    let (send, requests) = mpsc::channel(in_flight);
    let (note, mut times) = mpsc::unbounded_channel();
    let mut waits = Vec::with_capacity(records.len());
    tokio::spawn(feed(records, room, send, note));
    let mut answers = service
        .submit_records(ReceiverStream::new(requests))
        .await?
        .into_inner();
    while let Some(answer) = answers.message().await? {
        match answer.outcome {
            Some(Outcome::Appended(_)) => {}
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
    Ok(waits)
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
        };
        if note.send((Instant::now(), permit)).is_err() || send.send(request).await.is_err() {
            return;
        }
    }
}
