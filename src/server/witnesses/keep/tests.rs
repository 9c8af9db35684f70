//! What is kept is found again, the earliest first; what is damaged, or is not what the rules ask for, is not.

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_log::CheckpointSigner;
use witnessmark_tlog::{Encode as _, signature_line};
use witnessmark_verifier::{
    Checkpoint, Hash, MemberKind, NoteAlgorithm, Origin, PolicyMember, PublicKey, TreeHead,
    TreeSize, TrustPolicy, VerifierKey, cosignature_message,
};
use witnessmark_witness::ask::WitnessAddress;

use super::*;
use crate::ledger::Publish;

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn witness(seed: u8) -> VerifierKey {
    let public = PublicKey::admit(secret(seed).verifying_key().as_bytes()).unwrap();
    let name = Origin::parse(&format!("w{seed}.example")).unwrap();
    VerifierKey::new(name, NoteAlgorithm::CosignatureEd25519, public)
}

fn log() -> CheckpointSigner {
    CheckpointSigner::new(Origin::parse("ledger.example").unwrap(), secret(1))
}

/// Rules that ask for one witness, of this seed.
fn rules(seed: u8) -> WitnessRules {
    let member = PolicyMember {
        name: "w".to_owned(),
        kind: MemberKind::Witness(witness(seed)),
    };
    WitnessRules {
        asked: vec![WitnessAddress::new(witness(seed), "http://w.example").unwrap()],
        policy: TrustPolicy::try_new(vec![log().vkey().clone()], vec![member], Some(0)).unwrap(),
        publish: Publish::AtOnce,
        idle_seconds: 10,
    }
}

/// A checkpoint of this size that the witness 2 has cosigned at this time.
fn witnessed(size: u64, time_s: u64) -> Witnessed {
    let text = Checkpoint {
        origin: log().vkey().name().clone(),
        head: TreeHead {
            size: TreeSize::new(size),
            root: Hash::new([7; 32]),
        },
    };
    let text = text.encode();
    let signature = secret(1).sign(text.as_bytes()).to_bytes();
    let by_log = signature_line(log().vkey().name(), log().vkey().key_id(), &signature);
    let signature = secret(2).sign(&cosignature_message(time_s, &text));
    let signature = [time_s.to_be_bytes().as_slice(), &signature.to_bytes()].concat();
    let by_witness = signature_line(witness(2).name(), witness(2).key_id(), &signature);
    let note = SignedCheckpoint::parse(&format!("{text}\n{by_log}{by_witness}")).unwrap();
    Witnessed::judge(&rules(2), note).unwrap()
}

fn first(keep: &Keep, size: u64) -> Option<(u64, u64)> {
    let found = keep.first_of(size, &rules(2))?;
    Some((found.size(), found.time_s))
}

#[test]
fn the_first_time_of_a_tree_is_kept_however_often_it_is_cosigned_again() {
    let dir = tempfile::tempdir().unwrap();
    let (mut keep, newest) = Keep::open(dir.path(), &rules(2)).unwrap();
    assert_eq!(newest, None);
    // Cosigned again while nothing is logged; then the log grows twice within a second, and goes on.
    for (size, time_s) in [
        (3, 100),
        (3, 110),
        (3, 120),
        (4, 125),
        (5, 125),
        (6, 125),
        (7, 126),
        (7, 136),
    ] {
        keep.keep(&witnessed(size, time_s)).unwrap();
    }
    let look = |keep: &Keep| {
        assert_eq!(first(keep, 1), Some((3, 100)));
        assert_eq!(first(keep, 3), Some((3, 100)));
        // At most one in a second: 5 and 6 entries are covered by what came a second later.
        assert_eq!(first(keep, 4), Some((4, 125)));
        assert_eq!(first(keep, 5), Some((7, 126)));
        assert_eq!(first(keep, 7), Some((7, 126)));
        assert_eq!(first(keep, 8), None);
    };
    look(&keep);
    drop(keep);
    let (keep, newest) = Keep::open(dir.path(), &rules(2)).unwrap();
    assert_eq!(newest, Some(witnessed(7, 136)));
    look(&keep);
    assert_eq!(keep.last_of(6, &rules(2)), Some(witnessed(4, 125)));
    // Under other rules nothing of it counts.
    let (keep, newest) = Keep::open(dir.path(), &rules(3)).unwrap();
    assert_eq!((newest, keep.first_of(1, &rules(3))), (None, None));
}

#[test]
fn what_is_damaged_is_put_aside_and_what_is_whole_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let (mut keep, _) = Keep::open(dir.path(), &rules(2)).unwrap();
    for (size, time_s) in [(3, 100), (4, 200), (5, 300), (6, 400)] {
        keep.keep(&witnessed(size, time_s)).unwrap();
    }
    drop(keep);
    let path = dir.path().join(EARLIER_FILE);
    let whole = fs::read(&path).unwrap();
    let frame = frame_bytes(witnessed(3, 100).checkpoint.text().len());
    for at in (frame..2 * frame).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&path, &damaged).unwrap();
        let (keep, _) = Keep::open(dir.path(), &rules(2)).unwrap();
        assert_eq!(first(&keep, 3), Some((3, 100)));
        assert_eq!(fs::read(path.with_extension("damaged")).unwrap(), damaged);
        assert_eq!(fs::read(&path).unwrap(), whole[..frame]);
        // The newest is in the other file.
        assert_eq!(first(&keep, 4), Some((6, 400)));
    }
    let newest = dir.path().join(NEWEST_FILE);
    let text = fs::read(&newest).unwrap();
    for at in (0..text.len()).step_by(11) {
        let mut damaged = text.clone();
        damaged[at] ^= 1;
        fs::write(&newest, damaged).unwrap();
        assert_eq!(Keep::open(dir.path(), &rules(2)).unwrap().1, None, "{at}");
    }
}

#[test]
fn a_file_that_is_full_keeps_the_first_and_about_half() {
    let dir = tempfile::tempdir().unwrap();
    let (mut keep, _) = Keep::open(dir.path(), &rules(2)).unwrap();
    for step in 0..40 {
        keep.keep(&witnessed(3 + step, 100 + step)).unwrap();
    }
    let before = keep.kept.len();
    keep.thin().unwrap();
    assert!(
        keep.kept.len() <= before / 2 + 1 && keep.kept.len() > before / 4,
        "{}",
        keep.kept.len()
    );
    let look = |keep: &Keep| {
        assert_eq!(first(keep, 3), Some((3, 100)));
        let (size, time_s) = first(keep, 10).unwrap();
        assert!((10..14).contains(&size) && time_s == 97 + size);
    };
    look(&keep);
    keep.keep(&witnessed(90, 900)).unwrap();
    drop(keep);
    look(&Keep::open(dir.path(), &rules(2)).unwrap().0);
}
