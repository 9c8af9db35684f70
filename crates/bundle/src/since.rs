//! A verdict on a bundle, compared with a checkpoint that its reader kept from before.

use std::cmp::Ordering;

use witnessmark_verifier::{Checkpoint, Note};

use crate::escape::quote;
use crate::trust::read_policy;
use crate::verdict::{Check, Failure, LedgerFacts, Outcome, Verdict};

/// The name of the check, which is made after all others and only when it is asked for.
const NAME: &str = "since";

/// What the reader kept.
#[derive(Clone, Debug)]
pub struct Since<'a> {
    /// The bytes of the signed checkpoint; or why they could not be read.
    pub note: Result<&'a [u8], String>,
    /// The policy by which the bundle was judged. A log of it must have signed the note; witnesses are not asked for.
    pub policy: &'a [u8],
    /// Whether a bundle of an older state than the one kept is taken.
    pub allow_older: bool,
}

/// What the comparison shows: the detail of the check, and what the reader has to know.
type Compared = (String, Option<String>);

impl Verdict {
    /// The verdict with the check `since` behind the others: the bundle's checkpoint does not contradict the one that was kept,
    /// and is not older. Of one size both have one root. That a newer one continues the one that was kept is not in a bundle, and is said
    /// in a remark. A verdict that is not positive stays as it is.
    #[must_use]
    pub fn since(mut self, since: &Since<'_>) -> Self {
        let mut check = Check {
            name: NAME,
            outcome: Outcome::Skipped,
            detail: String::new(),
        };
        if let (true, Some(ledger)) = (self.word.is_positive(), &self.ledger) {
            match compare(ledger, since) {
                Ok((detail, remark)) => {
                    (check.outcome, check.detail) = (Outcome::Passed, detail);
                    self.add_remarks(remark.into_iter().collect());
                }
                Err(failure) => {
                    self.word = failure.word();
                    (check.outcome, check.detail) = (Outcome::Failed, failure.into_detail());
                    // What is shown of a record stands only beside a good answer.
                    self.record = None;
                    self.remarks.clear();
                }
            }
        }
        self.checks.push(check);
        self
    }

    /// Whether the bundle was compared with a checkpoint that its reader kept, and what came of it.
    pub fn compared_since(&self) -> Option<&str> {
        let check = self.checks.iter().find(|check| check.name == NAME)?;
        (check.outcome == Outcome::Passed).then_some(check.detail.as_str())
    }
}

fn compare(ledger: &LedgerFacts, since: &Since<'_>) -> Result<Compared, Failure> {
    let kept = kept(ledger, since)?.head;
    let (size, before) = (ledger.size, kept.size.get());
    match size.cmp(&before) {
        Ordering::Equal if ledger.root == kept.root => Ok((
            format!("the very tree of {size} entries that was kept"),
            None,
        )),
        Ordering::Equal => Err(Failure::not_verified(format!(
            "for {size} entries the ledger has signed another root before, so it has signed two histories; witnessmark \
             compare makes a proof of it"
        ))),
        Ordering::Greater => Ok((
            format!("{size} entries, and {before} when it was kept"),
            Some(format!(
                "The ledger has {size} entries in this bundle and had {before} in the checkpoint that you kept. That the one \
                 continues the other is not in a bundle: witnessmark compare shows it, with the ledger or an export as evidence."
            )),
        )),
        Ordering::Less if since.allow_older => Ok((
            format!("{size} entries, older than the {before} that were kept, as was allowed"),
            Some(format!(
                "You have seen the ledger with {before} entries, and this bundle is of its state with {size}: what was said of \
                 the record since is not in it. That the one continues the other is not in a bundle."
            )),
        )),
        Ordering::Less => Err(Failure::cannot_tell(format!(
            "the bundle is of {size} entries, and you have seen the ledger with {before}: what was said of the record since \
             is not in it"
        ))),
    }
}

/// The checkpoint that was kept, of the ledger of the bundle and signed by a key that the policy gives for it.
fn kept(ledger: &LedgerFacts, since: &Since<'_>) -> Result<Checkpoint, Failure> {
    let unread = |why: &dyn std::fmt::Display| {
        Failure::cannot_tell(format!("the checkpoint that was kept: {why}"))
    };
    let bytes = since.note.as_ref().map_err(|why| unread(why))?;
    let text = std::str::from_utf8(bytes).map_err(|_| unread(&"it is not UTF-8 text"))?;
    let note = Note::parse(text).map_err(|error| unread(&error))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|error| unread(&error))?;
    if checkpoint.origin.as_str() != ledger.origin {
        return Err(Failure::cannot_tell(format!(
            "the checkpoint that was kept is of another ledger, {}",
            quote(checkpoint.origin.as_str())
        )));
    }
    let (policy, _) = read_policy(since.policy)?;
    let mut keys = policy.logs().iter();
    let is_signed = keys.any(|key| *key.name() == checkpoint.origin && note.is_signed_by(key));
    if is_signed {
        Ok(checkpoint)
    } else {
        Err(unread(
            &"no key that the policy gives for the ledger has signed it",
        ))
    }
}
