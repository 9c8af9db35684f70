//! `record attach`: files into a draft, by their digests. The files themselves stay where they are.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};
use witnessmark_record::{v1, validate};
use witnessmark_verifier::hex;

use super::check::{no_errors, read_draft, read_value, record_of};
use super::files;
use crate::output::{Failure, Outcome, Output, Report, Trouble, io_failure};

/// Add files to a draft, by their digests.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark record attach wreck.toml photo-1.jpg photo-2.jpg --role original

The SHA-256, the SHA-512, the size, the media type and the plain name of each file go into the draft. A file that is
attached already is not attached again.")]
pub(in crate::cli) struct Arguments {
    /// The draft, TOML or JSON.
    draft: PathBuf,
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What they are to the record: original, working-copy, thumbnail, transcript, translation, report.
    #[arg(long, value_parser = role)]
    role: v1::AttachmentRole,
    /// The media type of all of them, when the endings of their names do not tell.
    #[arg(long, value_name = "TYPE/SUBTYPE")]
    media_type: Option<String>,
    /// Leave their names out, because they tell too much.
    #[arg(long)]
    without_names: bool,
}

/// The endings of names and the media types they stand for.
const MEDIA_TYPES: &[(&str, &str)] = &[
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("dng", "image/x-adobe-dng"),
    ("svg", "image/svg+xml"),
    ("mp4", "video/mp4"),
    ("m4v", "video/mp4"),
    ("mov", "video/quicktime"),
    ("mkv", "video/x-matroska"),
    ("webm", "video/webm"),
    ("avi", "video/x-msvideo"),
    ("3gp", "video/3gpp"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("wav", "audio/wav"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/opus"),
    ("flac", "audio/flac"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("htm", "text/html"),
    ("json", "application/json"),
    ("geojson", "application/geo+json"),
    ("xml", "application/xml"),
    ("kml", "application/vnd.google-earth.kml+xml"),
    ("gpx", "application/gpx+xml"),
    ("eml", "message/rfc822"),
    ("zip", "application/zip"),
    ("wacz", "application/wacz"),
    ("warc", "application/warc"),
    ("gz", "application/gzip"),
    ("doc", "application/msword"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("xls", "application/vnd.ms-excel"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
];

/// Bytes whose kind nobody knows.
const UNKNOWN_TYPE: &str = "application/octet-stream";

fn role(word: &str) -> Result<v1::AttachmentRole, String> {
    let name = format!(
        "ATTACHMENT_ROLE_{}",
        word.replace('-', "_").to_ascii_uppercase()
    );
    v1::AttachmentRole::from_str_name(&name)
        .filter(|role| *role != v1::AttachmentRole::Unspecified)
        .ok_or_else(|| {
            "give original, working-copy, thumbnail, transcript, translation or report".to_owned()
        })
}

/// Adds the files to the draft.
///
/// # Errors
///
/// When a file cannot be read, or the draft would not be good with them; it is then unchanged.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let path = &arguments.draft;
    let text = files::read_text(path)?;
    let draft = read_value(path, &text)?;
    let mut record = record_of(path, &draft)?;
    let (mut added, mut kept) = (Vec::new(), Vec::new());
    for file in &arguments.files {
        let attachment = digest(file, arguments, output)?;
        let is_there = |known: &v1::Attachment| known.sha256 == attachment.sha256;
        if record.attachments.iter().any(is_there) {
            kept.push(file);
        } else {
            record.attachments.push(attachment.clone());
            added.push((file, attachment));
        }
    }
    // Only what is about files: the rest of a draft may still be missing.
    let mut problems = validate(&record);
    problems.retain(|problem| problem.path.starts_with("attachments"));
    for remark in no_errors(path, problems)? {
        output.warn(format!(
            "{}: {}",
            path.display(),
            super::check::describe(&remark)
        ));
    }
    if !added.is_empty() {
        let new = if super::check::is_json(path) {
            in_json(draft, &record)
        } else {
            in_toml(&text, &added)
        };
        let is_as_meant = read_draft(path, &new).is_ok_and(|read| read == record);
        if !is_as_meant {
            return Err(by_hand(path, &added));
        }
        files::write_replacing(path, new.as_bytes())?;
    }
    Ok(report(path, &added, &kept))
}

fn report(path: &Path, added: &[(&PathBuf, v1::Attachment)], kept: &[&PathBuf]) -> Report {
    let mut lines = Vec::new();
    for (file, attachment) in added {
        lines.push(format!(
            "attached {} to {}\n  SHA-256 {}\n  {} bytes, {}",
            file.display(),
            path.display(),
            hex::encode(&attachment.sha256),
            attachment.size,
            attachment.media_type
        ));
    }
    for file in kept {
        lines.push(format!("{} was attached already", file.display()));
    }
    let files: Vec<Value> = added
        .iter()
        .map(|(file, it)| {
            json!({
                "file": file,
                "sha256": hex::encode(&it.sha256),
                "sha512": hex::encode(&it.sha512),
                "size": it.size,
                "media_type": it.media_type,
                "name": it.name,
            })
        })
        .collect();
    Report::done(
        lines.join("\n"),
        json!({ "draft": path, "attached": files, "already_attached": kept }),
    )
}

/// Reads a file once, for both digests and its size.
fn digest(path: &Path, arguments: &Arguments, output: &Output) -> Result<v1::Attachment, Failure> {
    let io = |error| io_failure(path, &error);
    let mut file = File::open(path).map_err(io)?;
    let meta = file.metadata().map_err(io)?;
    if !meta.is_file() {
        let trouble = Trouble::new("IO", path.display(), "is not a file");
        return Err(Failure::cannot_tell(trouble));
    }
    let bar = output.progress(meta.len(), "hashing");
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    let mut buffer = vec![0; 256 * 1024];
    let mut size = 0_u64;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(io(error)),
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        sha256.update(bytes);
        sha512.update(bytes);
        size += u64::try_from(read).unwrap_or(0);
        bar.set_position(size);
    }
    bar.finish_and_clear();
    let name = path.file_name().unwrap_or_default();
    let name = name.to_str().ok_or_else(|| {
        let trouble = Trouble::new("FILE_NAME", path.display(), "the name is not UTF-8");
        Failure::refused(trouble.fix("rename the file, or give --without-names"))
    });
    let name = if arguments.without_names {
        String::new()
    } else {
        name?.to_owned()
    };
    let media_type = match &arguments.media_type {
        Some(given) => given.clone(),
        None => media_type(path).map_or_else(|| {
            output.warn(format!(
                "{}: its kind is not known by its name: {UNKNOWN_TYPE} is written; --media-type says it",
                path.display()
            ));
            UNKNOWN_TYPE.to_owned()
        }, str::to_owned),
    };
    Ok(v1::Attachment {
        sha256: sha256.finalize().to_vec(),
        sha512: sha512.finalize().to_vec(),
        size,
        media_type,
        role: arguments.role.into(),
        name,
    })
}

fn media_type(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    let known = MEDIA_TYPES.iter().find(|(known, _)| *known == ending);
    known.map(|(_, media_type)| *media_type)
}

/// The draft with the attachments of the record; its other members are untouched.
fn in_json(mut draft: Value, record: &v1::Record) -> String {
    let attachments = witnessmark_record::to_json(record);
    if let (Value::Object(members), Some(attachments)) =
        (&mut draft, attachments.get("attachments"))
    {
        members.insert("attachments".to_owned(), attachments.clone());
    }
    format!("{draft:#}\n")
}

/// The text of the draft with the attachments at its end, so that its comments stay.
fn in_toml(text: &str, added: &[(&PathBuf, v1::Attachment)]) -> String {
    let mut new = text.trim_end().to_owned();
    new.push('\n');
    for (_, attachment) in added {
        new.push_str("\n[[attachments]]\n");
        new.push_str(&toml_lines(attachment));
    }
    new
}

fn toml_lines(attachment: &v1::Attachment) -> String {
    let only = v1::Record {
        attachments: vec![attachment.clone()],
        ..v1::Record::default()
    };
    let json = witnessmark_record::to_json(&only);
    let members = json.pointer("/attachments/0").and_then(Value::as_object);
    let lines = members.into_iter().flatten().map(|(name, value)| {
        // JSON's texts and whole numbers are TOML's.
        format!("{name} = {value}\n")
    });
    lines.collect()
}

/// A draft with a list in one line cannot be added to without touching what somebody wrote.
fn by_hand(path: &Path, added: &[(&PathBuf, v1::Attachment)]) -> Failure {
    let lines: Vec<String> = added
        .iter()
        .map(|(_, attachment)| {
            let members = toml_lines(attachment);
            format!("{{ {} }}", members.trim_end().replace('\n', ", "))
        })
        .collect();
    let fix = format!(
        "take the line `attachments = [...]` out and run this again, or add to it: {}",
        lines.join(", ")
    );
    let message = "its attachments are written in one line, which is not changed by a program";
    Failure {
        outcome: Outcome::Refused,
        troubles: vec![Trouble::new("DRAFT_ATTACHMENTS", path.display(), message).fix(fix)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_tells_the_media_type_in_any_case() {
        assert_eq!(media_type(Path::new("a/IMG_1.JPG")), Some("image/jpeg"));
        assert_eq!(
            media_type(Path::new("a/archive.tar.gz")),
            Some("application/gzip")
        );
        assert_eq!(media_type(Path::new("a/none")), None);
    }

    #[test]
    fn every_role_has_a_word() {
        assert_eq!(role("working-copy"), Ok(v1::AttachmentRole::WorkingCopy));
        assert_eq!(role("original"), Ok(v1::AttachmentRole::Original));
        assert!(role("unspecified").is_err() && role("photo").is_err());
    }
}
