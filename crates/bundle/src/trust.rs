//! The checks that a bundle and a ledger share: the policy, and the checkpoint under it.

use witnessmark_policy::POLICY_BYTES_MAX;
use witnessmark_verifier::{CheckpointError, Note, TrustPolicy, VerifiedCheckpoint, sha256};

use crate::verdict::{Checklist, Failure, LedgerFacts, Stopped};

/// The check `policy`: what the reader trusts can be read. A policy that cannot be read is no fault of
/// the evidence, so the answer is then that nobody can tell.
pub(crate) fn policy(list: &mut Checklist, bytes: &[u8]) -> Result<TrustPolicy, Stopped> {
    let policy = list.record("policy", read_policy(bytes))?;
    list.facts().policy_sha256 = Some(sha256(bytes));
    Ok(policy)
}

pub(crate) fn read_policy(bytes: &[u8]) -> Result<(TrustPolicy, String), Failure> {
    if bytes.len() > POLICY_BYTES_MAX {
        return Err(Failure::cannot_tell(format!(
            "the policy file is larger than {POLICY_BYTES_MAX} bytes"
        )));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Failure::cannot_tell("the policy file is not UTF-8 text"))?;
    let policy = witnessmark_policy::parse(text).map_err(|error| {
        Failure::cannot_tell(format!("the policy file cannot be read: {error}"))
    })?;
    let detail = format!("trusts {}, SHA-256 {}", log_names(&policy), sha256(bytes));
    Ok((policy, detail))
}

pub(crate) fn log_names(policy: &TrustPolicy) -> String {
    let names: Vec<_> = policy
        .logs()
        .iter()
        .map(|key| crate::escape::quote(key.name().as_str()))
        .collect();
    names.join(", ")
}

/// The checks `checkpoint` and `quorum`: a log of the policy signed it, and so did enough witnesses.
pub(crate) fn checkpoint(
    list: &mut Checklist,
    policy: &TrustPolicy,
    text: &str,
) -> Result<VerifiedCheckpoint, Stopped> {
    let (signed, quorum) = judge(policy, text);
    list.record("checkpoint", signed)?;
    let checkpoint = list.record("quorum", quorum)?;
    list.facts().ledger = Some(LedgerFacts {
        origin: checkpoint.origin().as_str().to_owned(),
        size: checkpoint.head().size.get(),
        root: checkpoint.head().root,
        cosigned: checkpoint
            .cosigned()
            .iter()
            .map(|c| (c.name.as_str().to_owned(), c.time_s))
            .collect(),
        quorum: checkpoint.quorum().map(str::to_owned),
        witnessed_s: checkpoint.witnessed_s(),
    });
    Ok(checkpoint)
}

type Judged<T> = Result<(T, String), Failure>;

/// One call judges both checks; its error says which of them failed.
fn judge(policy: &TrustPolicy, text: &str) -> (Judged<()>, Judged<VerifiedCheckpoint>) {
    let fail = |failure: Failure| (Err(failure.clone()), Err(failure));
    let note = match Note::parse(text) {
        Ok(note) => note,
        Err(error) => {
            return fail(Failure::not_verified(format!(
                "the checkpoint is not a signed note: {error}"
            )));
        }
    };
    let checkpoint = match policy.verify(&note) {
        Ok(checkpoint) => checkpoint,
        Err(error) => return refused(policy, &error),
    };
    let signed = format!(
        "{} signed it for {} entries",
        crate::escape::quote(checkpoint.origin().as_str()),
        checkpoint.head().size.get()
    );
    let quorum = match checkpoint.quorum() {
        None => "the policy requires no independent witness".to_owned(),
        Some(quorum) => format!(
            "{quorum}: cosigned by {} of the policy's witnesses",
            checkpoint.cosigned().len()
        ),
    };
    (Ok(((), signed)), Ok((checkpoint, quorum)))
}

fn refused(
    policy: &TrustPolicy,
    error: &CheckpointError,
) -> (Judged<()>, Judged<VerifiedCheckpoint>) {
    let text = error.to_string();
    match error {
        CheckpointError::UnknownLog(_) => {
            let failure = Failure::cannot_tell(format!(
                "not this ledger: no log of the policy signed the checkpoint; the policy trusts {}",
                log_names(policy)
            ));
            (Err(failure.clone()), Err(failure))
        }
        CheckpointError::BadCosignature(_) | CheckpointError::QuorumNotMet { .. } => {
            let signed = "a log of the policy signed it".to_owned();
            (Ok(((), signed)), Err(Failure::not_verified(text)))
        }
        CheckpointError::Malformed(_)
        | CheckpointError::NotSigned(_)
        | CheckpointError::BadLogSignature(_)
        | _ => {
            let failure = Failure::not_verified(text);
            (Err(failure.clone()), Err(failure))
        }
    }
}
