//! `org`: admit an organisation, add and revoke its keys, show what a ledger knows of it.

use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use witnessmark_bundle::SignedRecord;
use witnessmark_verifier::{
    Hash, KeyAction, KeyChain, KeyId, KeyRole, OrgName, PublicKey, RecordId, RevokeReason,
};

use super::chain::{self, EventDraft};
use super::key::read_key;
use super::{LedgerOptions, Memory, client_trouble, connect, files, submit, when};
use crate::clock;
use crate::output::{Failure, Report, Trouble};

const AFTER_HELP: &str = "\
An organisation has root keys, which are kept offline and only sign key events, and device keys, \
which sign records.

Examples:
  witnessmark org genesis --org field-team --root root.key --registrar ledger/keys/registrar.key \\
      --to http://127.0.0.1:7480 --policy ledger/trust.policy
  witnessmark org add-key --org field-team --root root.key --key device.key --label \"Camera 1\" \\
      --to http://127.0.0.1:7480 --policy ledger/trust.policy

On a machine without a network, write the signed event to a file and carry it:
  witnessmark org revoke --org field-team --root root.key --key-id HEX --reason lost \\
      --seq 3 --prev HEX --out event.json
  witnessmark submit event.json --to URL --policy POLICY         (on a machine with one)";

/// Admit an organisation, add and revoke its keys.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = AFTER_HELP)]
pub(super) enum Command {
    /// Admit an organisation: its first key event, signed by its roots and by the registrars.
    Genesis(Genesis),
    /// Allow a key to sign for the organisation.
    AddKey(AddKey),
    /// End a key. What it signed before stays valid for ever.
    Revoke(Revoke),
    /// Add a signature to a carried event, when several roots must sign on several machines.
    Cosign(Cosign),
    /// Show the organisations of a ledger and their keys, replayed and verified.
    Show(Show),
}

/// Where a signed event goes, and where it stands in the chain.
#[derive(Debug, clap::Args)]
struct Destination {
    /// Send the event to this ledger.
    #[arg(
        long,
        value_name = "URL",
        required_unless_present = "out",
        requires = "policy"
    )]
    to: Option<String>,
    /// The policy file that says whose signatures are trusted.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Write the signed event to this file instead.
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    out: Option<PathBuf>,
    /// The number of the event, as `org show` prints it: needed with --out after the genesis.
    #[arg(long, value_name = "N", requires = "prev", conflicts_with = "to")]
    seq: Option<u32>,
    /// The head of the chain before the event, as `org show` prints it.
    #[arg(long, value_name = "HEX", requires = "seq", value_parser = Hash::parse_hex)]
    prev: Option<Hash>,
}

/// Admit an organisation.
#[derive(Debug, clap::Args)]
pub(super) struct Genesis {
    /// The organisation's name: lower-case letters, digits, dots and hyphens.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse)]
    org: OrgName,
    /// A root key file; give it once for each root.
    #[arg(long, value_name = "KEY", required = true)]
    root: Vec<PathBuf>,
    /// How many roots must sign each later event.
    #[arg(long, value_name = "N", default_value_t = 1)]
    threshold: u8,
    /// A registrar's key file; give as many as the ledger's charter demands.
    #[arg(long, value_name = "KEY")]
    registrar: Vec<PathBuf>,
    #[command(flatten)]
    destination: Destination,
}

/// Allow a key to sign.
#[derive(Debug, clap::Args)]
pub(super) struct AddKey {
    /// The organisation.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse)]
    org: OrgName,
    /// The private key file of the key to add: it signs the event too, as proof that it exists.
    #[arg(long, value_name = "KEY")]
    key: PathBuf,
    /// What the key may sign: records, or only records that another key signs too.
    #[arg(long, value_enum, default_value = "record")]
    role: Role,
    /// What people call the key, at most 80 bytes.
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// A root key file; give it once for each root that signs.
    #[arg(long, value_name = "KEY", required = true)]
    root: Vec<PathBuf>,
    #[command(flatten)]
    destination: Destination,
}

