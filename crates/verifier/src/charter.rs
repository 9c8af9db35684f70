//! The charter: entry 0, which says whose ledger this is and who may admit organisations.

use alloc::vec::Vec;

use crate::{
    Entry, EntryKind, Origin, PAYLOAD_TYPE_CHARTER, PublicKey, TextError, decimal, pae,
    signers::{self, SignersError},
    text::Lines,
};

const FIRST_LINE: &str = "witnessmark/charter/v1";

/// The lines that name the rules of version 1; a ledger by other rules has another charter.
const RULES: [&str; 3] = [
    "hash rfc6962-sha256",
    "ed25519 strict-torsion-free/1",
    "entry-bytes-max 65535",
];

/// A parsed charter.
///
/// One that was parsed has 1 to 16 registrars, ascending and unique, and a threshold between 1 and
/// their number. One that was put together otherwise may encode to a text that `parse` refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charter {
    /// The name of the ledger, the first line of all its checkpoints.
    pub origin: Origin,
    /// When the charter was written, in milliseconds since 1970.
    pub created: u64,
    /// How many registrars must sign to admit an organisation.
    pub threshold: u8,
    /// The keys of those who admit organisations.
    pub registrars: Vec<PublicKey>,
}

impl Charter {
    /// Reads the text of a charter.
    ///
    /// # Errors
    ///
    /// If the bytes are not exactly one charter in its one spelling, or a key is not admitted.
    pub fn parse(payload: &[u8]) -> Result<Self, CharterError> {
        let mut lines = Lines::open(payload)?;
        lines.fixed(FIRST_LINE)?;
        let origin = lines.value("origin", |value| Origin::parse(value).ok())?;
        let created = lines.value("created", decimal::parse)?;
        for rule in RULES {
            lines.fixed(rule)?;
        }
        let (threshold, registrars) = lines.key_set("registrar")?;
        lines.end()?;
        Ok(Self {
            origin,
            created,
            threshold,
            registrars,
        })
    }

    /// Reads and checks a charter's entry: its kind, its text, and that its signatures are by at
    /// least the threshold of its own registrars and by nobody else.
    ///
    /// This shows that the registrars agreed, not that they are the right ones: the leaf at index 0
    /// of the ledger you trust is the charter you trust.
    ///
    /// # Errors
    ///
    /// If any of these does not hold.
    pub fn verify_entry(entry: &Entry) -> Result<Self, CharterError> {
        if entry.kind != EntryKind::Charter || entry.payload_type != PAYLOAD_TYPE_CHARTER {
            return Err(CharterError::Kind);
        }
        let charter = Self::parse(&entry.payload)?;
        let signers = signers::find_keys(&entry.signatures, charter.registrars.iter())?;
        // No key signs twice, so signatures are registrars.
        let (have, need) = (signers.len(), charter.threshold);
        if have < usize::from(need) {
            return Err(CharterError::Threshold { have, need });
        }
        let message = pae(PAYLOAD_TYPE_CHARTER, &entry.payload);
        signers::verify(&message, &entry.signatures, &signers)?;
        Ok(charter)
    }
}

error! {
    /// Why an entry is not the charter of a ledger.
    CharterError {
        /// The entry is of another kind or payload type.
        Kind => "the entry is not a charter",
        /// The text is not a charter.
        Malformed <- error: TextError => "the charter is malformed: {error}",
        /// A signature is missing, not good, or by a key that is no registrar.
        Signers <- error: SignersError => "the charter's signatures: {error}",
        /// Fewer registrars signed than the charter demands.
        Threshold {
            /// How many signed.
            have: usize,
            /// How many must.
            need: u8,
        } => "{have} registrars signed the charter, which demands {need}",
    }
}
