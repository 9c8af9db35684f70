//! Compiles the service's schema to Rust, and to the descriptor set that reflection serves.

use std::error::Error;
use std::path::{Path, PathBuf};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    // Read when this runs: a checkout that shares its target folder with another also shares this program, as it was compiled
    // for either of them.
    let crate_dir =
        std::env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?;
    let schemas = Path::new(&crate_dir).join("../../proto");
    println!(
        "cargo:rerun-if-changed={}",
        schemas.join("witnessmark/ledger/v1").display()
    );
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);

    let mut compiler = protox::Compiler::new([&schemas])?;
    compiler.include_source_info(true).include_imports(true);
    compiler.open_file(schemas.join("witnessmark/ledger/v1/ledger.proto"))?;
    let descriptors = compiler.file_descriptor_set();

    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .codec_path("crate::codec::LedgerCodec")
        .compile_fds(descriptors)?;
    Ok(())
}
