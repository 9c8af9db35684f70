//! The key of the log, and the one rule of its use: sign what the verifier accepts, nothing else.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use witnessmark_tlog::{Encode as _, signature_line};
use witnessmark_verifier::{
    Checkpoint, ConsistencyError, ConsistencyProof, NoteAlgorithm, Origin, PublicKey, TreeHead,
    VerifierKey,
};

use crate::checkpoint::{SignedCheckpoint, SignedCheckpointError};

/// Whatever holds one Ed25519 key and signs with it: a key in memory, an agent, a token.
pub trait Signer: fmt::Debug + Send + Sync {
    /// The public half. It does not change.
    fn public_key(&self) -> PublicKey;

    /// The signature over `message`, pure Ed25519 of RFC 8032.
    ///
    /// May block for as long as its holder is given to answer.
    ///
    /// # Errors
    ///
    /// There is no signature; a later call may give one.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerError>;
}

/// Why there is no signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// What holds the key cannot be reached, or has the key no more.
    #[error("{holder} cannot be used: {why}")]
    Unavailable {
        /// What holds the key, such as the ssh-agent.
        holder: String,
        /// What it said, or what stopped the call.
        why: String,
    },
    /// What holds the key does not sign with it.
    #[error("{holder} refused to sign: {why}")]
    Refused {
        /// What holds the key.
        holder: String,
        /// What it said.
        why: String,
    },
    /// What holds the key gave no answer in time.
    #[error("{holder} gave no answer within {} s", .after.as_secs())]
    TimedOut {
        /// What holds the key.
        holder: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// What came back is not a signature by this key.
    #[error("what {holder} gave is not a signature by its key")]
    NotASignature {
        /// What holds the key.
        holder: String,
    },
}

impl<T: Signer + ?Sized> Signer for Arc<T> {
    fn public_key(&self) -> PublicKey {
        (**self).public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerError> {
        (**self).sign(message)
    }
}

impl Signer for SigningKey {
    #[expect(
        clippy::expect_used,
        reason = "a public key made from a secret key is canonical and torsion-free"
    )]
    fn public_key(&self) -> PublicKey {
        PublicKey::admit(self.verifying_key().as_bytes())
            .expect("the public key of a secret key is admitted")
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerError> {
        Ok(ed25519_dalek::Signer::sign(self, message).to_bytes())
    }
}

/// Signs the checkpoints of one log.
pub struct CheckpointSigner {
    key: Box<dyn Signer>,
    vkey: VerifierKey,
}

impl CheckpointSigner {
    /// The signer of the log `origin`, whose key `key` holds.
    pub fn new(origin: Origin, key: impl Signer + 'static) -> Self {
        let vkey = VerifierKey::new(origin, NoteAlgorithm::Ed25519, key.public_key());
        let key = Box::new(key);
        Self { key, vkey }
    }

    /// Signs the checkpoint of `new`, the successor of `old`, which was signed before.
    ///
    /// The signature must not leave the process before the tree of `new` is durable.
    ///
    /// # Errors
    ///
    /// The verifier does not accept that the old tree is a beginning of the new one, or does not
    /// accept the signature that was made. Nothing may be signed after that. Or there is no signature; then it can be tried again.
    pub fn sign(
        &self,
        old: &TreeHead,
        new: &TreeHead,
        proof: &ConsistencyProof,
    ) -> Result<SignedCheckpoint, SignError> {
        proof.verify(old, new).map_err(SignError::Inconsistent)?;
        let text = Checkpoint {
            origin: self.vkey.name().clone(),
            head: *new,
        }
        .encode();
        let signature = self.key.sign(text.as_bytes()).map_err(SignError::Signer)?;
        let line = signature_line(self.vkey.name(), self.vkey.key_id(), &signature);
        let signed =
            SignedCheckpoint::parse(&format!("{text}\n{line}")).map_err(SignError::Unusable)?;
        signed.verify(&self.vkey).map_err(SignError::Unusable)?;
        Ok(signed)
    }

    /// The key that verifies what this signer signs; its name is the log's origin.
    pub const fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }
}

impl fmt::Debug for CheckpointSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckpointSigner")
            .field("vkey", &self.vkey)
            .finish_non_exhaustive()
    }
}

