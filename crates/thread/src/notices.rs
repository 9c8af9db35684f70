//! What bears on the standing of a record: withdrawals, corrections and contradictions, gravest first.

use witnessmark_record::v1::LinkRel;

use crate::{Link, Node, Records, rules};

/// A link that bears on the standing of its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// The place of the record that states the link.
    pub by: u64,
    /// The place of the record that it is about.
    pub on: u64,
    /// The link.
    pub link: Link,
    /// False when the link is one that only the target's own organisation may state, and another did: it has no effect.
    pub valid: bool,
}

/// The relations that bear on the standing of a record, gravest first.
const ORDER: [LinkRel; 6] = [
    LinkRel::Withdraws,
    LinkRel::Supersedes,
    LinkRel::Corrects,
    LinkRel::Contradicts,
    LinkRel::Updates,
    LinkRel::RespondsTo,
];

/// Everything among the records that bears on the standing of another, gravest first, then in the order of the log.
pub fn notices(records: &Records) -> Vec<Notice> {
    let mut found: Vec<(usize, Notice)> = Vec::new();
    for (node, link) in records.links() {
        let rank = ORDER.iter().position(|rel| *rel == link.rel);
        if let (Some(rank), Some(on)) = (rank, records.get(&link.target)) {
            found.push((rank, notice(node, link, on)));
        }
    }
    found.sort_by_key(|(rank, notice)| (*rank, notice.by));
    found.into_iter().map(|(_, notice)| notice).collect()
}

fn notice(by: &Node, link: Link, on: &Node) -> Notice {
    Notice {
        by: by.index,
        on: on.index,
        link,
        valid: !rules::changes(link.rel) || by.org == on.org,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Rel, draft, records};

    #[test]
    fn the_gravest_comes_first_and_what_has_no_effect_is_marked() {
        let claim = draft(0).at(1);
        let denial = draft(1).by("org-b").link(Rel::Contradicts, claim.id).at(2);
        let about = draft(2).link(Rel::About, claim.id).at(3);
        let foreign = draft(3).by("org-b").link(Rel::Withdraws, claim.id).at(4);
        let own = draft(4).link(Rel::Withdraws, claim.id).at(5);
        let found = notices(&records([&claim, &denial, &about, &foreign, &own]));
        let found: Vec<_> = found.iter().map(|it| (it.by, it.on, it.valid)).collect();
        assert_eq!(found, [(4, 1, false), (5, 1, true), (2, 1, true)]);
    }
}
