//! Bundles: what is accepted is encoded to the same bytes; a verdict that vouches for something does so for what the small log
//! of this target holds, and for no text with a changed bit, but where the document of the format says that nothing binds it.

use std::sync::OnceLock;

use witnessmark_bundle::{Bundle, NoFiles, Verdict, verify_bundle};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::Entry;

use crate::input::{self, Input};
use crate::memory;
use crate::mini_log::{MiniLog, TEAM};

/// The bundle of a small log, and the policy that trusts it.
struct Good {
    text: String,
    policy: String,
}

fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let mut log = MiniLog::usual();
        let index = log.record(11, &log.message(TEAM, "Tail section"));
        let text = log.bundle(index, &[]).encode().expect("a bundle");
        let policy = log.policy();
        Good { text, policy }
    })
}

/// The bundle that the engine starts from.
pub fn seed() -> Vec<u8> {
    good().text.clone().into_bytes()
}

/// Bits of the good bundle that are changed for one input, one at a time. A verdict on each takes as long as all the rest.
const BITS: usize = 1;

/// Checks all that is said above on one input: as a bundle, and as edits of the good one.
///
/// # Panics
///
/// When it does not hold.
pub fn check(data: &[u8]) {
    let good = good();
    judged(data);
    let mut input = Input::new(data);
    let edited = input::edited(good.text.as_bytes(), &mut input);
    judged(&edited);
    // Another spelling: a space where JSON allows one.
    let mut places = good.text.match_indices(['\n', ':', ',']);
    if let Some((at, _)) = places.nth(usize::from(input.byte())) {
        let mut spaced = good.text.clone();
        spaced.insert(at + 1, ' ');
        assert!(Bundle::parse(spaced.as_bytes()).is_err(), "a space at {at}");
        judged(spaced.as_bytes());
    }
    for bit in input::some_bits(data).take(BITS) {
        let bits = good.text.len() * 8;
        judged(&input::flipped(
            good.text.as_bytes(),
            bit.wrapping_mul(7_919) % bits,
        ));
    }
}

fn judge(bundle: &[u8]) -> Verdict {
    memory::bounded(bundle, 1 << 20, 64, || {
        verify_bundle(bundle, good().policy.as_bytes(), &NoFiles)
    })
}

/// The verdict on a bundle that may be any: it is good only when it is the one there is.
fn judged(bundle: &[u8]) {
    let parsed = Bundle::parse(bundle);
    if let Ok(parsed) = &parsed {
        assert_eq!(
            parsed.encode().map(String::into_bytes).as_deref(),
            Ok(bundle)
        );
    }
    let verdict = judge(bundle);
    // Made only for who reads it: to escape a text takes longer than to judge most bundles.
    let text = || verdict.to_text();
    if verdict.word.is_positive() {
        let mut parsed = parsed.expect("a good bundle is a bundle");
        for chain in &mut parsed.key_chains {
            for event in &mut chain.events {
                *event = at_no_time(event);
            }
        }
        assert_eq!(&parsed, reference(), "{}", text());
    } else {
        assert!(
            verdict.failed().is_some() || verdict.exit_code() != 0,
            "{}",
            text()
        );
        assert!(verdict.to_json().contains("\"record\": null"));
    }
}

/// The good bundle without the only bytes that nothing binds: the times in the entries of key events.
fn reference() -> &'static Bundle {
    static REFERENCE: OnceLock<Bundle> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let mut bundle = Bundle::parse(good().text.as_bytes()).expect("a bundle");
        for chain in &mut bundle.key_chains {
            for event in &mut chain.events {
                *event = at_no_time(event);
            }
        }
        bundle
    })
}

fn at_no_time(event: &[u8]) -> Vec<u8> {
    let mut entry = Entry::parse(event).expect("an entry");
    entry.registered_at = 0;
    entry.encode().expect("an entry")
}
