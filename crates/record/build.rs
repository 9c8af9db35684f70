//! Compiles the schemas of the records, and writes their descriptors for the checks that walk a record.

use std::path::{Path, PathBuf};

const PROTO: &str = "../../proto";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(PROTO).join("witnessmark/record/v1");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    files.sort();

    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    // The program needs no comments. The encoded form keeps the options that declare formats.
    let descriptors = protox::Compiler::new([PROTO])?
        .include_imports(true)
        .open_files(&files)?
        .encode_file_descriptor_set();
    std::fs::write(out.join("record_descriptors.bin"), descriptors)?;
    // The generated documentation is made of the comments.
    let commented = protox::Compiler::new([PROTO])?
        .include_source_info(true)
        .open_files(&files)?
        .file_descriptor_set();
    prost_build::Config::new()
        .out_dir(&out)
        .compile_fds(commented)?;
    Ok(())
}
