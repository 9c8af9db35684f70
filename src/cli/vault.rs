//! `vault`: make, list, copy, merge and erase what opens the protected fields of an organisation's records.

mod erase;
mod file;
mod merge;
mod options;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use witnessmark_record::DisclosedValue;
use witnessmark_verifier::{OrgName, RecordId};

use super::files;
use crate::output::{Failure, Report, Trouble, plain};
use crate::vault::{
    HeldRecord, PASSPHRASE_CHARS_MIN, Recipient, SealError, Vault, VaultError, seal_for,
};

pub(crate) use file::{VaultFile, load};
pub(crate) use options::{KeyOptions, UseOptions};

/// What is said when a vault is made, and in its help.
const WARNING: &str = "\
A lost vault can never be opened again, by nobody: without it no protected field can ever be shown.
  - Copy the file after each signing session: `witnessmark vault export`, or copy it as it is.
  - Keep two copies at two places, and the passphrase or identity apart from them.
  - Try now and then whether a copy still opens: `witnessmark vault list COPY`.
  - It never goes to the ledger, to its operator, or beside a bundle.";

/// Make, list, copy, merge and erase what opens protected fields.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a vault: the one file that opens an organisation's protected fields.
    #[command(after_help = WARNING)]
    New(New),
    /// List the records and the names of the fields that a vault holds. Values are not shown.
    List(List),
    /// Write a sealed copy with a passphrase or identity of its own: a backup.
    Export(Export),
    /// Move the records of one vault into another, such as a device's into the organisation's.
    Merge(merge::Arguments),
    /// Destroy secret and values of a record, for ever.
    Erase(erase::Arguments),
}

/// Make a vault.
#[derive(Debug, clap::Args)]
pub(super) struct New {
    /// The file to write; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    key: KeyOptions,
}

/// List a vault.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// The vault.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    key: KeyOptions,
}

/// Copy a vault.
#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// The vault.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The copy to write; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    key: KeyOptions,
    /// Seal the copy for this age recipient (age1...) instead of asking for a passphrase. May be repeated.
    #[arg(long = "to", value_name = "RECIPIENT", value_parser = parse_recipient)]
    recipients: Vec<Recipient>,
    /// Take the passphrase of the copy from this file instead of asking for it.
    #[arg(long, value_name = "FILE", conflicts_with = "recipients")]
    to_passphrase_file: Option<PathBuf>,
}

fn parse_recipient(text: &str) -> Result<Recipient, String> {
    text.parse()
        .map_err(|why| format!("not an age recipient (age1...): {why}"))
}

fn parse_record_id(text: &str) -> Result<RecordId, String> {
    RecordId::parse_hex(text).map_err(|_| "give a record id of 64 lower-case hex digits".to_owned())
}

/// Runs one of the commands.
///
/// # Errors
///
/// When the vault cannot be read, opened or written, or does not hold what is asked for.
pub(super) fn run(command: &Command) -> Result<Report, Failure> {
    match command {
        Command::New(arguments) => new(arguments),
        Command::List(arguments) => list(arguments),
        Command::Export(arguments) => export(arguments),
        Command::Merge(arguments) => merge::run(arguments),
        Command::Erase(arguments) => erase::run(arguments),
    }
}

fn new(arguments: &New) -> Result<Report, Failure> {
    let path = &arguments.out;
    // Nobody is asked for a passphrase in vain.
    if path.symlink_metadata().is_ok() {
        return Err(files::exists(path));
    }
    let key = arguments.key.of_new(path)?;
    file::create(path, &Vault::default(), &key)?;
    let text = format!("vault {} made\n\n{WARNING}", path.display());
    Ok(Report::done(
        plain(&text),
        json!({ "file": path, "warning": WARNING }),
    ))
}

fn list(arguments: &List) -> Result<Report, Failure> {
    let path = &arguments.file;
    let vault = load(path, &arguments.key.of_existing(path)?)?;
    let mut lines = vec![format!(
        "vault {} of {}",
        path.display(),
        vault.org().map_or("nobody yet", OrgName::as_str)
    )];
    let mut records = Vec::new();
    for (id, held) in vault.records() {
        lines.push(format!("record {id}"));
        for field in held.fields() {
            lines.push(format!("  held    {} ({})", field.name, kind(&field.value)));
        }
        for field in held.erased() {
            lines.push(format!("  erased  {}", field.name));
        }
        records.push(describe(id, held));
    }
    if records.is_empty() {
        lines.push("no records".to_owned());
    }
    Ok(Report::done(
        plain(&lines.join("\n")),
        json!({ "file": path, "organisation": vault.org().map(OrgName::as_str), "records": records }),
    ))
}

