//! Streams of records: answers in order, refusals within, and streams that are empty or break off.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use witnessmark_client::{ClientError, Reason};
use witnessmark_proto::{Refusal, v1};
use witnessmark_verifier::ENTRY_BYTES_MAX;

use super::ledger::{SIZE, TestLedger, good_record, record, signed, signed_record, stranger};

fn request(number: u64) -> v1::SubmitRecordsRequest {
    v1::SubmitRecordsRequest {
        record: Some(good_record(number).into()),
        ..v1::SubmitRecordsRequest::default()
    }
}

#[tokio::test]
async fn a_stream_keeps_its_order_in_the_log_and_in_the_answers() {
    let ledger = TestLedger::start().await;
    // More than two stages of the server's pipeline hold.
    let mut answers = ledger
        .client
        .submit_many((0..700).map(good_record))
        .await
        .unwrap();
    for position in 0..700 {
        let answer = answers.next().await.unwrap().unwrap();
        assert_eq!(answer.position, position);
        assert_eq!(answer.result.unwrap().index.get(), SIZE + position);
    }
    assert!(answers.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_refused_record_is_an_answer_and_not_the_end_of_the_stream() {
    let ledger = TestLedger::start().await;
    let mut wrong = record(2);
    wrong.origin = "another.ledger".to_owned();
    let records = vec![
        good_record(1),
        signed_record(&wrong, &[&super::ledger::device()]),
        good_record(3),
        signed_record(&record(4), &[&stranger()]),
        // Too long for an entry, and too long for a message: the client keeps both back.
        signed(
            "application/vnd.witnessmark.record.v1+protobuf",
            vec![0; ENTRY_BYTES_MAX + 1],
            &[],
        ),
        signed(
            "application/vnd.witnessmark.record.v1+protobuf",
            vec![0; 1_000_000],
            &[],
        ),
        good_record(3),
        good_record(7),
    ];
    let expected = [
        Ok(SIZE),
        Err(Reason::OriginMismatch),
        Ok(SIZE + 1),
        Err(Reason::KeyUnknown),
        Err(Reason::EntryTooLarge),
        Err(Reason::EntryTooLarge),
        Ok(SIZE + 1),
        Ok(SIZE + 2),
    ];
    let mut answers = ledger.client.submit_many(records).await.unwrap();
    for (position, expected) in (0..).zip(expected) {
        let answer = answers.next().await.unwrap().unwrap();
        assert_eq!(answer.position, position);
        let found = answer
            .result
            .map(|logged| logged.index.get())
            .map_err(|refusal| refusal.reason);
        assert_eq!(found, expected, "record {position}");
    }
    assert!(answers.next().await.unwrap().is_none());
}

#[tokio::test]
async fn an_empty_stream_is_refused() {
    let ledger = TestLedger::start().await;
    let mut answers = ledger.client.submit_many(Vec::new()).await.unwrap();
    let error = answers.next().await.unwrap_err();
    let ClientError::Refused(refusal) = error else {
        panic!("{error}")
    };
    assert_eq!(refusal.reason, Reason::RequestEmpty);
}

#[tokio::test]
async fn a_stream_that_breaks_off_leaves_the_ledger_as_good_as_before() {
    let ledger = TestLedger::start().await;
    for round in 0..3 {
        let (send, requests) = mpsc::channel(64);
        for number in 0..40 {
            send.send(request(number)).await.unwrap();
        }
        let stream = ReceiverStream::new(requests);
        let mut answers = ledger
            .bare()
            .await
            .submit_records(stream)
            .await
            .unwrap()
            .into_inner();
        for _ in 0..=round * 5 {
            assert!(answers.message().await.unwrap().is_some());
        }
        // The caller goes away with its stream open and answers outstanding.
        drop((answers, send));
    }
    let mut answers = ledger
        .client
        .submit_many((0..40).map(good_record))
        .await
        .unwrap();
    let mut places = Vec::new();
    while let Some(answer) = answers.next().await.unwrap() {
        places.push(answer.result.unwrap().index.get());
    }
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 40);
    assert_eq!(
        ledger.client.checkpoint().await.unwrap().head().size.get(),
        SIZE + 40
    );
}

#[tokio::test]
async fn a_stream_that_waits_between_records_is_answered_at_once() {
    let ledger = TestLedger::start().await;
    let (send, requests) = mpsc::channel(1);
    let stream = ReceiverStream::new(requests);
    send.send(request(0)).await.unwrap();
    let mut answers = ledger
        .bare()
        .await
        .submit_records(stream)
        .await
        .unwrap()
        .into_inner();
    for number in 1..4 {
        let answer = answers.message().await.unwrap().unwrap();
        assert_eq!(answer.position, number - 1);
        send.send(request(number)).await.unwrap();
    }
    drop(send);
    assert!(answers.message().await.unwrap().is_some());
    assert!(answers.message().await.unwrap().is_none());
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_the_stream_and_nothing_else() {
    let ledger = TestLedger::start().await;
    let mut long = request(1);
    long.record.as_mut().unwrap().payload = vec![0; 300_000];
    let stream = tokio_stream::iter([request(0), long, request(2)]);
    let mut answers = ledger
        .bare()
        .await
        .submit_records(stream)
        .await
        .unwrap()
        .into_inner();
    assert!(answers.message().await.unwrap().is_some());
    let status = answers.message().await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
    assert_eq!(Refusal::from_status(&status), None);
    assert_eq!(ledger.log(0).await.index.get(), SIZE);
}
