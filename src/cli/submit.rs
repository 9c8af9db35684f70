//! `submit`: send signed files to a ledger and verify every answer.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use witnessmark_bundle::SignedRecord;
use witnessmark_client::{Client, LoggedEntry, SignedPayload};
use witnessmark_record::Record;
use witnessmark_verifier::{KeyEvent, OrgName, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD};

use super::connect::{client_trouble, connect, refused};
use super::{LedgerOptions, files};
use crate::output::{Failure, Outcome, Output, Report, Trouble, plain};

/// Send signed files to a ledger.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark submit signed/*.json --to http://127.0.0.1:7480 --policy trust.policy

Every answer is verified before it is shown: the entry is what was sent, and it is in a checkpoint \
that satisfies the policy. Sending a file again changes nothing and answers with the place it \
already has, so after a broken connection simply send everything once more.")]
pub(super) struct Arguments {
    /// Signed records and key events, in the order in which they are to be logged.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The ledger's address.
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    ledger: LedgerOptions,
}

/// A file that was logged, now or before.
#[derive(Debug)]
pub(crate) struct Logged {
    file: String,
    entry: LoggedEntry,
}

impl Logged {
    /// For people.
    pub(crate) fn to_line(&self, what: &str) -> String {
        let Self { file, entry } = self;
        let before = if entry.already_logged {
            "already logged"
        } else {
            "logged"
        };
        let name = if file.is_empty() { what } else { file.as_str() };
        format!(
            "{name}: {before} at index {}, proved in the checkpoint of size {}\n  record id {}",
            entry.index.get(),
            entry.checkpoint.head().size.get(),
            entry.record_id(),
        )
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> Value {
        let Self { file, entry } = self;
        let warnings: Vec<Value> = entry
            .warnings
            .iter()
            .map(|warning| {
                json!({
                    "code": warning.code,
                    "path": warning.path,
                    "description": warning.description,
                })
            })
            .collect();
        json!({
            "file": file,
            "index": entry.index.get(),
            "record_id": entry.record_id().to_string(),
            "organisation": entry.entry.org.as_ref().map(OrgName::as_str),
            "registered_at": entry.entry.registered_at,
            "already_logged": entry.already_logged,
            "size": entry.checkpoint.head().size.get(),
            "origin": entry.checkpoint.origin().as_str(),
            "warnings": warnings,
        })
    }

    /// The entry, proved.
    pub(crate) const fn entry(&self) -> &LoggedEntry {
        &self.entry
    }
}

/// Sends the files.
///
/// # Errors
///
/// When a file cannot be read (nothing is sent then), or the connection fails before any answer.
pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let signed = read_all(&arguments.files)?;
    let ledger = &arguments.ledger;
    let client = connect(&arguments.to, &ledger.policy, ledger.remember.as_deref()).await?;
    let total = signed.len();
    let (logged, failure) = send_all(&client, signed, output).await;
    for logged in &logged {
        for warning in &logged.entry.warnings {
            output.warn(format!(
                "{}: warning: {}: {} [{}]",
                logged.file, warning.path, warning.description, warning.code
            ));
        }
    }
    Ok(report(&logged, total, failure))
}

