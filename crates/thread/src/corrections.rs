//! Corrections: whether one may be logged, and what the records of a thread say once theirs are applied.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_record::v1::LinkRel;
use witnessmark_record::{
    Effect, Logged, Problem, ProblemCode, Record, Revised, Standing, encode, new_problems,
    problem_of_correction, revise,
};
use witnessmark_verifier::{PAYLOAD_TYPE_RECORD, RecordId};

use crate::rules::{STALE, UNDONE};
use crate::{Link, Node, Records};

/// How many corrections and withdrawals by its organisation may bear on a record that is corrected once more. Each is read and applied again
/// whenever the record is shown; what changes more often than this is another record.
pub const CHANGES_MAX: usize = 1_000;

/// A record that corrections are about.
#[derive(Debug, Clone, PartialEq)]
pub struct Corrected {
    /// Its place in the log.
    pub index: u64,
    /// What it says now, and what became of each correction.
    pub revised: Revised,
    /// What breaks a rule in the record as corrected and did not as signed, by its paths there.
    pub broken: Vec<Problem>,
    /// False when corrections or withdrawals of it may be missing among the records, so that nothing here is certain.
    pub settled: bool,
}

/// The records that corrections among `records` are about, in the order of the log. `looked_around` says of a place whether
/// every record that links to the one there is among them.
pub fn corrected(records: &Records, looked_around: impl Fn(u64) -> bool) -> Vec<Corrected> {
    let changes = Changes::of(records);
    let all: Vec<Logged<'_>> = records.iter().map(Node::logged).collect();
    let standing = Standing::of(&all);
    let mut found = Vec::new();
    for node in records.iter() {
        if !standing.has_corrections(&node.id) {
            continue;
        }
        let revised = standing.revised(&node.logged());
        let mut bearing = changes.bearing_on(node).into_iter();
        found.push(Corrected {
            index: node.index,
            broken: new_problems(node.record.message(), &revised.record),
            settled: looked_around(node.index) && bearing.all(|node| looked_around(node.index)),
            revised,
        });
    }
    found
}

/// The records that their own organisation withdrew, by place, each with the place of the withdrawal.
pub fn withdrawals(records: &Records) -> BTreeMap<u64, u64> {
    let all: Vec<Logged<'_>> = records.iter().map(Node::logged).collect();
    let standing = Standing::of(&all);
    let found = records.iter();
    found
        .filter_map(|node| Some((node.index, standing.withdrawn_by(&node.id)?)))
        .collect()
}

/// What is wrong with `record`, which is not logged yet and by `org`, as a correction of `target`, or as the withdrawal of a correction
/// of it. `bearing` holds the corrections of the target and the withdrawals of those, over any number of steps.
///
/// A correction must start from what the target says by now, and may break no rule that the target keeps. All problems at once.
pub fn check(record: &Record, org: &str, target: &Node, bearing: &Records) -> Vec<Problem> {
    let candidate = Logged {
        index: u64::MAX,
        id: RecordId::of(PAYLOAD_TYPE_RECORD, &encode(record.message())),
        org,
        record,
    };
    let mut all: Vec<Logged<'_>> = bearing.iter().map(Node::logged).collect();
    let before = revise(&target.logged(), &all);
    all.push(candidate);
    let after = revise(&target.logged(), &all);
    let mut problems = undone(record, &before, &after);
    let Some(own) = after.revisions.iter().find(|it| it.by == u64::MAX) else {
        return problems;
    };
    match &own.effect {
        // Whose record it is, is told by another rule.
        Effect::Foreign | Effect::Withdrawn(_) => {}
        Effect::Applied => problems.extend(
            new_problems(&before.record, &after.record)
                .into_iter()
                .map(|problem| problem_of_correction(problem, &own.changes)),
        ),
        Effect::Stale(misfits) => {
            // The others are wrong whatever the target says, and validation tells them.
            let misfits = misfits.iter().filter(|misfit| misfit.needs_record());
            problems.extend(misfits.map(|misfit| {
                let path = format!("correction.changes[{}].{}", misfit.change, misfit.member());
                problem(&STALE, path, misfit.value(), misfit.fix())
            }));
        }
    }
    problems
}

