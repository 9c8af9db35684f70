//! Cosignatures: the policy accepts a checkpoint exactly when enough of its witnesses have cosigned and none of the
//! cosignatures is bad; the times are the earliest; a bit changed in the text or in a signature is refused.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{CheckpointError, Cosignature, Note, TrustPolicy};

use crate::input::{self, Input};
use crate::keys::{LOG, ORIGIN, log_key, log_line, witness_key, witness_line};

const TEXT: &str = "log.example/fuzz\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
/// The witnesses of the policy have the seeds from 10 to here.
const WITNESSES: u8 = 15;

/// Checks all that is said above on one input, which chooses the policy and the lines.
///
/// # Panics
///
/// When it does not hold.
pub fn check(data: &[u8]) {
    if let Some(cosignature) = Cosignature::parse(data) {
        assert_eq!(cosignature.encode(), data);
        assert!(cosignature.time_s < 1 << 63);
    } else {
        assert!(data.len() != 72 || data[0] >= 0x80);
    }
    let mut input = Input::new(data);
    let need = usize::from(input.below(u16::from(WITNESSES) - 9)) + 1;
    let policy = policy(need);
    let mut source = format!("{TEXT}\n{}", log_line(TEXT));
    let mut times: BTreeMap<u8, u64> = BTreeMap::new();
    let mut signed = BTreeSet::new();
    let mut is_bad = false;
    for _ in 0..input.below(10) {
        // Some witnesses are not of the policy, and some lines are spoiled.
        let seed = 8 + input.byte() % 12;
        let time_s = input.number() >> 1;
        let mut line = witness_line(seed, time_s, TEXT);
        let is_known = (10..=WITNESSES).contains(&seed);
        if input.byte() % 8 == 0 {
            // Another time and another signer: one cannot stand for the other.
            let other = witness_line(seed, time_s ^ 1, TEXT);
            line.truncate(line.len() - 30);
            line += &other[other.len() - 30..];
            is_bad |= is_known && line != witness_line(seed, time_s, TEXT);
        } else if is_known {
            signed.insert(time_s);
            let time = times.entry(seed).or_insert(time_s);
            *time = time_s.min(*time);
        }
        source += &line;
    }
    let verdict = Note::parse(&source)
        .map(|note| policy.verify(&note))
        .expect("a note");
    let expected = !is_bad && times.len() >= need;
    assert_eq!(verdict.is_ok(), expected, "{need}: {source}");
    match verdict {
        Ok(verified) => {
            let found: Vec<u64> = verified.cosigned().iter().map(|it| it.time_s).collect();
            assert_eq!(found, times.into_values().collect::<Vec<_>>());
            refuses_flips(&policy, &source, &signed, need);
        }
        Err(error) if is_bad => assert!(matches!(error, CheckpointError::BadCosignature(_))),
        Err(error) => assert!(matches!(error, CheckpointError::QuorumNotMet { .. })),
    }
}

/// A policy that needs this many of all witnesses.
fn policy(need: usize) -> TrustPolicy {
    let mut text = format!("log {}\n", log_key(ORIGIN, LOG));
    let mut names = String::new();
    for seed in 10..=WITNESSES {
        text += &format!("witness w{seed} {}\n", witness_key(seed));
        names += &format!(" w{seed}");
    }
    text += &format!("group g {need}{names}\nquorum g\n");
    witnessmark_policy::parse(&text).expect("a policy")
}

/// A bit changed in the text or in the log's line leads to a refusal. Elsewhere it does too, or it makes a line one by a key that
/// the policy does not name; then no time is counted that was not signed.
fn refuses_flips(policy: &TrustPolicy, source: &str, signed: &BTreeSet<u64>, need: usize) {
    let of_log = TEXT.len() + 1 + log_line(TEXT).len();
    for bit in input::some_bits(source.as_bytes()) {
        let other = String::from_utf8(input::flipped(source.as_bytes(), bit));
        let verified = other
            .ok()
            .and_then(|it| policy.verify(&Note::parse(&it).ok()?).ok());
        if let Some(verified) = verified {
            assert!(bit / 8 >= of_log, "bit {bit} of {source}");
            assert!(verified.cosigned().len() >= need);
            assert!(
                verified
                    .cosigned()
                    .iter()
                    .all(|it| signed.contains(&it.time_s))
            );
        }
    }
}
