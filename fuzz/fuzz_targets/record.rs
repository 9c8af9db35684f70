//! The target `record`: see the module of this name in the library.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: witnessmark_fuzz::seeds::write("record"),
    |data: &[u8]| witnessmark_fuzz::record::check(data)
);
