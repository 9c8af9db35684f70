//! Whether a checkpoint that is shown fits what is remembered; and if it does not, what shows that to others.

use witnessmark_proto::{EntrySelector, LeafWithProof, Reason};
use witnessmark_verifier::{
    ConsistencyProof, Hash, LeafIndex, TreeHead, VerifiedCheckpoint, VerifierKey,
};

use crate::error::RefusedProof;
use crate::kept::Kept;
use crate::remembered::{Remembered, Step, signers, verify_note};
use crate::{Client, ClientError, Evidence};

impl Client {
    /// Verifies a checkpoint that the ledger showed inside of something else, such as a bundle: the policy accepts it, and it
    /// fits what is remembered.
    ///
    /// # Errors
    ///
    /// It does not verify, or it does not fit.
    pub async fn check_checkpoint(&self, note: &str) -> Result<VerifiedCheckpoint, ClientError> {
        self.accept(note).await
    }

    /// Verifies a checkpoint: the policy accepts it, and it fits the one that is remembered of each key that signed it.
    pub(crate) async fn accept(&self, note: &str) -> Result<VerifiedCheckpoint, ClientError> {
        // One at a time: what is remembered must not move between the comparison and the advance.
        let mut remembered = self.remembered.lock().await;
        if let Some(latest) = remembered.accepted().filter(|it| it.note() == note) {
            return Ok(latest.clone());
        }
        let shown = verify_note(note, &self.policy)?;
        // Of every key that the policy gives for the ledger: one that did not sign this has signed for the same ledger.
        let keys = self.policy.logs().iter();
        for key in keys.filter(|key| key.name() == shown.origin()) {
            // Again for as long as other processes remember something newer.
            while !self.fits(&mut remembered, key, &shown).await? {}
        }
        remembered.accept(&shown);
        Ok(shown)
    }

    /// Compares a checkpoint with what is remembered of the key, and remembers it if it is newer and signed by the key. `false` when
    /// that has to be done again.
    async fn fits(
        &self,
        remembered: &mut Remembered,
        key: &VerifierKey,
        shown: &VerifiedCheckpoint,
    ) -> Result<bool, ClientError> {
        let is_signer = signers(shown, &self.policy).contains(key);
        match remembered.step(key, (shown, is_signer))? {
            Step::Fits => {}
            Step::Grows(old) => {
                self.check_fit(remembered, (key, shown), (&old, shown.head()))
                    .await?;
            }
            // What is remembered stays.
            Step::Lags(new) => {
                self.check_fit(remembered, (key, shown), (shown.head(), &new))
                    .await?;
                return Ok(true);
            }
        }
        if is_signer {
            remembered.advance(key, shown).await
        } else {
            Ok(true)
        }
    }

    /// Has the ledger prove that the first tree is a beginning of the second. One of them is remembered and the other is
    /// shown, so a ledger that cannot do this misbehaves, or has lost what it had.
    async fn check_fit(
        &self,
        remembered: &Remembered,
        (key, shown): (&VerifierKey, &VerifiedCheckpoint),
        (old, new): (&TreeHead, &TreeHead),
    ) -> Result<(), ClientError> {
        let (refused, problem) = match self.consistency_answer(old, new).await {
            Ok(answer) if answer.proof.verify(old, new).is_ok() => return Ok(()),
            Ok(_) => (
                RefusedProof::DoesNotHold,
                "its proof that the two belong together does not hold",
            ),
            Err(ClientError::Refused(refusal)) if refusal.reason == Reason::SizeBeyondLog => (
                RefusedProof::FewerEntries,
                "it has fewer entries than it has signed",
            ),
            Err(error) => return Err(error),
        };
        let Some(kept) = remembered.of(key) else {
            return Err(ClientError::not_verified(problem));
        };
        let evidence = self.evidence(kept, shown, refused).await;
        Err(remembered.misbehaviour(kept, shown, problem, evidence))
    }

    /// What shows to others that the two do not belong together, from the ledger's own mouth: a tree that it has signed and that does
    /// not begin with one of them.
    async fn evidence(
        &self,
        kept: &Kept,
        shown: &VerifiedCheckpoint,
        refused: RefusedProof,
    ) -> Evidence {
        // What one key signed does not convict another one.
        if !signers(shown, &self.policy).contains(&kept.key) {
            return Evidence::Unproved(refused);
        }
        let signed = [
            (kept.note.as_str(), kept.head),
            (shown.note(), *shown.head()),
        ];
        for (note, head) in signed {
            if let Some(evidence) = self.contradiction(&kept.key, note, head).await {
                return evidence;
            }
        }
        Evidence::Unproved(refused)
    }

    /// What the ledger's latest tree begins with, if that is another tree than `head`, which the key signed in `note`.
    async fn contradiction(
        &self,
        key: &VerifierKey,
        note: &str,
        head: TreeHead,
    ) -> Option<Evidence> {
        let (root, consistency, latest) = self.beginning(key, head.size.get()).await?;
        let (note, newer) = (note.to_owned(), latest.note().to_owned());
        if root == head.root {
            return None;
        }
        if latest.head().size == head.size {
            let notes = [note, newer];
            return Some(Evidence::TwoRoots { notes });
        }
        Some(Evidence::TwoBeginnings {
            notes: [note, newer],
            root,
            consistency,
        })
    }

    /// The root of the first `size` entries of the ledger's latest tree, the proof of that, and its checkpoint, signed by `key`.
    async fn beginning(
        &self,
        key: &VerifierKey,
        size: u64,
    ) -> Option<(Hash, ConsistencyProof, VerifiedCheckpoint)> {
        // Asked for size 0, the ledger takes its latest.
        if size == 0 {
            return None;
        }
        let request = EntrySelector::Index(LeafIndex::new(0)).inclusion_request(size);
        let answer = self.service.clone().get_inclusion_proof(request).await;
        let LeafWithProof {
            head,
            consistency,
            checkpoint,
            ..
        } = answer.ok()?.into_inner().try_into().ok()?;
        let latest = verify_note(&checkpoint, &self.policy).ok()?;
        let is_shown = head.size.get() == size
            && consistency.verify(&head, latest.head()).is_ok()
            && signers(&latest, &self.policy).contains(key);
        is_shown.then_some((head.root, consistency, latest))
    }
}