/// The problem that a record is corrected too often.
pub fn too_many() -> Problem {
    let fix = format!(
        "The record has {CHANGES_MAX} corrections and withdrawals. Withdraw it, and write another"
    );
    problem(&STALE, "correction.target".to_owned(), String::new(), fix)
}

/// Later corrections that a withdrawal leaves without effect.
fn undone(record: &Record, before: &Revised, after: &Revised) -> Vec<Problem> {
    let link = Link::of(record)
        .into_iter()
        .find(|link| link.rel == LinkRel::Withdraws);
    let Some(link) = link else { return Vec::new() };
    let applied = |revised: &Revised, by: u64| {
        let mut revisions = revised.revisions.iter();
        revisions.any(|it| it.by == by && it.effect == Effect::Applied)
    };
    let stale = after
        .revisions
        .iter()
        .filter(|it| matches!(it.effect, Effect::Stale(_)) && applied(before, it.by));
    stale
        .map(|it| {
            let fix = format!(
                "Entry {} corrects what the withdrawn correction wrote, and has no effect without it. Correct the record anew",
                it.by
            );
            problem(&UNDONE, link.path(record), link.target.to_string(), fix)
        })
        .collect()
}

fn problem(code: &ProblemCode, path: String, value: String, fix: String) -> Problem {
    Problem {
        level: code.level,
        code: code.code,
        path,
        value,
        rule: code.rule.to_owned(),
        fix,
    }
}

/// Which records correct or withdraw another.
struct Changes<'a> {
    records: &'a Records,
    by_target: BTreeMap<RecordId, Vec<u64>>,
}

impl<'a> Changes<'a> {
    fn of(records: &'a Records) -> Self {
        let mut by_target: BTreeMap<RecordId, Vec<u64>> = BTreeMap::new();
        for (node, link) in records.links() {
            if matches!(link.rel, LinkRel::Corrects | LinkRel::Withdraws) {
                by_target.entry(link.target).or_default().push(node.index);
            }
        }
        Self { records, by_target }
    }

    /// The records that correct or withdraw this one, or one of these, over any number of steps.
    fn bearing_on(&self, node: &Node) -> Vec<&'a Node> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![node.id];
        while let Some(id) = waiting.pop() {
            for index in self.by_target.get(&id).into_iter().flatten() {
                if let Some(node) = self.records.at(*index).filter(|_| found.insert(*index)) {
                    waiting.push(node.id);
                }
            }
        }
        let found = found.into_iter();
        found.filter_map(|index| self.records.at(index)).collect()
    }
}

#[cfg(test)]
mod tests {
    use witnessmark_record::v1;

    use super::*;
    use crate::sample::{Draft, Rel, draft, records};

    /// A correction of the note of `target`.
    fn correction(number: u8, target: RecordId, was: &str, now: &str) -> Draft {
        changing(number, target, &[("note", was, now)])
    }

    fn changing(number: u8, target: RecordId, changes: &[(&str, &str, &str)]) -> Draft {
        let changes = changes.iter().map(|(path, was, now)| v1::FieldChange {
            path: (*path).to_owned(),
            was: (*was).to_owned(),
            now: (*now).to_owned(),
        });
        let body = v1::record::Body::Correction(v1::Correction {
            target: target.as_bytes().to_vec(),
            changes: changes.collect(),
            reason: v1::CorrectionReason::Typo.into(),
        });
        draft(number).with(|it| it.body = Some(body))
    }

    fn target() -> Node {
        let note = |it: &mut v1::Record| it.note = "two".to_owned();
        draft(0).with(note).at(1)
    }

    fn checked(draft: &Draft, target: &Node, bearing: &Records) -> Vec<Problem> {
        check(&draft.record(), draft.org, target, bearing)
    }

    fn codes(problems: &[Problem]) -> Vec<(&str, &str)> {
        let found = problems.iter().map(|it| (it.code, it.path.as_str()));
        found.collect()
    }

