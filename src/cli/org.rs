//! `org`: admit an organisation, add, revoke and replace its keys, show what a ledger knows of it.

mod cosign;
mod request;
mod show;
mod standing;
mod state;
mod words;

use std::path::PathBuf;

use witnessmark_bundle::SignedRecord;
use witnessmark_verifier::{
    Charter, Hash, KeyAction, KeyId, KeyRole, OrgName, PublicKey, RevokeReason,
};

use super::chain::{self, EventDraft};
use super::key::{Unlock, public_key};
use super::{Memory, client_trouble, connect, files, submit, when};
use crate::clock;
use crate::output::{Failure, Report, Trouble};
use crate::signer::{Key, KeyName};
use standing::Standing;
use state::View;
use words::Subject;

pub(super) use request::Request;
pub(super) use standing::check_threshold;

const AFTER_HELP: &str = "\
An organisation has root keys, which are kept offline and only sign key events, and device keys, \
which sign records.

Examples:
  witnessmark org genesis --org field-team --root root.key --registrar ledger/keys/registrar.key \\
      --to http://127.0.0.1:7480 --policy ledger/trust.policy
  witnessmark org add-key --org field-team --root root.key --key device.key --label \"Camera 1\" \\
      --to http://127.0.0.1:7480 --policy ledger/trust.policy

Where several people must sign on several machines, a request goes from one to the next:
  witnessmark org genesis --org field-team --root root.key --from export --policy trust.policy \\
      --out request.json
  witnessmark org cosign request.json --registrar registrar.key    (shows it; then with --confirm)
  witnessmark submit request.json --to URL --policy trust.policy   (on a machine with a network)";

/// Admit an organisation, add, revoke and replace its keys.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = AFTER_HELP)]
pub(super) enum Command {
    /// Admit an organisation: its first key event, signed by its roots and by the registrars.
    Genesis(Genesis),
    /// Allow a key to sign for the organisation.
    AddKey(AddKey),
    /// End a key. What it signed before stays valid for ever.
    Revoke(Revoke),
    /// Replace all root keys, and how many of them must sign.
    RotateRoot(RotateRoot),
    /// Show what a request does and who is missing, and sign it.
    Cosign(cosign::Arguments),
    /// Show the organisations of a ledger and their keys as of any entry, replayed and verified.
    Show(show::Arguments),
}

/// Where a signed event goes, and where it stands in the chain.
#[derive(Debug, clap::Args)]
struct Destination {
    /// Send the event to this ledger. All signatures must be there.
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
    /// Write a request to this file instead, which others can sign.
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    out: Option<PathBuf>,
    /// With --out: what the event follows, from this ledger or from this folder of an export. The request carries it along.
    #[arg(
        long,
        value_name = "URL|DIR",
        requires = "policy",
        conflicts_with_all = ["to", "seq"]
    )]
    from: Option<String>,
    /// With --out and without --from: the number of the event, as `org show` prints it.
    #[arg(long, value_name = "N", requires = "prev", conflicts_with = "to")]
    seq: Option<u32>,
    /// The head of the chain before the event, as `org show` prints it.
    #[arg(long, value_name = "HEX", requires = "seq", value_parser = Hash::parse_hex)]
    prev: Option<Hash>,
    #[command(flatten)]
    unlock: Unlock,
}

/// Admit an organisation.
#[derive(Debug, clap::Args)]
pub(super) struct Genesis {
    /// The organisation's name: lower-case letters, digits, dots and hyphens.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse)]
    org: OrgName,
    /// A root key that signs here; give it once for each root.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser())]
    root: Vec<KeyName>,
    /// The public key of a root that is elsewhere: a file, or the key itself in OpenSSH's form, PEM, hex or base64.
    #[arg(long, value_name = "PUBLIC")]
    root_public: Vec<String>,
    /// How many roots must sign each later event.
    #[arg(long, value_name = "N", default_value_t = 1)]
    threshold: u8,
    /// A registrar's key that signs here; with --to as many as the ledger's charter demands.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser())]
    registrar: Vec<KeyName>,
    #[command(flatten)]
    destination: Destination,
}

