//! The rules for links, applied to a record before it is logged: what the ledger knows of the targets, and the rules'
//! verdict on that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use witnessmark_log::Appended;
use witnessmark_proto::{Reason, Refusal, Warning};
use witnessmark_record::v1::{LinkRel, record::Body};
use witnessmark_record::{Problem, Record};
use witnessmark_thread::corrections::{self, CHANGES_MAX};
use witnessmark_thread::rules::{self, CLIMB_MAX, Target};
use witnessmark_thread::{Link, Node, Records};
use witnessmark_verifier::{Entry, LeafIndex, RecordId};

use super::core::Core;
use super::door::Place;
use super::status;
use super::telemetry::fault;

/// How many withdrawals of withdrawals are followed to the correction that they are about. What lies behind them is judged
/// when the thread is read.
const FOLLOWED_MAX: usize = 16;

/// Whether a record changes the standing of another, so that it matters what is logged before it.
pub(crate) fn changes_another(record: &Record) -> bool {
    let mut links = Link::of(record).into_iter();
    links.any(|link| rules::changes(link.rel))
}

/// What is wrong with the links of a record that is not logged yet, and with the changes that it makes to another.
///
/// # Errors
///
/// The ledger cannot be read.
pub(crate) fn judge(core: &Core, record: &Record) -> Result<Vec<Problem>, Refusal> {
    let links = Link::of(record);
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let mut targets = BTreeMap::new();
    for Link { target, .. } in links {
        if let Some(entry) = logged(core, &target)? {
            targets.insert(target, entry);
        }
    }
    let known = targets.iter().map(|(id, (index, entry))| {
        let node = Node::of(*index, entry);
        let known = Target {
            thread_id: node.map(|node| node.thread_id().to_vec()),
            org: entry.org.clone(),
        };
        (*id, known)
    });
    let known = known.collect();
    let size = core.reader.published().size();
    let mut unread = None;
    let mut problems = rules::check(record, &known, |part| {
        let wholes = core.links.wholes_of(part, size, CLIMB_MAX);
        wholes.unwrap_or_else(|error| {
            unread = Some(error);
            Vec::new()
        })
    });
    if let Some(error) = unread {
        return Err(status::of_log(&error));
    }
    problems.extend(judge_changes(core, record, size)?);
    Ok(problems)
}

/// The entry of a record that is logged, with its place.
fn logged(core: &Core, id: &RecordId) -> Result<Option<(u64, Entry)>, Refusal> {
    let logged = core.reader.entry_of(id);
    let Some(logged) = logged.map_err(|error| status::of_log(&error))? else {
        return Ok(None);
    };
    let index = logged.index.get();
    Ok(Some((index, parse(index, &logged.bytes)?)))
}

fn parse(index: u64, bytes: &[u8]) -> Result<Entry, Refusal> {
    Entry::parse(bytes)
        .map_err(|error| fault(Reason::StoreCorrupt, &format!("entry {index}: {error}")))
}

/// What is wrong with a correction, or with the withdrawal of one, seen from the record that is corrected.
fn judge_changes(core: &Core, record: &Record, size: u64) -> Result<Vec<Problem>, Refusal> {
    let is_correction = matches!(record.message().body, Some(Body::Correction(_)));
    let mut problems = Vec::new();
    for target in corrected_by(core, record, size)? {
        match bearing_on(core, &target, size)? {
            Some(bearing) => {
                let found = corrections::check(record, record.org(), &target, &bearing);
                problems.extend(found);
            }
            None if is_correction => problems.push(corrections::too_many()),
            // Nobody is kept from withdrawing.
            None => {}
        }
    }
    Ok(problems)
}

/// The records that `record` corrects, or whose corrections it withdraws.
fn corrected_by(core: &Core, record: &Record, size: u64) -> Result<Vec<Node>, Refusal> {
    let mut found = BTreeMap::new();
    let mut followed = BTreeSet::new();
    let mut waiting = steps_of(record);
    while let Some((id, is_corrected)) = waiting.pop() {
        if followed.len() >= FOLLOWED_MAX || !followed.insert((id, is_corrected)) {
            continue;
        }
        let entry = logged(core, &id)?.filter(|(index, _)| *index < size);
        let Some(node) = entry.and_then(|(index, entry)| Node::of(index, &entry)) else {
            continue;
        };
        if is_corrected {
            found.insert(node.index, node);
        } else {
            waiting.extend(steps_of(&node.record));
        }
    }
    Ok(found.into_values().collect())
}

/// The record that this one corrects, marked so, and those that it withdraws.
fn steps_of(record: &Record) -> Vec<(RecordId, bool)> {
    let is_correction = matches!(record.message().body, Some(Body::Correction(_)));
    let links = Link::of(record).into_iter();
    links
        .filter(|link| {
            link.rel == LinkRel::Withdraws || is_correction && link.rel == LinkRel::Corrects
        })
        .map(|link| (link.target, link.rel == LinkRel::Corrects))
        .collect()
}

/// The corrections of a record and the withdrawals of these by its organisation, over any number of steps; nothing if they are too
/// many. What others say has no effect, and does not count: nobody keeps an organisation from correcting its record.
fn bearing_on(core: &Core, target: &Node, size: u64) -> Result<Option<Records>, Refusal> {
    let mut found: BTreeMap<u64, Node> = BTreeMap::new();
    let mut waiting = vec![target.id];
    while let Some(id) = waiting.pop() {
        let indexes = core.links.changing(&id, size);
        for index in indexes.map_err(|error| status::of_log(&error))? {
            if found.contains_key(&index) {
                continue;
            }
            let bytes = core.reader.entry(LeafIndex::new(index));
            let bytes = bytes.map_err(|error| status::of_log(&error))?;
            let node = Node::of(index, &parse(index, &bytes)?);
            let Some(node) = node.filter(|node| node.org == target.org) else {
                continue;
            };
            if found.len() >= CHANGES_MAX {
                return Ok(None);
            }
            waiting.push(node.id);
            found.insert(index, node);
        }
    }
    Ok(Some(found.into_values().collect()))
}

/// The warnings without those about targets that were logged before the record after all: when it was checked, they were
/// on their way into the log.
///
/// # Errors
///
/// The ledger cannot be read. The record is logged, and is recognised when it is submitted again.
pub(crate) async fn still_missing(
    core: &Arc<Core>,
    place: &Place,
    appended: &Appended,
    warnings: Vec<Warning>,
) -> Result<Vec<Warning>, Refusal> {
    let absent = rules::TARGET.code;
    if !warnings.iter().any(|warning| warning.code == absent) {
        return Ok(warnings);
    }
    let (own, entry) = (appended.index, Arc::clone(&appended.entry));
    let check = core.begin_check(place.account().clone(), move |core| {
        let node = Entry::parse(&entry).ok();
        let node = node.and_then(|entry| Node::of(own.get(), &entry));
        let mut there = Vec::new();
        for (node, link) in node
            .iter()
            .flat_map(|it| it.links().into_iter().map(move |link| (it, link)))
        {
            let index = core.reader.index_of(&link.target);
            let index = index.map_err(|error| status::of_log(&error))?;
            if index.is_some_and(|index| index < own) {
                there.push(link.target_path(&node.record));
            }
        }
        let mut warnings = warnings;
        warnings.retain(|warning| warning.code != absent || !there.contains(&warning.path));
        Ok(warnings)
    });
    check.found().await?
}
