//! Keys of which the targets know the secrets, and what is signed with them.

use std::sync::OnceLock;

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_tlog::{Encode as _, signature_line};
use witnessmark_verifier::{
    Cosignature, EntrySignature, NoteAlgorithm, Origin, PublicKey, VerifierKey,
    cosignature_message, pae,
};

/// The origin of the log that the policies of the targets trust.
pub const ORIGIN: &str = "log.example/fuzz";
/// The seed of that log's key.
pub const LOG: u8 = 1;

/// The keys of all seeds, made once: to admit a key takes longer than all else that a target does.
fn all() -> &'static [(SigningKey, PublicKey)] {
    static ALL: OnceLock<Vec<(SigningKey, PublicKey)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let both = |seed: u8| {
            let secret = SigningKey::from_bytes(&[seed; 32]);
            let public = PublicKey::admit(secret.verifying_key().as_bytes());
            (secret, public.expect("a key of the curve"))
        };
        (0..=u8::MAX).map(both).collect()
    })
}

/// The secret key of a seed.
pub fn secret(seed: u8) -> SigningKey {
    all()[usize::from(seed)].0.clone()
}

/// The public key of a seed.
pub fn public(seed: u8) -> PublicKey {
    all()[usize::from(seed)].1.clone()
}

/// The verifier key of the log of a seed, under any name.
pub fn log_key(name: &str, seed: u8) -> VerifierKey {
    let name = Origin::parse(name).expect("a name");
    VerifierKey::new(name, NoteAlgorithm::Ed25519, public(seed))
}

/// The verifier key of the witness of a seed. Two of its names are shared by several witnesses on purpose.
pub fn witness_key(seed: u8) -> VerifierKey {
    let name = Origin::parse(&format!("w{}.example", seed % 3)).expect("a name");
    VerifierKey::new(name, NoteAlgorithm::CosignatureEd25519, public(seed))
}

/// The line by which the log of `ORIGIN` signs a text.
pub fn log_line(text: &str) -> String {
    let key = log_key(ORIGIN, LOG);
    let signature = secret(LOG).sign(text.as_bytes()).to_bytes();
    signature_line(key.name(), key.key_id(), &signature)
}

/// The line by which a witness cosigns a text.
pub fn witness_line(seed: u8, time_s: u64, text: &str) -> String {
    let key = witness_key(seed);
    let message = cosignature_message(time_s, text);
    let signature = secret(seed).sign(&message).to_bytes();
    let bytes = Cosignature { time_s, signature }.encode();
    signature_line(key.name(), key.key_id(), &bytes)
}

/// The signature of an entry's payload by the key of a seed.
pub fn sign(seed: u8, payload_type: &str, payload: &[u8]) -> EntrySignature {
    EntrySignature {
        key_id: public(seed).key_id(),
        signature: secret(seed).sign(&pae(payload_type, payload)).to_bytes(),
    }
}
