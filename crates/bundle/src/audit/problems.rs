//! What an audit has found: the first hundred faults one by one, all of them counted.

use std::collections::BTreeMap;

use crate::limits::PROBLEMS_MAX;
use crate::verdict::{Problem, Subject};

/// Faults, in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<Problem>,
    by_check: BTreeMap<&'static str, (u64, String)>,
}

impl Problems {
    pub(super) fn note(
        &mut self,
        check: &'static str,
        index: Option<u64>,
        path: Option<String>,
        what: String,
    ) {
        self.add(Problem {
            check,
            index,
            path,
            what,
        });
    }

    pub(super) fn add(&mut self, problem: Problem) {
        let first = self.by_check.entry(problem.check);
        first.or_insert_with(|| (0, describe(&problem))).0 += 1;
        if self.list.len() < PROBLEMS_MAX {
            self.list.push(problem);
        }
    }

    /// The first fault of a check in words, with the number of the others.
    pub(super) fn first(&self, check: &str) -> Option<String> {
        self.by_check.get(check).map(|(count, first)| match count {
            1 => first.clone(),
            more => format!("{first} (and {} more)", more - 1),
        })
    }

    pub(super) fn count(&self) -> u64 {
        self.by_check.values().map(|(count, _)| count).sum()
    }

    /// The faults, by check and then by entry.
    pub(super) fn into_list(mut self, subject: Subject) -> Vec<Problem> {
        let rank = |check| subject.checks().iter().position(|name| *name == check);
        self.list
            .sort_by_key(|problem| (rank(problem.check), problem.index));
        self.list
    }
}

fn describe(problem: &Problem) -> String {
    match (problem.index, &problem.path) {
        (Some(index), Some(path)) => format!("entry {index} ({path}): {}", problem.what),
        (Some(index), None) => format!("entry {index}: {}", problem.what),
        (None, Some(path)) => format!("{path}: {}", problem.what),
        (None, None) => problem.what.clone(),
    }
}
