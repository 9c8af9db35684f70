//! `record countersign`: an officer's signature added to signed records, after he was shown what he signs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use witnessmark_bundle::{Batch, SignedRecord};
use witnessmark_record::{Level, Problem, Record, instant, validate};
use witnessmark_verifier::{
    ENTRY_SIGNATURES_MAX, KeyId, OrgName, PAYLOAD_TYPE_RECORD, RecordId, sha256,
};

use super::check::{describe, no_errors, to_json};
use super::{decode, files};
use crate::cli::carried::{self, Carried};
use crate::cli::chain::sign_payload;
use crate::cli::key::Unlock;
use crate::output::{Failure, Outcome, Report, Trouble, plain};
use crate::signer::{Key, KeyName};

/// The digits of the code by which the second run is told what the first one showed: 128 bits.
const CODE_DIGITS: usize = 32;

/// Add an officer's signature to signed records.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "\
Example:
  witnessmark record countersign week-12.batch --key officer.key --org field-team
  witnessmark record countersign week-12.batch --key officer.key --org field-team \\
      --confirm 3b1f... --batch week-12-countersigned.batch

The first shows each record with its warnings, signs nothing, and ends with a code. The second signs, \
and only if the files still hold exactly the records that were shown. The signed bytes stay as they \
are; the new signature is added behind the others. Countersign before the record is submitted: what is \
in the ledger never changes.",
    group(clap::ArgGroup::new("target").args(["out", "batch"]))
)]
pub(in crate::cli) struct Arguments {
    /// Signed records, or batches of them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The officer's private key.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser())]
    key: KeyName,
    /// The officer's organisation, whose records these are.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse)]
    org: OrgName,
    /// Leave the signature of this key out of what is written: one that was revoked before the record reached the ledger, which
    /// takes the record only under live keys' signatures. Keep the file that was given: it shows who signed first.
    #[arg(long, value_name = "KEY_ID", value_parser = KeyId::parse_hex)]
    without: Vec<KeyId>,
    /// Sign; the code is the one that was shown with the records.
    #[arg(long, value_name = "CODE", requires = "target")]
    confirm: Option<String>,
    /// The folder for the countersigned files: under their own names, or under the record's id for one from a batch.
    #[arg(long, value_name = "DIR", requires = "confirm")]
    out: Option<PathBuf>,
    /// The batch file for all of them; it must be new.
    #[arg(long, value_name = "FILE", requires = "confirm")]
    batch: Option<PathBuf>,
    #[command(flatten)]
    unlock: Unlock,
}

/// A good record, and what is to be said of it.
struct Shown {
    carried: Carried,
    record: Record,
    id: RecordId,
    warnings: Vec<Problem>,
    /// Whether the officer has signed it already.
    is_signed: bool,
    /// The keys whose signatures are not in what is written.
    left_out: Vec<KeyId>,
}

/// Shows the records, or signs what was shown.
///
/// # Errors
///
/// When a file or the key cannot be read, a record is not good, or the code is another one. Nothing is signed then.
pub(super) fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let key = arguments.unlock.open(&arguments.key)?;
    let key_id = key.public_key().key_id();
    let mut cargo = carried::read(&arguments.files)?;
    let damage = cargo.failure();
    if arguments.without.contains(&key_id) {
        let message = "the signature of your own key is not one to leave out";
        let trouble = Trouble::new("USAGE", "--without", message);
        return Err(Failure::usage(trouble.fix("name the key that was revoked")));
    }
    let shown = judge(cargo.items, &key_id, arguments)?;
    let code = code(&shown);
    let Some(confirmed) = &arguments.confirm else {
        return Ok(with_damage(show(&shown, &code), damage));
    };
    if *confirmed != code {
        let message =
            format!("`{confirmed}` is not the code of these records, which is another one now");
        return Err(Failure::refused(
            Trouble::new("CONFIRM", "", message)
                .fix("run the command without --confirm, read what it shows, and give the code that stands below it"),
        ));
    }
    let signed = sign(shown, &key)?;
    Ok(with_damage(write(arguments, &signed, &key_id)?, damage))
}

/// What was left out because a batch is damaged is said, and the result is not taken for the whole.
fn with_damage(mut report: Report, damage: Option<Failure>) -> Report {
    let Some(damage) = damage else {
        return report;
    };
    let errors: Vec<Value> = damage.troubles.iter().map(Trouble::to_json).collect();
    if let Some(members) = report.json.as_object_mut() {
        members.insert("errors".to_owned(), json!(errors));
    }
    report.outcome = report.outcome.max(damage.outcome);
    report.troubles.extend(damage.troubles);
    report
}

