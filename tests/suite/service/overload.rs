//! More than the ledger takes: who is refused, with what words, and who is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};
use witnessmark_client::{EntrySelector, Reason, Refusal, SignedPayload};
use witnessmark_proto::v1;
use witnessmark_proto::v1::ledger_service_client::LedgerServiceClient;
use witnessmark_record::encode;
use witnessmark_verifier::{KeyAction, KeyRole, LeafIndex, PAYLOAD_TYPE_RECORD};

use super::ledger::{
    Chain, TestLedger, device, public, record, registrar, root, signed_as, signed_record,
};

type Service = LedgerServiceClient<Channel>;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

const OTHER: &str = "other-team";

/// How many callers do not read their answers. A server without optimisation takes long to check what fills their windows.
const HOGS: u64 = 3;

fn request(record: SignedPayload) -> v1::SubmitRecordRequest {
    v1::SubmitRecordRequest {
        record: Some(record.into()),
        ..v1::SubmitRecordRequest::default()
    }
}

/// A good record of nearly the largest size.
fn long_record(number: u64) -> SignedPayload {
    let mut record = record(number);
    let Some(witnessmark_record::v1::record::Body::Statement(statement)) = &mut record.body else {
        panic!("a statement")
    };
    statement.texts[0].text.push_str(&".".repeat(50_000));
    signed_record(&record, &[&device()])
}

/// A good record of the other organisation.
fn others_record(number: u64) -> SignedPayload {
    let mut record = record(number);
    OTHER.clone_into(&mut record.org);
    signed_as(OTHER, PAYLOAD_TYPE_RECORD, encode(&record), &[&device()])
}

/// Admits the other organisation.
async fn admit_other(ledger: &TestLedger) {
    let registrar = registrar(&ledger.folder.path().join("ledger"));
    let mut chain = Chain::default();
    let genesis = KeyAction::Genesis {
        threshold: 1,
        roots: vec![public(&root())],
    };
    let add = KeyAction::Add {
        key: public(&device()),
        role: KeyRole::Record,
        label: None,
    };
    for (action, keys) in [
        (genesis, [&root(), &registrar]),
        (add, [&root(), &device()]),
    ] {
        let event = chain.next_of(OTHER, action, &keys);
        ledger.client.submit_key_event(event).await.unwrap();
    }
}

/// A caller that sends long records in one stream and reads no answer.
struct Hog {
    sent: Arc<AtomicU64>,
    sending: JoinHandle<()>,
    _answers: Streaming<v1::SubmitRecordsResponse>,
}

impl Drop for Hog {
    fn drop(&mut self) {
        // The stream is reset once neither direction is held any more.
        self.sending.abort();
    }
}

