//! The checkpoints that signers had seen, against the trees that the log has had.

use witnessmark_record::{Record, SeenClaim, SeenTree};

use crate::limits::SEEN_REMARKS_MAX;
use crate::verdict::SeenFacts;

/// What the record at an index says of the checkpoint that its signer had seen.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) index: u64,
    claim: SeenClaim,
}

impl Claim {
    /// The claim of the record at `index`, if it makes one.
    pub(super) fn of(index: u64, record: &Record) -> Option<Self> {
        let claim = SeenClaim::of(record.message())?;
        Some(Self { index, claim })
    }

    /// How many entries the checkpoint speaks of, when it may be one that the log had before this record: no signer can have
    /// seen a tree with the own record in it.
    pub(super) fn size(&self) -> Option<u64> {
        let size = self.claim.seen.size;
        (size > 0 && size <= self.index).then_some(size)
    }

    /// What is to be said of it, given the tree that the log had at that size.
    pub(super) fn judge(&self, tree: Option<&SeenTree>) -> SeenFacts {
        let SeenClaim {
            seen, signed_at_ms, ..
        } = &self.claim;
        let problem = self.claim.check(tree).pop();
        let is_of_log = tree.is_some_and(|tree| seen.root == tree.root.as_bytes());
        SeenFacts {
            index: self.index,
            size: seen.size,
            signed_at: *signed_at_ms,
            not_before: tree.filter(|_| is_of_log).map(|it| it.last_registered_at),
            problem: problem
                .map(|it| format!("{} = {}: {}. {}", it.path, it.value, it.rule, it.fix)),
        }
    }
}

/// What was found of all claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) of_log: u64,
    /// A remark for each of the first claims that are not good.
    pub(super) remarks: Vec<String>,
    /// How many more are not good.
    pub(super) more: u64,
}

impl Tally {
    pub(super) fn push(&mut self, facts: &SeenFacts) {
        self.count += 1;
        self.of_log += u64::from(facts.not_before.is_some());
        if let Some(problem) = &facts.problem {
            if self.remarks.len() < SEEN_REMARKS_MAX {
                self.remarks
                    .push(format!("Entry {}: {problem}.", facts.index));
            } else {
                self.more += 1;
            }
        }
    }

    /// A remark for each claim that is not good, and how many more there are.
    pub(super) fn into_remarks(self) -> Vec<String> {
        let mut remarks = self.remarks;
        if self.more > 0 {
            remarks.push(format!(
                "{} more records name a checkpoint that does not fit, or have a clock that does not.",
                self.more
            ));
        }
        remarks
    }
}
