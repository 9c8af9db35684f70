//! What the ledger says of the device that signed: warnings that travel with the answer.

use witnessmark_client::EntrySelector;
use witnessmark_record::v1;
use witnessmark_verifier::LeafIndex;

use super::ledger::{SIZE, TestLedger, device, record, signed_record};

/// The codes of the warnings about a record, without the one about its clock, which was set once for all tests.
async fn warned(ledger: &TestLedger, record: &v1::Record) -> Vec<(String, String)> {
    let sent = signed_record(record, &[&device()]);
    let logged = ledger.client.submit_record(sent).await.unwrap();
    let warnings = logged.warnings.into_iter();
    warnings
        .filter(|warning| warning.code != "W-CLOCK")
        .map(|warning| (warning.code, warning.description))
        .collect()
}

fn codes(warnings: &[(String, String)]) -> Vec<&str> {
    warnings.iter().map(|(code, _)| code.as_str()).collect()
}

#[tokio::test]
async fn a_checkpoint_that_the_device_had_seen_is_held_against_the_ledgers() {
    let ledger = TestLedger::start().await;
    let head = *ledger.client.checkpoint().await.unwrap().head();
    let now = last_registered(&ledger).await;
    let with = |number, size, root: &[u8], signed_at_ms| v1::Record {
        seen: Some(v1::CheckpointSeen {
            size,
            root: root.to_vec(),
        }),
        signed_at_ms,
        ..record(number)
    };
    let root = head.root.as_bytes();
    let good = warned(&ledger, &with(1, SIZE, root, now)).await;
    assert_eq!(codes(&good), [""; 0]);
    // Long before the ledger began, by its own clock.
    let early = warned(&ledger, &with(2, SIZE, root, 1_704_500_000_000)).await;
    assert_eq!(codes(&early), ["W-SEEN-CLOCK"]);
    for (number, size, root) in [(3, SIZE, &[9; 32]), (4, SIZE + 99, root)] {
        let other = warned(&ledger, &with(number, size, root, now)).await;
        assert_eq!(codes(&other), ["W-SEEN-CHECKPOINT"]);
        let (_, said) = &other[0];
        assert!(
            said.contains("another history") && said.contains("keep the checkpoint file"),
            "{said}"
        );
    }
}

/// A time that no clock of this test lies behind: that of the last entry.
async fn last_registered(ledger: &TestLedger) -> u64 {
    let last = EntrySelector::Index(LeafIndex::new(SIZE - 1));
    ledger.client.entry(last).await.unwrap().entry.registered_at
}
