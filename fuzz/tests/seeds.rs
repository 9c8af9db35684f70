//! Every target passes on its seeds and on simple changes of them, without an engine.

use witnessmark_fuzz::{TARGETS, input, seeds};

#[test]
fn every_target_passes_on_its_seeds_and_their_neighbours() {
    for (target, check) in TARGETS {
        for seed in seeds::of(target) {
            check(&seed);
            for bit in input::some_bits(&seed) {
                check(&input::flipped(&seed, bit));
            }
            check(&seed[..seed.len() / 2]);
        }
        check(&[]);
    }
}