    #[test]
    fn a_correction_starts_from_what_the_record_says_by_then() {
        let target = target();
        let first = correction(1, target.id, "\"two\"", "\"three\"").at(2);
        let again = correction(2, target.id, "\"two\"", "\"four\"");
        assert_eq!(checked(&again, &target, &Records::default()), []);
        let stale = checked(&again, &target, &records([&first]));
        assert_eq!(
            stale.first().unwrap().to_string(),
            "E-CORRECT-STALE correction.changes[0].was = \"two\": a correction starts from what the record says now. \
             The record's current value is \"three\". Read it again and correct that"
        );
        let next = correction(2, target.id, "\"three\"", "\"four\"");
        assert_eq!(checked(&next, &target, &records([&first])), []);
        // All problems at once, and what is wrong with any record is left to validation.
        let many = changing(
            2,
            target.id,
            &[
                ("note", "\"one\"", "\"x\""),
                ("links[1]", "", "{\"note\":\"x\"}"),
                ("org", "\"org-a\"", "\"org-b\""),
                ("wreckage_finding.note", "", "\"x\""),
                ("strike_event.event_class", "", "\"missile\""),
            ],
        );
        assert_eq!(
            codes(&checked(&many, &target, &Records::default())),
            [
                ("E-CORRECT-STALE", "correction.changes[0].was"),
                ("E-CORRECT-STALE", "correction.changes[1].path"),
                ("E-CORRECT-STALE", "correction.changes[4].path"),
            ]
        );
    }

    #[test]
    fn the_record_as_corrected_keeps_the_rules_that_the_record_keeps() {
        let target = target();
        let place = ("place", "", "{\"country\":\"ZZ\"}");
        let wrong = changing(1, target.id, &[("note", "\"two\"", ""), place]);
        let found = checked(&wrong, &target, &Records::default());
        assert_eq!(
            codes(&found),
            [("E-ISO3166", "correction.changes[1].now.country")]
        );
        assert!(found[0].fix.contains("`place.country`"), "{}", found[0].fix);
    }

    #[test]
    fn a_withdrawal_that_undoes_what_others_rest_on_is_warned_of() {
        let target = target();
        let first = correction(1, target.id, "\"two\"", "\"three\"").at(2);
        let second = correction(2, target.id, "\"three\"", "\"four\"").at(3);
        let withdrawal = draft(3).link(Rel::Withdraws, first.id);
        let found = checked(&withdrawal, &target, &records([&first, &second]));
        assert_eq!(codes(&found), [("W-CORRECT-UNDONE", "links[0]")]);
        assert_eq!(checked(&withdrawal, &target, &records([&first])), []);
        // A correction that withdraws the one before starts from what is left.
        let instead =
            correction(4, target.id, "\"two\"", "\"five\"").link(Rel::Withdraws, first.id);
        assert_eq!(checked(&instead, &target, &records([&first])), []);
        let foreign = draft(5).by("org-b").link(Rel::Withdraws, first.id);
        assert_eq!(checked(&foreign, &target, &records([&first, &second])), []);
    }

    #[test]
    fn the_thread_shows_what_is_left_after_late_and_racing_corrections() {
        let target = target();
        let early = correction(1, target.id, "\"one\"", "\"zero\"").at(0);
        let first = correction(2, target.id, "\"two\"", "\"three\"").at(2);
        let raced = correction(3, target.id, "\"two\"", "\"four\"").at(3);
        let undone = correction(4, target.id, "\"three\"", "\"five\"").at(4);
        let withdrawal = draft(5).link(Rel::Withdraws, undone.id).at(5);
        let all = records([&early, &target, &first, &raced, &undone, &withdrawal]);
        let found = corrected(&all, |_| true);
        let [one] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!((one.index, one.revised.record.note.as_str()), (1, "three"));
        let effects: Vec<_> = one
            .revised
            .revisions
            .iter()
            .map(|it| (it.by, &it.effect))
            .collect();
        assert!(matches!(
            effects.as_slice(),
            [
                (0, Effect::Stale(_)),
                (2, Effect::Applied),
                (3, Effect::Stale(_)),
                (4, Effect::Withdrawn(5))
            ]
        ));
        assert_eq!(withdrawals(&all), BTreeMap::from([(4, 5)]));
        // Without a look around the withdrawal it is not certain that it stands.
        assert!(one.settled);
        assert!(!corrected(&all, |index| index != 5).first().unwrap().settled);
    }
}
