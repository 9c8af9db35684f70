//! Witnesses with known keys, and what they cosign, for the tests.

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_log::{CheckpointSigner, SignedCheckpoint};
use witnessmark_tlog::{Encode as _, signature_line};
use witnessmark_verifier::{
    Checkpoint, Hash, MemberKind, NoteAlgorithm, Origin, PolicyMember, PublicKey, TreeHead,
    TreeSize, TrustPolicy, VerifierKey, cosignature_message,
};
use witnessmark_witness::ask::{Cosigned, WitnessAddress};

use super::Witnessed;
use crate::ledger::{Publish, WitnessRules};

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(super) fn witness(seed: u8) -> VerifierKey {
    let public = PublicKey::admit(secret(seed).verifying_key().as_bytes()).unwrap();
    let name = Origin::parse(&format!("w{seed}.example")).unwrap();
    VerifierKey::new(name, NoteAlgorithm::CosignatureEd25519, public)
}

fn log() -> CheckpointSigner {
    CheckpointSigner::new(Origin::parse("ledger.example").unwrap(), secret(1))
}

/// Rules that ask for so many of the witnesses of these seeds.
pub(super) fn rules(seeds: &[u8], threshold: usize) -> WitnessRules {
    let mut members: Vec<PolicyMember> = seeds
        .iter()
        .map(|seed| PolicyMember {
            name: format!("w{seed}"),
            kind: MemberKind::Witness(witness(*seed)),
        })
        .collect();
    let kind = MemberKind::Group {
        threshold,
        members: (0..seeds.len()).collect(),
    };
    let name = "g".to_owned();
    members.push(PolicyMember { name, kind });
    let logs = vec![log().vkey().clone()];
    let address = |seed: &u8| WitnessAddress::new(witness(*seed), "http://w.example").unwrap();
    WitnessRules {
        asked: seeds.iter().map(address).collect(),
        policy: TrustPolicy::try_new(logs, members, Some(seeds.len())).unwrap(),
        publish: Publish::AtOnce,
        idle_seconds: 10,
    }
}

/// What the log says of a tree of this size, without its signature.
fn text(size: u64) -> String {
    Checkpoint {
        origin: log().vkey().name().clone(),
        head: TreeHead {
            size: TreeSize::new(size),
            root: Hash::new([7; 32]),
        },
    }
    .encode()
}

/// A checkpoint of this size, signed by the log alone.
pub(super) fn signed(size: u64) -> SignedCheckpoint {
    let text = text(size);
    let signature = secret(1).sign(text.as_bytes()).to_bytes();
    let line = signature_line(log().vkey().name(), log().vkey().key_id(), &signature);
    SignedCheckpoint::parse(&format!("{text}\n{line}")).unwrap()
}

/// The cosignature of the witness of this seed.
pub(super) fn cosigned(seed: u8, size: u64, time_s: u64) -> Cosigned {
    let signature = secret(seed).sign(&cosignature_message(time_s, &text(size)));
    let signature = [time_s.to_be_bytes().as_slice(), &signature.to_bytes()].concat();
    let line = signature_line(witness(seed).name(), witness(seed).key_id(), &signature);
    Cosigned { line, time_s }
}

/// A checkpoint of this size that the witness 2 has cosigned at this time.
pub(super) fn witnessed(size: u64, time_s: u64) -> Witnessed {
    let note = format!("{}{}", signed(size).text(), cosigned(2, size, time_s).line);
    Witnessed::judge(&rules(&[2], 1), SignedCheckpoint::parse(&note).unwrap()).unwrap()
}
