//! What a log and its submitters write: how each format is encoded that the verifier reads, the tiles
//! a log publishes, and what it asks of a witness.
//!
//! Nothing here judges. The verifier accepts one spelling of each format without this crate; that it is
//! the one that is written here, tests of both hold.

mod add_checkpoint;
mod entry;
mod key_texts;
mod notes;
mod tile;

pub use add_checkpoint::{AddCheckpoint, AddCheckpointError};
pub use notes::{encode_proof, log_only_policy, signature_line};
pub use tile::{TILE_WIDTH, Tile, TileError, encode_entry_bundle, parse_entry_bundle};

/// What has one encoding, which the verifier reads.
pub trait Encode {
    /// The bytes or the text; a `Result` where not every value has an encoding.
    type Encoded;

    /// The one encoding of this value.
    ///
    /// # Errors
    ///
    /// Where the encoding is a `Result`: when the value breaks a rule of its format.
    fn encode(&self) -> Self::Encoded;
}
