//! How long the check of a bundle takes beside its signatures alone.
//!
//! ```text
//! cargo bench -p witnessmark-bundle --bench bundle
//! ```
//!
//! The bundle has a record, its organisation's two key events, the charter and a checkpoint: seven signatures by four keys. The loop checks
//! these signatures with messages and keys ready in memory; a second one admits the keys as well, which any verifier has to
//! do that meets them for the first time. All run in turns on one core, and the best of each is told.

#![expect(clippy::unwrap_used, reason = "a bench ends by panicking")]
#![expect(clippy::print_stdout, reason = "what a bench is for")]

#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/suite/mini_log.rs"]
mod mini_log;

use std::time::{Duration, Instant};

use mini_log::{MiniLog, TEAM, key, public};
use witnessmark_bundle::{NoFiles, verify_bundle};
use witnessmark_verifier::{Note, PublicKey, pae};

/// Records before and after the one that is proved.
const OTHERS: u32 = 1_000;
/// How often each is done in a round.
const TIMES: u32 = 200;
/// Rounds, of which the best counts.
const ROUNDS: u32 = 10;
/// The keys that sign: a registrar, the log, the organisation's root and device.
const SEEDS: [u8; 4] = [1, 2, 10, 11];

/// A signature with what it takes to check it.
struct Signed {
    key: PublicKey,
    message: Vec<u8>,
    signature: Vec<u8>,
}

fn main() {
    let mut log = MiniLog::usual();
    let mut proved = 0;
    for number in 0..2 * OTHERS {
        let message = log.message(TEAM, &format!("Record {number}"));
        let index = log.record(11, &message);
        if number == OTHERS {
            proved = index;
        }
    }
    let policy = log.policy();
    let bundle = log.bundle(proved, &[]).encode().unwrap();
    let verdict = verify_bundle(bundle.as_bytes(), policy.as_bytes(), &NoFiles);
    assert_eq!(verdict.exit_code(), 0, "{verdict:#?}");
    let checks = signatures(&log, proved);
    println!(
        "a bundle of {} bytes, {} signatures by {} keys, in a log of {} entries",
        bundle.len(),
        checks.len(),
        SEEDS.len(),
        log.entries.len()
    );
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        let times = [
            time(|| verify_all(&checks)),
            time(|| {
                for seed in SEEDS {
                    assert!(PublicKey::admit(checked(seed).as_bytes()).is_ok());
                }
                verify_all(&checks);
            }),
            time(|| {
                let verdict = verify_bundle(bundle.as_bytes(), policy.as_bytes(), &NoFiles);
                assert_eq!(verdict.exit_code(), 0);
            }),
        ];
        for (best, time) in best.iter_mut().zip(times) {
            *best = time.min(*best);
        }
    }
    let [alone, admitted, whole] = best;
    println!("its signatures alone       {alone:>10.1?}");
    println!("and its keys admitted      {admitted:>10.1?}");
    println!("the check of the bundle    {whole:>10.1?}");
    let ratio = |of: Duration| whole.as_secs_f64() / of.as_secs_f64();
    println!(
        "ratio                      {:>10.2}, {:.2} to the second",
        ratio(alone),
        ratio(admitted)
    );
}

/// The bytes of a key, made before the clock starts.
fn checked(seed: u8) -> &'static PublicKey {
    static KEYS: std::sync::LazyLock<Vec<PublicKey>> =
        std::sync::LazyLock::new(|| SEEDS.iter().map(|seed| public(&key(*seed))).collect());
    let place = SEEDS.iter().position(|known| *known == seed).unwrap();
    &KEYS[place]
}

/// What each takes, of many.
fn time(mut work: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..TIMES {
        work();
    }
    start.elapsed() / TIMES
}

fn verify_all(checks: &[Signed]) {
    for one in checks {
        assert!(one.key.verify(&one.message, &one.signature).is_ok());
    }
}

/// Every signature that the bundle of this record has.
fn signatures(log: &MiniLog, record: u64) -> Vec<Signed> {
    let mut all = Vec::new();
    // The charter, the genesis and the device's key come first.
    for index in [0, 1, 2, record] {
        let entry = log.entry(index);
        let message = pae(&entry.payload_type, &entry.payload);
        for one in entry.signatures {
            let key = SEEDS.iter().map(|seed| checked(*seed));
            all.push(Signed {
                key: key
                    .clone()
                    .find(|key| key.key_id() == one.key_id)
                    .unwrap()
                    .clone(),
                message: message.clone(),
                signature: one.signature.to_vec(),
            });
        }
    }
    let checkpoint = log.checkpoint(&[]);
    let note = Note::parse(&checkpoint).unwrap();
    all.push(Signed {
        key: checked(2).clone(),
        message: note.text().as_bytes().to_vec(),
        signature: note.signatures()[0].signature.clone(),
    });
    all
}
