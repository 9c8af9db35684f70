//! What was computed, in words: the same on the screen and in the report. Nothing in here is escaped.

use witnessmark_record::v1;

use crate::Records;
use crate::custody::{Break, Chain, called};
use crate::independence::Dependence;

impl Chain {
    /// One place where the steps do not join, in a sentence; steps are numbered from 1. Nothing for a break that is not
    /// one of this chain.
    pub fn say(&self, broken: &Break) -> Option<String> {
        let name = |party: &Option<v1::Party>| party.as_ref().map(|party| called(party).to_owned());
        let pair = |at: usize| Some((self.steps.get(at.checked_sub(1)?)?, self.steps.get(at)?));
        let text = match *broken {
            Break::Gap { at } => {
                let (before, step) = pair(at)?;
                let (to, from) = (name(&before.to)?, name(&step.from)?);
                format!(
                    "GAP between {at} and {}: nothing says how it came from {to} to {from}",
                    at + 1
                )
            }
            Break::Overlap { at } => {
                let (before, step) = pair(at)?;
                let (from, to) = (name(&step.from)?, name(&before.to)?);
                format!(
                    "OVERLAP at {}: {from} gives what it gave to {to} by {at}",
                    at + 1
                )
            }
            Break::Order { at } => {
                format!(
                    "ORDER: the times of {at} and {} overlap; which came first cannot be told",
                    at + 1
                )
            }
            Break::NoTime { at } => format!("{} does not say when it was", at + 1),
            Break::NoHolder { at } => {
                format!(
                    "{} does not say who gave and who took it, so gaps there cannot be seen",
                    at + 1
                )
            }
        };
        Some(text)
    }
}

impl Dependence {
    /// Why it is not independent, as the end of a sentence that begins with "because".
    pub fn say(&self, records: &Records) -> String {
        match self {
            Self::SameOrganisation(org) => format!("both are signed by {org}"),
            Self::SameKey => "both are signed by one key".to_owned(),
            Self::SameAsserter(name) => format!("both are claims of {name}"),
            Self::SharedSource(url) => format!("both name the source {url}"),
            Self::SharedAncestor(id) => match records.get(id) {
                Some(node) => format!("both go back to entry {}", node.index),
                None => format!("both go back to record {id}"),
            },
        }
    }
}
