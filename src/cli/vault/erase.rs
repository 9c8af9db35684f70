//! `vault erase`: destroy what shows fields, and write the draft of the record that says so before anything is destroyed.

use std::path::{Path, PathBuf};

use serde_json::json;
use witnessmark_record::field_digest;
use witnessmark_verifier::{Hash, OrgName, RecordId};

use super::{KeyOptions, VaultFile, parse_record_id, vault_failure};
use crate::cli::record::drafted::{ByOptions, Subject, erasure};
use crate::clock;
use crate::output::{Failure, Report, Trouble, plain};
use crate::vault::{HeldRecord, VaultError};

/// Erase fields.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark vault erase team.vault RECORD_ID --field place.detail \\
      --draft erasure.toml --authority 'Wish of the person concerned' --remains 'The digest in the record'

The record stays in the ledger and still verifies; the field can never be shown again. The draft, signed and submitted, tells
every reader that it was erased, when and why. It is written before anything is destroyed, and the command can be repeated.")]
#[command(group = clap::ArgGroup::new("which").required(true).args(["field", "all"]))]
pub(in crate::cli) struct Arguments {
    /// The vault.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The record whose fields are erased.
    #[arg(value_name = "RECORD_ID", value_parser = parse_record_id)]
    record: RecordId,
    /// A field to erase, by its path. May be repeated, or hold several with commas.
    #[arg(long, value_name = "PATH", value_delimiter = ',')]
    field: Vec<String>,
    /// Erase all fields of the record.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    key: KeyOptions,
    /// Write a draft of the erasure record to this file: TOML, or JSON when its name ends in .json. Fields that were erased
    /// before can be named too.
    #[arg(long, value_name = "FILE", requires_all = ["authority", "remains"])]
    draft: Option<PathBuf>,
    /// By what authority it is erased: a law, an order, the wish of the person concerned. Name no private person.
    #[arg(long, value_name = "TEXT", requires = "draft")]
    authority: Option<String>,
    /// What remains, and where.
    #[arg(long, value_name = "TEXT", requires = "draft")]
    remains: Option<String>,
    #[command(flatten)]
    by: ByOptions,
}

/// What is said when fields were erased.
const AFTER_ERASING: &str = "\
This cannot be undone: from this vault nobody can ever show these fields again, you included.
  - It holds for this file alone. Destroy every copy and backup of the vault, also snapshots of the disk it lies on:
    whoever has an old copy and its passphrase or identity can still show the fields.
  - Destroy the drafts that the record was signed from, and every bundle that shows the fields. What somebody
    else was given cannot be called back.
  - The ledger keeps only salted digests, which tell nothing. The record stays there and still verifies.";

/// What is said when no draft was asked for.
const NOTHING_TELLS: &str = "\
Nothing in the ledger tells of this yet: readers see the fields as withheld, not as erased. To write the draft of the record
that says so, run the same command again with --draft FILE --authority TEXT --remains TEXT; then sign and submit it.";

/// The fields that the command is about.
struct Chosen {
    /// Those that are still held, and are erased now.
    held: Vec<String>,
    /// The digests that the draft names: of those, and of the ones that were erased before.
    digests: Vec<Hash>,
}

/// Writes the draft, if one is wanted, and then erases.
///
/// # Errors
///
/// When the vault cannot be read, opened or written, does not hold what is asked for, or the draft would not be good.
pub(super) fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let path = &arguments.file;
    let key = arguments.key.of_existing(path)?;
    let mut file = VaultFile::open(path, key)?;
    let failed = |error| vault_failure(path, &error);
    let org = file.vault.org().map_or("", OrgName::as_str).to_owned();
    let held = file.vault.record(&arguments.record).map_err(failed)?;
    let chosen = choose(held, arguments).map_err(failed)?;
    if chosen.held.is_empty() && (arguments.draft.is_none() || chosen.digests.is_empty()) {
        return Err(nothing_left(arguments));
    }
    if let Some(draft) = &arguments.draft {
        write_draft(arguments, draft, &org, &chosen)?;
    }
    if !chosen.held.is_empty() {
        file.vault
            .erase(&arguments.record, &chosen.held, clock::now_ms())
            .map_err(failed)?;
        file.save().map_err(|failure| not_yet(failure, arguments))?;
    }
    Ok(report(arguments, &chosen))
}

