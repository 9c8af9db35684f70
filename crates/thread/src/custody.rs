//! The chain of custody of an item: its steps in the order of time, and where they do not join.

use std::collections::BTreeMap;

use witnessmark_record::v1::{self, LinkRel, record::Body};
use witnessmark_verifier::RecordId;

use crate::independence::folded;
use crate::span::Span;
use crate::{Node, Records};

/// One step: something was done with the item, and somebody may have taken it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The place of the record that tells it.
    pub index: u64,
    /// When, as the record writes it; empty when it does not say.
    pub when: String,
    /// What was done, in words; empty when the record does not say.
    pub what: String,
    /// Who gave it.
    pub from: Option<v1::Party>,
    /// Who took it.
    pub to: Option<v1::Party>,
}

/// The steps that are told of one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// The record of the item or shipment.
    pub of: RecordId,
    /// The item, as the first step names it. Steps that name an item otherwise are a chain of their own.
    pub item: String,
    /// The steps in the order of time.
    pub steps: Vec<Step>,
    /// Where they do not join, in the order of the steps.
    pub breaks: Vec<Break>,
}

/// Where two steps do not join. The numbers are places in [`Chain::steps`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Break {
    /// The giver of a step is not the taker of the step before: nothing says how the item came from one to the other.
    Gap {
        /// The later of the two steps.
        at: usize,
    },
    /// The giver of a step had given the item away by the step before: two takers have it.
    Overlap {
        /// The later of the two steps.
        at: usize,
    },
    /// The times of a step and the one before overlap: which came first cannot be told.
    Order {
        /// The later of the two steps.
        at: usize,
    },
    /// A step does not say when it was.
    NoTime {
        /// The step.
        at: usize,
    },
    /// A step does not say who gave or who took the item, so that nothing can be said of how it joins its neighbours.
    NoHolder {
        /// The step.
        at: usize,
    },
}

/// The chains of custody that the records tell, by the item's record.
pub fn chains(records: &Records) -> Vec<Chain> {
    let mut told: BTreeMap<(RecordId, String), (String, Vec<Step>)> = BTreeMap::new();
    for (node, link) in records.links() {
        let Some(Body::CustodyTransfer(transfer)) = &node.record.message().body else {
            continue;
        };
        if link.rel != LinkRel::CustodyOf {
            continue;
        }
        let item = match transfer.exhibit_number.as_str() {
            "" => &transfer.item,
            number => number,
        };
        let (_, steps) = told
            .entry((link.target, folded(item)))
            .or_insert_with(|| (item.to_owned(), Vec::new()));
        steps.extend(steps_of(node, transfer));
    }
    let chains = told.into_iter().map(|((of, _), (item, steps))| {
        let steps = in_order(steps);
        Chain {
            of,
            item,
            breaks: breaks(&steps),
            steps,
        }
    });
    chains.collect()
}

/// The one step of a transfer, or the steps of a chain that it tells as a whole.
fn steps_of(node: &Node, transfer: &v1::CustodyTransfer) -> Vec<Step> {
    if !transfer.steps.is_empty() && transfer.from.is_none() && transfer.to.is_none() {
        let steps = transfer.steps.iter();
        return steps
            .map(|step| Step {
                index: node.index,
                when: step.date.clone(),
                what: match step.description.as_str() {
                    "" => words(step.event()),
                    said => said.to_owned(),
                },
                from: None,
                to: None,
            })
            .collect();
    }
    let what = match words(transfer.event()).as_str() {
        "" => transfer.reason.clone(),
        event => event.to_owned(),
    };
    vec![Step {
        index: node.index,
        when: node.record.message().occurred.clone(),
        what,
        from: transfer.from.clone().filter(is_known),
        to: transfer.to.clone().filter(is_known),
    }]
}

/// Whether a holder can be told from another: one whose name is withheld may be anybody.
fn is_known(party: &v1::Party) -> bool {
    let texts = [
        &party.name_as_written,
        &party.transliteration,
        &party.office,
        &party.address,
    ];
    texts.iter().any(|text| !text.is_empty()) || !party.identifiers.is_empty()
}

fn words(event: v1::CustodyEvent) -> String {
    if event == v1::CustodyEvent::Unspecified {
        return String::new();
    }
    let name = event.as_str_name();
    let name = name.strip_prefix("CUSTODY_EVENT_").unwrap_or(name);
    name.to_lowercase().replace('_', " ")
}

/// What a holder is called.
pub fn called(party: &v1::Party) -> &str {
    let names = [
        &party.name_as_written,
        &party.transliteration,
        &party.office,
        &party.address,
    ];
    let name = names.into_iter().find(|name| !name.is_empty());
    name.map_or("somebody who is not named", String::as_str)
}

