//! Talking to a ledger: connecting with a policy, and what each kind of error means for the person at the terminal.

use std::path::Path;

use tonic::Code;
use witnessmark_client::{Client, ClientError, Refusal};
use witnessmark_store_sled::OpenError;

use super::files::read_policy;
use super::{Memory, misbehaviour};
use crate::ledger::LedgerError;
use crate::output::{Failure, Outcome, Trouble};

/// Connects to the ledger at `url`, trusting what the policy file says.
///
/// # Errors
///
/// When the policy cannot be used, or nothing answers.
pub(crate) async fn connect(
    url: &str,
    policy: &Path,
    memory: Memory<'_>,
) -> Result<Client, Failure> {
    let client = unconnected(url, policy, memory).await?;
    client.reconnect().await.map_err(client_trouble)
}

/// The client of the ledger at `url`, before it is known whether anything answers there.
///
/// # Errors
///
/// When the policy, the address or the remembered checkpoint cannot be used.
pub(super) async fn unconnected(
    url: &str,
    policy: &Path,
    memory: Memory<'_>,
) -> Result<Client, Failure> {
    let policy = read_policy(policy)?;
    let remembered = memory.open(&policy).await?;
    Client::unconnected(url, policy, remembered).map_err(client_trouble)
}

/// What an error of the client means: whose turn it is, and the exit code.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` takes"
)]
pub(crate) fn client_trouble(error: ClientError) -> Failure {
    let text = error.to_string();
    let trouble = |reason, fix| Trouble::new(reason, "", &text).fix(fix);
    match &error {
        ClientError::Refused(refusal) => refused("", refusal),
        ClientError::Unreachable(_) => Failure::cannot_tell(trouble(
            "UNREACHABLE",
            "check the address and that the ledger runs; submitting again is always safe",
        )),
        ClientError::Misbehaviour(found) => misbehaviour::found(found),
        ClientError::NotVerified(_) => Failure::refused(trouble(
            "NOT_VERIFIED",
            "check that the policy is this ledger's; if it is, do not trust the answer",
        )),
        ClientError::Protocol(_) => Failure::cannot_tell(trouble(
            "PROTOCOL",
            "check that a Witnessmark ledger of a fitting version runs at this address",
        )),
        // These messages say what to do.
        ClientError::Address { .. } => Failure::usage(trouble("USAGE", "")),
        ClientError::Memory { .. } => Failure::cannot_tell(trouble("MEMORY", "")),
        _ => Failure::cannot_tell(trouble("CLIENT", "")),
    }
}

/// What an error of a ledger's folder means.
pub(crate) fn ledger_trouble(error: &LedgerError) -> Failure {
    let (reason, fix) = match error {
        LedgerError::AlreadyLedger(_) => ("LEDGER_EXISTS", "serve it, or name another folder"),
        LedgerError::NotEmpty(_) => ("FOLDER_NOT_EMPTY", "name a new or empty folder"),
        LedgerError::NotLedger(_) => ("NOT_A_LEDGER", "check the folder's name"),
        LedgerError::Settings { .. } => (
            "LEDGER_SETTINGS",
            "correct the file, or restore it as it was",
        ),
        LedgerError::Key(_) => ("LEDGER_KEY", ""),
        LedgerError::OtherKey(_) => (
            "LEDGER_KEY",
            "name the key with which the ledger was made, as log_key in ledger.toml",
        ),
        LedgerError::Store(OpenError::Damaged { .. } | OpenError::StoreGone { .. }) => (
            "LEDGER_STORE",
            "witnessmark restore rebuilds a ledger from an export",
        ),
        LedgerError::Store(_) | LedgerError::Log { .. } => ("LEDGER_STORE", ""),
        LedgerError::Io { .. } => ("IO", ""),
    };
    // The message names the folder or the file.
    Failure::cannot_tell(Trouble::new(reason, "", error).fix(fix))
}

/// A refusal of the ledger, with one trouble for each field at fault.
pub(crate) fn refused(place: &str, refusal: &Refusal) -> Failure {
    let reason = refusal.reason;
    // Then it is not the submission's fault: another time, the answer may be another.
    let may_change = matches!(
        reason.code(),
        Code::Unavailable | Code::ResourceExhausted | Code::DataLoss | Code::Internal
    );
    let outcome = if may_change {
        Outcome::CannotTell
    } else {
        Outcome::Refused
    };
    let mut troubles =
        vec![Trouble::new(reason.name(), place, &refusal.message).fix(reason.remedy())];
    for violation in &refusal.violations {
        let field = if place.is_empty() {
            violation.path.clone()
        } else {
            format!("{place}: {}", violation.path)
        };
        troubles.push(Trouble::new(reason.name(), field, &violation.description));
    }
    Failure { outcome, troubles }
}