/// The fields that are named, or all. A field that was erased before counts when a draft is to name it.
fn choose(held: &HeldRecord, arguments: &Arguments) -> Result<Chosen, VaultError> {
    let erased = |name: &str| held.erased().iter().find(|field| field.name == name);
    let mut names: Vec<String> = if arguments.all {
        let names = held.fields().iter().map(|field| field.name.clone());
        let before = held.erased().iter().map(|field| field.name.clone());
        names.chain(before).collect()
    } else {
        arguments.field.clone()
    };
    names.sort();
    names.dedup();
    let mut chosen = Chosen {
        held: Vec::new(),
        digests: Vec::new(),
    };
    for name in names {
        match held.disclosure(&name) {
            Ok(field) => {
                chosen.digests.push(field_digest(field)?);
                chosen.held.push(name);
            }
            Err(VaultError::Erased(_)) if arguments.all || arguments.draft.is_some() => {
                let digest = erased(&name).and_then(|field| field.digest);
                chosen
                    .digests
                    .extend(digest.filter(|_| arguments.draft.is_some()));
            }
            Err(error) => return Err(error),
        }
    }
    // What was erased before has its own draft; only when nothing is left does one name it all.
    if arguments.all && !chosen.held.is_empty() {
        let now = chosen
            .held
            .iter()
            .map(|name| field_digest(held.disclosure(name)?).map_err(Into::into));
        chosen.digests = now.collect::<Result<_, VaultError>>()?;
    }
    chosen.digests.sort();
    Ok(chosen)
}

fn nothing_left(arguments: &Arguments) -> Failure {
    let message = if arguments.draft.is_some() {
        "it was erased by a version that did not keep the digest"
    } else {
        "it was erased before"
    };
    let message = format!(
        "no field of the record {} is left to erase: {message}",
        arguments.record
    );
    Failure::refused(
        Trouble::new("VAULT_ERASED", arguments.file.display(), message)
            .fix("to write a draft of the record that says so, add --draft FILE --authority TEXT --remains TEXT"),
    )
}

fn write_draft(
    arguments: &Arguments,
    path: &Path,
    org: &str,
    chosen: &Chosen,
) -> Result<(), Failure> {
    let grounds =
        [&arguments.authority, &arguments.remains].map(|it| it.as_deref().unwrap_or_default());
    let subject = Subject {
        by: &arguments.by,
        org,
        of: &arguments.record,
        digests: &chosen.digests,
    };
    let drafted = erasure(path, subject, grounds)?;
    drafted.write(path)
}

/// Nothing was destroyed, and a draft may lie there that says otherwise.
fn not_yet(mut failure: Failure, arguments: &Arguments) -> Failure {
    if let Some(draft) = &arguments.draft {
        failure.troubles.push(
            Trouble::new(
                "DRAFT",
                draft.display(),
                "the draft is written, and nothing was erased",
            )
            .fix("run the same command again; do not sign the draft before"),
        );
    }
    failure
}

fn report(arguments: &Arguments, chosen: &Chosen) -> Report {
    let path = arguments.file.display();
    let id = arguments.record.to_string();
    let done = match chosen.held.as_slice() {
        [] => format!("{path}, record {id}: nothing was left to erase"),
        names => format!(
            "erased from {path}, record {id}: {}\n\n{AFTER_ERASING}",
            names.join(", ")
        ),
    };
    let next = match &arguments.draft {
        Some(draft) => format!(
            "The record that tells of it is drafted in {draft}, with {} digest(s). Until it is signed and in the ledger, readers see \
             the fields as withheld.\n  next: witnessmark record sign {draft} --key KEY --org ORG --policy POLICY --out DIR\n  \
             then: witnessmark submit DIR/*.signed.json --to URL --policy POLICY",
            chosen.digests.len(),
            draft = draft.display(),
        ),
        None => NOTHING_TELLS.to_owned(),
    };
    let digests: Vec<String> = chosen.digests.iter().map(ToString::to_string).collect();
    Report::done(
        plain(&format!("{done}\n\n{next}")),
        json!({
            "file": arguments.file,
            "record_id": id,
            "erased": chosen.held,
            "digests": digests,
            "draft": arguments.draft,
            "warning": AFTER_ERASING,
        }),
    )
}
