//! When, and where in the ledger: the times that are never merged, the position, and what shows that the ledger only grows.

use maud::{Markup, html};
use witnessmark_bundle::{RecordFacts, Verdict, escape, utc};

use crate::Shown;
use crate::page::{foreign, pairs};

/// Section 10: four kinds of time.
pub(crate) fn times(verdict: &Verdict, record: &RecordFacts) -> Markup {
    let said = |wanted: &str| {
        let found: Vec<&(String, String)> = record
            .lines
            .iter()
            .filter(|(label, _)| label == wanted)
            .collect();
        html! {
            @if found.is_empty() { "the record does not say" }
            @for (_, value) in found { (foreign(value)) " (a claim)" }
        }
    };
    let signed = match record.signed_at {
        0 => html! { "the record does not say" },
        time => html! { (utc(time)) ", by the clock of the signing device (a claim)" },
    };
    let registered = verdict.registered_at.map(utc).unwrap_or_default();
    html! {
        section {
            h2 { "10. Times, each a different fact" }
            (pairs(&[
                ("When it happened", said("Occurred")),
                ("When it was examined or captured", said("Documented")),
                ("When it was reported", said("Reported")),
                ("When it was signed", signed),
                ("When the ledger took it in", html! { (registered) ", by the ledger's own clock" }),
                ("When independent witnesses had seen it", witnessed(verdict)),
            ]))
        }
    }
}

fn witnessed(verdict: &Verdict) -> Markup {
    let cosigned = verdict
        .ledger
        .as_ref()
        .map(|ledger| ledger.cosigned.as_slice())
        .unwrap_or_default();
    let ledger = verdict.ledger.as_ref();
    let by = ledger.and_then(|ledger| Some((ledger.witnessed_s?, ledger.quorum.as_deref()?)));
    html! {
        @if let Some((time_s, quorum)) = by {
            div { "not after " (utc(time_s.saturating_mul(1_000))) ": by then the policy's quorum had signed, " (escape(quorum)) }
        }
        @if cosigned.is_empty() { "no witness signed this state of the ledger" }
        @for (name, time_s) in cosigned {
            div { (utc(time_s.saturating_mul(1_000))) ", by the clock of the witness " (escape(name)) }
        }
    }
}

/// Section 11: the position and its proof.
pub(crate) fn position(verdict: &Verdict, shown: &Shown) -> Markup {
    let Some(ledger) = &verdict.ledger else {
        return html! {};
    };
    let index = verdict.index.unwrap_or_default();
    html! {
        section {
            h2 { "11. Position in the ledger" }
            (pairs(&[
                ("Ledger", html! { (escape(&ledger.origin)) " (the name in your policy)" }),
                ("Entry", html! { (index) ", counted from 0" }),
                ("Entries in the ledger then", html! { (ledger.size) }),
                ("Leaf hash", html! { span.hash { (shown.leaf.hash().to_string()) } }),
                ("Root hash", html! { span.hash { (ledger.root.to_string()) } }),
                ("Witnesses that the policy asks for", html! { (ledger.quorum.as_deref().map_or_else(|| "none".to_owned(), escape)) }),
            ]))
            h3 { "Audit path, from the leaf upwards" }
            @if shown.path.is_empty() { p { "Empty: the ledger had this one entry." } }
            ol.path { @for hash in &shown.path { li { span.hash { (hash.to_string()) } } } }
            h3 { "Checkpoint: what the ledger signed" }
            pre { (lines(&shown.checkpoint)) }
        }
    }
}

/// Section 12: what shows that nothing was taken out.
pub(crate) fn append_only(verdict: &Verdict, shown: &Shown) -> Markup {
    let size = verdict.ledger.as_ref().map_or(0, |ledger| ledger.size);
    let proofs = shown.bundle.related.len().saturating_add(2);
    html! {
        section {
            h2 { "12. That the ledger only grows" }
            p { "All " (proofs) " entries in this bundle (the ledger's founding entry, the record, and what is related to it) are proved against one checkpoint, of "
                (size) " entries. None of them can be changed or taken out without a change of its root hash." }
            p { "One checkpoint does not show that the ledger gave everybody the same history. Whoever kept an earlier or a later checkpoint can have the two compared (witnessmark compare): either the smaller tree is shown to be the beginning of the larger one (RFC 9162, section 2.1.4), or the contradiction becomes a file that anybody can check. That somebody gives no proof convicts nobody." }
            @if verdict.ledger.as_ref().is_some_and(|ledger| ledger.quorum.is_none()) {
                p { strong { "The policy that was used asks for no independent witness: the ledger could show different people different histories." } }
            }
        }
    }
}

/// A checkpoint's lines, each escaped, so that only its own line breaks remain.
fn lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}
