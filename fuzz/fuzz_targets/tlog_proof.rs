//! The target `tlog_proof`: see the module of this name in the library.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: witnessmark_fuzz::seeds::write("tlog_proof"),
    |data: &[u8]| witnessmark_fuzz::tlog_proof::check(data)
);
