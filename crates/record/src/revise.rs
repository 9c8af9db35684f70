//! What a record says once its corrections are applied, and what became of each of them.
//!
//! Pure, and the one place where it is decided: the ledger asks before it logs a correction, and every reader of a thread or
//! of a bundle asks again. `docs/LINKS.md` has the rule in words.

mod change;
mod misfit;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_verifier::{Hash, RecordId};

pub use misfit::{Misfit, MisfitCause};
pub use words::{ChangeWords, change_words, correctable_values, reason_words};

use crate::v1::{self, record::Body};
use crate::{Problem, Record, validate};

/// A record with its place in a ledger.
#[derive(Debug, Clone, Copy)]
pub struct Logged<'a> {
    /// Its place in the log.
    pub index: u64,
    /// Its id.
    pub id: RecordId,
    /// The organisation that signed it.
    pub org: &'a str,
    /// What it says.
    pub record: &'a Record,
}

/// A correction of a record, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The place of the correction in the log.
    pub by: u64,
    /// What it changes, as it says itself.
    pub changes: Vec<v1::FieldChange>,
    /// Why, as it says itself.
    pub reason: v1::CorrectionReason,
    /// What became of it.
    pub effect: Effect,
}

/// What became of a correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It applies, with all of its changes.
    Applied,
    /// It has no effect: another organisation signed the record.
    Foreign,
    /// It no longer applies: its organisation withdrew it. The place of the withdrawal.
    Withdrawn(u64),
    /// It has no effect: at least one of its changes does not fit what the record said by then. None of them applies.
    Stale(Vec<Misfit>),
}

/// A record as corrected.
#[derive(Debug, Clone, PartialEq)]
pub struct Revised {
    /// What the record says now. The same as signed when no correction applies.
    pub record: v1::Record,
    /// Every correction of it, in the order of the log.
    pub revisions: Vec<Revision>,
}

impl Revised {
    /// Whether a correction applies.
    pub fn is_changed(&self) -> bool {
        let mut effects = self.revisions.iter().map(|it| &it.effect);
        effects.any(|effect| *effect == Effect::Applied)
    }
}

/// What the corrections and withdrawals among some records leave of each of them.
#[derive(Debug, Clone, Default)]
pub struct Standing<'a> {
    withdrawn: BTreeMap<RecordId, u64>,
    /// By target, in the order of the log.
    corrections: BTreeMap<RecordId, Vec<(Logged<'a>, &'a v1::Correction)>>,
}

impl<'a> Standing<'a> {
    /// The standing of `all`, given in any order.
    pub fn of(all: &[Logged<'a>]) -> Self {
        let mut corrections: BTreeMap<RecordId, Vec<(Logged<'a>, &'a v1::Correction)>> =
            BTreeMap::new();
        for one in all {
            if let Some((target, correction)) = correction_in(one.record) {
                let of_target = corrections.entry(target).or_default();
                of_target.push((*one, correction));
            }
        }
        for of_target in corrections.values_mut() {
            of_target.sort_by_key(|(one, _)| one.index);
        }
        Self {
            withdrawn: withdrawn(all),
            corrections,
        }
    }

    /// The place of the first withdrawal that stands of the record `id`, by its own organisation. A withdrawal that was itself
    /// withdrawn does not stand.
    pub fn withdrawn_by(&self, id: &RecordId) -> Option<u64> {
        self.withdrawn.get(id).copied()
    }

    /// Whether there is a correction of the record `id`, with effect or without.
    pub fn has_corrections(&self, id: &RecordId) -> bool {
        self.corrections.contains_key(id)
    }

    /// The record `target` with its corrections applied in the order of the log, and what became of each.
    ///
    /// A correction applies whole or not at all, to what the record says by then. One that was withdrawn is passed over as if
    /// it had never been made.
    pub fn revised(&self, target: &Logged<'_>) -> Revised {
        let mut revised = Revised {
            record: target.record.message().clone(),
            revisions: Vec::new(),
        };
        let corrections = self.corrections.get(&target.id);
        for (one, correction) in corrections.into_iter().flatten() {
            let effect = if one.org != target.org {
                Effect::Foreign
            } else if let Some(by) = self.withdrawn_by(&one.id) {
                Effect::Withdrawn(by)
            } else {
                match change::apply(&revised.record, &correction.changes) {
                    Ok(record) => {
                        revised.record = record;
                        Effect::Applied
                    }
                    Err(misfits) => Effect::Stale(misfits),
                }
            };
            revised.revisions.push(Revision {
                by: one.index,
                changes: correction.changes.clone(),
                reason: correction.reason(),
                effect,
            });
        }
        revised
    }
}

/// The record `target` with its corrections among `all` applied; see [`Standing::revised`]. `all` may hold anything else, and
/// `target` too.
pub fn revise(target: &Logged<'_>, all: &[Logged<'_>]) -> Revised {
    Standing::of(all).revised(target)
}

