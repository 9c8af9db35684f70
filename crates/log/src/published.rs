//! What readers see at one moment.

use std::sync::Arc;

use witnessmark_keychain::Keychain;

use crate::checkpoint::SignedCheckpoint;

/// What readers see: a checkpoint, and the key chains as they are at its size.
#[derive(Clone, Debug)]
pub struct Published {
    /// The checkpoint that all answers are relative to.
    pub checkpoint: SignedCheckpoint,
    /// The key chains of all organisations at the checkpoint's size.
    pub keychain: Arc<Keychain>,
}

impl Published {
    /// How many entries are published.
    pub fn size(&self) -> u64 {
        self.checkpoint.head().size.get()
    }
}