impl Hog {
    async fn start(url: &str, first: u64) -> Self {
        let endpoint = Endpoint::from_shared(url.to_owned()).unwrap();
        // As little as HTTP/2 has, so that few answers are on their way.
        let channel = endpoint.initial_stream_window_size(65_535);
        let mut service = Service::new(channel.connect().await.unwrap());
        let (give, requests) = mpsc::channel(1);
        let sent = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&sent);
        let sending = tokio::spawn(async move {
            // Few different ones, because a server without optimisation takes long to check so long a text.
            let records = [0, 1, 2].map(|number| long_record(first + number));
            for record in records.iter().cycle() {
                let record = Some(record.clone().into());
                if give
                    .send(v1::SubmitRecordsRequest {
                        record,
                        ..v1::SubmitRecordsRequest::default()
                    })
                    .await
                    .is_err()
                {
                    return;
                }
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        let answers = service.submit_records(ReceiverStream::new(requests));
        let answers = answers.await.unwrap().into_inner();
        Self {
            sent,
            sending,
            _answers: answers,
        }
    }
}

fn refusal(status: &Status) -> Refusal {
    Refusal::from_status(status).unwrap_or_else(|| panic!("{status:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_with_the_time_to_come_back_and_takes_again_when_there_is_room() {
    let ledger = TestLedger::start_with("\n[limits]\nqueue_records = 1\n").await;
    ledger.log(1).await;
    let hog = Hog::start(&ledger.daemon.url, 1_000).await;
    let mut service = ledger.bare().await;
    let (begin, mut number, mut refused) = (Instant::now(), 2_u64, 0);
    // The one place is taken for good as soon as the hog's answers are no longer taken from the server.
    while refused < 20 {
        assert!(begin.elapsed() < PATIENCE, "the queue is never full");
        let record = signed_record(&record(number), &[&device()]);
        let Err(status) = service.submit_record(request(record)).await else {
            (number, refused) = (number + 1, 0);
            continue;
        };
        assert_eq!(status.code(), Code::ResourceExhausted);
        let refusal = refusal(&status);
        assert_eq!(refusal.reason, Reason::QueueFull);
        let delay = refusal.retry_after.unwrap();
        let allowed = Duration::from_millis(20)..=Duration::from_secs(10);
        assert!(allowed.contains(&delay), "{delay:?}");
        refused += 1;
    }
    // Whoever reads is not concerned.
    let at = |index| EntrySelector::Index(LeafIndex::new(index));
    ledger.client.entry(at(3)).await.unwrap();
    ledger.client.inclusion_proof(at(0), None).await.unwrap();
    let status = service.submit_record(request(others_record(1))).await;
    assert_eq!(refusal(&status.unwrap_err()).reason, Reason::QueueFull);

    drop(hog);
    // This one comes back by itself when it is refused.
    ledger.log(number).await;
}

/// Submits from many calls at once until it is told to stop, and says how many were refused for want of a place.
fn flood(
    services: Vec<Service>,
    make: fn(u64) -> SignedPayload,
) -> (Arc<AtomicBool>, Arc<AtomicU64>, JoinSet<()>) {
    let (stop, full) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let (next, mut calls) = (Arc::new(AtomicU64::new(10_000)), JoinSet::new());
    for service in services {
        for _ in 0..16 {
            let (stop, full, next) = (Arc::clone(&stop), Arc::clone(&full), Arc::clone(&next));
            let mut service = service.clone();
            calls.spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let record = make(next.fetch_add(1, Ordering::SeqCst));
                    if let Err(status) = service.submit_record(request(record)).await
                        && refusal(&status).reason == Reason::QueueFull
                    {
                        full.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    }
    (stop, full, calls)
}

/// One caller submits all the while that others flood the ledger with 96 calls at once, until so many of these were refused. Each
/// of its own records is taken when it first comes.
async fn taken_beside_a_flood(ledger: &TestLedger, make: fn(u64) -> SignedPayload, refused: u64) {
    let mut polite = ledger.bare().await;
    polite
        .submit_record(request(others_record(0)))
        .await
        .unwrap();
    let mut services = Vec::new();
    for number in 0..6 {
        let mut service = ledger.bare().await;
        // The connection is known for whatever it is.
        drop(service.submit_record(request(make(number))).await);
        services.push(service);
    }
    let (stop, full, mut calls) = flood(services, make);
    let (begin, mut number) = (Instant::now(), 1);
    while number <= 30 || full.load(Ordering::SeqCst) < refused {
        assert!(begin.elapsed() < PATIENCE, "nobody is refused");
        let answer = polite.submit_record(request(others_record(number))).await;
        let appended = answer.unwrap().into_inner().appended.unwrap();
        assert!(!appended.already_logged);
        number += 1;
    }
    stop.store(true, Ordering::SeqCst);
    while let Some(ended) = calls.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greedy_organisation_is_refused_and_another_is_not() {
    let ledger = TestLedger::start_with("\n[limits]\nqueue_records = 32\n").await;
    admit_other(&ledger).await;
    let greedy = |number| signed_record(&record(number), &[&device()]);
    taken_beside_a_flood(&ledger, greedy, 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_in_the_name_of_an_organisation_takes_nothing_from_it() {
    // Were the 96 on the account of the organisation, it could have no more than 56 of these places.
    let ledger = TestLedger::start_with("\n[limits]\nqueue_records = 104\n").await;
    admit_other(&ledger).await;
    let rubbish = |number: u64| {
        let mut rubbish = others_record(number + 1_000_000);
        rubbish.signatures[0].signature[40] ^= 1;
        rubbish
    };
    taken_beside_a_flood(&ledger, rubbish, 0).await;
    let found = ledger.client.checkpoint().await.unwrap();
    let selector = EntrySelector::Index(LeafIndex::new(found.head().size.get() - 1));
    let last = ledger.client.entry(selector).await.unwrap();
    assert_eq!(last.entry.org.unwrap().as_str(), OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_two_organisations_is_logged_in_its_order() {
    let ledger = TestLedger::start().await;
    admit_other(&ledger).await;
    // Others take turns meanwhile.
    let url = ledger.daemon.url.clone();
    let hog = Hog::start(&url, 1_000_000).await;
    let records = (0..60).map(|number| {
        // Not one after the other: then taking turns would keep the order by chance.
        if number % 5 < 3 {
            signed_record(&record(number), &[&device()])
        } else {
            others_record(number)
        }
    });
    let records: Vec<_> = records.collect();
    let mut answers = ledger.client.submit_many(records).await.unwrap();
    let mut indexes = Vec::new();
    while let Some(answer) = answers.next().await.unwrap() {
        indexes.push(answer.result.unwrap().index);
    }
    assert_eq!(indexes.len(), 60);
    assert!(indexes.is_sorted(), "{indexes:?}");
    drop(hog);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_do_not_read_their_answers_do_not_fill_the_memory() {
    let ledger = TestLedger::start_with("\n[limits]\nqueue_bytes = 1048576\n").await;
    ledger.log(1).await;
    let before = ledger.daemon.memory();
    let mut hogs = Vec::new();
    for number in 0..HOGS {
        hogs.push(Hog::start(&ledger.daemon.url, (number + 1) * 1_000_000).await);
    }
    // Each could send any number. Once they are held up, what waits is refused now and then, and hardly more is sent.
    let sent = || {
        let each = hogs.iter().map(|hog| hog.sent.load(Ordering::SeqCst));
        each.sum::<u64>()
    };
    let (begin, mut last) = (Instant::now(), 0);
    while last == 0 || sent() > last + HOGS {
        assert!(begin.elapsed() < PATIENCE * 3, "nobody holds them up");
        last = sent();
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    let grown = ledger.daemon.memory().saturating_sub(before);
    // The queue three times over, and for each connection what HTTP/2 has under way in both directions.
    let allowed = 3 * (1 << 20) + HOGS * 3 * (1 << 20);
    assert!(grown < allowed, "{grown} bytes for {last} records");
    ledger.client.checkpoint().await.unwrap();
}
