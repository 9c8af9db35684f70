//! A ledger that cannot be trusted is found out: another key, an old copy, a rewritten history, a
//! store that has lost entries.

use std::fs;
use std::path::{Path, PathBuf};

use tonic_health::pb::health_check_response::ServingStatus;
use witnessmark_client::{Client, ClientError, EntrySelector, Reason, Remembered};
use witnessmark_verifier::LeafIndex;

use super::discovery::health;
use super::ledger::{ORIGIN, SIZE, TestLedger, good_record, policy};
use crate::support::{Daemon, run};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let to = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &to);
        } else {
            fs::copy(file.path(), to).unwrap();
        }
    }
}

/// Stops the daemon, while this side goes on: its connections close when they are told to.
async fn stop(daemon: Daemon) {
    let stopped = tokio::task::spawn_blocking(move || daemon.terminate());
    assert_eq!(stopped.await.unwrap(), 0);
}

/// A stopped ledger with two records, and a copy of it from before they came.
async fn two_records() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let ledger = TestLedger::start().await;
    let TestLedger { folder, daemon, .. } = ledger;
    stop(daemon).await;
    let (dir, old) = (folder.path().join("ledger"), folder.path().join("old"));
    copy(&dir, &old);
    let daemon = Daemon::start(&dir);
    let remembered = Remembered::in_file(&folder.path().join("seen"), &policy(&dir))
        .await
        .unwrap();
    let client = Client::connect_with(&daemon.url, policy(&dir), remembered)
        .await
        .unwrap();
    for number in [1, 2] {
        client.submit_record(good_record(number)).await.unwrap();
    }
    stop(daemon).await;
    (folder, dir, old)
}

async fn remembering(folder: &Path, url: &str, dir: &Path) -> Client {
    let remembered = Remembered::in_file(&folder.join("seen"), &policy(dir))
        .await
        .unwrap();
    assert_eq!(remembered.latest().unwrap().head().size.get(), SIZE + 2);
    Client::connect_with(url, policy(dir), remembered)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_restarted_ledger_fits_what_was_remembered() {
    let (folder, dir, _) = two_records().await;
    let daemon = Daemon::start(&dir);
    let client = remembering(folder.path(), &daemon.url, &dir).await;
    assert_eq!(
        client.checkpoint().await.unwrap().head().size.get(),
        SIZE + 2
    );
    let logged = client.submit_record(good_record(3)).await.unwrap();
    assert_eq!(logged.index.get(), SIZE + 2);
}

#[tokio::test]
async fn a_ledger_that_serves_an_old_copy_is_found_out() {
    let (folder, _, old) = two_records().await;
    let daemon = Daemon::start(&old);
    let client = remembering(folder.path(), &daemon.url, &old).await;
    let error = client.checkpoint().await.unwrap_err();
    assert!(matches!(error, ClientError::Misbehaviour(_)), "{error}");
    // Still so once it has grown to the size that was seen, with another history.
    let fresh = Client::connect(&daemon.url, policy(&old)).await.unwrap();
    for number in [8, 9] {
        fresh.submit_record(good_record(number)).await.unwrap();
    }
    let error = client.checkpoint().await.unwrap_err();
    let ClientError::Misbehaviour(evidence) = &error else {
        panic!("{error}")
    };
    assert_ne!(evidence.remembered, evidence.shown);
    for note in [&evidence.remembered, &evidence.shown] {
        assert!(note.starts_with(&format!("{ORIGIN}\n{}\n", SIZE + 2)));
        assert!(error.to_string().contains(note.as_str()));
    }
    // And beyond.
    fresh.submit_record(good_record(10)).await.unwrap();
    let error = client.checkpoint().await.unwrap_err();
    assert!(matches!(error, ClientError::Misbehaviour(_)), "{error}");
}

#[tokio::test]
async fn another_ledger_with_the_same_name_is_not_believed() {
    let ledger = TestLedger::start().await;
    let other = ledger.folder.path().join("other");
    run(["init", "--origin", ORIGIN, "--dir", other.to_str().unwrap()]).exits(0);
    let client = Client::connect(&ledger.daemon.url, policy(&other))
        .await
        .unwrap();
    let results = [
        client.checkpoint().await.err(),
        client
            .entry(EntrySelector::Index(LeafIndex::new(0)))
            .await
            .err(),
        client.submit_record(good_record(1)).await.err(),
    ];
    for error in results {
        assert!(
            matches!(error, Some(ClientError::NotVerified(_))),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_store_that_lost_entries_is_read_and_not_written() {
    let (_folder, dir, old) = two_records().await;
    // The anchor stays, and says what was acknowledged.
    fs::remove_dir_all(dir.join("store")).unwrap();
    copy(&old.join("store"), &dir.join("store"));
    let daemon = Daemon::start(&dir);
    let client = Client::connect(&daemon.url, policy(&dir)).await.unwrap();
    assert_eq!(client.checkpoint().await.unwrap().head().size.get(), SIZE);
    client
        .entry(EntrySelector::Index(LeafIndex::new(3)))
        .await
        .unwrap();
    let error = client.submit_record(good_record(5)).await.unwrap_err();
    let ClientError::Refused(refusal) = error else {
        panic!("{error}")
    };
    assert_eq!(refusal.reason, Reason::LedgerReadOnly);
    assert!(!refusal.message.is_empty());
    let mut answers = client.submit_many([good_record(5)]).await.unwrap();
    let answer = answers.next().await.unwrap().unwrap();
    assert_eq!(answer.result.unwrap_err().reason, Reason::LedgerReadOnly);

    assert_eq!(health(&daemon.url, "").await, ServingStatus::Serving);
    let submit = "witnessmark.ledger.v1.LedgerService/submit";
    assert_eq!(health(&daemon.url, submit).await, ServingStatus::NotServing);
    stop(daemon).await;
}

#[tokio::test]
async fn nobody_there_is_not_taken_for_a_bad_proof() {
    let ledger = TestLedger::start().await;
    let TestLedger {
        folder,
        daemon,
        client,
    } = ledger;
    let url = daemon.url.clone();
    daemon.kill();
    let error = client.checkpoint().await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable(_)), "{error}");
    let error = Client::connect(&url, policy(&folder.path().join("ledger")))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Unreachable(_)), "{error}");
    let error = Client::connect("not an address", policy(&folder.path().join("ledger"))).await;
    assert!(matches!(error, Err(ClientError::Address { .. })));
}
