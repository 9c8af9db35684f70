//! `record sign`: fill in what only the signing device knows, make the canonical bytes, sign them.

use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use serde_json::json;
use witnessmark_bundle::SignedRecord;
use witnessmark_record::{Problem, encode, v1, validate};
use witnessmark_verifier::{OrgName, Origin, PAYLOAD_TYPE_RECORD, RecordId};

use super::check::{describe, no_errors, read_draft};
use super::{files, new_thread};
use crate::cli::chain::sign_payload;
use crate::cli::device::DeviceState;
use crate::cli::key::read_key;
use crate::clock;
use crate::output::{Failure, Outcome, Output, Report, Trouble};

/// Sign drafts with a device key.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Drafts, TOML or JSON.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The device's private key file. The number of the last record is kept beside it.
    #[arg(long, value_name = "KEY")]
    key: PathBuf,
    /// Another key that signs the same records, such as a second officer's.
    #[arg(long, value_name = "KEY")]
    countersign: Vec<PathBuf>,
    /// The organisation that signs.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse)]
    org: OrgName,
    /// The ledger the record is meant for, from its policy file.
    #[arg(long, value_name = "FILE", required_unless_present = "origin")]
    policy: Option<PathBuf>,
    /// The ledger the record is meant for, by name.
    #[arg(long, value_name = "ORIGIN", conflicts_with = "policy", value_parser = Origin::parse)]
    origin: Option<Origin>,
    /// The folder for the signed files, NAME.signed.json for NAME.toml.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What the signing device adds to a record.
#[derive(Clone, Debug)]
pub(crate) struct Stamp<'a> {
    /// Who signs.
    pub(crate) org: &'a str,
    /// For which ledger.
    pub(crate) origin: &'a str,
    /// The device's clock.
    pub(crate) signed_at_ms: u64,
    /// The number of the record on this device.
    pub(crate) device_seq: u64,
    /// The record before it on this device.
    pub(crate) previous: Option<RecordId>,
}

impl Stamp<'_> {
    /// Writes it into the record.
    pub(crate) fn apply(&self, record: &mut v1::Record) {
        self.org.clone_into(&mut record.org);
        self.origin.clone_into(&mut record.origin);
        record.signed_at_ms = self.signed_at_ms;
        record.device_seq = self.device_seq;
        record.previous = self
            .previous
            .map(|id| id.as_bytes().to_vec())
            .unwrap_or_default();
    }
}

/// The signed form of a record, and its id.
pub(crate) fn sign_record(record: &v1::Record, keys: &[SigningKey]) -> (SignedRecord, RecordId) {
    let payload = encode(record);
    let signatures = sign_payload(PAYLOAD_TYPE_RECORD, &payload, keys);
    let id = RecordId::of(PAYLOAD_TYPE_RECORD, &payload);
    (
        SignedRecord {
            payload_type: PAYLOAD_TYPE_RECORD.to_owned(),
            payload,
            signatures,
        },
        id,
    )
}

/// What is wrong with a draft, as if it were signed now by somebody for some ledger.
pub(crate) fn validate_draft(mut record: v1::Record) -> Vec<Problem> {
    let stamp = Stamp {
        org: "draft",
        origin: "draft",
        signed_at_ms: clock::now_ms(),
        device_seq: 1,
        previous: None,
    };
    stamp.apply(&mut record);
    validate(&record)
}

/// Signs each draft; nothing is signed unless all of them are good.
///
/// # Errors
///
/// When a file cannot be read or written, or a draft has an error.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let origin = origin(arguments)?;
    let mut keys = vec![read_key(&arguments.key)?];
    for path in &arguments.countersign {
        keys.push(read_key(path)?);
    }
    let drafts = read_all(arguments, output)?;
    files::make_folder(&arguments.out)?;
    let mut device = DeviceState::open(&arguments.key)?;
    let mut texts = Vec::new();
    let mut signed_files = Vec::new();
    for Draft { mut record, target } in drafts {
        let stamp = Stamp {
            org: arguments.org.as_str(),
            origin: origin.as_str(),
            signed_at_ms: clock::now_ms(),
            device_seq: device.next_seq(),
            previous: device.previous().copied(),
        };
        stamp.apply(&mut record);
        no_errors(&target, validate(&record))?;
        let (signed, id) = sign_record(&record, &keys);
        device.advance(id)?;
        files::write_new_or_same(&target, signed.encode().as_bytes())?;
        texts.push(format!("signed {}\n  record id {id}", target.display()));
        signed_files.push(json!({ "file": target, "record_id": id.to_string() }));
    }
    Ok(Report::done(
        texts.join("\n"),
        json!({ "signed": signed_files }),
    ))
}

struct Draft {
    record: v1::Record,
    target: PathBuf,
}

/// The drafts, with the names of the files they become; all problems of all of them at once.
fn read_all(arguments: &Arguments, output: &Output) -> Result<Vec<Draft>, Failure> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut troubles = Vec::new();
    let mut outcome = Outcome::Refused;
    for path in &arguments.files {
        let target = target(path, &arguments.out);
        if drafts.iter().any(|draft| draft.target == target) {
            troubles.push(
                Trouble::new(
                    "FILE_EXISTS",
                    path.display(),
                    "another draft has the same name",
                )
                .fix("rename one of them, or sign them into different folders"),
            );
            continue;
        }
        match read_one(path, &target, output) {
            Ok(record) => drafts.push(Draft { record, target }),
            Err(failure) => {
                outcome = outcome.max(failure.outcome);
                troubles.extend(failure.troubles);
            }
        }
    }
    Failure::unless_empty(outcome, troubles)?;
    Ok(drafts)
}

fn read_one(path: &Path, target: &Path, output: &Output) -> Result<v1::Record, Failure> {
    if target.exists() {
        return Err(Failure::refused(
            Trouble::new("ALREADY_SIGNED", path.display(), format!("{} is already there", target.display()))
                .fix("submit that file; to sign a changed draft as another record, give the draft another name"),
        ));
    }
    let (mut record, _) = read_draft(path, &files::read_text(path)?)?;
    if record.thread_id.is_empty() {
        record.thread_id = new_thread()?.to_vec();
    }
    for remark in no_errors(path, validate_draft(record.clone()))? {
        output.warn(format!("{}: {}", path.display(), describe(&remark)));
    }
    Ok(record)
}

fn target(path: &Path, folder: &Path) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(".signed.json");
    folder.join(name)
}

/// The ledger's name: as given, or the only log of the policy.
fn origin(arguments: &Arguments) -> Result<Origin, Failure> {
    if let Some(origin) = &arguments.origin {
        return Ok(origin.clone());
    }
    let path = arguments.policy.as_deref().unwrap_or_else(|| Path::new(""));
    let policy = files::read_policy(path)?;
    match policy.logs() {
        [log] => Ok(log.name().clone()),
        logs => Err(Failure::usage(
            Trouble::new(
                "USAGE",
                path.display(),
                format!("the policy names {} logs", logs.len()),
            )
            .fix("say which ledger is meant with --origin"),
        )),
    }
}
