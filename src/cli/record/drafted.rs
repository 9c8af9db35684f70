//! Drafts that other commands write ready to be signed: that something was erased, and that something was opened.

use std::path::Path;

use serde_json::{Value, json};
use witnessmark_record::{Level, RecordKind, rfc3339, v1};
use witnessmark_verifier::{Hash, RecordId};

use super::check::{is_json, no_errors, read_draft, record_of};
use super::{dashed, files, new_thread, validate_draft};
use crate::clock;
use crate::output::{Failure, Trouble};

/// Who makes the claim of the draft.
#[derive(Clone, Debug, Default, clap::Args)]
pub(in crate::cli) struct ByOptions {
    /// Who makes the claim in the draft; the organisation of the vault when left out.
    #[arg(long, value_name = "NAME", requires = "draft")]
    asserted_by: Option<String>,
    /// What that party is: state, igo, ngo, media, company, court, academic or other.
    #[arg(long, value_name = "TYPE", default_value = "other", requires = "draft")]
    asserter_type: String,
    /// When it happened (EDTF, such as 2026-03-01); today by this machine's clock, in UTC, when left out.
    #[arg(long, value_name = "DATE", requires = "draft")]
    date: Option<String>,
}

/// A draft, before it is written.
#[derive(Debug)]
pub(in crate::cli) struct Drafted {
    kind: RecordKind,
    value: Value,
    record: v1::Record,
    /// What an older draft under the same name must name as well.
    digests: Vec<Hash>,
    has_date: bool,
}

/// What a draft is about: protected fields of one record.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Subject<'a> {
    /// Who makes the claim, and when it happened.
    pub(in crate::cli) by: &'a ByOptions,
    /// The organisation of the record.
    pub(in crate::cli) org: &'a str,
    /// The record.
    pub(in crate::cli) of: &'a RecordId,
    /// The digests of the fields.
    pub(in crate::cli) digests: &'a [Hash],
}

/// The draft of an erasure of protected fields.
///
/// # Errors
///
/// When it would not be a good record, or no random number can be drawn.
pub(in crate::cli) fn erasure(
    path: &Path,
    subject: Subject<'_>,
    [authority, remains]: [&str; 2],
) -> Result<Drafted, Failure> {
    let Subject {
        by, of, digests, ..
    } = subject;
    let targets: Vec<Value> = digests
        .iter()
        .map(|digest| {
            json!({ "kind": "protected_field", "digest": digest.to_string(), "record": of.to_string() })
        })
        .collect();
    let title = format!(
        "Erasure of {} protected field(s) of a record",
        digests.len()
    );
    let mut value = envelope(RecordKind::Erasure, subject, &title, &new_thread()?);
    put(&mut value, "marking", json!({ "tlp": "clear" }));
    let body = json!({
        "targets": targets,
        "authority": authority,
        "date": by.date(),
        "remains": remains,
    });
    put(&mut value, RecordKind::Erasure.field(), body);
    Drafted::new(path, RecordKind::Erasure, value, by, digests)
}

/// To whom and on what grounds protected fields are opened.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Opening<'a> {
    /// The name of the recipient, and the word for its type.
    pub(in crate::cli) to: [&'a str; 2],
    /// By what authority.
    pub(in crate::cli) authority: &'a str,
    /// On what terms.
    pub(in crate::cli) terms: Option<&'a str>,
}

/// The draft of a disclosure of protected fields, on the subject `thread`.
///
/// # Errors
///
/// When it would not be a good record.
pub(in crate::cli) fn disclosure(
    path: &Path,
    subject: Subject<'_>,
    thread: &[u8; 16],
    opening: Opening<'_>,
) -> Result<Drafted, Failure> {
    let Subject {
        by, of, digests, ..
    } = subject;
    let title = format!(
        "Disclosure of {} protected field(s) of a record",
        digests.len()
    );
    let mut value = envelope(RecordKind::Disclosure, subject, &title, thread);
    put(&mut value, "marking", json!({ "tlp": "amber" }));
    let digest_texts: Vec<String> = digests.iter().map(ToString::to_string).collect();
    let [name, party_type] = opening.to;
    let mut body = json!({
        "to": { "name_as_written": name, "type": party_type },
        "fields": [{ "record": of.to_string(), "digests": digest_texts }],
        "when": by.date(),
        "authority": opening.authority,
    });
    if let Some(terms) = opening.terms {
        put(&mut body, "terms", json!(terms));
    }
    put(&mut value, RecordKind::Disclosure.field(), body);
    Drafted::new(path, RecordKind::Disclosure, value, by, digests)
}

