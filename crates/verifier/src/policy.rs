//! Trust policies of C2SP tlog-policy: whose signatures make a checkpoint one to believe.
//!
//! How a policy is written as text is for `crates/policy`; here is what it means.

mod quorum;

use alloc::{string::String, sync::Arc, vec, vec::Vec};

use crate::{
    Checkpoint, CheckpointError, Cosignature, Cosigned, Note, NoteAlgorithm, Origin,
    VerifiedCheckpoint, VerifierKey,
};
use quorum::Quorum;

pub use quorum::{MemberKind, PolicyMember};

/// Whom the verifier's user trusts: logs, witnesses, and how many of them.
///
/// It comes from that user, never from whoever hands over the evidence.
///
/// Invariant: at least one log; logs have keys of type 01 and witnesses of type 04; no key twice; every
/// witness counts towards the quorum in at most one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustPolicy {
    logs: Vec<VerifierKey>,
    quorum: Quorum,
}

impl TrustPolicy {
    /// The policy that trusts these logs, and asks witnesses for what makes the member at the place `required` met; for no
    /// cosignature when there is none.
    ///
    /// # Errors
    ///
    /// When these parts break a rule of the type.
    pub fn try_new(
        logs: Vec<VerifierKey>,
        members: Vec<PolicyMember>,
        required: Option<usize>,
    ) -> Result<Self, TrustPolicyError> {
        if logs.is_empty() {
            return Err(TrustPolicyError::NoLog);
        }
        let quorum = Quorum { members, required };
        quorum.check()?;
        let policy = Self { logs, quorum };
        let logs = policy.logs.iter().map(|key| (key, NoteAlgorithm::Ed25519));
        let cosign = NoteAlgorithm::CosignatureEd25519;
        let witnesses = policy.witnesses().map(|key| (key, cosign));
        let mut known: Vec<&VerifierKey> = Vec::new();
        for (key, algorithm) in logs.chain(witnesses) {
            if key.algorithm() != algorithm {
                return Err(TrustPolicyError::KeyType);
            }
            if known.iter().any(|known| known.clashes_with(key)) {
                return Err(TrustPolicyError::KeyTwice);
            }
            known.push(key);
        }
        Ok(policy)
    }

    /// Checks that the note is a checkpoint of a log of this policy, signed by that log and cosigned by a
    /// quorum of witnesses.
    ///
    /// A signature by a key that the policy does not name is ignored; one that names a key of the policy
    /// and is not by it rejects the note. A witness counts once, however many cosignatures it has made.
    ///
    /// # Errors
    ///
    /// When the policy does not accept the note.
    pub fn verify(&self, note: &Note<'_>) -> Result<VerifiedCheckpoint, CheckpointError> {
        let checkpoint = Checkpoint::parse(note.text())?;
        if !self.logs.iter().any(|log| *log.name() == checkpoint.origin) {
            return Err(CheckpointError::UnknownLog(checkpoint.origin));
        }
        self.check_log_signatures(note, &checkpoint.origin)?;
        let times = self.cosignature_times(note)?;
        let witnessed_s = self.quorum.met_at(&times);
        if witnessed_s.is_none() && self.quorum.required.is_some() {
            let quorum = self.quorum.describe().unwrap_or_default();
            let missing = self.quorum.missing(&times);
            return Err(CheckpointError::QuorumNotMet { quorum, missing });
        }
        let members = self.quorum.members.iter().zip(times);
        let cosigned = members.filter_map(|(member, time)| {
            let name = member.key()?.name().clone();
            time.map(|time_s| Cosigned { name, time_s })
        });
        Ok(VerifiedCheckpoint {
            note: Arc::from(note.source()),
            checkpoint,
            cosigned: cosigned.collect(),
            quorum: self.quorum.describe(),
            witnessed_s,
        })
    }

    /// Every signature that names a log's key is good, and one of them is by the log of this origin.
    fn check_log_signatures(
        &self,
        note: &Note<'_>,
        origin: &Origin,
    ) -> Result<(), CheckpointError> {
        let mut signed = false;
        for line in note.signatures() {
            for log in self.logs.iter().filter(|log| line.is_by(log)) {
                let key = log.public_key();
                let verified = key.verify(note.text().as_bytes(), &line.signature);
                verified.map_err(|_| CheckpointError::BadLogSignature(log.name().clone()))?;
                signed |= log.name() == origin;
            }
        }
        if !signed {
            return Err(CheckpointError::NotSigned(origin.clone()));
        }
        Ok(())
    }

    /// For each member that is a witness the earliest time of its cosignatures, all of which are good.
    fn cosignature_times(&self, note: &Note<'_>) -> Result<Vec<Option<u64>>, CheckpointError> {
        let mut times = vec![None; self.quorum.members.len()];
        for line in note.signatures() {
            for (member, time) in self.quorum.members.iter().zip(&mut times) {
                if let Some(key) = member.key().filter(|key| line.is_by(key)) {
                    let bad = || CheckpointError::BadCosignature(key.name().clone());
                    let cosignature = Cosignature::parse(&line.signature).ok_or_else(bad)?;
                    let verified = cosignature.verify(key, note.text());
                    verified.map_err(|_| bad())?;
                    *time = Some(time.unwrap_or(u64::MAX).min(cosignature.time_s));
                }
            }
        }
        Ok(times)
    }

    /// The logs that are trusted.
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// The keys of the witnesses that may be asked for.
    pub fn witnesses(&self) -> impl Iterator<Item = &VerifierKey> {
        self.quorum.members.iter().filter_map(PolicyMember::key)
    }

    /// Whether the cosignatures of the witnesses of which `has` is true would be what is asked for.
    pub fn is_quorum(&self, has: impl Fn(&VerifierKey) -> bool) -> bool {
        let time = |member: &PolicyMember| member.key().filter(|key| has(key)).map(|_| 0);
        let times: Vec<_> = self.quorum.members.iter().map(time).collect();
        self.quorum.required.is_none() || self.quorum.met_at(&times).is_some()
    }

    /// What is asked of witnesses, in words; `None` when no cosignature is asked for.
    pub fn quorum(&self) -> Option<String> {
        self.quorum.describe()
    }
}

error! {
    /// Why logs and witnesses are not a policy.
    TrustPolicyError {
        /// There is no log.
        NoLog => "a policy trusts at least one log",
        /// The key of a log is not of type 01, or the key of a witness not of type 04.
        KeyType => "logs have keys of type 01, witnesses of type 04",
        /// Two keys are the same, or signatures could not tell them apart.
        KeyTwice => "a key is there twice",
        /// The threshold of a group is not a number from 1 to that of its members.
        Threshold => "the threshold of a group is not between 1 and the number of its members",
        /// A place is not one of a member, or a group has a member that stands after it or is in a group already.
        Place => "a member is missing, stands after its group, or is in two groups",
    }
}
