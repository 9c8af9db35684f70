//! `record sign`: fill in what only the signing device knows, make the canonical bytes, sign them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;
use witnessmark_bundle::SignedRecord;
use witnessmark_record::{Problem, encode, v1, validate};
use witnessmark_verifier::{
    Note, OrgName, Origin, PAYLOAD_TYPE_RECORD, RecordId, VerifiedCheckpoint, hex,
};

use super::check::{describe, no_errors, read_draft};
use super::path::FieldPath;
use super::protect::{Plan, Protected};
use super::{files, new_thread};
use crate::cli::chain::sign_payload;
use crate::cli::device::DeviceState;
use crate::cli::key::Unlock;
use crate::cli::vault::{UseOptions, VaultFile, vault_failure};
use crate::clock;
use crate::output::{Failure, Outcome, Output, Report, Trouble, plain};
use crate::signer::{Key, KeyName};
use crate::vault::HeldRecord;

/// Sign drafts with a device key.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Protected fields:
  witnessmark vault new --out team.vault
  witnessmark record sign wreck.toml --key device.key --org field-team --policy trust.policy \\
      --out signed --vault team.vault --protect place.detail,wreckage_finding.exhibit_number

Only salted digests of them go into the record. `witnessmark prove --show` shows one of them later.
Without the vault nobody ever can: keep copies of it.

A lower bound on the time, from a checkpoint that was fetched before going into the field:
  witnessmark checkpoint --from http://127.0.0.1:7480 --policy trust.policy --remember seen.checkpoint
  witnessmark record sign wreck.toml --key device.key --org field-team --policy trust.policy \\
      --out signed --seen seen.checkpoint")]
pub(in crate::cli) struct Arguments {
    /// Drafts, TOML or JSON.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The device's private key. The number of its last record is kept beside a key file, in NAME.state.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser())]
    key: KeyName,
    /// Keep the number of the device's last record in this file; needed when the key is not in a file.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Another key that signs the same records, such as a second officer's.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser())]
    countersign: Vec<KeyName>,
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
    /// Protect these fields of each draft: only salted digests of them are signed. Needs --vault.
    #[arg(
        long,
        value_name = "PATH",
        value_delimiter = ',',
        requires = "vault",
        value_parser = parse_path
    )]
    protect: Vec<FieldPath>,
    /// Protect every name, address and identifier of a private person, wherever they stand in the drafts. A private person is one
    /// that is marked neither `public_official` nor `publicly_listed`. Needs --vault.
    #[arg(long, requires = "vault")]
    protect_persons: bool,
    /// Add this many digests that stand for nothing, so that nobody can count the protected fields.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "vault")]
    decoys: u16,
    /// The newest checkpoint that this device has, as `--remember` writes it: the record says that it was signed after.
    #[arg(long, value_name = "FILE", conflicts_with = "origin")]
    seen: Option<PathBuf>,
    #[command(flatten)]
    vault: UseOptions,
    #[command(flatten)]
    unlock: Unlock,
}

fn parse_path(text: &str) -> Result<FieldPath, String> {
    text.parse()
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
    /// The newest checkpoint that the device has.
    pub(crate) seen: Option<&'a v1::CheckpointSeen>,
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
        record.seen = self.seen.cloned();
    }
}

/// The signed form of a record, and its id.
///
/// # Errors
///
/// When a key gives no signature.
pub(crate) fn sign_record(
    record: &v1::Record,
    keys: &[Key],
) -> Result<(SignedRecord, RecordId), Failure> {
    let payload = encode(record);
    let signatures = sign_payload(PAYLOAD_TYPE_RECORD, &payload, keys)?;
    let id = RecordId::of(PAYLOAD_TYPE_RECORD, &payload);
    let signed = SignedRecord {
        payload_type: PAYLOAD_TYPE_RECORD.to_owned(),
        payload,
        signatures,
    };
    Ok((signed, id))
}

