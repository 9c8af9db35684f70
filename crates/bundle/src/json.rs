//! The verdict for programs: one JSON object whose members keep their names.

mod ledger;

use serde::Serialize;
use witnessmark_record::escape_json;
use witnessmark_record::v1::ErasureKind;
use witnessmark_verifier::hex;

use crate::time::rfc3339;
use crate::verdict::{
    Check, CorrectionFacts, ErasedFacts, FileFacts, FileState, LedgerFacts, LinkFacts,
    OpeningFacts, ProtectedFacts, RecordFacts, RelatedFacts, SignerFacts, Subject, Verdict,
};

use ledger::{ContentsText, ContradictionText, ProblemText};

impl Verdict {
    /// The verdict as one JSON object. A member is null until the check that proves it has passed.
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists of them always serialise.
        escape_json(&serde_json::to_string_pretty(&Answer::of(self)).unwrap_or_default())
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    verdict: &'static str,
    subject: &'static str,
    index: Option<u64>,
    size: Option<u64>,
    origin: Option<&'a str>,
    root: Option<String>,
    organisation: Option<&'a str>,
    registered_at: Option<u64>,
    registered_at_utc: Option<String>,
    checks: Vec<CheckText<'a>>,
    failed: Option<&'static str>,
    meaning: &'static str,
    files: Vec<FileText<'a>>,
    remarks: &'a [String],
    does_not_show: &'static [&'static str],
    policy_sha256: Option<String>,
    quorum: Option<&'a str>,
    cosigned: Vec<CosignedText<'a>>,
    witnessed_s: Option<u64>,
    record: Option<RecordText<'a>>,
    contents: Option<ContentsText>,
    problems: Vec<ProblemText<'a>>,
    problem_count: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contradictions: Vec<ContradictionText<'a>>,
}

#[derive(Serialize)]
struct CheckText<'a> {
    name: &'static str,
    outcome: &'static str,
    detail: &'a str,
}

#[derive(Serialize)]
struct CosignedText<'a> {
    name: &'a str,
    time_s: u64,
}

#[derive(Serialize)]
struct RecordText<'a> {
    record_id: String,
    kind: &'static str,
    title: &'a str,
    asserted_by: &'a str,
    signed_at: Option<u64>,
    signers: Vec<SignerText<'a>>,
    fields: Vec<FieldText<'a>>,
    protected: Vec<ProtectedText<'a>>,
    disclosed: Vec<FieldText<'a>>,
    withheld: usize,
    files: Vec<FileText<'a>>,
    related: Vec<RelatedText<'a>>,
    erasures: Vec<ErasedText<'a>>,
    openings: Vec<OpeningText<'a>>,
    withdrawn_by: Option<u64>,
    corrections: Vec<CorrectionText<'a>>,
}

#[derive(Serialize)]
struct FieldText<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct ProtectedText<'a> {
    commitment: String,
    state: &'static str,
    name: Option<&'a str>,
    value: Option<&'a str>,
    erased: Option<ErasedText<'a>>,
}

#[derive(Serialize)]
struct ErasedText<'a> {
    index: u64,
    organisation: &'a str,
    validity: &'static str,
    kind: &'static str,
    digest: String,
    date: &'a str,
    authority: &'a str,
    remains: &'a str,
}

#[derive(Serialize)]
struct OpeningText<'a> {
    index: u64,
    organisation: &'a str,
    validity: &'static str,
    digests: Vec<String>,
    to: &'a str,
    when: &'a str,
    authority: &'a str,
}

#[derive(Serialize)]
struct SignerText<'a> {
    key_id: &'a str,
    role: &'static str,
    label: Option<&'a str>,
    registered_by_event: u32,
    revoked_by_event: Option<u32>,
    revoked_reason: Option<&'static str>,
    suspected_since: Option<u64>,
}

#[derive(Serialize)]
struct FileText<'a> {
    name: &'a str,
    sha256: String,
    sha512: Option<String>,
    size: u64,
    state: &'static str,
    detail: String,
    compared: bool,
    erased: Option<ErasedText<'a>>,
}

