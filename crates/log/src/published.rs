//! What readers see at one moment.

use std::sync::Arc;

use witnessmark_keychain::Keychain;
use witnessmark_verifier::TreeHead;

use crate::checkpoint::SignedCheckpoint;

/// What readers see: a checkpoint, and the key chains as they are at its size.
#[derive(Clone, Debug)]
pub struct Published {
    /// The checkpoint that all answers are relative to.
    pub checkpoint: SignedCheckpoint,
    /// The key chains of all organisations at the checkpoint's size.
    pub keychain: Arc<Keychain>,
    /// The places of the charter and of all key events, ascending: what the key chains are made of.
    pub key_entries: Arc<Vec<u64>>,
}

/// A place in a log up to which an earlier start has read it, so that a later one begins there and
/// not with the first entry.
///
/// It is worth as much as the place where it was kept: of the entries before it, a start reads only
/// those it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartPoint {
    /// The tree head that the log had there. A log that does not have it is read from its first
    /// entry.
    pub head: TreeHead,
    /// The places of the charter and of all key events up to there, ascending.
    pub key_entries: Vec<u64>,
}

impl Published {
    /// How many entries are published.
    pub fn size(&self) -> u64 {
        self.checkpoint.head().size.get()
    }

    /// From where a later start may begin.
    pub fn start_point(&self) -> StartPoint {
        StartPoint {
            head: *self.checkpoint.head(),
            key_entries: self.key_entries.to_vec(),
        }
    }
}
