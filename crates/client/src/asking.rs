//! What every call of a client asks for besides: the checkpoint that its policy can accept.

use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};
use witnessmark_proto::CheckpointChoice;
use witnessmark_proto::v1::ledger_service_client::LedgerServiceClient;
use witnessmark_verifier::TrustPolicy;

use crate::limits::ANSWER_BYTES_MAX;

/// Puts the choice of a checkpoint into the headers of each call that has none of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking(CheckpointChoice);

impl Interceptor for Asking {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        self.0.ask(request.metadata_mut());
        Ok(request)
    }
}

/// The service, asked for what the client's user can verify.
pub(crate) type Service = LedgerServiceClient<InterceptedService<Channel, Asking>>;

/// A policy that asks for witnesses accepts no checkpoint without them, so none is asked for.
pub(crate) fn choice_of(policy: &TrustPolicy) -> CheckpointChoice {
    if policy.quorum().is_some() {
        CheckpointChoice::Witnessed
    } else {
        CheckpointChoice::Newest
    }
}

/// The service over a connection.
pub(crate) fn service(channel: Channel, choice: CheckpointChoice) -> Service {
    LedgerServiceClient::with_interceptor(channel, Asking(choice))
        .max_decoding_message_size(ANSWER_BYTES_MAX)
}
