//! Every kind of bad input gets its own reason, and leaves the log as it was.

use std::fmt::Debug;

use ed25519_dalek::SigningKey;
use tonic::{Code, Response, Status};
use witnessmark_client::{ClientError, EntrySelector, Reason, Refusal, SignedPayload};
use witnessmark_proto::v1;
use witnessmark_record::v1 as evidence;
use witnessmark_verifier::{
    Hash, LeafIndex, OrgName, PAYLOAD_TYPE_CHARTER, PAYLOAD_TYPE_RECORD, RecordId, TreeSize,
};

use super::discovery::channel;
use super::ledger::{
    SIZE, TestLedger, countersigner, device, good_record, record, revoked, root, signed,
    signed_record, stranger,
};

/// The refusal of a call that must be refused.
#[track_caller]
pub(super) fn refused<T: Debug>(result: Result<T, ClientError>) -> Refusal {
    match result {
        Err(ClientError::Refused(refusal)) => *refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// The refusal of a bare call.
#[track_caller]
fn bare<T: Debug>(result: Result<Response<T>, Status>) -> (Code, Refusal) {
    let status = result.unwrap_err();
    (
        status.code(),
        Refusal::from_status(&status).unwrap_or_else(|| panic!("{status:?}")),
    )
}

fn changed(change: impl FnOnce(&mut evidence::Record)) -> SignedPayload {
    let mut record = record(1);
    change(&mut record);
    signed_record(&record, &[&device()])
}

fn payload(payload: Vec<u8>) -> SignedPayload {
    signed(PAYLOAD_TYPE_RECORD, payload, &[&device()])
}

fn by(keys: &[&SigningKey]) -> SignedPayload {
    signed_record(&record(1), keys)
}

/// The good payload with `more` after it.
fn and(more: &[u8]) -> SignedPayload {
    payload([&good_record(1).payload, more].concat())
}

/// The good payload with a title that is not text.
fn not_utf8() -> Vec<u8> {
    let mut payload = good_record(1).payload;
    let mut windows = payload.windows(9);
    let title = windows.position(|window| window == b"Statement").unwrap();
    payload[title] = 0xff;
    payload
}

#[tokio::test]
async fn every_fault_of_a_record_has_its_reason() {
    let ledger = TestLedger::start().await;
    let mut bad_signature = good_record(1);
    bad_signature.signatures[0].signature[40] ^= 1;
    let mut other_org = good_record(1);
    other_org.org = OrgName::parse("somebody-else").unwrap();
    let mut unknown_org = changed(|record| record.org = "somebody-else".to_owned());
    unknown_org.org = OrgName::parse("somebody-else").unwrap();
    let cases = [
        (
            Reason::RecordMalformed,
            payload(b"no record at all".to_vec()),
        ),
        (Reason::RecordMalformed, payload(not_utf8())),
        // Field 1 again, which a decoder would take instead of the first.
        (Reason::RecordNotCanonical, and(&[0x0a, 0x01, b'x'])),
        // Field 900 of the envelope.
        (Reason::RecordUnknownField, and(&[0xa0, 0x38, 0x01])),
        (
            Reason::RecordKindUnknown,
            changed(|record| record.body = None),
        ),
        (
            Reason::RecordKindUnknown,
            changed(|record| record.schema = "seance/1".to_owned()),
        ),
        (Reason::RecordKindUnknown, payload(Vec::new())),
        (
            Reason::RecordInvalid,
            changed(|record| record.titles.clear()),
        ),
        (
            Reason::OriginMismatch,
            changed(|record| record.origin = "another.ledger".to_owned()),
        ),
        // Whose keys they are is asked first, because that costs nothing.
        (Reason::OrganisationUnknown, other_org),
        (
            Reason::OrganisationMismatch,
            changed(|record| record.org = "somebody-else".to_owned()),
        ),
        (Reason::OrganisationUnknown, unknown_org),
        (Reason::EntryTooLarge, payload(vec![1; 65_000])),
        (Reason::EntryTooLarge, payload(vec![1; 70_000])),
        (
            Reason::PayloadTypeUnknown,
            signed("text/plain", b"hello".to_vec(), &[&device()]),
        ),
        (
            Reason::PayloadTypeUnknown,
            signed(PAYLOAD_TYPE_CHARTER, b"x".to_vec(), &[&device()]),
        ),
        (Reason::SignatureMissing, by(&[])),
        (Reason::SignatureBad, bad_signature),
        (Reason::SignatureDuplicate, by(&[&device(), &device()])),
        (Reason::KeyUnknown, by(&[&stranger()])),
        (Reason::KeyUnknown, by(&[&root()])),
        (Reason::KeyRevoked, by(&[&revoked()])),
        (Reason::KeyRevoked, by(&[&device(), &revoked()])),
        (Reason::KeyRoleNotAllowed, by(&[&countersigner()])),
    ];
    for (place, (reason, record)) in cases.into_iter().enumerate() {
        let refusal = refused(ledger.client.submit_record(record).await);
        assert_eq!(refusal.reason, reason, "case {place}: {refusal}");
        assert!(!refusal.message.is_empty());
    }
    assert_eq!(
        ledger.client.checkpoint().await.unwrap().head().size.get(),
        SIZE
    );
    assert_eq!(ledger.log(1).await.index.get(), SIZE);
}

#[tokio::test]
async fn an_invalid_record_is_told_all_its_problems_with_their_paths() {
    let ledger = TestLedger::start().await;
    let record = changed(|record| {
        record.titles.clear();
        record.occurred = "yesterday".to_owned();
        record.marking = None;
    });
    let refusal = refused(ledger.client.submit_record(record).await);
    assert_eq!(refusal.reason, Reason::RecordInvalid);
    let paths: Vec<_> = refusal
        .violations
        .iter()
        .map(|found| found.path.as_str())
        .collect();
    for path in ["titles", "occurred", "marking"] {
        assert!(
            paths.iter().any(|found| found.starts_with(path)),
            "{path} in {paths:?}"
        );
    }
    for violation in &refusal.violations {
        assert!(violation.description.starts_with("E-"), "{violation:?}");
    }
}

#[tokio::test]
async fn a_request_with_impossible_fields_is_told_which() {
    let ledger = TestLedger::start().await;
    let change = |change: fn(&mut v1::SignedPayload)| {
        let mut message = v1::SignedPayload::from(good_record(1));
        change(&mut message);
        v1::SubmitRecordRequest {
            record: Some(message),
            ..v1::SubmitRecordRequest::default()
        }
    };
    let cases = [
        ("record", v1::SubmitRecordRequest::default()),
        (
            "record.org",
            change(|record| record.org = "Not A Name".to_owned()),
        ),
        ("record.org", change(|record| record.org.clear())),
        (
            "record.signatures[0].algorithm",
            change(|record| record.signatures[0].algorithm = 0),
        ),
        (
            "record.signatures[0].algorithm",
            change(|record| record.signatures[0].algorithm = 2),
        ),
        (
            "record.signatures[0].key_id",
            change(|record| record.signatures[0].key_id.truncate(31)),
        ),
        (
            "record.signatures[0].signature",
            change(|record| record.signatures[0].signature.push(0)),
        ),
        (
            "record.signatures",
            change(|record| {
                record.signatures = vec![record.signatures[0].clone(); 9];
            }),
        ),
    ];
    for (path, request) in cases {
        let (code, refusal) = bare(ledger.bare().await.submit_record(request).await);
        assert_eq!(
            (code, refusal.reason),
            (Code::InvalidArgument, Reason::RequestMalformed)
        );
        assert_eq!(refusal.violations[0].path, path);
    }
}

#[tokio::test]
async fn bytes_that_are_not_the_message_are_the_callers_fault() {
    let ledger = TestLedger::start().await;
    let mut grpc = tonic::client::Grpc::new(channel(&ledger.daemon.url).await);
    // A message whose first field is bytes can carry a signed payload of any bytes: here one whose
    // organisation is not UTF-8, and one that ends within a field.
    for record_id in [vec![0x0a, 0x01, 0xff], vec![0x0a, 0x05, b'x']] {
        grpc.ready().await.unwrap();
        let path = "/witnessmark.ledger.v1.LedgerService/SubmitRecord"
            .parse()
            .unwrap();
        let codec =
            tonic_prost::ProstCodec::<v1::GetBundleRequest, v1::SubmitRecordResponse>::new();
        let request = tonic::Request::new(v1::GetBundleRequest { record_id });
        let (code, refusal) = bare(grpc.unary(request, path, codec).await);
        assert_eq!(
            (code, refusal.reason),
            (Code::InvalidArgument, Reason::RequestMalformed)
        );
    }
}

#[tokio::test]
async fn what_is_beyond_the_log_is_told_so() {
    let ledger = TestLedger::start().await;
    let at = |index| EntrySelector::Index(LeafIndex::new(index));
    let nobody = RecordId::new(Hash::new([7; 32]));
    let client = &ledger.client;
    let reason = |refusal: Refusal| refusal.reason;
    for index in [SIZE, SIZE + 1, u64::MAX] {
        assert_eq!(
            reason(refused(client.entry(at(index)).await)),
            Reason::IndexBeyondLog
        );
        let proof = client.inclusion_proof(at(index), None).await;
        assert_eq!(reason(refused(proof)), Reason::IndexBeyondLog);
        let list = client.entries(LeafIndex::new(index), None).await;
        assert_eq!(reason(refused(list)), Reason::IndexBeyondLog);
        let size = TreeSize::new(index.saturating_add(1));
        let list = client.entries(LeafIndex::new(0), Some(size)).await;
        assert_eq!(reason(refused(list)), Reason::SizeBeyondLog);
        let proof = client.inclusion_proof(at(0), Some(size)).await;
        assert_eq!(reason(refused(proof)), Reason::SizeBeyondLog);
    }
    let small = client.inclusion_proof(at(3), Some(TreeSize::new(3))).await;
    assert_eq!(reason(refused(small)), Reason::IndexBeyondLog);
    let backwards = client
        .entries(LeafIndex::new(4), Some(TreeSize::new(4)))
        .await;
    assert_eq!(reason(refused(backwards)), Reason::RequestMalformed);
    let entry = client.entry(EntrySelector::RecordId(nobody)).await;
    assert_eq!(reason(refused(entry)), Reason::RecordNotFound);
    assert_eq!(
        reason(refused(client.bundle(nobody).await)),
        Reason::RecordNotFound
    );

    let mut service = ledger.bare().await;
    for (old_size, new_size) in [(0, SIZE + 1), (SIZE + 1, 0), (4, 3), (u64::MAX, u64::MAX)] {
        let request = v1::GetConsistencyProofRequest { old_size, new_size };
        let (code, refusal) = bare(service.get_consistency_proof(request).await);
        assert_eq!(
            (code, refusal.reason),
            (Code::OutOfRange, Reason::SizeBeyondLog)
        );
    }
    let (_, refusal) = bare(service.get_entry(v1::GetEntryRequest { entry: None }).await);
    assert_eq!(refusal.reason, Reason::RequestMalformed);
    let short = v1::GetBundleRequest {
        record_id: vec![1; 31],
    };
    assert_eq!(
        bare(service.get_bundle(short).await).1.violations[0].path,
        "record_id"
    );
}

#[tokio::test]
async fn a_key_event_has_no_bundle() {
    let ledger = TestLedger::start().await;
    let event = ledger
        .client
        .entry(EntrySelector::Index(LeafIndex::new(2)))
        .await
        .unwrap();
    let refusal = refused(ledger.client.bundle(event.record_id()).await);
    assert_eq!(refusal.reason, Reason::RecordNotFound);
}
