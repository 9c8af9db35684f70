//! The first page: the answer, what happened later, what is not shown, what is withheld, and how to check it alone.

use maud::{Markup, html};
use witnessmark_bundle::{RecordFacts, Verdict, escape, utc};

use crate::Circumstances;
use crate::page::{band, foreign, pairs};

/// The page of a bundle of which every check passed.
pub(crate) fn page(verdict: &Verdict, record: &RecordFacts, about: &Circumstances) -> Markup {
    html! {
        section.first {
            (band(verdict.word))
            p.answer { (verdict.answer().unwrap_or_default()) }
            (holding(verdict, record))
            (later(verdict, record))
            h2 { "4. What this does not show" }
            p { "No check of a file can show any of this:" }
            ul.limits { @for limit in verdict.does_not_show() { li { (limit) } } }
            (withheld(record))
            (how(verdict, about))
        }
    }
}

/// The page of a bundle that did not verify. Nothing of what the bundle says is shown.
pub(crate) fn failure(verdict: &Verdict) -> Markup {
    html! {
        section.first {
            (band(verdict.word))
            p.answer { (verdict.meaning()) }
            @if let Some(check) = verdict.failed() {
                p { "The check " strong { (check.name) } " failed: " (escape(&check.detail)) "." }
            }
            p { "Nothing that the bundle says is printed here, because nothing of it can be relied upon on the strength of this file." }
            h2 { "What you can do" }
            ol {
                li { "Ask whoever gave you the bundle for it again, and compare the SHA-256 at the foot of this page with theirs." }
                li { "Make sure that the trust policy comes from a source that you trust, and is for the ledger in question." }
                li { "Check it with another program. The format is public, and does not need this one." }
            }
        }
    }
}

fn holding(verdict: &Verdict, record: &RecordFacts) -> Markup {
    let signed_by = verdict.organisation.as_deref().unwrap_or_default();
    let mut rows = vec![
        ("Title", foreign(&record.title)),
        ("Kind", html! { (record.kind.label()) }),
        ("Who makes the claim", foreign(&record.asserted_by)),
        ("Who signed and submitted it", html! { (signed_by) }),
    ];
    let numbers: Vec<&(String, String)> = record
        .lines
        .iter()
        .filter(|(label, _)| label.starts_with("References") || label.contains("Exhibit number"))
        .collect();
    for (label, value) in numbers {
        rows.push((label.as_str(), foreign(value)));
    }
    rows.push(("Record id", html! { span.hash { (record.record_id) } }));
    html! {
        h2 { "1. What you hold" }
        @for (_, note) in record.lines.iter().filter(|(label, _)| label == "Note well") {
            p.note { strong { "Note well: " } (escape(note)) "." }
        }
        (pairs(&rows))
        h2 { "2. The answer" }
        p { (verdict.meaning()) }
    }
}

fn later(verdict: &Verdict, record: &RecordFacts) -> Markup {
    let last = verdict
        .ledger
        .as_ref()
        .map_or(0, |ledger| ledger.size.saturating_sub(1));
    html! {
        h2 { "3. What happened later" }
        @if !verdict.remarks.is_empty() {
            ul.remarks { @for remark in &verdict.remarks { li { (escape(remark)) } } }
        }
        @if record.related.is_empty() {
            p { "Up to entry " (last) " of the ledger this bundle holds no correction, contradiction, attestation or withdrawal of the record." }
        } @else {
            table.list {
                thead { tr { th scope="col" { "Entry" } th scope="col" { "What it does" } th scope="col" { "Signed by" } th scope="col" { "Registered" } th scope="col" { "Title" } } }
                tbody {
                    @for related in &record.related {
                        tr {
                            td { (related.index) }
                            td { (escape(&related.relation.replace('_', " "))) }
                            td { (related.organisation) }
                            td { (utc(related.registered_at)) }
                            td { (foreign(&related.title)) }
                        }
                    }
                }
            }
        }
        p.small { "That this list is complete up to that entry is the ledger's word. Only an audit of the whole ledger can show it." }
    }
}

fn withheld(record: &RecordFacts) -> Markup {
    html! {
        h2 { "5. What was withheld or erased" }
        @if record.protected.is_empty() {
            p { "Nothing: the record commits to no protected field." }
        } @else {
            p { "The record commits to " (record.protected.len()) " protected field(s): "
                (record.disclosed.len()) " shown here and verified, " (record.withheld) " withheld, "
                (record.protected.iter().filter(|field| field.shown.is_none() && field.erased.is_some()).count()) " erased. "
                "The list is in section 7. Some commitments may stand for no field at all." }
        }
    }
}

fn how(verdict: &Verdict, about: &Circumstances) -> Markup {
    let policy = verdict
        .policy_sha256
        .map(|hash| hash.to_string())
        .unwrap_or_default();
    html! {
        h2 { "6. How to check this yourself, without us" }
        ol {
            li { "Compute the SHA-256 of the bundle's file, with any tool. It must be " span.hash { (about.bundle_sha256.to_string()) } "." }
            li { "Get the trust policy from a source that you trust, not from whoever offers the evidence. Here its SHA-256 was " span.hash { (policy) } "." }
            li { "Run " code { "witnessmark-verify bundle BUNDLE --policy POLICY" }
                ", or open the page that " code { "witnessmark page" } " writes in a browser, or use a program of your own: the format is public to the last byte. None of these needs a network or an account." }
        }
    }
}
