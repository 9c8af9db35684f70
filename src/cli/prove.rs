//! `prove`: fetch the bundle of a record, verify it with the verifier alone, and only then write it.

use std::path::PathBuf;

use serde_json::Value;
use witnessmark_bundle::{Bundle, BundledFile, FolderFiles, attachment_names, verify_bundle};
use witnessmark_client::{Client, EntrySelector};
use witnessmark_record::{Record, field_digest};
use witnessmark_verifier::{Entry, Hash, LeafIndex, RecordId, TlogProof};

use super::files::{self, TEXT_BYTES_MAX};
use super::record::drafted::{self, ByOptions, Opening, Subject};
use super::vault::{self, UseOptions};
use super::{LedgerOptions, client_trouble, connect, verify};
use crate::output::{Failure, Outcome, Report, Trouble};
use crate::vault::Vault;

/// Write a bundle.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark prove 3 --from http://127.0.0.1:7480 --policy trust.policy --out bundle.json
  witnessmark verify bundle.json --policy trust.policy       (offline, for ever)

Showing a protected field:
  witnessmark prove 3 --from http://127.0.0.1:7480 --policy trust.policy --out bundle.json \\
      --vault team.vault --show place.detail \\
      --disclosure-draft shown.toml --to-whom 'Example Court' --to-type state_body --authority 'Order 7/2024'
The draft, signed and submitted, keeps in the ledger that these fields were shown to whom, and not what stands in them.

Files that the record attaches travel beside the bundle, under the names that it gives them. --files names them in the
bundle, which then says of each whether it is there and the same:
  witnessmark prove 3 --files all --from URL --policy trust.policy --out court/bundle.json")]
pub(super) struct Arguments {
    /// The record: its index, or its record id of 64 hex digits.
    #[arg(value_name = "RECORD_ID|INDEX", value_parser = parse_which)]
    which: EntrySelector,
    /// The ledger's address.
    #[arg(long, value_name = "URL")]
    from: String,
    /// The bundle to write; an older one is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Which attached files travel beside the bundle: all, none, or a name; may be given several times.
    #[arg(long, value_name = "all|none|NAME", default_value = "none")]
    files: Vec<String>,
    /// Prove it in the newest checkpoint: what the ledger says of related records is complete as of now. Without this, and with a
    /// policy that asks for witnesses, it is the first checkpoint that they cosigned and that covers everything in the bundle, which
    /// shows the earliest time.
    #[arg(long)]
    newest: bool,
    #[command(flatten)]
    ledger: LedgerOptions,
    /// Show this protected field of the record to whoever gets the bundle. May be repeated, or hold
    /// several with commas. Needs --vault.
    #[arg(long, value_name = "PATH", value_delimiter = ',', requires = "vault")]
    show: Vec<String>,
    #[command(flatten)]
    vault: UseOptions,
    #[command(flatten)]
    told: TellOptions,
}

/// The record that tells of the disclosure.
#[derive(Debug, clap::Args)]
struct TellOptions {
    /// Write a draft of the record that says which fields were shown to whom: TOML, or JSON when the name ends in .json.
    #[arg(
        id = "draft",
        long = "disclosure-draft",
        value_name = "FILE",
        requires_all = ["show", "to_whom", "to_type", "authority"]
    )]
    draft: Option<PathBuf>,
    /// Who gets the bundle. Name no private person.
    #[arg(long, value_name = "NAME", requires = "draft")]
    to_whom: Option<String>,
    /// What the recipient is: `state_body` (such as a court) or `organisation`.
    #[arg(long, value_name = "TYPE", requires = "draft", value_parser = ["state_body", "organisation"])]
    to_type: Option<String>,
    /// By what authority it is shown, such as the order of a court.
    #[arg(long, value_name = "TEXT", requires = "draft")]
    authority: Option<String>,
    /// On what terms it is shown.
    #[arg(long, value_name = "TEXT", requires = "draft")]
    terms: Option<String>,
    #[command(flatten)]
    by: ByOptions,
}

