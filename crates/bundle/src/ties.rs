//! How each related entry of a bundle is tied to its record: by its own links, over one step or several.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use witnessmark_record::{Record, speaks_of};
use witnessmark_verifier::RecordId;

/// What ties an entry to the record of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tie {
    /// The relation of its first link to the record or, if it has none, of its first speaking link to another related entry.
    pub(crate) relation: String,
    /// The position of that other entry; `None` for the record.
    pub(crate) about: Option<usize>,
    /// Over how many links the record is reached, at least: 1 for a link to the record itself.
    pub(crate) steps: u32,
    /// Whether it speaks of the record, or of an entry that does, over any number of steps.
    pub(crate) bears_on_record: bool,
}

/// The tie of each related entry to the record `target`; `None` for an entry from which no way of links leads to it. The first
/// link of such a way, seen from the record, may say anything; every other speaks of the entry that it points to.
pub(crate) fn ties(target: &RecordId, related: &[(RecordId, &Record)]) -> Vec<Option<Tie>> {
    let web = Web::of(target, related);
    let steps = web.walk(web.direct.keys().copied().collect());
    let speaking = web.direct.iter().filter(|(_, link)| link.speaks);
    let bearing = web.walk(speaking.map(|(place, _)| *place).collect());
    let places = 0..related.len();
    places
        .map(|place| {
            let steps = steps.get(&place).copied()?;
            let (relation, about) = match web.direct.get(&place) {
                Some(link) => (link.relation, None),
                None => web
                    .ways
                    .get(&place)
                    .map(|(rel, other)| (*rel, Some(*other)))?,
            };
            Some(Tie {
                relation: relation.to_owned(),
                about,
                steps,
                bears_on_record: bearing.contains_key(&place),
            })
        })
        .collect()
}

/// The links of an entry to the record.
struct Direct<'a> {
    /// The relation of the first.
    relation: &'a str,
    /// Whether one of them speaks of the record.
    speaks: bool,
}

/// The links between the entries of a bundle, by positions among its related entries.
struct Web<'a> {
    direct: BTreeMap<usize, Direct<'a>>,
    /// Of each entry, the first speaking link to another.
    ways: BTreeMap<usize, (&'a str, usize)>,
    /// By entry, those that speak of it.
    speaking: BTreeMap<usize, Vec<usize>>,
}

impl<'a> Web<'a> {
    fn of(target: &RecordId, related: &[(RecordId, &'a Record)]) -> Self {
        let places = related.iter().enumerate();
        let places: BTreeMap<RecordId, usize> =
            places.map(|(place, (id, _))| (*id, place)).collect();
        let mut web = Self {
            direct: BTreeMap::new(),
            ways: BTreeMap::new(),
            speaking: BTreeMap::new(),
        };
        for (place, (_, record)) in related.iter().enumerate() {
            let record: &'a Record = record;
            for (relation, to) in record.links() {
                let speaks = speaks_of(relation);
                if to == *target {
                    let direct = web
                        .direct
                        .entry(place)
                        .or_insert(Direct { relation, speaks });
                    direct.speaks |= speaks;
                }
                let other = places.get(&to).copied();
                if let Some(other) = other.filter(|other| speaks && *other != place) {
                    web.ways.entry(place).or_insert((relation, other));
                    web.speaking.entry(other).or_default().push(place);
                }
            }
        }
        web
    }

    /// The entries from which speaking links lead to one of `from`, with these, by the least number of links to the record.
    fn walk(&self, from: Vec<usize>) -> BTreeMap<usize, u32> {
        let mut found: BTreeMap<usize, u32> = BTreeMap::new();
        let (mut reached, mut steps) = (from, 1_u32);
        while !reached.is_empty() {
            let mut next = Vec::new();
            for place in reached {
                if let Entry::Vacant(vacant) = found.entry(place) {
                    vacant.insert(steps);
                    next.extend(self.speaking.get(&place).into_iter().flatten().copied());
                }
            }
            (reached, steps) = (next, steps.saturating_add(1));
        }
        found
    }
}