/// One holder: one identifier in the spelling of its scheme, or one name; without names, one office.
fn same_holder(one: &v1::Party, other: &v1::Party) -> bool {
    let ids = |party: &v1::Party| -> Vec<(i32, String)> {
        let ids = party
            .identifiers
            .iter()
            .filter(|id| !id.normalised.is_empty());
        ids.map(|id| (id.scheme, id.normalised.clone())).collect()
    };
    let names = |party: &v1::Party| -> Vec<String> {
        let names = [&party.name_as_written, &party.transliteration];
        names
            .map(|name| folded(name))
            .into_iter()
            .filter(|name| !name.is_empty())
            .collect()
    };
    let (own, others) = (names(one), names(other));
    let office = folded(&one.office);
    let nameless = own.is_empty() && others.is_empty();
    ids(one).iter().any(|id| ids(other).contains(id))
        || own.iter().any(|name| others.contains(name))
        || (nameless && !office.is_empty() && office == folded(&other.office))
}

fn joins(taker: Option<&Step>, giver: &Step) -> bool {
    let holders = taker
        .and_then(|step| step.to.as_ref())
        .zip(giver.from.as_ref());
    holders.is_some_and(|(to, from)| same_holder(to, from))
}

/// By time; steps of one day in the order in which they join, then in that of the log.
fn in_order(mut steps: Vec<Step>) -> Vec<Step> {
    steps.sort_by_key(|step| (Span::of(&step.when).key(), step.index));
    let mut ordered: Vec<Step> = Vec::with_capacity(steps.len());
    while let Some(first) = steps.first() {
        let day = Span::of(&first.when);
        let same = |step: &Step| day.is_same_day(&Span::of(&step.when));
        let group: Vec<&Step> = steps.iter().take_while(|step| same(step)).collect();
        let next = group
            .iter()
            .position(|step| joins(ordered.last(), step))
            .or_else(|| {
                let starts = |step: &Step| !group.iter().any(|other| joins(Some(other), step));
                group.iter().position(|step| starts(step))
            });
        ordered.push(steps.remove(next.unwrap_or(0)));
    }
    ordered
}

fn breaks(steps: &[Step]) -> Vec<Break> {
    let mut breaks = Vec::new();
    let mut before: Option<&Step> = None;
    for (at, step) in steps.iter().enumerate() {
        let when = Span::of(&step.when);
        if when.earliest.is_none() && when.latest.is_none() {
            breaks.push(Break::NoTime { at });
        } else if let Some(before) = before.map(|before| Span::of(&before.when))
            && !before.is_before(&when)
            && !before.is_same_day(&when)
        {
            breaks.push(Break::Order { at });
        }
        if step.from.is_none() || step.to.is_none() {
            breaks.push(Break::NoHolder { at });
        }
        if let Some(before) = before {
            breaks.extend(between(before, step, at));
        }
        before = Some(step);
    }
    breaks
}

