//! Trust policies of C2SP tlog-policy: whose signatures make a checkpoint one to believe.

mod parse;
mod quorum;

use alloc::{string::String, sync::Arc, vec, vec::Vec};

use crate::{
    Checkpoint, CheckpointError, Cosignature, Cosigned, Note, Origin, VerifiedCheckpoint,
    VerifierKey,
};
use quorum::{MemberKind, Quorum};

pub use parse::{PolicyError, PolicyErrorKind};

/// The most bytes a policy may have: many times what 32 logs, witnesses and groups need.
pub const POLICY_BYTES_MAX: usize = 100_000;

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
    /// The policy that `text` is.
    ///
    /// # Errors
    ///
    /// When `text` breaks a rule of C2SP tlog-policy, or names no log. The error says which line, what is
    /// wrong with it and what to do.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        parse::parse(text)
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
        let checkpoint = Checkpoint::parse(note.text()).map_err(CheckpointError::Malformed)?;
        if !self.logs.iter().any(|log| *log.name() == checkpoint.origin) {
            return Err(CheckpointError::UnknownLog(checkpoint.origin));
        }
        self.check_log_signatures(note, &checkpoint.origin)?;
        let times = self.cosignature_times(note)?;
        if !self.quorum.is_met(&times) {
            let quorum = self.quorum.describe().unwrap_or_default();
            let missing = self.quorum.missing(&times);
            return Err(CheckpointError::QuorumNotMet { quorum, missing });
        }
        let members = self.quorum.members.iter().zip(times);
        let cosigned = members.filter_map(|(member, time)| match &member.kind {
            MemberKind::Witness(key) => {
                let name = key.name().clone();
                time.map(|time_s| Cosigned { name, time_s })
            }
            MemberKind::Group { .. } => None,
        });
        Ok(VerifiedCheckpoint {
            note: Arc::from(note.source()),
            checkpoint,
            cosigned: cosigned.collect(),
            quorum: self.quorum.describe(),
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
                if let MemberKind::Witness(key) = &member.kind
                    && line.is_by(key)
                {
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
        let members = self.quorum.members.iter();
        members.filter_map(|member| match &member.kind {
            MemberKind::Witness(key) => Some(key),
            MemberKind::Group { .. } => None,
        })
    }

    /// What is asked of witnesses, in words; `None` when no cosignature is asked for.
    pub fn quorum(&self) -> Option<String> {
        self.quorum.describe()
    }
}
