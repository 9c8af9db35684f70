//! The bundle of one record: a JSON document with exactly one spelling, parsed and written.
//!
//! The spelling is what `JSON.stringify(value, null, 2)` gives: members in the order of FORMAT, two
//! spaces of indentation, no newline at the end. Nothing here is verified; see
//! [`verify_bundle`](crate::verify_bundle).

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use witnessmark_verifier::{Hash, OrgName, base64};

use crate::files::is_plain_name;
use crate::limits::{
    BUNDLE_BYTES_MAX, DISCLOSURES_MAX, EVENTS_MAX, FILE_SIZE_MAX, FILES_MAX, KEY_CHAINS_MAX,
    RELATED_MAX,
};

/// The first member of every bundle of this version.
pub const BUNDLE_FORMAT: &str = "witnessmark-bundle/1";

/// What the first member of a bundle of any version begins with.
const BUNDLE_FORMAT_FAMILY: &str = "witnessmark-bundle/";

/// One file for a court, parsed. Nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The record's entry, and its proof.
    pub record: ProvenEntry,
    /// The charter's entry, and its proof.
    pub charter: ProvenEntry,
    /// The key events of every organisation that signed here, ascending by organisation.
    pub key_chains: Vec<BundledChain>,
    /// Records about the record, or about one of these, ascending by index.
    pub related: Vec<RelatedEntry>,
    /// Opened fields of the record, as their disclosure bytes.
    pub disclosures: Vec<Vec<u8>>,
    /// The files that travel beside the bundle.
    pub files: Vec<BundledFile>,
}

/// An entry, and the tlog-proof that it is in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenEntry {
    /// The bytes of the entry.
    pub entry: Vec<u8>,
    /// The text of a tlog-proof without `extra`.
    pub proof: String,
}

/// The key events of one organisation, from the first on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundledChain {
    /// The organisation.
    pub org: OrgName,
    /// The bytes of the events' entries.
    pub events: Vec<Vec<u8>>,
}

/// An entry that links to the record, or speaks of another one that is related to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedEntry {
    /// How it is linked, in the words of that entry.
    pub relation: String,
    /// The entry, and its proof.
    pub proven: ProvenEntry,
}

/// A file that travels beside the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundledFile {
    /// Its plain name.
    pub name: String,
    /// The digest of its bytes.
    pub sha256: Hash,
    /// Its length in bytes.
    pub size: u64,
}

/// Why bytes are not a bundle, or a bundle cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The file is larger than any bundle.
    #[error("the file is larger than {BUNDLE_BYTES_MAX} bytes")]
    TooLarge,
    /// It is a bundle of a version this software does not know.
    #[error("the bundle has a version that this software does not know")]
    UnknownVersion,
    /// It is not JSON, or not of the bundle's form.
    #[error("{what} (line {line}, column {column})")]
    Malformed {
        /// What is wrong, in words of ours.
        what: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A value is not in its one spelling.
    #[error("{0}")]
    Value(String),
    /// It means something, but is not spelled as a bundle is.
    #[error("the document is not in its one spelling: it differs at byte {0}")]
    Spelling(usize),
    /// There are more of these than allowed.
    #[error("there are more than {max} {what}")]
    TooMany {
        /// Of what there are too many.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
}

impl Bundle {
    /// Parses `bytes`, which must be the one spelling of a bundle.
    ///
    /// # Errors
    ///
    /// For everything else; [`BundleError::UnknownVersion`] when it is a bundle of another version.
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() > BUNDLE_BYTES_MAX {
            return Err(BundleError::TooLarge);
        }
        // What is skipped on the way to the format is not looked at, so the whole is here.
        let text = std::str::from_utf8(bytes)
            .map_err(|_| BundleError::Value("the document is not UTF-8 text".to_owned()))?;
        if !text.trim_ascii_start().starts_with('{') {
            return Err(BundleError::Value(
                "the document is not a JSON object".to_owned(),
            ));
        }
        let format: FormatOnly = serde_json::from_str(text).map_err(|e| malformed(&e))?;
        if format.format != BUNDLE_FORMAT {
            return Err(if format.format.starts_with(BUNDLE_FORMAT_FAMILY) {
                BundleError::UnknownVersion
            } else {
                BundleError::Value(format!("the format is not {BUNDLE_FORMAT}"))
            });
        }
        let document: Document = serde_json::from_str(text).map_err(|e| malformed(&e))?;
        let mut compare = Compare {
            expected: bytes,
            at: 0,
        };
        let same = serde_json::to_writer_pretty(&mut compare, &document);
        if same.is_err() || compare.at != bytes.len() {
            return Err(BundleError::Spelling(compare.at));
        }
        document.read()
    }

    /// The bundle in its one spelling.
    ///
    /// # Errors
    ///
    /// When a count or the whole is larger than allowed, or a file's name or size cannot be written.
    pub fn encode(&self) -> Result<String, BundleError> {
        let document = Document::of(self);
        document.read()?;
        let text = serde_json::to_string_pretty(&document).map_err(|e| malformed(&e))?;
        if text.len() > BUNDLE_BYTES_MAX {
            return Err(BundleError::TooLarge);
        }
        Ok(text)
    }

    /// The record, the charter and the related entries, with their proofs.
    pub fn proven(&self) -> impl Iterator<Item = &ProvenEntry> {
        let related = self.related.iter().map(|related| &related.proven);
        [&self.record, &self.charter].into_iter().chain(related)
    }
}

