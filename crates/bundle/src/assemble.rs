//! A bundle made from its parts: what a prover puts in, in the order that the format wants.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_record::Record;
use witnessmark_tlog::encode_proof;
use witnessmark_verifier::{Entry, EntryKind, InclusionProof, LeafIndex, OrgName, RecordId};

use crate::bundle::{Bundle, BundleError, BundledChain, BundledFile, ProvenEntry, RelatedEntry};
use crate::evidence;
use crate::ties::ties;

/// An entry with its place in the tree of the bundle's checkpoint.
#[derive(Clone, Debug)]
pub struct LoggedEntry {
    /// Its index.
    pub index: u64,
    /// Its bytes.
    pub entry: Vec<u8>,
    /// The proof that it is there.
    pub inclusion: InclusionProof,
}

/// All that goes into a bundle. Every proof is for the same checkpoint.
#[derive(Clone, Debug)]
pub struct BundleParts {
    /// The checkpoint with its signatures, as published.
    pub checkpoint: String,
    /// Entry 0.
    pub charter: LoggedEntry,
    /// The record.
    pub record: LoggedEntry,
    /// Every record that links to the record, and every one that speaks of one of these over any number of steps, in any
    /// order.
    pub related: Vec<LoggedEntry>,
    /// The bytes of key events, each organisation's in their order. Events of organisations that
    /// signed nothing here are left out.
    pub key_events: Vec<Vec<u8>>,
    /// Disclosures to show, as their bytes.
    pub disclosures: Vec<Vec<u8>>,
    /// Which attachments of the record travel beside the bundle.
    pub files: BundleFiles,
}

/// Which attachments travel beside a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BundleFiles {
    /// None: the bundle travels alone.
    #[default]
    None,
    /// All of them.
    All,
    /// Those with these names, as [`attachment_names`] gives them.
    Named(BTreeSet<String>),
}

/// Why parts do not make a bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssembleError {
    /// An entry cannot be read.
    #[error("entry {index} cannot be read: {what}")]
    Entry {
        /// Its index.
        index: u64,
        /// What is wrong.
        what: String,
    },
    /// No links lead from a related entry to the record.
    #[error("no links lead from entry {0} to the record")]
    NotRelated(u64),
    /// A file was asked for that the record does not name.
    #[error("the record names no such file")]
    NoSuchFile,
    /// The bundle cannot be written.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

impl BundleParts {
    /// The bundle, not yet written; see [`Bundle::encode`].
    ///
    /// # Errors
    ///
    /// When an entry cannot be read, no links lead from a related entry to the record, or a file is
    /// asked for that the record does not have. Nothing is verified here.
    pub fn assemble(mut self) -> Result<Bundle, AssembleError> {
        let (record, content) = read(&self.record)?;
        let target = record.record_id();
        let mut signed_by: BTreeSet<OrgName> = record.org.into_iter().collect();
        self.related.sort_by_key(|related| related.index);
        let mut said = Vec::with_capacity(self.related.len());
        for logged in &self.related {
            let (entry, content) = read(logged)?;
            said.push((entry.record_id(), content));
            signed_by.extend(entry.org);
        }
        let said: Vec<(RecordId, &Record)> = said.iter().map(|(id, it)| (*id, it)).collect();
        let mut related = Vec::with_capacity(self.related.len());
        for (logged, tie) in self.related.iter().zip(ties(&target, &said)) {
            related.push(RelatedEntry {
                relation: tie.ok_or(AssembleError::NotRelated(logged.index))?.relation,
                proven: prove(logged, &self.checkpoint),
            });
        }
        Ok(Bundle {
            record: prove(&self.record, &self.checkpoint),
            charter: prove(&self.charter, &self.checkpoint),
            key_chains: chains(&self.key_events, &signed_by),
            related,
            files: files(&content, &self.files)?,
            disclosures: self.disclosures,
        })
    }
}

/// The plain names of a record's attachments, as bundles call them: its own name, or its SHA-256.
pub fn attachment_names(record: &Record) -> Vec<String> {
    let attachments = evidence::attachments(record).unwrap_or_default();
    attachments
        .into_iter()
        .map(|attachment| attachment.name)
        .collect()
}

fn read(logged: &LoggedEntry) -> Result<(Entry, Record), AssembleError> {
    let fail = |what: String| AssembleError::Entry {
        index: logged.index,
        what,
    };
    let entry = Entry::parse(&logged.entry).map_err(|error| fail(error.to_string()))?;
    if entry.kind != EntryKind::Record {
        return Err(fail("the entry is not a record".to_owned()));
    }
    let record = Record::decode(&entry.payload).map_err(|error| fail(error.to_string()))?;
    Ok((entry, record))
}

fn prove(logged: &LoggedEntry, checkpoint: &str) -> ProvenEntry {
    ProvenEntry {
        entry: logged.entry.clone(),
        proof: encode_proof(LeafIndex::new(logged.index), &logged.inclusion, checkpoint),
    }
}

fn chains(events: &[Vec<u8>], signed_by: &BTreeSet<OrgName>) -> Vec<BundledChain> {
    let mut by_org: BTreeMap<OrgName, Vec<Vec<u8>>> = BTreeMap::new();
    for bytes in events {
        let org = Entry::parse(bytes).ok().and_then(|entry| entry.org);
        if let Some(org) = org.filter(|org| signed_by.contains(org)) {
            by_org.entry(org).or_default().push(bytes.clone());
        }
    }
    by_org
        .into_iter()
        .map(|(org, events)| BundledChain { org, events })
        .collect()
}

fn files(record: &Record, which: &BundleFiles) -> Result<Vec<BundledFile>, AssembleError> {
    let attachments = evidence::attachments(record).unwrap_or_default();
    if let BundleFiles::Named(names) = which {
        let known = |name: &String| attachments.iter().any(|a| a.name == *name);
        if !names.iter().all(known) {
            return Err(AssembleError::NoSuchFile);
        }
    }
    Ok(attachments
        .into_iter()
        .filter(|attachment| match which {
            BundleFiles::None => false,
            BundleFiles::All => true,
            BundleFiles::Named(names) => names.contains(&attachment.name),
        })
        .map(|a| BundledFile {
            name: a.name,
            sha256: a.sha256,
            size: a.size,
        })
        .collect())
}
