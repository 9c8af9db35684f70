//! The records about the record: each proved like the record itself, and tied to it by its own words.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_record::{Logged as Said, Record, Standing};
use witnessmark_verifier::{EntryKind, OrgName, RecordId};

use crate::bundle::{Bundle, RelatedEntry};
use crate::evidence;
use crate::ties::{Tie, ties};
use crate::verdict::{Failure, LinkFacts, RelatedFacts};

use super::chains::Chains;
use super::standing::{self, StandingFacts};
use super::{Ground, Logged, ProvenCharter};

/// What the checks on related entries compare them with.
pub(super) struct Around<'a> {
    pub(super) charter: &'a ProvenCharter,
    pub(super) record: &'a Logged,
    pub(super) content: &'a Record,
    pub(super) chains: &'a Chains,
}

/// A related entry that is proved, and what it says.
pub(super) struct Proven {
    logged: Logged,
    id: RecordId,
    org: String,
    content: Record,
}

impl Proven {
    fn said(&self) -> Said<'_> {
        Said {
            index: self.logged.index,
            id: self.id,
            org: &self.org,
            record: &self.content,
        }
    }
}

/// The check `related`. It also sees that the key chains are exactly those that somebody needs, and
/// that the ledger's times grow with the index.
pub(super) fn prove(
    bundle: &Bundle,
    ground: &Ground<'_>,
    around: &Around<'_>,
) -> Result<(StandingFacts, String), Failure> {
    let target = around.record.entry.record_id();
    let mut proven: Vec<Proven> = Vec::new();
    let mut times = vec![
        (0, around.charter.registered_at),
        (around.record.index, around.record.entry.registered_at),
    ];
    let mut signed_by: BTreeSet<OrgName> = around.record.entry.org.iter().cloned().collect();
    for (place, related) in bundle.related.iter().enumerate() {
        let fail = |what: String| failure(place, &what);
        let logged = ground.prove(&related.proven).map_err(fail)?;
        let before = proven.last().map(|before| before.logged.index);
        if before.is_some_and(|before| before >= logged.index) {
            let what = "the related entries are not ascending by index";
            return Err(failure(place, what));
        }
        if logged.index == around.record.index {
            return Err(failure(place, "it is the record itself"));
        }
        times.push((logged.index, logged.entry.registered_at));
        signed_by.extend(logged.entry.org.iter().cloned());
        proven.push(judge(logged, ground, around.chains).map_err(fail)?);
    }
    let tied = tie(&target, &proven, &bundle.related)?;
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
    let detail = match proven.len() {
        0 => "the bundle holds no record about this record".to_owned(),
        count => format!("{count} about this record, each proved like the record itself"),
    };
    Ok((facts(around, &proven, tied), detail))
}

fn failure(place: usize, what: &str) -> Failure {
    Failure::not_verified(format!("related entry {place}: {what}"))
}

fn judge(logged: Logged, ground: &Ground<'_>, chains: &Chains) -> Result<Proven, String> {
    if logged.entry.kind != EntryKind::Record {
        return Err("the entry is not a record".to_owned());
    }
    let chain = chains.at(&logged.entry)?;
    chain
        .check_record_entry(&logged.entry)
        .map_err(|error| error.to_string())?;
    Ok(Proven {
        content: evidence::read(&logged.entry, ground.checkpoint.origin())?,
        id: logged.entry.record_id(),
        org: chain.org().as_str().to_owned(),
        logged,
    })
}

/// What ties each entry to the record, which is what the bundle says of it.
fn tie(
    target: &RecordId,
    proven: &[Proven],
    related: &[RelatedEntry],
) -> Result<Vec<Tie>, Failure> {
    let said: Vec<(RecordId, &Record)> = proven.iter().map(|it| (it.id, &it.content)).collect();
    let ties = ties(target, &said).into_iter().zip(related).enumerate();
    ties.map(|(place, (tie, related))| {
        let Some(tie) = tie else {
            let what = "no link of it leads to the record, nor to another related entry that it speaks of and that is about \
                        the record";
            return Err(failure(place, what));
        };
        if tie.relation != related.relation {
            let what = "its first link to the record, or to the entry that it speaks of, has another relation";
            return Err(failure(place, what));
        }
        Ok(tie)
    })
    .collect()
}

fn facts(around: &Around<'_>, proven: &[Proven], ties: Vec<Tie>) -> StandingFacts {
    let record = Said {
        index: around.record.index,
        id: around.record.entry.record_id(),
        org: around.content.org(),
        record: around.content,
    };
    let mut all: Vec<Said<'_>> = proven.iter().map(Proven::said).collect();
    all.push(record);
    let standing = Standing::of(&all);
    let by_id: BTreeMap<RecordId, Said<'_>> = all.iter().map(|it| (it.id, *it)).collect();
    let related = proven.iter().zip(ties).map(|(it, tie)| {
        let about = tie.about.and_then(|place| proven.get(place));
        RelatedFacts {
            about: about.map_or(record.index, |it| it.logged.index),
            links: links(&it.said(), &by_id),
            withdrawn_by: standing.withdrawn_by(&it.id),
            bears_on_record: tie.bears_on_record,
            relation: tie.relation,
            steps: tie.steps,
            index: it.logged.index,
            record_id: it.id,
            organisation: it.org.clone(),
            registered_at: it.logged.entry.registered_at,
            title: evidence::title(&it.content),
        }
    });
    StandingFacts {
        related: related.collect(),
        withdrawn_by: standing.withdrawn_by(&record.id),
        corrections: standing::corrections(&all, &standing),
    }
}

/// What an entry says of others that are here, each relation once.
fn links(said: &Said<'_>, by_id: &BTreeMap<RecordId, Said<'_>>) -> Vec<LinkFacts> {
    let mut found: Vec<LinkFacts> = Vec::new();
    for (relation, to) in said.record.links() {
        let Some(target) = by_id.get(&to) else {
            continue;
        };
        let link = LinkFacts {
            relation: relation.to_owned(),
            about: target.index,
            has_effect: !standing::changes(relation) || said.org == target.org,
        };
        if !found.contains(&link) {
            found.push(link);
        }
    }
    found
}
