//! Why a key chain refuses an event or a record.

use core::fmt;

use crate::{KeyEventError, KeyId, signers::SignersError};

/// Why a key chain refuses an event or a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyChainError {
    /// The entry is of another kind.
    WrongKind,
    /// The payload type is of another kind.
    WrongPayloadType,
    /// The entry or event belongs to another organisation.
    OrgMismatch,
    /// The organisation has no genesis.
    UnknownOrganisation,
    /// The entry carries another state of the key chain than this one.
    HeadMismatch,
    /// The payload is not a key event.
    Malformed(KeyEventError),
    /// The event has not the next number.
    WrongSeq {
        /// The number of the last event.
        have: u32,
        /// The number of the event refused.
        found: u32,
    },
    /// The event does not follow the head of the chain.
    WrongPrev,
    /// There is no signature.
    NoSignature,
    /// There are more signatures than an entry may have.
    TooManySignatures,
    /// A key signs twice.
    DuplicateSigner(KeyId),
    /// The key was never added, or has no part in this event.
    UnknownKey(KeyId),
    /// The key was revoked.
    RevokedKey(KeyId),
    /// No key with the role `record` signs: keys that countersign cannot sign alone.
    RoleNotAllowed,
    /// The signature by this key does not verify.
    BadSignature(KeyId),
    /// Fewer roots signed than must.
    Threshold {
        /// How many signed.
        have: usize,
        /// How many must.
        need: u8,
    },
    /// Fewer registrars signed the genesis than the charter demands.
    RegistrarThreshold {
        /// How many signed.
        have: usize,
        /// How many must.
        need: u8,
    },
    /// The key was added before; a key is added once, ever.
    KeyAlreadyAdded(KeyId),
    /// The key that is added did not sign, so nobody has shown to possess it.
    Possession(KeyId),
}

impl From<KeyEventError> for KeyChainError {
    fn from(error: KeyEventError) -> Self {
        Self::Malformed(error)
    }
}

impl From<SignersError> for KeyChainError {
    fn from(error: SignersError) -> Self {
        match error {
            SignersError::None => Self::NoSignature,
            SignersError::TooMany => Self::TooManySignatures,
            SignersError::Duplicate(key_id) => Self::DuplicateSigner(key_id),
            SignersError::Unknown(key_id) => Self::UnknownKey(key_id),
            SignersError::Bad(key_id) => Self::BadSignature(key_id),
        }
    }
}

impl fmt::Display for KeyChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongKind => f.write_str("the entry is of another kind"),
            Self::WrongPayloadType => f.write_str("the payload type is of another kind"),
            Self::OrgMismatch => f.write_str("it belongs to another organisation"),
            Self::UnknownOrganisation => f.write_str("the organisation has not been admitted"),
            Self::HeadMismatch => {
                f.write_str("the entry carries another state of the organisation's key chain")
            }
            Self::Malformed(error) => write!(f, "the key event is malformed: {error}"),
            Self::WrongSeq { have, found } => {
                write!(
                    f,
                    "key event {found} does not follow the last one, which is {have}"
                )
            }
            Self::WrongPrev => f.write_str("the key event does not follow the chain's head"),
            Self::NoSignature => f.write_str("there is no signature"),
            Self::TooManySignatures => f.write_str("there are more than 8 signatures"),
            Self::DuplicateSigner(key_id) => write!(f, "key {key_id} signs twice"),
            Self::UnknownKey(key_id) => {
                write!(f, "key {key_id} is not one that may sign here")
            }
            Self::RevokedKey(key_id) => write!(f, "key {key_id} is revoked"),
            Self::RoleNotAllowed => {
                f.write_str("only countersigning keys signed; a key of role record must")
            }
            Self::BadSignature(key_id) => {
                write!(f, "the signature by key {key_id} does not verify")
            }
            Self::Threshold { have, need } => {
                write!(f, "{have} roots signed, and {need} must")
            }
            Self::RegistrarThreshold { have, need } => {
                write!(f, "{have} registrars signed, and {need} must")
            }
            Self::KeyAlreadyAdded(key_id) => {
                write!(f, "key {key_id} was added before, and a key is added once")
            }
            Self::Possession(key_id) => {
                write!(
                    f,
                    "the added key {key_id} did not sign, so its possession is not shown"
                )
            }
        }
    }
}

impl core::error::Error for KeyChainError {}
