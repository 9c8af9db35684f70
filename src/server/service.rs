//! The service: each call is handed to the file of its family.

mod append;
mod bundle;
mod checkpoint;
mod entry;
mod prove;
mod thread;

use std::sync::Arc;

use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use witnessmark_proto::v1::ledger_service_server::LedgerService;
use witnessmark_proto::{CheckpointChoice, v1};

use super::core::Core;
use super::peer::Peer;

/// The answers of a stream.
type Answers<T> = ReceiverStream<Result<T, Status>>;

/// Who calls.
fn peer<T>(request: &Request<T>) -> Peer {
    let known = request.extensions().get::<Peer>();
    known.cloned().unwrap_or_else(Peer::new)
}

/// Which checkpoint the caller wants.
fn choice<T>(request: &Request<T>) -> Result<CheckpointChoice, Status> {
    Ok(CheckpointChoice::of(request.metadata())?)
}

/// The service over one ledger.
#[derive(Debug)]
pub(crate) struct LedgerApi {
    core: Arc<Core>,
}

impl LedgerApi {
    /// The service over `core`.
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

#[tonic::async_trait]
impl LedgerService for LedgerApi {
    type SubmitRecordsStream = append::SubmitAnswers;
    type WatchCheckpointsStream = Answers<v1::WatchCheckpointsResponse>;
    type ListEntriesStream = Answers<v1::ListEntriesResponse>;

    async fn submit_record(
        &self,
        request: Request<v1::SubmitRecordRequest>,
    ) -> Result<Response<v1::SubmitRecordResponse>, Status> {
        let answer =
            append::submit_record(&self.core, peer(&request), request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn submit_records(
        &self,
        request: Request<Streaming<v1::SubmitRecordsRequest>>,
    ) -> Result<Response<Self::SubmitRecordsStream>, Status> {
        Ok(Response::new(append::submit_records(
            &self.core,
            peer(&request),
            request.into_inner(),
        )?))
    }

    async fn submit_key_event(
        &self,
        request: Request<v1::SubmitKeyEventRequest>,
    ) -> Result<Response<v1::SubmitKeyEventResponse>, Status> {
        let answer =
            append::submit_key_event(&self.core, peer(&request), request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_checkpoint(
        &self,
        request: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        let choice = choice(&request)?;
        Ok(Response::new(checkpoint::latest(&self.core, choice)?))
    }

    async fn watch_checkpoints(
        &self,
        request: Request<v1::WatchCheckpointsRequest>,
    ) -> Result<Response<Self::WatchCheckpointsStream>, Status> {
        let choice = choice(&request)?;
        Ok(Response::new(checkpoint::watch(&self.core, choice)?))
    }

    async fn get_entry(
        &self,
        request: Request<v1::GetEntryRequest>,
    ) -> Result<Response<v1::GetEntryResponse>, Status> {
        let choice = choice(&request)?;
        let answer = entry::one(&self.core, choice, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_entries(
        &self,
        request: Request<v1::ListEntriesRequest>,
    ) -> Result<Response<Self::ListEntriesStream>, Status> {
        let choice = choice(&request)?;
        let answers = entry::range(&self.core, choice, request.into_inner())?;
        Ok(Response::new(answers))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<v1::GetInclusionProofRequest>,
    ) -> Result<Response<v1::GetInclusionProofResponse>, Status> {
        let choice = choice(&request)?;
        let answer = prove::inclusion(&self.core, choice, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Result<Response<v1::GetConsistencyProofResponse>, Status> {
        let choice = choice(&request)?;
        let answer = prove::consistency(&self.core, choice, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_bundle(
        &self,
        request: Request<v1::GetBundleRequest>,
    ) -> Result<Response<v1::GetBundleResponse>, Status> {
        let choice = choice(&request)?;
        let answer = bundle::of_record(&self.core, choice, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
    async fn get_thread(
        &self,
        request: Request<v1::GetThreadRequest>,
    ) -> Result<Response<v1::GetThreadResponse>, Status> {
        let choice = choice(&request)?;
        let answer = thread::of_record(&self.core, choice, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
