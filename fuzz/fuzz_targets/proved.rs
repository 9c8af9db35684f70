//! The target `proved`: see the module of this name in the library.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: witnessmark_fuzz::seeds::write("proved"),
    |data: &[u8]| witnessmark_fuzz::proved::check(data)
);
