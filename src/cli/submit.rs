//! `submit`: send signed files to a ledger and verify every answer.

mod patience;
mod send;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use witnessmark_bundle::SignedRecord;
use witnessmark_client::{Client, LoggedEntry, SignedPayload};
use witnessmark_record::Record;
use witnessmark_verifier::{KeyEvent, KeyId, OrgName, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD};

use super::carried::Carried;
use super::connect::{client_trouble, refused, unconnected};
use super::org::Request;
use super::{LedgerOptions, carried, files, stop_signal, when, witnessed};
use crate::output::{Failure, Outcome, Output, Report, Trouble, plain};
use send::{Fate, Item, Link, Stop, unanswered};

/// Send signed files to a ledger.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark submit signed/*.json --to http://127.0.0.1:7480 --policy trust.policy

Every answer is verified before it is shown: the entry is what was sent, and it is in a checkpoint \
that satisfies the policy. Sending a file again changes nothing and answers with the place it \
already has. When the link drops or the ledger is busy, what has no answer is sent again by itself; \
the command gives up after --retry-for without a single answer, lists what has none, and ends with \
2. The same command then continues. Whatever the ledger refuses for good is not sent again.")]
pub(super) struct Arguments {
    /// Signed records and key events, or batches of them, in the order in which they are to be logged.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The ledger's address.
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    ledger: LedgerOptions,
    /// For how long without an answer to try again, such as 90s, 5m, 2h; 0 is to try once.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = when::parse_length)]
    retry_for: Duration,
    /// How long to wait for one answer before the link counts as dead.
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = answer_within)]
    answer_within: Duration,
    /// When a record counts as submitted: once it is published, or once the quorum of the ledger's witnesses has cosigned it. Without
    /// this it is witnessed if the policy asks for witnesses, and else published.
    #[arg(long, value_name = "STATE")]
    wait: Option<Wait>,
}

/// When a submission is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Wait {
    /// It is in a published checkpoint.
    Published,
    /// It is in a checkpoint that the ledger's witnesses have cosigned.
    Witnessed,
}

fn answer_within(text: &str) -> Result<Duration, String> {
    match when::parse_length(text)? {
        Duration::ZERO => Err("an answer needs some time; give 1s or more".to_owned()),
        length => Ok(length),
    }
}

/// A file that was logged, now or before.
#[derive(Debug)]
pub(crate) struct Logged {
    file: String,
    entry: LoggedEntry,
    /// The keys whose signatures were sent, and are not in the entry because it was logged before without them.
    left_out: Vec<KeyId>,
}

