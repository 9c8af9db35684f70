//! The checks, the circumstances, the assumptions, drafts of certificates, the glossary.

use maud::{Markup, html};
use witnessmark_bundle::{Outcome, RecordFacts, Verdict, escape, utc};
use witnessmark_verifier::Hash;

use crate::page::pairs;
use crate::{Circumstances, self_test};

/// Words that a reader without training meets in the report.
const GLOSSARY: &[(&str, &str)] = &[
    (
        "Bundle",
        "the file that was checked: one record with everything that proves it",
    ),
    (
        "Checkpoint",
        "the ledger's signed summary: its name, how many entries it has, and one hash over all of them",
    ),
    (
        "Consistency proof",
        "a few hashes that show that one state of a ledger is the beginning of a later one",
    ),
    (
        "Entry",
        "one place in the ledger, counted from 0, with the record and its signatures in it",
    ),
    (
        "Hash, fingerprint",
        "a number of 64 hexadecimal digits computed from a file; another file has another one",
    ),
    (
        "Key",
        "a number that only its holder knows, with a public counterpart by which anybody can check what it signed",
    ),
    (
        "Key event",
        "an entry by which an organisation registers or revokes a key",
    ),
    (
        "Ledger, log",
        "a list that can only grow, and in which every entry is fixed by one hash over all",
    ),
    (
        "Leaf hash, root hash, audit path",
        "the hash of one entry, the hash over all, and the hashes in between that tie one to the other",
    ),
    (
        "Policy",
        "your own file that says which ledger's key, and which witnesses, you trust",
    ),
    (
        "Record",
        "what an organisation signed: a finding, a shipment, a statement and so on",
    ),
    (
        "Witness",
        "somebody independent of the ledger who signs its checkpoints, so that it cannot show two histories",
    ),
    (
        "Withheld",
        "a field of which the record holds a fingerprint, and which is not shown here",
    ),
];

/// Section 15, first half: the checks in their order.
pub(crate) fn checks(verdict: &Verdict) -> Markup {
    html! {
        section {
            h2 { "15. Checks, program and machine" }
            table.list {
                thead { tr { th scope="col" { "Check" } th scope="col" { "Outcome" } th scope="col" { "Found" } } }
                tbody {
                    @for check in &verdict.checks {
                        tr {
                            td { (check.name) }
                            td { @match check.outcome { Outcome::Passed => "passed", Outcome::Failed => strong { "failed" }, Outcome::Skipped => "not made" } }
                            td { (escape(&check.detail)) }
                        }
                    }
                }
            }
        }
    }
}

/// Section 15, second half: with what, where and when the report was made.
pub(crate) fn software(verdict: &Verdict, about: &Circumstances) -> Markup {
    let test = self_test();
    let hash = |hash: Option<Hash>| {
        hash.map_or_else(
            || html! { "could not be read" },
            |hash| html! { span.hash { (hash.to_string()) } },
        )
    };
    html! {
        section {
            (pairs(&[
                ("Algorithms", html! { "SHA-256 in a tree of RFC 6962; Ed25519 under the rule strict-torsion-free/1; DSSE 1.0.2" }),
                ("Format", html! { (witnessmark_bundle::BUNDLE_FORMAT) }),
                ("Program", html! { (escape(&about.software)) }),
                ("SHA-256 of the program", hash(about.software_sha256)),
                ("Machine", html! { (escape(&about.machine)) }),
                ("Report made", html! { (utc(about.made_at_ms)) ", by the clock of that machine" }),
                ("SHA-256 of the bundle", hash(Some(about.bundle_sha256))),
                ("SHA-256 of the policy", hash(verdict.policy_sha256)),
                ("Self-test before this report", html! { (test.say()) }),
            ]))
        }
    }
}

/// Section 16: what the answer rests on.
pub(crate) fn assumptions(verdict: &Verdict) -> Markup {
    let ledger = verdict.ledger.as_ref();
    let witness = match ledger.and_then(|ledger| ledger.quorum.as_deref()) {
        Some(quorum) => format!(
            "Of the witnesses that the policy asks for ({}), enough are honest that the ledger cannot show two histories.",
            escape(quorum)
        ),
        None => {
            "No witness is asked for: the operator could show different people different ledgers."
                .to_owned()
        }
    };
    let since = verdict.compared_since().map_or_else(
        || "The ledger's state was compared with no earlier checkpoint that the reader kept (the option --since).".to_owned(),
        |detail| format!("The ledger's state was compared with an earlier checkpoint that the reader kept: {}.", escape(detail)),
    );
    html! {
        section {
            h2 { "16. What the answer rests on" }
            ul {
                li { "Nobody can make two inputs with one SHA-256, and nobody can make an Ed25519 signature without the key." }
                li { "The organisation " (verdict.organisation.as_deref().unwrap_or_default()) " kept its keys to itself, or reported the loss." }
                li { "The registrars whom the ledger's founding entry names admitted the organisation that they say." }
                li { (witness) }
                li { (since) }
                li { "The policy came to the reader by an honest way, and so did the program." }
            }
        }
    }
}

