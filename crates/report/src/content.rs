//! What the record says, its protected fields, its files, and who signed it.

use maud::{Markup, html};
use witnessmark_bundle::{FileFacts, RecordFacts, SignerFacts, Verdict, escape, utc};
use witnessmark_verifier::hex;

use crate::page::{foreign, pairs};

/// Section 7: every field.
pub(crate) fn fields(record: &RecordFacts) -> Markup {
    html! {
        section {
            h2 { "7. The record, every field" }
            p.small { "In the words of the record. What it says is a claim of the party that makes it. Characters that cannot be seen, or that turn the writing around, are spelled out as \\u{...}." }
            table.pairs {
                tbody {
                    @for (label, value) in &record.lines {
                        tr { th scope="row" { (escape(label)) } td { (foreign(value)) } }
                    }
                }
            }
            @if !record.protected.is_empty() { (protected(record)) }
        }
    }
}

fn protected(record: &RecordFacts) -> Markup {
    html! {
        h3 { "Protected fields" }
        p.small { "For each of these the record holds a salted fingerprint, made when it was signed." }
        table.list {
            thead { tr { th scope="col" { "State" } th scope="col" { "Field" } th scope="col" { "Value" } th scope="col" { "Fingerprint" } } }
            tbody {
                @for field in &record.protected {
                    tr {
                        @if let Some((name, value)) = &field.shown {
                            td { "shown and verified" @if let Some(erased) = &field.erased { "; also reported as " (erased.say()) } }
                            td { (foreign(name)) }
                            td { (foreign(value)) }
                        } @else {
                            td { @match &field.erased { Some(erased) => { (erased.say()) }, None => "withheld" } }
                            td { "-" }
                            td { "-" }
                        }
                        td { span.hash { (field.commitment.to_string()) } }
                    }
                }
            }
        }
    }
}

/// Section 8: the files.
pub(crate) fn files(files: &[FileFacts]) -> Markup {
    html! {
        section {
            h2 { "8. Files" }
            @if files.is_empty() {
                p { "The record names no file." }
            } @else {
                p.small { "The ledger holds no files, only their fingerprints. A file that was not here has not been compared." }
                table.list {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Bytes" } th scope="col" { "SHA-256, in full" } th scope="col" { "What was found" } } }
                    tbody { @for file in files { (file_row(file)) } }
                }
            }
        }
    }
}

fn file_row(file: &FileFacts) -> Markup {
    html! {
        tr {
            td { (foreign(&file.name)) }
            td { (file.size) }
            td {
                span.hash { (file.sha256.to_string()) }
                @if let Some(sha512) = &file.sha512 { br; "SHA-512 " span.hash { (hex::encode(sha512)) } }
            }
            td { (escape(&file.state.words())) @if let Some(erased) = &file.erased { "; reported as " (erased.say()) } }
        }
    }
}

/// Section 9: the signatures.
pub(crate) fn signatures(verdict: &Verdict, record: &RecordFacts) -> Markup {
    let organisation = verdict.organisation.as_deref().unwrap_or_default();
    html! {
        section {
            h2 { "9. Signatures" }
            p { "Each of these keys stood in the register of " strong { (organisation) }
                " when the ledger took the record in, and each signature is good. A signature shows a key, not the hand that used it." }
            @for signer in &record.signers { (signature(signer)) }
        }
    }
}

fn signature(signer: &SignerFacts) -> Markup {
    let role = match signer.role {
        "record" => "record: signs records",
        "countersign" => "countersign: adds its signature to a record that a record key has signed",
        other => other,
    };
    let label = signer
        .label
        .as_deref()
        .map_or_else(|| html! { "none given" }, foreign);
    let revoked = signer.revoked.map_or_else(
        || html! { "not as far as the key events in this bundle go" },
        |(seq, reason)| html! { "yes, by key event " (seq) ", reason: " (reason) ". A revocation looks forward only." },
    );
    let suspected = signer.suspected_since.map_or_else(
        || html! { "not reported" },
        |since| html! { "since " (utc(since)) ", by the organisation's own word" },
    );
    pairs(&[
        (
            "Key fingerprint",
            html! { span.hash { (escape(&signer.key_id)) } },
        ),
        ("Role", html! { (role) }),
        ("Name that the organisation gives it", label),
        (
            "Registered",
            html! { "by key event " (signer.added_seq) " of the organisation" },
        ),
        ("Revoked later", revoked),
        ("Suspected of misuse", suspected),
        ("Result", html! { "the signature is good" }),
    ])
}
