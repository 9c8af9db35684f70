//! The target `key_chain`: see the module of this name in the library.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: witnessmark_fuzz::seeds::write("key_chain"),
    |data: &[u8]| witnessmark_fuzz::key_chain::check(data)
);