fn between(before: &Step, step: &Step, at: usize) -> Option<Break> {
    let (to, from) = (before.to.as_ref()?, step.from.as_ref()?);
    if same_holder(to, from) {
        return None;
    }
    let twice = before
        .from
        .as_ref()
        .is_some_and(|giver| same_holder(giver, from));
    Some(if twice {
        Break::Overlap { at }
    } else {
        Break::Gap { at }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Draft, Rel, draft, nobody};

    fn party(name: &str) -> Option<v1::Party> {
        (!name.is_empty()).then(|| v1::Party {
            name_as_written: name.to_owned(),
            ..v1::Party::default()
        })
    }

    fn step(number: u8, when: &str, from: &str, to: &str) -> Draft {
        let draft = draft(number).link(Rel::CustodyOf, nobody());
        draft.with(|it| {
            it.occurred = when.to_owned();
            it.body = Some(Body::CustodyTransfer(v1::CustodyTransfer {
                item: "Exhibit 7".to_owned(),
                from: party(from),
                to: party(to),
                ..v1::CustodyTransfer::default()
            }));
        })
    }

    fn only_chain(drafts: Vec<Draft>) -> Chain {
        let nodes = drafts.into_iter().zip(0..).map(|(it, index)| it.at(index));
        let mut chains = chains(&nodes.collect());
        assert_eq!(chains.len(), 1, "{chains:?}");
        chains.remove(0)
    }

    fn order(chain: &Chain) -> Vec<u64> {
        chain.steps.iter().map(|step| step.index).collect()
    }

    #[test]
    fn steps_stand_in_the_order_of_time_and_join() {
        let chain = only_chain(vec![
            step(2, "2024-03-01", "Laboratory", "Court"),
            step(1, "2024-01-05", "field  TEAM", "Laboratory"),
            step(0, "2024-01-02", "Finder", "Field Team"),
        ]);
        assert_eq!(order(&chain), [2, 1, 0]);
        assert_eq!(chain.breaks, []);
    }

    #[test]
    fn gaps_and_overlaps_are_listed() {
        let chain = only_chain(vec![
            step(0, "2024-01-02", "Finder", "Field Team"),
            step(1, "2024-01-05", "Police", "Laboratory"),
            step(2, "2024-01-06", "Police", "Court"),
        ]);
        assert_eq!(
            chain.breaks,
            [Break::Gap { at: 1 }, Break::Overlap { at: 2 }]
        );
    }

    #[test]
    fn steps_of_one_day_are_put_in_the_order_in_which_they_join() {
        let day = "2024-01-02";
        let chain = only_chain(vec![
            step(0, day, "B", "C"),
            step(1, day, "A", "B"),
            step(2, day, "C", "D"),
        ]);
        assert_eq!(order(&chain), [1, 0, 2]);
        assert_eq!(chain.breaks, []);
    }

    #[test]
    fn an_order_that_the_dates_do_not_tell_is_said_to_be_so() {
        let chain = only_chain(vec![
            step(0, "2024-01-02/2024-02-01", "A", "B"),
            step(1, "2024-01-15", "B", "C"),
            step(2, "", "C", "D"),
        ]);
        assert_eq!(
            chain.breaks,
            [Break::Order { at: 1 }, Break::NoTime { at: 2 }]
        );
    }

    #[test]
    fn a_chain_that_is_told_without_holders_says_nothing_about_gaps() {
        let told = step(0, "2020-03/2021-07-30", "", "").with(|it| {
            if let Some(Body::CustodyTransfer(transfer)) = &mut it.body {
                let dates = ["2020-03", "2020-04-02"];
                transfer.steps = dates
                    .map(|date| v1::CustodyStep {
                        date: date.to_owned(),
                        event: v1::CustodyEvent::Seized.into(),
                        ..v1::CustodyStep::default()
                    })
                    .into();
            }
        });
        let chain = only_chain(vec![told]);
        assert_eq!(chain.steps[0].what, "seized");
        assert_eq!(
            chain.breaks,
            [Break::NoHolder { at: 0 }, Break::NoHolder { at: 1 }]
        );
    }

    #[test]
    fn two_items_of_one_record_are_two_chains() {
        let cargo = step(1, "2019-03", "A", "B").with(|it| {
            if let Some(Body::CustodyTransfer(transfer)) = &mut it.body {
                transfer.item = "Coal".to_owned();
            }
        });
        let found = chains(
            &[step(0, "2019-05", "C", "D").at(0), cargo.at(1)]
                .into_iter()
                .collect(),
        );
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|chain| chain.breaks.is_empty()));
    }

    #[test]
    fn holders_are_known_by_their_identifiers_and_offices_too() {
        let id = |value: &str| v1::Identifier {
            normalised: value.to_owned(),
            scheme: v1::IdentifierScheme::ImoShip.into(),
            ..v1::Identifier::default()
        };
        let with = |name: &str, value: &str| v1::Party {
            identifiers: vec![id(value)],
            ..party(name).unwrap_or_default()
        };
        assert!(same_holder(
            &with("Angara", "9179842"),
            &with("", "9179842")
        ));
        assert!(!same_holder(&with("Angara", ""), &with("Maria", "")));
        assert!(!same_holder(&v1::Party::default(), &v1::Party::default()));
        assert_eq!(called(&v1::Party::default()), "somebody who is not named");
    }

    #[test]
    fn two_whose_names_are_withheld_are_no_gap() {
        let nameless = |number, when: &str| {
            step(number, when, "A", "B").with(|it| {
                if let Some(Body::CustodyTransfer(transfer)) = &mut it.body {
                    let person = v1::Party {
                        r#type: v1::PartyType::Person.into(),
                        ..v1::Party::default()
                    };
                    transfer.from = Some(person.clone());
                    transfer.to = Some(person);
                }
            })
        };
        let chain = only_chain(vec![nameless(0, "2024-01-02"), nameless(1, "2024-01-05")]);
        assert_eq!(
            chain.breaks,
            [Break::NoHolder { at: 0 }, Break::NoHolder { at: 1 }]
        );
    }
}