fn describe(id: &RecordId, held: &HeldRecord) -> Value {
    let fields: Vec<Value> = held
        .fields()
        .iter()
        .map(|field| json!({ "name": field.name, "type": kind(&field.value) }))
        .collect();
    let erased: Vec<Value> = held
        .erased()
        .iter()
        .map(|field| {
            let digest = field.digest.map(|digest| digest.to_string());
            json!({ "name": field.name, "at_ms": field.at_ms, "digest": digest })
        })
        .collect();
    json!({ "record_id": id.to_string(), "held": fields, "erased": erased })
}

/// The type of a value, as a word. The value itself is shown by `prove --show` alone.
const fn kind(value: &DisclosedValue) -> &'static str {
    match value {
        DisclosedValue::Bytes(_) => "bytes",
        DisclosedValue::Text(_) => "text",
        DisclosedValue::Integer(_) => "integer",
        DisclosedValue::Time(_) => "time",
        DisclosedValue::Bool(_) => "yes or no",
        DisclosedValue::Json(_) => "JSON",
    }
}

fn export(arguments: &Export) -> Result<Report, Failure> {
    let (path, out) = (&arguments.file, &arguments.out);
    if out.symlink_metadata().is_ok() {
        return Err(files::exists(out));
    }
    let vault = load(path, &arguments.key.of_existing(path)?)?;
    if arguments.recipients.is_empty() {
        let key = KeyOptions {
            identity: None,
            passphrase_file: arguments.to_passphrase_file.clone(),
        };
        file::create(out, &vault, &key.of_new(out)?)?;
    } else {
        let clear = vault
            .encode()
            .map_err(|error| vault_failure(path, &error))?;
        let sealed = seal_for(clear.as_bytes(), &arguments.recipients)
            .map_err(|error| sealing_failure(out, &error))?;
        files::write_private_new(out, &sealed)?;
    }
    let count = vault.records().count();
    let text = format!(
        "copy of the vault written to {}, with {count} record(s)\n\
         It holds what the vault holds now: make another after the next signing session, and destroy it too when \
         you erase a field.",
        out.display()
    );
    Ok(Report::done(
        plain(&text),
        json!({ "file": out, "records": count }),
    ))
}

/// A vault that cannot do what it was asked to.
pub(crate) fn vault_failure(path: &Path, error: &VaultError) -> Failure {
    let trouble = |reason| Trouble::new(reason, path.display(), error);
    match error {
        VaultError::Malformed(_) => Failure::cannot_tell(
            trouble("VAULT_MALFORMED").fix("take a backup, or the version of witnessmark that wrote it"),
        ),
        VaultError::OtherOrganisation(_) => Failure::refused(
            trouble("VAULT_OTHER_ORGANISATION").fix("each organisation has a vault of its own"),
        ),
        VaultError::NoRecord(_) | VaultError::NoField { .. } => Failure::refused(
            trouble("VAULT_NOT_HELD")
                .fix("`witnessmark vault list FILE` shows what it holds; another vault or a backup may hold it"),
        ),
        VaultError::Conflict { .. } => Failure::refused(
            trouble("VAULT_CONFLICT").fix("`witnessmark vault list` shows what each holds; nothing was moved"),
        ),
        VaultError::Erased(_) => Failure::refused(
            trouble("VAULT_ERASED").fix("leave the field out: the bundle shows it as withheld"),
        ),
        VaultError::Disclosure(_) => Failure::refused(
            trouble("VAULT_TOO_LONG").fix("a field has at most 4 GiB, and its path 65,535 bytes"),
        ),
    }
}

/// A vault file that was not opened or not made.
pub(crate) fn sealing_failure(path: &Path, error: &SealError) -> Failure {
    let short =
        format!("take at least {PASSPHRASE_CHARS_MIN} characters, such as six words drawn by dice");
    let (reason, fix) = match error {
        SealError::NotAge => (
            "VAULT_MALFORMED",
            "name a vault that `witnessmark vault new` made",
        ),
        SealError::WrongKey => (
            "VAULT_KEY",
            "check which passphrase or identity belongs to this vault; nobody can open it without",
        ),
        SealError::Altered | SealError::TooMuchWork(_) | SealError::TooLarge => {
            ("VAULT_MALFORMED", "take a backup")
        }
        SealError::ShortPassphrase => ("PASSPHRASE", short.as_str()),
        SealError::NoIdentity => ("VAULT_KEY", "make one with `age-keygen -o FILE`"),
        SealError::Seal(_) => ("VAULT", ""),
    };
    let trouble = Trouble::new(reason, path.display(), error).fix(fix);
    if matches!(error, SealError::ShortPassphrase) {
        Failure::usage(trouble)
    } else {
        Failure::cannot_tell(trouble)
    }
}
