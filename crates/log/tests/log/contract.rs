//! The store in memory keeps the contract of a store.

use std::sync::Arc;

use witnessmark_log::testing::contract::{self, Subject};
use witnessmark_log::testing::{FaultyStore, MemoryStore};

struct InMemory;

impl Subject for InMemory {
    type Store = Arc<MemoryStore>;

    fn fresh(&self) -> Self::Store {
        Arc::default()
    }

    fn reopen(&self, store: Self::Store) -> Self::Store {
        store
    }
}

struct WithoutFaults;

impl Subject for WithoutFaults {
    type Store = FaultyStore<MemoryStore>;

    fn fresh(&self) -> Self::Store {
        FaultyStore::new(MemoryStore::new())
    }

    fn reopen(&self, store: Self::Store) -> Self::Store {
        store
    }
}

#[test]
fn the_store_in_memory_keeps_the_contract() {
    contract::run(&InMemory);
}

#[test]
fn a_faulty_store_keeps_the_contract_until_it_fails() {
    contract::run(&WithoutFaults);
}
