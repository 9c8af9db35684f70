//! The records about the record: each proved like the record itself, and linked to it by its own words.

use std::collections::BTreeSet;

use witnessmark_verifier::{EntryKind, OrgName, RecordId};

use crate::bundle::{Bundle, RelatedEntry};
use crate::evidence;
use crate::verdict::{Failure, RelatedFacts};

use super::chains::Chains;
use super::{Ground, Logged, ProvenCharter};

/// What the checks on related entries compare them with.
pub(super) struct Around<'a> {
    pub(super) charter: &'a ProvenCharter,
    pub(super) record: &'a Logged,
    pub(super) chains: &'a Chains,
}

/// The check `related`. It also sees that the key chains are exactly those that somebody needs, and
/// that the ledger's times grow with the index.
pub(super) fn prove(
    bundle: &Bundle,
    ground: &Ground<'_>,
    around: &Around<'_>,
) -> Result<(Vec<RelatedFacts>, String), Failure> {
    let target = around.record.entry.record_id();
    let mut facts: Vec<RelatedFacts> = Vec::new();
    let mut times = vec![
        (0, around.charter.registered_at),
        (around.record.index, around.record.entry.registered_at),
    ];
    let mut signed_by: BTreeSet<OrgName> = around.record.entry.org.iter().cloned().collect();
    for (place, related) in bundle.related.iter().enumerate() {
        let fail = |what: String| Failure::not_verified(format!("related entry {place}: {what}"));
        let logged = ground.prove(&related.proven).map_err(fail)?;
        if facts
            .last()
            .is_some_and(|before| before.index >= logged.index)
        {
            return Err(fail(
                "the related entries are not ascending by index".to_owned(),
            ));
        }
        if logged.index == around.record.index {
            return Err(fail("it is the record itself".to_owned()));
        }
        facts.push(judge(related, &logged, ground, around.chains, &target).map_err(fail)?);
        times.push((logged.index, logged.entry.registered_at));
        signed_by.extend(logged.entry.org);
    }
    times.sort_unstable();
    if !times.is_sorted_by_key(|(_, time)| *time) {
        return Err(Failure::not_verified(
            "a later entry has an earlier time of registration",
        ));
    }
    if !around.chains.organisations().eq(signed_by.iter()) {
        return Err(Failure::not_verified(
            "key_chains holds an organisation that signed nothing in this bundle",
        ));
    }
    let detail = match facts.len() {
        0 => "the bundle holds no record about this record".to_owned(),
        count => format!("{count} about this record, each proved like the record itself"),
    };
    Ok((facts, detail))
}

fn judge(
    related: &RelatedEntry,
    logged: &Logged,
    ground: &Ground<'_>,
    chains: &Chains,
    target: &RecordId,
) -> Result<RelatedFacts, String> {
    if logged.entry.kind != EntryKind::Record {
        return Err("the entry is not a record".to_owned());
    }
    let chain = chains.at(&logged.entry)?;
    chain
        .check_record_entry(&logged.entry)
        .map_err(|error| error.to_string())?;
    let content = evidence::read(&logged.entry, ground.checkpoint.origin())?;
    if evidence::relation_to(&content, target).as_deref() != Some(related.relation.as_str()) {
        return Err(
            "its first link to the record has another relation, or there is none".to_owned(),
        );
    }
    Ok(RelatedFacts {
        relation: related.relation.clone(),
        index: logged.index,
        record_id: logged.entry.record_id(),
        organisation: chain.org().as_str().to_owned(),
        registered_at: logged.entry.registered_at,
        title: evidence::title(&content),
    })
}
