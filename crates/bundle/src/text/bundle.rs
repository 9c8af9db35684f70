//! A bundle whose checks all passed, in plain words.

use witnessmark_verifier::hex;

use crate::escape::{escape, quote};
use crate::time::utc;
use crate::verdict::{FileFacts, LedgerFacts, RecordFacts, SignerFacts, Verdict};
use crate::verify::by_whom;

use super::{Page, write_witnesses};

/// Writes all but the list of checks.
pub(super) fn write(page: &mut Page, verdict: &Verdict) {
    // A positive verdict has all three; without them there is nothing to say.
    let (Some(ledger), Some(record), Some(index)) =
        (&verdict.ledger, &verdict.record, verdict.index)
    else {
        return;
    };
    let organisation = verdict.organisation.as_deref().unwrap_or_default();
    page.wrapped(0, &verdict.answer().unwrap_or_default());
    verdict.write_remarks(page);
    write_holding(page, record, organisation);
    write_times(
        page,
        ledger,
        record,
        verdict.registered_at.unwrap_or_default(),
    );
    write_content(page, record);
    write_files(page, &record.files);
    write_related(page, record, index, ledger.size);
    verdict.write_limits(page);
    write_how(page, verdict, ledger);
}

fn write_holding(page: &mut Page, record: &RecordFacts, organisation: &str) {
    page.heading("What you hold");
    page.pair("title", &quote(&record.title));
    page.pair("kind", record.kind.label());
    page.pair("record id", &record.record_id.to_string());
    page.pair(
        "asserted by",
        &format!("{} (who makes the claim)", quote(&record.asserted_by)),
    );
    page.pair(
        "signed by",
        &format!("{} (who submitted it)", quote(organisation)),
    );
    for signer in &record.signers {
        page.pair("key", &signer_line(signer));
    }
}

fn signer_line(signer: &SignerFacts) -> String {
    let label = signer
        .label
        .as_ref()
        .map_or_else(String::new, |l| format!(", called {}", quote(l)));
    let revoked = signer.revoked.map_or_else(String::new, |(seq, reason)| {
        format!("; revoked afterwards by key event {seq} ({reason})")
    });
    format!(
        "{}, role {}, registered by key event {}, active when the record was registered{label}{revoked}",
        signer.key_id, signer.role, signer.added_seq
    )
}

fn write_times(page: &mut Page, ledger: &LedgerFacts, record: &RecordFacts, registered_at: u64) {
    page.heading("Times, each a different fact");
    match record.signed_at {
        0 => page.pair("signed", "the record does not say when"),
        time => page.pair(
            "signed",
            &format!("{}, by the signer's clock: a claim", utc(time)),
        ),
    }
    page.pair(
        "registered",
        &format!("{}, by the ledger's own clock", utc(registered_at)),
    );
    write_witnesses(page, ledger);
    page.pair(
        "happened",
        "see the record's own words below: a claim of the party that asserts it",
    );
}

fn write_content(page: &mut Page, record: &RecordFacts) {
    page.heading("What the record says, every field");
    for (label, value) in &record.lines {
        page.pair(label, &quote(value));
    }
    write_protected(page, record);
}

fn write_protected(page: &mut Page, record: &RecordFacts) {
    if record.protected.is_empty() {
        return;
    }
    page.heading("Protected fields: the record holds a salted digest of each");
    for field in &record.protected {
        if let Some((name, value)) = &field.shown {
            page.pair("shown", &format!("{}: {}", quote(name), quote(value)));
            page.line(
                16,
                "and verified: it is what the record committed to when it was signed",
            );
            if let Some(erased) = &field.erased {
                page.flowed(16, &format!("and reported as {}", by_whom(erased)), 16);
            }
        }
    }
    for field in record
        .protected
        .iter()
        .filter(|field| field.shown.is_none())
    {
        let commitment = format!("commitment {}", field.commitment);
        match &field.erased {
            Some(erased) => page.pair("erased", &format!("{commitment}: {}", by_whom(erased))),
            None => page.pair("withheld", &commitment),
        }
    }
    if record.withheld > 0 {
        page.wrapped(
            2,
            "What is withheld can be shown later by the organisation alone, or by nobody if it was destroyed. Some \
             commitments may stand for no field at all.",
        );
    }
}

/// Each file with what was found of it, also when that is why the check failed.
pub(super) fn write_files(page: &mut Page, files: &[FileFacts]) {
    if files.is_empty() {
        return;
    }
    page.heading("Files the record names");
    for file in files {
        let sha512 = match &file.sha512 {
            Some(bytes) => format!(", SHA-512 {}", hex::encode(bytes)),
            None => String::new(),
        };
        let erased = match &file.erased {
            Some(erased) => format!("; reported as {}", by_whom(erased)),
            None => String::new(),
        };
        page.pair(
            &quote(&file.name),
            &format!(
                "{} bytes, SHA-256 {}{sha512}; {}{erased}",
                file.size,
                file.sha256,
                file.state.words()
            ),
        );
    }
}

fn write_related(page: &mut Page, record: &RecordFacts, index: u64, size: u64) {
    page.heading("What others, or the same organisation, recorded about it");
    for related in &record.related {
        let about = match related.about {
            about if about == index => String::new(),
            about => format!(" on entry {about}"),
        };
        let withdrawn = related
            .withdrawn_by
            .map_or_else(String::new, |by| format!(", WITHDRAWN by entry {by}"));
        page.pair(
            &related.relation,
            &format!(
                "entry {}{about}, by {}, registered {}: {}, record {}{withdrawn}",
                related.index,
                escape(&related.organisation),
                utc(related.registered_at),
                quote(&related.title),
                related.record_id
            ),
        );
    }
    let words = if record.related.is_empty() {
        "None is in this bundle."
    } else {
        "Each of these was checked like the record itself."
    };
    page.wrapped(
        2,
        &format!(
            "{words} The ledger says that this is complete up to entry {}; only an audit of the whole ledger can \
             show that it is.",
            size.saturating_sub(1)
        ),
    );
}

fn write_how(page: &mut Page, verdict: &Verdict, ledger: &LedgerFacts) {
    page.heading("How to check this yourself, without us");
    let policy = verdict
        .policy_sha256
        .map(|hash| hash.to_string())
        .unwrap_or_default();
    page.list(
        [
            format!("Get the trust policy of {} from a source that you trust; its SHA-256 here is {policy}.", quote(&ledger.origin)),
            "Run: witnessmark-verify bundle BUNDLE --policy POLICY (it needs no network and no account).".to_owned(),
            "Or write your own: docs/FORMAT.md has every byte; SHA-256 (RFC 6962 trees), Ed25519 and DSSE are all it needs.".to_owned(),
        ]
        .iter()
        .map(String::as_str),
    );
    page.heading("What it rests on");
    page.list(
        [
            "SHA-256 and Ed25519 are not broken, and the organisation kept its key to itself.",
            "The policy came to you by an honest way, and so did this software.",
        ]
        .into_iter(),
    );
}
