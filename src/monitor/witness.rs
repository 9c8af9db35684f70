//! What witnesses have cosigned (C2SP tlog-witness, the monitoring endpoint): checkpoints that a log has shown to others.

use std::collections::BTreeMap;

use witnessmark_follow::{Fetcher, LogAddress};
use witnessmark_verifier::{NOTE_BYTES_MAX, Note, TrustPolicy, VerifiedCheckpoint, sha256};

use crate::output::{Failure, Trouble};

/// The witnesses of one ledger.
#[derive(Debug)]
pub(crate) struct Witnesses {
    asked: Vec<Fetcher>,
    logs: TrustPolicy,
    /// By address, the size that a witness had and the log did not, at an earlier look.
    ahead: BTreeMap<String, u64>,
}

/// A checkpoint that a witness has, signed by the log.
#[derive(Debug)]
pub(crate) struct Cosigned {
    /// The address of the witness.
    pub(crate) from: String,
    /// What it has.
    pub(crate) checkpoint: VerifiedCheckpoint,
}

/// Whether a log is behind a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ahead {
    /// It is for the first time: a log has its cosignatures before it publishes.
    First,
    /// It was at an earlier look, and has not come up to what the witness had then.
    Still,
}

/// What all witnesses say.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) checkpoints: Vec<Cosigned>,
    pub(crate) troubles: Vec<Trouble>,
}

impl Witnesses {
    /// The witnesses at these addresses, for the logs of a policy that asks for none.
    ///
    /// # Errors
    ///
    /// The system's roots of trust cannot be read.
    pub(crate) fn new(addresses: &[LogAddress], logs: &TrustPolicy) -> Result<Self, Failure> {
        let asked = addresses
            .iter()
            .map(|address| Fetcher::new(address.clone()));
        let asked: Result<_, _> = asked.collect();
        Ok(Self {
            asked: asked.map_err(|error| Failure::cannot_tell(Trouble::new("HTTP", "", error)))?,
            logs: logs.clone(),
            ahead: BTreeMap::new(),
        })
    }

    /// Asks each witness for each origin of the policy. One that knows nothing of a log has nothing to say.
    pub(crate) async fn ask(&self) -> Answers {
        let mut answers = Answers::default();
        let origins = self.logs.logs().iter().map(|key| key.name().as_str());
        let origins: std::collections::BTreeSet<&str> = origins.collect();
        for fetcher in &self.asked {
            for origin in &origins {
                let path = format!("{}/checkpoint", sha256(origin.as_bytes()));
                let from = fetcher.address().as_str().to_owned();
                match fetcher.get(&path, NOTE_BYTES_MAX).await {
                    Ok(None) => {}
                    Ok(Some(bytes)) => match self.read(&bytes) {
                        Ok(checkpoint) => answers.checkpoints.push(Cosigned { from, checkpoint }),
                        Err(why) => answers.troubles.push(Trouble::new("WITNESS", from, why)),
                    },
                    Err(error) => answers.troubles.push(Trouble::new("WITNESS", from, error)),
                }
            }
        }
        answers
    }

    /// The signature of the log makes it a statement of the log, whoever hands it over.
    fn read(&self, bytes: &[u8]) -> Result<VerifiedCheckpoint, String> {
        let text = str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let note = Note::parse(text).map_err(|error| error.to_string())?;
        self.logs.verify(&note).map_err(|error| error.to_string())
    }

    /// Whether the log has been behind this witness for longer than a look. `size` is what the log has.
    pub(crate) fn is_still_ahead(&mut self, cosigned: &Cosigned, size: u64) -> Ahead {
        let now = cosigned.checkpoint.head().size.get();
        match self.ahead.get(&cosigned.from) {
            Some(before) if *before > size => Ahead::Still,
            _ => {
                self.ahead.insert(cosigned.from.clone(), now);
                Ahead::First
            }
        }
    }
}
