//! What can come of a call instead of a verified answer, ordered by whose fault it is.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tonic::{Code, Status};
use witnessmark_proto::{AnswerMalformed, MessageMalformed, Refusal};
use witnessmark_verifier::{ConsistencyProof, Hash};

/// Why there is no verified answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The ledger refused the request, and said why.
    #[error("the ledger refused: {0}")]
    Refused(Box<Refusal>),
    /// The ledger could not be reached, did not answer in time, or is not serving. What became of a
    /// submission is unknown: submit it again.
    #[error("the ledger cannot be reached: {0}")]
    Unreachable(String),
    /// The ledger showed two checkpoints that do not fit together. Keep this: it is evidence.
    #[error(transparent)]
    Misbehaviour(Box<Misbehaviour>),
    /// The answer does not verify: it is not proved by a checkpoint that the policy accepts.
    #[error("the answer does not verify: {0}")]
    NotVerified(String),
    /// The answer is not one that this version of the service can give.
    #[error("the answer is not understood: {0}")]
    Protocol(String),
    /// The address of the ledger is not one.
    #[error("{url:?} is not an address of a ledger: {problem}; write http://HOST:PORT")]
    Address {
        /// The address as it was given.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file of the remembered checkpoint cannot be used.
    #[error("the remembered checkpoint in {}: {error}", .path.display())]
    Memory {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        error: io::Error,
    },
}

/// Two checkpoints, both signed as the policy demands, that the ledger could not show to be of one
/// log. Printed, both notes are in it, word for word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misbehaviour {
    /// The checkpoint that was verified before.
    pub remembered: String,
    /// The checkpoint that was shown now.
    pub shown: String,
    /// Why they do not fit.
    pub problem: String,
    /// What shows it to others.
    pub evidence: Evidence,
    /// The folder in which a file with it belongs.
    pub folder: PathBuf,
}

/// What shows to others that a ledger has signed two histories. It holds as it is given here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Two notes of one size with different roots, signed by one key.
    TwoRoots {
        /// The notes, in no order.
        notes: [String; 2],
    },
    /// The newer tree begins with another tree than the one that the older note names; one key signed both.
    TwoBeginnings {
        /// The older note, then the newer one.
        notes: [String; 2],
        /// The root of as many entries of the newer tree as the older has.
        root: Hash,
        /// The proof that they are the beginning of the newer tree.
        consistency: ConsistencyProof,
    },
    /// Nothing: the ledger only did not show that the two belong together.
    Unproved(RefusedProof),
}

/// What a ledger did in place of proving that two trees belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedProof {
    /// It said that it has fewer entries than it has signed for.
    FewerEntries,
    /// It gave a proof that does not hold.
    DoesNotHold,
}

impl fmt::Display for Misbehaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the ledger misbehaves: {}", self.problem)?;
        writeln!(f, "the two notes that it signed:\n")?;
        writeln!(f, "verified before:\n{}", self.remembered)?;
        write!(f, "shown now:\n{}", self.shown)
    }
}

impl std::error::Error for Misbehaviour {}

impl ClientError {
    /// Whether the same call may succeed later, without anybody changing what is sent: the link broke, or the ledger is
    /// busy or away.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused(refusal) => refusal.reason.may_pass(),
            Self::Misbehaviour(_)
            | Self::NotVerified(_)
            | Self::Protocol(_)
            | Self::Address { .. }
            | Self::Memory { .. } => false,
        }
    }

    /// How long to wait before the same call may succeed, if the ledger has said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            Self::Unreachable(_)
            | Self::Misbehaviour(_)
            | Self::NotVerified(_)
            | Self::Protocol(_)
            | Self::Address { .. }
            | Self::Memory { .. } => None,
        }
    }

    pub(crate) fn refused(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }

    pub(crate) fn not_verified(problem: impl fmt::Display) -> Self {
        Self::NotVerified(problem.to_string())
    }
}

impl From<AnswerMalformed> for ClientError {
    fn from(error: AnswerMalformed) -> Self {
        Self::Protocol(error.to_string())
    }
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        let source = std::error::Error::source(&status);
        if let Some(malformed) = source.and_then(|error| error.downcast_ref::<MessageMalformed>()) {
            return Self::Protocol(malformed.to_string());
        }
        if let Some(refusal) = Refusal::from_status(&status) {
            return Self::refused(refusal);
        }
        let message = status.message();
        // A status that was made here and not by the ledger knows what it was made from.
        if let Some(source) = source {
            return Self::Unreachable(format!("{message}: {}", innermost(source)));
        }
        match status.code() {
            Code::Cancelled | Code::DeadlineExceeded => Self::Unreachable(format!(
                "the call took too long or was broken off ({message})"
            )),
            Code::Unavailable => Self::Unreachable(message.to_owned()),
            // The transport's words for this are precise; tonic has no other use for the code.
            Code::OutOfRange => Self::Protocol(format!("a message is too long ({message})")),
            code @ (Code::Ok
            | Code::Unknown
            | Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::ResourceExhausted
            | Code::FailedPrecondition
            | Code::Aborted
            | Code::Unimplemented
            | Code::Internal
            | Code::DataLoss
            | Code::Unauthenticated) => Self::Protocol(format!("{code:?} ({message})")),
        }
    }
}

/// What happened at last; the transport's outer errors say little.
pub(crate) fn innermost<'e>(error: &'e (dyn std::error::Error + 'static)) -> &'e dyn fmt::Display {
    let mut error = error;
    while let Some(inner) = error.source() {
        error = inner;
    }
    error
}

#[cfg(test)]
mod tests {
    use witnessmark_proto::Reason;

    use super::*;

    #[test]
    fn each_status_says_whose_turn_it_is() {
        let refusal = Status::from(Refusal::new(Reason::KeyRevoked, "no"));
        assert!(matches!(
            ClientError::from(refusal),
            ClientError::Refused(_)
        ));
        let unreachable = [Status::cancelled(""), Status::unavailable("")];
        for status in unreachable {
            assert!(matches!(
                ClientError::from(status),
                ClientError::Unreachable(_)
            ));
        }
        let unclear = [
            Status::internal(""),
            Status::out_of_range(""),
            Status::unimplemented(""),
        ];
        for status in unclear {
            assert!(matches!(
                ClientError::from(status),
                ClientError::Protocol(_)
            ));
        }
    }
}
