//! What comes with a record and is bound to it by a digest: opened fields, and files beside the bundle.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_record::Record;
use witnessmark_record::v1::ErasureKind;
use witnessmark_verifier::{DisclosedValue, Disclosure, Hash, hex};

use crate::bundle::{Bundle, BundledFile};
use crate::escape::quote;
use crate::evidence::{self, Attachment};
use crate::files::{self, FileSource};
use crate::verdict::{Failure, FileFacts, ProtectedFacts};

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
        let digest = disclosure.digest().map_err(|e| fail(&e.to_string()))?;
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
        _ => "(a value of a type that this software does not know)".to_owned(),
    }
}

/// The check `files`: each file named is an attachment of the record, is there, and has the digest
/// and size that the record holds. An altered file outweighs a missing one.
pub(super) fn files(
    bundle: &Bundle,
    record: &Record,
    source: &dyn FileSource,
    told: &Told,
) -> Result<(Vec<FileFacts>, String), Failure> {
    let attachments = evidence::attachments(record)
        .ok_or_else(|| Failure::not_verified("an attachment of the record has no SHA-256"))?;
    let mut names = BTreeSet::new();
    let mut missing = None;
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
    for file in &bundle.files {
        match compare(file, source) {
            Ok(()) => {}
            Err(Difference::Altered(what)) => return Err(Failure::not_verified(what)),
            Err(Difference::Missing(what)) => missing = missing.or(Some(what)),
        }
    }
    if let Some(what) = missing {
        return Err(Failure::cannot_tell(what));
    }
    let detail = match bundle.files.len() {
        0 => "the bundle names no file".to_owned(),
        count => format!("{count} beside the bundle, as the record has them"),
    };
    let facts = attachments
        .into_iter()
        .map(|attachment| FileFacts {
            beside: bundle.files.iter().any(|file| is_of(file, &attachment)),
            erased: told
                .counting(ErasureKind::Attachment, &attachment.sha256)
                .cloned(),
            name: attachment.name,
            sha256: attachment.sha256,
            size: attachment.size,
        })
        .collect();
    Ok((facts, detail))
}

fn is_of(file: &BundledFile, attachment: &Attachment) -> bool {
    file.name == attachment.name && file.sha256 == attachment.sha256 && file.size == attachment.size
}

enum Difference {
    Altered(String),
    Missing(String),
}

fn compare(file: &BundledFile, source: &dyn FileSource) -> Result<(), Difference> {
    let name = quote(&file.name);
    let unreadable = |error: std::io::Error| {
        Difference::Missing(format!("the file {name} cannot be read: {error}"))
    };
    let bytes = source
        .open(&file.name)
        .map_err(unreadable)?
        .ok_or_else(|| Difference::Missing(format!("the file {name} is not beside the bundle")))?;
    let (sha256, size) = files::digest(bytes, file.size).map_err(unreadable)?;
    if size != file.size {
        return Err(Difference::Altered(format!(
            "the file {name} has not the size that was signed"
        )));
    }
    if sha256 != file.sha256 {
        return Err(Difference::Altered(format!(
            "the file {name} has not the SHA-256 that was signed"
        )));
    }
    Ok(())
}
