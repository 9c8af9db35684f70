//! Names of the same thing: weapons that two sides call differently, places that are spelled in several ways.
//!
//! The table is data, with a version and a digest, so that a search can say by which table it found something. It serves
//! searching only: a record keeps the name that its source uses, and nothing is identified by this table.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value as Json;
use unicode_normalization::UnicodeNormalization as _;
use witnessmark_verifier::{Hash, sha256};

const TABLE: &[u8] = include_bytes!("../data/aliases.json");

/// What a group of names is about. The same name may stand in one group of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AliasKind {
    /// Designations of weapons.
    Designation,
    /// Names of places.
    Place,
}

/// Names of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasGroup {
    kind: AliasKind,
    names: Vec<String>,
    family: Option<String>,
    note: String,
}

impl AliasGroup {
    /// What the names are about.
    pub const fn kind(&self) -> AliasKind {
        self.kind
    }

    /// The names, at least one, the most common in English first.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The name of the family that the thing belongs to. It has a group of its own.
    pub fn family(&self) -> Option<&str> {
        self.family.as_deref()
    }

    /// A remark for the reader, or an empty text.
    pub fn note(&self) -> &str {
        &self.note
    }
}

/// The table with its index.
struct Table {
    version: String,
    digest: Hash,
    groups: Vec<AliasGroup>,
    index: HashMap<(AliasKind, String), usize>,
}

static ALIASES: LazyLock<Table> = LazyLock::new(load);

#[expect(
    clippy::expect_used,
    reason = "the table is part of this crate; a test reads all of it"
)]
fn load() -> Table {
    let json = serde_json::from_slice(TABLE).expect("the table is JSON");
    read(&json).expect("the table has its form")
}

/// The version of the table. It changes whenever the table does.
pub fn version() -> &'static str {
    &ALIASES.version
}

/// The SHA-256 of the table's file.
pub fn digest() -> Hash {
    ALIASES.digest
}

/// All groups, in the order of the table.
pub fn groups() -> &'static [AliasGroup] {
    &ALIASES.groups
}

/// The names of the thing that `name` names. Upper and lower case, spaces, dots, apostrophes and hyphens make no difference.
///
/// # Examples
///
/// ```
/// use witnessmark_record::aliases::{AliasKind, lookup};
/// let group = lookup(AliasKind::Designation, "KN 23").unwrap();
/// assert!(group.names().contains(&"Hwasong-11Ga".to_owned()));
/// assert_eq!(group.family(), Some("Hwasong-11"));
/// ```
pub fn lookup(kind: AliasKind, name: &str) -> Option<&'static AliasGroup> {
    let at = ALIASES.index.get(&(kind, fold(name)))?;
    ALIASES.groups.get(*at)
}

/// The groups that belong to the family that `name` names, without the family's own.
pub fn members(name: &str) -> impl Iterator<Item = &'static AliasGroup> {
    let family = lookup(AliasKind::Designation, name);
    ALIASES.groups.iter().filter(move |group| {
        let of = group
            .family()
            .and_then(|it| lookup(AliasKind::Designation, it));
        of.is_some() && of == family
    })
}

/// Whether two names are spellings of one, or stand in one group.
pub fn is_same(kind: AliasKind, left: &str, right: &str) -> bool {
    let (folded, other) = (fold(left), fold(right));
    let group = lookup(kind, left);
    !folded.is_empty() && folded == other || group.is_some() && group == lookup(kind, right)
}

/// The form in which names are compared: compatible characters as one, lower case, letters and digits only.
fn fold(name: &str) -> String {
    let lower = name.nfkc().flat_map(char::to_lowercase);
    lower.filter(|c| c.is_alphanumeric()).collect()
}

fn read(json: &Json) -> Option<Table> {
    let mut groups = Vec::new();
    let mut index = HashMap::new();
    for (at, group) in json.get("groups")?.as_array()?.iter().enumerate() {
        let group = read_group(group)?;
        for name in &group.names {
            index.insert((group.kind, fold(name)), at);
        }
        groups.push(group);
    }
    Some(Table {
        version: json.get("version")?.as_str()?.to_owned(),
        digest: sha256(TABLE),
        groups,
        index,
    })
}

fn read_group(json: &Json) -> Option<AliasGroup> {
    let text = |name: &str| Some(json.get(name)?.as_str()?.to_owned());
    let kind = match text("kind")?.as_str() {
        "designation" => AliasKind::Designation,
        "place" => AliasKind::Place,
        _ => return None,
    };
    let names = json.get("names")?.as_array()?.iter();
    Some(AliasGroup {
        kind,
        names: names
            .map(|name| Some(name.as_str()?.to_owned()))
            .collect::<Option<_>>()?,
        family: text("family"),
        note: text("note")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kind: AliasKind, name: &str) -> Vec<&'static str> {
        let group = lookup(kind, name).unwrap_or_else(|| panic!("{name}"));
        group.names().iter().map(String::as_str).collect()
    }

    #[test]
    fn the_digest_is_that_of_this_version() {
        let expected = "ba48fe6d54c142b2b831edba5fe3c51a531ab112805ba0d24de33c40872b7701";
        assert_eq!(
            (version(), digest().to_string().as_str()),
            ("1", expected),
            "a changed table has another version"
        );
    }

    #[test]
    fn spellings_of_one_port_find_each_other() {
        for name in ["Najin", "RAJIN", "rason", "\u{b77c}\u{c9c4}"] {
            let all = names(AliasKind::Place, name);
            assert!(all.contains(&"Najin") && all.contains(&"Rajin") && all.contains(&"Rason"));
        }
        assert!(is_same(AliasKind::Place, "Dunay", "Dunai"));
        assert!(!is_same(AliasKind::Place, "Dunay", "Najin"));
        assert!(is_same(AliasKind::Place, "Port X", "port-x"));
        assert!(!is_same(AliasKind::Place, "-", " "));
        assert_eq!(lookup(AliasKind::Place, "KN-23"), None);
        assert_eq!(lookup(AliasKind::Place, "Danube"), None);
    }

    #[test]
    fn designations_of_both_sides_find_each_other_and_their_family() {
        for (one, other) in [("KN-23", "Hwasong-11Ga"), ("kn24", "HWASONG 11NA")] {
            assert!(is_same(AliasKind::Designation, one, other));
            let group = lookup(AliasKind::Designation, one).unwrap();
            assert_eq!(group.family(), Some("Hwasong-11"));
        }
        assert!(!is_same(AliasKind::Designation, "KN-23", "KN-24"));
        assert!(!is_same(AliasKind::Designation, "KN-23", "Hwasong-11"));
        let first: Vec<&str> = members("Hwasong-11")
            .map(|it| it.names()[0].as_str())
            .collect();
        assert_eq!(first, ["KN-23", "KN-24"]);
        assert_eq!(members("KN-23").count(), 0);
        assert_eq!(members("unheard of").count(), 0);
    }

    #[test]
    fn the_table_names_each_thing_once_and_every_family_has_a_group() {
        let count: usize = groups().iter().map(|it| it.names().len()).sum();
        assert_eq!(ALIASES.index.len(), count, "a name stands twice in a kind");
        for group in groups() {
            assert!(!group.names().is_empty());
            for name in group.names() {
                assert_eq!(name.nfc().collect::<String>(), *name);
            }
            if let Some(family) = group.family() {
                let of = lookup(group.kind(), family).unwrap();
                assert_eq!(of.family(), None, "a family is not in a family");
            }
        }
    }
}