/// Allow a key to sign.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("added").args(["key", "public_key"]).required(true)))]
pub(super) struct AddKey {
    /// The organisation.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse)]
    org: OrgName,
    /// The private key to add: it signs the event too, as proof that it exists.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser())]
    key: Option<KeyName>,
    /// The public key to add, when the private one is elsewhere: its owner then signs the request with `org cosign --key`.
    #[arg(long, value_name = "PUBLIC")]
    public_key: Option<String>,
    /// What the key may sign: records, or only records that another key signs too.
    #[arg(long, value_enum, default_value = "record")]
    role: Role,
    /// What people call the key, at most 80 bytes.
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// A root key that signs here; give it once for each.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser())]
    root: Vec<KeyName>,
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
    /// A root key that signs here; give it once for each.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser())]
    root: Vec<KeyName>,
    #[command(flatten)]
    destination: Destination,
}

/// Replace all root keys.
#[derive(Debug, clap::Args)]
pub(super) struct RotateRoot {
    /// The organisation.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse)]
    org: OrgName,
    /// The public key of a root from now on: a file, or the key itself in OpenSSH's form, PEM, hex or base64. Give it once for
    /// each, also for those that stay.
    #[arg(long, value_name = "PUBLIC", required = true)]
    new_root: Vec<String>,
    /// How many of the new roots must sign each later event.
    #[arg(long, value_name = "N", default_value_t = 1)]
    threshold: u8,
    /// A root key of now that signs here; give it once for each.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser())]
    root: Vec<KeyName>,
    #[command(flatten)]
    destination: Destination,
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
        Command::RotateRoot(arguments) => rotate_root(arguments).await,
        Command::Cosign(arguments) => cosign::run(&arguments).await,
        Command::Show(arguments) => show::run(&arguments).await,
    }
}

async fn genesis(arguments: Genesis) -> Result<Report, Failure> {
    let unlock = &arguments.destination.unlock;
    let mut keys = unlock.open_all(&arguments.root)?;
    let mut roots: Vec<PublicKey> = keys.iter().map(|key| key.public_key()).collect();
    for text in &arguments.root_public {
        roots.push(public_key("--root-public", text)?);
    }
    let roots = key_set(roots);
    check_threshold(arguments.threshold, roots.len(), "roots")?;
    keys.extend(unlock.open_all(&arguments.registrar)?);
    let action = KeyAction::Genesis {
        threshold: arguments.threshold,
        roots,
    };
    let destination = &arguments.destination;
    if destination.seq.is_some() {
        return Err(Failure::usage(
            Trouble::new(
                "USAGE",
                "--seq",
                "a genesis is always event 1, and follows nothing",
            )
            .fix("leave out --seq and --prev"),
        ));
    }
    let view = destination.view(&arguments.org).await?;
    if view.as_ref().is_some_and(|view| view.chain.seq() > 0) {
        return Err(Failure::refused(
            Trouble::new(
                "KEY_EVENT_OUT_OF_ORDER",
                arguments.org.as_str(),
                "the ledger has admitted it already",
            )
            .fix("its keys are changed with `witnessmark org add-key`, `revoke` and `rotate-root`"),
        ));
    }
    let draft = EventDraft {
        org: arguments.org,
        seq: 1,
        prev: Hash::new([0; 32]),
        action,
    };
    let event = chain::sign_event(draft, clock::now_ms(), &keys)?;
    deliver(event, view.as_ref(), destination).await
}

async fn add_key(arguments: AddKey) -> Result<Report, Failure> {
    let unlock = &arguments.destination.unlock;
    let mut keys = unlock.open_all(&arguments.root)?;
    let added = match (&arguments.key, &arguments.public_key) {
        (Some(name), _) => {
            let key = unlock.open(name)?;
            let public = key.public_key();
            keys.push(key);
            public
        }
        (None, Some(text)) => public_key("--public-key", text)?,
        (None, None) => {
            return Err(Failure::usage(Trouble::new(
                "USAGE",
                "--key",
                "no key to add",
            )));
        }
    };
    let action = KeyAction::Add {
        key: added,
        role: match arguments.role {
            Role::Record => KeyRole::Record,
            Role::Countersign => KeyRole::Countersign,
        },
        label: arguments.label,
    };
    change(arguments.org, action, &keys, &arguments.destination).await
}

