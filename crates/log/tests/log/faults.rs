//! Each commit lost, kept though reported lost, or refused: what the log says then, what it does
//! afterwards, and what is there when it is opened again.

use std::sync::Arc;

use witnessmark_log::testing::{Fault, FaultyStore, Fixture, MemoryStore, check_history};
use witnessmark_log::{Log, LogError, StoreError};
use witnessmark_verifier::LeafIndex;

use crate::support::{NOW, admit, append_one, assert_proved, checked, created, reopened};

/// One row: a fault of the second of three commits, and what follows.
struct Row {
    fault: Fault,
    /// The error of the append that meets the fault.
    error: LogError,
    /// Whether the log has halted, so that later appends fail.
    halts: bool,
    /// Whether the batch is in the log after opening it again.
    kept: bool,
}

fn table() -> Vec<Row> {
    let halted = |reason: &str| LogError::Halted(reason.to_owned());
    let refused = |fault: StoreError, error, halts| Row {
        fault: Fault::Refused(fault),
        error,
        halts,
        kept: false,
    };
    let stale = StoreError::Stale { epoch: 9, size: 77 };
    let stale_text = stale.to_string();
    vec![
        Row {
            fault: Fault::Lost,
            error: halted("the write was lost"),
            halts: true,
            kept: false,
        },
        Row {
            fault: Fault::KeptButReportedLost,
            error: halted("the connection was lost"),
            halts: true,
            kept: true,
        },
        refused(stale, halted(&stale_text), true),
        refused(
            StoreError::Corrupt("a page".to_owned()),
            halted("stored data contradicts itself: a page"),
            true,
        ),
        refused(
            StoreError::NoSpace {
                needed: 10,
                free: 3,
            },
            LogError::Full {
                needed: 10,
                free: 3,
            },
            false,
        ),
        refused(
            StoreError::ReadOnly("the scrub found damage".to_owned()),
            LogError::ReadOnly("the scrub found damage".to_owned()),
            false,
        ),
    ]
}

#[test]
fn a_failed_commit_is_survived() {
    for Row {
        fault,
        error,
        halts,
        kept,
    } in table()
    {
        let fixture = Fixture::default();
        let store = Arc::new(FaultyStore::new(MemoryStore::new()));
        let mut log = created(&fixture, &store);
        let ada = admit(&fixture, &mut log);
        let records = [b"one", b"two", b"six"].map(|text| checked(&log, ada.record("one", text)));
        let mut seen = vec![append_one(&mut log, records[0].clone()).unwrap().checkpoint];

        store.fail_commit(0, fault.clone());
        assert_eq!(
            log.append(vec![records[1].clone()], NOW),
            Err(error.clone()),
            "{fault:?}"
        );
        assert!(!store.is_armed());
        let published = log.reader().published();
        assert_eq!(
            published.size(),
            5,
            "{fault:?}: nothing of a failed batch is published"
        );
        let found = log.reader().already_logged(&records[1].record_id());
        assert_eq!(found, Ok(None), "{fault:?}: nor found");
        check_history(&store, log.vkey(), &seen).unwrap();

        let later = log.append(vec![records[2].clone()], NOW);
        if halts {
            assert_eq!(later, Err(error), "{fault:?}: the log stays halted");
            assert!(log.halted().is_some());
            assert!(
                log.reader().entry(LeafIndex::new(4)).is_ok(),
                "{fault:?}: readers go on"
            );
        } else {
            let appended = later.unwrap().remove(0).unwrap();
            assert_eq!(appended.index.get(), 5, "{fault:?}: the log goes on");
            assert_eq!(log.halted(), None);
            seen.push(appended.checkpoint);
        }
        let already = u64::from(kept) + u64::from(!halts);

        let mut log = reopened(&fixture, &store).unwrap();
        assert_eq!(log.reader().published().size(), 5 + already, "{fault:?}");
        check_history(&store, log.vkey(), &seen).unwrap();
        for (record, logged) in records.into_iter().zip([true, kept, !halts]) {
            let appended = append_one(&mut log, record).unwrap();
            assert_eq!(appended.already_logged, logged, "{fault:?}");
            assert_proved(&log, &appended);
            seen.push(appended.checkpoint);
        }
        assert_eq!(
            check_history(&store, log.vkey(), &seen).unwrap().size.get(),
            7,
            "{fault:?}"
        );
    }
}

#[test]
fn a_failed_first_commit_leaves_a_log_or_none() {
    for (fault, kept) in [(Fault::Lost, false), (Fault::KeptButReportedLost, true)] {
        let fixture = Fixture::default();
        let store = Arc::new(FaultyStore::new(MemoryStore::new()));
        store.fail_commit(0, fault);
        let (charter, signatures) = fixture.charter();
        let created = Log::create(
            Arc::clone(&store),
            fixture.signer(),
            charter,
            signatures,
            NOW,
        );
        assert!(matches!(created, Err(LogError::Halted(_))));
        match reopened(&fixture, &store) {
            Ok(log) => assert!(kept && log.reader().published().size() == 1),
            Err(error) => assert!(!kept && error == LogError::Empty),
        }
    }
}

#[test]
fn a_writer_that_cannot_take_its_role_does_not_open() {
    for fault in [Fault::Lost, Fault::KeptButReportedLost] {
        let fixture = Fixture::default();
        let store = Arc::new(FaultyStore::new(MemoryStore::new()));
        drop(created(&fixture, &store));
        store.fail_commit(0, fault);
        assert!(matches!(
            reopened(&fixture, &store),
            Err(LogError::Halted(_))
        ));
        let log = reopened(&fixture, &store).unwrap();
        check_history(&store, log.vkey(), &[]).unwrap();
    }
}

#[test]
fn a_failed_read_appends_nothing_and_halts_nothing() {
    let fixture = Fixture::default();
    let store = Arc::new(FaultyStore::new(MemoryStore::new()));
    let mut log = created(&fixture, &store);
    let ada = admit(&fixture, &mut log);
    let record = checked(&log, ada.record("one", b"record"));
    store.fail_reads(Some(StoreError::Io("the disk is slow".to_owned())));
    let unreadable = Err(LogError::Unreadable("the disk is slow".to_owned()));
    assert_eq!(log.append(vec![record.clone()], NOW), unreadable);
    store.fail_reads(None);
    let appended = append_one(&mut log, record).unwrap();
    assert!(!appended.already_logged);
    check_history(&store, log.vkey(), &[appended.checkpoint]).unwrap();
}