/// The records that are withdrawn, each with the place of the first withdrawal that stands.
fn withdrawn(all: &[Logged<'_>]) -> BTreeMap<RecordId, u64> {
    let by_id: BTreeMap<RecordId, &Logged<'_>> = all.iter().map(|one| (one.id, one)).collect();
    let targets = |one: &Logged<'_>| -> BTreeSet<RecordId> {
        let own = |id: &RecordId| by_id.get(id).is_some_and(|target| target.org == one.org);
        let links = one.record.links().filter(|(rel, _)| *rel == "withdraws");
        links.map(|(_, target)| target).filter(own).collect()
    };
    // How many withdrawals of each are not judged yet. A record id is a digest, so that withdrawals make no circle.
    let mut open: BTreeMap<RecordId, usize> = by_id.keys().map(|id| (*id, 0)).collect();
    for target in by_id.values().flat_map(|one| targets(one)) {
        open.entry(target)
            .and_modify(|count| *count = count.saturating_add(1));
    }
    let mut judged: Vec<RecordId> = open
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(id, _)| *id)
        .collect();
    let mut found: BTreeMap<RecordId, u64> = BTreeMap::new();
    while let Some(id) = judged.pop() {
        let Some(one) = by_id.get(&id) else { continue };
        let stands = !found.contains_key(&id);
        for target in targets(one) {
            if stands {
                let first = found.entry(target).or_insert(one.index);
                *first = one.index.min(*first);
            }
            if let Some(count) = open.get_mut(&target) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    judged.push(target);
                }
            }
        }
    }
    found
}

/// The body of `record` and what it corrects, when it is a correction.
fn correction_in(record: &Record) -> Option<(RecordId, &v1::Correction)> {
    let Some(Body::Correction(correction)) = &record.message().body else {
        return None;
    };
    let target = <[u8; 32]>::try_from(correction.target.as_slice()).ok()?;
    Some((RecordId::new(Hash::new(target)), correction))
}

/// What breaks a rule in `after` and did not in `before`, by the paths of `after`.
pub fn new_problems(before: &v1::Record, after: &v1::Record) -> Vec<Problem> {
    // Positions in lists may have moved, so they do not count.
    let known = |problem: &Problem| {
        let path = change::without_positions(&problem.path);
        (problem.code, path, problem.value.clone())
    };
    let mut old: Vec<_> = validate(before).iter().map(known).collect();
    let mut found = validate(after);
    found.retain(
        |problem| match old.iter().position(|it| *it == known(problem)) {
            Some(at) => {
                old.swap_remove(at);
                false
            }
            None => true,
        },
    );
    found
}

/// A problem of the record as corrected, as a problem of the correction: with the path of the change that brings it about, such
/// as `correction.changes[0].now`, or `correction.changes` when no single one does.
#[must_use]
pub fn problem_of_correction(problem: Problem, changes: &[v1::FieldChange]) -> Problem {
    Problem {
        path: change::place_of(&problem.path, changes),
        fix: format!(
            "In the record as corrected it would stand at `{}`. {}",
            problem.path, problem.fix
        ),
        ..problem
    }
}

#[cfg(test)]
mod tests;
