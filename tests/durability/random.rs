//! Numbers drawn from a seed that is printed, so that a run can be repeated.

use std::time::{SystemTime, UNIX_EPOCH};

/// A stream of numbers (splitmix64).
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// From the seed of the environment, or another one each time. Prints it.
    pub(crate) fn new(what: &str) -> Self {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let seed = std::env::var("WITNESSMARK_SEED").map_or_else(
            |_| u64::try_from(clock.as_nanos() % 1_000_000_007).unwrap(),
            |seed| seed.parse().expect("WITNESSMARK_SEED is a number"),
        );
        eprintln!("{what}: WITNESSMARK_SEED={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Heads or tails.
    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// A count of the environment, or `short`. `all` is more than anybody has.
pub(crate) fn count(variable: &str, short: u64) -> u64 {
    match std::env::var(variable).as_deref() {
        Ok("all") => u64::MAX,
        Ok(number) => number.parse().expect("a number, or all"),
        Err(_) => short,
    }
}
