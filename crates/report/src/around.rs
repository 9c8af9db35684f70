//! What else the bundle holds about the item: who had it, and who corroborates the record.

use maud::{Markup, html};
use witnessmark_bundle::{Verdict, escape};
use witnessmark_record::v1;
use witnessmark_thread::custody::{self, Chain, Step};
use witnessmark_thread::independence::{self, Corroboration};
use witnessmark_thread::{Node, Records};
use witnessmark_verifier::{Entry, TlogProof};

use crate::Shown;
use crate::page::foreign;

/// The record and what is related to it, each proved.
pub(crate) fn records(shown: &Shown) -> Records {
    let related = shown.bundle.related.iter().map(|related| &related.proven);
    std::iter::once(&shown.bundle.record)
        .chain(related)
        .filter_map(|proven| {
            let index = TlogProof::parse(&proven.proof).ok()?.index.get();
            Node::of(index, &Entry::parse(&proven.entry).ok()?)
        })
        .collect()
}

/// Section 13: the chain of custody, as far as this bundle holds it.
pub(crate) fn custody(verdict: &Verdict, records: &Records) -> Markup {
    let chains = custody::chains(records);
    let last = verdict
        .ledger
        .as_ref()
        .map_or(0, |ledger| ledger.size.saturating_sub(1));
    html! {
        section {
            h2 { "13. Custody" }
            @if chains.is_empty() {
                p { "This bundle holds no record of custody for the item. Up to entry " (last) " the ledger gave none that names this record." }
            }
            @for chain in &chains { (chain_table(chain)) }
            p.small { "This is what was written about custody, and when it was registered. A ledger does not watch a store." }
        }
    }
}

fn chain_table(chain: &Chain) -> Markup {
    html! {
        h3 { (foreign(&chain.item)) }
        table.list {
            thead { tr { th scope="col" { "Step" } th scope="col" { "When (claimed)" } th scope="col" { "What" } th scope="col" { "From" } th scope="col" { "To" } th scope="col" { "Entry" } } }
            tbody { @for (number, step) in (1..).zip(&chain.steps) { (step_row(number, step)) } }
        }
        @let breaks: Vec<String> = chain.breaks.iter().filter_map(|it| chain.say(it)).collect();
        @if breaks.is_empty() {
            @if chain.steps.len() > 1 { p { "Every step joins the one before." } }
        } @else {
            ul.remarks { @for said in &breaks { li { (escape(said)) } } }
        }
    }
}

fn step_row(number: u64, step: &Step) -> Markup {
    let holder = |party: &Option<v1::Party>| {
        party.as_ref().map_or_else(
            || html! { "not stated" },
            |party| foreign(custody::called(party)),
        )
    };
    html! {
        tr {
            td { (number) }
            td { (foreign(&step.when)) }
            td { (foreign(&step.what)) }
            td { (holder(&step.from)) }
            td { (holder(&step.to)) }
            td { (step.index) }
        }
    }
}

/// Section 14: whether what corroborates is independent.
pub(crate) fn independence(records: &Records) -> Markup {
    let found = independence::corroborations(records);
    html! {
        section {
            h2 { "14. Corroboration, and whether it is independent" }
            @if found.is_empty() { p { "No record in this bundle says that it corroborates this one." } }
            ul { @for one in &found { li { (corroboration(records, one)) } } }
            @if !found.is_empty() {
                p.small { "Computed from signer, key, claimant and sources, never taken from the claim. It can rule independence out; it cannot show it." }
            }
        }
    }
}

fn corroboration(records: &Records, one: &Corroboration) -> Markup {
    let reasons: Vec<String> = one
        .reasons
        .iter()
        .map(|reason| reason.say(records))
        .collect();
    html! {
        "Entry " (one.by) " corroborates "
        @match one.of { Some(of) => { "entry " (of) }, None => { "a record that is not in this bundle" } }
        ": "
        @if one.of.is_none() { "whether it is independent cannot be told." }
        @else if reasons.is_empty() { "nothing in the records speaks against its independence." }
        @else { strong { "not independent" } ", because " (escape(&reasons.join(", and "))) "." }
    }
}