/// What is wrong with a draft, as if it were signed now by somebody for some ledger.
pub(crate) fn validate_draft(mut record: v1::Record) -> Vec<Problem> {
    let stamp = Stamp {
        org: "draft",
        origin: "draft",
        signed_at_ms: clock::now_ms(),
        device_seq: 1,
        previous: None,
        seen: None,
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
    let seen = seen(arguments)?;
    let origin = origin(arguments, seen.as_ref())?;
    let seen = seen.map(|checkpoint| in_record(&checkpoint));
    let plan = plan(arguments)?;
    let mut keys = vec![arguments.unlock.open(&arguments.key)?];
    for name in &arguments.countersign {
        keys.push(arguments.unlock.open(name)?);
    }
    let drafts = read_all(arguments, plan.as_ref(), output)?;
    let mut vault = open_vault(arguments)?;
    files::make_folder(&arguments.out)?;
    let mut device = device_state(&arguments.key, arguments.state.as_deref())?;
    let who = Signer {
        org: &arguments.org,
        origin: &origin,
        keys: &keys,
        seen: seen.as_ref(),
    };
    let mut signed = who.sign_all(drafts, &device)?;
    // What opens the fields is on disk before there is a record that needs it.
    if let Some(file) = &mut vault {
        for one in &mut signed {
            if let Some(held) = one.held.take() {
                file.vault.insert(one.id, held);
            }
        }
        file.save()?;
    }
    let mut texts = Vec::new();
    let mut signed_files = Vec::new();
    let bar = output.progress(u64::try_from(signed.len()).unwrap_or(0), "writing");
    for one in signed {
        bar.inc(1);
        device.advance(one.id)?;
        files::write_new_or_same(&one.target, one.file.encode().as_bytes())?;
        let mut text = format!("signed {}\n  record id {}", one.target.display(), one.id);
        if plan.is_some() {
            let names = match one.protected.as_slice() {
                [] => "nothing".to_owned(),
                names => names.join(", "),
            };
            text = format!("{text}\n  protected: {}", plain(&names));
        }
        texts.push(text);
        let id = one.id.to_string();
        signed_files
            .push(json!({ "file": one.target, "record_id": id, "protected": one.protected }));
    }
    bar.finish_and_clear();
    if let Some(path) = &arguments.vault.vault {
        texts.push(plain(&format!(
            "what opens the protected fields is in {}: make a copy of it now\n  \
             the drafts still hold them in clear: destroy them, or keep them like the vault",
            path.display()
        )));
    }
    if let Some(seen) = &seen {
        texts.push(format!(
            "each says: signed after checkpoint of size {}",
            seen.size
        ));
    }
    let seen = seen.map(|seen| json!({ "size": seen.size, "root": hex::encode(&seen.root) }));
    Ok(Report::done(
        texts.join("\n"),
        json!({ "signed": signed_files, "seen": seen }),
    ))
}

/// What the device remembers: in the file that was named, or beside the key's own.
fn device_state(key: &KeyName, state: Option<&Path>) -> Result<DeviceState, Failure> {
    match (state, key.file()) {
        (Some(state), _) => DeviceState::open_file(state),
        (None, Some(file)) => DeviceState::open(file),
        (None, None) => Err(Failure::usage(
            Trouble::new("USAGE", "--state", "the key is not in a file, beside which its number could be kept")
                .fix("name a file for it with --state FILE, and always the same one: it holds the number of the device's last record"),
        )),
    }
}

/// Which fields to protect, when there is a vault to keep what opens them.
fn plan(arguments: &Arguments) -> Result<Option<Plan>, Failure> {
    let Some(path) = &arguments.vault.vault else {
        return Ok(None);
    };
    if arguments.protect.is_empty() && !arguments.protect_persons {
        let message = "a vault was given, and no field to protect";
        return Err(Failure::usage(
            Trouble::new("USAGE", path.display(), message).fix(
                "name the fields with --protect PATH or --protect-persons, or leave --vault out",
            ),
        ));
    }
    let decoys = usize::from(arguments.decoys);
    Plan::new(&arguments.protect, arguments.protect_persons, decoys).map(Some)
}

fn open_vault(arguments: &Arguments) -> Result<Option<VaultFile>, Failure> {
    let Some(path) = &arguments.vault.vault else {
        return Ok(None);
    };
    let mut file = VaultFile::open(path, arguments.vault.key().of_existing(path)?)?;
    file.vault
        .belong_to(&arguments.org)
        .map_err(|error| vault_failure(path, &error))?;
    Ok(Some(file))
}

/// Who signs, for which ledger, with what.
struct Signer<'a> {
    org: &'a OrgName,
    origin: &'a Origin,
    keys: &'a [Key],
    seen: Option<&'a v1::CheckpointSeen>,
}

/// A record that was signed and is not written yet.
struct Signed {
    target: PathBuf,
    file: SignedRecord,
    id: RecordId,
    held: Option<HeldRecord>,
    /// The names of the protected fields.
    protected: Vec<String>,
}

