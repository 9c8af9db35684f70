//! What is known of fields and files that were erased, and of fields that were opened to somebody.

use witnessmark_record::v1::ErasureKind;
use witnessmark_verifier::Hash;

/// Whether what a related record says of the record counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It was signed by the organisation that signed the record, and stands.
    Counts,
    /// Another organisation signed it: it has no effect.
    OtherOrganisation,
    /// The entry with this index, by the same organisation, withdraws it.
    Withdrawn(u64),
}

/// One thing that an erasure names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasedFacts {
    /// The place of the erasure in the ledger.
    pub index: u64,
    /// Who signed the erasure.
    pub organisation: String,
    /// Whether it counts.
    pub validity: Validity,
    /// What was erased.
    pub kind: ErasureKind,
    /// The digest of the field, or the SHA-256 of the file.
    pub digest: Hash,
    /// When, as the erasure has it; empty when it does not say.
    pub date: String,
    /// By what authority, as the erasure has it; empty when it does not say.
    pub authority: String,
    /// What remains, as the erasure has it; empty when it does not say.
    pub remains: String,
}

/// One disclosure of protected fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningFacts {
    /// The place of the disclosure in the ledger.
    pub index: u64,
    /// Who signed it.
    pub organisation: String,
    /// Whether it counts.
    pub validity: Validity,
    /// The digests of the fields.
    pub digests: Vec<Hash>,
    /// To whom, as the disclosure has it; empty when it names nobody.
    pub to: String,
    /// When, as the disclosure has it; empty when it does not say.
    pub when: String,
    /// By what authority, as the disclosure has it; empty when it does not say.
    pub authority: String,
}

impl Validity {
    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::OtherOrganisation => "other_organisation",
            Self::Withdrawn(_) => "withdrawn",
        }
    }
}