#[derive(Serialize)]
struct RelatedText<'a> {
    relation: &'a str,
    about: u64,
    steps: u32,
    links: Vec<LinkText<'a>>,
    withdrawn_by: Option<u64>,
    index: u64,
    record_id: String,
    organisation: &'a str,
    registered_at: u64,
    title: &'a str,
}

#[derive(Serialize)]
struct LinkText<'a> {
    relation: &'a str,
    about: u64,
    has_effect: bool,
}

#[derive(Serialize)]
struct CorrectionText<'a> {
    by: u64,
    on: u64,
    reason: &'a str,
    effect: &'static str,
    because: &'a [String],
    changes: Vec<ChangeText<'a>>,
}

#[derive(Serialize)]
struct ChangeText<'a> {
    path: &'a str,
    field: &'a str,
    was: Option<&'a str>,
    now: Option<&'a str>,
}

impl<'a> Answer<'a> {
    fn of(verdict: &'a Verdict) -> Self {
        let ledger: Option<&LedgerFacts> = verdict.ledger.as_ref();
        Self {
            verdict: verdict.word.as_json(),
            subject: match verdict.subject {
                Subject::Bundle => "bundle",
                Subject::Export => "export",
                Subject::Ledger => "ledger",
            },
            index: verdict.index,
            size: ledger.map(|ledger| ledger.size),
            origin: ledger.map(|ledger| ledger.origin.as_str()),
            root: ledger.map(|ledger| ledger.root.to_string()),
            organisation: verdict.organisation.as_deref(),
            registered_at: verdict.registered_at,
            registered_at_utc: verdict.registered_at.and_then(rfc3339),
            checks: verdict.checks.iter().map(CheckText::of).collect(),
            failed: verdict.failed().map(|check| check.name),
            meaning: verdict.meaning(),
            files: verdict.files.iter().map(FileText::of).collect(),
            remarks: &verdict.remarks,
            does_not_show: verdict.does_not_show(),
            policy_sha256: verdict.policy_sha256.map(|hash| hash.to_string()),
            quorum: ledger.and_then(|ledger| ledger.quorum.as_deref()),
            cosigned: ledger.map(cosigned).unwrap_or_default(),
            witnessed_s: ledger.and_then(|ledger| ledger.witnessed_s),
            record: verdict.record.as_ref().map(RecordText::of),
            contents: verdict.contents.as_ref().map(ContentsText::of),
            problems: verdict.problems.iter().map(ProblemText::of).collect(),
            problem_count: verdict.problem_count,
            contradictions: verdict
                .contradictions
                .iter()
                .map(ContradictionText::of)
                .collect(),
        }
    }
}

fn cosigned(ledger: &LedgerFacts) -> Vec<CosignedText<'_>> {
    ledger
        .cosigned
        .iter()
        .map(|(name, time_s)| CosignedText {
            name,
            time_s: *time_s,
        })
        .collect()
}

fn fields(lines: &[(String, String)]) -> Vec<FieldText<'_>> {
    lines
        .iter()
        .map(|(name, value)| FieldText { name, value })
        .collect()
}

impl<'a> CheckText<'a> {
    fn of(check: &'a Check) -> Self {
        Self {
            name: check.name,
            outcome: check.outcome.as_str(),
            detail: &check.detail,
        }
    }
}

impl<'a> RecordText<'a> {
    fn of(record: &'a RecordFacts) -> Self {
        Self {
            record_id: record.record_id.to_string(),
            kind: record.kind.schema(),
            title: &record.title,
            asserted_by: &record.asserted_by,
            signed_at: Some(record.signed_at).filter(|time| *time > 0),
            signers: record.signers.iter().map(SignerText::of).collect(),
            fields: fields(&record.lines),
            protected: record.protected.iter().map(ProtectedText::of).collect(),
            disclosed: fields(&record.disclosed),
            withheld: record.withheld,
            files: record.files.iter().map(FileText::of).collect(),
            related: record.related.iter().map(RelatedText::of).collect(),
            erasures: record.erasures.iter().map(ErasedText::of).collect(),
            openings: record.openings.iter().map(OpeningText::of).collect(),
            withdrawn_by: record.withdrawn_by,
            corrections: record.corrections.iter().map(CorrectionText::of).collect(),
        }
    }
}

