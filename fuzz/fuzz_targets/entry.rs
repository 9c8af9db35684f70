//! The target `entry`: see the module of this name in the library.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: witnessmark_fuzz::seeds::write("entry"),
    |data: &[u8]| witnessmark_fuzz::entry::check(data)
);
