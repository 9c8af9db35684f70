//! People who sign: a ledger's keys, its registrar, and organisations, all from fixed seeds.

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_keychain::{Keychain, KeychainError, Submission};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Charter, EntrySignature, Hash, KeyAction, KeyEvent, KeyId, KeyRole, OrgName, Origin,
    PAYLOAD_TYPE_CHARTER, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD, PublicKey, RecordId,
    RevokeReason, key_chain_head, pae,
};

use crate::signer::CheckpointSigner;
use crate::submission::Checked;

/// A ledger for tests: everything about it is fixed, so a failure can be repeated.
#[derive(Clone, Debug)]
pub struct Fixture {
    origin: Origin,
    log_key: SigningKey,
    registrar: SigningKey,
}

impl Default for Fixture {
    fn default() -> Self {
        Self::new("ledger.example/test")
    }
}

impl Fixture {
    /// The ledger of this name.
    ///
    /// # Panics
    ///
    /// The name is no origin.
    #[expect(clippy::expect_used, reason = "a test that names no origin fails")]
    pub fn new(origin: &str) -> Self {
        let origin = Origin::parse(origin).expect("the name is an origin");
        let (log_key, registrar) = (secret_key("log"), secret_key("registrar"));
        Self {
            origin,
            log_key,
            registrar,
        }
    }

    /// The signer of the ledger's checkpoints.
    pub fn signer(&self) -> CheckpointSigner {
        CheckpointSigner::new(self.origin.clone(), self.log_key.clone())
    }

    /// The key that signs the ledger's checkpoints.
    pub fn log_key(&self) -> SigningKey {
        self.log_key.clone()
    }

    /// The ledger's name.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The charter's text and its signatures.
    pub fn charter(&self) -> (Vec<u8>, Vec<EntrySignature>) {
        let charter = Charter {
            origin: self.origin.clone(),
            created: 1_000,
            threshold: 1,
            registrars: vec![public_key(&self.registrar)],
        };
        let payload = charter.encode().into_bytes();
        let signatures = vec![signature(&self.registrar, PAYLOAD_TYPE_CHARTER, &payload)];
        (payload, signatures)
    }

    /// An organisation that has not asked for admission yet.
    ///
    /// # Panics
    ///
    /// The name is none of an organisation.
    #[expect(
        clippy::expect_used,
        reason = "a test that names no organisation fails"
    )]
    pub fn organisation(&self, name: &str) -> Organisation {
        let org = OrgName::parse(name).expect("the name is one of an organisation");
        Organisation {
            root: secret_key(&format!("{name} root")),
            registrar: self.registrar.clone(),
            org,
            seq: 0,
            head: Hash::new([0; 32]),
        }
    }
}

/// An organisation with one root key. It keeps count of its own key events, so each may be submitted
/// once, in the order they were made.
#[derive(Clone, Debug)]
pub struct Organisation {
    org: OrgName,
    root: SigningKey,
    registrar: SigningKey,
    seq: u32,
    head: Hash,
}

impl Organisation {
    /// The event that admits the organisation.
    pub fn genesis(&mut self) -> Submission {
        let roots = vec![public_key(&self.root)];
        let signers = [self.root.clone(), self.registrar.clone()];
        self.event(
            KeyAction::Genesis {
                threshold: 1,
                roots,
            },
            &signers,
        )
    }

    /// The event that adds the record key called `key`.
    pub fn add_key(&mut self, key: &str) -> Submission {
        let secret = self.key(key);
        let action = KeyAction::Add {
            key: public_key(&secret),
            role: KeyRole::Record,
            label: None,
        };
        let signers = [self.root.clone(), secret];
        self.event(action, &signers)
    }

    /// The event that revokes the key called `key`.
    pub fn revoke_key(&mut self, key: &str) -> Submission {
        let action = KeyAction::Revoke {
            key_id: public_key(&self.key(key)).key_id(),
            reason: RevokeReason::Lost,
            suspected_since: None,
        };
        let signers = [self.root.clone()];
        self.event(action, &signers)
    }

    /// A record with these bytes, signed by the key called `key`. The log does not look into records,
    /// so the bytes may be any.
    pub fn record(&self, key: &str, payload: &[u8]) -> Submission {
        Submission {
            org: self.org.clone(),
            payload_type: PAYLOAD_TYPE_RECORD.to_owned(),
            payload: payload.to_vec(),
            signatures: vec![signature(&self.key(key), PAYLOAD_TYPE_RECORD, payload)],
        }
    }

    /// The name of the organisation.
    pub const fn name(&self) -> &OrgName {
        &self.org
    }

    /// The secret key called `key`.
    pub fn key(&self, key: &str) -> SigningKey {
        secret_key(&format!("{} {key}", self.org.as_str()))
    }

    fn event(&mut self, action: KeyAction, signers: &[SigningKey]) -> Submission {
        self.seq += 1;
        let time = 2_000 + u64::from(self.seq);
        let event = KeyEvent {
            org: self.org.clone(),
            seq: self.seq,
            prev: self.head,
            time,
            action,
        };
        let payload = event.encode().into_bytes();
        let record_id = RecordId::of(PAYLOAD_TYPE_KEY_EVENT, &payload);
        self.head = key_chain_head(&self.head, &Hash::new(*record_id.as_bytes()));
        let signatures = signers
            .iter()
            .map(|signer| signature(signer, PAYLOAD_TYPE_KEY_EVENT, &payload))
            .collect();
        Submission {
            org: self.org.clone(),
            payload_type: PAYLOAD_TYPE_KEY_EVENT.to_owned(),
            payload,
            signatures,
        }
    }
}

impl Checked {
    /// Checks a submission as a server does, by its payload type.
    ///
    /// # Errors
    ///
    /// The keys, as `keychain` knows them, do not allow it.
    pub fn of(keychain: &Keychain, submission: Submission) -> Result<Self, KeychainError> {
        if submission.payload_type == PAYLOAD_TYPE_KEY_EVENT {
            keychain.check_key_event(submission).map(Self::from)
        } else {
            keychain.check_record(submission).map(Self::from)
        }
    }
}

/// The secret key that belongs to a name.
fn secret_key(name: &str) -> SigningKey {
    SigningKey::from_bytes(witnessmark_verifier::sha256(name.as_bytes()).as_bytes())
}

#[expect(
    clippy::expect_used,
    reason = "the public key of a secret key is admitted"
)]
fn public_key(key: &SigningKey) -> PublicKey {
    PublicKey::admit(key.verifying_key().as_bytes()).expect("a public key made from a secret key")
}

fn signature(key: &SigningKey, payload_type: &str, payload: &[u8]) -> EntrySignature {
    EntrySignature {
        key_id: KeyId::of(key.verifying_key().as_bytes()),
        signature: key.sign(&pae(payload_type, payload)).to_bytes(),
    }
}
