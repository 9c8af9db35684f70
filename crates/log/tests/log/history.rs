//! A random history of append, crash and reopen equals a plain `Vec` of record ids.

use std::sync::Arc;

use proptest::prelude::*;
use witnessmark_log::testing::{Fault, FaultyStore, Fixture, MemoryStore, check_history};
use witnessmark_log::{Checked, LogError};
use witnessmark_verifier::RecordId;

use crate::support::{NOW, admit, assert_proved, created, reopened};

/// One step of a history. Records are numbers, so that they repeat.
#[derive(Clone, Debug)]
enum Step {
    Append(Vec<u8>),
    /// An append whose commit goes wrong.
    AppendWithFault(Vec<u8>, Fault),
    /// The process ends and starts again.
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let batch = || prop::collection::vec(0..60_u8, 0..12);
    let fault = prop_oneof![
        Just(Fault::Lost),
        Just(Fault::KeptButReportedLost),
        Just(Fault::Refused(witnessmark_log::StoreError::NoSpace {
            needed: 2,
            free: 1
        })),
    ];
    let step = prop_oneof![
        4 => batch().prop_map(Step::Append),
        2 => (batch(), fault).prop_map(|(batch, fault)| Step::AppendWithFault(batch, fault)),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_history_equals_a_plain_list(steps in steps()) {
        let fixture = Fixture::default();
        let store = Arc::new(FaultyStore::new(MemoryStore::new()));
        let mut log = created(&fixture, &store);
        let ada = admit(&fixture, &mut log);
        let mut model: Vec<RecordId> = (0..4).map(|index| id_at(&store, index)).collect();
        let mut seen = vec![log.reader().published().checkpoint.clone()];
        let mut halted = false;

        for step in steps {
            let (batch, fault) = match step {
                Step::Append(batch) => (batch, None),
                Step::AppendWithFault(batch, fault) => (batch, Some(fault)),
                Step::Reopen => {
                    log = reopened(&fixture, &store).unwrap();
                    halted = false;
                    (Vec::new(), None)
                }
            };
            let keychain = Arc::clone(&log.reader().published().keychain);
            let submissions: Vec<Checked> = batch
                .iter()
                .map(|number| Checked::of(&keychain, ada.record("one", &[*number])).unwrap())
                .collect();
            let ids: Vec<RecordId> = submissions.iter().map(Checked::record_id).collect();
            let mut grown = model.clone();
            for id in &ids {
                if !grown.contains(id) {
                    grown.push(*id);
                }
            }
            let commits = !halted && grown.len() > model.len();
            if let Some(fault) = fault.clone().filter(|_| commits) {
                store.fail_commit(0, fault);
            }
            match log.append(submissions, NOW) {
                Ok(answers) => {
                    prop_assert!(!halted);
                    for (answer, id) in answers.iter().zip(&ids) {
                        let appended = answer.as_ref().unwrap();
                        assert_proved(&log, appended);
                        let place = usize::try_from(appended.index.get()).unwrap();
                        prop_assert_eq!(grown.get(place), Some(id));
                    }
                    prop_assert_eq!(answers.len(), ids.len());
                    model = grown;
                }
                Err(LogError::Full { .. }) => prop_assert!(commits),
                Err(LogError::Halted(_)) => {
                    if commits && fault == Some(Fault::KeptButReportedLost) {
                        model = grown;
                    }
                    halted = true;
                }
                Err(error) => prop_assert!(false, "{}", error),
            }
            seen.push(log.reader().published().checkpoint.clone());
            let head = check_history(&store, log.vkey(), &seen).unwrap();
            prop_assert_eq!(usize::try_from(head.size.get()), Ok(model.len()));
            for (index, id) in (0..).zip(&model) {
                prop_assert_eq!(id_at(&store, index), *id);
            }
        }
        let log = reopened(&fixture, &store).unwrap();
        prop_assert_eq!(usize::try_from(log.reader().published().size()), Ok(model.len()));
    }
}

fn id_at(store: &impl witnessmark_log::Store, index: u64) -> RecordId {
    let bytes = store.entries(index..index + 1).unwrap().remove(0);
    witnessmark_verifier::Entry::parse(&bytes)
        .unwrap()
        .record_id()
}
