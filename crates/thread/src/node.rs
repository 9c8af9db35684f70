//! A record with its place in the ledger, and many of them.

use std::collections::BTreeMap;

use witnessmark_record::{Logged, Record, v1};
use witnessmark_verifier::{Entry, EntryKind, KeyId, OrgName, RecordId};

/// A logged record.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its place in the log.
    pub index: u64,
    /// Its id.
    pub id: RecordId,
    /// When the ledger registered it, in milliseconds since 1970.
    pub registered_at: u64,
    /// The organisation that signed it.
    pub org: OrgName,
    /// The keys that signed it.
    pub signers: Vec<KeyId>,
    /// What it says.
    pub record: Record,
}

/// A link of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its place in [`Record::links`]: first those of the record's list of links, then the records that its body speaks of.
    pub place: usize,
    /// What it says.
    pub rel: v1::LinkRel,
    /// The record it points to.
    pub target: RecordId,
}

impl Link {
    /// The links of a record, each relation to a target once.
    pub fn of(record: &Record) -> Vec<Self> {
        let mut links: Vec<Self> = Vec::new();
        for (place, (word, target)) in record.links().enumerate() {
            let name = format!("LINK_REL_{}", word.to_ascii_uppercase());
            let rel = v1::LinkRel::from_str_name(&name).unwrap_or_default();
            let said = |link: &Self| link.rel == rel && link.target == target;
            if !links.iter().any(said) {
                links.push(Self { place, rel, target });
            }
        }
        links
    }

    /// Where it stands in its record: `links[i]`, or the body.
    pub fn path(&self, record: &Record) -> String {
        if self.place < record.message().links.len() {
            format!("links[{}]", self.place)
        } else {
            record.kind().field().to_owned()
        }
    }

    /// The field that names its target: `links[i].target`, or the body.
    pub fn target_path(&self, record: &Record) -> String {
        let path = self.path(record);
        if self.place < record.message().links.len() {
            path + ".target"
        } else {
            path
        }
    }
}

impl Node {
    /// The record in the entry at `index`; nothing if the entry is not a record, or one of a later version that this one
    /// cannot read.
    pub fn of(index: u64, entry: &Entry) -> Option<Self> {
        if entry.kind != EntryKind::Record {
            return None;
        }
        Some(Self {
            index,
            id: entry.record_id(),
            registered_at: entry.registered_at,
            org: entry.org.clone()?,
            signers: entry.signatures.iter().map(|one| one.key_id).collect(),
            record: Record::decode(&entry.payload).ok()?,
        })
    }

    /// Its links.
    pub fn links(&self) -> Vec<Link> {
        Link::of(&self.record)
    }

    /// The record as corrections and withdrawals look at it.
    pub fn logged(&self) -> Logged<'_> {
        Logged {
            index: self.index,
            id: self.id,
            org: self.org.as_str(),
            record: &self.record,
        }
    }

    /// The subject that it names.
    pub fn thread_id(&self) -> &[u8] {
        &self.record.message().thread_id
    }

    /// The name of the party that makes the claim; the signing organisation when the record names none.
    pub fn asserted_by(&self) -> &str {
        let by = self.record.message().asserted_by.as_ref();
        by.map(|by| by.name.as_str())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| self.org.as_str())
    }
}

/// Some records of one ledger, in the order of the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    by_index: BTreeMap<u64, Node>,
    by_id: BTreeMap<RecordId, u64>,
}

impl Records {
    /// The record with this id.
    pub fn get(&self, id: &RecordId) -> Option<&Node> {
        self.at(*self.by_id.get(id)?)
    }

    /// The record at this place.
    pub fn at(&self, index: u64) -> Option<&Node> {
        self.by_index.get(&index)
    }

    /// All of them, ascending by place.
    pub fn iter(&self) -> impl Iterator<Item = &Node> {
        self.by_index.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_index.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_index.is_empty()
    }

    /// Only those at these places.
    #[must_use]
    pub fn only(&self, keep: impl Fn(u64) -> bool) -> Self {
        self.iter()
            .filter(|node| keep(node.index))
            .cloned()
            .collect()
    }

    /// Every link with the record that states it, in the order of the log.
    pub fn links(&self) -> impl Iterator<Item = (&Node, Link)> {
        self.iter()
            .flat_map(|node| node.links().into_iter().map(move |link| (node, link)))
    }
}

impl FromIterator<Node> for Records {
    fn from_iter<I: IntoIterator<Item = Node>>(nodes: I) -> Self {
        let by_index: BTreeMap<u64, Node> =
            nodes.into_iter().map(|node| (node.index, node)).collect();
        let by_id = by_index
            .values()
            .map(|node| (node.id, node.index))
            .collect();
        Self { by_index, by_id }
    }
}
