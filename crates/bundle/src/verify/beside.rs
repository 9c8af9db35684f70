//! What comes with a record and is bound to it by a digest: opened fields, and files beside the bundle.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_record::v1::ErasureKind;
use witnessmark_record::{DisclosedValue, Disclosure, Record};
use witnessmark_verifier::{Hash, hex, sha256};

use crate::bundle::{Bundle, BundledFile};
use crate::escape::quote;
use crate::evidence::{self, Attachment};
use crate::files::{self, Digests, FileSource};
use crate::verdict::{Failure, FileFacts, FileState, ProtectedFacts};

use super::erased::Told;

/// The protected fields of a record: what was opened, and how much was not.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) protected: Vec<ProtectedFacts>,
    pub(crate) disclosed: Vec<(String, String)>,
    pub(crate) withheld: usize,
}

/// The check `disclosures`: each opened field is one that the record commits to.
pub(super) fn disclosures(
    bundle: &Bundle,
    record: &Record,
    told: &Told,
) -> Result<(Fields, String), Failure> {
    let committed: BTreeSet<Hash> = evidence::protected(record)
        .ok_or_else(|| Failure::not_verified("a protected digest of the record is not 32 bytes"))?;
    let mut opened = BTreeMap::new();
    let mut disclosed = Vec::new();
    for (place, bytes) in bundle.disclosures.iter().enumerate() {
        let fail = |what: &str| Failure::not_verified(format!("disclosure {place}: {what}"));
        let disclosure = Disclosure::parse(bytes).map_err(|e| fail(&e.to_string()))?;
        let digest = sha256(bytes);
        if !committed.contains(&digest) {
            return Err(fail("the record holds no digest of it"));
        }
        let field = (disclosure.name.clone(), value_text(&disclosure.value));
        if opened.insert(digest, field.clone()).is_some() {
            return Err(fail("it is there twice"));
        }
        disclosed.push(field);
    }
    let protected: Vec<ProtectedFacts> = committed
        .into_iter()
        .map(|commitment| ProtectedFacts {
            shown: opened.remove(&commitment),
            erased: told
                .counting(ErasureKind::ProtectedField, &commitment)
                .cloned(),
            commitment,
        })
        .collect();
    let closed = protected.iter().filter(|field| field.shown.is_none());
    let (erased, withheld): (Vec<_>, Vec<_>) = closed.partition(|field| field.erased.is_some());
    let (erased, withheld) = (erased.len(), withheld.len());
    let detail = match erased {
        0 => format!("{} shown, {withheld} withheld", disclosed.len()),
        _ => format!(
            "{} shown, {withheld} withheld, {erased} erased",
            disclosed.len()
        ),
    };
    Ok((
        Fields {
            protected,
            disclosed,
            withheld,
        },
        detail,
    ))
}

fn value_text(value: &DisclosedValue) -> String {
    match value {
        DisclosedValue::Bytes(bytes) => hex::encode(bytes),
        DisclosedValue::Text(text) | DisclosedValue::Json(text) => text.clone(),
        DisclosedValue::Integer(number) => number.to_string(),
        DisclosedValue::Time(ms) => match u64::try_from(*ms) {
            Ok(ms) => crate::time::utc(ms),
            Err(_) => format!("{ms} ms after 1970 UTC"),
        },
        DisclosedValue::Bool(truth) => truth.to_string(),
    }
}

/// The check `files`: each file named is an attachment of the record, is there, and has the digests and the size that the record
/// holds. Every file is looked at, whatever the others are; an altered one outweighs one that is missing. An erased one may be
/// missing.
pub(super) fn files(
    bundle: &Bundle,
    record: &Record,
    source: &dyn FileSource,
    told: &Told,
) -> (Vec<FileFacts>, Result<String, Failure>) {
    let attachments = match named(bundle, record) {
        Ok(attachments) => attachments,
        Err(failure) => return (Vec::new(), Err(failure)),
    };
    let found: BTreeMap<&str, Found> = bundle
        .files
        .iter()
        .map(|file| (file.name.as_str(), Found::look(file, source)))
        .collect();
    let facts: Vec<FileFacts> = attachments
        .into_iter()
        .map(|attachment| {
            let erased = told
                .counting(ErasureKind::Attachment, &attachment.sha256)
                .cloned();
            let is_named = bundle.files.iter().any(|file| is_of(file, &attachment));
            let found = found.get(attachment.name.as_str()).filter(|_| is_named);
            let state = match found.map(|found| found.state(&attachment)) {
                Some(FileState::Missing) if erased.is_some() => FileState::Erased,
                Some(state) => state,
                None => FileState::NotNamed,
            };
            FileFacts {
                name: attachment.name,
                sha256: attachment.sha256,
                sha512: attachment.sha512,
                size: attachment.size,
                state,
                erased,
            }
        })
        .collect();
    let outcome = judge(&facts);
    (facts, outcome)
}

