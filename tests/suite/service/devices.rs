//! What the ledger says of the device that signed: warnings that travel with the answer.

use witnessmark_client::EntrySelector;
use witnessmark_record::v1;
use witnessmark_verifier::{LeafIndex, PAYLOAD_TYPE_RECORD};

use super::ledger::{SIZE, TestLedger, countersigner, device, record, signed_record};

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

#[tokio::test]
async fn gaps_and_forks_of_a_device_are_warnings_and_come_again_with_the_same_record() {
    let ledger = TestLedger::start().await;
    let numbered = |title: u64, device_seq: u64, previous: &[u8]| v1::Record {
        device_seq,
        previous: previous.to_vec(),
        ..record(title)
    };
    let id = |record: &v1::Record| {
        let payload = witnessmark_record::encode(record);
        let id = witnessmark_verifier::RecordId::of(PAYLOAD_TYPE_RECORD, &payload);
        id.as_bytes().to_vec()
    };
    let one = numbered(1, 1, &[]);
    let two = numbered(2, 2, &id(&one));
    let three = numbered(3, 3, &id(&two));
    assert_eq!(codes(&warned(&ledger, &one).await), [""; 0]);
    let gap = warned(&ledger, &three).await;
    assert_eq!(codes(&gap), ["W-DEVICE-GAP"]);
    assert!(gap[0].1.contains("number 2"), "{}", gap[0].1);
    assert_eq!(codes(&warned(&ledger, &two).await), [""; 0]);
    // Twice the number 3, and twice after the second record.
    let copy = numbered(4, 3, &id(&two));
    let fork = warned(&ledger, &copy).await;
    assert_eq!(codes(&fork), ["W-DEVICE-FORK", "W-DEVICE-FORK"]);
    assert!(
        fork[0].1.contains(&format!("Entry {}", SIZE + 1)),
        "{}",
        fork[0].1
    );
    // The first answer may have been lost on the way: it is the same again.
    assert_eq!(warned(&ledger, &copy).await, fork);
    assert_eq!(warned(&ledger, &three).await, gap);
    // Who countersigns has no part in the numbers.
    let five = numbered(5, 4, &id(&copy));
    let sent = signed_record(&five, &[&countersigner(), &device()]);
    let logged = ledger.client.submit_record(sent).await.unwrap();
    assert!(logged.warnings.iter().all(|it| it.code == "W-CLOCK"));
}

/// A time that no clock of this test lies behind: that of the last entry.
async fn last_registered(ledger: &TestLedger) -> u64 {
    let last = EntrySelector::Index(LeafIndex::new(SIZE - 1));
    ledger.client.entry(last).await.unwrap().entry.registered_at
}
