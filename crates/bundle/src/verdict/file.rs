//! What is known of a file that the record names.

use witnessmark_verifier::Hash;

use super::ErasedFacts;

/// A file that a record names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Its name.
    pub name: String,
    /// The digest that the record holds.
    pub sha256: Hash,
    /// The SHA-512 that the record holds, if it holds one; 64 bytes, or it cannot match.
    pub sha512: Option<Vec<u8>>,
    /// Its size in bytes.
    pub size: u64,
    /// What was found of it.
    pub state: FileState,
    /// That it was erased, when the record's organisation says so.
    pub erased: Option<ErasedFacts>,
}

/// What was found of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It is here: size and every digest are those that were signed.
    Matching,
    /// It is here, and something else than what was signed; the words say what differs.
    Different(String),
    /// It travels with the bundle, and is not here.
    Missing,
    /// It may be here, and cannot be read; the words say why.
    Unreadable(String),
    /// It travels with the bundle and is not here, and the record's organisation says that it was erased.
    Erased,
    /// The bundle does not name it, so it was not looked for.
    NotNamed,
}

impl FileState {
    /// The word for programs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Matching => "matching",
            Self::Different(_) => "different",
            Self::Missing => "missing",
            Self::Unreadable(_) => "unreadable",
            Self::Erased => "erased",
            Self::NotNamed => "not_named",
        }
    }

    /// What was found, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Matching => "here, the same bytes".to_owned(),
            Self::Different(what) => format!("here, and DIFFERENT: it has not the {what}"),
            Self::Missing => "not here".to_owned(),
            Self::Unreadable(why) => format!("cannot be read: {why}"),
            Self::Erased => "not here, because it was erased".to_owned(),
            Self::NotNamed => "not named to travel with this bundle, and not looked for".to_owned(),
        }
    }
}
