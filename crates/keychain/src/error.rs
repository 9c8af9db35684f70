//! Why the keys of an organisation do not allow something.

use witnessmark_verifier::{CharterError, KeyChainError, OrgName};

/// Why an entry cannot be replayed or a submission is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeychainError {
    /// No charter has been replayed, so nobody can be admitted.
    #[error("there is no charter")]
    NoCharter,
    /// The entry at index 0 is not a good charter.
    #[error("entry 0 is not the charter of a ledger: {0}")]
    Charter(#[from] CharterError),
    /// A charter stands at another index than 0.
    #[error("a charter stands at index {0}, and its place is 0")]
    CharterPlace(u64),
    /// The entry is of a kind that has an organisation, and names none.
    #[error("the entry names no organisation")]
    NoOrganisation,
    /// The organisation has not been admitted.
    #[error("organisation {0} has not been admitted")]
    UnknownOrganisation(OrgName),
    /// The key chain of the organisation refuses it.
    #[error(transparent)]
    Keys(#[from] KeyChainError),
}