/// End a key.
#[derive(Debug, clap::Args)]
pub(super) struct Revoke {
    /// The organisation.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse)]
    org: OrgName,
    /// The key id, as `org show` or `key show` prints it.
    #[arg(long, value_name = "HEX", value_parser = KeyId::parse_hex)]
    key_id: KeyId,
    /// Why.
    #[arg(long, value_enum)]
    reason: Reason,
    /// Since when others may have used it, such as 2026-03-01T00:00:00Z: records registered later are shown
    /// with a warning.
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    suspected_since: Option<u64>,
    /// A root key file; give it once for each root that signs.
    #[arg(long, value_name = "KEY", required = true)]
    root: Vec<PathBuf>,
    #[command(flatten)]
    destination: Destination,
}

/// Add a signature to a carried event.
#[derive(Debug, clap::Args)]
pub(super) struct Cosign {
    /// The file with the signed event; the signature is added to it.
    event: PathBuf,
    /// A key file; give it once for each key that signs.
    #[arg(long, value_name = "KEY", required = true)]
    key: Vec<PathBuf>,
}

/// Show organisations and their keys.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// The organisation; all of them when left out.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse)]
    org: Option<OrgName>,
    /// The ledger's address.
    #[arg(long, value_name = "URL")]
    from: String,
    /// As of this entry: the keys after the entry with this index.
    #[arg(long, value_name = "INDEX")]
    at: Option<u64>,
    #[command(flatten)]
    ledger: LedgerOptions,
}

/// The roles a key can have.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Role {
    /// Signs records.
    Record,
    /// Signs records together with a key of role record.
    Countersign,
}

/// The reasons for which a key ends.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Reason {
    /// Another key took its place.
    Superseded,
    /// The organisation no longer has it.
    Lost,
    /// Somebody else has it, or may have it.
    Compromised,
    /// What it was for has ended.
    Ceased,
}

/// Runs one of the commands.
///
/// # Errors
///
/// When a file, the network or the ledger refuses.
pub(super) async fn run(command: Command) -> Result<Report, Failure> {
    match command {
        Command::Genesis(arguments) => genesis(arguments).await,
        Command::AddKey(arguments) => add_key(arguments).await,
        Command::Revoke(arguments) => revoke(arguments).await,
        Command::Cosign(arguments) => cosign(&arguments),
        Command::Show(arguments) => show(&arguments).await,
    }
}

async fn genesis(arguments: Genesis) -> Result<Report, Failure> {
    let mut keys = read_keys(&arguments.root)?;
    let mut roots = keys.iter().map(public_key).collect::<Result<Vec<_>, _>>()?;
    roots.sort_by_key(|root| *root.as_bytes());
    roots.dedup();
    if arguments.threshold == 0 || usize::from(arguments.threshold) > roots.len() {
        let message = format!("{} of {} roots", arguments.threshold, roots.len());
        return Err(Failure::usage(
            Trouble::new("USAGE", "--threshold", message)
                .fix("give a number from 1 to the number of different --root keys"),
        ));
    }
    keys.extend(read_keys(&arguments.registrar)?);
    let action = KeyAction::Genesis {
        threshold: arguments.threshold,
        roots,
    };
    let draft = EventDraft {
        org: arguments.org,
        seq: 1,
        prev: Hash::new([0; 32]),
        action,
    };
    let event = chain::sign_event(draft, clock::now_ms(), &keys);
    deliver(event, &arguments.destination).await
}

async fn add_key(arguments: AddKey) -> Result<Report, Failure> {
    let mut keys = read_keys(&arguments.root)?;
    let added = read_key(&arguments.key)?;
    let action = KeyAction::Add {
        key: public_key(&added)?,
        role: match arguments.role {
            Role::Record => KeyRole::Record,
            Role::Countersign => KeyRole::Countersign,
        },
        label: arguments.label,
    };
    keys.push(added);
    change(arguments.org, action, &keys, &arguments.destination).await
}

