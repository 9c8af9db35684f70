//! What is a part of what, by the links `part_of` and `has_part` of any record.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_record::v1::LinkRel;
use witnessmark_verifier::RecordId;

use crate::{Link, Records};

/// Part and whole, as one link says it.
struct Edge {
    part: RecordId,
    whole: RecordId,
    stated_at: u64,
    link: Link,
}

fn edges(records: &Records) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (node, link) in records.links() {
        let (part, whole) = if link.rel == LinkRel::PartOf {
            (node.id, link.target)
        } else if link.rel == LinkRel::HasPart {
            (link.target, node.id)
        } else {
            continue;
        };
        edges.push(Edge {
            part,
            whole,
            stated_at: node.index,
            link,
        });
    }
    edges
}

/// Of what `part` is a part, by any of the records.
#[cfg(test)]
pub(crate) fn wholes(records: &Records, part: &RecordId) -> Vec<RecordId> {
    let edges = edges(records).into_iter();
    let own = edges.filter(|edge| edge.part == *part);
    own.map(|edge| edge.whole).collect()
}

/// The links that together say that something is a part of itself, each with the place of the record that states it.
///
/// What has no whole or no part among the rest is in no circle; taking it away again and again leaves the circles, and
/// what lies between two of them.
pub(crate) fn circles(records: &Records) -> Vec<(u64, Link)> {
    let mut left = edges(records);
    loop {
        let parts: BTreeSet<RecordId> = left.iter().map(|edge| edge.part).collect();
        let wholes: BTreeSet<RecordId> = left.iter().map(|edge| edge.whole).collect();
        let before = left.len();
        left.retain(|edge| parts.contains(&edge.whole) && wholes.contains(&edge.part));
        if left.len() == before {
            break;
        }
    }
    let mut stated: BTreeMap<(u64, usize), Link> = BTreeMap::new();
    for edge in left {
        stated.insert((edge.stated_at, edge.link.place), edge.link);
    }
    stated
        .into_iter()
        .map(|((index, _), link)| (index, link))
        .collect()
}
