//! Formats and checks of Witnessmark: what a stranger audits first.
//!
//! This crate decides whether evidence is good. It reads bytes and gives verdicts; it does no I/O, knows
//! no clock, draws no randomness, and depends on SHA-256 and Ed25519 alone. Every function returns an
//! error for input it does not accept, whatever the input is.
//!
//! A type whose name starts with `Verified` can only be made by the check it is named after.

#![no_std]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::as_conversions
)]

extern crate alloc;

#[macro_use]
mod error;
#[macro_use]
mod shown;
#[macro_use]
mod spelling;

// How bytes are spelled.
pub mod base64;
pub mod decimal;
pub mod hex;

// The tree.
mod consistency;
mod hash;
mod inclusion;
mod tree;

// Keys and what they sign.
mod ed25519;
mod origin;
mod pae;

// What logs and witnesses sign, and whom to believe.
mod checkpoint;
mod cosignature;
mod key;
mod note;
mod policy;

// The file made of these.
mod tlog_proof;

// Entries, and who may sign them.
mod charter;
mod entry;
mod key_chain;
mod key_chain_error;
mod key_event;
mod reader;
mod signers;
mod text;

pub use base64::Base64Error;
pub use charter::{Charter, CharterError};
pub use checkpoint::{
    Checkpoint, CheckpointError, CheckpointFormatError, Cosigned, VerifiedCheckpoint,
};
pub use consistency::{ConsistencyError, ConsistencyProof};
pub use cosignature::{Cosignature, cosignature_message};
pub use ed25519::{KeyError, KeyId, PublicKey, SignatureError};
pub use entry::{
    ENTRY_BYTES_MAX, ENTRY_SIGNATURES_MAX, Entry, EntryError, EntryKind, EntrySignature,
};
pub use hash::{Hash, LeafHash, empty_root, node_hash, sha256};
pub use hex::HexError;
pub use inclusion::{InclusionError, InclusionProof, PROOF_HASHES_MAX};
pub use key::{NoteAlgorithm, VerifierKey, VerifierKeyError};
pub use key_chain::{KeyChain, OrgKey, Revocation};
pub use key_chain_error::KeyChainError;
pub use key_event::{
    KeyAction, KeyEvent, KeyEventError, KeyRole, LABEL_BYTES_MAX, RevokeReason, key_chain_head,
};
pub use note::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, Note, NoteError, SignatureLine};
pub use origin::{OrgName, OrgNameError, Origin, OriginError};
pub use pae::{PAYLOAD_TYPE_CHARTER, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD, RecordId, pae};
pub use policy::{MemberKind, PolicyMember, TrustPolicy, TrustPolicyError};
pub use signers::SignersError;
pub use text::{KEY_SET_MAX, TextError};
pub use tlog_proof::{PROOF_EXTRA_BYTES_MAX, TlogProof, TlogProofError, VerifiedEntry};
pub use tree::{LeafIndex, TreeHead, TreeSize};
