//! What a stock client finds out: the schema by reflection, and the health of the service.

use tokio_stream::StreamExt as _;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::{v1, v1alpha};
use witnessmark_proto::{FILE_DESCRIPTOR_SET, SERVICE_NAME};

use super::ledger::TestLedger;

#[tokio::test]
async fn the_schema_is_found_by_reflection_of_version_1() {
    use v1::server_reflection_request::MessageRequest;
    use v1::server_reflection_response::MessageResponse;
    let ledger = TestLedger::start().await;
    let channel = channel(&ledger.daemon.url).await;
    let mut reflection = v1::server_reflection_client::ServerReflectionClient::new(channel);
    let ask = |request| v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(request),
    };
    let questions = [
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol(
            SERVICE_NAME.to_owned(),
        )),
        ask(MessageRequest::FileByFilename(
            "witnessmark/ledger/v1/submit.proto".to_owned(),
        )),
    ];
    let answers = reflection
        .server_reflection_info(tokio_stream::iter(questions))
        .await
        .unwrap()
        .into_inner();
    let answers: Vec<_> = answers
        .map(|answer| answer.unwrap().message_response.unwrap())
        .collect()
        .await;
    let MessageResponse::ListServicesResponse(services) = &answers[0] else {
        panic!()
    };
    let names: Vec<_> = services
        .service
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    assert!(names.contains(&SERVICE_NAME), "{names:?}");
    assert!(names.contains(&"grpc.health.v1.Health"), "{names:?}");
    for answer in &answers[1..] {
        let MessageResponse::FileDescriptorResponse(file) = answer else {
            panic!("{answer:?}")
        };
        assert!(!file.file_descriptor_proto[0].is_empty());
    }
}

#[tokio::test]
async fn the_schema_is_found_by_reflection_of_version_1alpha() {
    use v1alpha::server_reflection_request::MessageRequest;
    use v1alpha::server_reflection_response::MessageResponse;
    let ledger = TestLedger::start().await;
    let channel = channel(&ledger.daemon.url).await;
    let mut reflection = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
    let question = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol(
            SERVICE_NAME.to_owned(),
        )),
    };
    let answers = reflection
        .server_reflection_info(tokio_stream::iter([question]))
        .await
        .unwrap();
    let answer = answers.into_inner().next().await.unwrap().unwrap();
    let Some(MessageResponse::FileDescriptorResponse(file)) = answer.message_response else {
        panic!("no file");
    };
    assert!(!file.file_descriptor_proto.is_empty());
}

#[test]
fn the_descriptor_set_carries_the_comments() {
    let comment = b"Submits one signed record and answers once it is durable";
    assert!(
        FILE_DESCRIPTOR_SET
            .windows(comment.len())
            .any(|window| window == comment)
    );
}

#[tokio::test]
async fn the_service_says_that_it_serves_and_takes_submissions() {
    let ledger = TestLedger::start().await;
    for name in [
        "",
        SERVICE_NAME,
        "witnessmark.ledger.v1.LedgerService/submit",
    ] {
        assert_eq!(
            health(&ledger.daemon.url, name).await,
            ServingStatus::Serving,
            "{name}"
        );
    }
}

/// What the health service says about `name`.
pub(super) async fn health(url: &str, name: &str) -> ServingStatus {
    let mut health = HealthClient::new(channel(url).await);
    let request = HealthCheckRequest {
        service: name.to_owned(),
    };
    health.check(request).await.unwrap().into_inner().status()
}

/// A connection for any service.
pub(super) async fn channel(url: &str) -> Channel {
    Endpoint::from_shared(url.to_owned())
        .unwrap()
        .connect()
        .await
        .unwrap()
}
