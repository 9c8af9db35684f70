//! Every target passes on its seeds and on simple changes of them, without an engine.

use witnessmark_fuzz::{TARGETS, input, seeds};
use witnessmark_record::Record;
use witnessmark_verifier::{Disclosure, Entry};

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

/// What is said of accepted inputs is looked at only when there are some to begin with.
#[test]
fn every_parser_accepts_seeds_of_its_target() {
    let accepted = |target: &str, accepts: fn(&[u8]) -> bool| {
        let seeds = seeds::of(target);
        seeds.iter().filter(|seed| accepts(seed)).count()
    };
    assert_eq!(
        accepted("disclosure", |it| Disclosure::parse(it).is_ok()),
        seeds::of("disclosure").len()
    );
    assert_eq!(
        accepted("entry", |it| Entry::parse(it).is_ok()),
        seeds::of("entry").len()
    );
    assert!(accepted("record", |it| Record::decode(it).is_ok()) >= 15);
    let kinds: std::collections::BTreeSet<_> = seeds::of("record")
        .iter()
        .filter_map(|it| Some(Record::decode(it).ok()?.kind().schema()))
        .collect();
    assert_eq!(kinds.len(), 15, "{kinds:?}");
}
