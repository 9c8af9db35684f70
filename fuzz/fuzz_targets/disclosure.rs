//! The target `disclosure`: see the module of this name in the library.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: witnessmark_fuzz::seeds::write("disclosure"),
    |data: &[u8]| witnessmark_fuzz::disclosure::check(data)
);
