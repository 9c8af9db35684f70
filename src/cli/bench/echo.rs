//! The bare service: it answers each call at once with bytes that were made before. What it reaches is the limit of any server of
//! these calls on this machine, since neither storage nor signatures are in it.

use std::pin::Pin;
use std::thread::{self, JoinHandle};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};
use witnessmark_proto::v1;
use witnessmark_proto::v1::ledger_service_server::{LedgerService, LedgerServiceServer};
use witnessmark_proto::v1::submit_records_response::Outcome;

use super::broken;
use crate::output::Failure;

/// Answers of the ledger that was measured, for the bare service to repeat.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeated {
    /// To a record.
    pub(super) appended: Option<v1::Appended>,
    /// To a question for an inclusion proof.
    pub(super) inclusion: Option<v1::GetInclusionProofResponse>,
    /// To a question for a consistency proof.
    pub(super) consistency: Option<v1::GetConsistencyProofResponse>,
}

/// The service, in threads of its own, until it is dropped.
#[derive(Debug)]
pub(super) struct Echo {
    /// Where it listens.
    pub(super) url: String,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl Echo {
    /// Starts to serve on a free port of this machine.
    ///
    /// # Errors
    ///
    /// When the machine has no port or no thread left.
    pub(super) async fn start(answers: Repeated) -> Result<Self, Failure> {
        let (stop, stopped) = oneshot::channel::<()>();
        let (listening, address) = oneshot::channel();
        let serving = thread::Builder::new()
            .name("bench-echo".to_owned())
            .spawn(move || {
                // As the ledger's own: one worker for each core. What fails here is seen where the address is awaited.
                let runtime = tokio::runtime::Runtime::new();
                if let Ok(runtime) = runtime {
                    runtime.block_on(serve(answers, listening, stopped));
                }
            })
            .map_err(broken)?;
        let address = address.await.map_err(broken)?;
        Ok(Self {
            url: format!("http://{address}"),
            stop: Some(stop),
            serving: Some(serving),
        })
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // Dropping the sender is what stops the service.
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            // A panic in there was seen by its callers.
            serving.join().unwrap_or_default();
        }
    }
}

async fn serve(
    answers: Repeated,
    listening: oneshot::Sender<std::net::SocketAddr>,
    stopped: oneshot::Receiver<()>,
) {
    let Ok(listener) = TcpListener::bind("127.0.0.1:0").await else {
        return;
    };
    let Ok(address) = listener.local_addr() else {
        return;
    };
    if listening.send(address).is_err() {
        return;
    }
    let service = LedgerServiceServer::new(answers);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    // Whatever ends it early is an error of the calls that are being measured.
    let served = Server::builder()
        .add_service(service)
        .serve_with_incoming_shutdown(incoming, async {
            stopped.await.unwrap_or_default();
        });
    served.await.unwrap_or_default();
}

fn no_answer() -> Status {
    Status::unimplemented("the bare service answers only what is measured")
}

#[tonic::async_trait]
impl LedgerService for Repeated {
    type SubmitRecordsStream =
        Pin<Box<dyn Stream<Item = Result<v1::SubmitRecordsResponse, Status>> + Send>>;
    type WatchCheckpointsStream = tokio_stream::Empty<Result<v1::WatchCheckpointsResponse, Status>>;
    type ListEntriesStream = tokio_stream::Empty<Result<v1::ListEntriesResponse, Status>>;

    async fn submit_record(
        &self,
        _: Request<v1::SubmitRecordRequest>,
    ) -> Result<Response<v1::SubmitRecordResponse>, Status> {
        let appended = self.appended.clone();
        Ok(Response::new(v1::SubmitRecordResponse { appended }))
    }

    async fn submit_records(
        &self,
        requests: Request<Streaming<v1::SubmitRecordsRequest>>,
    ) -> Result<Response<Self::SubmitRecordsStream>, Status> {
        let appended = self.appended.clone().ok_or_else(no_answer)?;
        let answers = requests.into_inner().map(move |request| {
            request.map(|_| v1::SubmitRecordsResponse {
                position: 0,
                outcome: Some(Outcome::Appended(appended.clone())),
            })
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn get_inclusion_proof(
        &self,
        _: Request<v1::GetInclusionProofRequest>,
    ) -> Result<Response<v1::GetInclusionProofResponse>, Status> {
        let answer = self.inclusion.clone().ok_or_else(no_answer)?;
        Ok(Response::new(answer))
    }

    async fn get_consistency_proof(
        &self,
        _: Request<v1::GetConsistencyProofRequest>,
    ) -> Result<Response<v1::GetConsistencyProofResponse>, Status> {
        let answer = self.consistency.clone().ok_or_else(no_answer)?;
        Ok(Response::new(answer))
    }

    async fn submit_key_event(
        &self,
        _: Request<v1::SubmitKeyEventRequest>,
    ) -> Result<Response<v1::SubmitKeyEventResponse>, Status> {
        Err(no_answer())
    }

    async fn get_checkpoint(
        &self,
        _: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        Err(no_answer())
    }

    async fn watch_checkpoints(
        &self,
        _: Request<v1::WatchCheckpointsRequest>,
    ) -> Result<Response<Self::WatchCheckpointsStream>, Status> {
        Err(no_answer())
    }

    async fn get_entry(
        &self,
        _: Request<v1::GetEntryRequest>,
    ) -> Result<Response<v1::GetEntryResponse>, Status> {
        Err(no_answer())
    }

    async fn list_entries(
        &self,
        _: Request<v1::ListEntriesRequest>,
    ) -> Result<Response<Self::ListEntriesStream>, Status> {
        Err(no_answer())
    }

    async fn get_bundle(
        &self,
        _: Request<v1::GetBundleRequest>,
    ) -> Result<Response<v1::GetBundleResponse>, Status> {
        Err(no_answer())
    }

    async fn get_thread(
        &self,
        _: Request<v1::GetThreadRequest>,
    ) -> Result<Response<v1::GetThreadResponse>, Status> {
        Err(no_answer())
    }
}