fn report(logged: &[Logged], total: usize, failure: Option<Failure>) -> Report {
    let mut lines: Vec<String> = logged.iter().map(|one| one.to_line("")).collect();
    let (outcome, troubles) = failure.map_or((Outcome::Done, Vec::new()), |failure| {
        (failure.outcome, failure.troubles)
    });
    let already = logged.iter().filter(|one| one.entry.already_logged).count();
    lines.push(format!(
        "{} logged now, {already} already there, {} not logged",
        logged.len().saturating_sub(already),
        total.saturating_sub(logged.len()),
    ));
    let submitted: Vec<Value> = logged.iter().map(Logged::to_json).collect();
    let only = match submitted.as_slice() {
        [only] => only.clone(),
        _ => Value::Null,
    };
    let last = logged.last().map(|one| one.entry.checkpoint.clone());
    let checks: Vec<Value> = logged
        .iter()
        .map(|one| json!({ "name": format!("inclusion {}", one.file), "outcome": "passed" }))
        .collect();
    let json = json!({
        "verdict": match outcome {
            Outcome::Done => "verified",
            Outcome::CannotTell => "cannot_tell",
            Outcome::Refused | Outcome::Usage => "not_verified",
        },
        "index": only.get("index"),
        "size": last.as_ref().map(|checkpoint| checkpoint.head().size.get()),
        "origin": last.as_ref().map(|checkpoint| checkpoint.origin().as_str()),
        "organisation": only.get("organisation"),
        "registered_at": only.get("registered_at"),
        "checks": checks,
        "failed": troubles.first().map(|trouble| trouble.reason.as_str()),
        "submitted": submitted,
        "errors": troubles.iter().map(Trouble::to_json).collect::<Vec<_>>(),
    });
    Report {
        outcome,
        text: plain(&lines.join("\n")),
        json,
        troubles,
    }
}

/// A file and what is in it.
struct Signed {
    file: String,
    payload: SignedPayload,
}

/// All files, or every problem of all of them.
fn read_all(paths: &[PathBuf]) -> Result<Vec<Signed>, Failure> {
    let mut signed = Vec::new();
    let mut troubles = Vec::new();
    let mut outcome = Outcome::Refused;
    for path in paths {
        match read_signed(path).and_then(|record| to_payload(&path.display().to_string(), record)) {
            Ok(payload) => signed.push(Signed {
                file: path.display().to_string(),
                payload,
            }),
            Err(failure) => {
                outcome = outcome.max(failure.outcome);
                troubles.extend(failure.troubles);
            }
        }
    }
    Failure::unless_empty(outcome, troubles)?;
    Ok(signed)
}

/// Sends records in streams and key events one by one, in the order given.
async fn send_all(
    client: &Client,
    signed: Vec<Signed>,
    output: &Output,
) -> (Vec<Logged>, Option<Failure>) {
    let bar = output.progress(
        u64::try_from(signed.len()).unwrap_or(u64::MAX),
        "submitting",
    );
    let mut sent = Sent::default();
    let mut waiting = Vec::new();
    for one in signed {
        if one.payload.payload_type != PAYLOAD_TYPE_KEY_EVENT {
            waiting.push(one);
            continue;
        }
        let batch = std::mem::take(&mut waiting);
        if !send_batch(client, batch, &mut sent, &bar).await {
            return sent.end();
        }
        let answer = client.submit_key_event(one.payload).await;
        bar.inc(1);
        match answer {
            Ok(entry) => sent.logged.push(Logged {
                file: one.file,
                entry,
            }),
            Err(error) => {
                // Later files may depend on the event.
                sent.fail(&one.file, client_trouble(error));
                return sent.end();
            }
        }
    }
    send_batch(client, waiting, &mut sent, &bar).await;
    bar.finish_and_clear();
    sent.end()
}

/// What has become of the files so far.
#[derive(Default)]
struct Sent {
    logged: Vec<Logged>,
    troubles: Vec<Trouble>,
    outcome: Option<Outcome>,
}

impl Sent {
    fn fail(&mut self, file: &str, failure: Failure) {
        self.outcome = self.outcome.max(Some(failure.outcome));
        for mut trouble in failure.troubles {
            if !trouble.place.starts_with(file) {
                trouble.place = format!(
                    "{file}{}{}",
                    if trouble.place.is_empty() { "" } else { ": " },
                    trouble.place
                );
            }
            self.troubles.push(trouble);
        }
    }

    fn end(self) -> (Vec<Logged>, Option<Failure>) {
        let Self {
            logged,
            troubles,
            outcome,
        } = self;
        (logged, outcome.map(|outcome| Failure { outcome, troubles }))
    }
}

