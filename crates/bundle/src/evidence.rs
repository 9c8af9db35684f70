//! What a record says, read from the bytes that were signed and from nothing else.

use std::collections::BTreeSet;

use witnessmark_record::{Record, RecordError, RecordKind, render};
use witnessmark_verifier::{Entry, Hash, OrgName, Origin, PAYLOAD_TYPE_RECORD};

use crate::verdict::{FileFacts, RecordFacts, SignerFacts};
use crate::verify::{Fields, StandingFacts, Told};

/// A file that a record names, under the name it has beside a bundle.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) name: String,
    pub(crate) sha256: Hash,
    pub(crate) sha512: Option<Vec<u8>>,
    pub(crate) size: u64,
}

/// The record of a logged entry: canonical, of a known kind, of the entry's organisation and of this
/// ledger. The error is what is wrong.
pub(crate) fn read(entry: &Entry, origin: &Origin) -> Result<Record, String> {
    if entry.payload_type != PAYLOAD_TYPE_RECORD {
        return Err("the payload is not a record".to_owned());
    }
    let record = Record::decode(&entry.payload).map_err(|error| in_words(&error))?;
    if entry.org.as_ref().map(OrgName::as_str) != Some(record.org()) {
        return Err("it names another organisation than its entry".to_owned());
    }
    if record.origin() != origin.as_str() {
        return Err("it was signed for another ledger".to_owned());
    }
    Ok(record)
}

/// What is wrong with a payload, without repeating any text of it.
fn in_words(error: &RecordError) -> String {
    match error {
        RecordError::UnknownKind { .. } => {
            format!(
                "it is of a kind that this software does not know; known are {}",
                RecordKind::known()
            )
        }
        RecordError::KindMismatch { .. } => "its schema does not name its body".to_owned(),
        RecordError::TooLarge(_)
        | RecordError::Malformed(_)
        | RecordError::Encoding(_)
        | RecordError::UnknownField(_)
        | RecordError::UnknownEnumValue(_)
        | RecordError::NotCanonical(_)
        | RecordError::Link(_)
        | RecordError::Target(_)
        | _ => error.to_string(),
    }
}

/// The first title, or nothing.
pub(crate) fn title(record: &Record) -> String {
    record.title().to_owned()
}

/// The digests of protected fields, or `None` when one is not a digest.
pub(crate) fn protected(record: &Record) -> Option<BTreeSet<Hash>> {
    record.protected().iter().map(|bytes| hash(bytes)).collect()
}

/// The files, or `None` when one has no SHA-256. A file without a name is called by its digest.
pub(crate) fn attachments(record: &Record) -> Option<Vec<Attachment>> {
    record
        .attachments()
        .iter()
        .map(|attachment| {
            let sha256 = hash(&attachment.sha256)?;
            let name = if attachment.name.is_empty() {
                sha256.to_string()
            } else {
                attachment.name.clone()
            };
            Some(Attachment {
                name,
                sha256,
                sha512: Some(attachment.sha512.clone()).filter(|it| !it.is_empty()),
                size: attachment.size,
            })
        })
        .collect()
}

fn hash(bytes: &[u8]) -> Option<Hash> {
    <[u8; 32]>::try_from(bytes).ok().map(Hash::new)
}

/// What the checks of one record found.
pub(crate) struct Found {
    pub(crate) signers: Vec<SignerFacts>,
    pub(crate) fields: Fields,
    pub(crate) files: Vec<FileFacts>,
    pub(crate) standing: StandingFacts,
    pub(crate) told: Told,
}

/// All that is shown of a record once every check has passed.
pub(crate) fn record_facts(entry: &Entry, record: &Record, found: Found) -> RecordFacts {
    let message = record.message();
    // Each digest has a line of its own that says whether it was opened.
    let mut clear = message.clone();
    clear.protected.clear();
    RecordFacts {
        record_id: entry.record_id(),
        kind: record.kind(),
        title: title(record),
        asserted_by: message
            .asserted_by
            .as_ref()
            .map(|a| a.name.clone())
            .unwrap_or_default(),
        signed_at: message.signed_at_ms,
        signers: found.signers,
        lines: render(&clear),
        protected: found.fields.protected,
        disclosed: found.fields.disclosed,
        withheld: found.fields.withheld,
        files: found.files,
        erasures: found.told.erased,
        openings: found.told.openings,
        related: found.standing.related,
        withdrawn_by: found.standing.withdrawn_by,
        corrections: found.standing.corrections,
    }
}
