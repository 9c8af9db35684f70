//! What the records of a ledger say of each other's standing.

use std::collections::BTreeMap;

use witnessmark_record::v1::LinkRel;
use witnessmark_tables::Standing;
use witnessmark_thread::custody::{Break, Chain, chains};
use witnessmark_thread::{Records, notices};

/// The standing of each record that others speak of, by its place.
pub(super) fn standings(records: &Records) -> BTreeMap<u64, Standing> {
    let mut found: BTreeMap<u64, Standing> = BTreeMap::new();
    // What only its own organisation may say, and another said, has no effect.
    for notice in notices(records).into_iter().filter(|notice| notice.valid) {
        let Some(by) = records.at(notice.by) else {
            continue;
        };
        let standing = found.entry(notice.on).or_default();
        // The other relations leave the standing of a record as it is.
        let lists = [
            (LinkRel::Withdraws, &mut standing.withdrawn_by),
            (LinkRel::Supersedes, &mut standing.superseded_by),
            (LinkRel::Corrects, &mut standing.corrected_by),
            (LinkRel::Contradicts, &mut standing.contradicted_by),
        ];
        for (_, list) in lists.into_iter().filter(|(rel, _)| *rel == notice.link.rel) {
            list.push(by.id.to_string());
        }
    }
    for chain in chains(records) {
        follow(records, &chain, &mut found);
    }
    found
}

/// Notes for each step of a chain which one came just before it, where that can be told.
fn follow(records: &Records, chain: &Chain, found: &mut BTreeMap<u64, Standing>) {
    for ((before, step), at) in chain.steps.iter().zip(chain.steps.iter().skip(1)).zip(1..) {
        // Who held it, which the other breaks are about, is another question.
        let is_unsure = chain.breaks.contains(&Break::Order { at })
            || [at, at - 1]
                .map(|at| Break::NoTime { at })
                .iter()
                .any(|it| chain.breaks.contains(it));
        if is_unsure || before.index == step.index {
            continue;
        }
        if let Some(before) = records.at(before.index) {
            let after = &mut found.entry(step.index).or_default().custody_after;
            let id = before.id.to_string();
            if !after.contains(&id) {
                after.push(id);
            }
        }
    }
}