/// Section 17: drafts for a person to complete. The program fills in digests and places, never a person's word.
pub(crate) fn certificates(
    verdict: &Verdict,
    record: &RecordFacts,
    about: &Circumstances,
) -> Markup {
    let index = verdict.index.unwrap_or_default();
    let origin = verdict
        .ledger
        .as_ref()
        .map(|ledger| escape(&ledger.origin))
        .unwrap_or_default();
    let registered = verdict.registered_at.map(utc).unwrap_or_default();
    html! {
        section.certificates {
            h2 { "17. Drafts of certificates" }
            p { "Drafts only. A qualified person must read, complete, change and sign them. The program leaves blank whatever only a person can state, and signs for nobody. Whether a certificate of this kind is needed or enough is for a lawyer of the forum." }
            h3 { "A. Record generated by an electronic process (US Federal Rule of Evidence 902(13)), and copy identified by its hash (902(14))" }
            p { "I, " (blank()) ", am " (blank()) " (position and qualification). My knowledge of the process comes from " (blank()) "." }
            p { "1. The file with the SHA-256 " span.hash { (about.bundle_sha256.to_string()) } " was checked on " (blank()) " with " (blank()) " (program and version) on " (blank()) " (machine)." }
            p { "2. The process computes SHA-256 and verifies Ed25519 signatures as published. Before the check it was tested by " (blank()) ", with the result " (blank()) "." }
            p { "3. The record with the id " span.hash { (record.record_id.to_string()) } " is entry " (index) " of the ledger " (origin) ". The registration time in that entry is " (registered) "." }
            p { "4. The following files were compared with their SHA-256 in the record: " (blank()) "." }
            p { "5. The policy used has the SHA-256 " span.hash { (verdict.policy_sha256.map(|hash| hash.to_string()).unwrap_or_default()) } ". It was obtained from " (blank()) "." }
            p { "Signature " (blank()) " Place and date " (blank()) }
            h3 { "B. Declaration for a record kept in a ledger (such as 12 V.S.A. section 1913)" }
            p { "I, " (blank()) ", declare under oath, being qualified by " (blank()) ": (1) the date and time at which the record entered the ledger: " (blank())
                "; (2) the date and time at which it was received from the ledger: " (blank())
                "; (3) the record is maintained in the ledger as a regularly conducted activity: " (blank())
                "; (4) the record was made as a regular practice of that activity: " (blank()) "." }
            p { "Whether a ledger with one operator is meant by that law is open. The presumption, where it applies, does not reach the truth of the contents. Signature " (blank()) " Date " (blank()) }
            h3 { "C. General statement" }
            p { "I, " (blank()) ", state: I received the file named above from " (blank()) " on " (blank()) ". I checked it as section 6 describes. The result was " (blank())
                ". I did / did not audit the whole ledger: " (blank()) ". Signature " (blank()) " Date " (blank()) }
        }
    }
}

fn blank() -> Markup {
    html! { span.blank { "" } }
}

/// Section 18: the words.
pub(crate) fn glossary() -> Markup {
    html! {
        section {
            h2 { "18. Glossary" }
            dl { @for (word, meaning) in GLOSSARY { dt { (word) } dd { (meaning) "." } } }
        }
    }
}

/// Section 19: who may be asked.
pub(crate) fn contacts(verdict: &Verdict) -> Markup {
    let origin = verdict
        .ledger
        .as_ref()
        .map(|ledger| escape(&ledger.origin))
        .unwrap_or_default();
    html! {
        section {
            h2 { "19. Who may be asked" }
            p { "A bundle holds no addresses. Whoever offers it in evidence can name:" }
            (pairs(&[
                ("For the record", html! { "the organisation " (verdict.organisation.as_deref().unwrap_or_default()) ": " (blank()) }),
                ("For the ledger", html! { "the operator of " (origin) ": " (blank()) }),
                ("For the policy", html! { "whoever gave it to you: " (blank()) }),
            ]))
        }
    }
}