/// Sends records over one stream. `false`: the connection is gone.
async fn send_batch(
    client: &Client,
    batch: Vec<Signed>,
    sent: &mut Sent,
    bar: &indicatif::ProgressBar,
) -> bool {
    if batch.is_empty() {
        return true;
    }
    let (files, payloads): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|one| (one.file, one.payload)).unzip();
    let mut files = files.into_iter();
    let mut answers = match client.submit_many(payloads).await {
        Ok(answers) => answers,
        Err(error) => {
            sent.fail(&files.next().unwrap_or_default(), client_trouble(error));
            return false;
        }
    };
    loop {
        match answers.next().await {
            Ok(None) => return true,
            Ok(Some(answer)) => {
                let file = files.next().unwrap_or_default();
                bar.inc(1);
                match answer.result {
                    Ok(entry) => sent.logged.push(Logged { file, entry }),
                    Err(refusal) => sent.fail(&file, refused("", &refusal)),
                }
            }
            Err(error) => {
                sent.fail(&files.next().unwrap_or_default(), client_trouble(error));
                for file in files {
                    let trouble = Trouble::new("UNKNOWN", &file, "there was no answer for it")
                        .fix("submit it again: what was logged is recognised");
                    sent.fail(&file, Failure::cannot_tell(trouble));
                }
                return false;
            }
        }
    }
}

/// Sends records over one stream; every answer is verified.
///
/// # Errors
///
/// The first record that is not logged, or the connection.
pub(crate) async fn send_records(
    client: &Client,
    records: Vec<SignedRecord>,
) -> Result<Vec<LoggedEntry>, Failure> {
    let payloads: Vec<SignedPayload> = records
        .into_iter()
        .map(|record| to_payload("", record))
        .collect::<Result<_, _>>()?;
    let mut answers = client.submit_many(payloads).await.map_err(client_trouble)?;
    let mut logged = Vec::new();
    while let Some(answer) = answers.next().await.map_err(client_trouble)? {
        logged.push(answer.result.map_err(|refusal| refused("", &refusal))?);
    }
    Ok(logged)
}

/// Sends one key event.
///
/// # Errors
///
/// When the ledger refuses it, or its answer does not verify.
pub(crate) async fn send_event(client: &Client, event: SignedRecord) -> Result<Logged, Failure> {
    let payload = to_payload("", event)?;
    let entry = client
        .submit_key_event(payload)
        .await
        .map_err(client_trouble)?;
    Ok(Logged {
        file: String::new(),
        entry,
    })
}

/// Reads a signed file.
///
/// # Errors
///
/// When it cannot be read or is not one.
pub(crate) fn read_signed(path: &Path) -> Result<SignedRecord, Failure> {
    parse_signed(path, &files::read_bytes(path, files::TEXT_BYTES_MAX)?)
}

/// Parses a signed file.
///
/// # Errors
///
/// When it is not one.
pub(super) fn parse_signed(path: &Path, bytes: &[u8]) -> Result<SignedRecord, Failure> {
    SignedRecord::parse(bytes).map_err(|error| {
        Failure::refused(Trouble::new("NOT_SIGNED", path.display(), error).fix(
            "a signed file is what `witnessmark record sign` or `witnessmark org ... --out` writes",
        ))
    })
}

/// What is sent: the payload with the organisation that it names itself.
fn to_payload(place: &str, signed: SignedRecord) -> Result<SignedPayload, Failure> {
    let SignedRecord {
        payload_type,
        payload,
        signatures,
    } = signed;
    let org = match payload_type.as_str() {
        PAYLOAD_TYPE_RECORD => Record::decode(&payload)
            .map_err(|error| error.to_string())
            .and_then(|record| OrgName::parse(record.org()).map_err(|error| error.to_string())),
        PAYLOAD_TYPE_KEY_EVENT => KeyEvent::parse(&payload)
            .map(|event| event.org)
            .map_err(|error| error.to_string()),
        other => Err(format!(
            "`{other}` is not a payload type that a ledger logs"
        )),
    };
    let org = org.map_err(|message| {
        Failure::refused(
            Trouble::new("PAYLOAD_MALFORMED", place, message)
                .fix("sign the draft again with `witnessmark record sign`"),
        )
    })?;
    Ok(SignedPayload {
        org,
        payload_type,
        payload,
        signatures,
    })
}
