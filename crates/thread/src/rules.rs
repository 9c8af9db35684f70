//! The rules for links that only a ledger can judge, because they are about the records that links point to.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_record::{Level, Problem, ProblemCode, Record, v1::LinkRel};
use witnessmark_verifier::{OrgName, RecordId};

use crate::{Link, Records, parts};

/// A link points to a record that is not there.
pub const TARGET: ProblemCode = ProblemCode {
    code: "W-LINK-TARGET",
    level: Level::Warning,
    rule: "the record that a link points to is in the ledger",
};

/// A record changes what another organisation said.
pub const OWNER: ProblemCode = ProblemCode {
    code: "E-CORRECT-OWNER",
    level: Level::Error,
    rule: "only the organisation that signed a record corrects, withdraws or supersedes it",
};

/// Something would be a part of itself.
pub const CYCLE: ProblemCode = ProblemCode {
    code: "E-LINK-CYCLE",
    level: Level::Error,
    rule: "nothing is a part of itself, also not by way of other parts",
};

/// A correction names another subject than what it corrects.
pub const SUBJECT: ProblemCode = ProblemCode {
    code: "W-CORRECT-THREAD",
    level: Level::Warning,
    rule: "what corrects, withdraws or supersedes a record has its thread id",
};

/// A correction does not fit what it is to correct.
pub const STALE: ProblemCode = ProblemCode {
    code: "E-CORRECT-STALE",
    level: Level::Error,
    rule: "a correction starts from what the record says now",
};

/// A withdrawn correction takes others with it.
pub const UNDONE: ProblemCode = ProblemCode {
    code: "W-CORRECT-UNDONE",
    level: Level::Warning,
    rule: "no later correction rests on one that is withdrawn",
};

/// All of them. What [`corrections`](crate::corrections) tells of the record as corrected has the codes of validation.
pub const ALL: [ProblemCode; 6] = [OWNER, STALE, CYCLE, SUBJECT, UNDONE, TARGET];

/// How many wholes are climbed to find a circle. What lies behind them is found when the thread is read.
pub const CLIMB_MAX: usize = 10_000;

/// What is known of the target of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The organisation that signed it; nobody for what is no record of an organisation.
    pub org: Option<OrgName>,
    /// The subject that it names, if it is a record that can be read.
    pub thread_id: Option<Vec<u8>>,
}

/// Whether a link changes the standing of its target, which only its own organisation may do.
pub const fn changes(rel: LinkRel) -> bool {
    matches!(
        rel,
        LinkRel::Corrects | LinkRel::Withdraws | LinkRel::Supersedes
    )
}

/// What is wrong with the links of `record`, which is not logged yet.
///
/// `targets` are those of its targets that are there; what is not there cannot be judged, and is a warning. `wholes` says
/// of what a record is a part, by the links of the records that are there.
pub fn check(
    record: &Record,
    targets: &BTreeMap<RecordId, Target>,
    wholes: impl FnMut(&RecordId) -> Vec<RecordId>,
) -> Vec<Problem> {
    let links = Link::of(record);
    let mut problems = Vec::new();
    for link in &links {
        match targets.get(&link.target) {
            Some(target) => judge(record, link, target, &mut problems),
            None => problems.push(missing(record, link)),
        }
    }
    let closing = circles(&links, targets, wholes);
    problems.extend(closing.iter().map(|link| circle(record, link)));
    problems
}

/// What is wrong with the links among records that are logged: found late, because a target came after the record that
/// links to it. A missing target is not among these; with the place of the record that has the link.
pub fn check_again(records: &Records) -> Vec<(u64, Problem)> {
    let mut found = Vec::new();
    for (node, link) in records.links() {
        let Some(target) = records.get(&link.target) else {
            continue;
        };
        let target = Target {
            org: Some(target.org.clone()),
            thread_id: Some(target.thread_id().to_vec()),
        };
        let mut problems = Vec::new();
        judge(&node.record, &link, &target, &mut problems);
        found.extend(problems.into_iter().map(|problem| (node.index, problem)));
    }
    for (index, link) in parts::circles(records) {
        let node = records.at(index);
        found.extend(node.map(|node| (index, circle(&node.record, &link))));
    }
    found.sort_by_key(|(index, _)| *index);
    found
}

