//! The target `inclusion`: see the module of this name in the library.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: witnessmark_fuzz::seeds::write("inclusion"),
    |data: &[u8]| witnessmark_fuzz::inclusion::check(data)
);
