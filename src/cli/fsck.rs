//! `fsck`: everything that a stopped ledger has stored, derived again from the bytes of its entries.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use witnessmark_keychain::Keychain;
use witnessmark_log::Store as _;
use witnessmark_store_sled::{Damage, Findings, OpenError, SledStore};
use witnessmark_verifier::{Entry, EntryKind, RecordId, VerifierKey};

use super::ledger_trouble;
use crate::keyfile::{self, KeyFile};
use crate::ledger::{self, LedgerError, damaged};
use crate::output::{Failure, Outcome, Output, Report, Trouble};

/// Check everything that a stopped ledger has stored.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  witnessmark fsck ledger
  witnessmark fsck ledger --full       (checks every signature, too)

Derives hashes, tiles, root, record ids and key chains again from the bytes of the entries, and \
compares them with what is stored, with the checkpoint and with the anchor; and the policy and the keys with each other. Everything that is wrong is \
listed with its place. Nothing is repaired. When nothing is wrong and a running ledger had found damage before, \
the file `damaged` goes and the ledger takes records again. Opening a store lets its engine write to the folder: \
when the folder may be needed as it is, copy it first and check the copy.

Exit codes:
  0   nothing is wrong
  1   something stored is damaged or missing
  2   cannot tell: not a ledger, in use, or a file cannot be read")]
pub(super) struct Arguments {
    /// The folder of a ledger that is not running.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Check the signatures of all records, too.
    #[arg(long)]
    full: bool,
}

/// Checks the folder.
///
/// # Errors
///
/// When something is wrong with it, or it cannot be told.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let (store, vkey) = ledger::open_store(&arguments.dir).map_err(|error| {
        let mut failure = ledger_trouble(&error);
        if let LedgerError::Store(OpenError::Damaged { .. } | OpenError::StoreGone { .. }) = error {
            failure.outcome = Outcome::Refused;
        }
        failure
    })?;
    let mut found = examine(&store, &vkey, arguments.full, output);
    found.damage.extend(beside_the_store(&arguments.dir, &vkey));
    let was_marked = found.is_whole()
        && store.read_only_reason().is_none()
        && damaged::clear(&arguments.dir).unwrap_or_else(|error| {
            let place = damaged::path(&arguments.dir);
            found.damage.push(Damage {
                place: place.display().to_string(),
                what: format!("it says that damage was found, and cannot be removed: {error}"),
            });
            false
        });
    report(arguments, &found, store.read_only_reason(), was_marked)
}

/// Derives everything in the store again, with the signatures of records if `full`, and says what is wrong.
pub(super) fn examine(
    store: &SledStore,
    vkey: &VerifierKey,
    full: bool,
    output: &Output,
) -> Findings {
    let mut admission = Admission {
        full,
        ..Admission::default()
    };
    let size = store
        .latest()
        .ok()
        .flatten()
        .map_or(0, |latest| latest.size());
    let bar = output.progress(size, "checking");
    let mut found = store.fsck(&mut |index, entry| {
        bar.set_position(index);
        admission.judge(index, entry)
    });
    bar.finish_and_clear();
    found
        .damage
        .extend(beside_the_entries(store, vkey, &admission));
    found
}

/// What is wrong with the policy and the keys: that the policy trusts the log's key, and that what is there of each pair of keys is
/// a pair. A private key that is not there may be kept elsewhere.
fn beside_the_store(dir: &Path, vkey: &VerifierKey) -> Vec<Damage> {
    let mut wrong = Vec::new();
    let mut note = |place: &Path, what: String| {
        let place = place.strip_prefix(dir).unwrap_or(place);
        wrong.push(Damage {
            place: place.display().to_string(),
            what,
        });
    };
    let policy = ledger::policy_path(dir);
    let line = format!("log {vkey}");
    match fs::read_to_string(&policy) {
        Err(error) => note(&policy, error.to_string()),
        Ok(text) => match witnessmark_policy::parse(&text) {
            Err(error) => note(&policy, error.to_string()),
            Ok(_) if text.lines().any(|it| it == line) => {}
            Ok(_) => note(&policy, "it does not trust the key of the log".to_owned()),
        },
    }
    let folder = ledger::Folder::new(dir);
    for private in [folder.log_key(), folder.registrar_key()] {
        let public = keyfile::public_path(&private);
        // The registrars of a ledger may keep their keys to themselves.
        if private == folder.registrar_key() && !public.exists() && !private.exists() {
            continue;
        }
        let key = match keyfile::read_public(&public) {
            Ok(key) => key,
            Err(error) => {
                note(&public, error.to_string());
                continue;
            }
        };
        if !private.exists() {
            continue;
        }
        let pair = keyfile::load(&private).and_then(|it| match it {
            KeyFile::Key(it) => keyfile::public_of(&it, &private),
            // Nothing can be said of it without its passphrase.
            KeyFile::Sealed(_) => Ok(key.clone()),
        });
        match pair {
            Ok(pair) if pair == key => {}
            Ok(_) => note(&private, "it is not the key that is beside it".to_owned()),
            Err(error) => note(&private, error.to_string()),
        }
    }
    wrong
}

