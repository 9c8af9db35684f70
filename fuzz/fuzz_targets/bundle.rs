//! The target `bundle`: see the module of this name in the library.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: witnessmark_fuzz::seeds::write("bundle"),
    |data: &[u8]| witnessmark_fuzz::bundle::check(data)
);
