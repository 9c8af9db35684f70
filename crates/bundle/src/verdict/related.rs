//! What a verdict tells of the related records: what they are, what they say of each other, and what they correct.

use witnessmark_verifier::RecordId;

/// One thing that a related record says of another record of the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFacts {
    /// The relation.
    pub relation: String,
    /// The place of the record that it is about.
    pub about: u64,
    /// False when only the organisation of that record may say so, and another did.
    pub has_effect: bool,
}

/// One field that a correction changes, in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeFacts {
    /// The field, by its path.
    pub path: String,
    /// The field, as reports call it.
    pub field: String,
    /// What stood there, if anything did.
    pub was: Option<String>,
    /// What stands there once the correction applies, if anything does.
    pub now: Option<String>,
}

/// A correction of the record, or of a related one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionFacts {
    /// The place of the correction.
    pub by: u64,
    /// The place of the record that it corrects.
    pub on: u64,
    /// Why, as it says itself.
    pub reason: String,
    /// `applied`; or without effect: `stale`, `foreign` (by another organisation) or `withdrawn`.
    pub effect: &'static str,
    /// Why it is stale.
    pub because: Vec<String>,
    /// What it changes, or would.
    pub changes: Vec<ChangeFacts>,
}

/// A record about the record, or about another such record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedFacts {
    /// How it is linked: `corrects`, `contradicts` and so on.
    pub relation: String,
    /// The place of the record that this relation is about: the bundle's record, or another related one.
    pub about: u64,
    /// Over how many links it leads to the bundle's record, at least: 1 when it links to it.
    pub steps: u32,
    /// All that it says of the bundle's record and of other related ones, in its own order.
    pub links: Vec<LinkFacts>,
    /// Whether it speaks of the bundle's record, or of a record that does. What is only a part of it, say, does not.
    pub bears_on_record: bool,
    /// The place of the withdrawal that its own organisation made of it, if one stands.
    pub withdrawn_by: Option<u64>,
    /// Its place in the ledger.
    pub index: u64,
    /// Its record id.
    pub record_id: RecordId,
    /// Who signed it.
    pub organisation: String,
    /// When the ledger took it in, in milliseconds by the ledger's clock.
    pub registered_at: u64,
    /// Its title, as the record has it.
    pub title: String,
}
