//! `record`: write, check, sign and show evidence records. Only `new --of` uses a network.

mod attach;
mod check;
mod countersign;
pub(super) mod drafted;
mod of;
mod pack;
mod path;
mod protect;
mod sign;

use std::path::PathBuf;

use serde_json::{Value, json};
use witnessmark_record::{Erased, Record, RecordError, erased, render_erased};
use witnessmark_verifier::{RecordId, hex};

use super::carried::{self, Carried};
use super::files;
use super::template::{self, Form};
use crate::output::{Failure, Outcome, Output, Report, Trouble, plain};

pub(super) use sign::validate_draft;
pub(crate) use sign::{Stamp, sign_record};

const AFTER_HELP: &str = "\
From an idea to a signed file, offline:
  witnessmark record new wreckage-finding --out wreck.toml        then fill it in
  witnessmark record check wreck.toml
  witnessmark record sign wreck.toml --key device.key --org field-team \\
      --policy trust.policy --out signed
  witnessmark record show signed/wreck.signed.json

A correction of a record that is in a ledger, with the values that stand there now:
  witnessmark record new correction --of 12 --from URL --policy trust.policy --out slip.toml";

/// Write, check, sign and show evidence records.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = AFTER_HELP)]
pub(super) enum Command {
    /// Write a form to fill in, with a comment on every line.
    New(Box<New>),
    /// Check drafts and signed files: all problems at once.
    Check(check::Arguments),
    /// Add files to a draft, by their digests.
    Attach(attach::Arguments),
    /// Sign drafts with a device key.
    Sign(Box<sign::Arguments>),
    /// Add an officer's signature to signed records, after showing them.
    Countersign(countersign::Arguments),
    /// Put signed files into one batch file, to carry them.
    Pack(pack::Arguments),
    /// Show what a signed record says, in plain words.
    Show(Show),
    /// Write the schema of records as a protobuf `FileDescriptorSet`, for programs in other languages.
    Descriptor(Descriptor),
}

/// Write the schema of records.
#[derive(Debug, clap::Args)]
pub(super) struct Descriptor {
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Write a form to fill in.
#[derive(Debug, clap::Args)]
pub(super) struct New {
    /// What the record is about.
    #[arg(value_parser = template::parser())]
    kind: Form,
    /// The file to write; printed when left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Fill the form with an invented example instead of leaving it blank.
    #[arg(long)]
    example: bool,
    #[command(flatten)]
    of: of::Options,
}

/// Show what a signed record says.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// Signed files, or batches of them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Runs one of the commands.
///
/// # Errors
///
/// When a file cannot be read or written, or a record is not good.
pub(super) async fn run(command: Command, output: &Output) -> Result<Report, Failure> {
    match command {
        Command::New(arguments) => new(&arguments).await,
        Command::Check(arguments) => Ok(check::run(&arguments, output)),
        Command::Attach(arguments) => attach::run(&arguments, output),
        Command::Sign(arguments) => sign::run(&arguments, output),
        Command::Countersign(arguments) => countersign::run(&arguments),
        Command::Pack(arguments) => pack::run(&arguments),
        Command::Show(arguments) => show(&arguments),
        Command::Descriptor(arguments) => descriptor(&arguments),
    }
}

fn descriptor(arguments: &Descriptor) -> Result<Report, Failure> {
    let bytes = witnessmark_record::descriptor_pool().encode_to_vec();
    files::write_new_or_same(&arguments.out, &bytes)?;
    let text = format!(
        "the messages of a record, a FileDescriptorSet of {} bytes, written to {}",
        bytes.len(),
        arguments.out.display()
    );
    let json = json!({ "file": arguments.out, "bytes": bytes.len() });
    Ok(Report::done(text, json))
}

async fn new(arguments: &New) -> Result<Report, Failure> {
    let text = if let Some(text) = arguments.of.form(&arguments.kind).await? {
        text
    } else {
        let thread = dashed(&new_thread()?);
        template::text(&arguments.kind, &thread, arguments.example)
    };
    let kind = arguments.kind.kind.word();
    let Some(path) = &arguments.out else {
        return Ok(Report::done(
            text.clone(),
            json!({ "kind": kind, "template": text }),
        ));
    };
    files::write_new_or_same(path, text.as_bytes())?;
    let told = format!(
        "{kind} form written to {path}\n  next: fill it in, then witnessmark record check {path}",
        path = path.display()
    );
    Ok(Report::done(told, json!({ "kind": kind, "file": path })))
}

/// A new subject: a random UUID (version 4 of RFC 9562).
fn new_thread() -> Result<[u8; 16], Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::cannot_tell(Trouble::new("RANDOMNESS", "", error)))?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Ok(bytes)
}

