//! `init`: make a new ledger.

use std::path::{Path, PathBuf};

use serde_json::json;
use witnessmark_bundle::SignedRecord;
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{Charter, Origin, PAYLOAD_TYPE_CHARTER, PublicKey};

use super::key::{Unlock, public_key};
use super::org::{Request, check_charter, check_threshold, key_set, request_report};
use super::{files, ledger_trouble};
use crate::ledger::LogKey;
use crate::output::{Failure, Report, Trouble, io_failure};
use crate::signer::KeyName;
use crate::{clock, ledger};

/// Make a new ledger.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark init --dir ledger --origin ledger.example/main

The folder then holds the ledger's keys (keys/log.key signs checkpoints, keys/registrar.key admits \
organisations), its charter as the first entry, and trust.policy: give that file to everybody who \
is to verify what the ledger says.

With registrars whose keys stay with them, on machines of their own:
  witnessmark init --origin ledger.example/main --registrar ada.pub --registrar ben.pub \\
      --registrar eva.pub --threshold 2 --charter-out charter.json
  witnessmark org cosign charter.json --registrar ada.key      (on Ada's machine; then on another's)
  witnessmark init --dir ledger --charter charter.json")]
pub(super) struct Arguments {
    /// The folder to make.
    #[arg(
        long,
        value_name = "DIR",
        required_unless_present = "charter_out",
        conflicts_with = "charter_out"
    )]
    dir: Option<PathBuf>,
    /// The ledger's name for ever: a host name with an optional path, such as ledger.example/main.
    #[arg(
        long,
        value_name = "ORIGIN",
        value_parser = Origin::parse,
        required_unless_present = "charter",
        conflicts_with = "charter"
    )]
    origin: Option<Origin>,
    /// The public key of a registrar: a file, or the key itself in OpenSSH's form, PEM, hex or base64. Give it once for each.
    #[arg(long, value_name = "PUBLIC", requires = "charter_out")]
    registrar: Vec<String>,
    /// How many of the registrars must sign to admit an organisation. It cannot be changed later.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "charter_out")]
    threshold: u8,
    /// Make no ledger yet: write its charter to this file, for the registrars to sign with `org cosign`.
    #[arg(
        long,
        value_name = "FILE",
        requires = "registrar",
        conflicts_with = "charter"
    )]
    charter_out: Option<PathBuf>,
    /// The charter that the registrars have signed.
    #[arg(long, value_name = "FILE")]
    charter: Option<PathBuf>,
    /// The private key with which the ledger signs its checkpoints, which stays where it is: a file, or a key in an ssh-agent or a
    /// token. Use it for nothing else. One is made in the folder when this is left out.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser(), conflicts_with = "charter_out")]
    log_key: Option<KeyName>,
    #[command(flatten)]
    unlock: Unlock,
}

/// Makes the ledger, or the charter that is to be signed first.
///
/// # Errors
///
/// When the folder cannot be made, or is not empty, or the charter is not one.
pub(super) fn run(arguments: &Arguments) -> Result<Report, Failure> {
    if let (Some(path), Some(origin)) = (&arguments.charter_out, &arguments.origin) {
        return ask(arguments, origin, path);
    }
    let dir = arguments.dir.as_deref().unwrap_or_else(|| Path::new(""));
    let log_key = log_key(arguments)?;
    let origin = match (&arguments.charter, &arguments.origin) {
        (Some(path), _) => {
            let (charter, signed) = signed_charter(path)?;
            let given = (&charter, signed);
            ledger::create_with(dir, given, log_key.as_ref(), clock::now_ms())
                .map_err(|error| ledger_trouble(&error))?;
            charter.origin
        }
        (None, Some(origin)) => {
            ledger::create(dir, origin, log_key.as_ref(), clock::now_ms())
                .map_err(|error| ledger_trouble(&error))?;
            origin.clone()
        }
        (None, None) => {
            let message = "a new ledger needs a name";
            let trouble = Trouble::new("USAGE", "--origin", message).fix("give --origin");
            return Err(Failure::usage(trouble));
        }
    };
    let policy = ledger::policy_path(dir);
    let shown = dir.display();
    let text = format!(
        "ledger {} made in {shown}\n  \
         policy    {}  (give it to everybody who verifies)\n  \
         next: witnessmark serve --dir {shown} --listen 127.0.0.1:7480",
        origin.as_str(),
        policy.display()
    );
    Ok(Report::done(
        text,
        json!({ "dir": dir, "origin": origin.as_str(), "policy": policy, "size": 1 }),
    ))
}

/// The key of the log, when it is not to be made.
fn log_key(arguments: &Arguments) -> Result<Option<LogKey>, Failure> {
    let Some(name) = &arguments.log_key else {
        return Ok(None);
    };
    let key = arguments.unlock.open(name)?;
    // The ledger finds it wherever it is started.
    let name = match name {
        KeyName::File(path) => {
            let whole = std::path::absolute(path).map_err(|error| io_failure(path, &error))?;
            if whole.to_str().is_none() {
                let message = "the name of the file is not UTF-8, and ledger.toml is";
                let trouble = Trouble::new("USAGE", "--log-key", message);
                return Err(Failure::usage(trouble.fix("rename the file")));
            }
            KeyName::File(whole)
        }
        KeyName::Agent(_) | KeyName::Token(_) => name.clone(),
    };
    Ok(Some(LogKey { name, key }))
}

/// Writes the charter for its registrars to sign.
fn ask(arguments: &Arguments, origin: &Origin, path: &Path) -> Result<Report, Failure> {
    let keys = arguments.registrar.iter();
    let keys: Result<Vec<PublicKey>, Failure> =
        keys.map(|text| public_key("--registrar", text)).collect();
    let registrars = key_set(keys?);
    check_threshold(arguments.threshold, registrars.len(), "registrars")?;
    let charter = Charter {
        origin: origin.clone(),
        created: clock::now_ms(),
        threshold: arguments.threshold,
        registrars,
    };
    let signed = SignedRecord {
        payload_type: PAYLOAD_TYPE_CHARTER.to_owned(),
        payload: charter.encode().into_bytes(),
        signatures: Vec::new(),
    };
    let request = Request::new(signed, None);
    let report = request_report(&path.display().to_string(), &request)?;
    files::write_new_or_same(path, request.encode().as_bytes())?;
    Ok(report)
}

/// Reads the charter; enough registrars have signed it.
fn signed_charter(path: &Path) -> Result<(Charter, SignedRecord), Failure> {
    let request = Request::read(path)?;
    let charter = check_charter(&path.display().to_string(), &request)?;
    Ok((charter, request.signed))
}
