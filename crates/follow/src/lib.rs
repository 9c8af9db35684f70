//! A published log read over HTTP, in the static layout of C2SP tlog-tiles, and a verified copy of it kept in a folder.
//!
//! The server is believed in nothing. A checkpoint counts once the log has signed it; a tile, once it hashes to its parent, and so
//! on up to the signed root; an entry, once it hashes to its leaf. A new checkpoint is taken only when the tree that is kept is its
//! beginning, and only with every entry on disk: nothing of a pass that did not end is ever spoken of. Two checkpoints that cannot
//! both be honest are handed on as [`Misbehaviour`](witnessmark_bundle::Misbehaviour). No clock is read here, and no randomness.

mod fetch;
mod follower;
mod history;
mod tree;
mod webhook;

pub use fetch::{AddressError, FetchError, Fetcher, LogAddress, TRIES};
pub use follower::{FollowError, Follower, Passed};
pub use history::{Kept, KeptError};
pub use tree::{Source, Tree, TreeError};
pub use webhook::{Webhook, WebhookAddress, WebhookAddressError};