/// The bytes of a UUID as people write it.
fn dashed(bytes: &[u8; 16]) -> String {
    let mut text = hex::encode(bytes);
    for place in [20, 16, 12, 8] {
        text.insert(place, '-');
    }
    text
}

fn show(arguments: &Show) -> Result<Report, Failure> {
    let mut cargo = carried::read(&arguments.files)?;
    let damage = cargo.failure();
    let mut shown = Vec::new();
    let mut texts = Vec::new();
    let mut troubles = Vec::new();
    let mut read = Vec::new();
    for carried in &cargo.items {
        match read_one(carried) {
            Ok(one) => read.push(one),
            Err(failure) => troubles.extend(failure.troubles),
        }
    }
    Failure::unless_empty(Outcome::Refused, troubles)?;
    for one in &read {
        let (text, json) = show_one(one, &erased_of(one, &read));
        texts.push(text);
        shown.push(json);
    }
    let text = texts.join("\n\n");
    let Some(damage) = damage else {
        let json = match <[Value; 1]>::try_from(shown) {
            Ok([one]) => one,
            Err(many) => json!({ "records": many }),
        };
        return Ok(Report::done(text, json));
    };
    let errors: Vec<Value> = damage.troubles.iter().map(Trouble::to_json).collect();
    Ok(Report {
        outcome: damage.outcome,
        text,
        json: json!({ "records": shown, "errors": errors }),
        troubles: damage.troubles,
    })
}

/// A signed record that was read.
struct Read<'a> {
    carried: &'a Carried,
    record: Record,
    id: RecordId,
}

fn read_one(carried: &Carried) -> Result<Read<'_>, Failure> {
    Ok(Read {
        carried,
        record: decode(&carried.place, &carried.signed.payload)?,
        id: carried.signed.record_id(),
    })
}

/// What the erasures of the same organisation among these files say of a record.
fn erased_of(one: &Read<'_>, all: &[Read<'_>]) -> Vec<Erased> {
    let own = all.iter().filter(|it| it.record.org() == one.record.org());
    own.flat_map(|it| erased(&it.record, &one.id)).collect()
}

fn show_one(one: &Read<'_>, erased: &[Erased]) -> (String, Value) {
    let Read {
        carried: Carried { place, signed },
        record,
        id,
    } = one;
    let signers: Vec<String> = signed
        .signatures
        .iter()
        .map(|signature| signature.key_id.to_string())
        .collect();
    let lines = render_erased(record.message(), erased);
    let width = lines
        .iter()
        .map(|(label, _)| label.chars().count())
        .max()
        .unwrap_or(0);
    let mut shown = vec![place.clone(), format!("record id {id}")];
    for signer in &signers {
        shown.push(format!(
            "signed by key {signer} (not verified here: no ledger was asked)"
        ));
    }
    for (label, value) in &lines {
        shown.push(format!("  {label:width$}  {value}"));
    }
    let text = shown.join("\n");
    let json = json!({
        "file": place,
        "record_id": id.to_string(),
        "payload_type": signed.payload_type,
        "signers": signers,
        "record": witnessmark_record::to_json(record.message()),
    });
    (plain(&text), json)
}

/// The record in a payload.
pub(super) fn decode(place: &str, payload: &[u8]) -> Result<Record, Failure> {
    Record::decode(payload).map_err(|error: RecordError| {
        Failure::refused(
            Trouble::new("RECORD_MALFORMED", place, error).fix(
                "only `witnessmark record sign` and other conforming programs write such files",
            ),
        )
    })
}
