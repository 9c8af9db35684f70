//! The checks of a file of misbehaviour, in their order, under the policy of whoever checks it.

use witnessmark_verifier::{
    Checkpoint, Cosignature, Note, Origin, TrustPolicy, VerifierKey, sha256,
};

use super::finding::Steps;
use super::{Contradiction, Finding, FindingFacts, Misbehaviour, MisbehaviourError};
use crate::escape::quote;
use crate::trust::{log_names, read_policy};
use crate::verdict::{Failure, Stopped};

/// The checks of a file of misbehaviour, in order.
pub const MISBEHAVIOUR_CHECKS: &[&str] = &[
    "format",
    "policy",
    "checkpoints",
    "signatures",
    "contradiction",
];

/// Judges a file of misbehaviour by a policy: `bytes` are the file, `policy` is what its reader trusts.
///
/// The witnesses that a policy asks for are not asked for here: who signs two histories does not show both of them to
/// witnesses.
pub fn judge_misbehaviour(bytes: &[u8], policy: &[u8]) -> Finding {
    let mut steps = Steps::new();
    // What stopped it is in the list.
    let _stopped: Result<(), Stopped> = judge(&mut steps, bytes, policy);
    steps.into_finding()
}

fn judge(steps: &mut Steps, bytes: &[u8], policy_bytes: &[u8]) -> Result<(), Stopped> {
    let file = steps.record("format", parse(bytes))?;
    let policy = steps.record("policy", read_policy(policy_bytes))?;
    steps.finding().policy_sha256 = Some(sha256(policy_bytes));
    let signed = steps.record("checkpoints", checkpoints(&file, &policy))?;
    let key = steps.record("signatures", signer(&signed, &policy))?;
    let [old, new] = &signed;
    steps.finding().facts = Some(FindingFacts {
        origin: old.checkpoint.origin.as_str().to_owned(),
        key: key.to_string(),
        heads: [old.checkpoint.head, new.checkpoint.head],
        shown_by: file.shown_by.clone(),
        cosigned_both: cosigned_both(&signed, &policy),
    });
    let heads = [&old.checkpoint.head, &new.checkpoint.head];
    let shown = match (file.shown_by.check(heads), &file.shown_by) {
        (Ok(Some(why)), _) => Ok(((), why)),
        (Ok(None), Contradiction::Unproved(refused)) => Err(Failure::cannot_tell(format!(
            "nothing in the file shows one; whoever wrote it says that the ledger {}",
            refused.words()
        ))),
        (Ok(None), _) => Err(Failure::cannot_tell("nothing in the file shows one")),
        (Err(why), _) => Err(Failure::not_verified(why)),
    };
    steps.record("contradiction", shown)
}

fn parse(bytes: &[u8]) -> Result<(Misbehaviour, String), Failure> {
    match Misbehaviour::parse(bytes) {
        Ok(file) => {
            let detail = format!("a file of the kind {}", file.shown_by.name());
            Ok((file, detail))
        }
        Err(error @ MisbehaviourError::UnknownVersion) => {
            Err(Failure::cannot_tell(error.to_string()))
        }
        Err(error) => Err(Failure::not_verified(error.to_string())),
    }
}

/// A note and the checkpoint that it is.
struct Signed<'a> {
    note: Note<'a>,
    checkpoint: Checkpoint,
}

impl<'a> Signed<'a> {
    fn parse(text: &'a str, which: &str) -> Result<Self, Failure> {
        let wrong = |error: &dyn std::fmt::Display| {
            Failure::not_verified(format!("the {which} note: {error}"))
        };
        let note = Note::parse(text).map_err(|error| wrong(&error))?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(|error| wrong(&error))?;
        Ok(Self { note, checkpoint })
    }

    fn is_cosigned_by(&self, key: &VerifierKey) -> bool {
        let mut lines = self.note.signatures().iter();
        lines.any(|line| {
            let cosignature = Cosignature::parse(&line.signature).filter(|_| line.is_by(key));
            cosignature.is_some_and(|it| it.verify(key, self.note.text()).is_ok())
        })
    }
}

/// Two checkpoints of one log that the policy names, in their order.
fn checkpoints<'a>(
    file: &'a Misbehaviour,
    policy: &TrustPolicy,
) -> Result<([Signed<'a>; 2], String), Failure> {
    let [first, second] = &file.notes;
    let (old, new) = (
        Signed::parse(first, "first")?,
        Signed::parse(second, "second")?,
    );
    let (one, two) = (&old.checkpoint, &new.checkpoint);
    if one.origin != two.origin {
        return Err(Failure::not_verified(format!(
            "the notes are of two ledgers, {} and {}",
            quote(one.origin.as_str()),
            quote(two.origin.as_str())
        )));
    }
    let place = |it: &Checkpoint| (it.head.size, *it.head.root.as_bytes());
    if place(one) > place(two) {
        return Err(Failure::not_verified(
            "the notes are not in their order: the smaller tree first",
        ));
    }
    if keys_of(policy, &one.origin).next().is_none() {
        return Err(Failure::cannot_tell(format!(
            "not a ledger of the policy, which trusts {}",
            log_names(policy)
        )));
    }
    let detail = format!("of {} and {} entries", one.head.size, two.head.size);
    Ok(([old, new], detail))
}

fn keys_of<'p>(
    policy: &'p TrustPolicy,
    origin: &'p Origin,
) -> impl Iterator<Item = &'p VerifierKey> {
    policy.logs().iter().filter(move |key| key.name() == origin)
}

/// The key of the policy that signed both notes.
fn signer<'p>(
    signed: &'p [Signed<'_>; 2],
    policy: &'p TrustPolicy,
) -> Result<(&'p VerifierKey, String), Failure> {
    let [first, _] = signed;
    let key = keys_of(policy, &first.checkpoint.origin)
        .find(|key| signed.iter().all(|note| note.note.is_signed_by(key)))
        .ok_or_else(|| {
            Failure::not_verified("no key that the policy gives for the ledger signed both notes")
        })?;
    let detail = format!("one key of the policy signed both: {}", key_id(key));
    Ok((key, detail))
}

fn key_id(key: &VerifierKey) -> String {
    witnessmark_verifier::hex::encode(&key.key_id())
}

/// The witnesses of the policy that signed both histories too.
fn cosigned_both(signed: &[Signed<'_>; 2], policy: &TrustPolicy) -> Vec<String> {
    let both = policy
        .witnesses()
        .filter(|key| signed.iter().all(|note| note.is_cosigned_by(key)));
    both.map(|key| key.name().as_str().to_owned()).collect()
}
