//! `org show`: the keys of organisations as of any entry, and what the keys that signed an entry were then.

use serde_json::{Value, json};
use witnessmark_bundle::utc;
use witnessmark_keychain::Keychain;
use witnessmark_verifier::{
    Charter, Entry, EntryKind, KeyChain, KeyEvent, KeyId, OrgKey, OrgName, PublicKey,
};

use super::state::{not_verified, replay};
use super::unknown;
use super::words::{Subject, key_json, state_words};
use crate::cli::LedgerOptions;
use crate::output::{Failure, Report, Trouble, plain};

/// Show organisations and their keys.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  witnessmark org show --from http://127.0.0.1:7480 --policy trust.policy
  witnessmark org show --from export --policy trust.policy --at 41   (a folder, without a network)

Everything is replayed from the first entry and verified. With --at it is the state right after that entry, who signed that \
entry, what those keys were when the ledger took it, and what has become of them since.")]
pub(in crate::cli) struct Arguments {
    /// The organisation; all of them when left out.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse)]
    org: Option<OrgName>,
    /// The ledger's address, or the folder of an export.
    #[arg(long, value_name = "URL|DIR")]
    from: String,
    /// As of this entry: the keys after the entry with this index.
    #[arg(long, value_name = "INDEX")]
    at: Option<u64>,
    #[command(flatten)]
    ledger: LedgerOptions,
}

/// The entry that was asked for, between the state before and the state after it.
#[derive(Default)]
struct Moment {
    before: Keychain,
    entry: Option<Entry>,
    after: Option<Keychain>,
}

/// Shows them.
///
/// # Errors
///
/// When the log cannot be read or does not verify, or has no such entry or organisation.
pub(super) async fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let ledger = &arguments.ledger;
    let mut moment = Moment::default();
    let mut keep = |index: u64, _: &[u8], entry: &Entry, before: &Keychain| {
        if arguments.at == Some(index) {
            moment.before = before.clone();
            moment.entry = Some(entry.clone());
        } else if moment.entry.is_some() && moment.after.is_none() {
            moment.after = Some(before.clone());
        }
    };
    let memory = ledger.memory();
    let replayed = replay(&arguments.from, &ledger.policy, memory, &mut keep).await?;
    let (size, now) = (replayed.size, replayed.keychain);
    let Moment {
        before,
        entry,
        after,
    } = moment;
    let (state, told) = match (arguments.at, entry) {
        (None, _) => (now, None),
        (Some(index), Some(entry)) => {
            let state = after.unwrap_or_else(|| now.clone());
            let told = Told::of(index, entry, &before, &state, &now)?;
            (state, Some(told))
        }
        (Some(index), None) => return Err(beyond(index, size)),
    };
    let chains: Vec<&KeyChain> = match &arguments.org {
        Some(org) => vec![state.organisation(org).ok_or_else(|| unknown(org))?],
        None => state.organisations().collect(),
    };
    Ok(report(arguments.at, size, told.as_ref(), &chains))
}

fn beyond(index: u64, size: u64) -> Failure {
    let message = format!("the log has {size} entries");
    let fix = format!("give an index below {size}");
    Failure::refused(Trouble::new("INDEX_BEYOND_LOG", format!("--at {index}"), message).fix(fix))
}

/// What is to be said of one entry and its signers.
struct Told {
    index: u64,
    entry: Entry,
    subject: Option<Subject>,
    signers: Vec<Signed>,
}

/// A key that signed the entry.
struct Signed {
    id: KeyId,
    /// What it had to do with the entry, such as `root`.
    part: String,
    /// What the organisation knew of a key of its own when the entry was taken.
    then: Option<OrgKey>,
    /// The same at the end of the log.
    now: Option<OrgKey>,
}

impl Told {
    fn of(
        index: u64,
        entry: Entry,
        before: &Keychain,
        after: &Keychain,
        now: &Keychain,
    ) -> Result<Self, Failure> {
        let chain = |keychain: &Keychain| {
            let org = entry.org.as_ref()?;
            keychain.organisation(org).cloned()
        };
        let (was, is) = (chain(before), chain(after));
        let last = chain(now);
        let subject = match entry.kind {
            EntryKind::KeyEvent => KeyEvent::parse(&entry.payload)
                .ok()
                .map(|event| Subject::Event(Box::new(event))),
            EntryKind::Charter => Charter::parse(&entry.payload).ok().map(Subject::Charter),
            EntryKind::Record
            | EntryKind::TimeAnchor
            | EntryKind::Tombstone
            | EntryKind::Rehash
            | _ => None,
        };
        if entry.kind == EntryKind::Record {
            // Replaying compares the chains and does not verify the signatures of records.
            let checked = is.as_ref().map(|chain| chain.check_record_entry(&entry));
            if let Some(Err(error)) = checked {
                return Err(not_verified(format!("entry {index}"), &error));
            }
        }
        let registrars = after.charter().map(|it| it.registrars.clone());
        let registrars = registrars.unwrap_or_default();
        let key_of = |chain: &Option<KeyChain>, id: &KeyId| chain.as_ref()?.key(id).cloned();
        let signers = entry.signatures.iter().map(|signature| {
            let id = signature.key_id;
            let has = |keys: &[PublicKey]| keys.iter().any(|key| key.key_id() == id);
            let then = key_of(&is, &id);
            let mut parts = Vec::new();
            if was.as_ref().is_some_and(|chain| has(chain.roots())) {
                parts.push("root");
            }
            if is.as_ref().is_some_and(|chain| has(chain.roots())) && parts.is_empty() {
                parts.push("new root");
            }
            if has(&registrars) {
                parts.push("registrar");
            }
            match (&then, entry.kind) {
                (Some(key), EntryKind::Record) => parts = vec![key.role.as_str()],
                (Some(_), _) => parts.push("the key itself"),
                (None, _) => {}
            }
            Signed {
                id,
                part: parts.join(", "),
                then,
                now: key_of(&last, &id),
            }
        });
        let signers = signers.collect();
        Ok(Self {
            index,
            entry,
            subject,
            signers,
        })
    }