/// Reads an index or a record id.
///
/// # Errors
///
/// A sentence for the person who typed it.
pub(super) fn parse_which(text: &str) -> Result<EntrySelector, String> {
    if let Ok(id) = RecordId::parse_hex(text) {
        return Ok(EntrySelector::RecordId(id));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(index) = text.parse()
    {
        return Ok(EntrySelector::Index(LeafIndex::new(index)));
    }
    Err("give an index such as 12, or a record id of 64 lower-case hex digits".to_owned())
}

/// Fetches, verifies and writes the bundle.
///
/// # Errors
///
/// When there is no such record, the connection fails, or the file cannot be written.
pub(super) async fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let ledger = &arguments.ledger;
    let vault = open_vault(arguments)?;
    let client = connect(&arguments.from, &ledger.policy, ledger.memory()).await?;
    let id = match arguments.which {
        EntrySelector::RecordId(id) => id,
        selector @ EntrySelector::Index(_) => client
            .entry(selector)
            .await
            .map_err(client_trouble)?
            .record_id(),
    };
    // Asked of the vault first: what cannot be shown needs no ledger.
    let disclosures = disclosures(arguments, vault.as_ref(), &id)?;
    let bundle = if client.asks_for_witnesses() && !arguments.newest {
        client.first_bundle(id).await
    } else {
        client.bundle(id).await
    };
    let bundle = bundle.map_err(client_trouble)?.into_unverified_bytes();
    let bundle = with_files(show(bundle, disclosures)?, &arguments.files)?;
    let policy = files::read_bytes(&ledger.policy, TEXT_BYTES_MAX)?;
    let folder = arguments
        .out
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let beside = FolderFiles::new(folder.unwrap_or_else(|| std::path::Path::new(".")));
    let verdict = verify_bundle(&bundle, &policy, &beside);
    let mut report = verify::report(&verdict);
    if report.outcome != Outcome::Done {
        // A bundle that does not verify here would not verify anywhere: it is not written.
        return Ok(report);
    }
    check_fit(&client, &bundle).await?;
    tell(arguments, vault.as_ref(), &bundle, &id)?;
    if arguments.show.is_empty() {
        files::write_replacing(&arguments.out, &bundle)?;
    } else {
        files::write_private_replacing(&arguments.out, &bundle)?;
    }
    report.text = format!(
        "{}\nbundle written to {}",
        report.text.trim_end(),
        arguments.out.display()
    );
    if let Some(draft) = &arguments.told.draft {
        report.text = format!(
            "{}\ndraft of the record that tells of it written to {draft}\n  next: witnessmark record sign {draft} --key KEY --org ORG \
             --policy POLICY --out DIR",
            report.text,
            draft = draft.display()
        );
    }
    if let Value::Object(members) = &mut report.json {
        members.insert("file".to_owned(), serde_json::json!(arguments.out));
        members.insert(
            "disclosure_draft".to_owned(),
            serde_json::json!(arguments.told.draft),
        );
    }
    Ok(report)
}

/// The checkpoint of a bundle that verifies has to fit what is remembered of the ledger, like every other that it shows.
async fn check_fit(client: &Client, bundle: &[u8]) -> Result<(), Failure> {
    let broken = |error: &dyn std::fmt::Display| {
        Failure::refused(Trouble::new("BUNDLE", "the ledger's answer", error))
    };
    let bundle = Bundle::parse(bundle).map_err(|error| broken(&error))?;
    let proof = TlogProof::parse(&bundle.record.proof).map_err(|error| broken(&error))?;
    let fits = client.check_checkpoint(proof.note.source()).await;
    fits.map(drop).map_err(client_trouble)
}

/// Writes the draft that tells of the disclosure, if one is wanted: before the bundle, so that nothing is shown untold.
fn tell(
    arguments: &Arguments,
    vault: Option<&Vault>,
    bundle: &[u8],
    id: &RecordId,
) -> Result<(), Failure> {
    let told = &arguments.told;
    let (Some(path), Some(vault), Some(file)) = (&told.draft, vault, &arguments.vault.vault) else {
        return Ok(());
    };
    let failed = |error| vault::vault_failure(file, &error);
    let held = vault.record(id).map_err(failed)?;
    let mut digests = arguments
        .show
        .iter()
        .map(|name| field_digest(held.disclosure(name)?).map_err(Into::into))
        .collect::<Result<Vec<Hash>, _>>()
        .map_err(failed)?;
    digests.sort();
    digests.dedup();
    let broken = |error: &dyn std::fmt::Display| {
        Failure::refused(Trouble::new("BUNDLE", "the ledger's answer", error))
    };
    let bundle = Bundle::parse(bundle).map_err(|error| broken(&error))?;
    let entry = Entry::parse(&bundle.record.entry).map_err(|error| broken(&error))?;
    let record = Record::decode(&entry.payload).map_err(|error| broken(&error))?;
    let thread = drafted::thread_of(record.message())?;
    let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
    let (to, to_type, authority) = (
        text(&told.to_whom),
        text(&told.to_type),
        text(&told.authority),
    );
    let opening = Opening {
        to: [&to, &to_type],
        authority: &authority,
        terms: told.terms.as_deref(),
    };
    let subject = Subject {
        by: &told.by,
        org: record.org(),
        of: id,
        digests: &digests,
    };
    drafted::disclosure(path, subject, &thread, opening)?.write(path)
}