impl Logged {
    /// For people.
    pub(crate) fn to_line(&self, what: &str) -> String {
        let Self { file, entry, .. } = self;
        let before = if entry.already_logged {
            "already logged"
        } else {
            "logged"
        };
        let name = if file.is_empty() { what } else { file.as_str() };
        format!(
            "{name}: {before} at index {}, proved in the checkpoint of size {}\n  record id {}\n  {}",
            entry.index.get(),
            entry.checkpoint.head().size.get(),
            entry.record_id(),
            witnessed::words(&entry.checkpoint),
        )
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> Value {
        let Self {
            file,
            entry,
            left_out,
        } = self;
        let left_out: Vec<String> = left_out.iter().map(KeyId::to_string).collect();
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
        let mut json = json!({
            "file": file,
            "index": entry.index.get(),
            "record_id": entry.record_id().to_string(),
            "organisation": entry.entry.org.as_ref().map(OrgName::as_str),
            "registered_at": entry.entry.registered_at,
            "already_logged": entry.already_logged,
            "size": entry.checkpoint.head().size.get(),
            "origin": entry.checkpoint.origin().as_str(),
            "warnings": warnings,
            "signatures_left_out": left_out,
        });
        witnessed::add(&mut json, &entry.checkpoint);
        json
    }

    /// What was answered to a file.
    fn of(file: String, sent: &SignedPayload, entry: LoggedEntry) -> Self {
        let there = &entry.entry.signatures;
        let keys = sent.signatures.iter().map(|signature| signature.key_id);
        let left_out = keys.filter(|key| !there.iter().any(|it| it.key_id == *key));
        Self {
            left_out: left_out.collect(),
            file,
            entry,
        }
    }

    /// What the ledger, or a look at its answer, says besides.
    fn warn(&self, output: &Output) {
        for warning in &self.entry.warnings {
            output.warn(format!(
                "{}: warning: {}: {} [{}]",
                self.file, warning.path, warning.description, warning.code
            ));
        }
        for key in &self.left_out {
            output.warn(format!(
                "{}: warning: it was logged before without the signature of key {key}, and an entry never changes: \
                 countersign before you submit [SIGNATURE_LEFT_OUT]",
                self.file
            ));
        }
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
/// When a file, the policy or the address cannot be used; nothing is sent then.
pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let mut cargo = carried::read(&arguments.files)?;
    let damage = cargo.failure();
    let mut items = prepare(cargo.items)?;
    let ledger = &arguments.ledger;
    let client = unconnected(&arguments.to, &ledger.policy, ledger.memory()).await?;
    let client = waiting(client, arguments.wait)?;
    let bar = output.progress(u64::try_from(items.len()).unwrap_or(u64::MAX), "submitting");
    let mut link = Link::new(
        client,
        arguments.retry_for,
        arguments.answer_within,
        output,
        bar.clone(),
    );
    let stop = stop_signal()?;
    let ended = tokio::select! {
        ended = link.send(&mut items) => ended,
        () = stop => Err(Stop::Link(interrupted())),
    };
    bar.finish_and_clear();
    let unanswered = ended
        .err()
        .and_then(|stop| unanswered(&items, stop, &arguments.to));
    let total = items.len();
    let mut logged = Vec::new();
    let mut refused = Refused::default();
    if let Some(damage) = damage {
        refused.extend(damage);
    }
    for Item {
        file,
        payload,
        fate,
    } in items
    {
        match fate {
            Fate::Logged(entry) => logged.push(Logged::of(file, &payload, *entry)),
            Fate::Refused(failure) => refused.add(&file, failure),
            Fate::Waiting { .. } => {}
        }
    }
    if let Some(failure) = unanswered {
        refused.extend(failure);
    }
    for logged in &logged {
        logged.warn(output);
    }
    Ok(report(&logged, (total, link.retries), refused))
}

fn waiting(client: Client, wait: Option<Wait>) -> Result<Client, Failure> {
    match wait {
        Some(Wait::Witnessed) => Ok(client.waiting_for_witnesses()),
        Some(Wait::Published) if client.asks_for_witnesses() => {
            let message = "the policy asks for witnesses, and nothing is verified by it before they have cosigned";
            let fix = "leave --wait out, or give a policy with quorum none";
            Err(Failure::usage(
                Trouble::new("USAGE", "--wait published", message).fix(fix),
            ))
        }
        None | Some(Wait::Published) => Ok(client),
    }
}

fn interrupted() -> Failure {
    let message = "stopped by a signal before everything was answered";
    Failure::cannot_tell(Trouble::new("INTERRUPTED", "", message))
}

fn report(logged: &[Logged], (total, retries): (usize, u32), refused: Refused) -> Report {
    let mut lines: Vec<String> = logged.iter().map(|one| one.to_line("")).collect();
    let Refused { outcome, troubles } = refused;
    let outcome = outcome.unwrap_or(Outcome::Done);
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
            Outcome::Misbehaviour => "misbehaviour_proved",
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
        "retries": retries,
        "errors": troubles.iter().map(Trouble::to_json).collect::<Vec<_>>(),
    });
    Report {
        outcome,
        text: plain(&lines.join("\n")),
        json,
        troubles,
    }
}

/// What is to be sent: everything that the files carry, or every problem of all of them.
fn prepare(cargo: Vec<Carried>) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    let mut troubles = Vec::new();
    for Carried { place, signed } in cargo {
        match to_payload(&place, signed) {
            Ok(payload) => items.push(Item::new(place, payload)),
            Err(failure) => troubles.extend(failure.troubles),
        }
    }
    Failure::unless_empty(Outcome::Refused, troubles)?;
    Ok(items)
}

/// What was not logged, and why.
#[derive(Default)]
struct Refused {
    troubles: Vec<Trouble>,
    outcome: Option<Outcome>,
}

impl Refused {
    /// Adds what is wrong with a file; its troubles name fields or nothing.
    fn add(&mut self, file: &str, mut failure: Failure) {
        for trouble in &mut failure.troubles {
            trouble.place = match trouble.place.as_str() {
                "" => file.to_owned(),
                field => format!("{file}: {field}"),
            };
        }
        self.extend(failure);
    }

    fn extend(&mut self, failure: Failure) {
        self.outcome = self.outcome.max(Some(failure.outcome));
        self.troubles.extend(failure.troubles);
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
        left_out: Vec::new(),
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
    if let Ok(request) = Request::parse(bytes) {
        return Ok(request.signed);
    }
    SignedRecord::parse(bytes).map_err(|error| {
        Failure::refused(Trouble::new("NOT_SIGNED", path.display(), error).fix(
            "a signed file is what `witnessmark record sign` or `witnessmark org ... --out` writes",
        ))
    })
}

/// What is sent: the payload with the organisation that it names itself.
///
/// # Errors
///
/// When the payload is neither a record nor a key event.
pub(super) fn to_payload(place: &str, signed: SignedRecord) -> Result<SignedPayload, Failure> {
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