/// Why a checkpoint was not signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The new tree is not shown to continue the old one.
    #[error("the new tree does not continue the one signed before: {0}")]
    Inconsistent(ConsistencyError),
    /// The key's holder gave no signature. Nothing is wrong with the log.
    #[error(transparent)]
    Signer(SignerError),
    /// The verifier refuses the checkpoint that was made.
    #[error("the verifier refuses the checkpoint that was made: {0}")]
    Unusable(SignedCheckpointError),
}

#[cfg(test)]
mod tests {
    use witnessmark_merkle::Frontier;
    use witnessmark_verifier::LeafHash;

    use super::*;

    fn signer() -> CheckpointSigner {
        let origin = Origin::parse("ledger.example/one").unwrap();
        CheckpointSigner::new(origin, SigningKey::from_bytes(&[7; 32]))
    }

    fn head_of(leaves: &[u8]) -> TreeHead {
        let mut frontier = Frontier::new();
        for leaf in leaves {
            frontier.push(LeafHash::of(&[*leaf]), &mut |_, _| {});
        }
        frontier.head()
    }

    #[test]
    fn what_is_signed_verifies() {
        let signer = signer();
        let head = head_of(b"a");
        let checkpoint = signer
            .sign(&head_of(b""), &head, &ConsistencyProof::new(Vec::new()))
            .unwrap();
        assert_eq!(checkpoint.head(), &head);
        assert_eq!(checkpoint.verify(signer.vkey()), Ok(()));
        assert!(checkpoint.text().starts_with("ledger.example/one\n1\n"));
    }

    #[test]
    fn a_tree_that_does_not_continue_the_old_one_is_not_signed() {
        let proof = ConsistencyProof::new(vec![LeafHash::of(b"b").hash()]);
        let signer = signer();
        assert!(signer.sign(&head_of(b"a"), &head_of(b"ab"), &proof).is_ok());
        let error = signer
            .sign(&head_of(b"x"), &head_of(b"ab"), &proof)
            .unwrap_err();
        assert!(matches!(error, SignError::Inconsistent(_)), "{error}");
        let shrunk = signer.sign(&head_of(b"ab"), &head_of(b"a"), &proof);
        assert!(matches!(shrunk, Err(SignError::Inconsistent(_))));
        let empty = ConsistencyProof::new(Vec::new());
        let other_root = signer.sign(&head_of(b"ab"), &head_of(b"ac"), &empty);
        assert!(matches!(other_root, Err(SignError::Inconsistent(_))));
    }

    #[test]
    fn another_key_or_name_does_not_verify() {
        let empty = ConsistencyProof::new(Vec::new());
        let signed = signer()
            .sign(&head_of(b""), &head_of(b"a"), &empty)
            .unwrap();
        let other_key = CheckpointSigner::new(
            Origin::parse("ledger.example/one").unwrap(),
            SigningKey::from_bytes(&[8; 32]),
        );
        assert!(signed.verify(other_key.vkey()).is_err());
        let other_name = CheckpointSigner::new(
            Origin::parse("ledger.example/two").unwrap(),
            SigningKey::from_bytes(&[7; 32]),
        );
        assert!(signed.verify(other_name.vkey()).is_err());
    }

    /// A holder that gives these bytes, or none.
    #[derive(Debug)]
    struct Broken(Option<[u8; 64]>);

    impl Signer for Broken {
        fn public_key(&self) -> PublicKey {
            Signer::public_key(&SigningKey::from_bytes(&[7; 32]))
        }

        fn sign(&self, _: &[u8]) -> Result<[u8; 64], SignerError> {
            self.0.ok_or_else(|| SignerError::TimedOut {
                holder: "the token".to_owned(),
                after: Duration::from_secs(5),
            })
        }
    }

    #[test]
    fn a_holder_that_fails_or_gives_something_else_makes_no_checkpoint() {
        let sign = |given| {
            let origin = Origin::parse("ledger.example/one").unwrap();
            let empty = ConsistencyProof::new(Vec::new());
            CheckpointSigner::new(origin, Broken(given)).sign(&head_of(b""), &head_of(b"a"), &empty)
        };
        let error = sign(None).unwrap_err();
        assert_eq!(error.to_string(), "the token gave no answer within 5 s");
        assert!(matches!(error, SignError::Signer(_)));
        let error = sign(Some([0; 64])).unwrap_err();
        assert!(matches!(error, SignError::Unusable(_)), "{error}");
    }

    #[test]
    fn the_secret_key_is_not_shown() {
        assert!(!format!("{:?}", signer()).contains("SigningKey"));
    }
}
