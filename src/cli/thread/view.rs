//! A thread as it is shown: its records, and what is computed from them.

use std::collections::BTreeMap;

use witnessmark_record::{Effect, Problem, render, v1};
use witnessmark_thread::corrections::{self, Corrected};
use witnessmark_thread::custody::{self, Chain};
use witnessmark_thread::figures::{self, Table};
use witnessmark_thread::independence::{self, Corroboration};
use witnessmark_thread::{
    Link, Node, Notice, Reach, Records, Subjects, notices, reach_among, rules, subjects,
};
use witnessmark_verifier::{RecordId, VerifiedCheckpoint};

use super::{Found, not_verified};
use crate::output::{Failure, Trouble};

/// A thread and everything that is computed from it.
pub(super) struct View {
    pub(super) checkpoint: VerifiedCheckpoint,
    pub(super) size: u64,
    /// The record that was asked for.
    pub(super) asked: Node,
    pub(super) records: Records,
    /// The step of each record.
    pub(super) steps: BTreeMap<u64, u32>,
    /// The places of records that this version cannot read.
    pub(super) unread: Vec<u64>,
    /// Whether the ledger says that there is more than it shows.
    pub(super) more: bool,
    /// Whether every entry was read, so that nothing can be missing.
    pub(super) complete: bool,
    pub(super) subjects: Subjects,
    pub(super) notices: Vec<Notice>,
    pub(super) tables: Vec<Table>,
    pub(super) corroborations: Vec<Corroboration>,
    pub(super) chains: Vec<Chain>,
    /// The records that were corrected, or that somebody tried to correct.
    pub(super) corrected: Vec<Corrected>,
    /// The records that their own organisation withdrew, each with the place of the withdrawal.
    pub(super) withdrawn: BTreeMap<u64, u64>,
    /// Rules that links break, each with the place of the record.
    pub(super) problems: Vec<(u64, Problem)>,
    /// Links to records that are not among these.
    pub(super) missing: Vec<(u64, Link)>,
}

impl View {
    /// The view of what a ledger shows as the thread of `id`: every record must belong to it.
    ///
    /// # Errors
    ///
    /// One does not.
    pub(super) fn of(found: Found, id: RecordId) -> Result<Self, Failure> {
        let (asked, reached) = start(&found, id)?;
        let stray = found
            .records
            .iter()
            .find(|node| !reached.steps.contains_key(&node.index));
        // What leads to a stray record may be in one that cannot be read.
        if let Some(stray) = stray.filter(|_| found.unread.is_empty()) {
            let place = format!("entry {}", stray.index);
            let message = "the ledger shows it in a thread that it does not belong to";
            return Err(not_verified(&place, message));
        }
        Ok(Self::computed(found, asked, reached, false))
    }

    /// The view of the thread of `id` within all records of a ledger.
    ///
    /// # Errors
    ///
    /// There is no such record.
    pub(super) fn within(found: Found, id: RecordId) -> Result<Self, Failure> {
        let (asked, reached) = start(&found, id)?;
        let records = found
            .records
            .only(|index| reached.steps.contains_key(&index));
        let found = Found { records, ..found };
        Ok(Self::computed(found, asked, reached, true))
    }

    fn computed(found: Found, asked: Node, reached: Reach, complete: bool) -> Self {
        let Found {
            checkpoint,
            size,
            records,
            unread,
            more,
        } = found;
        let subjects = subjects(&records);
        let links = records.links();
        let missing = links
            .filter(|(_, link)| records.get(&link.target).is_none())
            .map(|(node, link)| (node.index, link))
            .collect();
        // Around a record of the last step nobody has looked when there is more.
        let last = reached.steps.values().max().copied();
        let looked_around = |index| !more || reached.steps.get(&index).copied() < last;
        Self {
            corrected: corrections::corrected(&records, looked_around),
            withdrawn: corrections::withdrawals(&records),
            checkpoint,
            size,
            asked,
            steps: reached.steps,
            unread,
            more,
            complete,
            notices: notices(&records),
            tables: figures::tables(&records, &subjects),
            corroborations: independence::corroborations(&records),
            chains: custody::chains(&records),
            problems: rules::check_again(&records),
            missing,
            subjects,
            records,
        }
    }

    /// What became of the correction of the record at `on` by the one at `by`.
    pub(super) fn effect(&self, by: u64, on: u64) -> Option<&Effect> {
        let corrected = self.corrected.iter().find(|it| it.index == on)?;
        let mut revisions = corrected.revised.revisions.iter();
        revisions.find(|it| it.by == by).map(|it| &it.effect)
    }

    /// What a link says, in words, with the place of its target where it is known.
    pub(super) fn link(&self, node: &Node, link: &Link) -> String {
        let stated = node.record.message().links.get(link.place).cloned();
        let only = v1::Record {
            links: stated.into_iter().collect(),
            ..v1::Record::default()
        };
        let words = render(&only).into_iter().map(|(_, words)| words);
        let mut words = words.collect::<Vec<_>>().join("; ");
        if words.is_empty() {
            // The body says so.
            let said = node.record.links().nth(link.place);
            let rel = said.map_or_else(String::new, |(rel, _)| rel.replace('_', " "));
            words = format!("{rel} record {}", link.target);
        }
        match self.records.get(&link.target) {
            Some(target) => words.replacen(
                &format!("record {}", link.target),
                &format!("entry {}", target.index),
                1,
            ),
            None => words,
        }
    }
}

fn start(found: &Found, id: RecordId) -> Result<(Node, Reach), Failure> {
    let asked = found.records.get(&id).cloned();
    let reached = asked.and_then(|asked| Some((reach_among(&found.records, asked.index)?, asked)));
    match reached {
        Some((reached, asked)) => Ok((asked, reached)),
        None if found.unread.is_empty() => Err(Failure::refused(
            Trouble::new(
                "RECORD_NOT_FOUND",
                id,
                "no record below this size has this id",
            )
            .fix("check the id, or leave out --at"),
        )),
        None => Err(Failure::cannot_tell(
            Trouble::new(
                "RECORD_KIND_UNKNOWN",
                id,
                "this version cannot read the record",
            )
            .fix("use the version of the program that the ledger runs"),
        )),
    }
}
