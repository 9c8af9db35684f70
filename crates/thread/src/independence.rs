//! Whether a corroboration is independent: computed from what the records say, never taken from who claims it.

use std::collections::BTreeSet;

use witnessmark_record::v1::LinkRel;
use witnessmark_verifier::{Hash, RecordId};

use crate::{Node, Records};

/// Why a corroboration is not independent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dependence {
    /// One organisation signed both.
    SameOrganisation(String),
    /// One key signed both.
    SameKey,
    /// One party makes both claims.
    SameAsserter(String),
    /// Both name one published source.
    SharedSource(String),
    /// Both go back to one record.
    SharedAncestor(RecordId),
}

/// One corroboration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corroboration {
    /// The place of the record that corroborates.
    pub by: u64,
    /// The record that it corroborates.
    pub target: RecordId,
    /// The place of that record; nothing if it is not among the records.
    pub of: Option<u64>,
    /// Why it is not independent; empty when nothing in the records speaks against it.
    pub reasons: Vec<Dependence>,
}

/// Every corroboration among the records.
pub fn corroborations(records: &Records) -> Vec<Corroboration> {
    let links = records.links();
    links
        .filter(|(_, link)| link.rel == LinkRel::Corroborates)
        .map(|(node, link)| {
            let target = records.get(&link.target);
            Corroboration {
                by: node.index,
                target: link.target,
                of: target.map(|target| target.index),
                reasons: target.map_or_else(Vec::new, |target| reasons(records, node, target)),
            }
        })
        .collect()
}

fn reasons(records: &Records, by: &Node, of: &Node) -> Vec<Dependence> {
    let mut reasons = Vec::new();
    if by.org == of.org {
        reasons.push(Dependence::SameOrganisation(by.org.as_str().to_owned()));
    }
    if by.signers.iter().any(|key| of.signers.contains(key)) {
        reasons.push(Dependence::SameKey);
    }
    if same_asserter(by, of) {
        reasons.push(Dependence::SameAsserter(by.asserted_by().to_owned()));
    }
    let urls = urls(of);
    for source in &by.record.message().sources {
        if urls.contains(&plain_url(&source.url)) && !source.url.is_empty() {
            reasons.push(Dependence::SharedSource(source.url.clone()));
        }
    }
    let ancestors = ancestors(records, of);
    let shared = ancestors_in_order(records, by)
        .into_iter()
        .find(|id| ancestors.contains(id));
    reasons.extend(shared.map(Dependence::SharedAncestor));
    reasons
}

/// One code, or one name when not both have a code.
fn same_asserter(by: &Node, of: &Node) -> bool {
    let code = |node: &Node| {
        let by = node.record.message().asserted_by.as_ref();
        by.map_or_else(String::new, |by| folded(&by.code))
    };
    let (one, other) = (code(by), code(of));
    (!one.is_empty() && one == other) || folded(by.asserted_by()) == folded(of.asserted_by())
}

/// Without case and with single spaces: one party's name, typed twice.
pub(crate) fn folded(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

fn urls(node: &Node) -> BTreeSet<String> {
    let sources = node.record.message().sources.iter();
    sources.map(|source| plain_url(&source.url)).collect()
}

/// One page has one spelling: without scheme, `www.`, fragment and last slash, the host in small letters.
fn plain_url(url: &str) -> String {
    let url = url.split_once('#').map_or(url, |(page, _)| page);
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let url = url.trim_end_matches('/');
    let (host, path) = url
        .find(['/', '?'])
        .map_or((url, ""), |at| url.split_at(at));
    let host = host.to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    format!("{host}{path}")
}

/// The record, what it was derived from, and the captures of its sources, over any number of steps.
fn ancestors_in_order(records: &Records, node: &Node) -> Vec<RecordId> {
    let mut seen = vec![node.id];
    let mut known = BTreeSet::from([node.id]);
    let mut next = 0;
    while let Some(id) = seen.get(next).copied() {
        next += 1;
        let Some(node) = records.get(&id) else {
            continue;
        };
        let derived = node.links().into_iter();
        let derived = derived.filter(|link| link.rel == LinkRel::DerivedFrom);
        let captures = node.record.message().sources.iter().filter_map(|source| {
            let bytes = <[u8; 32]>::try_from(source.capture.as_slice()).ok()?;
            Some(RecordId::new(Hash::new(bytes)))
        });
        for id in derived.map(|link| link.target).chain(captures) {
            if known.insert(id) {
                seen.push(id);
            }
        }
    }
    seen
}

fn ancestors(records: &Records, node: &Node) -> BTreeSet<RecordId> {
    ancestors_in_order(records, node).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Draft, Rel, draft, nobody, records};

    fn judged(by: Draft, of: Draft, others: Vec<Node>) -> Vec<Dependence> {
        let of = of.at(100);
        let by = by.link(Rel::Corroborates, of.id).at(101);
        let all = others.into_iter().chain([of, by]).collect();
        let found = corroborations(&all);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].by, found[0].of), (101, Some(100)));
        found[0].reasons.clone()
    }

    #[test]
    fn nothing_speaks_against_two_parties_with_their_own_keys_and_sources() {
        assert_eq!(judged(draft(1).by("org-b"), draft(0), Vec::new()), []);
    }

    #[test]
    fn what_two_records_share_is_named() {
        let found = judged(draft(1), draft(0), Vec::new());
        assert_eq!(found, [Dependence::SameOrganisation("org-a".to_owned())]);
        let mut same_key = draft(1).by("org-b");
        same_key.key = 0;
        assert_eq!(
            judged(same_key, draft(0), Vec::new()),
            [Dependence::SameKey]
        );
        let same_name = draft(1).by("org-b").with(|it| {
            it.asserted_by.as_mut().unwrap().name = "PARTY  0".to_owned();
        });
        let found = judged(same_name, draft(0), Vec::new());
        assert_eq!(found, [Dependence::SameAsserter("PARTY  0".to_owned())]);
        let url = "http://www.Source-0.example/page/#top";
        let source = draft(1)
            .by("org-b")
            .with(|it| it.sources[0].url = url.to_owned());
        let found = judged(source, draft(0), Vec::new());
        assert_eq!(found, [Dependence::SharedSource(url.to_owned())]);
    }

    #[test]
    fn a_shared_ancestor_is_found_over_any_number_of_steps_and_need_not_be_there() {
        let copy = draft(5).link(Rel::DerivedFrom, nobody()).at(1);
        let by = draft(1).by("org-b").link(Rel::DerivedFrom, copy.id);
        let captured = draft(0).with(|it| it.sources[0].capture = nobody().as_bytes().to_vec());
        let found = judged(by, captured, vec![copy]);
        assert_eq!(found, [Dependence::SharedAncestor(nobody())]);
    }

    #[test]
    fn two_sources_without_an_address_are_not_one() {
        let empty = |it: &mut witnessmark_record::v1::Record| it.sources[0].url.clear();
        let found = judged(
            draft(1).by("org-b").with(empty),
            draft(0).with(empty),
            Vec::new(),
        );
        assert_eq!(found, []);
    }

    #[test]
    fn of_a_target_that_is_not_there_nothing_is_said() {
        let by = draft(1).link(Rel::Corroborates, nobody()).at(1);
        let found = corroborations(&records([&by]));
        assert_eq!(found[0].of, None);
        assert_eq!(found[0].reasons, []);
    }
}
