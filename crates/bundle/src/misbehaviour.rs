//! Two signed checkpoints of one ledger that cannot both be honest, as one small file that anybody can check.
//!
//! Three things convict by themselves, because an append-only log has one tree of each size, and one entry at each index:
//! two roots for one size; a newer tree whose first entries have another root than the older checkpoint says; two
//! different leaves at one index. That a ledger refused a consistency proof, or gave a bad one, shows nothing to others:
//! anybody can make a bad proof. Such a file is a complaint, and is judged as one. Nothing here is verified; see
//! [`judge_misbehaviour`].

mod finding;
mod judge;
mod kinds;

use serde::{Deserialize, Serialize};
use witnessmark_verifier::{
    Checkpoint, ConsistencyProof, Hash, InclusionProof, LeafHash, LeafIndex, Note,
    PROOF_HASHES_MAX, base64,
};

use crate::bundle::malformed;
use crate::limits::{INDEX_MAX, MISBEHAVIOUR_BYTES_MAX};

pub use finding::{Finding, FindingFacts, FindingWord};
pub use judge::{MISBEHAVIOUR_CHECKS, judge_misbehaviour};
pub use kinds::{Contradiction, ProvedLeaf, Refused};

/// The first member of every file of misbehaviour of this version.
pub const MISBEHAVIOUR_FORMAT: &str = "witnessmark-misbehaviour/1";

/// What the first member of a file of any version begins with.
const FORMAT_FAMILY: &str = "witnessmark-misbehaviour/";

/// How every file of misbehaviour of any version begins: its spelling leaves nothing else.
const FIRST_BYTES: &[u8] = b"{\n  \"format\": \"witnessmark-misbehaviour/";

/// Two notes, and what shows that they cannot both be honest. Nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misbehaviour {
    /// The two checkpoints as signed notes, word for word: the smaller tree first, of one size the smaller root.
    pub notes: [String; 2],
    /// What shows it, or that nothing does.
    pub shown_by: Contradiction,
}

/// Why bytes are not a file of misbehaviour, or one cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MisbehaviourError {
    /// The file is larger than any of its kind.
    #[error("the file is larger than {MISBEHAVIOUR_BYTES_MAX} bytes")]
    TooLarge,
    /// It is one of a version this software does not know.
    #[error("the file has a version that this software does not know")]
    UnknownVersion,
    /// It is not JSON, or not of this form.
    #[error("{0}")]
    Malformed(String),
    /// It means something, but is not spelled as such a file is.
    #[error("the document is not in its one spelling: it differs at byte {0}")]
    Spelling(usize),
}

impl Misbehaviour {
    /// The file with these notes, given in any order; what belongs to each of them is given in the same order.
    pub fn of(mut notes: [String; 2], mut shown_by: Contradiction) -> Self {
        let place = |text: &String| {
            let note = Note::parse(text).ok()?;
            let head = Checkpoint::parse(note.text()).ok()?.head;
            Some((head.size, *head.root.as_bytes()))
        };
        let [first, second] = notes.each_ref().map(place);
        if first > second {
            notes.reverse();
            if let Contradiction::TwoEntries { leaves, .. } = &mut shown_by {
                leaves.reverse();
            }
        }
        Self { notes, shown_by }
    }

    /// Whether `bytes` begin as every file of misbehaviour does, of whatever version, so that it is judged as one.
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(FIRST_BYTES)
    }

    /// Parses `bytes`, which must be the one spelling of a file of misbehaviour.
    ///
    /// # Errors
    ///
    /// For everything else; [`MisbehaviourError::UnknownVersion`] when it is one of another version.
    pub fn parse(bytes: &[u8]) -> Result<Self, MisbehaviourError> {
        if bytes.len() > MISBEHAVIOUR_BYTES_MAX {
            return Err(MisbehaviourError::TooLarge);
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|_| wrong("the document is not UTF-8 text".to_owned()))?;
        // A list of texts would be read as the members in their order.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(wrong("the document is not a JSON object".to_owned()));
        }
        let format: FormatOnly = serde_json::from_str(text).map_err(|e| form(&e))?;
        if format.format != MISBEHAVIOUR_FORMAT {
            return Err(if format.format.starts_with(FORMAT_FAMILY) {
                MisbehaviourError::UnknownVersion
            } else {
                wrong(format!("the format is not {MISBEHAVIOUR_FORMAT}"))
            });
        }
        let document: Document = serde_json::from_str(text).map_err(|e| form(&e))?;
        let spelled = serde_json::to_string_pretty(&document).map_err(|e| form(&e))?;
        if spelled.as_bytes() != bytes {
            let same = spelled.bytes().zip(bytes).take_while(|(a, b)| a == *b);
            return Err(MisbehaviourError::Spelling(same.count()));
        }
        document.read()
    }

    /// The file in its one spelling.
    ///
    /// # Errors
    ///
    /// When it is larger than such a file may be, or an index or a proof is.
    pub fn encode(&self) -> Result<String, MisbehaviourError> {
        let document = Document::of(self);
        document.read()?;
        let text = serde_json::to_string_pretty(&document).map_err(|e| form(&e))?;
        if text.len() > MISBEHAVIOUR_BYTES_MAX {
            return Err(MisbehaviourError::TooLarge);
        }
        Ok(text)
    }
}