    fn lines(&self) -> Vec<String> {
        let entry = &self.entry;
        let org = entry.org.as_ref().map_or("", OrgName::as_str);
        let mut lines = vec![
            format!("entry {}  {}  {org}", self.index, kind_word(entry.kind)),
            format!("  record id   {}", entry.record_id()),
            format!(
                "  registered  {} by the ledger's clock",
                utc(entry.registered_at)
            ),
        ];
        if let Some(subject) = &self.subject {
            lines.extend(subject.lines().iter().map(|line| format!("  {line}")));
        }
        lines.push("  signed by".to_owned());
        for one in &self.signers {
            let label = one.then.as_ref().and_then(|key| key.label.as_deref());
            let label = label.map_or_else(String::new, |label| format!("  {label}"));
            lines.push(format!("    {}  {}{label}", one.id, one.part));
            lines.push("      signature good".to_owned());
            if entry.kind == EntryKind::Record {
                lines.extend(one.lines(entry.registered_at));
            }
        }
        lines
    }

    fn to_json(&self) -> Value {
        let entry = &self.entry;
        let signers: Vec<Value> = self.signers.iter().map(|it| it.to_json(entry)).collect();
        json!({
            "index": self.index,
            "kind": kind_word(entry.kind),
            "org": entry.org.as_ref().map(OrgName::as_str),
            "record_id": entry.record_id().to_string(),
            "registered_at": entry.registered_at,
            "event": self.subject.as_ref().map(Subject::to_json),
            "signers": signers,
        })
    }
}

impl Signed {
    /// Whether the organisation says that others may have had the key when the entry was registered.
    fn suspected(&self, registered_at: u64) -> bool {
        let revoked = self.now.as_ref().and_then(|key| key.revoked);
        let since = revoked.and_then(|revoked| revoked.suspected_since);
        since.is_some_and(|since| registered_at >= since)
    }

    /// The facts about a key of the organisation, apart from each other.
    fn lines(&self, registered_at: u64) -> Vec<String> {
        let active = self.then.as_ref().is_some_and(|key| key.revoked.is_none());
        let mut lines = vec![format!(
            "      {} when the ledger took the entry",
            if active { "active" } else { "not active" }
        )];
        if let Some(now) = &self.now {
            lines.push(format!(
                "      at the end of this log: {}",
                state_words(now)
            ));
        }
        if self.suspected(registered_at) {
            lines.push(
                "      COMPROMISE ALLEGED for the time in which the entry was registered"
                    .to_owned(),
            );
        }
        lines
    }

    fn to_json(&self, entry: &Entry) -> Value {
        let now = self
            .now
            .as_ref()
            .and_then(|key| key_json(key).get("revoked").cloned());
        let mut json = json!({
            "key_id": self.id.to_string(),
            "part": self.part,
            "signature": "good",
        });
        if entry.kind == EntryKind::Record
            && let Some(members) = json.as_object_mut()
        {
            let active = self.then.as_ref().is_some_and(|key| key.revoked.is_none());
            members.insert(
                "label".to_owned(),
                json!(self.then.as_ref().and_then(|it| it.label.clone())),
            );
            members.insert("active_at_registration".to_owned(), json!(active));
            members.insert("revoked_later".to_owned(), json!(now));
            members.insert(
                "compromise_alleged".to_owned(),
                json!(self.suspected(entry.registered_at)),
            );
        }
        json
    }
}

fn kind_word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Record => "record",
        EntryKind::KeyEvent => "key event",
        EntryKind::Charter => "charter",
        EntryKind::TimeAnchor => "time anchor",
        EntryKind::Tombstone => "tombstone",
        EntryKind::Rehash | _ => "rehash",
    }
}

fn report(at: Option<u64>, size: u64, told: Option<&Told>, chains: &[&KeyChain]) -> Report {
    let mut lines = Vec::new();
    if let Some(told) = told {
        lines.extend(told.lines());
        lines.push(String::new());
        lines.push(format!(
            "keys after entry {}, of a log of {size}",
            told.index
        ));
    }
    if chains.is_empty() {
        lines.push("no organisation is admitted yet".to_owned());
    }
    lines.extend(chains.iter().flat_map(|chain| describe(chain)));
    let organisations: Vec<Value> = chains.iter().map(|chain| to_json(chain)).collect();
    let json = json!({
        "size": size,
        "at": at,
        "entry": told.map(Told::to_json),
        "organisations": organisations,
    });
    Report::done(plain(&lines.join("\n")), json)
}

fn describe(chain: &KeyChain) -> Vec<String> {
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
        lines.push(format!(
            "    {}  {}  {}  {label}",
            key.key.key_id(),
            key.role.as_str(),
            state_words(key)
        ));
    }
    lines
}

fn to_json(chain: &KeyChain) -> Value {
    let roots: Vec<String> = chain
        .roots()
        .iter()
        .map(|root| root.key_id().to_string())
        .collect();
    let keys: Vec<Value> = chain.keys().map(key_json).collect();
    json!({
        "org": chain.org().as_str(),
        "seq": chain.seq(),
        "head": chain.head().to_string(),
        "threshold": chain.threshold(),
        "roots": roots,
        "keys": keys,
    })
}
