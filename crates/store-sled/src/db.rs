//! sled, guarded: what it panics about is an error.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use witnessmark_log::StoreError;

/// Keys and values to write.
pub(crate) type Writes = Vec<(Vec<u8>, Vec<u8>)>;

/// The database, for reading.
#[derive(Debug)]
pub(crate) struct Db(sled::Db);

impl Db {
    /// This database.
    pub(crate) fn new(db: sled::Db) -> Self {
        Self(db)
    }

    /// The database itself, for writing.
    pub(crate) fn sled(&self) -> &sled::Db {
        &self.0
    }

    /// The value under a key.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<sled::IVec>, StoreError> {
        guarded(|| self.0.get(key).map_err(|error| from_sled(&error)))
    }
}

/// Runs `work`, in which sled may panic: on damage it does so more often than it returns errors.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(StoreError::Corrupt(format!(
            "sled panicked: {}",
            panic_text(panic.as_ref())
        )))
    })
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

/// What sled said, as the log understands it.
pub(crate) fn from_sled(error: &sled::Error) -> StoreError {
    if matches!(error, sled::Error::Corruption { .. }) {
        StoreError::Corrupt(error.to_string())
    } else {
        StoreError::Io(error.to_string())
    }
}
