//! The rules for links, applied to a record before it is logged: what the ledger knows of the targets, and the rules'
//! verdict on that.

use std::collections::BTreeMap;
use std::sync::Arc;

use witnessmark_log::Appended;
use witnessmark_proto::{Reason, Refusal, Warning};
use witnessmark_record::{Problem, Record};
use witnessmark_thread::rules::{self, Target};
use witnessmark_thread::{Link, Node};
use witnessmark_verifier::{Entry, RecordId};

use super::core::Core;
use super::status;
use super::telemetry::fault;

/// What is wrong with the links of a record that is not logged yet.
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
        if let Some(known) = target_of(core, &target)? {
            targets.insert(target, known);
        }
    }
    let size = core.reader.published().size();
    core.with_links(size, |links| {
        rules::check(record, &targets, |part| links.wholes_of(part, size))
    })
    .map_err(|error| status::of_log(&error))
}

fn target_of(core: &Core, id: &RecordId) -> Result<Option<Target>, Refusal> {
    let logged = core.reader.entry_of(id);
    let Some(logged) = logged.map_err(|error| status::of_log(&error))? else {
        return Ok(None);
    };
    let index = logged.index.get();
    let entry = Entry::parse(&logged.bytes)
        .map_err(|error| fault(Reason::StoreCorrupt, &format!("entry {index}: {error}")))?;
    let node = Node::of(index, &entry);
    Ok(Some(Target {
        thread_id: node.map(|node| node.thread_id().to_vec()),
        org: entry.org,
    }))
}

/// The warnings without those about targets that were logged before the record after all: when it was checked, they were
/// on their way into the log.
///
/// # Errors
///
/// The ledger cannot be read. The record is logged, and is recognised when it is submitted again.
pub(crate) async fn still_missing(
    core: &Arc<Core>,
    appended: &Appended,
    warnings: Vec<Warning>,
) -> Result<Vec<Warning>, Refusal> {
    let absent = rules::TARGET.code;
    if !warnings.iter().any(|warning| warning.code == absent) {
        return Ok(warnings);
    }
    let (own, entry) = (appended.index, Arc::clone(&appended.entry));
    core.read(move |core| {
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
    })
    .await
}