/// What is wrong with the checkpoint and the charter.
fn beside_the_entries(
    store: &SledStore,
    vkey: &VerifierKey,
    admission: &Admission,
) -> Option<Damage> {
    let damage = |place: &str, what: String| Damage {
        place: place.to_owned(),
        what,
    };
    let latest = match store.latest() {
        Ok(Some(latest)) => latest,
        Ok(None) => return Some(damage("store", "it has no log".to_owned())),
        Err(error) => return Some(damage("store", error.to_string())),
    };
    if let Err(error) = latest.checkpoint.verify(vkey) {
        return Some(damage(
            "checkpoint",
            format!("it is not one of {vkey}: {error}"),
        ));
    }
    let charter = admission.keychain.charter().map(|charter| &charter.origin);
    (charter != Some(latest.checkpoint.origin()))
        .then(|| damage("charter", "it is missing, or of another log".to_owned()))
}

fn report(
    arguments: &Arguments,
    found: &Findings,
    read_only: Option<&str>,
    was_marked: bool,
) -> Result<Report, Failure> {
    let dir = arguments.dir.display();
    if found.is_whole() && read_only.is_none() {
        let checked = if arguments.full {
            "every signature among it"
        } else {
            "but for the signatures of records: --full checks them too"
        };
        let mut text = format!(
            "{dir}: {} entries, and nothing is wrong ({checked})",
            found.size
        );
        if was_marked {
            text.push_str(
                "\nA running ledger had found damage here, which is not there any more: it takes records again. Keep an eye on the \
                 disk and the memory of this machine",
            );
        }
        let json = json!({ "folder": arguments.dir, "size": found.size, "full": arguments.full, "was_marked_damaged": was_marked });
        return Ok(Report::done(text, json));
    }
    let of = |damage: &Damage| Trouble::new("DAMAGED", &damage.place, &damage.what);
    let mut troubles: Vec<Trouble> = found.damage.iter().map(of).collect();
    if found.left_out > 0 {
        let more = format!("{} more are not listed", found.left_out);
        troubles.push(Trouble::new("DAMAGED", "", more));
    }
    let reason = read_only.unwrap_or("a start would not notice it at once");
    troubles.push(Trouble::new("DAMAGED", &dir, reason).fix(
        "copy the folder before anything else is tried with it; witnessmark restore rebuilds it \
         from an export",
    ));
    Err(Failure {
        outcome: Outcome::Refused,
        troubles,
    })
}

/// What the entries so far say about the next one.
#[derive(Default)]
struct Admission {
    full: bool,
    keychain: Keychain,
    registered_at: u64,
}

impl Admission {
    fn judge(&mut self, index: u64, bytes: &[u8]) -> Result<RecordId, String> {
        let entry = Entry::parse(bytes).map_err(|error| error.to_string())?;
        if entry.registered_at < self.registered_at {
            return Err("it is registered before the one before it".to_owned());
        }
        self.registered_at = entry.registered_at;
        if self.full && entry.kind == EntryKind::Record {
            let chain = entry
                .org
                .as_ref()
                .and_then(|org| self.keychain.organisation(org));
            let chain = chain.ok_or("its organisation is unknown")?;
            chain
                .check_record_entry(&entry)
                .map_err(|error| error.to_string())?;
        }
        let replayed = self.keychain.replay(index, &entry);
        replayed.map_err(|error| error.to_string())?;
        Ok(entry.record_id())
    }
}