impl<'a> ProtectedText<'a> {
    fn of(field: &'a ProtectedFacts) -> Self {
        let shown = field.shown.as_ref();
        Self {
            commitment: field.commitment.to_string(),
            state: match (&field.shown, &field.erased) {
                (Some(_), _) => "shown",
                (None, Some(_)) => "erased",
                (None, None) => "withheld",
            },
            name: shown.map(|(name, _)| name.as_str()),
            value: shown.map(|(_, value)| value.as_str()),
            erased: field.erased.as_ref().map(ErasedText::of),
        }
    }
}

impl<'a> ErasedText<'a> {
    fn of(erased: &'a ErasedFacts) -> Self {
        Self {
            index: erased.index,
            organisation: &erased.organisation,
            validity: erased.validity.as_str(),
            kind: match erased.kind {
                ErasureKind::ProtectedField => "protected_field",
                ErasureKind::Attachment => "attachment",
                ErasureKind::Unspecified => "",
            },
            digest: erased.digest.to_string(),
            date: &erased.date,
            authority: &erased.authority,
            remains: &erased.remains,
        }
    }
}

impl<'a> OpeningText<'a> {
    fn of(opening: &'a OpeningFacts) -> Self {
        Self {
            index: opening.index,
            organisation: &opening.organisation,
            validity: opening.validity.as_str(),
            digests: opening.digests.iter().map(ToString::to_string).collect(),
            to: &opening.to,
            when: &opening.when,
            authority: &opening.authority,
        }
    }
}

impl<'a> SignerText<'a> {
    fn of(signer: &'a SignerFacts) -> Self {
        Self {
            key_id: &signer.key_id,
            role: signer.role,
            label: signer.label.as_deref(),
            registered_by_event: signer.added_seq,
            revoked_by_event: signer.revoked.map(|(seq, _)| seq),
            revoked_reason: signer.revoked.map(|(_, reason)| reason),
            suspected_since: signer.suspected_since,
        }
    }
}

impl<'a> FileText<'a> {
    fn of(file: &'a FileFacts) -> Self {
        Self {
            name: &file.name,
            sha256: file.sha256.to_string(),
            sha512: file.sha512.as_deref().map(hex::encode),
            size: file.size,
            state: file.state.as_str(),
            detail: file.state.words(),
            compared: matches!(file.state, FileState::Matching | FileState::Different(_)),
            erased: file.erased.as_ref().map(ErasedText::of),
        }
    }
}

impl<'a> RelatedText<'a> {
    fn of(related: &'a RelatedFacts) -> Self {
        Self {
            relation: &related.relation,
            about: related.about,
            steps: related.steps,
            links: related.links.iter().map(LinkText::of).collect(),
            withdrawn_by: related.withdrawn_by,
            index: related.index,
            record_id: related.record_id.to_string(),
            organisation: &related.organisation,
            registered_at: related.registered_at,
            title: &related.title,
        }
    }
}

impl<'a> LinkText<'a> {
    fn of(link: &'a LinkFacts) -> Self {
        Self {
            relation: &link.relation,
            about: link.about,
            has_effect: link.has_effect,
        }
    }
}

impl<'a> CorrectionText<'a> {
    fn of(correction: &'a CorrectionFacts) -> Self {
        let changes = correction.changes.iter().map(|change| ChangeText {
            path: &change.path,
            field: &change.field,
            was: change.was.as_deref(),
            now: change.now.as_deref(),
        });
        Self {
            by: correction.by,
            on: correction.on,
            reason: &correction.reason,
            effect: correction.effect,
            because: &correction.because,
            changes: changes.collect(),
        }
    }
}
