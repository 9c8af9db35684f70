//! Which records of a thread are about one and the same thing, by what their links say.

use std::collections::BTreeMap;

use witnessmark_record::v1::LinkRel;

use crate::Records;

/// The records about each thing: by place, the least place of a record about the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects(BTreeMap<u64, u64>);

impl Subjects {
    /// Whether both are about the same thing.
    pub fn same(&self, one: u64, other: u64) -> bool {
        self.0.contains_key(&one) && self.0.get(&one) == self.0.get(&other)
    }

    /// The places of the records about each thing, ascending.
    pub fn groups(&self) -> Vec<Vec<u64>> {
        let mut groups: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for (index, first) in &self.0 {
            groups.entry(*first).or_default().push(*index);
        }
        groups.into_values().collect()
    }
}

/// Whether a link says that both ends are about the same thing.
const fn joins(rel: LinkRel) -> bool {
    matches!(
        rel,
        LinkRel::SameEventAs
            | LinkRel::SameItemAs
            | LinkRel::Updates
            | LinkRel::Contradicts
            | LinkRel::Corrects
            | LinkRel::Withdraws
            | LinkRel::Supersedes
    )
}

/// Groups records by thread id and by the links that say "the same". Any organisation may say so: a group is what
/// somebody holds to be one thing, for showing claims beside each other, and nothing is merged by it.
pub fn subjects(records: &Records) -> Subjects {
    let mut first: BTreeMap<u64, u64> = records.iter().map(|it| (it.index, it.index)).collect();
    let mut threads: BTreeMap<&[u8], u64> = BTreeMap::new();
    for node in records.iter() {
        let same = *threads.entry(node.thread_id()).or_insert(node.index);
        join(&mut first, node.index, same);
    }
    for (node, link) in records.links() {
        if let Some(target) = records.get(&link.target).filter(|_| joins(link.rel)) {
            join(&mut first, node.index, target.index);
        }
    }
    let indexes: Vec<u64> = first.keys().copied().collect();
    let roots = indexes
        .into_iter()
        .map(|index| (index, root(&mut first, index)));
    Subjects(roots.collect())
}

/// The least place of the group, with the way to it made short.
fn root(first: &mut BTreeMap<u64, u64>, index: u64) -> u64 {
    let mut at = index;
    let mut way = Vec::new();
    while let Some(next) = first.get(&at).copied().filter(|next| *next != at) {
        way.push(at);
        at = next;
    }
    for index in way {
        first.insert(index, at);
    }
    at
}

fn join(first: &mut BTreeMap<u64, u64>, one: u64, other: u64) {
    let (one, other) = (root(first, one), root(first, other));
    first.insert(one.max(other), one.min(other));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Rel, draft, records};

    #[test]
    fn only_links_that_say_the_same_put_records_together() {
        let strike = draft(0).at(1);
        let toll = draft(1).link(Rel::SameEventAs, strike.id).at(2);
        let wreck = draft(2).link(Rel::RecoveredFrom, strike.id).at(3);
        let denial = draft(3).link(Rel::Contradicts, toll.id).at(4);
        let corrected = draft(4).with(|it| it.thread_id = vec![3; 16]).at(5);
        let all = records([&strike, &toll, &wreck, &denial, &corrected]);
        let subjects = subjects(&all);
        assert_eq!(subjects.groups(), [vec![1, 2, 4], vec![3, 5]]);
        assert!(subjects.same(1, 4) && !subjects.same(1, 3));
        assert!(!subjects.same(7, 8));
    }
}