/// All records, or every problem of all of them.
fn judge(items: Vec<Carried>, key: &KeyId, arguments: &Arguments) -> Result<Vec<Shown>, Failure> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut places: BTreeMap<RecordId, String> = BTreeMap::new();
    let mut troubles = Vec::new();
    for carried in items {
        let place = carried.place.clone();
        match judge_one(carried, key, arguments) {
            Ok(one) => {
                if let Some(first) = places.insert(one.id, place.clone()) {
                    let message = format!("the same record as {first}");
                    troubles.push(
                        Trouble::new("RECORD_TWICE", place, message).fix("give each record once"),
                    );
                }
                shown.push(one);
            }
            Err(failure) => troubles.extend(failure.troubles),
        }
    }
    Failure::unless_empty(Outcome::Refused, troubles)?;
    Ok(shown)
}

fn judge_one(mut carried: Carried, key: &KeyId, arguments: &Arguments) -> Result<Shown, Failure> {
    let left_out = leave_out(&mut carried, &arguments.without)?;
    let (org, Carried { place, signed }) = (&arguments.org, &carried);
    let refused = |reason, message: String, fix| {
        Failure::refused(Trouble::new(reason, place, message).fix(fix))
    };
    if signed.payload_type != PAYLOAD_TYPE_RECORD {
        let message = format!("`{}` is not a record", signed.payload_type);
        let fix = "only records are countersigned; key events have commands of their own under `witnessmark org`";
        return Err(refused("NOT_A_RECORD", message, fix));
    }
    let record = decode(place, &signed.payload)?;
    if record.org() != org.as_str() {
        let message = format!(
            "the record is by {:?}, and you sign for {org}",
            record.org()
        );
        let fix = "countersign the records of your own organisation only";
        return Err(refused("ORGANISATION_MISMATCH", message, fix));
    }
    let is_signed = signed.signatures.iter().any(|it| it.key_id == *key);
    if signed.signatures.is_empty() && left_out.is_empty() {
        let message = "nobody has signed it".to_owned();
        let fix =
            "the device that made it signs first: the number in it belongs to the first signature";
        return Err(refused("SIGNATURE_MISSING", message, fix));
    }
    if !is_signed && signed.signatures.len() >= ENTRY_SIGNATURES_MAX {
        let message =
            format!("it has {ENTRY_SIGNATURES_MAX} signatures, as many as an entry holds");
        return Err(refused("SIGNATURES_FULL", message, "submit it as it is"));
    }
    let warnings = no_errors(Path::new(place), validate(record.message()))?;
    Ok(Shown {
        id: signed.record_id(),
        record,
        warnings,
        is_signed,
        left_out,
        carried,
    })
}

/// Takes the signatures of these keys away, and says which there were.
fn leave_out(carried: &mut Carried, without: &[KeyId]) -> Result<Vec<KeyId>, Failure> {
    let Carried { place, signed } = carried;
    for id in without {
        let there = signed.signatures.len();
        signed.signatures.retain(|it| it.key_id != *id);
        if signed.signatures.len() == there {
            let message = format!("key {id} has not signed it, so nothing can be left out");
            return Err(Failure::refused(
                Trouble::new("SIGNATURE_MISSING", &*place, message).fix(
                    "check the key id, and countersign the records of other devices by themselves",
                ),
            ));
        }
    }
    Ok(without.to_vec())
}

/// A code for exactly these records in this order.
fn code(shown: &[Shown]) -> String {
    let ids: Vec<u8> = shown.iter().flat_map(|it| *it.id.as_bytes()).collect();
    let mut code = sha256(&ids).to_string();
    code.truncate(CODE_DIGITS);
    code
}

/// What the officer is to read before he signs.
fn show(shown: &[Shown], code: &str) -> Report {
    let mut lines = Vec::new();
    for (one, number) in shown.iter().zip(1..) {
        lines.extend(one.text(number));
        lines.push(String::new());
    }
    let warnings: usize = shown.iter().map(|it| it.warnings.len()).sum();
    lines.push(format!(
        "{} records, {warnings} warnings; nothing was signed",
        shown.len()
    ));
    lines.push("  the signatures that are there were not verified: no ledger was asked".to_owned());
    lines.push("  every field: witnessmark record show FILES".to_owned());
    lines.push(format!(
        "  to sign exactly these: the same command with --confirm {code} and --out DIR or --batch FILE"
    ));
    let records: Vec<Value> = shown.iter().map(Shown::json).collect();
    let json = json!({ "confirm": code, "countersigned": [], "records": records });
    Report::done(plain(&lines.join("\n")), json)
}

