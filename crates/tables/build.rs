//! Takes the comments of the record schemas, which say what each column means.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const PROTO: &str = "../../proto";

/// Numbers of `FileDescriptorProto.message_type` and `DescriptorProto.field` in a source path.
const MESSAGE: i32 = 4;
const FIELD: i32 = 2;

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
    let set = protox::Compiler::new([PROTO])?
        .include_source_info(true)
        .open_files(&files)?
        .file_descriptor_set();
    // One line each: full name of the field, a tab, its comment.
    let mut lines = String::new();
    for file in &set.file {
        let info = file.source_code_info.clone().unwrap_or_default();
        for location in &info.location {
            let [MESSAGE, message, FIELD, field] = location.path.as_slice() else {
                continue;
            };
            let message = file.message_type.get(usize::try_from(*message)?);
            let field = message.and_then(|it| it.field.get(usize::try_from(*field).ok()?));
            if let (Some(message), Some(field)) = (message, field) {
                let comment = location.leading_comments().split_whitespace();
                let comment: Vec<&str> = comment.collect();
                writeln!(
                    lines,
                    "{}.{}.{}\t{}",
                    file.package(),
                    message.name(),
                    field.name(),
                    comment.join(" ")
                )?;
            }
        }
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    std::fs::write(out.join("comments.tsv"), lines)?;
    Ok(())
}