async fn revoke(arguments: Revoke) -> Result<Report, Failure> {
    let keys = read_keys(&arguments.root)?;
    let action = KeyAction::Revoke {
        key_id: arguments.key_id,
        reason: match arguments.reason {
            Reason::Superseded => RevokeReason::Superseded,
            Reason::Lost => RevokeReason::Lost,
            Reason::Compromised => RevokeReason::Compromised,
            Reason::Ceased => RevokeReason::Ceased,
        },
        suspected_since: arguments.suspected_since,
    };
    change(arguments.org, action, &keys, &arguments.destination).await
}

/// Signs the next event of a chain that exists, and delivers it.
async fn change(
    org: OrgName,
    action: KeyAction,
    keys: &[SigningKey],
    destination: &Destination,
) -> Result<Report, Failure> {
    let (seq, prev) = next_place(&org, destination).await?;
    let event = chain::sign_event(
        EventDraft {
            org,
            seq,
            prev,
            action,
        },
        clock::now_ms(),
        keys,
    );
    deliver(event, destination).await
}

/// The number of the next event and the head before it: from the ledger, or as given.
async fn next_place(org: &OrgName, destination: &Destination) -> Result<(u32, Hash), Failure> {
    if let (Some(seq), Some(prev)) = (destination.seq, destination.prev) {
        return Ok((seq, prev));
    }
    let Some((url, policy)) = destination.to.as_ref().zip(destination.policy.as_ref()) else {
        return Err(Failure::usage(
            Trouble::new(
                "USAGE",
                "--out",
                "the event's place in the chain is not known",
            )
            .fix("give --seq and --prev, as `witnessmark org show` prints them"),
        ));
    };
    let client = connect(url, policy, Memory::Usual).await?;
    let keychain = chain::replay(&client, None).await?;
    let chain = keychain.organisation(org).ok_or_else(|| unknown(org))?;
    Ok((chain.seq().saturating_add(1), chain.head()))
}

/// Sends the event, or writes it to a file.
async fn deliver(event: SignedRecord, destination: &Destination) -> Result<Report, Failure> {
    if let Some(path) = &destination.out {
        files::write_new_or_same(path, event.encode().as_bytes())?;
        let id = RecordId::of(&event.payload_type, &event.payload);
        let text = format!(
            "signed event written to {}\n  next: witnessmark submit {} --to URL --policy POLICY",
            path.display(),
            path.display()
        );
        return Ok(Report::done(
            text,
            json!({ "file": path, "record_id": id.to_string() }),
        ));
    }
    let Some((url, policy)) = destination.to.as_ref().zip(destination.policy.as_ref()) else {
        return Err(Failure::usage(Trouble::new(
            "USAGE",
            "",
            "give --to and --policy, or --out",
        )));
    };
    let client = connect(url, policy, Memory::Usual).await?;
    // Nothing is sent to a ledger that does not fit what is remembered of it.
    client.checkpoint().await.map_err(client_trouble)?;
    let logged = submit::send_event(&client, event).await?;
    Ok(Report::done(logged.to_line("key event"), logged.to_json()))
}

fn cosign(arguments: &Cosign) -> Result<Report, Failure> {
    let mut event = submit::read_signed(&arguments.event)?;
    let keys = read_keys(&arguments.key)?;
    for signature in chain::sign_payload(&event.payload_type, &event.payload, &keys) {
        if !event
            .signatures
            .iter()
            .any(|there| there.key_id == signature.key_id)
        {
            event.signatures.push(signature);
        }
    }
    files::write_replacing(&arguments.event, event.encode().as_bytes())?;
    let count = event.signatures.len();
    let text = format!(
        "{} now carries {count} signatures",
        arguments.event.display()
    );
    Ok(Report::done(
        text,
        json!({ "file": arguments.event, "signatures": count }),
    ))
}