impl Shown {
    fn text(&self, number: usize) -> Vec<String> {
        let message_of = self.record.message();
        let by = message_of
            .asserted_by
            .as_ref()
            .map_or("", |by| by.name.as_str());
        let mut lines = vec![
            format!("{number}. {}", self.carried.place),
            format!("   {}: {}", self.record.kind(), self.record.title()),
            format!("   record id {}", self.id),
            format!(
                "   claimed by {by}; signed by {} key(s), {} by the first one's clock, number {} of that device",
                self.carried.signed.signatures.len(),
                instant(message_of.signed_at_ms),
                message_of.device_seq
            ),
        ];
        if self.is_signed {
            lines.push("   you have signed it already: it stays as it is".to_owned());
        }
        for id in &self.left_out {
            lines.push(format!(
                "   the signature of key {id} is LEFT OUT of what is written"
            ));
        }
        for warning in &self.warnings {
            lines.extend(describe(warning).lines().map(|line| format!("   {line}")));
        }
        lines
    }

    fn json(&self) -> Value {
        let level = |level: Level| {
            self.warnings
                .iter()
                .filter(move |it| it.level == level)
                .map(to_json)
        };
        json!({
            "file": self.carried.place,
            "record_id": self.id.to_string(),
            "kind": self.record.kind().schema(),
            "title": self.record.title(),
            "signatures": self.carried.signed.signatures.len(),
            "already_signed": self.is_signed,
            "left_out": self.left_out.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "warnings": level(Level::Warning).collect::<Vec<_>>(),
            "notes": level(Level::Note).collect::<Vec<_>>(),
        })
    }
}

/// A record with the officer's signature behind the others.
struct Countersigned {
    place: String,
    id: RecordId,
    signed: SignedRecord,
}

fn sign(shown: Vec<Shown>, key: &Key) -> Result<Vec<Countersigned>, Failure> {
    let keys = std::slice::from_ref(key);
    let countersigned = shown.into_iter().map(|one| {
        let Carried { place, mut signed } = one.carried;
        if !one.is_signed {
            let added = sign_payload(&signed.payload_type, &signed.payload, keys)?;
            signed.signatures.extend(added);
        }
        // What was shown and what is written are one record.
        if signed.record_id() != one.id {
            let message = "the record is not the one that was shown";
            return Err(Failure::cannot_tell(Trouble::new(
                "INTERNAL", place, message,
            )));
        }
        Ok(Countersigned {
            place,
            id: one.id,
            signed,
        })
    });
    countersigned.collect()
}

fn write(arguments: &Arguments, signed: &[Countersigned], key: &KeyId) -> Result<Report, Failure> {
    let target = match (&arguments.batch, &arguments.out) {
        (Some(batch), _) => {
            let records: Vec<SignedRecord> = signed.iter().map(|it| it.signed.clone()).collect();
            let text = Batch::encode(&records).map_err(|error| {
                Failure::refused(
                    Trouble::new("TOO_LARGE", batch.display(), error).fix("make several batches"),
                )
            })?;
            files::write_new_or_same(batch, text.as_bytes())?;
            batch
        }
        (None, Some(folder)) => {
            write_files(folder, signed)?;
            folder
        }
        (None, None) => {
            let message = "nowhere to write to";
            let trouble = Trouble::new("USAGE", "", message).fix("give --out DIR or --batch FILE");
            return Err(Failure::usage(trouble));
        }
    };
    let ids: Vec<String> = signed.iter().map(|it| it.id.to_string()).collect();
    let text = format!(
        "{} records countersigned with key {key}, in {}",
        signed.len(),
        target.display()
    );
    Ok(Report::done(
        text,
        json!({ "countersigned": ids, "key_id": key.to_string() }),
    ))
}

/// Writes one file for each; none if one of them would take another's place.
fn write_files(folder: &Path, signed: &[Countersigned]) -> Result<(), Failure> {
    files::make_folder(folder)?;
    let mut targets: BTreeMap<PathBuf, &Countersigned> = BTreeMap::new();
    let mut troubles = Vec::new();
    for one in signed {
        let file = Path::new(&one.place);
        let name = match file.file_name().filter(|_| file.is_file()) {
            Some(name) => PathBuf::from(name),
            None => PathBuf::from(format!("{}.signed.json", one.id)),
        };
        let target = folder.join(name);
        let taken = match std::fs::read(&target) {
            Ok(there) => there != one.signed.encode().as_bytes(),
            Err(_) => false,
        };
        if taken || targets.contains_key(&target) {
            troubles.extend(files::exists(&target).troubles);
        }
        targets.insert(target, one);
    }
    Failure::unless_empty(Outcome::CannotTell, troubles)?;
    for (target, one) in targets {
        files::write_new_or_same(&target, one.signed.encode().as_bytes())?;
    }
    Ok(())
}