fn open_vault(arguments: &Arguments) -> Result<Option<Vault>, Failure> {
    let Some(path) = &arguments.vault.vault else {
        return Ok(None);
    };
    if arguments.show.is_empty() {
        let message = "a vault was given, and no field to show";
        return Err(Failure::usage(
            Trouble::new("USAGE", path.display(), message)
                .fix("name the fields with --show PATH, or leave --vault out"),
        ));
    }
    vault::load(path, &arguments.vault.key().of_existing(path)?).map(Some)
}

/// The bytes that show the chosen fields, in the order of their names.
fn disclosures(
    arguments: &Arguments,
    vault: Option<&Vault>,
    id: &RecordId,
) -> Result<Vec<Vec<u8>>, Failure> {
    let (Some(vault), Some(path)) = (vault, &arguments.vault.vault) else {
        return Ok(Vec::new());
    };
    let failed = |error| vault::vault_failure(path, &error);
    let held = vault.record(id).map_err(failed)?;
    let mut names: Vec<&String> = arguments.show.iter().collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| held.disclosure(name)?.encode().map_err(Into::into))
        .collect::<Result<_, _>>()
        .map_err(failed)
}

/// The bundle with the disclosures in it. A bundle that does not parse is left for the verifier to refuse.
fn show(bundle: Vec<u8>, disclosures: Vec<Vec<u8>>) -> Result<Vec<u8>, Failure> {
    if disclosures.is_empty() {
        return Ok(bundle);
    }
    let Ok(mut parsed) = Bundle::parse(&bundle) else {
        return Ok(bundle);
    };
    parsed.disclosures = disclosures;
    let text = parsed
        .encode()
        .map_err(|error| Failure::cannot_tell(Trouble::new("BUNDLE_TOO_LARGE", "", error)))?;
    Ok(text.into_bytes())
}

/// The bundle with the files named in it. What comes of it is verified like everything a ledger sends.
fn with_files(bytes: Vec<u8>, which: &[String]) -> Result<Vec<u8>, Failure> {
    if which.iter().all(|name| name == "none") {
        return Ok(bytes);
    }
    let broken = |error: &dyn std::fmt::Display| {
        Failure::refused(Trouble::new("BUNDLE", "the ledger's answer", error))
    };
    let mut bundle = Bundle::parse(&bytes).map_err(|error| broken(&error))?;
    let entry = Entry::parse(&bundle.record.entry).map_err(|error| broken(&error))?;
    let record = Record::decode(&entry.payload).map_err(|error| broken(&error))?;
    let names = attachment_names(&record);
    let unknown = which
        .iter()
        .find(|name| *name != "all" && *name != "none" && !names.contains(name));
    if let Some(unknown) = unknown {
        let message = "the record attaches no such file";
        let fix = match names.as_slice() {
            [] => "it attaches none".to_owned(),
            names => format!("it attaches {}", names.join(", ")),
        };
        return Err(Failure::usage(
            Trouble::new("NO_SUCH_FILE", unknown, message).fix(fix),
        ));
    }
    let is_all = which.iter().any(|name| name == "all");
    let files = names.into_iter().zip(record.attachments());
    bundle.files = files
        .filter(|(name, _)| is_all || which.contains(name))
        .filter_map(|(name, attachment)| {
            let sha256 = <[u8; 32]>::try_from(attachment.sha256.as_slice()).ok()?;
            Some(BundledFile {
                name,
                sha256: Hash::new(sha256),
                size: attachment.size,
            })
        })
        .collect();
    let text = bundle.encode().map_err(|error| broken(&error))?;
    Ok(text.into_bytes())
}
