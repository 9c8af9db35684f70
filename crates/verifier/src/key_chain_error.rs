//! Why a key chain refuses an event or a record.

use crate::{KeyEventError, KeyId, signers::SignersError};

error! {
    /// Why a key chain refuses an event or a record.
    KeyChainError {
        /// The entry is of another kind.
        WrongKind => "the entry is of another kind",
        /// The payload type is of another kind.
        WrongPayloadType => "the payload type is of another kind",
        /// The entry or event belongs to another organisation.
        OrgMismatch => "it belongs to another organisation",
        /// The organisation has no genesis.
        UnknownOrganisation => "the organisation has not been admitted",
        /// The entry carries another state of the key chain than this one.
        HeadMismatch => "the entry carries another state of the organisation's key chain",
        /// The payload is not a key event.
        Malformed <- error: KeyEventError => "the key event is malformed: {error}",
        /// The event has not the next number.
        WrongSeq {
            /// The number of the last event.
            have: u32,
            /// The number of the event refused.
            found: u32,
        } => "key event {found} does not follow the last one, which is {have}",
        /// The event does not follow the head of the chain.
        WrongPrev => "the key event does not follow the chain's head",
        /// A signature is missing, not good, or by a key that may not sign here.
        Signers <- error: SignersError => "{error}",
        /// The key was revoked.
        RevokedKey(key_id: KeyId) => "key {key_id} is revoked",
        /// No key with the role `record` signs: keys that countersign cannot sign alone.
        RoleNotAllowed => "only countersigning keys signed; a key of role record must",
        /// Fewer roots signed than must.
        Threshold {
            /// How many signed.
            have: usize,
            /// How many must.
            need: u8,
        } => "{have} roots signed, and {need} must",
        /// Fewer registrars signed the genesis than the charter demands.
        RegistrarThreshold {
            /// How many signed.
            have: usize,
            /// How many must.
            need: u8,
        } => "{have} registrars signed, and {need} must",
        /// The key was added before; a key is added once, ever.
        KeyAlreadyAdded(key_id: KeyId) => "key {key_id} was added before, and a key is added once",
        /// The key that is added did not sign, so nobody has shown to possess it.
        Possession(key_id: KeyId) =>
            "the added key {key_id} did not sign, so its possession is not shown",
    }
}