impl ByOptions {
    fn date(&self) -> String {
        let today = || {
            rfc3339(clock::now_ms())
                .split('T')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        self.date.clone().unwrap_or_else(today)
    }
}

fn envelope(kind: RecordKind, subject: Subject<'_>, title: &str, thread: &[u8; 16]) -> Value {
    let Subject { by, org, .. } = subject;
    let name = by.asserted_by.as_deref().unwrap_or(org);
    json!({
        "schema": kind.schema(),
        "thread_id": dashed(thread),
        "titles": [{ "lang": "en", "text": title }],
        "asserted_by": { "name": name, "type": by.asserter_type },
        "basis": "own_observation",
        "language": "en",
    })
}

fn put(value: &mut Value, name: &str, member: Value) {
    if let Value::Object(members) = value {
        members.insert(name.to_owned(), member);
    }
}

impl Drafted {
    fn new(
        path: &Path,
        kind: RecordKind,
        value: Value,
        by: &ByOptions,
        digests: &[Hash],
    ) -> Result<Self, Failure> {
        let record = record_of(path, &value)?;
        no_errors(path, validate_draft(record.clone()))?;
        Ok(Self {
            kind,
            value,
            record,
            digests: digests.to_vec(),
            has_date: by.date.is_some(),
        })
    }

    /// Writes the draft; it is on disk when this returns. One that is there already and says the same stays, so that a
    /// command that broke off can be repeated.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or another file has that name.
    pub(in crate::cli) fn write(&self, path: &Path) -> Result<(), Failure> {
        if path.symlink_metadata().is_ok() {
            let there = read_draft(path, &files::read_text(path)?)?;
            let problems = validate_draft(there.clone());
            let is_good = !problems.iter().any(|it| it.level == Level::Error);
            if is_good && self.is_said_by(&there) {
                return Ok(());
            }
            return Err(Failure::refused(
                Trouble::new(
                    "FILE_EXISTS",
                    path.display(),
                    "is another draft, and is never overwritten",
                )
                .fix("sign and submit that one first, or give another name"),
            ));
        }
        files::write_replacing(path, self.text(path).as_bytes())
    }

    /// Whether a draft names every digest, and the same grounds.
    fn is_said_by(&self, there: &v1::Record) -> bool {
        use v1::record::Body;
        let all_in = |has: &dyn Fn(&[u8]) -> bool| self.digests.iter().all(|it| has(it.as_bytes()));
        match (&self.record.body, &there.body) {
            (Some(Body::Erasure(new)), Some(Body::Erasure(old))) => {
                let of = new.targets.first().map(|it| &it.record);
                let names = |digest: &[u8]| {
                    let mut targets = old.targets.iter();
                    targets.any(|it| it.digest == digest && Some(&it.record) == of)
                };
                all_in(&names)
                    && new.authority == old.authority
                    && new.remains == old.remains
                    && (!self.has_date || new.date == old.date)
            }
            (Some(Body::Disclosure(new)), Some(Body::Disclosure(old))) => {
                let of = new.fields.first().map(|it| &it.record);
                let names = |digest: &[u8]| {
                    let mut fields = old.fields.iter();
                    fields
                        .any(|it| Some(&it.record) == of && it.digests.iter().any(|d| d == digest))
                };
                all_in(&names)
                    && new.to == old.to
                    && new.authority == old.authority
                    && new.terms == old.terms
                    && (!self.has_date || new.when == old.when)
            }
            _ => false,
        }
    }

    fn text(&self, path: &Path) -> String {
        if is_json(path) {
            return format!("{:#}\n", self.value);
        }
        // The members are texts, lists and tables of texts, which TOML has.
        let body = toml::to_string(&self.value).unwrap_or_default();
        format!(
            "# A record of kind {}, ready to be signed. Nobody is named in it who was not named to the command.\n\
             # Then: witnessmark record sign FILE --key KEY --org ORG --policy POLICY --out DIR\n\n{body}",
            self.kind.schema()
        )
    }
}

/// The subject of a record, when it names one.
pub(in crate::cli) fn thread_of(record: &v1::Record) -> Result<[u8; 16], Failure> {
    <[u8; 16]>::try_from(record.thread_id.as_slice()).map_or_else(|_| new_thread(), Ok)
}