async fn revoke(arguments: Revoke) -> Result<Report, Failure> {
    let keys = arguments.destination.unlock.open_all(&arguments.root)?;
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

async fn rotate_root(arguments: RotateRoot) -> Result<Report, Failure> {
    let keys = arguments.destination.unlock.open_all(&arguments.root)?;
    let roots = arguments.new_root.iter();
    let roots = roots.map(|text| public_key("--new-root", text));
    let roots = key_set(roots.collect::<Result<_, _>>()?);
    check_threshold(arguments.threshold, roots.len(), "new roots")?;
    let action = KeyAction::RotateRoot {
        threshold: arguments.threshold,
        roots,
    };
    change(arguments.org, action, &keys, &arguments.destination).await
}

/// Ascending and each once, as the formats want them.
pub(super) fn key_set(mut keys: Vec<PublicKey>) -> Vec<PublicKey> {
    keys.sort_by_key(|key| *key.as_bytes());
    keys.dedup();
    keys
}

/// What a request without a ledger asks for, and how it stands.
///
/// # Errors
///
/// When it asks for nothing that can be signed.
pub(super) fn request_report(place: &str, request: &Request) -> Result<Report, Failure> {
    cosign::told(place, request, None)
}

/// The charter in a request, which enough of its registrars have signed.
///
/// # Errors
///
/// When it is no charter, or signatures are missing or not good.
pub(super) fn check_charter(place: &str, request: &Request) -> Result<Charter, Failure> {
    let (subject, standing) = Standing::of(place, request, None)?;
    match subject {
        Subject::Charter(charter) => {
            standing.must_be_complete()?;
            Ok(charter)
        }
        Subject::Event(event) => {
            let message = format!("it is a key event of {}, and no charter", event.org);
            Err(Failure::refused(
                Trouble::new("NOT_A_CHARTER", place, message)
                    .fix("give the file that `witnessmark init --charter-out` wrote"),
            ))
        }
    }
}

/// Signs the next event of a chain that exists, and delivers it.
async fn change(
    org: OrgName,
    action: KeyAction,
    keys: &[Key],
    destination: &Destination,
) -> Result<Report, Failure> {
    let view = destination.view(&org).await?;
    let (seq, prev) = match &view {
        Some(view) if view.chain.seq() == 0 => return Err(unknown(&org)),
        Some(View { chain, .. }) => (chain.seq().saturating_add(1), chain.head()),
        None => destination.place()?,
    };
    let draft = EventDraft {
        org,
        seq,
        prev,
        action,
    };
    let event = chain::sign_event(draft, clock::now_ms(), keys)?;
    deliver(event, view.as_ref(), destination).await
}

impl Destination {
    /// What the event follows, if a ledger or an export was named.
    async fn view(&self, org: &OrgName) -> Result<Option<View>, Failure> {
        let from = self.to.as_ref().or(self.from.as_ref());
        let Some((from, policy)) = from.zip(self.policy.as_ref()) else {
            return Ok(None);
        };
        View::read(org, from, policy, Memory::Usual).await.map(Some)
    }

    /// The place of the event in its chain, as it was typed.
    fn place(&self) -> Result<(u32, Hash), Failure> {
        self.seq.zip(self.prev).ok_or_else(|| {
            Failure::usage(
                Trouble::new(
                    "USAGE",
                    "--out",
                    "the event's place in the chain is not known",
                )
                .fix("give --from with a ledger or an export, or --seq and --prev as `witnessmark org show` prints them"),
            )
        })
    }
}

/// Sends the event, or writes it to a file.
async fn deliver(
    event: SignedRecord,
    view: Option<&View>,
    destination: &Destination,
) -> Result<Report, Failure> {
    let request = Request::new(event, view);
    if let Some(path) = &destination.out {
        let place = path.display().to_string();
        // What nobody could accept is not written.
        let report = cosign::told(&place, &request, view)?;
        files::write_new_or_same(path, request.encode().as_bytes())?;
        return Ok(report);
    }
    let Some((url, policy)) = destination.to.as_ref().zip(destination.policy.as_ref()) else {
        return Err(Failure::usage(Trouble::new(
            "USAGE",
            "",
            "give --to and --policy, or --out",
        )));
    };
    let (_, standing) = Standing::of("", &request, view)?;
    standing.must_be_complete()?;
    let client = connect(url, policy, Memory::Usual).await?;
    // Nothing is sent to a ledger that does not fit what is remembered of it.
    client.checkpoint().await.map_err(client_trouble)?;
    let logged = submit::send_event(&client, request.signed).await?;
    Ok(Report::done(logged.to_line("key event"), logged.to_json()))
}

fn unknown(org: &OrgName) -> Failure {
    Failure::refused(
        Trouble::new("ORGANISATION_UNKNOWN", org.as_str(), "the ledger has not admitted it")
            .fix("admit it with `witnessmark org genesis`, or check the name with `witnessmark org show`"),
    )
}