fn judge(record: &Record, link: &Link, target: &Target, problems: &mut Vec<Problem>) {
    if !changes(link.rel) {
        return;
    }
    if target.org.as_ref().map(OrgName::as_str) != Some(record.org()) {
        let owner = target.org.as_ref().map_or("nobody", OrgName::as_str);
        let fix = format!(
            "It was signed by {owner}, and this by {}. To disagree, link with `contradicts`",
            record.org()
        );
        problems.push(problem(&OWNER, link, link.path(record), fix));
        return;
    }
    let thread = target.thread_id.as_deref();
    if thread.is_some_and(|thread| thread != record.message().thread_id) {
        let fix = "Give it the thread id of that record".to_owned();
        problems.push(problem(&SUBJECT, link, link.path(record), fix));
    }
}

/// The warning that a link points to what is not there.
fn missing(record: &Record, link: &Link) -> Problem {
    let fix = "Submit that record too, or check the id. The link is looked at again when the record comes";
    problem(&TARGET, link, link.target_path(record), fix.to_owned())
}

fn circle(record: &Record, link: &Link) -> Problem {
    let fix = "Leave out the link, or turn it around: part of and has part are opposites";
    problem(&CYCLE, link, link.path(record), fix.to_owned())
}

fn problem(code: &ProblemCode, link: &Link, path: String, fix: String) -> Problem {
    code.at(path, link.target.to_string(), fix)
}