fn form(error: &serde_json::Error) -> MisbehaviourError {
    wrong(malformed(error).to_string())
}

const fn wrong(what: String) -> MisbehaviourError {
    MisbehaviourError::Malformed(what)
}

#[derive(Deserialize)]
struct FormatOnly {
    format: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    kind: String,
    notes: [String; 2],
    beginning: Option<Beginning>,
    entries: Option<Entries>,
    refusal: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beginning {
    root: String,
    consistency: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    index: u64,
    leaves: [Leaf; 2],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Leaf {
    leaf_hash: String,
    inclusion: Vec<String>,
}

impl Document {
    fn of(file: &Misbehaviour) -> Self {
        let mut document = Self {
            format: MISBEHAVIOUR_FORMAT.to_owned(),
            kind: file.shown_by.name().to_owned(),
            notes: file.notes.clone(),
            beginning: None,
            entries: None,
            refusal: None,
        };
        match &file.shown_by {
            Contradiction::TwoRoots => {}
            Contradiction::TwoBeginnings { root, consistency } => {
                document.beginning = Some(Beginning {
                    root: base64::encode(root.as_bytes()),
                    consistency: texts_of(consistency.hashes()),
                });
            }
            Contradiction::TwoEntries { index, leaves } => {
                document.entries = Some(Entries {
                    index: index.get(),
                    leaves: leaves.each_ref().map(|it| Leaf {
                        leaf_hash: base64::encode(it.leaf.hash().as_bytes()),
                        inclusion: texts_of(it.inclusion.hashes()),
                    }),
                });
            }
            Contradiction::Unproved(refused) => {
                document.refusal = Some(refused.as_str().to_owned());
            }
        }
        document
    }

    fn read(&self) -> Result<Misbehaviour, MisbehaviourError> {
        let evidence = (&self.beginning, &self.entries, &self.refusal);
        let shown_by = match (self.kind.as_str(), evidence) {
            ("two-roots", (None, None, None)) => Contradiction::TwoRoots,
            ("two-beginnings", (Some(beginning), None, None)) => Contradiction::TwoBeginnings {
                root: hash_of(&beginning.root)?,
                consistency: ConsistencyProof::new(hashes_of(&beginning.consistency)?),
            },
            ("two-entries", (None, Some(entries), None)) => entries.read()?,
            ("unproved", (None, None, Some(refusal))) => Contradiction::Unproved(
                Refused::of(refusal)
                    .ok_or_else(|| wrong("the member refusal has an unknown word".to_owned()))?,
            ),
            ("two-roots" | "two-beginnings" | "two-entries" | "unproved", _) => {
                return Err(wrong(
                    "the members with the evidence are not those of the kind".to_owned(),
                ));
            }
            _ => return Err(wrong("the kind is not known".to_owned())),
        };
        Ok(Misbehaviour {
            notes: self.notes.clone(),
            shown_by,
        })
    }
}

impl Entries {
    fn read(&self) -> Result<Contradiction, MisbehaviourError> {
        if self.index > INDEX_MAX {
            return Err(wrong(
                "the index is larger than JSON can say exactly".to_owned(),
            ));
        }
        let read = |leaf: &Leaf| {
            Ok::<_, MisbehaviourError>(ProvedLeaf {
                leaf: LeafHash::new(hash_of(&leaf.leaf_hash)?),
                inclusion: InclusionProof::new(hashes_of(&leaf.inclusion)?),
            })
        };
        let [first, second] = &self.leaves;
        Ok(Contradiction::TwoEntries {
            index: LeafIndex::new(self.index),
            leaves: [read(first)?, read(second)?],
        })
    }
}

fn texts_of(hashes: &[Hash]) -> Vec<String> {
    let texts = hashes.iter().map(|hash| base64::encode(hash.as_bytes()));
    texts.collect()
}

fn hashes_of(texts: &[String]) -> Result<Vec<Hash>, MisbehaviourError> {
    if texts.len() > PROOF_HASHES_MAX {
        return Err(wrong(format!(
            "a proof has more than {PROOF_HASHES_MAX} hashes"
        )));
    }
    texts.iter().map(|text| hash_of(text)).collect()
}

fn hash_of(text: &str) -> Result<Hash, MisbehaviourError> {
    Hash::parse_base64(text)
        .map_err(|_| wrong("a hash is not 32 bytes in strict base64".to_owned()))
}