async fn show(arguments: &Show) -> Result<Report, Failure> {
    let ledger = &arguments.ledger;
    let client = connect(&arguments.from, &ledger.policy, ledger.memory()).await?;
    let end = arguments.at.map(|index| index.saturating_add(1));
    let keychain = chain::replay(&client, end).await?;
    let chains: Vec<&KeyChain> = match &arguments.org {
        Some(org) => vec![keychain.organisation(org).ok_or_else(|| unknown(org))?],
        None => keychain.organisations().collect(),
    };
    let text: Vec<String> = chains.iter().map(|chain| describe(chain)).collect();
    let json: Vec<Value> = chains.iter().map(|chain| to_json(chain)).collect();
    let text = if text.is_empty() {
        "no organisation is admitted yet".to_owned()
    } else {
        text.join("\n")
    };
    Ok(Report::done(text, json!({ "organisations": json })))
}

fn describe(chain: &KeyChain) -> String {
    let mut lines = vec![
        format!("{}", chain.org()),
        format!(
            "  events    {}  (the next one: --seq {} --prev {})",
            chain.seq(),
            chain.seq().saturating_add(1),
            chain.head()
        ),
        format!(
            "  roots     {} of {} must sign",
            chain.threshold(),
            chain.roots().len()
        ),
    ];
    for root in chain.roots() {
        lines.push(format!("    {}", root.key_id()));
    }
    lines.push("  keys".to_owned());
    for key in chain.keys() {
        let label = key.label.as_deref().unwrap_or("(no label)");
        let state = key.revoked.as_ref().map_or_else(
            || "active".to_owned(),
            |revoked| {
                format!(
                    "revoked by event {} ({})",
                    revoked.seq,
                    reason_word(revoked.reason)
                )
            },
        );
        lines.push(format!(
            "    {}  {}  {state}  {label}",
            key.key.key_id(),
            role_word(key.role)
        ));
    }
    crate::output::plain(&lines.join("\n"))
}

fn to_json(chain: &KeyChain) -> Value {
    let roots: Vec<String> = chain
        .roots()
        .iter()
        .map(|root| root.key_id().to_string())
        .collect();
    let keys: Vec<Value> = chain
        .keys()
        .map(|key| {
            json!({
                "key_id": key.key.key_id().to_string(),
                "public_key": Hash::new(*key.key.as_bytes()).to_string(),
                "role": role_word(key.role),
                "label": key.label,
                "added_seq": key.added_seq,
                "revoked": key.revoked.as_ref().map(|revoked| json!({
                    "seq": revoked.seq,
                    "reason": reason_word(revoked.reason),
                    "suspected_since": revoked.suspected_since,
                })),
            })
        })
        .collect();
    json!({
        "org": chain.org().as_str(),
        "seq": chain.seq(),
        "head": chain.head().to_string(),
        "threshold": chain.threshold(),
        "roots": roots,
        "keys": keys,
    })
}

const fn role_word(role: KeyRole) -> &'static str {
    match role {
        KeyRole::Record => "record",
        KeyRole::Countersign => "countersign",
        _ => "other",
    }
}

const fn reason_word(reason: RevokeReason) -> &'static str {
    match reason {
        RevokeReason::Superseded => "superseded",
        RevokeReason::Lost => "lost",
        RevokeReason::Compromised => "compromised",
        RevokeReason::Ceased => "ceased",
        _ => "other",
    }
}

fn unknown(org: &OrgName) -> Failure {
    Failure::refused(
        Trouble::new("ORGANISATION_UNKNOWN", org.as_str(), "the ledger has not admitted it")
            .fix("admit it with `witnessmark org genesis`, or check the name with `witnessmark org show`"),
    )
}

fn read_keys(paths: &[PathBuf]) -> Result<Vec<SigningKey>, Failure> {
    paths.iter().map(|path| read_key(Path::new(path))).collect()
}

fn public_key(key: &SigningKey) -> Result<PublicKey, Failure> {
    PublicKey::admit(key.verifying_key().as_bytes())
        .map_err(|error| Failure::refused(Trouble::new("KEY_REFUSED", "", error)))
}