/// The record's attachments, when the bundle names each of its files once and no others.
fn named(bundle: &Bundle, record: &Record) -> Result<Vec<Attachment>, Failure> {
    let attachments = evidence::attachments(record)
        .ok_or_else(|| Failure::not_verified("an attachment of the record has no SHA-256"))?;
    let mut names = BTreeSet::new();
    for file in &bundle.files {
        if !attachments.iter().any(|attachment| is_of(file, attachment)) {
            return Err(Failure::not_verified(
                "a file is named that the record does not hold so",
            ));
        }
        if !names.insert(file.name.as_str()) {
            return Err(Failure::not_verified("a file is named twice"));
        }
    }
    Ok(attachments)
}

fn is_of(file: &BundledFile, attachment: &Attachment) -> bool {
    file.name == attachment.name && file.sha256 == attachment.sha256 && file.size == attachment.size
}

/// What lies under the name of a file.
enum Found {
    Nothing,
    Unreadable(String),
    Bytes(Digests),
}

impl Found {
    fn look(file: &BundledFile, source: &dyn FileSource) -> Self {
        let bytes = match source.open(&file.name) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Self::Nothing,
            Err(error) => return Self::Unreadable(error.to_string()),
        };
        match files::digests(bytes, file.size) {
            Ok(digests) => Self::Bytes(digests),
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }

    fn state(&self, attachment: &Attachment) -> FileState {
        let digests = match self {
            Self::Nothing => return FileState::Missing,
            Self::Unreadable(why) => return FileState::Unreadable(why.clone()),
            Self::Bytes(digests) => digests,
        };
        let signed_512 = attachment.sha512.as_deref();
        let differing: Vec<&str> = [
            (digests.size != attachment.size, "size"),
            (digests.sha256 != attachment.sha256, "SHA-256"),
            (signed_512.is_some_and(|it| it != digests.sha512), "SHA-512"),
        ]
        .into_iter()
        .filter_map(|(differs, what)| differs.then_some(what))
        .collect();
        if differing.is_empty() {
            FileState::Matching
        } else {
            FileState::Different(format!("{} that was signed", differing.join(" and the ")))
        }
    }
}

/// How the check ends: by what is altered, if anything is, else by what is missing.
fn judge(facts: &[FileFacts]) -> Result<String, Failure> {
    let mut altered = Vec::new();
    let mut missing = Vec::new();
    let (mut matching, mut erased) = (0_usize, 0_usize);
    for file in facts {
        let name = quote(&file.name);
        match &file.state {
            FileState::Matching => matching += 1,
            FileState::Erased => erased += 1,
            FileState::NotNamed => {}
            FileState::Different(what) => {
                altered.push(format!("the file {name} has not the {what}"));
            }
            FileState::Missing => missing.push(format!("the file {name} is not beside the bundle")),
            FileState::Unreadable(why) => {
                missing.push(format!("the file {name} cannot be read: {why}"));
            }
        }
    }
    if !altered.is_empty() {
        return Err(Failure::not_verified(first_of(&altered)));
    }
    if !missing.is_empty() {
        return Err(Failure::cannot_tell(first_of(&missing)));
    }
    Ok(match (matching, erased) {
        (0, 0) => "the bundle names no file".to_owned(),
        (_, 0) => format!("{matching} beside the bundle, as the record has them"),
        (_, _) => format!("{matching} beside the bundle, as the record has them; {erased} erased"),
    })
}

fn first_of(what: &[String]) -> String {
    let first = what.first().cloned().unwrap_or_default();
    match what.len().saturating_sub(1) {
        0 => first,
        more => format!("{first}, and so for {more} more"),
    }
}