/// A new record closes a circle when one of the wholes it names is, over any number of steps, a part of one of the parts
/// it names. Links of others to the new record itself do not count: nobody is kept out of the ledger by what somebody
/// else said before.
fn circles(
    links: &[Link],
    targets: &BTreeMap<RecordId, Target>,
    mut wholes: impl FnMut(&RecordId) -> Vec<RecordId>,
) -> Vec<Link> {
    let mut closing = Vec::new();
    let there = |rel| {
        links
            .iter()
            .filter(move |link| link.rel == rel && targets.contains_key(&link.target))
    };
    let named: BTreeSet<RecordId> = there(LinkRel::HasPart).map(|link| link.target).collect();
    if named.is_empty() {
        return closing;
    }
    for link in there(LinkRel::PartOf) {
        let mut seen = BTreeSet::from([link.target]);
        let mut waiting = vec![link.target];
        while let Some(at) = waiting.pop() {
            if named.contains(&at) {
                closing.push(*link);
                break;
            }
            if seen.len() > CLIMB_MAX {
                break;
            }
            waiting.extend(wholes(&at).into_iter().filter(|whole| seen.insert(*whole)));
        }
    }
    closing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Draft, Rel, draft, nobody, records};

    fn codes(draft: &Draft, there: &Records) -> Vec<(&'static str, String)> {
        let targets = there.iter().map(|node| {
            let target = Target {
                org: Some(node.org.clone()),
                thread_id: Some(node.thread_id().to_vec()),
            };
            (node.id, target)
        });
        let wholes = |part: &RecordId| parts::wholes(there, part);
        let problems = check(&draft.record(), &targets.collect(), wholes);
        problems.into_iter().map(|it| (it.code, it.path)).collect()
    }

    #[test]
    fn a_target_that_is_not_there_is_a_warning_whatever_the_link_says() {
        for rel in [Rel::About, Rel::Withdraws, Rel::PartOf, Rel::HasPart] {
            let found = codes(&draft(1).link(rel, nobody()), &Records::default());
            assert_eq!(found, [("W-LINK-TARGET", "links[0].target".to_owned())]);
        }
        let there = draft(0).at(4);
        assert_eq!(
            codes(&draft(1).link(Rel::About, there.id), &records([&there])),
            []
        );
    }

    #[test]
    fn only_its_own_organisation_changes_a_record() {
        let there = draft(0).at(4);
        let all = records([&there]);
        for rel in [Rel::Corrects, Rel::Withdraws, Rel::Supersedes] {
            let own = draft(1)
                .with(|it| it.thread_id = vec![1; 16])
                .link(rel, there.id);
            assert_eq!(codes(&own, &all), []);
            let others = draft(1)
                .by("org-b")
                .link(Rel::About, there.id)
                .link(rel, there.id);
            assert_eq!(
                codes(&others, &all),
                [("E-CORRECT-OWNER", "links[1]".to_owned())]
            );
            let elsewhere = draft(1).link(rel, there.id);
            assert_eq!(
                codes(&elsewhere, &all),
                [("W-CORRECT-THREAD", "links[0]".to_owned())]
            );
        }
        for rel in [Rel::Contradicts, Rel::Updates, Rel::Corroborates] {
            assert_eq!(codes(&draft(1).by("org-b").link(rel, there.id), &all), []);
        }
    }

    #[test]
    fn what_is_no_record_belongs_to_nobody() {
        let target = Target {
            org: None,
            thread_id: None,
        };
        let targets = BTreeMap::from([(nobody(), target)]);
        let record = draft(1).link(Rel::Withdraws, nobody()).record();
        let found = check(&record, &targets, |_| Vec::new());
        assert_eq!(found.first().unwrap().code, "E-CORRECT-OWNER");
    }

    #[test]
    fn nothing_becomes_a_part_of_itself() {
        // The wing has the bolt as a part; the bolt is a part of nothing by its own words.
        let bolt = draft(0).at(1);
        let wing = draft(1).link(Rel::HasPart, bolt.id).at(2);
        let plane = draft(2).link(Rel::HasPart, wing.id).at(3);
        let all = records([&bolt, &wing, &plane]);
        let honest = draft(3)
            .link(Rel::PartOf, plane.id)
            .link(Rel::HasPart, bolt.id);
        assert_eq!(codes(&honest, &all), []);
        let circular = draft(3)
            .link(Rel::HasPart, plane.id)
            .link(Rel::PartOf, bolt.id);
        assert_eq!(
            codes(&circular, &all),
            [("E-LINK-CYCLE", "links[1]".to_owned())]
        );
        let both = draft(3)
            .link(Rel::PartOf, bolt.id)
            .link(Rel::HasPart, bolt.id);
        assert_eq!(
            codes(&both, &all),
            [("E-LINK-CYCLE", "links[0]".to_owned())]
        );
    }

    #[test]
    fn nobody_is_kept_out_by_what_others_said_before() {
        // The whole names a record that is not there yet, and is itself a part of that record's whole.
        let plane = draft(0).at(1);
        let late = draft(9).link(Rel::PartOf, plane.id);
        let id = draft(9).link(Rel::PartOf, plane.id).at(3).id;
        let trap = draft(1)
            .by("org-b")
            .link(Rel::HasPart, plane.id)
            .link(Rel::PartOf, id)
            .at(2);
        assert_eq!(codes(&late, &records([&plane, &trap])), []);
        // It is found when all three are read together.
        let found = check_again(&records([&plane, &trap, &late.at(3)]));
        let found: Vec<_> = found
            .iter()
            .map(|(at, it)| (*at, it.code, it.path.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (2, "E-LINK-CYCLE", "links[0]"),
                (2, "E-LINK-CYCLE", "links[1]"),
                (3, "E-LINK-CYCLE", "links[0]")
            ]
        );
    }

    #[test]
    fn a_rule_that_could_not_be_judged_is_judged_when_the_target_has_come() {
        let target = draft(0).at(5);
        let early = draft(1).by("org-b").link(Rel::Withdraws, target.id).at(4);
        let found = check_again(&records([&early, &target]));
        let found: Vec<_> = found.iter().map(|(at, it)| (*at, it.code)).collect();
        assert_eq!(found, [(4, "E-CORRECT-OWNER")]);
        assert_eq!(check_again(&records([&early])), []);
    }

    #[test]
    fn every_rule_is_in_the_document() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/LINKS.md");
        let text = std::fs::read_to_string(path).unwrap();
        for ProblemCode {
            code, level, rule, ..
        } in ALL
        {
            let row = format!("| `{code}` | {level} | {rule} |");
            assert!(text.contains(&row), "not in docs/LINKS.md: {row}");
        }
    }
}
