//! Trust policies of C2SP tlog-policy: whose signatures make a checkpoint one to believe.

mod parse;
mod quorum;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::{
    Checkpoint, CheckpointError, Cosignature, Cosigned, Note, Origin, VerifiedCheckpoint,
    VerifierKey,
};
use quorum::Quorum;

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
    witnesses: Vec<Witness>,
    quorum: Quorum,
}

/// A witness of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    name: String,
    key: VerifierKey,
}

impl Witness {
    /// What the policy calls the witness; it means nothing elsewhere.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that the witness cosigns with.
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }
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
        let has_cosigned: Vec<bool> = times.iter().map(Option::is_some).collect();
        if !self.quorum.is_met(&has_cosigned) {
            let quorum = self.quorum.describe().unwrap_or_default();
            let missing = self.missing(&has_cosigned);
            return Err(CheckpointError::QuorumNotMet { quorum, missing });
        }
        let cosigned = self
            .witnesses
            .iter()
            .zip(times)
            .filter_map(|(witness, time_s)| {
                Some(Cosigned {
                    name: witness.key.name().clone(),
                    time_s: time_s?,
                })
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
                let verified = log
                    .public_key()
                    .verify(note.text().as_bytes(), line.signature());
                verified.map_err(|_| CheckpointError::BadLogSignature(log.name().clone()))?;
                signed |= log.name() == origin;
            }
        }
        if signed {
            Ok(())
        } else {
            Err(CheckpointError::NotSigned(origin.clone()))
        }
    }

    /// For each witness the earliest time of its cosignatures, all of which are good.
    fn cosignature_times(&self, note: &Note<'_>) -> Result<Vec<Option<u64>>, CheckpointError> {
        let mut times = vec![None; self.witnesses.len()];
        for line in note.signatures() {
            for (witness, time) in self.witnesses.iter().zip(&mut times) {
                if !line.is_by(&witness.key) {
                    continue;
                }
                let bad = || CheckpointError::BadCosignature(witness.key.name().clone());
                let cosignature = Cosignature::parse(line.signature()).map_err(|_| bad())?;
                cosignature
                    .verify(&witness.key, note.text())
                    .map_err(|_| bad())?;
                *time = Some(time.unwrap_or(cosignature.time_s).min(cosignature.time_s));
            }
        }
        Ok(times)
    }

    fn missing(&self, has_cosigned: &[bool]) -> Vec<Origin> {
        let counted = self.quorum.counted(self.witnesses.len());
        let witnesses = self.witnesses.iter().zip(counted).zip(has_cosigned);
        witnesses
            .filter(|((_, counted), has_cosigned)| *counted && !**has_cosigned)
            .map(|((witness, _), _)| witness.key.name().clone())
            .collect()
    }

    /// The logs that are trusted.
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// The witnesses that are known, in the order of the policy.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// What is asked of witnesses, in words; `None` when no cosignature is asked for.
    pub fn quorum(&self) -> Option<String> {
        self.quorum.describe()
    }
}