impl Signer<'_> {
    /// Signs the drafts, each as the next record of the device. The device does not know it yet.
    fn sign_all(&self, drafts: Vec<Draft>, device: &DeviceState) -> Result<Vec<Signed>, Failure> {
        let mut device_seq = device.next_seq();
        let mut previous = device.previous().copied();
        let mut all = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let mut record = draft.record;
            let stamp = Stamp {
                org: self.org.as_str(),
                origin: self.origin.as_str(),
                signed_at_ms: clock::now_ms(),
                device_seq,
                previous,
                seen: self.seen,
            };
            stamp.apply(&mut record);
            no_errors(&draft.target, validate(&record))?;
            let (file, id) = sign_record(&record, self.keys)?;
            device_seq = device_seq.saturating_add(1);
            previous = Some(id);
            let fields = draft.held.iter().flat_map(HeldRecord::fields);
            let protected = fields.map(|field| field.name.clone()).collect();
            all.push(Signed {
                protected,
                target: draft.target,
                file,
                id,
                held: draft.held,
            });
        }
        Ok(all)
    }
}

struct Draft {
    record: v1::Record,
    target: PathBuf,
    held: Option<HeldRecord>,
}

/// The drafts, with the names of the files they become; all problems of all of them at once.
fn read_all(
    arguments: &Arguments,
    plan: Option<&Plan>,
    output: &Output,
) -> Result<Vec<Draft>, Failure> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut targets = BTreeSet::new();
    let mut troubles = Vec::new();
    let mut outcome = Outcome::Refused;
    for path in &arguments.files {
        let target = target(path, &arguments.out);
        if targets.contains(&target) {
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
        match read_one(path, target, plan, output) {
            Ok(draft) => {
                targets.insert(draft.target.clone());
                drafts.push(draft);
            }
            Err(failure) => {
                outcome = outcome.max(failure.outcome);
                troubles.extend(failure.troubles);
            }
        }
    }
    Failure::unless_empty(outcome, troubles)?;
    Ok(drafts)
}

fn read_one(
    path: &Path,
    target: PathBuf,
    plan: Option<&Plan>,
    output: &Output,
) -> Result<Draft, Failure> {
    if target.exists() {
        return Err(Failure::refused(
            Trouble::new("ALREADY_SIGNED", path.display(), format!("{} is already there", target.display()))
                .fix("submit that file; to sign a changed draft as another record, give the draft another name"),
        ));
    }
    let (mut record, held) = match plan {
        Some(plan) => {
            let Protected { record, held } = plan.read(path, output)?;
            (record, Some(held).filter(|held| !held.fields().is_empty()))
        }
        None => (read_draft(path, &files::read_text(path)?)?, None),
    };
    if record.thread_id.is_empty() {
        record.thread_id = new_thread()?.to_vec();
    }
    for remark in no_errors(path, validate_draft(record.clone()))? {
        output.warn(format!("{}: {}", path.display(), describe(&remark)));
    }
    Ok(Draft {
        record,
        target,
        held,
    })
}

fn target(path: &Path, folder: &Path) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(".signed.json");
    folder.join(name)
}

/// The checkpoint that the device has, verified as the policy demands.
fn seen(arguments: &Arguments) -> Result<Option<VerifiedCheckpoint>, Failure> {
    let (Some(path), Some(policy)) = (&arguments.seen, &arguments.policy) else {
        return Ok(None);
    };
    let policy = files::read_policy(policy)?;
    let text = files::read_text(path)?;
    let refused = |error: &dyn std::fmt::Display| {
        Failure::refused(Trouble::new("NOT_VERIFIED", path.display(), error).fix(
            "give the file that `witnessmark checkpoint --remember` wrote with the same policy",
        ))
    };
    let note = Note::parse(&text).map_err(|error| refused(&error))?;
    let checkpoint = policy.verify(&note).map_err(|error| refused(&error))?;
    if checkpoint.head().size.get() == 0 {
        return Err(refused(
            &"a checkpoint of size 0 is no lower bound on any time",
        ));
    }
    Ok(Some(checkpoint))
}

fn in_record(checkpoint: &VerifiedCheckpoint) -> v1::CheckpointSeen {
    let head = checkpoint.head();
    v1::CheckpointSeen {
        size: head.size.get(),
        root: head.root.as_bytes().to_vec(),
    }
}

/// The ledger's name: as given, or the only log of the policy, or that of the checkpoint.
fn origin(arguments: &Arguments, seen: Option<&VerifiedCheckpoint>) -> Result<Origin, Failure> {
    if let Some(origin) = &arguments.origin {
        return Ok(origin.clone());
    }
    if let Some(checkpoint) = seen {
        return Ok(checkpoint.origin().clone());
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
