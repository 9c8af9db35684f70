//! The contract that any store must keep, asked of this one.

use std::cell::Cell;
use std::sync::Arc;

use tempfile::TempDir;
use witnessmark_log::testing::contract::{self, Subject};
use witnessmark_log::testing::{Fixture, check_log};
use witnessmark_log::{Checked, Log};
use witnessmark_store_sled::SledStore;

use crate::ledger::{create, open};

/// Stores in numbered folders.
struct Folders {
    root: TempDir,
    count: Cell<u32>,
}

impl Subject for Folders {
    type Store = SledStore;

    fn fresh(&self) -> SledStore {
        self.count.set(self.count.get() + 1);
        create(&self.root.path().join(self.count.get().to_string()))
    }

    fn reopen(&self, store: SledStore) -> SledStore {
        let dir = store.dir().to_owned();
        drop(store);
        let store = open(&dir);
        assert_eq!(store.read_only_reason(), None);
        store
    }
}

#[test]
fn the_contract_is_kept() {
    contract::run(&Folders {
        root: tempfile::tempdir().unwrap(),
        count: Cell::new(0),
    });
}

#[test]
fn a_log_over_this_store_is_whole_after_every_start() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = Fixture::new("ledger.example/whole");
    let vkey = fixture.signer().vkey().clone();
    let (charter, signatures) = fixture.charter();
    let store = Arc::new(create(dir.path()));
    let mut log = Log::create(store, fixture.signer(), charter, signatures, 1).unwrap();
    let mut organisation = fixture.organisation("relief");
    for submission in [organisation.genesis(), organisation.add_key("phone")] {
        let event = Checked::of(&log.reader().published().keychain, submission).unwrap();
        log.append(vec![event], 2).unwrap().remove(0).unwrap();
    }
    let mut size = 3;
    for start in 0..4_u8 {
        let record = |number| organisation.record("phone", &[start, number]);
        let keychain = Arc::clone(&log.reader().published().keychain);
        let batch = (0..100).map(|number| Checked::of(&keychain, record(number)).unwrap());
        log.append(batch.collect(), 3).unwrap();
        size += 100;
        drop(log);
        let store = Arc::new(open(dir.path()));
        assert_eq!(check_log(&store, &vkey).unwrap().size.get(), size);
        log = Log::open(store, fixture.signer(), &mut |_, _| {}).unwrap();
    }
}