/// Says what serde found without repeating any word of the document.
pub(crate) fn malformed(error: &serde_json::Error) -> BundleError {
    let text = error.to_string();
    // These two name members of ours; every other message may quote the document.
    let known = text.starts_with("missing field") || text.starts_with("duplicate field");
    let what = if known {
        let end = text.find(" at line").unwrap_or(text.len());
        text.get(..end)
            .unwrap_or_default()
            .replace("field", "member")
    } else if text.starts_with("unknown field") {
        "unknown member".to_owned()
    } else if error.is_data() {
        "a member has the wrong type".to_owned()
    } else {
        "this is not one JSON document".to_owned()
    };
    BundleError::Malformed {
        what,
        line: error.line(),
        column: error.column(),
    }
}

/// A writer that only compares, so that a large bundle is not held in memory again.
struct Compare<'a> {
    expected: &'a [u8],
    at: usize,
}

impl Write for Compare<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            if self.expected.get(self.at) != Some(byte) {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.at += 1;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Deserialize)]
struct FormatOnly {
    format: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    record: Proven,
    charter: Proven,
    key_chains: Vec<Chain>,
    related: Vec<Related>,
    disclosures: Vec<String>,
    files: Vec<FileName>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proven {
    entry: String,
    proof: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chain {
    org: String,
    events: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Related {
    relation: String,
    entry: String,
    proof: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileName {
    name: String,
    sha256: String,
    size: u64,
}

impl Document {
    fn of(bundle: &Bundle) -> Self {
        Self {
            format: BUNDLE_FORMAT.to_owned(),
            record: Proven::of(&bundle.record),
            charter: Proven::of(&bundle.charter),
            key_chains: bundle
                .key_chains
                .iter()
                .map(|chain| Chain {
                    org: chain.org.as_str().to_owned(),
                    events: chain
                        .events
                        .iter()
                        .map(|event| base64::encode(event))
                        .collect(),
                })
                .collect(),
            related: bundle
                .related
                .iter()
                .map(|related| Related {
                    relation: related.relation.clone(),
                    entry: base64::encode(&related.proven.entry),
                    proof: related.proven.proof.clone(),
                })
                .collect(),
            disclosures: bundle
                .disclosures
                .iter()
                .map(|bytes| base64::encode(bytes))
                .collect(),
            files: bundle
                .files
                .iter()
                .map(|file| FileName {
                    name: file.name.clone(),
                    sha256: file.sha256.to_string(),
                    size: file.size,
                })
                .collect(),
        }
    }

    fn read(&self) -> Result<Bundle, BundleError> {
        at_most(self.key_chains.len(), KEY_CHAINS_MAX, "key chains")?;
        at_most(self.related.len(), RELATED_MAX, "related entries")?;
        at_most(self.disclosures.len(), DISCLOSURES_MAX, "disclosures")?;
        at_most(self.files.len(), FILES_MAX, "files")?;
        Ok(Bundle {
            record: self.record.read("record")?,
            charter: self.charter.read("charter")?,
            key_chains: self
                .key_chains
                .iter()
                .map(Chain::read)
                .collect::<Result<_, _>>()?,
            related: self
                .related
                .iter()
                .map(Related::read)
                .collect::<Result<_, _>>()?,
            disclosures: self
                .disclosures
                .iter()
                .map(|text| bytes_of(text, "a disclosure"))
                .collect::<Result<_, _>>()?,
            files: self
                .files
                .iter()
                .map(FileName::read)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Proven {
    fn of(proven: &ProvenEntry) -> Self {
        Self {
            entry: base64::encode(&proven.entry),
            proof: proven.proof.clone(),
        }
    }

    fn read(&self, what: &str) -> Result<ProvenEntry, BundleError> {
        Ok(ProvenEntry {
            entry: bytes_of(&self.entry, &format!("the entry of the {what}"))?,
            proof: self.proof.clone(),
        })
    }
}

impl Chain {
    fn read(&self) -> Result<BundledChain, BundleError> {
        at_most(self.events.len(), EVENTS_MAX, "events of one organisation")?;
        Ok(BundledChain {
            org: OrgName::parse(&self.org).map_err(|_| {
                BundleError::Value("an organisation of key_chains has no proper name".to_owned())
            })?,
            events: self
                .events
                .iter()
                .map(|text| bytes_of(text, "a key event"))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Related {
    fn read(&self) -> Result<RelatedEntry, BundleError> {
        Ok(RelatedEntry {
            relation: self.relation.clone(),
            proven: ProvenEntry {
                entry: bytes_of(&self.entry, "a related entry")?,
                proof: self.proof.clone(),
            },
        })
    }
}

impl FileName {
    fn read(&self) -> Result<BundledFile, BundleError> {
        if !is_plain_name(&self.name) {
            return Err(BundleError::Value(
                "a file has a name that is not plain".to_owned(),
            ));
        }
        if self.size > FILE_SIZE_MAX {
            return Err(BundleError::Value(
                "a file is larger than JSON can say exactly".to_owned(),
            ));
        }
        Ok(BundledFile {
            name: self.name.clone(),
            sha256: Hash::parse_hex(&self.sha256).map_err(|_| {
                BundleError::Value(
                    "the sha256 of a file is not 64 lower-case hex digits".to_owned(),
                )
            })?,
            size: self.size,
        })
    }
}

fn bytes_of(text: &str, what: &str) -> Result<Vec<u8>, BundleError> {
    base64::decode(text).map_err(|_| BundleError::Value(format!("{what} is not strict base64")))
}

fn at_most(count: usize, max: usize, what: &'static str) -> Result<(), BundleError> {
    if count > max {
        Err(BundleError::TooMany { what, max })
    } else {
        Ok(())
    }
}
